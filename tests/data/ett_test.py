"""What `ett` holds, against counts made of its files by other means."""

import os

import numpy as np
import pytest

from zoo.data import sources

_HOUR, _QUARTER = 3_600, 900


@pytest.fixture(scope="module")
def series():
    """The one example of each configuration, by name."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with ett")
    examples = {}
    for name in ("h1", "h2", "m1", "m2"):
        [examples[name]] = sources.load(f"ett/{name}", "full").as_numpy_iterator()
    return examples


@pytest.mark.parametrize(
    ("name", "length", "step", "last"),
    [
        ("h1", 17_420, _HOUR, "2018-06-26T19:00:00"),
        ("h2", 17_420, _HOUR, "2018-06-26T19:00:00"),
        ("m1", 69_680, _QUARTER, "2018-06-26T19:45:00"),
        ("m2", 69_680, _QUARTER, "2018-06-26T19:45:00"),
    ],
)
def test_length_and_time(series, name, length, step, last):
    """Needs ett, or its downloads, in TFDS_DATA_DIR."""
    example = series[name]
    assert example["series"].shape == (length, 7)
    assert np.isfinite(example["series"]).all()
    assert example["channels"].tolist() == [
        b"HUFL",
        b"HULL",
        b"MUFL",
        b"MULL",
        b"LUFL",
        b"LULL",
        b"OT",
    ]
    times = example["timestamp"].astype("datetime64[s]")
    assert times[[0, -1]].tolist() == np.array(["2016-07-01", last], "datetime64[s]").tolist()
    assert (np.diff(example["timestamp"]) == step).all()


@pytest.mark.parametrize("transformer", ["1", "2"])
def test_hours_are_every_fourth_quarter(series, transformer):
    hours, quarters = (series[step + transformer] for step in "hm")
    for name in ("series", "timestamp"):
        np.testing.assert_array_equal(hours[name], quarters[name][::4])


def test_the_whole_series_is_all_there_is(series):
    [example] = sources.load("ett/h1", "all").as_numpy_iterator()
    np.testing.assert_array_equal(example["series"], series["h1"]["series"])


def test_stuck_sensors(series):
    """The longest run of one value, which the README tells."""
    middle = series["h2"]["series"][:, 2]
    assert np.ptp(middle[7_027 : 7_027 + 1_025]) == 0
    assert middle[7_026] != middle[7_027] and middle[7_027 + 1_025] != middle[7_027]
    assert round(float(np.mean(series["h2"]["series"][:, 5] == 0)), 3) == 0.332
