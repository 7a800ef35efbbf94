"""Serving forecasters: original units in, original units out, the same as the Keras model."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import models
from zoo.data.forecasting import Series, cut
from zoo.serving import forecasting as serving
from zoo.serving.saved_model import forecasting as saving
from zoo.serving.saved_model import load


@pytest.fixture(scope="module", params=[None, "quantiles", "gaussian"])
def exported(request, tmp_path_factory):
    values = np.random.default_rng(0).normal(size=(120, 2)).cumsum(axis=0) * [1, 100] + [5, -900]
    series = Series(values, np.arange(120) * 3600, ("small", "large"))
    data = cut(series, [80, 100, 120], lookback=12, horizon=6)
    model = models.SegRNN(**data.sizes, segment=6, units=8, distribution=request.param)
    directory = tmp_path_factory.mktemp("forecaster") / "model"
    told = saving.export(model, data, directory)
    assert told == {"channels": ["small", "large"]}
    return values, data, model, load(directory)


def test_answers_are_the_models_in_original_units(exported):
    _, data, model, saved = exported
    windows = data.splits["test"]
    x, _ = windows.arrays(windows.starts)
    found = serving.predict(saved, windows.in_original_units(x))
    expected = data.predict(model, windows)
    if isinstance(expected, dict):
        middle = windows.in_original_units(expected["forecast"])
        assert list(found[0].quantiles) == list(expected["levels"])
        rows = np.stack([list(each.quantiles.values()) for each in found])
        assert (np.diff(rows, axis=1) > 0).all()
    else:
        middle = windows.in_original_units(expected)
        assert found[0].quantiles is None
    np.testing.assert_allclose(np.stack([each.values for each in found]), middle, rtol=2e-2, atol=1)


def test_of_one_series_the_last_steps_are_read(exported):
    values, _, _, saved = exported
    one = serving.predict(saved, values)
    (same,) = serving.predict(saved, values[None, -12:])
    np.testing.assert_array_equal(one.values, same.values)
    assert one.values.shape == (6, 2)


def test_constant_series_have_a_finite_answer(exported):
    *_, saved = exported
    assert np.isfinite(serving.predict(saved, np.full((12, 2), 3.0)).values).all()


def test_what_is_known_ahead_is_served(tmp_path):
    values = np.random.default_rng(0).normal(size=(120, 1)).cumsum(axis=0)
    series = Series(values, np.arange(120) * 3600, ("load",)).with_calendar()
    data = cut(series, [80, 100, 120], lookback=12, horizon=6)
    model = models.Forecaster(**data.sizes, units=8)
    told = saving.export(model, data, tmp_path / "model")
    assert told["covariates"] == list(series.features)
    saved = load(tmp_path / "model")
    windows = data.splits["test"]
    last = windows.starts[-1]
    one = serving.predict(saved, values[:114], covariates=series.known)
    expected = windows.in_original_units(data.predict(model, windows)[-1])
    np.testing.assert_allclose(one.values, expected, rtol=2e-2, atol=0.1)
    reach = np.arange(last, last + 18)
    (same,) = serving.predict(saved, values[None, 102:114], covariates=series.known[None, reach])
    np.testing.assert_array_equal(one.values, same.values)
    with pytest.raises(ValueError, match="needs history and covariates"):
        serving.predict(saved, values)
    with pytest.raises(ValueError, match="as many series as `history`"):
        serving.predict(saved, values, covariates=np.zeros((2, 18, 6)))


def test_bad_input_is_named(exported):
    values, _, _, saved = exported
    with pytest.raises(ValueError, match=r"must be of shape \(steps, 2\) with at least 12 steps"):
        serving.predict(saved, values[:5])
    with pytest.raises(ValueError, match=r"Received: \(120, 1\)"):
        serving.predict(saved, values[:, :1])
    with pytest.raises(ValueError, match="`history` must be numbers"):
        serving.predict(saved, [["a", "b"]] * 12)
    for bad in (np.nan, np.inf):
        broken = values.copy()
        broken[-3, 1] = bad
        with pytest.raises(ValueError, match=r"must be finite.*at step 9 of the 12.*column 1"):
            serving.predict(saved, broken)
        given = tf.constant(broken[None, -12:], tf.float32)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be finite"):
            saved.signatures["serving_default"](history=given)
