"""What `weather` holds, against counts made of its file by other means."""

import os

import numpy as np
import pytest

from zoo.data import sources


@pytest.fixture(scope="module")
def example():
    """The one example."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with weather")
    [example] = sources.load("weather", "full").as_numpy_iterator()
    return example


def test_length_and_time(example):
    """Needs weather, or its download, in TFDS_DATA_DIR."""
    assert example["series"].shape == (52_696, 21)
    assert np.isfinite(example["series"]).all()
    times = example["timestamp"].astype("datetime64[s]")
    ends = np.array(["2020-01-01T00:10:00", "2021-01-01T00:00:00"], "datetime64[s]")
    assert times[[0, -1]].tolist() == ends.tolist()
    steps = np.diff(times).astype(int)
    odd = np.flatnonzero(steps != 600)
    assert dict(zip(times[odd].astype(str).tolist(), steps[odd].tolist(), strict=True)) == {
        "2020-05-12T06:00:00": 0,
        "2020-05-29T09:30:00": 6_000,
    }
    twice = odd[0]
    np.testing.assert_array_equal(example["series"][twice], example["series"][twice + 1])


def test_missing_values_are_kept_and_stand_in_the_training_part(example):
    missing = example["series"] == -9_999
    names = [name.decode() for name in example["channels"]]
    counts = {name: int(n) for name, n in zip(names, missing.sum(0), strict=True) if n}
    assert counts == {"wv (m/s)": 1, "max. PAR (µmol/m²/s)": 30, "OT": 50}
    rows = np.flatnonzero(missing.any(1))
    assert len(rows) == 80
    assert rows[-1] < int(0.7 * len(missing))
    assert example["series"][~missing].min() > -20
    training = example["series"][: int(0.7 * len(missing))].astype(float)
    deviations = {
        name: (training[:, i].std(), training[training[:, i] != -9_999, i].std())
        for i, name in enumerate(names)
        if name in counts
    }
    np.testing.assert_allclose(
        [deviations["OT"], deviations["wv (m/s)"], deviations["max. PAR (µmol/m²/s)"]],
        [(384, 18.2), (52.1, 1.67), (643, 571)],
        rtol=0.002,
    )


def test_channels_are_what_their_names_say(example):
    by_name = dict(zip((n.decode() for n in example["channels"]), example["series"].T, strict=True))
    kelvin, celsius = by_name["Tpot (K)"], by_name["T (degC)"]
    assert np.corrcoef(kelvin, celsius)[0, 1] > 0.99
    assert np.allclose(
        by_name["VPmax (mbar)"] - by_name["VPact (mbar)"], by_name["VPdef (mbar)"], atol=0.03
    )
    assert by_name["rh (%)"].max() == 100
    assert by_name["wd (deg)"].max() == 360
    assert 410 < np.median(by_name["OT"]) < 425  # parts of CO2 in a million, as of 2020
