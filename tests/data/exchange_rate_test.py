"""What `exchange_rate` holds, against counts made of its file by other means."""

import os

import numpy as np
import pytest

from zoo.data import sources


@pytest.fixture(scope="module")
def example():
    """The one example."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with exchange_rate")
    [example] = sources.load("exchange_rate", "full").as_numpy_iterator()
    return example


def test_length_and_time(example):
    """Needs exchange_rate, or its download, in TFDS_DATA_DIR."""
    assert example["series"].shape == (7_588, 8)
    assert np.isfinite(example["series"]).all() and (example["series"] > 0).all()
    times = example["timestamp"].astype("datetime64[s]")
    ends = np.array(["1990-01-01", "2010-10-10"], "datetime64[s]")
    assert times[[0, -1]].tolist() == ends.tolist()
    assert (np.diff(example["timestamp"]) == 86_400).all()


def test_dates_are_nominal(example):
    """China's devaluation of January 1994 and Switzerland's step of January 2015 tell it."""
    names = [name.decode() for name in example["channels"]]
    change = np.abs(np.diff(np.log(example["series"]), axis=0))
    times = example["timestamp"].astype("datetime64[s]").astype("datetime64[D]")
    for name, row, nominal in [("China", 947, "1992-08-05"), ("Switzerland", 6_871, "2008-10-24")]:
        assert change[:, names.index(name)].argmax() + 1 == row
        assert str(times[row]) == nominal


def test_rows_that_repeat_the_one_before(example):
    repeats = np.flatnonzero((np.diff(example["series"], axis=0) == 0).all(1))
    assert len(repeats) == 182
    assert np.sum(np.diff(repeats) == 7) == 104
