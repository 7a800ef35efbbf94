"""Metrics of forecasts: against loops over windows, SciPy's distributions, and sums by hand."""

import dataclasses
import json

import numpy as np
import pytest
from scipy import stats

from zoo.metrics import forecast_errors, forecasting, pieces, simple_forecasters


@dataclasses.dataclass
class Windows:
    series: np.ndarray
    starts: np.ndarray
    lookback: int = 10
    horizon: int = 7
    channels: tuple = ("load", "oil", "wind")
    period: int | None = 4
    mean: np.ndarray = dataclasses.field(default_factory=lambda: np.array([5.0, -1.0, 0.0]))
    scale: np.ndarray = dataclasses.field(default_factory=lambda: np.array([2.0, 0.5, 3.0]))


def made_up(steps=160, seed=0, dtype="float64"):
    """Seasons, a walk and noise."""
    draw = np.random.default_rng(seed)
    season = np.sin(np.arange(steps)[:, np.newaxis] * np.pi / 2 + np.arange(3))
    walk = 0.3 * draw.normal(size=(steps, 3)).cumsum(axis=0)
    return (season + walk + 0.2 * draw.normal(size=(steps, 3))).astype(dtype)


SERIES = made_up()
TRAIN = Windows(SERIES, np.arange(80))
DEV = Windows(SERIES, np.arange(85, 105))
GOLD = Windows(SERIES, np.array([143, 110, 120, 121, 137]))
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)


def targets(windows):
    """What came, by the book."""
    return np.stack(
        [
            windows.series[start + windows.lookback : start + windows.lookback + windows.horizon]
            for start in windows.starts
        ]
    )


def histories(windows):
    return np.stack([windows.series[start : start + windows.lookback] for start in windows.starts])


def forecasts(windows, seed=1):
    true = targets(windows)
    return true + np.random.default_rng(seed).normal(size=true.shape)


def probabilistic(windows, levels=LEVELS, **more):
    forecast = forecasts(windows)
    quantiles = forecast[..., np.newaxis] + 0.9 * stats.norm.ppf(levels)
    return {"quantiles": quantiles, "levels": np.array(levels, "float32"), **more}


@pytest.fixture(params=[1, 200, 2**22])
def any_chunk(request, monkeypatch):
    """Whatever is counted in chunks must come out the same in small ones."""
    monkeypatch.setattr(pieces, "CHUNK", request.param)


def test_report_by_hand():
    series = np.array([[0.0, 2], [1, 2], [2, 4], [3, 0]])
    gold = Windows(series, np.array([0, 1]), 1, 2, ("a", "b"), None, np.zeros(2), np.ones(2))
    # What came: (1, 2), (2, 4) and (2, 4), (3, 0).
    forecast = np.array([[[1, 1], [4, 4]], [[2, 4], [2, 2]]], "float32")
    found = forecasting.report(gold, forecast, error=np.array([1.0, 0.0]))
    assert (found["windows"], found["lookback"], found["horizon"]) == (2, 1, 2)
    assert (found["mse"], found["mae"]) == ((1 + 4 + 1 + 4) / 8, (1 + 2 + 1 + 2) / 8)
    assert found["mse_by_step"] == [1 / 4, 9 / 4]
    shares = {"a": (2 * 2 / 6 + 2 * 1 / 5) / 4, "b": (2 * 1 / 3 + 2 * 2 / 2) / 4}
    assert found["smape"] == pytest.approx((shares["a"] + shares["b"]) / 2)
    assert found["mase"] == 3 / 4  # The other channel does not vary in training.
    assert found["per_channel"]["a"] == pytest.approx(
        {"mse": 5 / 4, "mae": 3 / 4, "smape": shares["a"], "mase": 3 / 4}
    )
    assert found["per_channel"]["b"]["mase"] is None
    assert forecasting.report(gold, forecast, error=np.zeros(2))["mase"] is None


def test_report_by_loops(any_chunk):
    forecast = forecasts(GOLD)
    error = forecast_errors.naive_error(SERIES[:97], 4)
    found = forecasting.report(GOLD, forecast, error)
    squares, by_step, by_channel = [], [[] for _ in range(7)], [[] for _ in range(3)]
    absolute, symmetric, scaled = [], [], []
    for window, start in enumerate(GOLD.starts):
        for step in range(7):
            for channel in range(3):
                came = SERIES[start + 10 + step, channel]
                said = forecast[window, step, channel]
                squares.append((came - said) ** 2)
                by_step[step].append(squares[-1])
                by_channel[channel].append(squares[-1])
                absolute.append(abs(came - said))
                scaled.append(abs(came - said) / error[channel])
                came, said = (GOLD.mean[channel] + GOLD.scale[channel] * x for x in (came, said))
                symmetric.append(2 * abs(came - said) / (abs(came) + abs(said)))
    expected = {"mse": squares, "mae": absolute, "smape": symmetric, "mase": scaled}
    for name, each in expected.items():
        assert found[name] == pytest.approx(np.mean(each)), name
    assert found["mse_by_step"] == pytest.approx(np.mean(by_step, axis=1), abs=1e-6)
    per_channel = [found["per_channel"][name]["mse"] for name in GOLD.channels]
    assert per_channel == pytest.approx(np.mean(by_channel, axis=1))
    true = targets(GOLD)
    assert forecast_errors.mse(true, forecast) == pytest.approx(found["mse"])
    assert forecast_errors.mae(true, forecast) == pytest.approx(found["mae"])
    assert forecast_errors.mase(true, forecast, error) == pytest.approx(found["mase"])
    original = (each * GOLD.scale + GOLD.mean for each in (true, forecast))
    assert forecast_errors.smape(*original) == pytest.approx(found["smape"])


def test_quantiles_by_loops(any_chunk):
    predicted = probabilistic(GOLD)
    found = forecasting.report(GOLD, predicted, np.ones(3))
    true, quantiles = targets(GOLD), predicted["quantiles"]
    losses, by_step = [], np.zeros(7)
    for place, level in enumerate(LEVELS):
        losses.append([])
        for at, came in np.ndenumerate(true):
            above = came - quantiles[(*at, place)]
            losses[-1].append(level * above if above > 0 else (level - 1) * above)
            by_step[at[1]] += 2 * losses[-1][-1] / (len(LEVELS) * true.size / 7)
    assert found["levels"] == list(LEVELS)
    assert found["pinball"] == pytest.approx(np.mean(losses, axis=1))
    assert found["crps"] == pytest.approx(2 * np.mean(losses))
    assert found["crps_by_step"] == pytest.approx(by_step, abs=1e-6)
    assert forecast_errors.crps(true, quantiles, LEVELS) == pytest.approx(found["crps"])
    by_channel = [found["per_channel"][name]["crps"] for name in GOLD.channels]
    expected = forecast_errors.crps(true, quantiles, LEVELS, axis=(0, -2))
    assert by_channel == pytest.approx(expected)
    assert [each["share"] for each in found["intervals"]] == [0.8, 0.5]
    for interval, (low, high) in zip(found["intervals"], ((0, 4), (1, 3)), strict=True):
        low, high = quantiles[..., low], quantiles[..., high]
        inside = [a <= x <= b for a, x, b in zip(low.flat, true.flat, high.flat, strict=True)]
        assert interval["coverage"] == pytest.approx(np.mean(inside))
        assert 0.2 < interval["coverage"] < 0.95
        assert interval["width"] == pytest.approx(np.mean(high - low))
        by_step = np.reshape(inside, true.shape).mean(axis=(0, 2))
        assert interval["coverage_by_step"] == pytest.approx(by_step, abs=1e-6)


def test_the_forecast_is_the_median_or_what_is_given():
    predicted = probabilistic(GOLD)
    median = forecasting.report(GOLD, predicted, np.ones(3))
    assert median["mse"] == pytest.approx(forecast_errors.mse(targets(GOLD), forecasts(GOLD)))
    given = forecasting.report(GOLD, {**predicted, "forecast": targets(GOLD)}, np.ones(3))
    assert (given["mse"], given["crps"]) == (0, median["crps"])


def test_seasonal_naive_is_one_in_its_own_measure():
    """One season ahead, over all of training, the scaled error of the seasonal naive is 1."""
    windows = Windows(SERIES, np.arange(0, 153, 4), lookback=4, horizon=4)
    error = forecast_errors.naive_error(SERIES, 4)
    forecast = simple_forecasters.SeasonalNaive(4, 4).predict(windows)
    assert forecast_errors.mase(targets(windows), forecast, error) == pytest.approx(1)


def test_the_score_of_a_number_is_its_absolute_error():
    true, forecast = targets(GOLD), forecasts(GOLD)
    quantiles = np.repeat(forecast[..., np.newaxis], 5, axis=-1)
    found = forecast_errors.crps(true, quantiles, LEVELS)
    assert found == pytest.approx(forecast_errors.mae(true, forecast))


def test_evaluate_has_baselines_beside():
    found = forecasting.evaluate(GOLD, forecasts(GOLD), TRAIN)
    assert json.loads(json.dumps(found)) == found
    assert (found["windows"], found["train_windows"]) == (5, 80)
    error = forecast_errors.naive_error(
        SERIES[:96], 4
    )  # Training ends with the last window's targets.
    for row, model in zip(found["baselines"], simple_forecasters.baselines(TRAIN), strict=True):
        expected = forecasting.report(GOLD, model.predict(GOLD), error)
        assert row["name"] == model.name and row["seconds"] >= 0
        for name in ("mse", "mae", "smape", "mase", "mse_by_step"):
            assert row[name] == pytest.approx(expected[name]), (model.name, name)
        assert "crps" not in row
    assert found["baseline"] == {"name": "NLinear", **expected}
    assert set(found) - set(found["baseline"]) == {"baseline", "baselines", "train_windows"}


def test_evaluate_gives_baselines_the_levels_of_the_model():
    predicted = probabilistic(GOLD, levels=(0.05, 0.5, 0.95))
    found = forecasting.evaluate(GOLD, predicted, TRAIN)
    assert json.loads(json.dumps(found)) == found
    assert found["baseline"]["levels"] == found["levels"] == [0.05, 0.5, 0.95]
    assert [each["share"] for each in found["baseline"]["intervals"]] == [0.9]
    for row, model in zip(
        found["baselines"], simple_forecasters.baselines(TRAIN, intervals=True), strict=True
    ):
        quantiles = model.at((0.05, 0.5, 0.95)).predict(GOLD)["quantiles"]
        expected = forecast_errors.crps(targets(GOLD), quantiles, (0.05, 0.5, 0.95))
        assert row["crps"] == pytest.approx(expected)
        assert len(row["crps_by_step"]) == 7
    plain = forecasting.evaluate(GOLD, forecasts(GOLD), TRAIN)
    for row, other in zip(found["baselines"], plain["baselines"], strict=True):
        assert row["mse"] == pytest.approx(other["mse"])


def test_baselines_that_were_fitted_are_used():
    fitted = simple_forecasters.baselines(TRAIN, DEV, intervals=True)
    other = dataclasses.replace(TRAIN, series=SERIES[::-1])
    for predicted in (forecasts(GOLD), probabilistic(GOLD)):
        found = forecasting.evaluate(GOLD, predicted, other, fitted)
        expected = forecasting.evaluate(GOLD, predicted, TRAIN, fitted)
        assert found["baseline"]["mse"] == expected["baseline"]["mse"]
        assert found["mase"] != expected["mase"]
        assert ("crps" in found["baseline"]) == isinstance(predicted, dict)
    point = simple_forecasters.baselines(TRAIN, DEV)  # They have no quantiles to give.
    found = forecasting.evaluate(GOLD, probabilistic(GOLD), TRAIN, point)
    assert "crps" not in found["baseline"]
    assert len(forecasting.tables({**found, "split": "dev"})[3][2][0]) == 5


def test_mase_is_scaled_by_training_alone():
    later = SERIES.copy()
    later[97:] *= 100
    far = dataclasses.replace(TRAIN, series=later)
    expected = forecasting.evaluate(GOLD, forecasts(GOLD), TRAIN)
    assert forecasting.evaluate(GOLD, forecasts(GOLD), far)["mase"] == expected["mase"]


@pytest.mark.parametrize("stride, batch_size", [(1, 256), (1, 7), (5, 3), (150, 2)])
def test_backtest_by_a_loop(stride, batch_size):
    model = simple_forecasters.NLinear(TRAIN)
    sizes = []

    def predict(batch):
        sizes.append(len(batch))
        return model.forecast(batch)

    found = forecasting.backtest(predict, SERIES, 10, 7, stride, batch_size)
    origins = list(range(10, 154, stride))
    assert found.origins.tolist() == origins
    assert max(sizes) <= batch_size and sum(sizes) == len(origins)
    for origin, forecast, true in zip(*found, strict=True):
        history = SERIES[np.newaxis, origin - 10 : origin]
        np.testing.assert_allclose(forecast, model.forecast(history)[0], atol=1e-9)
        np.testing.assert_array_equal(true, SERIES[origin : origin + 7])
    with pytest.raises(ValueError, match="read-only"):
        found.true[0] = 0


def test_backtest_of_quantiles():
    model = simple_forecasters.baselines(TRAIN, intervals=True)[0]
    found = forecasting.backtest(model.forecast, SERIES, 10, 7, batch_size=50)
    assert found.forecast["quantiles"].shape == (144, 7, 3, 7)
    assert found.forecast["levels"] == simple_forecasters.LEVELS
    windows = Windows(SERIES, np.arange(144))
    np.testing.assert_allclose(found.forecast["quantiles"], model.predict(windows)["quantiles"])


def test_what_cannot_be_tested_backwards_says_so():
    with pytest.raises(ValueError, match=r"10 \+ 7 steps or more.*Received: \(16, 3\)"):
        forecasting.backtest(lambda x: x, SERIES[:16], 10, 7)
    with pytest.raises(ValueError, match=r"\(time, channels\).*Received: \(160,\)"):
        forecasting.backtest(lambda x: x, SERIES[:, 0], 10, 7)
    with pytest.raises(ValueError, match=r"must give \(144, 7, 3\).*Received: forecast \(144, 10"):
        forecasting.backtest(lambda x: x, SERIES, 10, 7)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"levels": [0.1, 0.5, 0.25, 0.75, 0.9]}, "Levels must be increasing"),
        ({"levels": [0.0, 0.25, 0.5, 0.75, 0.9]}, "between 0 and 1"),
        ({"levels": [0.1, 0.5, 0.9]}, r"shape \(5, 7, 3, 3\).*Received: \(5, 7, 3, 5\)"),
        ({"levels": [0.1, 0.2, 0.3, 0.4, 0.6]}, "need the median"),
        ({"forecast": np.zeros((5, 7))}, r"shape \(5, 7, 3\).*Received: \(5, 7\)"),
    ],
)
def test_quantiles_that_do_not_fit_say_so(changes, message):
    with pytest.raises(ValueError, match=message):
        forecasting.report(GOLD, {**probabilistic(GOLD), **changes}, np.ones(3))


def test_what_cannot_be_measured_says_so():
    with pytest.raises(ValueError, match=r"shape \(5, 7, 3\).*Received: \(4, 7, 3\)"):
        forecasting.evaluate(GOLD, forecasts(GOLD)[:4], TRAIN)
    broken = forecasts(GOLD)
    broken[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match="must be finite"):
        forecasting.report(GOLD, broken, np.ones(3))
    predicted = probabilistic(GOLD, forecast=targets(GOLD))
    predicted["quantiles"][0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="must be finite"):
        forecasting.report(GOLD, predicted, np.ones(3))
    for starts in ([-1, 0], [100, 144], []):
        windows = dataclasses.replace(GOLD, starts=np.array(starts, int))
        with pytest.raises(ValueError, match="all within a series of 160"):
            forecasting.report(windows, np.zeros((len(starts), 7, 3)), np.ones(3))
        with pytest.raises(ValueError, match="all within a series of 160"):
            simple_forecasters.RepeatLast(7).predict(windows)


def test_tables_show_the_model_beside_the_baselines():
    predicted = probabilistic(GOLD)
    found = {**forecasting.evaluate(GOLD, predicted, TRAIN), "split": "test"}
    scores, by_step, per_channel, intervals = forecasting.tables(found)
    assert scores[0] == "test: 5 windows, 10 steps to forecast 7"
    assert scores[1] == ["", "model", "NLinear", "repeat last", "seasonal naive"]
    rows = {row[0]: row[1:] for row in scores[2]}
    assert list(rows) == ["MSE", "MAE", "MASE", "sMAPE, %", "CRPS"]
    assert rows["MSE"][0] == f"{found['mse']:.4f}"
    assert rows["MSE"][1] == f"{found['baseline']['mse']:.4f}"
    assert rows["sMAPE, %"][0] == f"{100 * found['smape']:.2f}"
    assert [row[0] for row in by_step[2]] == ["1", "3", "4", "5", "7"]
    assert by_step[2][-1][1] == f"{found['mse_by_step'][-1]:.4f}"
    assert [row[0] for row in per_channel[2]] == ["load", "oil", "wind"]
    assert [row[0] for row in intervals[2]] == ["80", "50"]
    assert intervals[2][0][1] == f"{100 * found['intervals'][0]['coverage']:.2f}"
    for _, columns, rows in (scores, by_step, per_channel, intervals):
        assert all(len(row) == len(columns) for row in rows)
        assert all(isinstance(cell, str) for row in rows for cell in row)
    plain = {**forecasting.evaluate(GOLD, forecasts(GOLD), TRAIN), "split": "test"}
    assert [title for title, *_ in forecasting.tables(plain)][1:] == ["MSE by step", "per channel"]
