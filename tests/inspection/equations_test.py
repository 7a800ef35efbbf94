"""The equations, held against the layers of Keras."""

import keras
import numpy as np
import pytest

from zoo.inspection import equations

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 40, 5))
STEPS = {
    "lstm": (equations.lstm, keras.layers.LSTM, {}),
    "gru": (equations.gru, keras.layers.GRU, {"reset_after": False}),
    "gru_reset_after": (equations.gru_reset_after, keras.layers.GRU, {"reset_after": True}),
    "simple_rnn": (equations.simple_rnn, keras.layers.SimpleRNN, {}),
}


def layer_and_weights(kind, units=6, **options):
    """A layer of Keras whose biases are not zero, and its weights."""
    _, layer, more = STEPS[kind]
    layer = layer(units, return_sequences=True, return_state=True, **more, **options)
    layer.build((None, None, X.shape[-1]))
    W, U, b = layer.get_weights()
    layer.set_weights([W, U, RNG.normal(size=b.shape)])
    return layer, layer.get_weights()


@pytest.mark.parametrize("kind", STEPS)
def test_every_step_is_that_of_keras(kind):
    step = STEPS[kind][0]
    layer, weights = layer_and_weights(kind)
    start = equations.start(step, 3, 6)
    seen = equations.unfold(step, X, start, *weights)
    expected, *states = map(keras.ops.convert_to_numpy, layer(X.astype("float32")))
    np.testing.assert_allclose(seen.hidden, expected, atol=1e-6)
    assert len(states) == len(start) == len(seen.state)
    for ours, theirs in zip(seen.state, states, strict=True):
        np.testing.assert_allclose(ours[:, -1], theirs, atol=1e-6)


@pytest.mark.parametrize("kind", STEPS)
def test_from_another_state(kind):
    step = STEPS[kind][0]
    layer, weights = layer_and_weights(kind)
    state = tuple(RNG.normal(size=(3, 6)) for _ in equations.start(step, 3, 6))
    given = [each.astype("float32") for each in state]
    expected = layer(X.astype("float32"), initial_state=given)[0]
    found = equations.unfold(step, X, state, *weights).hidden
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(expected), atol=1e-6)


@pytest.mark.parametrize("kind", STEPS)
def test_padding_leaves_the_state_and_nothing_else(kind):
    step = STEPS[kind][0]
    layer, weights = layer_and_weights(kind)
    mask = RNG.random((3, 40)) < 0.6
    mask[:, 0] = True
    seen = equations.unfold(step, X, equations.start(step, 3, 6), *weights, mask=mask)
    expected = keras.ops.convert_to_numpy(layer(X.astype("float32"), mask=mask)[0])
    np.testing.assert_allclose(seen.hidden, expected, atol=1e-6)
    for name, array in seen._asdict().items():
        assert not np.isnan(array[mask]).any()
        assert np.isnan(array[~mask]).all() == (name not in ("hidden", "cell"))


@pytest.mark.parametrize("kind", ["lstm", "gru", "gru_reset_after"])
def test_gates_are_between_0_and_1(kind):
    step = STEPS[kind][0]
    _, weights = layer_and_weights(kind)
    seen = equations.unfold(step, 100 * X, equations.start(step, 3, 6), *weights)._asdict()
    for name in {"input", "forget", "output", "update", "reset"} & set(seen):
        assert seen[name].min() >= 0 and seen[name].max() <= 1 and np.ptp(seen[name]) > 0.9


def test_sigmoid():
    x = np.array([-1e4, -2, 0, 1.5, 1e4])
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(equations.sigmoid(x), 1 / (1 + np.exp(-x)), atol=1e-15)
