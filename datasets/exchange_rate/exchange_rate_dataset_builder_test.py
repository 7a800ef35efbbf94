"""Tests for the exchange_rate dataset. Every number here and in `dummy_data` is made up."""

import pathlib

import numpy as np
import pytest
from tensorflow_datasets import testing

from . import exchange_rate_dataset_builder

_DUMMY = pathlib.Path(__file__).parent / "dummy_data"


class ExchangeRateTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS."""

    DATASET_CLASS = exchange_rate_dataset_builder.Builder
    EXAMPLE_DIR = str(_DUMMY)
    DL_EXTRACT_RESULT = "exchange_rate.txt"
    SPLITS = {"full": 1}


@pytest.fixture
def read(tmp_path):
    """Gives the one example of a file."""
    builder = exchange_rate_dataset_builder.Builder(data_dir=tmp_path)

    def example(content):
        path = tmp_path / "some.txt"
        path.write_text(content)
        [(_, example)] = builder._generate_examples(path)
        return example

    return example


def test_reads_the_whole_series(read):
    example = read((_DUMMY / "exchange_rate.txt").read_text())
    series = np.arange(1, 9) / 10 + np.arange(4)[:, np.newaxis] / 1_000
    np.testing.assert_array_equal(example["series"], series.round(3).astype(np.float32))
    assert len(example["channels"]) == 8


def test_days_are_counted_from_1990(read):
    stamps = read("1,2,3,4,5,6,7,8\n" * 3)["timestamp"]
    assert stamps.dtype == np.int64
    start = 20 * 365 * 86_400 + 5 * 86_400  # 20 years with 5 leap days
    assert stamps.tolist() == [start, start + 86_400, start + 172_800]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2,3,4,5,6,7\n", "Expected 8 columns, but there are 7"),
        ("1,2,3,4,5,6,7,8,9\n", "Expected 8 columns, but there are 9"),
        ("1,2,3,4,5,6,7,8\n1,2,3,4,5,6,7\n", "number of columns changed"),
        ("1,2,3,4,5,6,7,\n", "could not convert"),
        ("a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n", "could not convert"),
    ],
)
def test_other_files_are_refused(read, content, message):
    with pytest.raises(ValueError, match=message):
        read(content)
