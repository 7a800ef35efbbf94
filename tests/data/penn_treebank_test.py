"""What `penn_treebank` holds, against counts made of its files by other means."""

import hashlib
import os

import pytest

from zoo.data import language_modeling, sources

SPLITS = {"train": (42_068, 929_589), "dev": (3_370, 73_760), "test": (3_761, 82_430)}
DIGEST = "38a777800d6c33e401453fe41d87d4548247bed3bdd9d54a58928f53ef6e84d6"


@pytest.fixture(scope="module")
def data():
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with penn_treebank")
    return language_modeling.load("penn_treebank", unit="tokens")


@pytest.mark.slow
@pytest.mark.parametrize("split", SPLITS)
def test_counts(data, split):
    """Needs penn_treebank, or its downloads, in TFDS_DATA_DIR."""
    sentences, tokens = SPLITS[split]
    name = language_modeling.SPLITS["penn_treebank"][split]
    rows = [row["text"].decode() for row in sources.load("penn_treebank", name).as_numpy_iterator()]
    assert len(rows) == sentences
    assert sum(len(row.split(" ")) + 1 for row in rows) == tokens == data.splits[split].tokens


@pytest.mark.slow
def test_the_vocabulary_is_that_of_the_literature(data):
    """10,000 words, the end of a sentence and `<unk>` among them; and padding."""
    assert data.sizes == {"vocabulary_size": 10_001}
    assert "\n" in data.encoder.words and "N" in data.encoder.words
    assert "<unk>" not in data.encoder.words
    share = (data.splits["test"].ids[1:] == 1).mean()
    assert share == pytest.approx(4_794 / 82_430, abs=1e-4), "of `<unk>` itself; nothing else is"


@pytest.mark.slow
def test_sentences_follow_on_each_other_as_in_the_file(data):
    """The digest is that of `sed 's/^ //; s/ $//' ptb.test.txt`, without the last newline."""
    rows = [row["text"] for row in sources.load("penn_treebank", "test").as_numpy_iterator()]
    assert hashlib.sha256(b"\n".join(rows)).hexdigest() == DIGEST
