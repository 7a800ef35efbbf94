"""Tests for the ett dataset. Every number here and in `dummy_data` is made up."""

import pathlib

import numpy as np
import pytest
from tensorflow_datasets import testing

from . import ett_dataset_builder

_DUMMY = pathlib.Path(__file__).parent / "dummy_data"


class EttTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS, on one file for all four configurations."""

    DATASET_CLASS = ett_dataset_builder.Builder
    EXAMPLE_DIR = str(_DUMMY)
    DL_DOWNLOAD_RESULT = "ETTh1.csv"
    SPLITS = {"full": 1}


@pytest.fixture
def read(tmp_path):
    """Gives the one example of a file."""
    builder = ett_dataset_builder.Builder(config="m2", data_dir=tmp_path)

    def example(content):
        path = tmp_path / "some.csv"
        path.write_bytes(content.encode())
        [(key, example)] = builder._generate_examples(path)
        assert key == "m2"
        return example

    return example


def test_each_configuration_has_its_file():
    names = [config.name for config in ett_dataset_builder.Builder.BUILDER_CONFIGS]
    assert names == ["h1", "h2", "m1", "m2"]
    files = [url.rsplit("/", 1)[1] for url in ett_dataset_builder.Builder.url_infos]
    assert sorted(files) == [f"ETT{name}.csv" for name in names]


@pytest.mark.parametrize("config", ["h1", "h2", "m1", "m2"])
def test_a_configuration_downloads_its_file(tmp_path, config):
    builder = ett_dataset_builder.Builder(config=config, data_dir=tmp_path)

    class Manager:
        def download(self, url):
            assert url in builder.url_infos
            assert url.endswith(f"/ETT{config}.csv")
            return _DUMMY / "ETTh1.csv"

    [(split, [(key, _)])] = builder._split_generators(Manager()).items()
    assert (split, key) == ("full", config)


def test_reads_the_whole_series(read):
    example = read((_DUMMY / "ETTh1.csv").read_text())
    assert example["channels"] == ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
    np.testing.assert_array_equal(
        example["series"],
        np.array(
            [
                [1, -2, 3.5, 0, 5.125, -6.25, 70],
                [1.5, -2.5, 3.75, 0, 5.25, -6.5, 71.3],
                [2, -3, 4, 0, 5.375, -6.75, 72.5],
            ],
            np.float32,
        ),
    )
    new_year = 61 * 365 * 86_400 + 15 * 86_400  # of 2031, after 61 years with 15 leap days
    assert example["timestamp"].dtype == np.int64
    assert example["timestamp"].tolist() == [new_year - 7_200, new_year - 3_600, new_year]


def test_line_ends_do_not_matter(read):
    content = (_DUMMY / "ETTh1.csv").read_text()
    once, again = read(content), read(content.replace("\n", "\r\n").removesuffix("\r\n"))
    np.testing.assert_array_equal(once["series"], again["series"])
    np.testing.assert_array_equal(once["timestamp"], again["timestamp"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HUFL,HULL", "HULL,HUFL", "Expected a date and the channels HUFL, HULL, .* HULL, HUFL"),
        ("date", "time", "the columns are time, HUFL"),
        ("72.5", "72.5,1", "number of columns changed"),
        (",72.5", "", "number of columns changed"),
        ("72.5", "much", "much"),
        ("72.5", "", "could not convert"),
        ("2031-01-01 00:00:00", "never", "never"),
    ],
)
def test_other_files_are_refused(read, old, new, message):
    content = (_DUMMY / "ETTh1.csv").read_text()
    assert old in content
    with pytest.raises(ValueError, match=message):
        read(content.replace(old, new))
