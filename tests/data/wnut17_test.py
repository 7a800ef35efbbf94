"""What `wnut17` holds, against counts made of its files by other means."""

import os

import pytest

from zoo.data import sources


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "counts"),
    [
        ("train", (3_394, 62_730, 1_975)),
        ("dev", (1_009, 15_733, 836)),
        ("test", (1_287, 23_394, 1_079)),
    ],
)
def test_counts(split, counts):
    """Needs wnut17, or its downloads, in TFDS_DATA_DIR."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with wnut17")
    names = sources.builder("wnut17").info.features["ner"].feature.names
    sentences = []
    for row in sources.load("wnut17", split).as_numpy_iterator():
        assert len(row["tokens"]) == len(row["ner"]) > 0
        assert all(token.strip() for token in row["tokens"])
        sentences.append([names[tag] for tag in row["ner"]])
    tokens = sum(map(len, sentences))
    assert (len(sentences), tokens, sum(map(_entities, sentences))) == counts


def _entities(tags):
    """Counts the entities, of which none begins with `I-`."""
    for before, tag in zip(["O", *tags], tags, strict=False):
        assert not tag.startswith("I-") or before[1:] == tag[1:]
    return sum(tag.startswith("B-") for tag in tags)
