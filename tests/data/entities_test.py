"""Corpora of entities: TFDS's own builders on hand-made files, schemes, and counts."""

import os
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds

import zoo
from zoo import schemes
from zoo.data import sources, tagging

# The columns of CoNLL-2003; like the real files it ends with an empty line after the last sentence.
CONLL = """\
-DOCSTART- -X- -X- O

Ada NNP B-NP B-PER
Lovelace NNP I-NP I-PER
lives VBZ B-VP O
in IN B-PP O
Bath NNP B-NP B-LOC

Rest NN B-NP O

"""
PANX = """\
en:Ada\tB-PER
en:Lovelace\tI-PER
en:lives\tO

en:Bath\tB-LOC

"""


@pytest.fixture
def conll2003(tmp_path, monkeypatch):
    """TFDS's own builder of CoNLL-2003, read from the lines above for every split."""
    path = tmp_path / "hand.txt"
    path.write_text(CONLL, encoding="utf-8")
    builder = tfds.builder("conll2003", data_dir=tmp_path)

    def generators(self, dl_manager):
        return {split: self._generate_examples(path) for split in ("train", "dev", "test")}

    monkeypatch.setattr(type(builder), "_split_generators", generators)
    builder.download_and_prepare()
    monkeypatch.setattr(sources, "builder", lambda name, data_dir=None: builder)
    return "conll2003"


def test_the_example_without_a_token_is_left_out(conll2003):
    assert len(sources.load(conll2003, "train")) == 3
    sentences = tagging.read(conll2003, "train")
    assert sorted(sentences.tokens, key=len) == [
        ["Rest"],
        ["Ada", "Lovelace", "lives", "in", "Bath"],
    ]
    assert max(sentences.tags, key=len) == ["B-PER", "I-PER", "O", "O", "B-LOC"]


def test_another_feature_can_be_read(conll2003):
    tags = tagging.read(conll2003, "dev", feature="pos").tags
    assert max(tags, key=len) == ["NNP", "NNP", "VBZ", "IN", "NNP"]
    said = r"`feature` must be one of .*'ner'.*Received: 'upos'"
    with pytest.raises(ValueError, match=said):
        tagging.read(conll2003, "dev", feature="upos")


def test_wikiann_through_tfds(tmp_path, monkeypatch):
    """The real builder with its real archives, made here of sentences of our own."""
    archive = tmp_path / "panx"
    archive.mkdir()
    with tarfile.open(archive / "en.tar.gz", "w:gz") as tar:
        for split in ("train", "dev", "test"):
            path = tmp_path / split
            path.write_text(PANX if split == "train" else PANX.partition("\n\n")[0] + "\n")
            tar.add(path, split)
    monkeypatch.setattr(
        tfds.download.DownloadManager, "download_and_extract", lambda self, url: str(archive)
    )
    data = tagging.load("wikiann/en", scheme="bio", data_dir=tmp_path / "data")
    assert [len(data.splits[split]) for split in ("train", "dev", "test")] == [2, 1, 1]
    assert data.splits["dev"].tokens == [["Ada", "Lovelace", "lives"]]
    assert data.splits["dev"].tags == [["B-PER", "I-PER", "O"]]
    assert data.tags == ["O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER"]


@pytest.fixture(scope="module")
def data():
    return tagging.load("grammar_text", feature="entities", scheme="iobes", shapes=True, limit=80)


def test_a_scheme_names_its_tags(data):
    assert data.tags[:5] == ["O", "B-LOC", "I-LOC", "E-LOC", "S-LOC"]
    assert data.sizes["tags"] == data.tags
    assert data.sizes["num_tags"] == len(data.tags) == 13
    assert {tag[0] for tags in data.splits["train"].tags for tag in tags} <= set("OBI")


def test_tags_are_encoded_in_the_scheme(data):
    x, y = data.encode(data.splits["dev"])
    assert set(x) == {"tokens", "characters", "shapes"}
    for ids, tags in zip(y, data.splits["dev"].tags, strict=True):
        assert schemes.convert([data.tags[place] for place in ids], "bio") == tags


@pytest.mark.parametrize("head", ["softmax", "crf"])
def test_predictions_come_back_as_bio(data, head):
    model = zoo.models.SequenceTagger(
        **data.sizes, head=head, units=4, embedding_dim=4, character_encoder="cnn"
    )
    sentences = data.splits["dev"][:9]
    found = data.predict(model, sentences)
    assert [len(tags) for tags in found] == [len(tokens) for tokens in sentences.tokens]
    assert {tag[0] for tags in found for tag in tags} <= set("OBI")
    assert all(schemes.convert(tags, "bio") == tags for tags in found)


def test_further_words_keep_the_places_of_the_others(data):
    more = data.with_words(["aardvark", data.encoder.words[0], "zebra"])
    assert more.encoder.words == [*data.encoder.words, "aardvark", "zebra"]
    assert more.sizes["vocabulary_size"] == data.sizes["vocabulary_size"] + 2
    for name, ids in more.encode(data.splits["dev"])[0].items():
        assert len(ids) == len(data.splits["dev"]), name
    assert more.encoder(["Zebra"])["tokens"].numpy()[0] == more.sizes["vocabulary_size"] - 1
    np.testing.assert_array_equal(
        more.encoder(["Zebra"])["shapes"], data.encoder(["Ada"])["shapes"]
    )


@pytest.mark.slow
def test_counts_of_conll2003():
    """Needs CoNLL-2003 in TFDS_DATA_DIR. The counts are those of the shared task's paper."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with conll2003")
    expected = {
        "train": (14_041, 203_621, 23_499),
        "dev": (3_250, 51_362, 5_942),
        "test": (3_453, 46_435, 5_648),
    }
    for split, counts in expected.items():
        sentences = tagging.read("conll2003", split)
        entities = sum(len(schemes.spans(tags)) for tags in sentences.tags)
        assert (len(sentences), sum(map(len, sentences.tokens)), entities) == counts
        assert all(schemes.convert(tags, "bio") == tags for tags in sentences.tags)
