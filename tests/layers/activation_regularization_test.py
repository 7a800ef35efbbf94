"""Penalties on states, against sums made by hand."""

import keras
import numpy as np
import pytest

from zoo.layers import ActivationRegularization

STATES = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
DROPPED = np.where(np.random.default_rng(1).random(STATES.shape) < 0.5, 0, 2 * STATES)


def by_hand(dropped, states, size, change):
    total = count = 0
    for row, step in np.ndindex(states.shape[0], states.shape[1] - 1):
        move = states[row, step + 1] - states[row, step]
        total, count = total + (move**2).sum(), count + len(move)
    return size * (dropped**2).mean() + change * (total / count if count else 0)


@pytest.mark.parametrize(("size", "change"), [(2.0, 1.0), (0.5, 0.0), (0.0, 3.0)])
def test_penalties(size, change):
    layer = ActivationRegularization(size, change)
    found = layer(DROPPED, STATES, training=True)
    np.testing.assert_array_equal(found, DROPPED.astype("float32"))
    (loss,) = layer.losses
    assert float(loss) == pytest.approx(by_hand(DROPPED, STATES, size, change), rel=1e-5)


def test_only_in_training():
    layer = ActivationRegularization(2.0, 1.0)
    layer(DROPPED, STATES)
    assert layer.losses == []


def test_one_step_does_not_change():
    layer = ActivationRegularization(0.0, 1.0)
    layer(DROPPED[:, :1], STATES[:, :1], training=True)
    assert float(layer.losses[0]) == 0


def test_padding_does_not_count():
    layer, padded = ActivationRegularization(2.0, 1.0), np.full((2, 3, 3), 7.0)
    real = np.arange(8) < np.array([[5], [5]])
    layer(*(np.concatenate([x, padded], 1) for x in (DROPPED, STATES)), real, training=True)
    assert float(layer.losses[0]) == pytest.approx(by_hand(DROPPED, STATES, 2.0, 1.0), rel=1e-5)


def test_more_numbers_than_half_precision_can_count():
    layer = ActivationRegularization(2.0, 1.0, dtype="mixed_float16")
    states = np.ones((2, 200, 200))
    states[:, ::2] *= 3
    layer(states, states, training=True)
    assert float(layer.losses[0]) == pytest.approx(2 * (9 + 1) / 2 + 4, rel=1e-3)


def test_reloads():
    config = ActivationRegularization(2.0, 1.0).get_config()
    again = ActivationRegularization.from_config(config)
    assert (again.size, again.change) == (2.0, 1.0)


def test_adds_to_the_loss_of_a_model():
    x = keras.Input((None, 3))
    states = keras.layers.Dense(3, kernel_initializer="identity")(x)
    model = keras.Model(x, ActivationRegularization(2.0, 1.0)(states, states))
    model.compile("sgd", "mse")
    loss = model.train_on_batch(STATES, STATES)
    assert float(loss) == pytest.approx(by_hand(STATES, STATES, 2.0, 1.0), rel=1e-5)
