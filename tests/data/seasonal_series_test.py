"""What `seasonal_series` is for: the error that no forecast can beat is known."""

import numpy as np
import pytest
from scipy import stats

from zoo.data import sources

_CONFIGS = ("hourly", "heavy_tails", "many")
_HOURS = 17_520


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """The one example of each configuration, by name."""
    data_dir = tmp_path_factory.mktemp("data")
    found = {}
    for name in _CONFIGS:
        [found[name]] = sources.load(
            f"seasonal_series/{name}", "full", data_dir
        ).as_numpy_iterator()
    return found


@pytest.fixture(scope="module")
def noises(examples):
    """The difference of series and signal, in units of its declared deviation, by name."""
    return {
        name: (row["series"].astype(float) - row["signal"]) / np.sqrt(row["noise_variance"])
        for name, row in examples.items()
    }


@pytest.mark.parametrize(("name", "channels"), list(zip(_CONFIGS, (1, 1, 8), strict=True)))
def test_shapes_and_time(examples, name, channels):
    example = examples[name]
    assert example["series"].shape == example["signal"].shape == (_HOURS, channels)
    assert len(example["noise_variance"]) == len(example["channels"]) == channels
    times = example["timestamp"].astype("datetime64[s]")
    ends = np.array(["2001-01-01T00", "2002-12-31T23"], "datetime64[s]")
    assert times[[0, -1]].tolist() == ends.tolist()
    assert (np.diff(example["timestamp"]) == 3_600).all()


@pytest.mark.parametrize(("name", "kurtosis"), [("hourly", 3), ("heavy_tails", 9), ("many", 3)])
def test_squared_error_of_the_signal_is_the_declared_variance(noises, name, kurtosis):
    error = np.sqrt((kurtosis - 1) / _HOURS)  # of a sample's variance, where that is 1
    assert np.abs(np.mean(noises[name] ** 2, axis=0) - 1).max() < 4 * error
    assert np.abs(np.mean(noises[name], axis=0)).max() < 4 / np.sqrt(_HOURS)


@pytest.mark.parametrize(
    ("name", "expected"), [("hourly", 0.7979), ("heavy_tails", 0.7351), ("many", 0.7979)]
)
def test_absolute_error_of_the_signal_is_that_of_the_readme(noises, name, expected):
    assert np.abs(np.mean(np.abs(noises[name]), axis=0) - expected).max() < 4 / np.sqrt(_HOURS)


@pytest.mark.parametrize("name", _CONFIGS)
def test_noise_cannot_be_foretold(noises, name):
    noise = noises[name]
    bound = 4.5 / np.sqrt(_HOURS)
    for lag in (1, 2, 24, 168):
        assert np.abs(np.mean(noise[lag:] * noise[:-lag], axis=0)).max() < bound
    between = noise.T @ noise / _HOURS - np.diag(np.mean(noise**2, axis=0))
    assert np.abs(between).max() < bound


def test_tails(noises):
    scale = np.sqrt(5 / 3)  # of Student's t with 5 degrees of freedom
    assert stats.kstest(noises["hourly"][:, 0], "norm").pvalue > 0.01
    assert stats.kstest(noises["heavy_tails"][:, 0] * scale, "t", args=(5,)).pvalue > 0.01
    assert stats.kstest(noises["heavy_tails"][:, 0], "norm").pvalue < 1e-6
    for channel in noises["many"].T:
        assert stats.kstest(channel, "norm").pvalue > 0.001


@pytest.mark.parametrize("name", _CONFIGS)
def test_signal_is_trend_and_weeks_and_shifts_at_the_places_told(examples, name):
    """A week later the signal differs by the trend of a week, and by the shift between, if any."""
    signal, places = examples[name]["signal"].astype(float), examples[name]["level_shifts"]
    assert places.tolist() == [3_000, 7_000, 10_000, 13_000, 16_000]
    week = 168
    change = signal[week:] - signal[:-week]
    crossed = [(np.arange(len(change)) < p) & (np.arange(len(change)) >= p - week) for p in places]
    trend = change[~np.any(crossed, axis=0)]
    assert np.ptp(trend, axis=0).max() < 1e-4
    assert np.abs(trend.mean(0) * _HOURS / week).max() < 3
    for rows in crossed:
        shift = change[rows] - trend.mean(0)
        assert np.ptp(shift, axis=0).max() < 1e-4
        assert np.abs(shift).min() > 2 - 1e-4 and np.abs(shift).max() < 4 + 1e-4


def _forecast(example, known):
    """Least squares on the series, not the signal, before hour `known`, drawn on to the end."""
    hours = np.arange(_HOURS)[:, np.newaxis]
    angles = 2 * np.pi * hours * np.array([1, 2, 7, 14]) / 168
    shifts = hours >= example["level_shifts"][example["level_shifts"] < known]
    terms = [np.ones((_HOURS, 1)), hours / _HOURS, np.sin(angles), np.cos(angles), shifts]
    terms = np.hstack(terms)
    weights, *_ = np.linalg.lstsq(terms[:known], example["series"][:known].astype(float))
    return terms @ weights


@pytest.mark.parametrize("name", _CONFIGS)
def test_a_forecast_reaches_the_floor_where_no_shift_is_yet_to_come(examples, name):
    example = examples[name]
    targets = slice(13_500, 16_000)
    error, floor = (
        np.mean((example["series"].astype(float) - guess)[targets] ** 2, axis=0)
        for guess in (_forecast(example, 13_500), example["signal"])
    )
    ratio = error / floor
    assert ratio.min() > 0.99 and ratio.max() < 1.05


@pytest.mark.parametrize("name", _CONFIGS)
def test_a_shift_yet_to_come_costs_its_square(examples, name):
    example = examples[name]
    targets = slice(13_000, 16_000)
    error = np.mean((example["signal"] - _forecast(example, 12_999))[targets] ** 2, axis=0)
    after, before = (
        example["signal"][13_000:13_168].mean(0),
        example["signal"][12_832:13_000].mean(0),
    )
    np.testing.assert_allclose(error, (after - before) ** 2, rtol=0.2)


def test_seasons_are_worth_learning(examples):
    """Repeating the last week costs twice the variance of the noise, the last hour more."""
    example = examples["hourly"]
    series, variance = example["series"][:, 0].astype(float), example["noise_variance"][0]
    week, hour = (np.mean((series[lag:] - series[:-lag]) ** 2) for lag in (168, 1))
    day = np.mean((series[24:] - series[:-24]) ** 2)
    assert 1.9 < week / variance < 2.8
    assert day > week and hour > week
