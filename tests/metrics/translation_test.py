"""Measures of translations, against numbers worked out by hand, and the baselines."""

import math
import types
import warnings

import pytest

from zoo.metrics import translation


def test_bleu_by_hand():
    """One translation of five words, four right in a row: Papineni's formula, smoothed nowhere."""
    gold, told = ["a b c d e"], ["a b c d f"]
    precisions = [4 / 5, 3 / 4, 2 / 3, 1 / 2]
    expected = 100 * math.exp(sum(map(math.log, precisions)) / 4)
    found = translation.report(gold, told)
    assert found["bleu"] == pytest.approx(expected)
    assert found["token_accuracy"] == 4 / 5 and found["exact_match"] == 0
    assert found["signature"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert found["chrf_signature"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|")


def test_short_translations_pay():
    gold, told = ["a b c d e f g h"], ["a b c d"]
    found = translation.report(gold, told)
    assert found["bleu"] == pytest.approx(100 * math.exp(1 - 8 / 4))
    assert found["length_ratio"] == 0.5 and found["token_accuracy"] == 0.5


def test_capitals_count_and_spaces_do_not():
    found = translation.report(["Ein  Hund ."] * 2, ["Ein Hund . ", "ein Hund ."])
    assert found["exact_match"] == 0.5
    assert translation.report(["Ein Hund ."], ["ein Hund ."])["chrf"] < 100


def test_the_true_translations_are_right_and_nothing_is_wrong():
    gold = ["Ein Hund rennt über den Rasen .", "Zwei Frauen lesen im Park ."] * 60
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        best = translation.report(gold, gold)
    assert best["bleu"] == pytest.approx(100) and best["chrf"] == pytest.approx(100)
    assert best["exact_match"] == best["token_accuracy"] == best["length_ratio"] == 1
    worst = translation.report(gold, [""] * len(gold))
    assert worst["bleu"] == worst["exact_match"] == worst["token_accuracy"] == 0


@pytest.fixture
def found():
    train = types.SimpleNamespace(
        sources=("a dog runs", "a cat sleeps", "the bird sings"),
        targets=("ein Hund rennt", "eine Katze schläft", "der Vogel singt"),
    )
    gold = types.SimpleNamespace(
        sources=("the dog runs here", "a cat"),
        targets=("ein Hund rennt", "eine Katze schläft"),
    )
    return translation.evaluate(gold, ["ein Hund rennt", "eine Katze"], train)


def test_baselines(found):
    copied, nearest = found["baselines"]
    assert copied["name"] == "the source itself" and copied["exact_match"] == 0
    assert nearest == found["baseline"] and nearest["exact_match"] == 1
    assert found["exact_match"] == 0.5 and found["pairs"] == 2


def test_quarters_from_short_to_long(found):
    assert [each["words"] for each in found["by_length"]] == [[2, 2], [4, 4]]
    assert [each["exact_match"] for each in found["by_length"]] == [0, 1]


def test_tables(found):
    ((title, columns, rows),) = translation.tables({**found, "split": "test"})
    assert title.startswith("test: 2 pairs (BLEU nrefs:1")
    assert columns == ["", "model", "the source itself", "nearest source of train"]
    assert ["exact match", "50.00", "0.00", "100.00"] in rows


@pytest.mark.parametrize(("gold", "told"), [([], []), (["a"], [])])
def test_what_cannot_be_compared_is_named(gold, told):
    with pytest.raises(ValueError, match="There must be a translation for each"):
        translation.report(gold, told)
