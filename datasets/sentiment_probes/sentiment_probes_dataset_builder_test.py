"""Tests for the sentiment_probes dataset."""

import pathlib

import pytest
from tensorflow_datasets import testing

from . import sentiment_probes_dataset_builder


class SentimentProbesTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS. The builder downloads nothing, so it needs no dummy files."""

    DATASET_CLASS = sentiment_probes_dataset_builder.Builder
    EXAMPLE_DIR = str(pathlib.Path(__file__).parent)
    SPLITS = {"test": 384}


@pytest.mark.parametrize(
    ("neg", "pos", "same"),
    [
        ("Fun, but dull.", "Dull, but fun.", True),
        ("It isn't fun, it's dull.", "It's dull, it isn't fun!", True),
        ("It is bad.", "It is good.", False),
        ("It is very bad.", "It is very, very bad.", False),
        ("It is n't fun.", "It isn't fun.", False),
    ],
)
def test_a_line_is_a_pair(tmp_path, neg, pos, same):
    path = tmp_path / "some.tsv"
    path.write_text(f"phenomenon\tneg\tpos\nscope\tNo.\tYes.\ncontrast\t{neg}\t{pos}\n")
    builder = sentiment_probes_dataset_builder.Builder(data_dir=tmp_path)
    examples = dict(builder._generate_examples(path))
    assert list(examples) == ["0000_neg", "0000_pos", "0001_neg", "0001_pos"]
    shared = {"phenomenon": "contrast", "pair": 1, "same_words": same}
    assert examples["0001_neg"] == {"text": neg, "label": "neg", **shared}
    assert examples["0001_pos"] == {"text": pos, "label": "pos", **shared}
