"""Metrics of entities: against `seqeval`, the rules of `conlleval`, and counts made by hand."""

import collections
import itertools
import os
import types

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

from zoo.metrics import entities

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-a-b", "I-a-b"]

ADVERSARIAL = {
    "I after O": ("O I-PER I-PER O", "O B-PER I-PER O"),
    "I of another type after B": ("B-PER I-LOC O", "B-PER I-PER O"),
    "B after B": ("B-PER B-PER O", "B-PER I-PER O"),
    "B after I": ("B-PER I-PER B-PER", "B-PER I-PER I-PER"),
    "type changes inside": ("B-PER I-PER I-LOC I-LOC", "B-PER I-PER B-LOC I-LOC"),
    "type changes and comes back": ("B-PER I-LOC I-PER", "I-PER I-LOC B-PER"),
    "only the first part is the same": ("B-PER I-PER I-PER", "B-PER I-PER O"),
    "only the last part is the same": ("B-PER I-PER I-PER", "O B-PER I-PER"),
    "sentence ends inside an entity": ("O B-PER I-PER | I-PER O", "O B-PER I-PER | I-PER I-PER"),
    "both go on in the next sentence": ("B-LOC | I-LOC", "B-LOC | I-LOC"),
    "nothing in gold": ("O O | O", "B-PER I-PER | O"),
    "nothing predicted": ("B-PER I-PER | O", "O O | O"),
    "nothing in either": ("O O | O", "O O | O"),
    "E tags": ("B-PER E-PER I-PER E-PER E-PER", "B-PER E-PER B-LOC E-PER I-PER"),
}


def corpora(tags):
    """Pairs of gold and predicted sentences of equal lengths, most of them invalid."""
    tag = st.sampled_from(tags)
    sentence = st.lists(st.tuples(tag, tag), min_size=1, max_size=9)
    return st.lists(sentence, min_size=1, max_size=5).map(
        lambda rows: tuple([[pair[side] for pair in row] for row in rows] for side in (0, 1))
    )


def conlleval(gold, predicted):
    """Counts as version 2004-01-26 of `conlleval` does: one tag after another, without spans.

    Returns:
        Correct chunks, chunks guessed and chunks in the corpus, each a Counter of types, and the
        number of correct tags.
    """

    def ends(before, tag):
        pairs = ["BB", "BO", "IB", "IO", "EE", "EI", "EO"]
        return before[0] + tag[0] in pairs or (before[0] != "O" and before[1] != tag[1])

    def starts(before, tag):
        pairs = ["BB", "IB", "OB", "OI", "EE", "EI", "OE"]
        return before[0] + tag[0] in pairs or (tag[0] != "O" and before[1] != tag[1])

    lines = []
    for sentence in zip(gold, predicted, strict=True):
        if lines:  # An empty line between two sentences is read as O; none ends the file.
            lines.append((("O", ""), ("O", ""), False))
        for pair in zip(*sentence, strict=True):
            lines.append((*(tuple(tag.partition("-")[::2]) for tag in pair), True))

    correct_chunk, found_guessed, found_correct = (collections.Counter() for _ in range(3))
    correct_tags, in_correct, last = 0, False, (("O", ""), ("O", ""))
    for correct, guessed, is_token in lines:
        if in_correct:
            over = ends(last[0], correct), ends(last[1], guessed)
            if all(over) and last[0][1] == last[1][1]:
                in_correct = False
                correct_chunk[last[0][1]] += 1
            elif over[0] != over[1] or guessed[1] != correct[1]:
                in_correct = False
        begun = starts(last[0], correct), starts(last[1], guessed)
        if all(begun) and guessed[1] == correct[1]:
            in_correct = True
        found_correct[correct[1]] += begun[0]
        found_guessed[guessed[1]] += begun[1]
        correct_tags += is_token and correct == guessed
        last = correct, guessed
    if in_correct:
        correct_chunk[last[0][1]] += 1
    return correct_chunk, found_guessed, found_correct, correct_tags


def percentages(right, guessed, true):
    precision = 100 * right / guessed if guessed else 0
    recall = 100 * right / true if true else 0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0
    return pytest.approx((precision, recall, f1))


def assert_as_conlleval(gold, predicted):
    found = entities.report(gold, predicted)
    right, guessed, true, tags = conlleval(gold, predicted)
    overall = percentages(right.total(), guessed.total(), true.total())
    assert tuple(100 * found[name] for name in ("precision", "recall", "f1")) == overall
    assert found["entities"] == true.total()
    assert found["accuracy"] == pytest.approx(tags / found["tokens"])
    assert list(found["per_type"]) == sorted(+true | +guessed)
    for kind, row in found["per_type"].items():
        scores = tuple(100 * row[name] for name in ("precision", "recall", "f1-score"))
        assert scores == percentages(right[kind], guessed[kind], true[kind])
        assert (row["support"], row["predicted"]) == (true[kind], guessed[kind])


@pytest.mark.parametrize("gold, predicted", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_adversarial_sequences_as_conlleval(gold, predicted):
    gold, predicted = ([row.split() for row in side.split("|")] for side in (gold, predicted))
    assert_as_conlleval(gold, predicted)
    assert_as_conlleval(predicted, gold)
    assert_as_conlleval(gold, gold)


@settings(max_examples=300, deadline=None)
@given(corpora(TAGS))
def test_random_sequences_as_conlleval(corpus):
    assert_as_conlleval(*corpus)


@settings(max_examples=200, deadline=None)
@given(corpora(["O", "B-PER", "I-PER", "E-PER", "B-LOC", "E-LOC"]))
def test_random_sequences_with_ends_as_conlleval(corpus):
    # By `conlleval` no chunk starts at a B after an E of its type: the one pair it leaves out.
    pairs = [pair for side in corpus for row in side for pair in itertools.pairwise(row)]
    assume(not any(a[0] == "E" and b[0] == "B" and a[1:] == b[1:] for a, b in pairs))
    assert_as_conlleval(*corpus)


@settings(max_examples=300, deadline=None)
@given(corpora(TAGS))
def test_random_sequences_as_seqeval(corpus):
    found = entities.report(*corpus)
    scores = precision_recall_fscore_support(*corpus, average="micro", zero_division=0)
    assert (found["precision"], found["recall"], found["f1"]) == pytest.approx(scores[:3])
    scores = precision_recall_fscore_support(*corpus, average=None, zero_division=0)
    names = ("precision", "recall", "f1-score", "support")
    for name, column in zip(names, scores, strict=True):
        ours = [row[name] for row in found["per_type"].values()]
        assert ours == pytest.approx(list(column))


@settings(max_examples=200, deadline=None)
@given(corpora(TAGS))
def test_errors_and_confusion_add_up(corpus):
    found = entities.report(*corpus)
    right, guessed, true, _ = conlleval(*corpus)
    errors, counts, kinds = found["errors"], found["confusion"], found["labels"][:-1]
    assert sum(errors.values()) - errors["spurious"] == true.total()
    assert errors["right"] == right.total()
    assert [sum(row) for row in counts[:-1]] == [true[kind] for kind in kinds]
    assert [sum(row) for row in zip(*counts, strict=True)][:-1] == [guessed[k] for k in kinds]
    assert [counts[i][i] for i in range(len(kinds))] == [right[kind] for kind in kinds]
    assert counts[-1][-1] == 0
    same = sum(sum(row[:-1]) for row in counts[:-1])
    assert same == errors["right"] + errors["wrong type"]
    # Seen from the other side, what is missed is spurious, and what is right stays so.
    swapped = entities.report(*reversed(corpus))["errors"]
    assert (swapped["missed"], swapped["spurious"]) == (errors["spurious"], errors["missed"])
    assert swapped["wrong type"] == errors["wrong type"]


def test_every_kind_of_error():
    cases = [
        ("B-PER I-PER O", "B-PER I-PER O", "right"),
        ("B-PER I-PER O", "B-LOC I-LOC O", "wrong type"),
        ("B-PER I-PER O", "B-PER O O", "wrong boundary"),
        ("B-PER I-PER O", "O B-PER I-PER", "wrong boundary"),
        ("B-PER I-PER O", "B-LOC B-PER O", "wrong boundary"),
        ("B-PER I-PER O", "B-LOC B-ORG O", "both wrong"),
        ("B-PER I-PER O", "O O O", "missed"),
        ("O O O", "O B-PER O", "spurious"),
    ]
    for gold, predicted, kind in cases:
        errors = entities.report([gold.split()], [predicted.split()])["errors"]
        assert {name: count for name, count in errors.items() if count} == {kind: 1}, predicted
    both = entities.report([["B-PER", "I-PER", "O"]], [["O", "O", "B-PER"]])["errors"]
    assert (both["missed"], both["spurious"]) == (1, 1)


def test_confusion_by_hand():
    gold = [["B-PER", "I-PER", "O", "B-LOC", "O", "B-ORG"]]
    predicted = [["B-PER", "O", "O", "B-ORG", "B-LOC", "B-ORG"]]
    found = entities.report(gold, predicted)
    assert found["labels"] == ["LOC", "ORG", "PER", "none"]
    assert found["confusion"] == [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 1, 0]]
    assert found["accuracy"] == pytest.approx(3 / 6)


def test_nothing_to_find_gives_zero():
    found = entities.report([["O"]], [["O"]])
    assert (found["precision"], found["recall"], found["f1"]) == (0, 0, 0)
    assert (found["per_type"], found["labels"], found["confusion"]) == ({}, ["none"], [[0]])
    assert entities.report([], [])["accuracy"] == 0


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="the same sentences of the same lengths"):
        entities.report([["O"], ["O"]], [["O"]])
    with pytest.raises(ValueError, match="the same sentences of the same lengths"):
        entities.report([["O", "O"]], [["O"]])


def test_tags_must_be_tags():
    with pytest.raises(ValueError, match="A tag must be 'O', or B-, I-"):
        entities.report([["PER"]], [["O"]])


TRAIN = types.SimpleNamespace(
    tokens=[["York", "fell"], ["New", "York", "rose"], ["York", "won"], ["Lee", "met", "Lee"]],
    tags=[["B-LOC", "O"], ["B-LOC", "I-LOC", "O"], ["B-ORG", "O"], ["B-PER", "O", "B-ORG"]],
)


def test_baseline_takes_the_longest_phrase_and_its_most_frequent_type():
    tokens = [*TRAIN.tokens, ["York", "lost"], ["York", "Minster"]]
    baseline = entities.SeenEntities(tokens, [*TRAIN.tags, ["B-ORG", "O"], ["B-LOC", "I-LOC"]])
    assert baseline.counts["York",] == {"LOC": 1, "ORG": 2}
    assert baseline.predict([["York", "Minster", "New", "York", "Minster"], []]) == [
        ["B-LOC", "I-LOC", "B-LOC", "I-LOC", "O"],
        [],
    ]
    assert baseline.predict([["New", "york", "York", "York"]]) == [["O", "O", "B-ORG", "B-ORG"]]


def test_baseline_breaks_ties_by_the_alphabet():
    predict = entities.SeenEntities(TRAIN.tokens, TRAIN.tags).predict
    assert predict([["York"], ["Lee"]]) == [["B-LOC"], ["B-ORG"]]


def test_baseline_without_entities():
    baseline = entities.SeenEntities([["a"]], [["O"]])
    assert baseline.predict([["a", "b"]]) == [["O", "O"]]


def test_seen_and_unseen_entities():
    """York was a place and an organization, never a person; "new york" is not "New York"."""
    gold = types.SimpleNamespace(
        tokens=[["York", "in", "York", "and", "new", "York"], ["New", "York"]],
        tags=[["B-PER", "O", "B-ORG", "O", "B-LOC", "I-LOC"], ["B-LOC", "I-LOC"]],
    )
    predicted = [["B-PER", "O", "B-LOC", "O", "O", "B-LOC"], ["B-LOC", "I-LOC"]]
    found = entities.evaluate(gold, predicted, TRAIN)
    assert found["recall"] == 2 / 4
    assert found["unseen_share"] == 2 / 4
    assert (found["unseen_recall"], found["seen_recall"]) == (1 / 2, 1 / 2)
    assert (found["train_tokens"], found["train_entities"]) == (10, 5)
    baseline = found["baseline"]
    assert baseline["name"] == "entities seen in training"
    assert (baseline["recall"], baseline["unseen_share"]) == (1 / 4, 2 / 4)
    assert (baseline["unseen_recall"], baseline["seen_recall"]) == (0, 1 / 2)


def test_nothing_seen_and_nothing_at_all():
    gold = types.SimpleNamespace(tokens=[["Oslo"], ["in"]], tags=[["B-LOC"], ["O"]])
    found = entities.evaluate(gold, gold.tags, TRAIN)
    assert (found["unseen_share"], found["unseen_recall"], found["seen_recall"]) == (1, 1, None)
    gold = types.SimpleNamespace(tokens=[["in"]], tags=[["O"]])
    found = entities.evaluate(gold, gold.tags, TRAIN)
    assert (found["unseen_share"], found["unseen_recall"], found["seen_recall"]) == (None,) * 3
    title, _, rows = entities.tables({**found, "split": "dev"})[0]
    assert title == "dev: 1 tokens, 0 entities, - % of them unseen"
    assert rows[3] == ["recall of seen", "-", "-"]


def test_tables_show_the_model_beside_the_baseline():
    gold = types.SimpleNamespace(
        tokens=[["York", "in", "Oslo", "."]], tags=[["B-LOC", "O", "B-LOC", "O"]]
    )
    found = entities.evaluate(gold, [["B-ORG", "O", "B-LOC", "B-MISC"]], TRAIN)
    overall, per_type, errors, worst = entities.tables({**found, "split": "test"})
    assert overall[1] == ["", "model", "entities seen in training"]
    assert overall[2] == [
        ["precision", "33.33", "100.00"],
        ["recall", "50.00", "50.00"],
        ["F1", "40.00", "66.67"],
        ["recall of seen", "0.00", "100.00"],
        ["recall of unseen", "100.00", "0.00"],
        ["tag accuracy", "50.00", "75.00"],
    ]
    assert per_type[2][0] == ["LOC", "100.00", "50.00", "66.67", "66.67", "2", "1"]
    assert per_type[2][1] == ["MISC", "0.00", "0.00", "0.00", "-", "0", "1"]
    assert errors[2][0] == ["right", "1", "1"]
    assert errors[2][-1] == ["spurious", "1", "0"]
    assert worst[2] == [["LOC", "ORG", "1", "50.00"], ["none", "MISC", "1", "-"]]
    for _, columns, rows in (overall, per_type, errors, worst):
        assert all(len(row) == len(columns) for row in rows)
        assert all(isinstance(cell, str) for row in rows for cell in row)


@pytest.mark.slow
def test_baseline_of_conll2003_is_the_published_one():
    """Needs conll2003 in TFDS_DATA_DIR. The paper has 71.91, 50.90 and 59.61 on test."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with conll2003")
    from zoo.data import tagging

    train, dev, test = (tagging.read("conll2003", split) for split in ("train", "dev", "test"))
    scores = {}
    for name, gold in {"dev": dev, "test": test}.items():
        found = entities.evaluate(gold, gold.tags, train)
        assert found["f1"] == 1
        baseline = found["baseline"]
        scores[name] = [round(100 * baseline[key], 2) for key in ("precision", "recall", "f1")]
        print(f"{name}: {scores[name]}, {found['unseen_share']:.1%} unseen")
    assert scores["test"] == [71.91, 50.90, 59.61]
    assert scores["dev"] == [78.33, 65.23, 71.18]  # What we found.
    # The paper's words, that only phrases of one type are found, do not give the paper's figures.
    baseline = entities.SeenEntities(train.tokens, train.tags)
    baseline.types = {
        phrase: kind for phrase, kind in baseline.types.items() if len(baseline.counts[phrase]) == 1
    }
    literal = entities.report(test.tags, baseline.predict(test.tokens))
    assert round(100 * literal["f1"], 2) == 56.73
