"""Forecasts of a table of one's own."""

import numpy as np
import pandas as pd
import pytest

import zoo
from zoo import outlook


@pytest.fixture(scope="module")
def table():
    """Forty days of a wave of a day and of a walk; a sale is known ahead and lifts the wave."""
    rng = np.random.default_rng(0)
    hours = np.arange(40 * 24)
    sale = (rng.random(len(hours)) < 0.1).astype(float)
    wave = 10 + 3 * np.sin(2 * np.pi * hours / 24) + 2 * sale + rng.normal(size=len(hours)) / 5
    return pd.DataFrame(
        {
            "time": pd.date_range("2024-01-01", periods=len(hours), freq="h"),
            "load": wave,
            "walk": rng.normal(size=len(hours)).cumsum(),
            "sale": sale,
        }
    )


def test_says_what_comes_in_original_units(table, tmp_path):
    given = table.drop(columns="sale")
    given.loc[70:75, "walk"] = np.nan
    found = zoo.forecast(given, 12, epochs=4, output=tmp_path)
    assert found.report == {"steps": 960, "channels": 2, "missing": 6, "irregular": 0}
    assert found.chosen in ("SegRNN", "NLinear", "seasonal naive", "repeat last")
    assert found.found["dev"][found.chosen] == min(found.found["dev"].values())
    assert {each["name"] for each in found.found["baselines"]} <= set(found.found["dev"])
    frame = found.table()
    assert frame.shape == (12, 2 * (1 + len(found.levels)))
    assert frame.index[0] == pd.Timestamp("2024-02-10 00:00")
    assert frame["load"].between(5, 15).all()
    assert (frame["load 10 %"] < frame["load 90 %"]).all()
    (run,) = tmp_path.iterdir()
    trained = (run / "history.csv").stat().st_mtime_ns
    again = zoo.forecast(given, 12, epochs=4, output=tmp_path)
    np.testing.assert_array_equal(again.forecast, found.forecast)
    assert (run / "history.csv").stat().st_mtime_ns == trained


def test_another_table_is_another_run(table, tmp_path):
    gaps = table[["walk"]].where(np.random.default_rng(1).random((960, 1)) > 0.1)
    for given in (gaps, table[["walk"]] + 1):
        found = zoo.forecast(given, 8, epochs=1, output=tmp_path)
        assert found.table().index.tolist() == list(range(960, 968))
        check_what_is_counted(given["walk"], found)
    assert len(list(tmp_path.iterdir())) == 2


def check_what_is_counted(walk, found, horizon=8):
    """Of one channel: known values alone, and a gap is read as the value before it."""
    held = walk.ffill().to_numpy()
    np.testing.assert_array_equal(found.series.values[:, 0], held)
    walk, ends = walk.to_numpy(), (672, 768, 960)
    scale = held[: ends[0]].std()

    def windows(begin, end):
        return [(held[i - 1], walk[i : i + horizon]) for i in range(begin, end - horizon + 1)]

    errors = [(after - last) / scale for last, after in windows(*ends[:2])]
    np.testing.assert_allclose(found.found["dev"]["repeat last"], np.nanmean(np.square(errors)))
    whole = [
        (after - last) / scale for last, after in windows(*ends[1:]) if after.sum() == after.sum()
    ]
    (said,) = (each for each in found.found["baselines"] if each["name"] == "repeat last")
    np.testing.assert_allclose(said["mse"], np.mean(np.square(whole)), rtol=1e-5)
    assert found.found["windows"] == len(whole)


def test_what_is_known_ahead_is_used(table):
    given = table[["time", "load", "sale"]].copy()
    given.loc[given.index[-12:], "load"] = np.nan
    blind = zoo.forecast(given.drop(columns="sale")[:-12], 12, epochs=15)
    seeing = zoo.forecast(given, 12, known=["sale"], calendar=True, epochs=15)
    assert len(seeing.series.values) == len(given) - 12
    assert seeing.found["mse"] < blind.found["mse"]
    with pytest.raises(ValueError, match="sale must be known 13 steps ahead"):
        zoo.forecast(given, 13, known=["sale"])


def test_too_short_a_table_is_named(table):
    with pytest.raises(ValueError, match=r"must be at least 120 steps long.*Received: 60 steps"):
        zoo.forecast(table[["load"]][:60], 12)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (slice(None), "Each channel must have a value. Received: none in 'load'"),
        (slice(672, 768), "known values in the steps 672 to 767, on which what forecasts"),
        (slice(768, 960), "768 to 959, on which it is measured. Received: none in one"),
    ],
)
def test_what_is_measured_must_be_known(table, missing, said):
    given = table[["load"]].copy()
    given.iloc[missing] = np.nan
    with pytest.raises(ValueError, match=said):
        zoo.forecast(given, 12)


def test_a_history_is_a_segment_at_least(table):
    with pytest.raises(ValueError, match=r"at least 24 steps, a segment, .* 24\. Received: 10"):
        zoo.forecast(table[["load"]], 24, lookback=10)


def test_a_single_column_without_times():
    given = pd.DataFrame({"x": np.arange(200.0)})
    found = zoo.forecast(given, 5, epochs=1)
    assert found.chosen == "NLinear"  # A line, for a line.
    np.testing.assert_allclose(found.forecast[:, 0], np.arange(200, 205), atol=0.5)
    assert isinstance(found, outlook.Outlook)
