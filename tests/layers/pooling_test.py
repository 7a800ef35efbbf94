"""Pooling against NumPy, row by row on the real steps alone."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as to_numpy

from zoo.layers import AttentionPooling, SequencePooling

LENGTHS = np.array([5, 1, 3, 4])
REAL = np.arange(5) < LENGTHS[:, None]
# All below 0, as a ReLU never is: a 0 of the padding would be the maximum.
STATES = -1 - np.random.default_rng(0).random((4, 5, 6)).astype("float32")
ROWS = [row[:length] for row, length in zip(STATES, LENGTHS, strict=True)]
EXPECTED = {
    ("last", False): [row[-1] for row in ROWS],
    ("last", True): [np.concatenate([row[-1, :3], row[0, 3:]]) for row in ROWS],
    ("mean", False): [row.mean(axis=0) for row in ROWS],
    ("mean", True): [row.mean(axis=0) for row in ROWS],
    ("max", False): [row.max(axis=0) for row in ROWS],
    ("max", True): [row.max(axis=0) for row in ROWS],
}


def longer(states, real, more=6):
    """The same with more padding, which does not hold zeros."""
    states = np.pad(states, ((0, 0), (0, more), (0, 0)), constant_values=9.0)
    return states, np.pad(real, ((0, 0), (0, more)))


@pytest.mark.parametrize(("kind", "bidirectional"), EXPECTED)
def test_is_that_of_the_real_steps(kind, bidirectional):
    pool = SequencePooling(kind, bidirectional=bidirectional)
    expected = EXPECTED[kind, bidirectional]
    dirty = np.where(REAL[..., None], STATES, 9.0).astype("float32")
    for states, real in ((STATES, REAL), (dirty, REAL), longer(dirty, REAL)):
        found = to_numpy(pool(states, real))
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_last_of_two_directions_is_what_the_stock_layer_returns():
    stock = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))
    states = stock(STATES, mask=REAL)
    found = SequencePooling("last", bidirectional=True)(states, REAL)
    ends = keras.layers.Bidirectional(keras.layers.LSTM(3))
    ends.build(STATES.shape)
    ends.set_weights(stock.get_weights())
    np.testing.assert_allclose(to_numpy(found), to_numpy(ends(STATES, mask=REAL)), atol=1e-6)


def attention():
    pool = AttentionPooling(5)
    pool.build(STATES.shape)
    rng = np.random.default_rng(1)
    pool.set_weights([rng.normal(size=weight.shape) for weight in pool.weights])
    return pool


def test_attention_is_a_softmax_over_the_real_steps():
    pool = attention()
    kernel, bias, score = pool.get_weights()
    dirty = np.where(REAL[..., None], STATES, 9.0).astype("float32")
    for states, real in ((STATES, REAL), (dirty, REAL), longer(dirty, REAL)):
        pooled, weights = map(to_numpy, pool(states, real))
        assert (weights[~real] == 0).all()
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
        for place, row in enumerate(ROWS):
            e = np.exp(np.tanh(row @ kernel + bias) @ score)[:, 0]
            np.testing.assert_allclose(weights[place, : len(row)], e / e.sum(), rtol=1e-4)
            np.testing.assert_allclose(pooled[place], e @ row / e.sum(), rtol=1e-4)
    assert weights[0].max() > 1.2 * weights[0, :5].min(), "the weights differ"


def test_masks_end_here_and_configs_return():
    tokens = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(9, 4, mask_zero=True)(tokens)
    for pool in (SequencePooling("last", bidirectional=True), AttentionPooling(7)):
        found = pool(states, tokens != 0)
        for output in found if isinstance(found, tuple) else (found,):
            assert keras.src.backend.get_keras_mask(output) is None
        copy = type(pool).from_config(pool.get_config())
        assert copy.get_config() == pool.get_config()
    assert copy.units == 7


def test_unknown_kind_is_named():
    with pytest.raises(ValueError, match=r"`kind` must be one of 'last', 'mean', 'max'\."):
        SequencePooling("median")
