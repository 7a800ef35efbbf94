"""Tests for the grammar of grammar_text."""

import collections
import hashlib
import itertools
import re

import pytest

from . import grammar, lexicon


@pytest.fixture(scope="module")
def splits():
    """The sentences of each split, in the sizes of the data set."""
    sizes = {"train": 4000, "validation": 500, "test": 500}
    return {split: list(grammar.sentences(split, size)) for split, size in sizes.items()}


def _tokens(sentences):
    return [token for sentence in sentences for token in sentence.tokens]


def test_same_seed_same_bytes(splits):
    digest = hashlib.sha256(repr(splits["test"]).encode()).hexdigest()
    assert digest == "5757836c626155eddf1468847e42a9e3ff6b7c54010a50dac910e5c887a8098d"
    assert list(grammar.sentences("test", 20, seed=1)) != splits["test"][:20]


def test_no_sentence_is_in_two_splits(splits):
    texts = [sentence.text for split in splits.values() for sentence in split]
    assert len(texts) == len(set(texts)) == 5000


def test_lengths_vary(splits):
    lengths = {len(sentence.tokens) for sentence in splits["train"]}
    assert lengths == set(range(3, 36))


def test_every_tag_and_entity_occurs(splits):
    tokens = _tokens(splits["train"])
    assert {token.upos for token in tokens} == set(grammar.UPOS)
    assert {token.entity for token in tokens} == set(grammar.ENTITIES)


def test_entities_are_valid_bio(splits):
    for sentence in splits["train"]:
        labels = ["O", *(token.entity for token in sentence.tokens)]
        for before, label in itertools.pairwise(labels):
            if label.startswith("I-"):
                assert before in (f"B-{label[2:]}", label), sentence.text


def test_only_names_are_entities(splits):
    for token in _tokens(splits["test"]):
        assert token.entity == "O" or token.upos in ("PROPN", "ADP", "CCONJ")


def test_text_holds_the_tokens_in_order(splits):
    for sentence in splits["train"]:
        joined = "".join(token.form for token in sentence.tokens)
        assert sentence.text.replace(" ", "") == joined
        assert not re.search(r" [.,;?!)%]|[($] | n't|\ba (ea|honest)|\ban us", sentence.text)


def test_sentiments_are_balanced(splits):
    for sentences in splits.values():
        positive = sum(sentence.sentiment == "positive" for sentence in sentences)
        assert 0.4 < positive / len(sentences) < 0.6


def test_test_has_unseen_words(splits):
    seen = {token.form.lower() for token in _tokens(splits["train"])}
    for split, low, high in (("validation", 0, 0.01), ("test", 0.05, 0.10)):
        tokens = _tokens(splits[split])
        unseen = sum(token.form.lower() not in seen for token in tokens)
        assert low <= unseen / len(tokens) <= high


def test_most_frequent_tag_is_not_enough(splits):
    counts = collections.defaultdict(collections.Counter)
    for token in _tokens(splits["train"]):
        counts[token.form][token.upos] += 1
    overall = sum(counts.values(), collections.Counter()).most_common(1)[0][0]
    best = {form: tags.most_common(1)[0][0] for form, tags in counts.items()}
    tokens = _tokens(splits["test"])
    accuracy = sum(best.get(t.form, overall) == t.upos for t in tokens) / len(tokens)
    assert 0.80 < accuracy < 0.90


@pytest.mark.parametrize(
    ("inflect", "word", "form"),
    [
        (lexicon.plural, "watch", "watches"),
        (lexicon.plural, "library", "libraries"),
        (lexicon.plural, "play", "plays"),
        (lexicon.gerund, "plan", "planning"),
        (lexicon.gerund, "write", "writing"),
        (lexicon.gerund, "visit", "visiting"),
        (lexicon.gerund, "free", "freeing"),
        (lexicon.past, "free", "freed"),
        (lexicon.past, "study", "studied"),
        (lexicon.past, "buy", "bought"),
        (lexicon.participle, "draw", "drawn"),
        (lexicon.agent, "write", "writer"),
        (lexicon.action, "decorate", "decoration"),
        (lexicon.adverb, "terrible", "terribly"),
        (lexicon.adverb, "lazy", "lazily"),
        (lexicon.abstract, "lazy", "laziness"),
    ],
)
def test_inflections(inflect, word, form):
    assert inflect(word) == form
