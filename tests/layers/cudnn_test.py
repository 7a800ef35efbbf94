"""What runs on cuDNN on a GPU and what falls back.

Keras decides it by asking whether there is a GPU; here it is told so, and nothing is computed on
one: on TensorFlow the traced graph shows it, on JAX the call of the kernel.
"""

import importlib

import pytest
import tensorflow as tf

from zoo import layers

CASES = [
    pytest.param({}, True, id="plain"),
    pytest.param({"go_backwards": True}, True, id="go_backwards"),
    pytest.param({"dropout": 0.2}, True, id="dropout"),
    pytest.param({"recurrent_dropout": 0.2}, False, id="recurrent_dropout"),
    pytest.param({"activation": "relu"}, False, id="activation"),
    pytest.param({"use_bias": False}, False, id="use_bias"),
    pytest.param({"use_cudnn": False}, False, id="use_cudnn"),
]


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind=None: ["a GPU"])
    assert importlib.import_module("keras.src.backend.tensorflow.rnn")._is_gpu_available()


def operations(layer, masked):
    """The kinds of all operations of a training step's graph, those of its functions included."""

    def call(x, mask):
        return layer(x, mask=mask if masked else None, training=True)

    layer.build((None, None, 3))
    specs = tf.TensorSpec([None, None, 3]), tf.TensorSpec([None, None], tf.bool)
    graph = tf.function(call).get_concrete_function(*specs).graph.as_graph_def()
    nodes = [*graph.node, *(node for each in graph.library.function for node in each.node_def)]
    return {node.op for node in nodes}


def cudnn(found):
    return any(kind.startswith("CudnnRNN") for kind in found)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU])
@pytest.mark.parametrize("masked", [False, True], ids=["no mask", "mask"])
@pytest.mark.parametrize(("options", "expected"), CASES)
def test_on_tensorflow_masks_run_on_cudnn(gpu, kind, masked, options, expected):
    found = operations(kind(4, **options), masked)
    assert cudnn(found) == expected
    # It refuses what is not padding on the right, rather than to answer wrongly.
    assert ("Assert" in found) == (expected and masked)


def test_a_gru_that_resets_before_does_not(gpu):
    assert not cudnn(operations(layers.GRU(4, reset_after=False), False))


def test_without_a_gpu_nothing_does():
    assert not cudnn(operations(layers.LSTM(4), False))


ON_JAX = """
import jax, jax.experimental.rnn, keras, numpy as np
from zoo import layers

asked = []
def asks_cudnn(layer, masked):
    x = np.ones((2, 5, 3), "float32")
    layer.build(x.shape)
    asked.clear()
    layer(x, mask=np.ones((2, 5), bool) if masked else None)
    return bool(asked)

def kernel(*args, **kwargs):
    asked.append("cuDNN")
    raise RuntimeError("There is none: Keras's loop runs.")

before = jax.default_backend, jax.experimental.rnn.lstm
jax.experimental.rnn.lstm = kernel
try:
    assert not asks_cudnn(layers.LSTM(4), False)
    jax.default_backend = lambda: "gpu"
    assert asks_cudnn(layers.LSTM(4), False)
    assert asks_cudnn(keras.layers.Bidirectional(layers.LSTM(4)), False)
    assert not asks_cudnn(layers.LSTM(4), True)
    assert not asks_cudnn(layers.LSTM(4, activation="relu"), False)
    assert not asks_cudnn(layers.GRU(4), False)
finally:
    jax.default_backend, jax.experimental.rnn.lstm = before
"""


@pytest.mark.parametrize("backend_process", ["jax"], indirect=True)
def test_on_jax_masks_and_gru_do_not(backend_process):
    backend_process.run(ON_JAX)
