"""A model as ONNX says what the model says."""

import importlib.util
import pathlib

import keras
import numpy as np
import pytest
from keras import layers, ops, tree

import zoo

onnxruntime = pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")
pytest.importorskip("onnx", reason="the extra `onnx` is not installed")

from zoo.onnx import convert  # noqa: E402
from zoo.onnx.conversion import add_function  # noqa: E402
from zoo.onnx.graph import Graph  # noqa: E402

_PATH = pathlib.Path(__file__).parent.parent / "models" / "builders_test.py"
_SPEC = importlib.util.spec_from_file_location("builders", _PATH)
builders = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(builders)
NO_ONNX = {"bidirectional language model"}  # It is there to be trained.
BUILDERS = {name: build for name, build in builders.BUILDERS.items() if name not in NO_ONNX}

rng = np.random.default_rng(0)


def run(model, x):
    """What an ONNX model answers, by name of the output."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    given = x if isinstance(x, dict) else {session.get_inputs()[0].name: x}
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def stirred(model):
    """Gives every weight a value of its own, those that begin as 0 or 1 as well."""
    for weight in model.weights:
        if weight.dtype == "float32":
            level = 1 if "variance" in weight.path else 0
            weight.assign(level + 0.3 * rng.uniform(-1, 1, weight.shape))
    return model


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_every_builder(build):
    model = stirred(build())
    x, _, weight = builders.example(model)
    found, expected = run(convert(model), x), model.predict_on_batch(x)
    if isinstance(expected, dict):
        np.testing.assert_array_equal(found["tags"], expected["tags"])
        np.testing.assert_allclose(found["potentials"], expected["potentials"], atol=1e-5)
    else:
        real = weight.astype(bool)
        np.testing.assert_allclose(found["output"][real], expected[real], atol=1e-5)


LAYERS = {
    "lstm": lambda **options: layers.LSTM(4, **options),
    "our lstm": lambda **options: zoo.layers.LSTM(4, **options),
    "gru": lambda **options: layers.GRU(4, **options),
    "gru, reset before": lambda **options: layers.GRU(4, reset_after=False, **options),
    "our gru": lambda **options: zoo.layers.GRU(4, **options),
    "simple rnn": lambda **options: layers.SimpleRNN(4, **options),
    "without bias": lambda **options: layers.GRU(4, use_bias=False, **options),
}
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


@every_layer
@pytest.mark.parametrize("both", [False, True], ids=["one direction", "both directions"])
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
def test_recurrent_layers(layer, both, sequences):
    x, mask = keras.Input((None, 3), name="x"), keras.Input((None,), dtype="bool", name="mask")
    inside = layer(return_sequences=sequences, return_state=True)
    outputs = (layers.Bidirectional(inside) if both else inside)(x, mask=mask)
    model = stirred(keras.Model({"x": x, "mask": mask}, dict(zip("abcde", outputs, strict=False))))
    mask = np.arange(5) < np.array([[5], [3], [1]])
    given = {"x": rng.normal(size=(3, 5, 3)).astype("float32"), "mask": mask}
    found, expected = run(convert(model), given), model.predict_on_batch(given)
    for name, each in expected.items():
        real = mask if each.ndim == 3 else slice(None)
        np.testing.assert_allclose(found[name][real], each[real], atol=1e-6)


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("merge", ["sum", "mul", "ave"])
def test_directions_that_are_merged(merge, sequences):
    layer = layers.Bidirectional(layers.GRU(4, return_sequences=sequences), merge_mode=merge)
    assert_same(layer, (3, 5, 2))


OTHER_LAYERS = {
    "causal": lambda: layers.Conv1D(4, 3, padding="causal"),
    "causal with holes": lambda: layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
    "causal in strides": lambda: layers.Conv1D(4, 3, padding="causal", strides=2),
    "batch, no shift": lambda: layers.BatchNormalization(center=False),
    "batch, no scale": lambda: layers.BatchNormalization(scale=False),
    "layer, no shift": lambda: layers.LayerNormalization(center=False),
    "layer, neither": lambda: layers.LayerNormalization(center=False, scale=False),
}


@pytest.mark.parametrize("build", OTHER_LAYERS.values(), ids=OTHER_LAYERS)
def test_other_layers(build):
    assert_same(build(), (3, 7, 2))


def assert_same(layer, shape):
    """A layer as ONNX says of random numbers what the layer says."""
    x = keras.Input((None, shape[-1]), name="x")
    model = stirred(keras.Model(x, layer(x)))
    given = rng.normal(size=shape).astype("float32")
    found = run(convert(model), given)["output"]
    np.testing.assert_allclose(found, layer(given, training=False), atol=1e-5)


@every_layer
def test_initial_states(layer):
    inside = layer(return_sequences=True)
    number = 2 if isinstance(inside, layers.LSTM) else 1
    x = keras.Input((None, 3), name="x")
    states = [keras.Input((4,), name=f"state_{place}") for place in range(number)]
    model = stirred(keras.Model([x, *states], inside(x, initial_state=states)))
    given = [rng.normal(size=(2, 5, 3)), *(rng.normal(size=(2, 4)) for _ in states)]
    given = [each.astype("float32") for each in given]
    names = [each.name for each in model.inputs]
    found = run(convert(model), dict(zip(names, given, strict=True)))["output"]
    np.testing.assert_allclose(found, model.predict_on_batch(given), atol=1e-6)


FUNCTIONS = {
    "from the end": lambda x: x[:, -1],
    "a part": lambda x: x[:, 1:-1, ::2],
    "all but": lambda x: x[..., 1:2],
    "new axes": lambda x: x[:, None, :, None, 1],
    "backwards": lambda x: ops.flip(x, 1),
    "from the end to the start": lambda x: x[:, ::-1] + x[:, 4::-1],
    "from the end, a part": lambda x: x[:, :1:-2, ::-3],
    "highest": lambda x: ops.argmax(ops.concatenate([x, x + 1], axis=1)),
    "highest, all axes kept": lambda x: ops.argmax(x, keepdims=True),
    "all backwards": lambda x: ops.flip(x),
    "parts": lambda x: ops.concatenate(ops.split(x, 2, axis=-1)[::-1], axis=1),
    "unequal parts": lambda x: ops.split(x, [1, 3], axis=-1)[1],
    "places": lambda x: ops.take_along_axis(x, ops.argmax(x, axis=1, keepdims=True), axis=1),
    "sums": lambda x: ops.cumsum(x, axis=-1) + ops.sum(x, axis=(1, 2), keepdims=True),
    "spread": lambda x: ops.sqrt(ops.var(x, axis=1, keepdims=True) + 1e-3) - ops.mean(x),
    "least and most": lambda x: ops.maximum(ops.min(x, axis=1), 0.1) * ops.max(x, axis=1),
    "conditions": lambda x: ops.where(ops.logical_or(x > 1, x < -1), ops.abs(x), 2.0),
    "any": lambda x: ops.cast(ops.any(ops.not_equal(ops.cast(x, "int32"), 0), axis=-1), "float32"),
    "turned": lambda x: ops.matmul(ops.swapaxes(x, 1, 2), ops.transpose(x, (0, 1, 2))),
    "curves": lambda x: ops.softmax(ops.softplus(x) + ops.exp(-x) * ops.square(x), axis=-1),
    "filled": lambda x: ops.full_like(x, 3.0) / ops.ones_like(x) - ops.zeros_like(x) + 1 / x,
    "what came": lambda x: x,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_operations(function):
    graph = Graph()
    given = graph.input("x", (None, 5, 4), "float32")
    for place, each in enumerate(tree.flatten(add_function(graph, function, given))):
        graph.output(f"output_{place}", each)
    x = rng.normal(size=(3, 5, 4)).astype("float32")
    (found,) = run(graph.model(), x).values()
    np.testing.assert_allclose(found, function(ops.convert_to_tensor(x)), rtol=1e-5, atol=1e-6)


def test_halves_of_whole_numbers_are_refused():
    graph = Graph()
    with pytest.raises(NotImplementedError, match=r"whole numbers, int32, and 0\.5"):
        add_function(graph, lambda x: x * 0.5, graph.input("x", (None, 4), "int32"))


FORECASTERS = {
    "segments": lambda: zoo.models.SegRNN(8, 4, 3, segment=2, units=4),
    "segments of an lstm, reversible, quantiles": lambda: zoo.models.SegRNN(
        8, 4, 3, segment=4, units=4, cell="lstm", normalization="reversible",
        distribution="quantiles",
    ),
    "plain": lambda: zoo.models.Forecaster(8, 4, 3, units=(4, 5), normalization="last"),
    "a distribution": lambda: zoo.models.Forecaster(8, 4, 3, units=4, distribution="student_t"),
    "numbers again": lambda: zoo.models.SequenceAutoencoder(3, units=4, latent_dim=2),
}  # fmt: skip


@pytest.mark.parametrize("build", FORECASTERS.values(), ids=FORECASTERS)
def test_models_of_numbers(build):
    model = stirred(build())
    x = rng.normal(size=(2, 8, 3)).astype("float32")
    found = run(convert(model), x)["output"]
    np.testing.assert_allclose(found, model.predict_on_batch(x), rtol=1e-4, atol=1e-5)


def test_a_row_may_have_any_length():
    model = stirred(builders.tagger(head="crf"))
    converted = convert(model)
    for time in (1, 9):
        x, _, _ = builders.example(model, time=time, padding=0)
        np.testing.assert_array_equal(run(converted, x)["tags"], model.predict_on_batch(x)["tags"])


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (lambda: layers.LSTM(4, activation="relu"), "The activations of lstm must be Keras's"),
        (lambda: layers.GRU(4, go_backwards=True), "gru reads backwards alone"),
        (
            lambda: layers.Bidirectional(layers.GRU(4), merge_mode=None),
            "`merge_mode` of bidirectional must be one of concat, .* Received: None",
        ),
        (lambda: layers.BatchNormalization(axis=1), "batch_normalization must normalize the last"),
        (lambda: layers.Dense(4, activation="gelu"), "The activation of dense must be one of"),
        (
            lambda: layers.Bidirectional(
                layers.LSTM(4), backward_layer=layers.LSTM(5, go_backwards=True)
            ),
            "Both directions of bidirectional must have the same cell",
        ),
        (
            lambda: layers.Bidirectional(
                layers.LSTM(4), backward_layer=layers.GRU(4, go_backwards=True)
            ),
            "Both directions of bidirectional must have the same cell",
        ),
        (
            lambda: layers.Bidirectional(
                layers.GRU(4), backward_layer=layers.GRU(4, activation="relu", go_backwards=True)
            ),
            "The activations of bidirectional must be Keras's defaults",
        ),
        (
            lambda: layers.Bidirectional(
                layers.GRU(4, go_backwards=True), backward_layer=layers.GRU(4)
            ),
            "The first direction of bidirectional must read forwards",
        ),
        (lambda: layers.LSTM(4, stateful=True), "lstm is stateful"),
        (
            lambda: layers.Conv1D(4, 3, padding="same", data_format="channels_first"),
            "`data_format` of conv1d must be channels_last",
        ),
        (lambda: layers.GaussianNoise(1.0), None),
        (lambda: layers.Lambda(ops.sinh, name="curve"), "There is no ONNX for Sinh yet"),
    ],
    ids=[
        "activation",
        "backwards",
        "unmerged",
        "another axis",
        "curve",
        "two widths",
        "two cells",
        "two activations",
        "the other way around",
        "stateful",
        "channels first",
        "noise",
        "operation",
    ],
)
def test_what_cannot_be_converted_is_named(layer, said):
    keras.backend.clear_session()
    x = keras.Input((5, 3), batch_size=2, name="x")
    model = keras.Model(x, layer()(x))
    if said is None:
        convert(model)
    else:
        with pytest.raises(NotImplementedError, match=said):
            convert(model)


def test_a_pretrained_model():
    tagger = zoo.load("bilstm_crf.wnut17")
    _, x = tagger.read("The quick brown fox , Fido , jumps over the lazy dog in Oslo .")
    found, expected = run(convert(tagger.model), x), tagger.model.predict_on_batch(x)
    np.testing.assert_array_equal(found["tags"], expected["tags"])
    np.testing.assert_allclose(found["potentials"], expected["potentials"], rtol=1e-4, atol=1e-4)
