"""Dropout of recurrent kernels, against the stock layers under the very kernel that was left."""

import keras
import numpy as np
import pytest

from zoo import layers
from zoo.layers import WeightDropout, recurrence

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "simple_rnn": keras.layers.SimpleRNN}
every_cell = pytest.mark.parametrize("cell", CELLS)


def dropped(cell, rate=0.4, **options):
    layer = layers.recurrent_layer(cell, 5, weight_dropout=rate, return_sequences=True, **options)
    layer.seed_generator = keras.random.SeedGenerator(7)
    layer.build(X.shape)
    return layer


def stock(cell, weights):
    layer = CELLS[cell](5, return_sequences=True)
    layer.build(X.shape)
    layer.set_weights(weights)
    return layer


def left(kernel, rate=0.4):
    """What the first call of `dropped` leaves of a recurrent kernel."""
    return np.array(keras.random.dropout(kernel, rate, seed=keras.random.SeedGenerator(7)))


@every_cell
def test_is_the_stock_layer_under_what_is_left_of_the_kernel(cell):
    layer = dropped(cell)
    kernel, recurrent, *bias = layer.get_weights()
    rest = left(recurrent)
    assert 0 < (rest == 0).mean() < 0.8
    expected = stock(cell, [kernel, rest, *bias])(X)
    np.testing.assert_allclose(layer(X, training=True), expected, atol=1e-5)
    whole = stock(cell, [kernel, recurrent, *bias])(X)
    np.testing.assert_allclose(layer(X), whole, atol=1e-5)
    assert abs(np.array(layer(X, training=True)) - np.array(expected)).max() > 1e-3, "drawn anew"
    for now, before in zip(layer.get_weights(), [kernel, recurrent, *bias], strict=True):
        np.testing.assert_array_equal(now, before)


@every_cell
def test_takes_masks_and_states_and_gives_states(cell):
    layer = dropped(cell, return_state=True)
    mask = np.array([[True] * 6, [True] * 2 + [False] * 4, [True] * 5 + [False]])
    states = [np.full((3, 5), 0.3, "float32")] * layers.recurrent.STATES[cell]
    kernel, recurrent, *bias = layer.get_weights()
    plain = CELLS[cell](5, return_sequences=True, return_state=True)
    plain.build(X.shape)
    plain.set_weights([kernel, left(recurrent), *bias])
    found = layer(X, initial_state=states, mask=mask, training=True)
    expected = plain(X, initial_state=states, mask=mask)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at TensorFlow's tape")
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_what_was_dropped_learns_nothing_and_the_fast_loop_runs(cell, monkeypatch):
    import tensorflow as tf

    calls = []
    fast = getattr(recurrence, cell)
    monkeypatch.setattr(recurrence, cell, lambda *args: calls.append(1) or fast(*args))
    layer = dropped(cell)
    recurrent = layer.layer.cell.recurrent_kernel
    rest = left(recurrent)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X, training=True) ** 2)
    gradient = tape.gradient(loss, recurrent.value).numpy()
    np.testing.assert_array_equal(gradient == 0, rest == 0)
    assert calls, "dropping weights must not cost the fast loop"
    plain = stock(cell, [layer.get_weights()[0], rest, *layer.get_weights()[2:]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(plain(X) ** 2)
    expected = tape.gradient(loss, plain.cell.recurrent_kernel.value).numpy()
    np.testing.assert_allclose(gradient, np.where(rest == 0, 0, expected / 0.6), atol=1e-4)


def test_drops_its_share_and_keeps_the_expectation():
    kernel = np.ones((50, 200), "float32")
    rest = left(kernel)
    assert (rest == 0).mean() == pytest.approx(0.4, abs=0.02)
    assert rest.mean() == pytest.approx(1, abs=0.03)


def test_reloads(tmp_path):
    x = keras.Input((None, 4))
    model = keras.Model(x, WeightDropout(layers.LSTM(3), 0.5, seed=1)(x))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict_on_batch(X), model.predict_on_batch(X))
    assert again.layers[-1].rate == 0.5


@pytest.mark.parametrize("rate", [-0.1, 1])
def test_rates_are_checked(rate):
    with pytest.raises(ValueError, match=rf"`rate` must be in \[0, 1\). Received: {rate}"):
        WeightDropout(layers.LSTM(3), rate)
    with pytest.raises(ValueError, match="`weight_dropout` is for layers of one direction"):
        layers.recurrent_layer("lstm", 3, bidirectional=True, weight_dropout=0.5)


SCRIPT = """
import numpy as np, keras
from zoo import layers
x = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
for cell in ("lstm", "gru"):
    layer = layers.recurrent_layer(cell, 5, weight_dropout=0.4, return_sequences=True)
    model = keras.Sequential([keras.Input((None, 4)), layer, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    before = [np.array(each) for each in layer.get_weights()]
    losses = [float(model.train_on_batch(x, x[..., :1])) for _ in range(30)]
    assert losses[-1] < losses[0]
    assert all(abs(a - b).max() > 0 for a, b in zip(before, layer.get_weights()))
    assert abs(model.predict_on_batch(x) - model.predict_on_batch(x)).max() == 0
"""


def test_learns_on_every_backend(backend_process):
    backend_process.run(SCRIPT)
