"""Units taken out: what they say, what others hear of them, and that they come back."""

import numpy as np
import pytest
from keras import layers

from zoo.inspection import silenced, trace
from zoo.models import SequenceTagger

X = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
CELLS = {
    "lstm": layers.LSTM,
    "gru": layers.GRU,
    "simple_rnn": layers.SimpleRNN,
    "gru_reset_before": lambda *args, **kwargs: layers.GRU(*args, reset_after=False, **kwargs),
}


def noisy(layer):
    """Gives every weight a value, biases too, so that zeros are not there by themselves."""
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    return layer


@pytest.mark.parametrize("cell", CELLS)
def test_the_rest_runs_as_if_the_units_were_not_there(cell):
    layer = CELLS[cell](4, return_sequences=True, name="rnn")
    smaller = CELLS[cell](2, return_sequences=True)
    layer.build(X.shape)
    smaller.build(X.shape)
    noisy(layer)
    kept = [0, 3]
    gates = layer.cell.kernel.shape[-1] // 4
    columns = np.concatenate([4 * gate + np.array(kept) for gate in range(gates)])
    kernel, recurrent, bias = layer.get_weights()
    smaller.set_weights([kernel[:, columns], recurrent[kept][:, columns], bias[..., columns]])
    before = np.asarray(layer(X))
    with silenced(layer, {"rnn": [1, 2]}):
        found = np.asarray(layer(X))
    np.testing.assert_array_equal(found[..., [1, 2]], 0)
    np.testing.assert_allclose(found[..., kept], np.asarray(smaller(X)), atol=1e-6)
    np.testing.assert_array_equal(np.asarray(layer(X)), before)


def test_one_direction_of_one_layer():
    model = SequenceTagger(20, 3, units=(4, 3), embedding_dim=3)
    x = np.array([[3, 7, 4, 0]])
    with silenced(model, {"lstm_1/backward": [2]}):
        found = trace(model, x)
    assert (found["lstm_1/backward"]["hidden"][..., 2] == 0).all()
    assert (found["lstm_1/forward"]["hidden"][:, :3] != 0).all()
    assert (found["lstm_1/backward"]["hidden"][:, :3, :2] != 0).all()
    assert (found["lstm_2/backward"]["hidden"][:, :3] != 0).all()


def test_weights_come_back_after_an_error():
    layer = layers.GRU(4, name="gru")
    layer.build(X.shape)
    before = noisy(layer).get_weights()
    with pytest.raises(KeyError), silenced(layer, {"gru": [0]}):
        raise KeyError
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({"lstm": [0]}, "`units` must name layers of gru. Received: 'lstm'"),
        ({"gru": [0, 4]}, r"gru has the units 0 to 3. Received: \[0, 4\]"),
        ({"gru": [-1]}, r"gru has the units 0 to 3. Received: \[-1\]"),
    ],
)
def test_wrong_units_are_refused(units, message):
    layer = layers.GRU(4, name="gru")
    layer.build(X.shape)
    with pytest.raises(ValueError, match=message), silenced(layer, units):
        pass
