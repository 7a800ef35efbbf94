"""Attention in a cell, and a decoder that reads its own forecasts: against loops by hand."""

import keras
import numpy as np
import pytest

from zoo.layers import AttentionCell, AutoregressiveDecoder, FeedbackCell, MemoryAttention


def memory(seed=0):
    return np.random.default_rng(seed).normal(size=(2, 5, 3)).astype("float32")


@pytest.mark.parametrize("attention", ["additive", "multiplicative"])
@pytest.mark.parametrize("cell", [keras.layers.GRUCell, keras.layers.LSTMCell])
def test_alignment_is_a_distribution_over_what_is_real(attention, cell):
    layer = AttentionCell(cell(4), attention)
    real = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    own = [np.zeros((2, 4), "float32")] * (2 if cell is keras.layers.LSTMCell else 1)
    states = layer.initial_state(own, memory(), real)
    inputs = np.ones((2, 1), "float32")
    output, after = layer(inputs, states)
    assert output.shape == (2, 4)
    assert [np.shape(state) for state in after] == [np.shape(state) for state in states]
    found = np.asarray(layer.alignment(inputs, states))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
    assert (found[1, 2:] == 0).all()


def test_what_is_padding_cannot_be_seen():
    layer = AttentionCell(keras.layers.GRUCell(4))
    real = np.array([[1, 1, 1, 0, 0]] * 2)
    other = memory()
    other[:, 3:] = 99
    inputs, own = np.ones((2, 1), "float32"), [np.zeros((2, 4), "float32")]
    one, two = (
        np.asarray(layer(inputs, layer.initial_state(own, each, real))[0])
        for each in (memory(), other)
    )
    np.testing.assert_allclose(one, two, rtol=1e-6)


def decoder(**options):
    cell = FeedbackCell(AttentionCell(keras.layers.GRUCell(4)), num_channels=2)
    return AutoregressiveDecoder(cell, horizon=6, **options)


def arguments():
    last = np.array([[0.5, -1.0], [2.0, 0.0]], "float32")
    states = [np.full((2, 4), 0.1, "float32")]
    return memory(), last, states, np.zeros((2, 1, 2), "float32"), np.ones((2, 1, 2), "float32")


def test_each_step_reads_the_one_before():
    layer = decoder()
    found = np.asarray(layer(*arguments()))
    seen, last, states, *_ = arguments()
    state = layer.cell.cell.initial_state(states, seen)
    for step in range(6):
        output, state = layer.cell.cell(last, state)
        last = np.asarray(layer.cell.forecast(output))
        np.testing.assert_allclose(last, found[:, step], atol=1e-5)


def test_the_truth_is_read_only_while_it_is_shown():
    layer = decoder()
    alone = np.asarray(layer(*arguments()))
    targets = np.random.default_rng(1).normal(size=(2, 6, 2)).astype("float32")
    with layer.reading(targets):
        told = np.asarray(layer(*arguments()))
    with layer.reading(alone):
        itself = np.asarray(layer(*arguments()))
    np.testing.assert_array_equal(np.asarray(layer(*arguments())), alone)
    np.testing.assert_allclose(told[:, 0], alone[:, 0], atol=1e-6)  # Nothing came before it.
    assert abs(told[:, 1:] - alone[:, 1:]).max() > 1e-3
    np.testing.assert_allclose(itself, alone, atol=1e-5)


def test_no_step_sees_its_own_truth():
    layer = decoder()
    targets = np.zeros((2, 6, 2), "float32")
    other = targets.copy()
    other[:, 3:] = 9
    with layer.reading(targets):
        one = np.asarray(layer(*arguments()))
    with layer.reading(other):
        two = np.asarray(layer(*arguments()))
    np.testing.assert_array_equal(one[:, :4], two[:, :4])
    assert abs(one[:, 4:] - two[:, 4:]).max() > 1e-3


def test_without_forcing_the_truth_is_not_read():
    layer = decoder(teacher_forcing=0.0)
    alone = np.asarray(layer(*arguments()))
    with layer.reading(np.ones((2, 6, 2), "float32")):
        np.testing.assert_allclose(np.asarray(layer(*arguments())), alone, atol=1e-6)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="`attention` must be one of 'additive'"):
        AttentionCell(keras.layers.GRUCell(4), "dot")
    with pytest.raises(ValueError, match="`kind` must be one of 'additive'"):
        MemoryAttention(4, "dot")
    with pytest.raises(ValueError, match=r"`teacher_forcing` must be in \[0, 1\]"):
        decoder(teacher_forcing=2.0)
