"""Tests for the flickr8k dataset. Every picture and caption here and in `dummy_data` is made up."""

import pathlib

import pytest
from tensorflow_datasets import testing

from . import flickr8k_dataset_builder

_DUMMY = pathlib.Path(__file__).parent / "dummy_data"
_TEXT = _DUMMY / "Flickr8k_text"


class Flickr8kTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS."""

    DATASET_CLASS = flickr8k_dataset_builder.Builder
    EXAMPLE_DIR = str(_DUMMY)
    DL_EXTRACT_RESULT = {"images": "Flickr8k_Dataset", "text": "Flickr8k_text"}
    SKIP_CHECKSUMS = True  # No source states those of the archives.
    SPLITS = {"train": 2, "dev": 1, "test": 2}  # One image of train is absent.


@pytest.fixture
def examples(tmp_path):
    """Gives the examples of a list of names and a file of captions."""
    builder = flickr8k_dataset_builder.Builder(data_dir=tmp_path)

    def read(names, captions=None):
        paths = {}
        for name, content in (("names", names), ("captions", captions)):
            paths[name] = tmp_path / f"{name}.txt"
            paths[name].write_text(content or (_TEXT / "Flickr8k.token.txt").read_text())
        captions = flickr8k_dataset_builder._captions(paths["captions"])
        images = _DUMMY / "Flickr8k_Dataset" / "Flicker8k_Dataset"
        return dict(builder._generate_examples(images, captions, paths["names"]))

    return read


def test_an_example_has_its_five_captions_in_order(examples):
    (example,) = examples("12_ab.jpg\n").values()
    assert example["filename"] == example["image"].name == "12_ab.jpg"
    assert example["captions"] == [
        "A green card with a patch .",
        "A patch on a green card",
        "Green around something else .",
        "Someone painted a green wall , and left a hole .",
        "The middle of a green flag is different .",
    ]


def test_only_line_feeds_end_a_line(examples):
    lines = (_TEXT / "Flickr8k.token.txt").read_text().replace(" patch .", " patch\u2028or\x85so .")
    (example,) = examples("12_ab.jpg\n", lines).values()
    assert example["captions"][0] == "A green card with a patch\u2028or\x85so ."


def test_an_image_that_is_not_there_is_skipped(examples, caplog):
    assert list(examples("11_aa.jpg\n13_ac.jpg\n12_ab.jpg")) == ["11_aa.jpg", "12_ab.jpg"]
    assert "Absent from the archive, and skipped: 13_ac.jpg" in caplog.text


def test_the_captions_without_an_image_are_in_no_split(examples):
    assert "40_no.jpg.1#0" in (_TEXT / "Flickr8k.token.txt").read_text()
    for split in ("train", "dev", "test"):
        assert not any("40_no" in name for name in examples(_list(split)))


def _list(split):
    return (_TEXT / f"Flickr_8k.{split}Images.txt").read_text()


@pytest.mark.parametrize(
    ("captions", "said"),
    [
        ("11_aa.jpg#0\tOne .\n", "Expected 5 captions of 11_aa.jpg in Flickr8k.token.txt, found 1"),
        ("11_aa.jpg\tOne .\n", "Expected a file name, a # and a number, a tab and a caption"),
        ("11_aa.jpg#0 One .\n", "found '11_aa.jpg#0 One .'"),
        ("11_aa.jpg#0\t \n", "a tab and a caption"),
    ],
)
def test_other_files_are_refused(examples, captions, said):
    with pytest.raises(ValueError, match=said):
        examples("11_aa.jpg\n", captions)
