"""Tests for the multi30k dataset. Every sentence here and in `dummy_data` is made up."""

import pathlib

import pytest
from tensorflow_datasets import testing

from . import multi30k_dataset_builder

_FOLDER = pathlib.Path(__file__).parent
_NAMES = {
    "train": "train",
    "dev": "val",
    "test_2016": "test_2016_flickr",
    "test_2017": "test_2017_flickr",
}


class Multi30kTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS."""

    DATASET_CLASS = multi30k_dataset_builder.Builder
    BUILDER_CONFIG_NAMES_TO_TEST = ["en_de"]
    EXAMPLE_DIR = str(_FOLDER / "dummy_data")
    DL_EXTRACT_RESULT = {
        split: {language: f"{name}.{language}" for language in ("en", "de")}
        for split, name in _NAMES.items()
    }
    SPLITS = {"train": 3, "dev": 2, "test_2016": 1, "test_2017": 1}


@pytest.fixture
def read(tmp_path):
    """Gives the pairs of two files."""
    builder = multi30k_dataset_builder.Builder(config="de_en", data_dir=tmp_path)

    def pairs(german, english):
        paths = {"de": tmp_path / "some.de", "en": tmp_path / "some.en"}
        paths["de"].write_bytes(german.encode())
        paths["en"].write_bytes(english.encode())
        return [(row["de"], row["en"]) for _, row in builder._generate_examples(paths)]

    return pairs


def test_a_pair_is_named_from_source_to_target(tmp_path):
    builder = multi30k_dataset_builder.Builder(config="de_en", data_dir=tmp_path)
    assert builder.info.supervised_keys == ("de", "en")
    assert list(builder.builder_configs) == ["en_de", "de_en", "en_fr", "fr_en"]


def test_every_file_is_registered():
    checksums = (_FOLDER / "checksums.tsv").read_text().splitlines()
    names = {line.split("\t")[-1] for line in checksums}
    assert names == {f"{name}.{code}.gz" for name in _NAMES.values() for code in ("en", "de", "fr")}


@pytest.mark.parametrize("inside", ["\u2028", "\u0085", "\u00a0", "\t", "\x1c", "  "])
def test_only_a_newline_ends_a_sentence(read, inside):
    assert read(f"ein{inside}Hund\nzwei\n", "a dog\ntwo\n") == [
        (f"ein{inside}Hund", "a dog"),
        ("zwei", "two"),
    ]


def test_files_of_different_lengths_are_refused(read):
    with pytest.raises(ValueError, match=r"Received: 2 in 'de', 1 in 'en'"):
        read("ein Hund\nzwei\n", "a dog\n")
