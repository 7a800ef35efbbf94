"""What `sentiment_probes` is for: its pairs cannot be told apart by their words alone."""

import collections
import itertools

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from zoo.data import sources
from zoo.data.tokenizer import tokenize

_NEGATORS = {
    "not", "n't", "never", "no", "nothing", "nobody", "none", "without", "hardly", "barely",
    "rarely", "seldom",
}  # fmt: skip
_PHENOMENA = (
    "negation", "negated_negative", "contrast", "scope", "concession", "comparison", "irrealis",
    "quantity", "opinion_holder",
)  # fmt: skip


@pytest.fixture(scope="module")
def probes(tmp_path_factory):
    """All sentences, with the names of their classes and their lower-cased tokens."""
    data_dir = tmp_path_factory.mktemp("data")
    features = sources.builder("sentiment_probes", data_dir).info.features
    rows = list(sources.load("sentiment_probes", "test", data_dir).as_numpy_iterator())
    tokens, _, _ = tokenize([row["text"].lower() for row in rows], "en")
    for row, words in zip(rows, tokens.numpy().tolist(), strict=True):
        row["text"] = row["text"].decode()
        row["tokens"] = [word.decode() for word in words if word]
        for name in ("label", "phenomenon"):
            row[name] = features[name].int2str(row[name])
    return rows


@pytest.fixture(scope="module")
def pairs(probes):
    """The sentences two by two, as they come."""
    return list(zip(probes[::2], probes[1::2], strict=True))


def _vectors(rows):
    return CountVectorizer(analyzer=lambda row: row["tokens"]).fit_transform(rows)


def test_labels_are_those_of_imdb_reviews(tmp_path):
    features = sources.builder("sentiment_probes", tmp_path).info.features
    assert features["label"].names == ["neg", "pos"]


def test_a_pair_is_one_neg_and_one_pos_of_one_phenomenon(pairs):
    assert len(pairs) == 192
    for number, (neg, pos) in enumerate(pairs):
        assert neg["pair"] == pos["pair"] == number
        assert (neg["label"], pos["label"]) == ("neg", "pos")
        assert neg["phenomenon"] == pos["phenomenon"]
        assert neg["same_words"] == pos["same_words"]


def test_every_phenomenon_has_enough_pairs(pairs):
    counts = collections.Counter(neg["phenomenon"] for neg, _ in pairs)
    assert counts.keys() == set(_PHENOMENA)
    assert min(counts.values()) >= 12


def test_readme_tells_the_counts_and_examples(pairs):
    folder = sources.builder("sentiment_probes").code_path.parent
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    table = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][1:]
    assert [row[0] for row in table] == list(_PHENOMENA)
    for phenomenon, count, same, *example in table:
        own = [pair for pair in pairs if pair[0]["phenomenon"] == phenomenon]
        assert len(own) == int(count)
        assert sum(neg["same_words"] for neg, _ in own) == int(same)
        assert example in [[neg["text"], pos["text"]] for neg, pos in own]


def test_sentences_are_whole_short_and_unique(probes):
    texts = [row["text"] for row in probes]
    assert len({text.lower() for text in texts}) == len(texts)
    for text in texts:
        assert text[0].isupper() and text.endswith(".") and text == " ".join(text.split())
        assert 3 <= len(text.split()) <= 17


def test_a_bag_of_words_cannot_tell_same_words_apart(pairs):
    same = [pair for pair in pairs if pair[0]["same_words"]]
    assert len(same) == 77
    bags = _vectors(itertools.chain.from_iterable(same)).toarray()
    np.testing.assert_array_equal(bags[::2], bags[1::2])
    # So whatever a linear model says of one it says of the other: half of them are wrong.
    said = bags @ np.random.default_rng(0).normal(size=bags.shape[1]) > 0
    assert np.mean(said == np.tile([False, True], len(same))) == 0.5


def test_other_pairs_differ_in_their_words(pairs):
    for neg, pos in pairs:
        assert (sorted(neg["tokens"]) == sorted(pos["tokens"])) == neg["same_words"], neg["text"]


def test_unigrams_learned_from_all_other_pairs_do_not_help(probes):
    labels = [row["label"] for row in probes]
    groups = [row["pair"] for row in probes]
    model = LogisticRegression(max_iter=1000)
    guesses = cross_val_predict(
        model, _vectors(probes), labels, groups=groups, cv=LeaveOneGroupOut()
    )
    assert 0.4 < np.mean(guesses == np.array(labels)) < 0.6


@pytest.mark.parametrize("phenomenon", _PHENOMENA)
def test_negators_do_not_tell_the_label(pairs, phenomenon):
    counts = [
        [sum(token in _NEGATORS for token in row["tokens"]) for row in pair]
        for pair in pairs
        if pair[0]["phenomenon"] == phenomenon
    ]
    more_in_neg = sum(neg > pos for neg, pos in counts)
    more_in_pos = sum(pos > neg for neg, pos in counts)
    assert abs(more_in_neg - more_in_pos) <= 2
