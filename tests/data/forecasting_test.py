"""Windows: every one counted, none of them sees the future."""

import dataclasses
import os

import numpy as np
import pandas as pd
import pytest

from zoo.data import forecasting
from zoo.data.forecasting import Series, borders, cut
from zoo.data.windows import WindowBatches

HOUR = 3600


def series(steps=200, channels=2, seed=0):
    values = np.random.default_rng(seed).normal(size=(steps, channels)).cumsum(axis=0) * 3 + 10
    return Series(values, np.arange(steps) * HOUR, tuple("abcdefgh"[:channels]))


ENDS = [140, 160, 200]


def test_every_window_is_counted():
    data = cut(series(), ENDS, lookback=12, horizon=5)
    assert {name: len(windows) for name, windows in data.splits.items()} == {
        "train": 140 - 12 - 5 + 1,
        "dev": 20 - 5 + 1,
        "test": 40 - 5 + 1,
    }
    batches = data.batches("train", 32, seed=3)
    seen = np.concatenate([x[:, 0, 0] for x, _, _ in batches])
    assert len(batches) == 4
    assert len(seen) == len(data.splits["train"])
    first, _ = data.splits["train"].arrays(data.splits["train"].starts)
    np.testing.assert_array_equal(np.sort(seen), np.sort(first[:, 0, 0]))


def test_windows_are_what_they_say():
    given = series()
    windows = cut(given, ENDS, lookback=12, horizon=5).splits["test"]
    x, y = windows.arrays(windows.starts)
    np.testing.assert_allclose(windows.in_original_units(x[0]), given.values[148:160], rtol=1e-5)
    np.testing.assert_allclose(windows.in_original_units(y[-1]), given.values[195:], rtol=1e-5)


def test_the_future_is_not_seen():
    """Whatever comes later, the inputs of train and dev stay what they are."""
    given = series()
    later = given.values.copy()
    later[160:] += 1e6
    one = cut(given, ENDS, 12, 5)
    other = cut(dataclasses.replace(given, values=later), ENDS, 12, 5)
    for split in ("train", "dev"):
        a, b = (each.splits[split] for each in (one, other))
        for left, right in zip(a.arrays(a.starts), b.arrays(b.starts), strict=True):
            np.testing.assert_array_equal(left, right)
    train = one.splits["train"]
    np.testing.assert_allclose(train.series[:140].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(train.series[:140].std(axis=0), 1, atol=1e-6)


def test_order_follows_from_seed_and_epoch():
    data = cut(series(), ENDS, 12, 5)

    def order(seed, epoch):
        batches = data.batches("train", 16, seed=seed)
        batches.epoch = epoch
        return np.concatenate([x[:, 0, 0] for x, _, _ in batches]).tolist()

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(None, 1) == order(None, 2)


def test_tensorflow_reads_the_same_batches():
    data = cut(series(), ENDS, 12, 5)
    here = list(data.batches("dev", 7))
    there = list(data.batches("dev", 7).dataset().as_numpy_iterator())
    assert len(here) == len(there) == 3
    for left, right in zip(here, there, strict=True):
        for a, b in zip(left, right, strict=True):
            np.testing.assert_array_equal(a, b)


def test_what_is_wrong_with_a_series_is_counted():
    given = series(50)
    given.values[7, 1] = np.nan
    seconds = given.seconds.copy()
    seconds[30:] += 60
    given = dataclasses.replace(given, seconds=seconds)
    assert given.report == {"steps": 50, "channels": 2, "missing": 1, "irregular": 1}
    assert (given.step, given.period) == (HOUR, 24)
    with pytest.raises(ValueError, match=r"must have no missing.*Received: 1 of them"):
        cut(given, [30, 40, 50], 4, 2)


def test_a_constant_channel_stays_finite():
    given = series(60)
    given.values[:, 1] = 4.0
    windows = cut(given, [40, 50, 60], 4, 2).splits["test"]
    assert (windows.series[:, 1] == 0).all()
    assert windows.in_original_units(windows.series[0])[1] == 4.0


def test_too_short_a_part_is_named():
    with pytest.raises(ValueError, match=r"dev must have at least 12 \+ 30 steps"):
        cut(series(), ENDS, 12, 30)
    with pytest.raises(ValueError, match="at least one window"):
        WindowBatches(cut(series(), ENDS, 12, 5).splits["dev"][:0], 4)


def test_borders_are_those_of_the_literature():
    hourly = series(17_420)
    assert borders("ett/h1", hourly) == [8_640, 11_520, 14_400]
    quarterly = dataclasses.replace(hourly, seconds=np.arange(17_420) * 900)
    assert borders("ett/m2", quarterly) == [34_560, 46_080, 57_600]
    assert borders("weather", series(52_696)) == [36_887, 42_157, 52_696]


def test_what_is_known_ahead_goes_along():
    given = series().with_calendar(ahead=7)
    assert given.features[0] == "sine of the day"
    assert given.known.shape == (207, 6)
    np.testing.assert_allclose(given.known[:24, :2], given.known[24:48, :2], atol=1e-9)
    data = cut(given, ENDS, 12, 5)
    assert data.sizes["num_covariates"] == 6
    windows = data.splits["test"]
    x, y = windows.arrays(windows.starts)
    bare, same = cut(series(), ENDS, 12, 5).splits["test"].arrays(windows.starts)
    np.testing.assert_array_equal(x["history"], bare)
    np.testing.assert_array_equal(y, same)
    reach = windows.starts[0] + np.arange(17)
    np.testing.assert_array_equal(x["covariates"][0], windows.covariates.values[reach])
    (there, *_), *_ = data.batches("test", 7).dataset().as_numpy_iterator()
    np.testing.assert_array_equal(there["covariates"], x["covariates"][:7])


def test_a_table_tells_what_is_known_ahead():
    days = pd.date_range("2024-01-01", periods=6)
    table = pd.DataFrame({"day": days, "price": range(6), "sold": [1, 2, None, 4, None, None]})
    found = forecasting.from_table(table, known=["price"])
    assert found.channels == ("sold",)
    assert found.features == ("price",)
    assert (found.values.shape, found.known.shape) == ((4, 1), (6, 1))
    assert len(found.seconds) == 4
    assert found.with_calendar(ahead=2).known.shape == (6, 5)
    with pytest.raises(ValueError, match=r"price must be known for 7 steps\. Received: 6"):
        found.with_calendar(ahead=3)
    with pytest.raises(ValueError, match="`known` must be columns of The table"):
        forecasting.from_table(table, known=["cost"])
    with pytest.raises(ValueError, match="must have a finite value at each"):
        cut(dataclasses.replace(series(), known=np.full((200, 1), np.nan)), ENDS, 12, 5)
    numbered = dataclasses.replace(series(), seconds=None)
    with pytest.raises(ValueError, match="A calendar needs times"):
        numbered.with_calendar()


@pytest.mark.parametrize(
    ("given", "follow"),
    [
        (pd.date_range("2023-01-01", periods=24, freq="MS"), ["2025-01-01", "2025-02-01"]),
        (pd.date_range("2023-01-31", periods=5, freq="ME"), ["2023-06-30", "2023-07-31"]),
        (pd.date_range("2000-01-01", periods=9, freq="YS"), ["2009-01-01", "2010-01-01"]),
        (pd.date_range("2024-01-01", periods=10, freq="B"), ["2024-01-15", "2024-01-16"]),
        (["2024-01-01", "2024-01-03"], ["2024-01-05", "2024-01-07"]),
        (["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05"], ["2024-01-06", "2024-01-07"]),
    ],
)
def test_dates_go_on_as_they_were(given, follow):
    found = forecasting.from_table(pd.DataFrame({"x": 1.0}, index=pd.DatetimeIndex(given)))
    times = found.times(len(given) + 2)
    np.testing.assert_array_equal(times[: len(given)], found.seconds)
    assert times[len(given) :].astype("datetime64[s]").tolist() == pd.to_datetime(follow).tolist()


@pytest.mark.parametrize(
    "times",
    [
        ["2024-03-31 00:30+01:00", "2024-03-31 01:30+01:00", "2024-03-31 03:30+02:00"],
        ["2024-03-31 01:30+02:00", "2024-03-31 02:30+02:00", "2024-03-31 03:30+02:00"],
        pd.date_range("2024-03-31 00:30", periods=3, freq="h", tz="Europe/Berlin"),
    ],
)
def test_times_with_an_offset_become_utc(times):
    expected = pd.Timestamp("2024-03-30 23:30").timestamp() + HOUR * np.arange(3)
    table = pd.DataFrame({"t": times, "x": 1.0})
    np.testing.assert_array_equal(forecasting.from_table(table).seconds, expected)
    if isinstance(times, pd.DatetimeIndex):
        found = forecasting.from_table(table.set_index("t"))
        np.testing.assert_array_equal(found.seconds, expected)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", r"rows\.csv must have a row for each step. Received: no row"),
        ("day,x\n", r"rows\.csv must have a row for each step. Received: no row"),
        ("t,x\n1704067200,1\n1704067201,2\n", "'t', such as .* Received: numbers, 1704067200 in"),
        (
            "t,x\n2024-01-01 00:00:00.0,1\n2024-01-01 00:00:00.5,2\n",
            r"second or more. Received: 2024-01-01 00:00:00 and then 2024-01-01 00:00:00\.5.*row 1",
        ),
        ("t,x\n2024-01-01,1\nno date,2\n", "'no date' in row 1"),
    ],
)
def test_tables_without_rows_or_times_are_named(table, said, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(table)
    with pytest.raises(ValueError, match=said):
        forecasting.from_table(path, time="t" if table.startswith("t,") else None)


@pytest.mark.slow
def test_etth1_has_the_windows_of_the_literature():
    """Needs ett in TFDS_DATA_DIR."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with ett")
    data = forecasting.load("ett/h1", lookback=96, horizon=96)
    assert {name: len(windows) for name, windows in data.splits.items()} == {
        "train": 8_449,
        "dev": 2_785,
        "test": 2_785,
    }
