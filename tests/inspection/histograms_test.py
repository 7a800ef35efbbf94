"""How often gates are shut and open."""

import numpy as np
import pytest
from keras import layers

from zoo.inspection import saturation, trace

X = np.random.default_rng(0).normal(size=(3, 10, 4)).astype("float32")
MASK = np.arange(10) < np.array([[10], [6], [1]])


@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_every_real_step_is_counted_once(cell):
    both = layers.Bidirectional(cell(5), name="both")
    both(X)
    for found in trace(cell(5, name="it"), X).values():
        for each in saturation(found).values():
            assert each.counts.sum() == 3 * 10 * 5
    masked = Masked(cell(5, name="inner"))
    for each in saturation(trace(masked, X)["inner"], bins=7).values():
        assert each.counts.sum() == 17 * 5
        assert (each.counts.shape, each.edges.shape) == ((7,), (8,))


class Masked(layers.Layer):
    """Calls a layer with the mask."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x, mask=MASK)


def test_shares_of_shut_and_open_gates():
    layer = layers.LSTM(2, name="it")
    layer(X)
    W, U, _ = layer.get_weights()
    # input: shut, in between; forget: open, shut; candidate: one end, 0.7; output: 0.87, 0.92
    bias = [-9, 0, 9, -9, -9, 0.87, 1.9, 2.5]
    layer.set_weights([0 * W, 0 * U, np.array(bias)])
    found = saturation(trace(layer, X)["it"])
    assert list(found) == ["input", "forget", "output", "candidate"]
    assert found["input"].low.tolist() == [1, 0] and found["input"].high.tolist() == [0, 0]
    assert found["forget"].low.tolist() == [0, 1] and found["forget"].high.tolist() == [1, 0]
    assert found["output"].high.tolist() == [0, 1]
    assert found["candidate"].low.tolist() == [1, 0]
    assert found["candidate"].high.tolist() == [0, 0]
    assert found["candidate"].edges[[0, -1]].tolist() == [-1, 1]


def test_a_simple_rnn_has_its_state():
    assert list(saturation(trace(layers.SimpleRNN(3, name="it"), X)["it"])) == ["hidden"]
