"""Metrics of classifiers: against SciPy, scikit-learn, and sums made by hand."""

import dataclasses
import json

import numpy as np
import pytest
from scipy import stats
from scipy.special import softmax
from sklearn import metrics

from zoo.metrics import classification

NAMES = ["negative", "neutral", "positive"]


@dataclasses.dataclass
class Texts:
    texts: list
    labels: np.ndarray
    names: list


def made_up(number, seed=0, names=NAMES):
    """Texts whose class shows in most of their words."""
    draw = np.random.default_rng(seed)
    labels = np.arange(number) % len(names)
    hints = [
        draw.choice([f"hint{label}", "film", "plot"], 4, p=(0.4, 0.3, 0.3)) for label in labels
    ]
    return Texts([" ".join(words) for words in hints], labels, names)


def random_logits(number, classes, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(number, classes)) * 2, draw.integers(0, classes, number)


TRAIN = made_up(60)


def test_report_by_hand():
    logits = np.log([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.1, 0.7], [0.2, 0.2, 0.6]])
    found = classification.report(np.array([0, 1, 2, 2]), logits, NAMES)
    assert (found["examples"], found["accuracy"], found["labels"]) == (4, 0.75, NAMES)
    assert found["confusion"] == [[1, 0, 0], [1, 0, 0], [0, 0, 2]]
    assert found["nll"] == pytest.approx(-np.log(0.8 * 0.3 * 0.7 * 0.6) / 4)
    # Bins of 1/15: 0.6 begins one and is wrong once of twice, 0.7 and 0.8 are alone in theirs.
    assert found["calibration_error"] == pytest.approx((2 * (0.6 - 0.5) + 0.3 + 0.2) / 4)
    assert found["per_class"]["negative"]["precision"] == 0.5
    assert found["per_class"]["negative"]["f1-score"] == pytest.approx(2 / 3)
    assert [row["support"] for row in found["per_class"].values()] == [1, 1, 2]
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0 + 1) / 3)


@pytest.mark.parametrize("seed", range(5))
def test_report_as_scikit_learn_counts(seed):
    logits, labels = random_logits(200, 3, seed)
    found = classification.report(labels, logits.astype("float32"), NAMES)
    predicted = logits.argmax(axis=-1)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(labels, predicted, average="macro"))
    assert found["nll"] == pytest.approx(metrics.log_loss(labels, softmax(logits, -1)), rel=1e-5)
    support = [row["support"] for row in found["per_class"].values()]
    assert support == np.bincount(labels, minlength=3).tolist()


def test_a_class_that_is_nowhere_is_not_in_the_mean():
    found = classification.report(np.array([0, 2]), np.eye(3)[[0, 2]], NAMES)
    assert found["macro_f1"] == 1
    assert found["per_class"]["neutral"]["f1-score"] == 0


def test_huge_logits_stay_finite():
    found = classification.report(np.array([1, 0]), np.array([[0, 1e4], [0, 1e4]]), NAMES[:2])
    assert found["nll"] == 5000


@pytest.mark.parametrize("right, examples", [(0, 5), (5, 5), (1, 3), (450, 500), (22_860, 25_000)])
def test_interval_is_wilsons(right, examples):
    theirs = stats.binomtest(right, examples).proportion_ci(0.95, method="wilson")
    assert classification.wilson(right, examples) == pytest.approx(tuple(theirs), abs=1e-7)


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_calibration_by_loops(bins):
    logits, labels = random_logits(300, 3)
    probabilities = softmax(logits, axis=-1)
    found = classification.calibration(probabilities, labels, bins)
    assert len(found) == bins
    off = 0
    for index, each in enumerate(found):
        inside = []
        for row, label in zip(probabilities, labels, strict=True):
            if index / bins <= max(row) < (index + 1) / bins:
                inside.append((max(row), int(np.argmax(row)) == label))
        assert each.count == len(inside)
        if inside:
            assert (each.confidence, each.accuracy) == pytest.approx(np.mean(inside, axis=0))
            off += len(inside) / 300 * abs(each.confidence - each.accuracy)
    assert classification.calibration_error(found) == pytest.approx(off)


def test_certainty_is_in_the_last_bin():
    (*others, last) = classification.calibration(np.array([[1.0, 0.0]]), np.array([0]))
    assert last == (1, 1, 1)
    assert not any(each.count for each in others)


@pytest.mark.parametrize("true", [0.4, 1.0, 3.0])
def test_temperature_is_found_again(true):
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(20_000, 3)) * 2
    chances = softmax(logits, axis=-1).cumsum(axis=-1)
    labels = (draw.random((20_000, 1)) > chances).sum(axis=-1).clip(0, 2)
    assert classification.temperature(logits * true, labels) == pytest.approx(true, rel=0.04)


def test_no_other_temperature_is_better():
    logits, labels = random_logits(100, 3)
    logits[np.arange(0, 100, 2), labels[::2]] += 5
    found = classification.temperature(logits, labels)

    def nll(temperature):
        return metrics.log_loss(labels, softmax(logits / temperature, axis=-1))

    assert all(nll(found) <= nll(found * factor) for factor in (0.1, 0.9, 0.99, 1.01, 1.1, 10))


def test_temperature_of_what_is_always_right_or_wrong_is_bounded():
    found = classification.temperature(np.eye(3), np.arange(3))
    assert 1 / 50 <= found < 0.1
    found = classification.temperature(np.eye(3), np.array([1, 2, 0]))
    assert found == pytest.approx(50, rel=1e-3)


def test_baselines_read_words_and_signs():
    for baseline in classification.baselines(TRAIN)[1:]:
        read = baseline.vectorizer.build_analyzer()
        expected = ["it", "'", "s", "bad", "!", "it '", "' s", "s bad", "bad !"]
        assert read("It's<br />BAD!") == expected


def test_baselines_learn_and_are_measured():
    gold = made_up(90, seed=1)
    found = classification.evaluate(gold, np.eye(3)[gold.labels], TRAIN)
    scores = {each["name"]: each["accuracy"] for each in found["baselines"]}
    assert scores["majority class"] == pytest.approx(1 / 3)
    assert scores["TF-IDF logistic regression"] > 0.8
    assert scores["NB-SVM"] > 0.8
    assert (found["accuracy"], found["train_examples"]) == (1, 60)
    assert found["baseline"]["accuracy"] == scores["NB-SVM"]
    assert set(found["baseline"]) == {*found, "name"} - {"baseline", "baselines", "train_examples"}
    assert all(each["seconds"] >= 0 for each in found["baselines"])
    assert json.loads(json.dumps(found)) == found


def test_what_is_not_labelled_is_not_read():
    more = Texts(
        [*TRAIN.texts, "hint0 hint1 words"], np.append(TRAIN.labels, -1), list(TRAIN.names)
    )
    for ours, others in zip(
        classification.baselines(TRAIN), classification.baselines(more), strict=True
    ):
        texts = ["hint0 hint1 words", "film"]
        np.testing.assert_array_equal(ours.predict(texts), others.predict(texts))
    gold = made_up(6, seed=2)
    assert classification.evaluate(gold, np.eye(3)[gold.labels], more)["train_examples"] == 60


def test_a_class_that_training_has_not_is_unlikely():
    labels = np.where(TRAIN.labels == 1, 0, TRAIN.labels)
    train = Texts(TRAIN.texts, labels, NAMES)
    for baseline in classification.baselines(train):
        found = softmax(baseline.predict(["hint1 film", ""]), axis=-1)
        assert np.isfinite(found).all()
        assert (found[:, 1] < 0.05).all()


def test_baselines_that_were_fitted_are_used():
    fitted = classification.baselines(TRAIN)
    gold = made_up(30, seed=3)
    logits = np.eye(3)[gold.labels]
    other = Texts(["hint0 film"] * 60, TRAIN.labels, NAMES)
    found = classification.evaluate(gold, logits, other, fitted)
    assert found == classification.evaluate(gold, logits, TRAIN, fitted)
    assert found["baseline"]["accuracy"] > 0.7


def test_what_cannot_be_measured_says_so():
    gold = made_up(6)
    with pytest.raises(ValueError, match=r"must be of shape \(6, 3\).*Received: \(6, 2\)"):
        classification.evaluate(gold, np.zeros((6, 2)), TRAIN)
    unlabelled = dataclasses.replace(gold, labels=np.array([0, 1, 2, 0, 1, -1]))
    with pytest.raises(ValueError, match=r"must be labelled.*from -1 to 2"):
        classification.evaluate(unlabelled, np.zeros((6, 3)), TRAIN)
    with pytest.raises(ValueError, match="at least one row"):
        classification.report(np.array([], int), np.zeros((0, 3)), NAMES)
    with pytest.raises(ValueError, match=r"two classes or more.*Received: 60 labelled"):
        classification.baselines(dataclasses.replace(TRAIN, labels=np.zeros(60, int)))


def test_tables_show_the_model_beside_the_baselines():
    gold = made_up(30, seed=4)
    logits = 9 * np.eye(3)[np.where(gold.labels == 1, 2, gold.labels)]
    found = classification.evaluate(gold, logits, TRAIN)
    scores, per_class, worst = classification.tables({**found, "split": "dev"})
    assert scores[0] == "dev: 30 texts, 60 labelled ones to train on"
    majority, tfidf = "majority class", "TF-IDF logistic regression"
    assert scores[1] == ["", "model", "NB-SVM", majority, tfidf]
    assert scores[2][0][:2] == ["accuracy", "66.67"]
    assert scores[2][0][3] == "33.33"
    assert per_class[2][1][:4] == ["neutral", "0.00", "0.00", "0.00"]
    assert worst[2] == [["neutral", "positive", "10", "100.00"]]
    for _, columns, rows in (scores, per_class, worst):
        assert all(len(row) == len(columns) for row in rows)
        assert all(isinstance(cell, str) for row in rows for cell in row)
