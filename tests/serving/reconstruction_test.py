"""Serving autoencoders: original units in, original units out, the same as the Keras model."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from zoo import models
from zoo.data import reconstruction
from zoo.data.anomalies import MarkedSeries
from zoo.serving import reconstruction as serving
from zoo.serving.saved_model import load
from zoo.serving.saved_model import reconstruction as saving

PARTS = {"train": (0, 80), "dev": (80, 110), "test": (110, 160)}


@pytest.fixture(scope="module", params=[{}, {"variational": True, "decoder": "autoregressive"}])
def exported(request, tmp_path_factory):
    values = np.random.default_rng(0).normal(size=160).cumsum() * 20 + 900
    series = MarkedSeries("made up", np.arange(160) * 300, values, np.array([[130, 140]]))
    data = reconstruction.cut(series, PARTS, length=12)
    model = models.SequenceAutoencoder(1, cell="gru", units=6, latent_dim=3, **request.param)
    directory = tmp_path_factory.mktemp("autoencoder") / "model"
    told = saving.export(model, data, directory)
    assert told["channels"] == ["value"] and told["length"] == 12
    return values, data, model, told["usual"], directory


def test_answers_are_the_models_in_original_units(exported):
    _, data, model, usual, directory = exported
    windows = data.splits["test"]
    said = data.predict(model, windows)
    original = windows.in_original_units(windows.arrays()).astype("float32")
    saved = load(directory)
    out = saved.signatures["serving_default"](window=tf.constant(original))
    scale = windows.scale[0]
    reconstructed = out["reconstruction"].numpy()
    np.testing.assert_allclose(reconstructed, windows.in_original_units(said), atol=0.01 * scale)
    expected = np.abs(said - windows.arrays())[..., 0] / usual
    np.testing.assert_allclose(out["score"].numpy(), expected, atol=0.02)
    codes = serving.encode(saved, original)
    assert codes.shape == (len(windows), 3)
    np.testing.assert_allclose(codes, data.encode(model, windows), atol=0.01)


def test_usual_is_the_error_on_dev(exported):
    values, *_, directory = exported
    saved = load(directory)
    windows = np.stack([values[first : first + 12, None] for first in range(80, 99)])
    scores = np.stack([each.score for each in serving.predict(saved, windows)])
    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(1, abs=0.02)


def test_a_long_series_has_the_mean_of_its_windows(exported):
    values, *_, directory = exported
    saved = load(directory)
    found = serving.predict(saved, values[:20, None], batch_size=4)
    every = serving.predict(saved, np.stack([values[i : i + 12, None] for i in range(9)]))
    for step in range(20):
        held = [(each, step - i) for i, each in enumerate(every) if i <= step < i + 12]
        mean = np.mean([each.values[place] for each, place in held], axis=0)
        np.testing.assert_allclose(found.values[step], mean, rtol=1e-5)
        square = np.mean([each.score[place] ** 2 for each, place in held])
        assert found.score[step] == pytest.approx(np.sqrt(square), rel=1e-4)


def test_bare_tensorflow_loads_it(exported):
    *_, directory = exported
    script = (
        "import sys, tensorflow as tf\n"
        "saved = tf.saved_model.load(sys.argv[1])\n"
        "window = tf.zeros((2, 12, 1))\n"
        "out = saved.signatures['serving_default'](window=window)\n"
        "assert out['reconstruction'].shape == (2, 12, 1) and out['score'].shape == (2, 12)\n"
        "assert saved.signatures['latent'](window=window)['latent'].shape == (2, 3)\n"
        "assert 'zoo' not in sys.modules\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, directory], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr


def test_weights_are_kept_once(exported):
    _, _, model, _, directory = exported
    names = tf.train.list_variables(str(directory / "variables" / "variables"))
    sizes = [int(np.prod(shape)) for name, shape in names if "VARIABLE_VALUE" in name]
    assert sum(sizes) <= model.count_params() + 20


def test_bad_input_is_named(exported):
    values, *_, directory = exported
    saved = load(directory)
    with pytest.raises(ValueError, match=r"\(steps, 1\) with at least 12 steps"):
        serving.predict(saved, values[:5, None])
    with pytest.raises(ValueError, match=r"Received: \(160,\)"):
        serving.predict(saved, values)
    with pytest.raises(ValueError, match="must be numbers"):
        serving.predict(saved, [["a"]] * 12)
    for wrong in (values[:12, None], values[None, :13, None]):
        with pytest.raises(ValueError, match=r"Windows must be of shape \(batch, 12, 1\)"):
            serving.encode(saved, wrong)
    broken = values[:20, None].copy()
    broken[7] = np.nan
    with pytest.raises(ValueError, match="nan at step 7, column 0"):
        serving.predict(saved, broken)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be finite"):
        saved.signatures["serving_default"](window=tf.constant(broken[None, :12], tf.float32))
