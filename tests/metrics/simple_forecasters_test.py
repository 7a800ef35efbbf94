"""Simple forecasters: against loops over windows, and a solver that sees all rows at once."""

import dataclasses

import numpy as np
import pytest

from zoo.data.windows import Windows
from zoo.metrics import forecast_errors, forecasting, pieces, simple_forecasters


def made_up(steps=160, seed=0):
    """Seasons, a walk and noise."""
    draw = np.random.default_rng(seed)
    season = np.sin(np.arange(steps)[:, np.newaxis] * np.pi / 2 + np.arange(3))
    walk = 0.3 * draw.normal(size=(steps, 3)).cumsum(axis=0)
    return season + walk + 0.2 * draw.normal(size=(steps, 3))


SERIES = made_up()
TRAIN = Windows(SERIES, np.arange(80), 10, 7, ("load", "oil", "wind"), 4, np.zeros(3), np.ones(3))
DEV = dataclasses.replace(TRAIN, starts=np.arange(85, 105))
GOLD = dataclasses.replace(TRAIN, starts=np.array([143, 110, 120, 121, 137]))
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)


def histories(windows):
    return windows.arrays(windows.starts)[0]


def targets(windows):
    return windows.arrays(windows.starts)[1]


@pytest.fixture(params=[1, 200, 2**22])
def any_chunk(request, monkeypatch):
    """Whatever is counted in chunks must come out the same in small ones."""
    monkeypatch.setattr(pieces, "CHUNK", request.param)


def test_naive_baselines_by_loops(any_chunk):
    last = simple_forecasters.RepeatLast(7).predict(GOLD)
    season = simple_forecasters.SeasonalNaive(7, 4).predict(GOLD)
    assert last.shape == season.shape == (5, 7, 3)
    for window, history in enumerate(histories(GOLD)):
        for step in range(7):
            np.testing.assert_array_equal(last[window, step], history[-1])
            np.testing.assert_array_equal(season[window, step], history[-4 + step % 4])


def least_squares(windows, starts, ridge=0.0):
    """`NLinear` by a solver that sees all rows at once: the ridge is more rows, of zeros."""
    x, y = [], []
    for start in starts:
        for channel in range(3):
            piece = windows.series[start : start + 17, channel]
            x.append(np.append(piece[:9] - piece[9], 1.0))
            y.append(piece[10:] - piece[9])
    x, y = np.array(x), np.array(y)
    if ridge:
        values = np.linalg.eigvalsh(np.cov(x[:, :9].T, bias=True))
        penalty = np.sqrt(ridge * values.mean() * len(x)) * np.eye(10)[:9]
        x, y = np.vstack([x, penalty]), np.vstack([y, np.zeros((9, 7))])
    return np.linalg.lstsq(x, y, rcond=None)[0]


@pytest.mark.parametrize("ridge", [1e-12, 0.01, 1.0])
def test_nlinear_is_least_squares(ridge, any_chunk):
    model = simple_forecasters.NLinear(TRAIN, DEV, ridges=(ridge,))
    expected = least_squares(TRAIN, TRAIN.starts, ridge if ridge > 1e-9 else 0.0)
    np.testing.assert_allclose(model.weights, expected[:9], atol=1e-7)
    np.testing.assert_allclose(model.bias, expected[9], atol=1e-7)
    found = model.predict(GOLD)
    for window, history in enumerate(histories(GOLD)):
        changes = np.append(history[:9] - history[9], np.ones((1, 3)), axis=0).T @ expected
        np.testing.assert_allclose(found[window], changes.T + history[9], atol=1e-6)


def test_ridge_is_the_best_on_dev():
    ridges = (1e-6, 1e-3, 0.03, 0.3, 3.0, 1e3)
    model = simple_forecasters.NLinear(TRAIN, DEV, ridges)
    errors = [
        forecast_errors.mse(
            targets(DEV), simple_forecasters.NLinear(TRAIN, DEV, (ridge,)).predict(DEV)
        )
        for ridge in ridges
    ]
    assert model.ridge == ridges[np.argmin(errors)]
    assert 0 < np.argmin(errors) < len(ridges) - 1  # Else there was nothing to choose.


def test_without_dev_the_end_of_training_chooses_and_is_fitted_to():
    ridges = np.geomspace(1e-4, 10, 300).tolist()  # So many that other windows choose another.
    first, last = (
        dataclasses.replace(TRAIN, starts=starts) for starts in np.split(TRAIN.starts, [64])
    )
    model = simple_forecasters.NLinear(TRAIN, ridges=ridges)
    assert model.ridge == simple_forecasters.NLinear(first, last, ridges).ridge
    expected = least_squares(TRAIN, TRAIN.starts, model.ridge)
    np.testing.assert_allclose(model.weights, expected[:9], atol=1e-7)


def test_nlinear_of_a_line_a_constant_and_a_single_step():
    line = np.arange(40.0)[:, np.newaxis]
    data = Windows(line, np.arange(20), 4, 3, ("line",), None, np.zeros(1), np.ones(1))
    found = simple_forecasters.NLinear(data).predict(data)
    np.testing.assert_allclose(found, targets(data), atol=1e-6)
    constant = dataclasses.replace(data, series=np.ones((40, 1)))
    assert (simple_forecasters.NLinear(constant).predict(constant) == 1).all()
    short = dataclasses.replace(data, lookback=1)
    np.testing.assert_allclose(simple_forecasters.NLinear(short).predict(short), targets(short))


def test_float32_stays_and_changes_little():
    series = SERIES.astype("float32")
    train, gold = (dataclasses.replace(each, series=series) for each in (TRAIN, GOLD))
    for single, double in zip(
        simple_forecasters.baselines(train, intervals=True),
        simple_forecasters.baselines(TRAIN, intervals=True),
        strict=True,
    ):
        found, expected = single.predict(gold), double.predict(GOLD)
        assert found["forecast"].dtype == found["quantiles"].dtype == "float32"
        for name in ("forecast", "quantiles"):
            np.testing.assert_allclose(found[name], expected[name], atol=1e-4)


def test_intervals_are_quantiles_of_errors(any_chunk):
    point = simple_forecasters.SeasonalNaive(7, 4)
    model = simple_forecasters.Interval(point, TRAIN, LEVELS)
    assert model.name == "seasonal naive"
    found = model.predict(GOLD)
    errors = targets(TRAIN) - point.predict(TRAIN)
    expected = np.moveaxis(np.quantile(errors, LEVELS, axis=0), 0, -1)  # (steps, channels, levels)
    np.testing.assert_array_equal(found["forecast"], point.predict(GOLD))
    np.testing.assert_allclose(
        found["quantiles"], found["forecast"][..., np.newaxis] + expected, atol=1e-5
    )
    assert found["levels"] == LEVELS


def test_intervals_cover_what_they_promise_where_they_were_made():
    for model in simple_forecasters.baselines(TRAIN, intervals=True):
        found = forecasting.report(TRAIN, model.at((0.1, 0.5, 0.9)).predict(TRAIN), np.ones(3))
        assert found["intervals"][0]["coverage"] == pytest.approx(0.8, abs=0.03)


def test_intervals_at_other_levels():
    model = simple_forecasters.Interval(simple_forecasters.RepeatLast(7), TRAIN)
    other = model.at((0.001, 0.3333, 0.999))
    assert model.levels == simple_forecasters.LEVELS
    errors = targets(TRAIN) - simple_forecasters.RepeatLast(7).predict(TRAIN)
    found = (other.predict(GOLD)["quantiles"] - other.predict(GOLD)["forecast"][..., None])[0]
    expected = np.quantile(errors, 0.3333, axis=0)
    np.testing.assert_allclose(found[..., 1], expected, atol=0.05)
    assert (found[..., 0] >= errors.min(axis=0) - 1e-5).all()
    assert (found[..., 2] <= errors.max(axis=0) + 1e-5).all()


def test_intervals_of_nlinear_are_of_dev():
    *_, model = simple_forecasters.baselines(TRAIN, DEV, intervals=True)
    errors = targets(DEV) - model.point.predict(DEV)
    found = model.at([0.5]).predict(GOLD)
    np.testing.assert_allclose(
        found["quantiles"][..., 0] - found["forecast"],
        np.tile(np.median(errors, axis=0), (5, 1, 1)),
        atol=1e-5,
    )


def test_baselines_are_those_that_make_sense():
    def names(**changes):
        return [
            each.name
            for each in simple_forecasters.baselines(dataclasses.replace(TRAIN, **changes))
        ]

    assert names() == ["repeat last", "seasonal naive", "NLinear"]
    for period in (None, 1, 11):  # The last one is longer than a history.
        assert names(period=period) == ["repeat last", "NLinear"]
    with pytest.raises(ValueError, match=r"whole season of 11 steps. Received: 10"):
        simple_forecasters.SeasonalNaive(7, 11).predict(GOLD)
    with pytest.raises(ValueError, match=r"must have 10 steps.*Received: 9"):
        simple_forecasters.NLinear(TRAIN).predict(dataclasses.replace(GOLD, lookback=9))
