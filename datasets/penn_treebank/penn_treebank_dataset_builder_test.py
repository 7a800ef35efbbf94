"""Tests for the penn_treebank dataset. Every sentence here and in `dummy_data` is made up."""

import pathlib

import pytest
from tensorflow_datasets import testing

from . import penn_treebank_dataset_builder

_FOLDER = pathlib.Path(__file__).parent


class PennTreebankTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS."""

    DATASET_CLASS = penn_treebank_dataset_builder.Builder
    EXAMPLE_DIR = str(_FOLDER / "dummy_data")
    DL_EXTRACT_RESULT = {
        "train": "ptb.train.txt",
        "validation": "ptb.valid.txt",
        "test": "ptb.test.txt",
    }
    DL_DOWNLOAD_RESULT = DL_EXTRACT_RESULT
    SPLITS = {"train": 4, "validation": 2, "test": 1}


@pytest.fixture
def read(tmp_path):
    """Gives the sentences of a file."""
    builder = penn_treebank_dataset_builder.Builder(data_dir=tmp_path)

    def sentences(text):
        path = tmp_path / "some.txt"
        path.write_bytes(text.encode())
        return list(builder._generate_examples(path))

    return sentences


def test_sentences_keep_their_order_and_lose_their_edges(read):
    assert read(" the <unk> of N cats \n it 's late \n") == [
        (0, {"text": "the <unk> of N cats"}),
        (1, {"text": "it 's late"}),
    ]


def test_an_empty_line_is_refused(read):
    with pytest.raises(ValueError, match=r"sentence in every line\. Received: line 2 of"):
        read("one\n\nthree\n")


def test_the_order_is_that_of_the_file(tmp_path):
    assert penn_treebank_dataset_builder.Builder(data_dir=tmp_path).info.disable_shuffling


def test_every_file_is_registered():
    checksums = (_FOLDER / "checksums.tsv").read_text().splitlines()
    names = {line.split("\t")[-1] for line in checksums}
    assert names == {"ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"}
