"""Tests for the wnut17 dataset. Every sentence here and in `dummy_data` is made up."""

import pathlib

import pytest
from tensorflow_datasets import testing

from . import wnut17_dataset_builder

_FOLDER = pathlib.Path(__file__).parent


class Wnut17Test(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS."""

    DATASET_CLASS = wnut17_dataset_builder.Builder
    EXAMPLE_DIR = str(_FOLDER / "dummy_data")
    DL_DOWNLOAD_RESULT = {
        "train": "wnut17train.conll",
        "dev": "emerging.dev.conll",
        "test": "emerging.test.annotated",
    }
    SPLITS = {"train": 3, "dev": 2, "test": 3}


@pytest.fixture
def read(tmp_path):
    """Gives the sentences of a file as strings of `token/tag`."""
    builder = wnut17_dataset_builder.Builder(data_dir=tmp_path)

    def sentences(content):
        path = tmp_path / "some.conll"
        path.write_bytes(content.encode())
        examples = dict(builder._generate_examples(path)).values()
        return [
            " ".join(map("/".join, zip(row["tokens"], row["ner"], strict=True))) for row in examples
        ]

    return sentences


def test_tags(tmp_path):
    builder = wnut17_dataset_builder.Builder(data_dir=tmp_path)
    assert builder.info.features["ner"].feature.names == [
        "O", "B-corporation", "I-corporation", "B-creative-work", "I-creative-work", "B-group",
        "I-group", "B-location", "I-location", "B-person", "I-person", "B-product", "I-product",
    ]  # fmt: skip


def test_dummy_data_separates_sentences_as_the_real_file_does(read):
    content = (_FOLDER / "dummy_data" / "wnut17train.conll").read_text(encoding="utf-8")
    assert "\n\t\n" in content
    assert "\n\n" in content
    assert read(content)[1:] == [
        "Zibblet/B-corporation just/O bought/O Quonk/B-corporation Foods/I-corporation !!!/O",
        "gonna/O see/O the/O Turnip/B-group Kings/I-group tonite/O 🎸/O",
    ]


@pytest.mark.parametrize(
    "between", ["\n", "\t\n", "  \n", " \t \n", "\u3000\n", "\n\n\n", "\t\n\n \n", "\r\n", "\t\r\n"]
)
@pytest.mark.parametrize("around", [False, True])
def test_white_space_ends_a_sentence(read, between, around):
    content = f"Ada\tB-person\nran\tO\n{between}Oslo\tB-location\n"
    content = between + content + between if around else content
    assert read(content) == ["Ada/B-person ran/O", "Oslo/B-location"]


def test_windows_line_ends_and_a_last_line_without_any(read):
    assert read("Ada\tB-person\r\nran\tO\r\n\r\nOslo\tB-location") == [
        "Ada/B-person ran/O",
        "Oslo/B-location",
    ]


@pytest.mark.parametrize("content", ["", "\n", "\t\n\n"])
def test_nothing_gives_no_example(read, content):
    assert read(content) == []


@pytest.mark.parametrize(
    "token",
    ["Ada\ufeff", "\ufeffAda", "was\u200bhere", "a\u00a0b", "a\u2028b", "a\u0085b", "&amp;", '"'],
)
def test_tokens_stay_as_they_are(read, token):
    assert read(f"{token}\tO\n!\tO\n") == [f"{token}/O !/O"]


@pytest.mark.parametrize(
    "line",
    [
        "\tO", " \tO", "\u00a0\tO", "Ada", "Ada\t", "Ada O", "Ada\tB-person,B-location",
        "Ada\tB-person\tO", "Ada\tO ", "Ada\tB-PER", "Ada\tI",
    ],
)  # fmt: skip
def test_other_lines_are_refused(read, line):
    with pytest.raises(ValueError, match="Expected a token, a tab and one of the tags O, B-corp"):
        read(f"so\tO\n{line}\n\nOslo\tB-location\n")
