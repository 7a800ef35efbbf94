"""Metrics of language models, against counts made by hand and by brute force."""

import collections
import types

import numpy as np
import pytest

from zoo.metrics import language_modeling
from zoo.metrics.language_modeling import KneserNey


def stream(ids):
    return types.SimpleNamespace(ids=np.array(ids, "int32"))


def text(length, size=7, seed=0):
    """Ids from 1, of which each mostly follows from the two before it."""
    rng = np.random.default_rng(seed)
    ids = [1, 2]
    while len(ids) < length:
        drawn = rng.integers(1, size)
        ids.append(int(drawn if rng.random() < 0.3 else 1 + (ids[-1] + ids[-2]) % (size - 1)))
    return np.array(ids, "int32")


def test_report():
    found = language_modeling.report(np.log([1 / 2, 1 / 8, 1 / 2], dtype="float32"))
    assert found["bits"] == pytest.approx(5 / 3)
    assert found["nats"] == pytest.approx(5 / 3 * np.log(2))
    assert found["perplexity"] == pytest.approx(2 ** (5 / 3))
    assert found["tokens"] == 3


def brute_force(ids, order, query):
    """Interpolated Kneser-Ney as the papers write it, with dictionaries and a recursion."""
    ids = [ids[0]] * (order - 1) + list(ids[1:])
    size = max(ids) + 1
    counts = {order: collections.Counter(zip(*(ids[k:] for k in range(order)), strict=False))}
    for length in range(order - 1, 0, -1):
        counts[length] = collections.Counter(gram[1:] for gram in counts[length + 1])

    def probability(gram):
        if not gram:
            return 1 / (size - 1)
        level = counts[len(gram)]
        once, twice = (sum(count == n for count in level.values()) for n in (1, 2))
        discount = (once + 1) / (once + 2 * twice + 2)
        following = [count for other, count in level.items() if other[:-1] == gram[:-1]]
        shorter = probability(gram[1:])
        if not following:
            return shorter
        left = discount * len(following) * shorter
        return (max(level[gram] - discount, 0) + left) / sum(following)

    query = [query[0]] * (order - 1) + list(query[1:])
    grams = zip(*(query[k:] for k in range(order)), strict=False)
    return [float(probability(tuple(map(int, gram)))) for gram in grams]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_kneser_ney_is_what_brute_force_finds(order):
    train, query = text(200), text(40, seed=1)
    found = KneserNey(train, order).predict(query)
    assert found.shape == (39,)
    expected = np.log(brute_force(train.tolist(), order, query.tolist()))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("order", [1, 3])
def test_probabilities_sum_to_one(order):
    model = KneserNey(text(100), order)
    for context in ([1, 2], [6, 6], [3, 1]):
        queries = [model.predict(np.array([*context, token]))[-1] for token in range(1, 7)]
        assert np.exp(queries).sum() == pytest.approx(1, abs=1e-6)


def test_nothing_is_impossible():
    """No id occurs once and the unknown one never, where discounts could become 0."""
    found = KneserNey(np.array([2, 3, 2, 3, 2, 3, 2, 3, 3]), 2).predict(np.array([2, 1, 1, 2]))
    assert np.isfinite(found).all()


def test_longer_contexts_foretell_better():
    train, gold = text(5000), text(2000, seed=1)
    nats = [-KneserNey(train, order).predict(gold).mean() for order in (1, 2, 3)]
    assert nats[2] < nats[0] - 0.5
    assert nats[2] < nats[1]


def test_evaluate():
    train, gold = stream(text(1000)), stream(text(300, seed=1))
    found = language_modeling.evaluate(gold, np.full(299, np.log(1 / 4), "float32"), train)
    assert found["perplexity"] == pytest.approx(4)
    assert (found["tokens"], found["train_tokens"]) == (299, 999)
    assert found["unknown_share"] == pytest.approx(np.mean(gold.ids[1:] == 1))
    assert found["baseline"]["name"] == "Kneser-Ney 5-gram"
    expected = -KneserNey(train.ids, 5).predict(gold.ids).mean()
    assert found["baseline"]["nats"] == pytest.approx(expected, rel=1e-5)
    assert found["unigram"]["nats"] > found["baseline"]["nats"]
    ((title, columns, rows),) = language_modeling.tables({**found, "split": "dev"})
    assert title.startswith("dev: 299 tokens, ")
    assert columns == ["", "model", "Kneser-Ney 5-gram", "unigram"]
    assert rows[2][1] == "4.00"


def test_a_large_vocabulary_has_a_shorter_baseline():
    """Keys of n-grams must fit in 62 bits: 20,000 ids leave four tokens."""
    train = stream([1, 2, 20_001, 2, 20_001, 3])
    found = language_modeling.evaluate(train, np.zeros(5), train)
    assert found["baseline"]["name"] == "Kneser-Ney 4-gram"


def test_numbers_must_agree():
    with pytest.raises(ValueError, match=r"a probability for each of 2 tokens\. Received: 3"):
        language_modeling.evaluate(stream([1, 2, 3]), np.zeros(3), stream([1, 2, 3]))
    with pytest.raises(ValueError, match="`ids` must be below 4"):
        KneserNey(np.array([1, 2, 3]), 2).predict(np.array([1, 9]))


def test_copied_counts_pieces_of_each_length():
    source = "abcabd"
    found = language_modeling.copied(["abd", "xab"], source, lengths=[1, 2, 3, 4])
    assert found[:3] == pytest.approx([5 / 6, 3 / 4, 1 / 2])
    assert np.isnan(found[3]), "no piece is so long"
    assert language_modeling.copied([source], source, [6]) == [1.0]
