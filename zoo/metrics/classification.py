"""How well texts are classified, and how far the probabilities can be trusted."""

import typing

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn import metrics

from zoo.metrics.bag_of_words import NaiveBayesSVM, baselines
from zoo.metrics.confusion import confused


def evaluate(gold, predicted, train, fitted=None):
    """Measures predicted classes and simple baselines, on the same texts.

    Args:
        gold: `texts`, `labels` and `names`, as `zoo.data.classification.Texts` has them, all
            labelled.
        predicted: Logits, `(len(gold.texts), len(gold.names))`.
        train: `texts`, `labels` and `names` of the training split; label -1 is none.
        fitted: What `baselines(train)` returned, where several models are measured on one split;
            by default they are fitted here.

    Returns:
        The `report` of `predicted`, with `train_examples`, the number of labelled training texts,
        `baselines`, of each its `name`, the `seconds` that fitting took and the measures of its
        report that are one number, and `baseline`, the `name` and the whole report of
        `NaiveBayesSVM`, which was chosen beforehand and not on these texts.

    Raises:
        ValueError: If a text of `gold` is not labelled, or `predicted` has another shape.

    Example:

    >>> import types
    >>> texts = ["good good film", "a bad film", "a good plot", "bad bad plot"]
    >>> data = types.SimpleNamespace(
    ...     texts=texts, labels=np.array([1, 0, 1, 0]), names=["negative", "positive"])
    >>> found = evaluate(data, np.array([[0, 1], [1, 0], [1, 0], [1, 0]], "float32"), data)
    >>> found["accuracy"], found["baseline"]["name"], found["baseline"]["accuracy"]
    (0.75, 'NB-SVM', 1.0)
    >>> [each["name"] for each in found["baselines"]]
    ['majority class', 'TF-IDF logistic regression', 'NB-SVM']
    """
    found = report(gold.labels, predicted, gold.names)
    every = []
    for each in fitted or baselines(train):
        measured = report(gold.labels, each.predict(gold.texts), gold.names)
        scores = {name: score for name, score in measured.items() if isinstance(score, float)}
        every.append({"name": each.name, "seconds": round(each.seconds, 2), **scores})
        if isinstance(each, NaiveBayesSVM):
            found["baseline"] = {"name": each.name, **measured}
    train_examples = int(np.sum(np.asarray(train.labels) >= 0))
    return {**found, "baselines": every, "train_examples": train_examples}


def report(labels, logits, names):
    """Compares logits with the true classes.

    Args:
        labels: Ids of the true classes, `(examples,)`.
        logits: `(examples, len(names))`.
        names: Names of the classes by id.

    Returns:
        A dictionary: `examples`, `accuracy` with the ends of its 95 % interval (`wilson`)
        `accuracy_low` and `accuracy_high`, `macro_f1` (a mean over the classes that are true or
        predicted anywhere), `nll` (mean negative log-likelihood, nats), `calibration_error`
        (expected, of the likeliest class, in 15 bins of equal width), `per_class` (precision,
        recall, f1-score and support of each), `labels` (`names`) and `confusion` (a row a true
        class, a column a predicted one, both in the order of `labels`).

    Raises:
        ValueError: If a label is none of the classes, or the shapes do not fit.

    Example:

    >>> logits = np.log([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]])
    >>> found = report(np.array([0, 1, 1]), logits, ["negative", "positive"])
    >>> round(found["accuracy"], 3), round(found["accuracy_low"], 3), found["confusion"]
    (0.667, 0.208, [[1, 0], [1, 1]])
    >>> round(found["nll"], 3), round(found["calibration_error"], 3)
    (0.423, 0.333)
    """
    labels, logits = _checked(labels, logits, len(names))
    predicted = logits.argmax(axis=-1)
    right = int(np.sum(predicted == labels))
    low, high = wilson(right, len(labels))
    ids = list(range(len(names)))
    per_class = metrics.precision_recall_fscore_support(
        labels, predicted, labels=ids, zero_division=0
    )
    columns = ("precision", "recall", "f1-score", "support")
    rows = zip(*(column.tolist() for column in per_class), strict=True)
    return {
        "examples": len(labels),
        "accuracy": right / len(labels),
        "accuracy_low": low,
        "accuracy_high": high,
        "macro_f1": float(metrics.f1_score(labels, predicted, average="macro", zero_division=0)),
        "nll": _nll(logits, labels),
        "calibration_error": calibration_error(calibration(softmax(logits, axis=-1), labels)),
        "per_class": {
            name: dict(zip(columns, row, strict=True))
            for name, row in zip(names, rows, strict=True)
        },
        "labels": list(names),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=ids).tolist(),
    }


def wilson(right, examples):
    """Gives the 95 % interval of a share, which stays within 0 and 1 and is good for few examples.

    Args:
        right: How many examples were right.
        examples: Of how many.

    Returns:
        The ends of the interval.

    Reference:
        Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".

    Example:

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    z, share = 1.959964, right / examples
    scale = 1 + z**2 / examples
    centre = (share + z**2 / (2 * examples)) / scale
    half = z * np.sqrt(share * (1 - share) / examples + z**2 / (4 * examples**2)) / scale
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


class Bin(typing.NamedTuple):
    """Examples that a model was about equally sure of: the means, NaN for none, and how many."""

    confidence: float
    accuracy: float
    count: int


def calibration(probabilities, labels, bins=15):
    """Sorts examples by the probability of the likeliest class, to hold it against the accuracy.

    Args:
        probabilities: `(examples, classes)`.
        labels: Ids of the true classes, `(examples,)`.
        bins: How many bins from 0 to 1, all equally wide.

    Returns:
        A list of `Bin`. Each has its lower edge, the last one its upper edge, too.

    Example:

    >>> low, high = calibration(np.array([[0.3, 0.4, 0.3], [0.0, 0.75, 0.25], [1, 0, 0]]),
    ...                         np.array([0, 1, 0]), bins=2)
    >>> low, high
    (Bin(confidence=0.4, accuracy=0.0, count=1), Bin(confidence=0.875, accuracy=1.0, count=2))
    """
    probabilities = np.asarray(probabilities, dtype="float64")
    confidence = probabilities.max(axis=-1)
    right = probabilities.argmax(axis=-1) == np.asarray(labels)
    place = np.clip(np.floor(confidence * bins).astype(int), 0, bins - 1)
    found = []
    for index in range(bins):
        here = place == index
        means = [float(of[here].mean()) if here.any() else np.nan for of in (confidence, right)]
        found.append(Bin(*means, int(here.sum())))
    return found


def calibration_error(bins):
    """Gives the expected calibration error: how far `Bin`s are off, a mean over their examples.

    Reference:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", who use 15 bins of equal width.

    Example:

    >>> calibration_error([Bin(np.nan, np.nan, 0), Bin(0.75, 0.5, 4)])
    0.25
    """
    off = sum(each.count * abs(each.confidence - each.accuracy) for each in bins if each.count)
    return off / max(1, sum(each.count for each in bins))


def temperature(logits, labels):
    """Finds what to divide logits by for the best likelihood; no prediction changes by it.

    Fit it on dev: above 1 the model is too sure there, below 1 not sure enough.

    Args:
        logits: `(examples, classes)`.
        labels: Ids of the true classes, `(examples,)`.

    Returns:
        The temperature, no less than 0.02 and no more than 50, also where all predictions are right
        or the logits tell nothing.

    Raises:
        ValueError: If a label is none of the classes, or the shapes do not fit.

    Reference:
        Guo et al. 2017, "On Calibration of Modern Neural Networks".

    Example:

    Three of four are right, so the probability of the likelier class should be 3/4:

    >>> logits = np.array([[0.0, 8.0]] * 4)
    >>> found = temperature(logits, np.array([1, 1, 1, 0]))
    >>> np.round(np.exp(8 / found) / (1 + np.exp(8 / found)), 3)
    np.float64(0.75)
    """
    labels, logits = _checked(labels, logits, np.shape(logits)[-1])
    best = minimize_scalar(
        lambda logarithm: _nll(logits / np.exp(logarithm), labels),
        bounds=np.log([1 / 50, 50]),
        method="bounded",
    )
    return float(np.exp(best.x))


def tables(found):
    """Lays out what `evaluate` returned, to be printed.

    Args:
        found: What `evaluate` returned, with `split`.

    Returns:
        A list of tables, each a title, the names of the columns and the rows, all strings.

    Example:

    >>> logits = np.log([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]])
    >>> found = report(np.array([0, 1, 1]), logits, ["negative", "positive"])
    >>> found["baseline"] = {**found, "name": "NB-SVM"}
    >>> found |= {"split": "test", "train_examples": 9, "baselines": []}
    >>> title, columns, rows = tables(found)[0]
    >>> title, rows[0]
    ('test: 3 texts, 9 labelled ones to train on', ['accuracy', '66.67', '66.67'])
    """
    baseline = found["baseline"]
    others = [each for each in found["baselines"] if each["name"] != baseline["name"]]
    columns = [found, baseline, *others]
    measures = {
        "accuracy": ("accuracy", _percent),
        "lowest, 95 %": ("accuracy_low", _percent),
        "highest, 95 %": ("accuracy_high", _percent),
        "macro F1": ("macro_f1", _percent),
        "NLL, nats": ("nll", _nats),
        "calibration error": ("calibration_error", _percent),
    }
    rows = [
        [title, *(written(column[name]) for column in columns)]
        for title, (name, written) in measures.items()
    ]
    per_class = [
        [
            name,
            *(_percent(row[measure]) for measure in ("precision", "recall", "f1-score")),
            _percent(baseline["per_class"][name]["f1-score"]),
            f"{row['support']:,}",
        ]
        for name, row in found["per_class"].items()
    ]
    worst = [
        [gold, predicted, str(count), _percent(count / found["per_class"][gold]["support"])]
        for gold, predicted, count in confused(found)
    ]
    counts = f"{found['examples']:,} texts, {found['train_examples']:,} labelled ones to train on"
    return [
        (
            f"{found['split']}: {counts}",
            ["", "model", *(column["name"] for column in columns[1:])],
            rows,
        ),
        (
            "per class",
            ["class", "precision", "recall", "F1", "baseline F1", "texts"],
            per_class,
        ),
        ("worst pairs", ["gold", "predicted", "times", "% of gold"], worst),
    ]


def _nll(logits, labels):
    return -float(log_softmax(logits, axis=-1)[np.arange(len(labels)), labels].mean())


def _checked(labels, logits, num_classes):
    labels, logits = np.asarray(labels), np.asarray(logits, dtype="float64")
    if logits.shape != (len(labels), num_classes) or not len(labels):
        raise ValueError(
            f"Logits must be of shape {(len(labels), num_classes)}, a row an example and a column "
            f"a class, and at least one row. Received: {logits.shape}"
        )
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"Every text must be labelled with one of {num_classes} classes to be measured. "
            f"Received: labels from {labels.min()} to {labels.max()}"
        )
    return labels, logits


def _percent(share):
    return f"{100 * share:.2f}"


def _nats(nats):
    return f"{nats:.3f}"
