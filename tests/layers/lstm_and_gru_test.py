"""LSTM and GRU against Keras's own: results, gradients, masks, files, on TensorFlow and JAX."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.ops import convert_to_numpy as to_numpy

from zoo import layers
from zoo.layers import recurrence
from zoo.layers.backend import loops_are_worth_it

STOCK = {"LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}
OURS = {"LSTM": layers.LSTM, "GRU": layers.GRU}
BATCH, TIME, FEATURES, UNITS = 4, 6, 3, 5
MASKS = {
    "no mask": None,
    "padding": np.arange(TIME) < np.array([[6], [4], [1], [3]]),
    "holes, first steps too, a row of nothing": np.array(
        [[0, 1, 1, 0, 1, 0], [1, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 0, 1]]
    ).astype(bool),
}
each_cell = pytest.mark.parametrize("cell", STOCK)

pytestmark = pytest.mark.skipif(not loops_are_worth_it(), reason="there is a GPU: Keras's own runs")


@pytest.fixture
def loops(monkeypatch):
    """Counts the runs of our loops."""
    counted = []
    for name in ("lstm", "gru"):
        run = getattr(recurrence, name)

        def counting(*args, name=name, run=run):
            counted.append(name)
            return run(*args)

        monkeypatch.setattr(recurrence, name, counting)
    return counted


def both(cell, *, bidirectional=False, dtype=None, shape=(None, None, FEATURES), **options):
    """The stock layer and ours, of the same weights."""
    made = [kind[cell](UNITS, **options, dtype=dtype) for kind in (STOCK, OURS)]
    if bidirectional:
        made = [keras.layers.Bidirectional(layer, dtype=dtype) for layer in made]
    for layer in made:
        layer.build(shape)
    # Drawn, so that biases are not all alike.
    draw = np.random.default_rng(1).normal
    weights = [draw(scale=0.5, size=w.shape).astype("float32") for w in made[0].get_weights()]
    for layer in made:
        layer.set_weights(weights)
    return made


def example(states=0, time=TIME, batch=BATCH):
    draw = np.random.default_rng(0).normal
    x = tf.constant(draw(size=(batch, time, FEATURES)), "float32")
    return x, [tf.constant(draw(size=(batch, UNITS)), "float32") for _ in range(states)]


def answers(layer, x, states=(), mask=None, training=True):
    """All that a layer returns, and the gradients of a sum of it by all that it reads."""
    variables = [variable.value for variable in layer.trainable_variables]
    x, states = tf.convert_to_tensor(x), list(states)
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        outputs = layer(x, mask=mask, initial_state=states or None, training=training)
        outputs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
        # Every element weighs something else.
        total = sum(
            tf.reduce_sum(
                tf.cast(y, "float32")
                * tf.sin(tf.reshape(tf.range(tf.size(y), dtype="float32"), tf.shape(y)) + i)
            )
            for i, y in enumerate(outputs)
        )
    return outputs, tape.gradient(total, [x, *states, *variables])


def assert_alike(found, expected, tolerance=1e-5):
    found, expected = tf.nest.flatten(found), tf.nest.flatten(expected)
    assert len(found) == len(expected)
    for ours, stock in zip(found, expected, strict=True):
        assert ours.shape == stock.shape
        assert ours.dtype == stock.dtype
        np.testing.assert_allclose(ours, stock, rtol=tolerance, atol=tolerance)


@each_cell
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("sequences", [False, True], ids=["last output", "sequences"])
@pytest.mark.parametrize("zeros", [False, True], ids=["held", "zeros"])
def test_results_and_gradients_are_those_of_the_stock_layer(
    cell, mask, backwards, sequences, zeros, loops
):
    stock, ours = both(
        cell,
        return_sequences=sequences,
        return_state=True,
        go_backwards=backwards,
        zero_output_for_mask=zeros,
    )
    x, states = example(2 if cell == "LSTM" else 1)
    assert_alike(answers(ours, x, states, mask), answers(stock, x, states, mask))
    assert loops == [cell.lower()]
    # In a graph, from zeros, not in training.
    run = tf.function(lambda layer, x: answers(layer, x, mask=mask, training=False))
    assert_alike(run(ours, x), run(stock, x))


@each_cell
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "two"])
def test_batch_and_time_unknown_and_a_single_step(cell, bidirectional, loops):
    stock, ours = both(cell, bidirectional=bidirectional, return_sequences=True)

    def graph(layer):
        signature = [
            tf.TensorSpec((None, None, FEATURES), "float32"),
            tf.TensorSpec((None, None), "bool"),
        ]
        return tf.function(lambda x, mask: answers(layer, x, mask=mask), input_signature=signature)

    graphs = graph(ours), graph(stock)
    assert loops == []
    for time in (TIME, 1):
        for batch in (BATCH, 1):
            x, _ = example(time=time, batch=batch)
            mask = MASKS["padding"][:batch, :time]
            assert_alike(*(run(x, mask) for run in graphs))
    assert set(loops) == {cell.lower()}


@each_cell
def test_a_single_row(cell, loops):
    stock, ours = both(cell, bidirectional=True, return_sequences=True)
    x, _ = example(batch=1)
    mask = MASKS["padding"][1:2]
    assert_alike(answers(ours, x, mask=mask), answers(stock, x, mask=mask))
    assert loops == 2 * [cell.lower()]


@each_cell
def test_number_of_features_unknown(cell, loops):
    stock, ours = both(cell, return_sequences=True)
    x, _ = example()

    @tf.function(input_signature=[tf.TensorSpec((None, None, None), "float32")])
    def slopes(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(tf.sin(ours(x, training=True)))
        return tape.gradient(total, [x, *(each.value for each in ours.weights)])

    with tf.GradientTape() as tape:
        given = tf.constant(x)
        tape.watch(given)
        total = tf.reduce_sum(tf.sin(stock(given)))
    expected = tape.gradient(total, [given, *(each.value for each in stock.weights)])
    for found, slope in zip(slopes(x), expected, strict=True):
        np.testing.assert_allclose(found, slope, atol=1e-5)
    assert loops == [cell.lower()]


@each_cell
def test_a_batch_of_one_known_by_the_state_alone(cell):
    count = 2 if cell == "LSTM" else 1
    x, states = example(count, batch=1)
    stock, ours = both(cell)
    expected = answers(stock, x, states)

    @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES), "float32")])
    def run(x):
        return answers(ours, x, states)

    assert_alike(run(x), expected)


@each_cell
def test_float16(cell):
    stock, ours = both(cell, bidirectional=True, return_sequences=True, dtype="mixed_float16")
    x, _ = example()
    found, expected = (answers(layer, x, mask=MASKS["padding"]) for layer in (ours, stock))
    assert found[0][0].dtype == tf.float16
    assert_alike(found, expected, tolerance=2e-2)


@each_cell
def test_dropout_draws_the_same(cell):
    stock, ours = both(cell, dropout=0.5, seed=3)
    x, _ = example()
    found, expected = (answers(layer, x) for layer in (ours, stock))
    assert_alike(found, expected)
    assert abs(found[0][0] - ours(x)).numpy().max() > 0.01


@each_cell
def test_stateful(cell):
    stock, ours = both(cell, stateful=True, shape=(BATCH, TIME, FEATURES))
    x, _ = example()
    for _ in range(3):
        assert_alike(ours(x), stock(x))


@each_cell
@pytest.mark.parametrize(
    "options",
    [
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"use_bias": False},
        {"recurrent_dropout": 0.1},
        {"unroll": True},
        {"implementation": 1},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_is_not_the_default_runs_the_stock_loop(cell, options, loops):
    stock, ours = both(cell, shape=(BATCH, TIME, FEATURES), **options)
    x, _ = example()
    found, expected = (answers(layer, x, training=False) for layer in (ours, stock))
    assert_alike(found, expected)
    assert loops == []


def test_a_gru_that_resets_before_runs_the_stock_loop(loops):
    stock, ours = both("GRU", reset_after=False)
    x, _ = example()
    assert_alike(answers(ours, x), answers(stock, x))
    assert loops == []


@pytest.mark.parametrize(
    ("cell", "jit_compile"), [("LSTM", False), ("GRU", True)], ids=["LSTM", "GRU with XLA"]
)
def test_fit_takes_the_same_steps(cell, jit_compile):
    x, _ = example()
    found = []
    for layer in both(cell, bidirectional=True):
        inputs = keras.Input((None, FEATURES))
        model = keras.Model(inputs, layer(inputs, mask=inputs[:, :, 0] < 1))
        model.compile(keras.optimizers.SGD(0.5), "mse", jit_compile=jit_compile)
        model.fit(x, np.ones((BATCH, 2 * UNITS)), epochs=3, verbose=0)
        found.append(model.get_weights())
    assert_alike(*found)


RELOAD = """
import sys
import numpy as np
import keras
from zoo import layers
model = keras.saving.load_model(sys.argv[1])
both = model.layers[-1]
assert type(both.forward_layer) is type(both.backward_layer) is getattr(layers, sys.argv[2])
x, expected = np.load(sys.argv[3]).values()
np.testing.assert_allclose(model.predict_on_batch(x), expected, atol=1e-6)
"""

SERVE = """
import sys
import numpy as np
import tensorflow as tf
x, expected = np.load(sys.argv[2]).values()
loaded = tf.saved_model.load(sys.argv[1])
np.testing.assert_allclose(loaded.serve(x), expected, atol=1e-6)
assert loaded.serve(x[:1, :1]).shape == (1, 1, expected.shape[-1])
"""


@each_cell
def test_files_are_read_in_a_fresh_process(cell, tmp_path):
    stock, ours = both(cell, bidirectional=True, return_sequences=True)
    inputs = keras.Input((None, FEATURES))
    model = keras.Model(inputs, ours(inputs))
    x, _ = example()
    np.savez(tmp_path / "example.npz", x=x, expected=stock(x))
    model.save(tmp_path / "model.keras")
    model.export(tmp_path / "exported", verbose=False)
    for arguments in (
        (RELOAD, tmp_path / "model.keras", cell, tmp_path / "example.npz"),
        (SERVE, tmp_path / "exported", tmp_path / "example.npz"),
    ):
        subprocess.run([sys.executable, "-c", *map(str, arguments)], check=True)


@each_cell
def test_what_trains_is_exported_without_its_gradient(cell, tmp_path):
    _, ours = both(cell, dropout=0.5, shape=(None, TIME, FEATURES))
    archive, x = keras.export.ExportArchive(), example()[0]
    archive.track(ours)
    signature = [tf.TensorSpec((None, TIME, FEATURES), "float32")]
    archive.add_endpoint("draw", lambda x: ours(x, training=True), input_signature=signature)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(tmp_path / "exported", options=options, verbose=False)
    loaded = tf.saved_model.load(tmp_path / "exported")
    assert abs(loaded.draw(x) - loaded.draw(x)).numpy().max() > 0.01


@each_cell
def test_stock_files_and_weights_are_read(cell, tmp_path):
    x, _ = example()
    models = []
    for layer in both(cell, bidirectional=True):
        inputs = keras.Input((None, FEATURES))
        models.append(keras.Model(inputs, layer(inputs)))
    stock, ours = models
    expected = stock.predict_on_batch(x)
    stock.save(tmp_path / "stock.keras")
    reloaded = keras.saving.load_model(tmp_path / "stock.keras")
    np.testing.assert_array_equal(reloaded.predict_on_batch(x), expected)
    stock.save_weights(tmp_path / "stock.weights.h5")
    ours.set_weights([0 * weight for weight in ours.get_weights()])
    ours.load_weights(tmp_path / "stock.weights.h5")
    np.testing.assert_allclose(ours.predict_on_batch(x), expected, atol=1e-6)
    assert [v.name for v in stock.variables] == [v.name for v in ours.variables]


@each_cell
def test_arguments_come_back(cell):
    layer = OURS[cell](7, dropout=0.2, go_backwards=True, kernel_regularizer="l2", name="mine")
    assert OURS[cell].from_config(layer.get_config()).get_config() == layer.get_config()
    assert STOCK[cell](7).get_config().keys() == layer.get_config().keys()


ON_EVERY_BACKEND = """
import keras, numpy as np
from zoo import layers
from zoo.layers import lstm_and_gru, recurrence
from zoo.layers.backend import loops_are_worth_it
runs = []
for name in ("lstm", "gru"):
    def counting(*args, run=getattr(recurrence, name)):
        runs.append(run)
        return run(*args)
    setattr(recurrence, name, counting)
kernels = []
def kernel(*args, run=lstm_and_gru.kernel_of_torch):
    kernels.append(args[0])
    return run(*args)
lstm_and_gru.kernel_of_torch = kernel
draw = np.random.default_rng(0).normal
x = draw(size=(4, 6, 3)).astype("float32")
padding = np.arange(6) < np.array([[6], [3], [1], [4]])
holes = padding.copy()
holes[3] = [0, 1, 0, 1, 1, 0]

for name, mask in [(name, mask) for name in ("LSTM", "GRU") for mask in (padding, holes)]:
    found = []
    for module in (keras.layers, layers):
        recurrent = getattr(module, name)
        inputs = {
            "x": keras.Input((6, 3), name="x"),
            "mask": keras.Input((6,), dtype="bool", name="mask"),
        }
        first = recurrent(5, return_sequences=True, dropout=0.2, seed=1)
        states = keras.layers.Bidirectional(first)(inputs["x"], mask=inputs["mask"])
        y = keras.layers.Concatenate()(list(recurrent(4, return_state=True)(states)))
        model = keras.Model(inputs, y)
        weights = np.random.default_rng(2)
        model.set_weights([
            weights.normal(scale=0.5, size=w.shape) if w.dtype == "float32" else w
            for w in model.get_weights()
        ])
        model.compile(keras.optimizers.SGD(0.5), "mse")
        data = {"x": x, "mask": mask}
        before = model.predict_on_batch(data)
        model.train_on_batch(data, np.ones(before.shape))
        model.train_on_batch(data, np.ones(before.shape))
        found.append([before, *model.get_weights()])
    for stock, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, stock, atol=1e-5)
assert bool(runs) == loops_are_worth_it() == (keras.backend.backend() != "torch")
assert set(kernels) == ({"lstm", "gru"} if keras.backend.backend() == "torch" else set())

for name, states in (("LSTM", 2), ("GRU", 1)):
    for mask in (None, padding, holes):
        for backwards in (False, True):
            for scale in (0, 1):
                state = [draw(scale=scale, size=(4, 5)).astype("float32") for _ in range(states)]
                found, weights = [], None
                for module in (keras.layers, layers):
                    layer = getattr(module, name)(
                        5, return_sequences=True, return_state=True, go_backwards=backwards
                    )
                    layer.build(x.shape)
                    weights = weights or [draw(size=w.shape) for w in layer.get_weights()]
                    layer.set_weights(weights)
                    found.append(layer(x, initial_state=state, mask=mask))
                for stock, ours in zip(*found, strict=True):
                    stock, ours = map(keras.ops.convert_to_numpy, (stock, ours))
                    np.testing.assert_allclose(ours, stock, atol=1e-5)
"""


def test_on_every_backend(backend_process):
    backend_process.run(ON_EVERY_BACKEND)


EXPORT = """
import jax, numpy as np
from jax import export
from zoo import layers
layer, x = layers.LSTM(4), np.ones((2, 5, 3), "float32")
layer.build(x.shape)
rows = jax.ShapeDtypeStruct(export.symbolic_shape("rows, 5, 3"), "float32")
exported = export.export(jax.jit(layer))(rows)
np.testing.assert_allclose(exported.call(x), layer(x), atol=1e-6)
"""


@pytest.mark.parametrize("backend_process", ["jax"], indirect=True)
def test_on_jax_any_number_of_rows_can_be_exported(backend_process):
    backend_process.run(EXPORT)


def test_gradients_are_those_of_finite_differences():
    draw = np.random.default_rng(0).normal
    of_lstm = ((3, 2, 5), (5, 16), (4, 16), (16,), (2, 4), (2, 4))
    of_gru = ((3, 2, 5), (5, 12), (4, 12), (12,), (12,), (2, 4))
    lstm, gru = ([draw(size=shape).astype("float32") for shape in of] for of in (of_lstm, of_gru))
    for run, arguments in ((recurrence.lstm, lstm), (recurrence.gru, gru)):

        def total(*arguments, run=run):
            found = run(*arguments)
            found = found if isinstance(found, tuple) else (found,)
            return sum(tf.reduce_sum(tf.sin(y) * (i + 1)) for i, y in enumerate(found))

        tensors = [tf.constant(each) for each in arguments]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = total(*tensors)
        for place, slopes in enumerate(tape.gradient(value, tensors)):
            direction = draw(size=arguments[place].shape).astype("float32")
            ends = []
            for step in (1e-2, -1e-2):
                moved = list(arguments)
                moved[place] = arguments[place] + step * direction
                ends.append(float(total(*moved)))
            expected = (ends[0] - ends[1]) / 2e-2
            assert float(np.sum(to_numpy(slopes) * direction)) == pytest.approx(expected, abs=5e-2)
