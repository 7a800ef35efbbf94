"""Linear models of bags of words: against scikit-learn, and ratios made by hand."""

import os

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression

from zoo.metrics import bag_of_words, classification


def made_up(number, classes):
    """Texts whose class shows in most of their words, and their labels."""
    draw = np.random.default_rng(0)
    labels = np.arange(number) % classes
    odds = (0.4, 0.3, 0.3)
    words = [draw.choice([f"hint{label}", "film", "plot"], 4, p=odds) for label in labels]
    return [" ".join(each) for each in words], labels


def test_majority_knows_how_often():
    labels = np.array([0, 0, 0, 1, 1, 2])
    logits = bag_of_words.MajorityClass(["a"] * 6, labels, 3).predict(["b", "c"])
    np.testing.assert_allclose(softmax(logits, axis=-1), [[4 / 9, 3 / 9, 2 / 9]] * 2)


def test_ratios_of_naive_bayes_by_hand():
    """At beta 0 all weights are their mean magnitude, so what is left is the ratio."""
    texts, labels = ["good good", "good film", "bad", "film"], np.array([1, 1, 0, 0])
    model = bag_of_words.NaiveBayesSVM(texts, labels, 2, beta=0.0)
    # A text has a word or has it not: 5 features, of which training has 4 in class 1, 2 in 0.
    names = model.vectorizer.get_feature_names_out().tolist()
    assert names == ["bad", "film", "good", "good film", "good good"]
    positive, negative = np.array([1, 2, 3, 2, 2]) / 10, np.array([2, 2, 1, 1, 1]) / 7
    expected = np.log(positive / negative)
    found = model.weights[:, 1]
    np.testing.assert_allclose(found / found[0], expected / expected[0], rtol=1e-5)


def test_two_classes_are_one_regression():
    texts, labels = made_up(40, 2)
    model = bag_of_words.NaiveBayesSVM(texts, labels, 2, C=2.0, beta=1.0)
    counts = (model.vectorizer.transform(texts).toarray() > 0).astype(float)
    shares = [1 + counts[labels == label].sum(axis=0) for label in (1, 0)]
    ratio = np.log(shares[0] / shares[0].sum()) - np.log(shares[1] / shares[1].sum())
    options = {"solver": "liblinear", "dual": True, "random_state": 0, "max_iter": 1000}
    other = LogisticRegression(C=2.0, **options).fit(counts * ratio, labels)
    found = softmax(model.predict(texts), axis=-1)
    np.testing.assert_allclose(found, other.predict_proba(counts * ratio), atol=1e-4)


def test_several_classes_share_out_their_probabilities():
    model = bag_of_words.NaiveBayesSVM(*made_up(60, 3), 3)
    counts = model.vectorizer.transform(["hint1 film"]).toarray()
    alone = expit(counts @ model.weights + model.bias)
    found = softmax(model.predict(["hint1 film"]), axis=-1)
    np.testing.assert_allclose(found, alone / alone.sum(), rtol=1e-5)
    assert found.argmax() == 1


@pytest.mark.slow
def test_baseline_of_imdb_is_as_good_as_the_published_one():
    """Needs imdb_reviews in TFDS_DATA_DIR, and a minute. Wang and Manning have 91.22 on test."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with imdb_reviews")
    from zoo.data import sources

    (train, train_labels), (test, labels) = (
        zip(*((row["text"].decode(), row["label"]) for row in rows), strict=True)
        for rows in (
            sources.load("imdb_reviews", split).as_numpy_iterator() for split in ("train", "test")
        )
    )
    model = bag_of_words.NaiveBayesSVM(train, np.array(train_labels), 2)
    found = classification.report(np.array(labels), model.predict(test), ["neg", "pos"])
    print({name: found[name] for name in ("accuracy", "macro_f1", "nll", "calibration_error")})
    assert found["accuracy"] > 0.9122
