"""Forecasters: they build, learn, and do what their papers say."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from zoo import models

SIZES = {"lookback": 24, "horizon": 12, "num_channels": 3}
BUILDERS = {
    "lstm": lambda **o: models.Forecaster(**SIZES, units=6, **o),
    "stacked gru": lambda **o: models.Forecaster(**SIZES, cell="gru", units=(6, 5), **o),
    "both directions": lambda **o: models.Forecaster(**SIZES, units=6, bidirectional=True, **o),
    "segrnn": lambda **o: models.SegRNN(**SIZES, segment=6, units=8, **o),
    "segrnn of lstm": lambda **o: models.SegRNN(**SIZES, segment=6, units=8, cell="lstm", **o),
    "seq2seq": lambda **o: models.Seq2SeqForecaster(**SIZES, units=6, **o),
    "seq2seq of lstm": lambda **o: models.Seq2SeqForecaster(**SIZES, units=6, cell="lstm", **o),
}
every_builder = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)


def example(batch=8, seed=0):
    """Waves of different phases: what comes can be read off the history."""
    phase = np.random.default_rng(seed).uniform(0, 6, (batch, 1, 3))
    steps = np.arange(36)[None, :, None]
    waves = np.array([1, 2, 3]) + np.sin(steps / 3 + phase)
    return waves[:, :24].astype("float32"), waves[:, 24:].astype("float32")


@every_builder
def test_learns_and_comes_back_from_its_file(build, tmp_path):
    model = build(dropout=0.0)
    x, y = example(32)
    model.optimizer.learning_rate = 0.01
    told = {"epochs": 8, "batch_size": 4, "sample_weight": np.ones(y.shape[:2]), "verbose": 0}
    losses = model.fit(x, y, **told).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict_on_batch(x), model.predict_on_batch(x), atol=1e-5)


@pytest.mark.parametrize("distribution", ["quantiles", "gaussian", "student_t"])
@pytest.mark.parametrize("name", ["lstm", "segrnn", "seq2seq"])
def test_each_can_say_how_sure_it_is(name, distribution):
    model = BUILDERS[name](distribution=distribution, levels=(0.1, 0.5, 0.9))
    x, y = example()
    found = model.predict_on_batch(x)
    assert found.shape[:3] == (8, 12, 3)
    assert np.isfinite(model.train_on_batch(x, y))
    quantiles = np.asarray(model.get_layer("distribution").quantiles(found))
    assert (np.diff(quantiles, axis=-1) > 0).all()


@pytest.mark.parametrize("normalization", ["last", "reversible"])
@pytest.mark.parametrize("name", ["lstm", "segrnn", "seq2seq"])
def test_normalized_forecasts_follow_the_level(name, normalization):
    model = BUILDERS[name](normalization=normalization)
    x, _ = example()
    moved = model.predict_on_batch(x + 50) - 50
    np.testing.assert_allclose(moved, model.predict_on_batch(x), atol=1e-3)


@pytest.mark.parametrize("name", ["lstm", "segrnn", "seq2seq"])
def test_what_is_known_ahead_is_read(name, tmp_path):
    """What comes is random but for a covariate that tells it: only who reads it can know."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(256, 24, 3)).astype("float32")
    known = rng.normal(size=(256, 36, 1)).astype("float32")
    y = np.repeat(known[:, 24:], 3, axis=-1)
    model = BUILDERS[name](dropout=0.0, num_covariates=1, normalization="none")
    model.optimizer.learning_rate = 0.01
    given = {"history": x, "covariates": known}
    model.fit(given, y, epochs=15, batch_size=32, verbose=0)
    assert np.mean(np.square(model.predict_on_batch(given) - y)) < 0.3
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    found = again.predict_on_batch(given)
    np.testing.assert_allclose(found, model.predict_on_batch(given), atol=1e-5)


def test_segrnn_is_the_papers():
    """By hand: segments, one layer, its state handed to each segment of the horizon."""
    model = models.SegRNN(**SIZES, segment=6, units=8)
    x, _ = example(2)
    last = x[:, -1:]
    segments = (x - last).transpose(0, 2, 1).reshape(6, 4, 6)
    embedding = model.get_layer("segment_embedding")
    recurrence = model.get_layer("recurrence")
    layer = recurrence.recurrent
    _, state = layer(np.maximum(np.asarray(embedding(segments)), 0))
    found = np.zeros((2, 12, 3), "float32")
    for row in range(6):
        for place in range(2):
            told = (recurrence.places[place], recurrence.channels[row % 3])
            read = np.concatenate([np.asarray(each) for each in told])
            out, _ = layer(read[None, None], initial_state=np.asarray(state)[row : row + 1])
            values = np.asarray(model.get_layer("segment_forecast")(out))[0]
            found[row // 3, 6 * place : 6 * place + 6, row % 3] = values
    np.testing.assert_allclose(model.predict_on_batch(x), found + last, atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_segrnn_starts_as_the_papers(cell):
    """PyTorch draws uniform weights, up to the inverse root of what goes in, or of the units."""
    model = models.SegRNN(**SIZES, segment=6, units=64, cell=cell)
    recurrent = model.get_layer("recurrence").recurrent
    embedding, forecast = (model.get_layer(f"segment_{name}") for name in ("embedding", "forecast"))
    for layer, size in ((embedding, 6), (recurrent, 64), (forecast, 64)):
        for values in layer.get_weights():
            drawn = values[values != 1]  # The bias of an LSTM's forget gate is 1.
            assert 0.8 < np.abs(drawn).max() * size**0.5 <= 1
            assert abs(drawn.mean()) * size**0.5 < 0.5
    kernel, recurrent_kernel = recurrent.get_weights()[:2]
    assert not np.array_equal(kernel, recurrent_kernel)


def test_channels_of_segrnn_share_their_weights():
    model = models.SegRNN(**SIZES, segment=6, units=8, channel_embedding=False)
    x, _ = example()
    swapped = model.predict_on_batch(x[..., ::-1].copy())[..., ::-1]
    np.testing.assert_allclose(swapped, model.predict_on_batch(x), atol=1e-5)


def test_a_decoder_starts_from_what_both_directions_end_with():
    model = models.Seq2SeqForecaster(**SIZES, units=6, bidirectional=True, dropout=0.0)
    bridge = model.get_layer("bridge_1")
    ended = keras.Model(model.input, bridge.input)
    x, _ = example()
    both = model.get_layer("gru_1")
    states = [layer(x - x[:, -1:])[:, -1] for layer in (both.forward_layer, both.backward_layer)]
    np.testing.assert_allclose(ended(x), np.concatenate(states, axis=-1), atol=1e-5)


def test_loss_of_a_decoder_is_that_with_the_truth_shown():
    model = models.Seq2SeqForecaster(**SIZES, units=6, dropout=0.0)
    x, y = example()
    with model.get_layer("decoder").reading(y):
        told = np.asarray(model(x))
    expected = np.mean(np.square(told - y))
    loss = float(model.compute_loss(x, y, model(x), training=True))
    assert loss == pytest.approx(expected, rel=1e-5)
    alone = float(model.compute_loss(x, y, model(x), training=False))
    assert alone == pytest.approx(np.mean(np.square(model.predict_on_batch(x) - y)), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lstm", {"normalization": "last", "num_covariates": 1}),
        ("segrnn", {"distribution": "gaussian"}),
        ("seq2seq", {}),
        ("seq2seq", {"distribution": "quantiles", "num_covariates": 1}),
    ],
)
def test_half_precision_keeps_the_level_of_a_series(name, options):
    """A level that half precision does not know, and a wave that is lost if it is added early."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = BUILDERS[name](dropout=0.0, **options)
    finally:
        keras.config.set_dtype_policy(policy)
    x, y = example()
    given = {"history": x + 1e5, "covariates": np.zeros((8, 36, 1), "float32")}
    given = given if "num_covariates" in options else given["history"]
    found = model(given)
    assert found.dtype == "float32"
    level = np.asarray(found)[..., 0] if "distribution" in options else np.asarray(found)
    assert np.abs(level - (x[:, -1:] + 1e5)).max() < 10
    assert np.abs(np.diff(level, axis=1)).max() > 1e-3
    assert float(model.compute_loss(given, y + 1e5, found, training=True)) < 50


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_examples_of_weight_0_do_not_count(loss):
    model = BUILDERS["lstm"](loss=loss)
    x, y = example()
    weight = np.repeat([[1.0], [0.0]], 4, axis=0) * np.ones((1, 12))
    found = model.evaluate(x, y, sample_weight=weight, verbose=0)
    assert found == pytest.approx(model.evaluate(x[:4], y[:4], verbose=0), rel=1e-5)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: models.SegRNN(25, 12, 3, segment=6), "must be multiples of `segment`"),
        (lambda: models.SegRNN(24, 12, 3, segment=6, units=7), "`units` must be even"),
        (lambda: models.Forecaster(24, 12, 3, loss="huber"), "`loss` must be 'mse' or 'mae'"),
        (
            lambda: models.Forecaster(24, 12, 3, normalization=None),
            "`normalization` must be one of 'none', 'last', 'reversible'. Received: None",
        ),
        (
            lambda: models.Seq2SeqForecaster(24, 12, 3, distribution="quantiles", levels=(0.1, 1)),
            "`levels` must rise between 0 and 1, with 0.5 among them",
        ),
        (lambda: models.Forecaster(24, 12, 3, distribution="beta"), "`distribution` must be None"),
        (lambda: models.Forecaster(24, 12, 3, cell="rnn"), "`cell` must be one of"),
    ],
)
def test_bad_arguments_are_named(build, said):
    with pytest.raises(ValueError, match=said):
        build()


FIT = """
import sys, keras, numpy as np, zoo.models as models
sizes = {"lookback": 24, "horizon": 12, "num_channels": 3, "num_covariates": 2}
rng = np.random.default_rng(0)
x = {"history": rng.normal(size=(8, 24, 3)), "covariates": rng.normal(size=(8, 36, 2))}
x = {name: values.astype("float32") for name, values in x.items()}
y = rng.normal(size=(8, 12, 3)).astype("float32")
for number, (builder, options) in enumerate([
    (models.Forecaster, {"units": (6, 5), "normalization": "reversible"}),
    (models.SegRNN, {"segment": 6, "units": 8, "distribution": "quantiles"}),
    (models.Seq2SeqForecaster, {"units": 6, "cell": "lstm", "distribution": "student_t"}),
]):
    model = builder(**sizes, **options)
    weight = np.ones(y.shape[:2])
    fitted = model.fit(x, y, sample_weight=weight, epochs=2, batch_size=4, verbose=0)
    assert np.isfinite(fitted.history["loss"]).all(), builder
    path = f"{sys.argv[1]}/{number}.keras"
    model.save(path)
    again = keras.models.load_model(path)
    found, expected = again.predict_on_batch(x), model.predict_on_batch(x)
    assert np.abs(found - expected).max() < 1e-5, builder
"""


@pytest.mark.parametrize("backend_process", ["jax", "torch"], indirect=True)
def test_fits_and_comes_back_on_other_backends(backend_process, tmp_path):
    backend_process.run(FIT, tmp_path)


RELOAD = """
import sys, keras, numpy as np, zoo.models
for path in sys.argv[1:]:
    model = keras.models.load_model(path + ".keras")
    found = model.predict_on_batch(np.load(path + ".x.npy"))
    assert np.abs(found - np.load(path + ".y.npy")).max() < 1e-5, path
    print(path)
"""


def test_all_reload_in_a_fresh_process(tmp_path):
    x, _ = example()
    paths = []
    for name, build in BUILDERS.items():
        paths.append(str(tmp_path / name))
        model = build()
        model.save(paths[-1] + ".keras")
        np.save(paths[-1] + ".x.npy", x)
        np.save(paths[-1] + ".y.npy", model.predict_on_batch(x))
    command = [sys.executable, "-c", RELOAD, *paths]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.stdout.splitlines() == paths, found.stderr
