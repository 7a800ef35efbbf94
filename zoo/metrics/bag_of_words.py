"""The simple rivals of a text classifier, which read a bag of words."""

import re
import time

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

TOKEN = r"\w+|[^\w\s]"  # Words, and signs one by one.


def baselines(train):
    """Fits the simple rivals of a model: what it must beat to be worth its training.

    Args:
        train: `texts`, `labels` and `names`, as `zoo.data.classification.Texts` has them; only
            labelled texts are used.

    Returns:
        A list: `MajorityClass`, `TfidfLogisticRegression`, `NaiveBayesSVM`. Each has a `name`, the
        `seconds` that fitting took, and `predict(texts)`, which gives logits as a model does.

    Raises:
        ValueError: If the labelled texts are not of two classes or more.
    """
    labels = np.asarray(train.labels)
    texts = [text for text, label in zip(train.texts, labels, strict=True) if label >= 0]
    labels = labels[labels >= 0]
    if len(np.unique(labels)) < 2:
        raise ValueError(
            "The baselines need training texts of two classes or more; give them more texts. "
            f"Received: {len(texts)} labelled texts of {len(np.unique(labels))} classes"
        )
    fitted = []
    for kind in (MajorityClass, TfidfLogisticRegression, NaiveBayesSVM):
        start = time.perf_counter()
        fitted.append(kind(texts, labels, len(train.names)))
        fitted[-1].seconds = time.perf_counter() - start
    return fitted


class MajorityClass:
    """The baseline that does not read: every class is as likely as it was often.

    Args:
        texts: List of strings.
        labels: Ids of their classes, `(len(texts),)`.
        num_classes: How many classes there are.

    Example:

    >>> MajorityClass(["a", "b", "c"], np.array([1, 0, 1]), 2).predict(["d"]).argmax(axis=-1)
    array([1])
    """

    name = "majority class"

    def __init__(self, texts, labels, num_classes):
        self.prior = _log_prior(labels, num_classes)

    def predict(self, texts):
        """Gives logits, `(len(texts), num_classes)`."""
        return np.tile(self.prior, (len(texts), 1))


class TfidfLogisticRegression:
    """The baseline of every text book: logistic regression on weighted counts of words and pairs.

    Args:
        texts: As in `MajorityClass`.
        labels: Likewise.
        num_classes: Likewise.
        C: Inverse of the strength of regularization.

    Example:

    >>> texts = ["good good film", "a bad film", "a good plot", "bad bad plot"]
    >>> model = TfidfLogisticRegression(texts, np.array([1, 0, 1, 0]), 2)
    >>> model.predict(["bad!", "good!"]).argmax(axis=-1)
    array([0, 1])
    """

    name = "TF-IDF logistic regression"

    def __init__(self, texts, labels, num_classes, C=10.0):
        self.vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, **_READING)
        self.prior = _log_prior(labels, num_classes)
        self.model = LogisticRegression(C=C, max_iter=1000)
        features = self.vectorizer.fit_transform(texts)
        with threadpool_limits(1):  # Many threads on its small steps take twenty times as long.
            self.model.fit(features, labels)

    def predict(self, texts):
        """Gives logits, `(len(texts), num_classes)`."""
        logits = np.tile(self.prior, (len(texts), 1))  # What a class has that training has not.
        features = self.vectorizer.transform(texts)
        logits[:, self.model.classes_] = self.model.predict_log_proba(features)
        return logits


class NaiveBayesSVM:
    """The baseline to beat: a linear model of the words and pairs that a text has, Bayes-weighted.

    Whether a text has a feature is multiplied by the feature's log-count ratio in naive Bayes, one
    class against the rest. Where Wang and Manning have a support vector machine, this has logistic
    regression, as Mesnil et al. have it, for its probabilities. `C`, `beta` and the tokens were
    chosen on held-out parts of the training splits of IMDb, TREC and SST-2.

    Args:
        texts: As in `MajorityClass`.
        labels: Likewise.
        num_classes: Likewise.
        C: Inverse of the strength of regularization.
        alpha: What is added to every count.
        beta: How much of the weights is the linear model's; the rest is their mean magnitude,
            which is naive Bayes. Wang and Manning have 0.25, Mesnil et al. 1.

    Reference:
        Wang and Manning 2012, "Baselines and Bigrams: Simple, Good Sentiment and Topic
        Classification" (91.22 on IMDb); Mesnil et al. 2014, "Ensemble of Generative and
        Discriminative Techniques for Sentiment Analysis of Movie Reviews" (91.87 with trigrams).

    Example:

    >>> texts = ["good good film", "a bad film", "a good plot", "bad bad plot"]
    >>> model = NaiveBayesSVM(texts, np.array([1, 0, 1, 0]), 2)
    >>> model.predict(["bad!", "good!"]).argmax(axis=-1)
    array([0, 1])
    """

    name = "NB-SVM"

    def __init__(self, texts, labels, num_classes, C=1.0, alpha=1.0, beta=0.75):
        self.vectorizer = CountVectorizer(binary=True, dtype="float32", **_READING)
        counts = self.vectorizer.fit_transform(texts)
        prior = _log_prior(labels, num_classes)
        self.weights = np.zeros((counts.shape[1], num_classes), "float32")
        self.bias = prior - np.log1p(-np.exp(prior))  # What a class has that training has not.
        # Of two classes the one is the other turned round.
        for label in np.unique(labels) if num_classes > 2 else [1]:
            mine = labels == label
            ratio = _log_shares(counts, mine, alpha) - _log_shares(counts, ~mine, alpha)
            model = LogisticRegression(C=C, solver="liblinear", dual=True, max_iter=1000)
            model.set_params(random_state=0).fit(counts.multiply(ratio).tocsr(), mine)
            weights = model.coef_[0]
            weights = (1 - beta) * np.abs(weights).mean() + beta * weights
            self.weights[:, label] = ratio * weights
            self.bias[label] = model.intercept_[0]
        if num_classes == 2:
            self.weights[:, 0], self.bias[0] = -self.weights[:, 1], -self.bias[1]

    def predict(self, texts):
        """Gives logits, `(len(texts), num_classes)`: each class's log-odds against the rest."""
        margins = self.vectorizer.transform(texts) @ self.weights + self.bias
        return -np.logaddexp(0, -margins)  # So that softmax shares out their probabilities.


def _plain(text):
    return re.sub(r"<br\s*/?>", " ", text.lower())


_READING = {"preprocessor": _plain, "token_pattern": TOKEN, "ngram_range": (1, 2)}


def _log_prior(labels, num_classes):
    """The logarithm of every class's share, each counted once more than it occurs."""
    counts = np.bincount(labels, minlength=num_classes) + 1
    return np.log(counts / counts.sum())


def _log_shares(counts, rows, alpha):
    """The logarithm of every feature's share of all that the chosen rows have."""
    totals = alpha + counts.T @ rows.astype("float64")
    return np.log(totals / totals.sum())
