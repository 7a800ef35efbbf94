"""Autoencoders: each must build, learn, be saved, mind its padding, and say it from the code."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from zoo.layers import ReconstructionDecoder, VariationalBottleneck
from zoo.models import SequenceAutoencoder

WORDS, FEATURES = 12, 2


def numbers(**options):
    defaults = {"cell": "gru", "units": 6, "latent_dim": 3, "variable_length": True}
    return SequenceAutoencoder(FEATURES, **{**defaults, **options})


def text(**options):
    defaults = {"cell": "gru", "units": 6, "latent_dim": 3, "embedding_dim": 4}
    return SequenceAutoencoder(vocabulary_size=WORDS, **{**defaults, **options})


BUILDERS = {
    "numbers, stacked, both directions": lambda: numbers(
        cell="lstm", units=(6, 4), bidirectional=True, dropout=0.1, loss="mae"
    ),
    "numbers, autoregressive, variational": lambda: numbers(
        decoder="autoregressive", units=(4, 6), variational=True
    ),
    "text": lambda: text(),
    "text, autoregressive": lambda: text(cell="lstm", decoder="autoregressive"),
}
every_builder = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)


def eager(build):
    """A model that runs step by step: building graphs for a few batches takes longer."""
    model = build()
    model.run_eagerly = keras.backend.backend() == "tensorflow"
    return model


def example(model, batch=4, time=6, more=0):
    """Sequences of which the last has one step; `more` steps of padding beyond."""
    rng = np.random.default_rng(0)
    lengths = np.array([time - 2] * (batch - 1) + [1])
    real = np.arange(time + more) < lengths[:, None]
    if isinstance(model.input, dict):
        window = rng.normal(size=(batch, time, FEATURES))
        window = np.pad(window, ((0, 0), (0, more), (0, 0))) * real[..., None]
        window = window.astype("float32")
        return {"window": window, "real": real}, window, real.astype("float32")
    tokens = np.pad(rng.integers(1, WORDS, (batch, time)), ((0, 0), (0, more))) * real
    return tokens.astype("int32"), tokens, real.astype("float32")


@every_builder
def test_builds_compiled_and_learns(build):
    keras.utils.set_random_seed(0)
    model = eager(build)
    x, y, weight = example(model, batch=12)
    model.optimizer.learning_rate = 0.05
    before = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)["loss"]
    model.fit(x, y, sample_weight=weight, epochs=15, batch_size=12, verbose=0)
    after = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)["loss"]
    assert after < 0.9 * before


@every_builder
def test_padding_changes_nothing(build):
    model = eager(build)
    x, y, weight = example(model)
    longer, y_longer, weight_longer = example(model, more=5)
    short = model.predict_on_batch(x)[weight.astype(bool)]
    long = model.predict_on_batch(longer)[weight_longer.astype(bool)]
    np.testing.assert_allclose(short, long, atol=1e-5)
    losses = [
        model.evaluate(*each[:2], sample_weight=each[2], verbose=0, return_dict=True)["loss"]
        for each in ((x, y, weight), (longer, y_longer, weight_longer))
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


@every_builder
def test_all_that_is_said_comes_from_the_code(build):
    """Where every code is 0, all sequences are said alike: the input is not read again."""
    model = eager(build)
    layer = model.get_layer("latent")
    layer.set_weights([np.zeros_like(each) for each in layer.get_weights()])
    x, _, _ = example(model)
    said = model.predict_on_batch(x)
    np.testing.assert_allclose(said[0, :4], said[1, :4], atol=1e-6)


RELOAD = """
import sys, keras, numpy as np, zoo.models
for path in sys.argv[1:]:
    model = keras.models.load_model(path + ".keras")
    model.run_eagerly = True
    stored = dict(np.load(path + ".npz"))
    expected = stored.pop("expected")
    x = stored if len(stored) > 1 else stored["tokens"]
    assert abs(model.predict_on_batch(x) - expected).max() < 1e-5, path
print("reloaded")
"""


def test_all_reload_in_a_fresh_process(tmp_path):
    paths = []
    for place, build in enumerate(BUILDERS.values()):
        model = eager(build)
        x, _, _ = example(model)
        paths.append(str(tmp_path / str(place)))
        model.save(paths[-1] + ".keras")
        inputs = x if isinstance(x, dict) else {"tokens": x}
        np.savez(paths[-1] + ".npz", **inputs, expected=model.predict_on_batch(x))
    found = subprocess.run([sys.executable, "-c", RELOAD, *paths], capture_output=True, text=True)
    assert found.stdout.strip() == "reloaded", found.stderr


def test_step_by_step_is_the_same_as_all_at_once():
    for options in ({}, {"embedding_dim": 4}):
        layer = ReconstructionDecoder(5, cell="lstm", units=(4, 3), **options)
        code = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
        shape = (3, 6) if options else (3, 6, 5)
        whole = ops.convert_to_numpy(layer(code, np.ones(shape, "float32")))
        state = layer.start(code)
        for step in range(6):
            said, state = layer.step(state)
            np.testing.assert_allclose(ops.convert_to_numpy(said), whole[:, step], atol=1e-5)


def test_one_layer_needs_no_tuple():
    assert ReconstructionDecoder(2, units=4).options["units"] == (4,)


def test_training_reads_the_truth():
    layer = ReconstructionDecoder(2, cell="gru", units=(4,))
    code = np.zeros((1, 2), "float32")
    sequence = np.random.default_rng(0).normal(size=(1, 5, 2)).astype("float32")
    other = sequence.copy()
    other[:, 2] += 1
    told = [ops.convert_to_numpy(layer(code, each, training=True)) for each in (sequence, other)]
    np.testing.assert_allclose(told[0][:, :3], told[1][:, :3], atol=1e-6)
    assert abs(told[0][:, 3] - told[1][:, 3]).max() > 1e-3
    alone = [ops.convert_to_numpy(layer(code, each)) for each in (sequence, other)]
    np.testing.assert_allclose(alone[0], alone[1], atol=1e-6)


def test_divergence_is_that_of_two_normal_distributions():
    """Against an integral by sums over draws: E[log q - log p]."""
    layer = VariationalBottleneck(2, kl_weight=0.5, seed=1)
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    layer(x)
    mean = ops.convert_to_numpy(layer.mean(x))
    deviation = np.exp(0.5 * ops.convert_to_numpy(layer.log_variance(x)))
    noise = np.random.default_rng(2).normal(size=(200_000, 1, 1))
    z = mean + deviation * noise
    log_q = -0.5 * noise**2 - np.log(deviation)
    divergence = (log_q + 0.5 * z**2).mean(axis=0).sum(axis=-1)
    assert float(layer.losses[0]) == pytest.approx(0.5 * divergence.mean(), rel=0.02)


ELSEWHERE = """
import sys
sys.path.insert(0, "tests/models")
import reconstruction_test as t
for name in ("numbers, stacked, both directions", "text, autoregressive"):
    t.test_padding_changes_nothing(t.BUILDERS[name])
    model = t.eager(t.BUILDERS[name])
    model.train_on_batch(*t.example(model))
t.test_step_by_step_is_the_same_as_all_at_once()
"""


def test_on_every_backend(backend_process):
    backend_process.run(ELSEWHERE)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_features": 2, "vocabulary_size": 5}, "either `num_features` or `vocabulary_size`"),
        ({}, "either `num_features` or `vocabulary_size`"),
        ({"num_features": 2, "decoder": "beam"}, "`decoder` must be one of 'repeat'"),
        ({"num_features": 2, "loss": "huber"}, "`loss` must be 'mse' or 'mae'"),
        ({"num_features": 2, "cell": "rnn"}, "`cell` must be one of"),
    ],
)
def test_bad_arguments_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        SequenceAutoencoder(**options)
