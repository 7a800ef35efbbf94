"""Tests for the nab dataset. Every number here and in `dummy_data` is made up."""

import pathlib

import numpy as np
import pytest
from tensorflow_datasets import testing

from . import nab_dataset_builder

_DUMMY = pathlib.Path(__file__).parent / "dummy_data"
_FILES = {"realSome/quiet": "quiet.csv", "realSome/loud": "loud.csv"}
_NEW_YEAR = 61 * 365 * 86_400 + 15 * 86_400  # of 2031, after 61 years with 15 leap days


class NabTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS."""

    DATASET_CLASS = nab_dataset_builder.Builder
    EXAMPLE_DIR = str(_DUMMY)
    DL_DOWNLOAD_RESULT = {"windows": "combined_windows.json", "series": _FILES}
    SPLITS = {"full": 2}


@pytest.fixture
def read(tmp_path):
    """Gives the examples of the made-up files by name, one of them with another content."""
    builder = nab_dataset_builder.Builder(data_dir=tmp_path)

    def examples(changed=None):
        paths = {name: _DUMMY / file for name, file in _FILES.items()}
        if changed is not None:
            paths["realSome/loud"] = tmp_path / "changed.csv"
            paths["realSome/loud"].write_text(changed)
        found = builder._generate_examples(_DUMMY / "combined_windows.json", paths)
        return {example["series"]: example for _, example in found}

    return examples


def test_there_are_58_series_of_seven_folders():
    names = nab_dataset_builder._NAMES
    assert len(names) == len(set(names)) == 58
    assert len({name.partition("/")[0] for name in names}) == 7
    files = [url.partition("/data/")[2] for url in nab_dataset_builder.Builder.url_infos]
    assert sorted(filter(None, files)) == sorted(f"{name}.csv" for name in names)


def test_downloads_what_is_registered(tmp_path):
    builder = nab_dataset_builder.Builder(data_dir=tmp_path)
    asked = []

    class Manager:
        def download(self, urls):
            asked.extend([urls["windows"], *urls["series"].values()])
            series = {name: _DUMMY / file for name, file in _FILES.items()}
            return {"windows": _DUMMY / "combined_windows.json", "series": series}

    [(split, examples)] = builder._split_generators(Manager()).items()
    assert split == "full" and [key for key, _ in examples] == [0, 1]
    assert sorted(asked) == sorted(builder.url_infos)


def test_reads_values_and_windows(read):
    found = read()
    assert list(found) == ["realSome/quiet", "realSome/loud"]
    quiet, loud = found.values()
    assert quiet["windows"].shape == (0, 2)
    assert quiet["timestamp"].tolist() == [_NEW_YEAR - 3_600, _NEW_YEAR]
    assert loud["value"].tolist() == [0.1, 70.25, 71, 0.3, -1000]
    assert loud["value"].dtype == np.float64
    assert (loud["windows"] - _NEW_YEAR).tolist() == [[300, 600], [1_200, 1_200]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("timestamp,value", "time,value", "Expected the columns timestamp and value.*time, value"),
        ("71\n", "71,1\n", "number of columns changed"),
        ("70.25", "", "could not convert"),
        ("2031-01-01 00:00:00", "never", "never"),
    ],
)
def test_other_files_are_refused(read, old, new, message):
    content = (_DUMMY / "loud.csv").read_text()
    assert old in content
    with pytest.raises(ValueError, match=message):
        read(content.replace(old, new))
