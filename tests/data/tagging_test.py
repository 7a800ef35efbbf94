"""The pipeline of tagged sentences, against hand-made CoNLL-U and against counts."""

import os

import numpy as np
import pytest
from tensorflow_datasets.datasets.universal_dependencies import (
    universal_dependencies_dataset_builder,
)

from zoo.data import sources, tagging
from zoo.data.text import TokenEncoder

# "don't" is a range of two words, 8.1 is an empty node: neither line is a word.
CONLLU = """\
# sent_id = 1
# text = I don't know if she sings or he dances
1\tI\tI\tPRON\tPRP\t_\t4\tnsubj\t_\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\tVBP\t_\t4\taux\t_\t_
3\tn't\tnot\tPART\tRB\t_\t4\tadvmod\t_\t_
4\tknow\tknow\tVERB\tVB\t_\t0\troot\t_\t_
5\tif\tif\tSCONJ\tIN\t_\t7\tmark\t_\t_
6\tshe\tshe\tPRON\tPRP\t_\t7\tnsubj\t_\t_
7\tsings\tsing\tVERB\tVBZ\t_\t4\tccomp\t_\t_
8\tor\tor\tCCONJ\tCC\t_\t9\tcc\t_\t_
8.1\tif\tif\tSCONJ\tIN\t_\t_\t_\t_\t_
9\the\the\tPRON\tPRP\t_\t7\tconj\t_\t_
10\tdances\tdance\tVERB\tVBZ\t_\t9\torphan\t_\t_

# sent_id = 2
# text = Sing
1\tSing\tsing\tVERB\tVB\t_\t0\troot\t_\t_

"""


@pytest.fixture
def treebank(tmp_path, monkeypatch):
    """A treebank in TFDS's own builder, read from the CoNLL-U above for every split."""
    path = tmp_path / "hand.conllu"
    path.write_text(CONLLU, encoding="utf-8")
    builder = universal_dependencies_dataset_builder.Builder(config="en_ewt", data_dir=tmp_path)

    def generators(self, dl_manager):
        return {split: self._generate_examples(path) for split in ("train", "dev", "test")}

    monkeypatch.setattr(type(builder), "_split_generators", generators)
    builder.download_and_prepare()
    monkeypatch.setattr(sources, "builder", lambda name, data_dir=None: builder)
    return "universal_dependencies/en_ewt"


def test_further_words_leave_the_rest_as_it_was():
    options = {"lowercase": False, "max_characters": 3, "shapes": ["x"], "digits": True}
    encoder = TokenEncoder(["a"], ["b"], **options)
    more = tagging.TaggingData(encoder, [], {}).with_words(["a", "[UNK]", "", "1"]).encoder
    assert more.words == ["a", "1"] and more.characters == ["b"]
    assert {name: getattr(more, name) for name in options} == options


def test_words_only(treebank):
    sentences = tagging.read(treebank, "train")
    assert sentences.tokens == [
        ["I", "do", "n't", "know", "if", "she", "sings", "or", "he", "dances"],
        ["Sing"],
    ] or sentences.tokens == [
        ["Sing"],
        ["I", "do", "n't", "know", "if", "she", "sings", "or", "he", "dances"],
    ]
    longest = max(sentences.tags, key=len)
    assert " ".join(longest) == "PRON AUX PART VERB SCONJ PRON VERB CCONJ PRON VERB"


def test_the_rows_left_out_are_in_what_tfds_yields(treebank):
    rows = sources.load(treebank, "train").as_numpy_iterator()
    forms = {token.decode() for row in rows for token in row["tokens"]}
    assert "don't" in forms
    assert all("don't" not in sentence for sentence in tagging.read(treebank, "train").tokens)


def test_limit_takes_the_first(treebank):
    assert (
        tagging.read(treebank, "train", limit=1).tokens
        == tagging.read(treebank, "train").tokens[:1]
    )


def test_every_tag_of_the_scheme_has_an_id(treebank):
    data = tagging.load(treebank)
    assert len(data.tags) == 17
    assert data.tags == sorted(data.tags)
    assert tagging.NO_TAG not in data.tags


def test_tags_that_tfds_does_not_list_are_those_of_the_corpus(treebank):
    data = tagging.load(treebank, feature="xpos")
    longest = max(data.splits["dev"].tags, key=len)
    assert " ".join(longest) == "PRP VBP RB VB IN PRP VBZ CC PRP VBZ"
    assert data.tags == sorted(set(longest))
    _, y = data.encode(data.splits["dev"])
    assert [data.tags[index] for index in max(y, key=len)] == longest


def test_features_that_are_no_tags_are_told(treebank):
    with pytest.raises(ValueError, match=r"`feature` must be one of .*, 'upos', 'xpos', .*: 'xpo'"):
        tagging.load(treebank, feature="xpo")
    with pytest.raises(ValueError, match=r"The words of .*en_ewt have no 'feats'"):
        tagging.load(treebank, feature="feats")


def test_unknown_names_are_told():
    with pytest.raises(ValueError, match="`dataset` must be of one of: universal_dependencies"):
        tagging.read("nonsense", "train")
    with pytest.raises(ValueError, match="`split` must be one of 'train', 'dev', 'test'"):
        tagging.read("grammar_text", "validation")


def test_vocabulary_is_fitted_on_train_alone():
    data = tagging.load("grammar_text", limit=200)
    words = {token.lower() for tokens in data.splits["train"].tokens for token in tokens}
    letters = {
        letter for tokens in data.splits["train"].tokens for token in tokens for letter in token
    }
    assert {word for word in data.encoder.words if "0" not in word} <= words
    assert set(data.encoder.characters) <= letters
    unseen = [t for s in data.splits["test"].tokens for t in s if t.lower() not in words]
    ids = data.encoder([word for word in unseen if not any(c.isdigit() for c in word)])["tokens"]
    assert len(ids) > 5
    assert (ids.numpy() == 1).all()


def test_encoding_and_decoding_keep_order():
    """A model that answers with the gold tags, asked in batches of mixed lengths."""
    data = tagging.load("grammar_text", limit=50)
    sentences = data.splits["dev"]
    x, y = data.encode(sentences)
    gold = {tuple(ids): tags for ids, tags in zip(x["tokens"], y, strict=True)}

    class Oracle:
        def predict_on_batch(self, x):
            scores = np.zeros((*x["tokens"].shape, len(data.tags)))
            for row, ids in enumerate(x["tokens"]):
                tags = gold[tuple(ids[ids != 0])]
                scores[row, np.arange(len(tags)), tags] = 1
            return scores

    assert data.predict(Oracle(), sentences, batch_size=7) == sentences.tags


def test_rare_words_are_made_unknown_more_often():
    data = tagging.load("grammar_text", limit=300, rare_word_dropout=1.0)
    counts = {}
    for tokens in data.splits["train"].tokens:
        for token in data.encoder(tokens)["tokens"].numpy():
            counts[int(token)] = counts.get(int(token), 0) + 1
    rates = data.unknown_rates
    assert rates[0] == 0
    for index in (2, 10, len(rates) - 1):
        assert rates[index] == pytest.approx(1 / (1 + counts[index]))
    batches = data.batches("train", 32, seed=0)
    unknown = []
    for epoch in range(20):
        batches.epoch = epoch
        unknown.append(sum((x["tokens"] == 1).sum() for x, _, _ in batches))
    expected = sum(rates[index] * count for index, count in counts.items())
    assert np.mean(unknown) == pytest.approx(expected, rel=0.05)
    assert len(set(unknown)) > 1
    assert all((x["tokens"] != 1).all() for x, _, _ in data.batches("train", 32))


@pytest.mark.slow
def test_counts_of_english_ewt():
    """Needs EWT in TFDS_DATA_DIR. The counts are those of the treebank's own statistics."""
    _needs_real_data()
    words = {"train": (12_543, 204_578), "dev": (2_001, 25_149), "test": (2_077, 25_094)}
    for split, (number, total) in words.items():
        sentences = tagging.read("universal_dependencies/en_ewt", split)
        assert (len(sentences), sum(map(len, sentences.tokens))) == (number, total)


@pytest.mark.slow
def test_padding_of_english_ewt():
    """Needs EWT in TFDS_DATA_DIR. Buckets against what one pays without them."""
    _needs_real_data()
    data = tagging.load("universal_dependencies/en_ewt")
    batches = data.batches("train", 32, seed=0)
    lengths = batches.lengths
    plain = 1 - lengths.sum() / sum(
        len(lengths[i : i + 32]) * lengths[i : i + 32].max() for i in range(0, len(lengths), 32)
    )
    print(f"padding: {batches.padding:.1%} in buckets, {plain:.1%} without")
    assert batches.padding < 0.06
    assert plain > 0.4


def _needs_real_data():
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with universal_dependencies")
