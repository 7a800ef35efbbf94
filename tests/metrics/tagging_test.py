"""Metrics of taggers, against counts made by hand."""

import types

import pytest

from zoo.metrics import tagging

GOLD = [["DET", "NOUN", "VERB"], ["NOUN", "NOUN"], ["VERB"]]
PREDICTED = [["DET", "NOUN", "NOUN"], ["VERB", "NOUN"], ["VERB"]]
TOKENS = [["the", "dog", "barks"], ["dog", "houses"], ["bark"]]
TRAIN = types.SimpleNamespace(
    tokens=[["the", "dog", "bark"], ["dog", "bark", "dog"]],
    tags=[["DET", "NOUN", "VERB"], ["NOUN", "VERB", "VERB"]],
)


def test_report():
    found = tagging.report(GOLD, PREDICTED)
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["sentence_accuracy"] == pytest.approx(1 / 3)
    assert (found["tokens"], found["sentences"]) == (6, 3)
    assert found["per_tag"]["NOUN"]["precision"] == pytest.approx(2 / 3)
    assert found["per_tag"]["NOUN"]["recall"] == pytest.approx(2 / 3)
    assert found["per_tag"]["VERB"]["f1-score"] == pytest.approx(1 / 2)
    assert found["confusion"] == [[1, 0, 0], [0, 2, 1], [0, 1, 1]]
    assert tagging.confused(found) == [("NOUN", "VERB", 1), ("VERB", "NOUN", 1)]


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="the same sentences of the same lengths"):
        tagging.report(GOLD, PREDICTED[:2])


def test_baseline_and_unknown_words():
    gold = types.SimpleNamespace(tokens=TOKENS, tags=GOLD)
    found = tagging.evaluate(gold, PREDICTED, TRAIN)
    # "barks" and "houses" were never seen: one of the two is right.
    assert found["unknown_share"] == pytest.approx(2 / 6)
    assert found["unknown_accuracy"] == pytest.approx(1 / 2)
    assert found["train_tokens"] == 6
    # "the" was seen once, as DET: what unknown words get. So "barks" and "houses" are wrong.
    assert found["baseline"]["accuracy"] == pytest.approx(4 / 6)
    assert found["baseline"]["unknown_accuracy"] == 0


def test_nothing_unknown():
    gold = types.SimpleNamespace(tokens=[["the", "dog"]], tags=[["DET", "NOUN"]])
    found = tagging.evaluate(gold, gold.tags, TRAIN)
    assert found["unknown_accuracy"] is None
    assert tagging.tables({**found, "split": "dev"})[0][2][1][1] == "-"
