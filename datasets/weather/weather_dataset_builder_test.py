"""Tests for the weather dataset. Every number here and in `dummy_data` is made up."""

import pathlib

import numpy as np
import pytest
from tensorflow_datasets import testing

from . import weather_dataset_builder

_DUMMY = pathlib.Path(__file__).parent / "dummy_data"


class WeatherTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS."""

    DATASET_CLASS = weather_dataset_builder.Builder
    EXAMPLE_DIR = str(_DUMMY)
    DL_DOWNLOAD_RESULT = "weather.csv"
    SPLITS = {"full": 1}


@pytest.fixture
def read(tmp_path):
    """Gives the one example of a file."""
    builder = weather_dataset_builder.Builder(data_dir=tmp_path)

    def example(content):
        path = tmp_path / "some.csv"
        path.write_bytes(content.encode())
        [(_, example)] = builder._generate_examples(path)
        return example

    return example


def _dummy():
    return (_DUMMY / "weather.csv").read_bytes().decode()


def test_dummy_data_has_the_line_ends_and_the_broken_header_of_the_real_file():
    content = _dummy()
    assert content.count("\r\n") == content.count("\n") == 4
    assert content.splitlines()[0].count("\ufffd") == 5


def test_reads_the_whole_series(read):
    example = read(_dummy())
    series = np.arange(3)[:, np.newaxis] + 10 * np.arange(21) + 0.25
    series[1, 20] = -9_999  # kept
    np.testing.assert_array_equal(example["series"], series.astype(np.float32))
    new_year = 61 * 365 * 86_400 + 15 * 86_400  # of 2031, after 61 years with 15 leap days
    assert example["timestamp"].dtype == np.int64
    assert example["timestamp"].tolist() == [new_year - 600, new_year, new_year + 600]


def test_names_of_channels_are_whole_again(read):
    channels = read(_dummy())["channels"]
    assert len(set(channels)) == 21
    assert channels[16:19] == ("SWDR (W/m²)", "PAR (µmol/m²/s)", "max. PAR (µmol/m²/s)")
    assert channels[-1] == "OT"
    assert not any("\ufffd" in name for name in channels)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("p (mbar),T (degC)", "T (degC),p (mbar)", r"Expected a date and the channels p \(mbar\)"),
        (",OT", ",CO2", "the columns are date, .*, CO2"),
        ("-9999.0", "-9999.0,1", "number of columns changed"),
        ("-9999.0", "", "could not convert"),
        ("2031-01-01 00:00:00", "never", "never"),
    ],
)
def test_other_files_are_refused(read, old, new, message):
    content = _dummy()
    assert old in content
    with pytest.raises(ValueError, match=message):
        read(content.replace(old, new))
