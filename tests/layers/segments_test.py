"""Tests for zoo.layers.segments."""

import keras
import numpy as np
import pytest

from zoo.layers import SegmentRecurrence


@pytest.mark.parametrize("channel_embedding", [True, False])
@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
def test_is_the_stock_layer_on_every_pair(cell, channel_embedding):
    """What is computed once for all is what one step of each would give."""
    layer = SegmentRecurrence(cell, 8, 3, 4, channel_embedding)
    history = np.random.default_rng(0).normal(size=(2 * 3, 5, 8)).astype("float32")
    ahead = np.random.default_rng(1).normal(size=(2, 4, 8)).astype("float32")
    layer(history, ahead)
    for weight in layer.weights:  # Biases that are not all alike would be missed at 0.
        weight.assign(np.random.default_rng(2).normal(size=weight.shape))
    found = np.asarray(layer(history, ahead)).reshape(6, 4, 8)
    _, *states = layer.recurrent(history)
    for row in range(6):
        for place in range(4):
            told = np.asarray(layer.places)[place]
            if channel_embedding:
                told = np.concatenate([told, np.asarray(layer.channels)[row % 3]])
            told = told + ahead[row // 3, place]
            state = [each[row : row + 1] for each in states]
            expected, *_ = layer.recurrent(told[None, None], initial_state=state)
            np.testing.assert_allclose(found[row, place], np.asarray(expected)[0], atol=1e-5)


def test_channels_and_windows_keep_their_order():
    layer = SegmentRecurrence("gru", 8, 3, 4)
    history = np.random.default_rng(0).normal(size=(2 * 3, 5, 8)).astype("float32")
    both = np.asarray(layer(history))
    np.testing.assert_allclose(np.asarray(layer(history[3:]))[0], both[1], atol=1e-6)


def test_half_precision_keeps_its_type():
    layer = SegmentRecurrence("gru", 8, 3, 4, dtype="mixed_float16")
    assert keras.backend.standardize_dtype(layer(np.zeros((3, 5, 8))).dtype) == "float16"


@pytest.mark.parametrize(
    ("cell", "units", "told"), [("gru", 7, "`units` must be even"), ("gro", 8, "`cell` must be")]
)
def test_says_what_was_expected(cell, units, told):
    with pytest.raises(ValueError, match=told):
        SegmentRecurrence(cell, units, 3, 4)


def test_segments_are_vectors_of_its_units():
    with pytest.raises(ValueError, match=r"`units`=8 numbers.*Received: \(3, 5, 6\)"):
        SegmentRecurrence("gru", 8, 3, 4)(np.zeros((3, 5, 6)))
