"""Serving classifiers: texts in, their classes out, and what every word speaks for."""

import collections.abc
import itertools
import typing

import numpy as np

from zoo.serving.signatures import ask, asset
from zoo.serving.strings import utf8, wrong

VARIANTS_AT_A_TIME = 64  # Of texts, each without one of its words.
TEXTS_AT_A_TIME = 500  # Read before any is answered, so that those of like length come together.


class Contribution(typing.NamedTuple):
    """What a word speaks for the label of its text: `value` above 0, or against it: below.

    `value` is how far the log-odds of the label (nats, calibrated) fall when the model reads the
    unknown word in its place. `start` and `end` are offsets into the text, in code points.
    """

    text: str
    start: int
    end: int
    value: float


class Classification(typing.NamedTuple):
    """A classified text: its likeliest class, and the calibrated probabilities of all by name.

    `words` has a `Contribution` for every word that was read, where they were asked for; otherwise
    it is `None`.
    """

    label: str
    probability: float
    probabilities: dict
    words: tuple | None


def predict(served, texts, *, contributions=False, batch_size=32):
    """Classifies texts with a loaded model.

    Args:
        served: A loaded model: a SavedModel, or what `zoo.serving.portable.load` returned.
        texts: A string, or an iterable of strings; it is read piece by piece.
        contributions: Whether to say, too, what every word speaks for the label. The model then
            reads a text once more for every word of it.
        batch_size: How many texts to classify at a time.

    Returns:
        For an iterable, a list of `Classification`; for one string its `Classification` alone.

    Raises:
        TypeError: If `texts` is neither.
    """
    if isinstance(texts, str):
        return predict(served, [texts], contributions=contributions)[0]
    if isinstance(texts, bytes) or not isinstance(texts, collections.abc.Iterable):
        raise wrong("texts", texts)
    names = asset(served, "labels").split("\n")
    texts, found = iter(texts), []
    while piece := list(itertools.islice(texts, TEXTS_AT_A_TIME)):
        for text in piece:
            if not isinstance(text, str):
                raise wrong("texts", text)
        order = np.argsort([len(text) for text in piece], kind="stable")
        answers = [None] * len(piece)
        for first in range(0, len(piece), batch_size):
            chosen = order[first : first + batch_size]
            given = [utf8(piece[i]) for i in chosen]
            rows = _classify(served, names, given, contributions)
            for index, answer in zip(chosen, rows, strict=True):
                answers[index] = answer
        found += answers
    return found


def _classify(served, names, given, contributions):
    out = ask(served, "serving_default", text=given)
    labels = [label.decode() for label in out["label"]]
    words = _words(served, given) if contributions else [None] * len(labels)
    for label, row, of_row in zip(labels, out["probability"].tolist(), words, strict=True):
        probabilities = dict(zip(names, row, strict=True))
        yield Classification(label, probabilities[label], probabilities, of_row)


def _words(served, given):
    out = ask(served, "contributions", text=given)
    columns = [out[name].tolist() for name in ("tokens", "start", "end", "contribution")]
    for row in zip(*columns, strict=True):
        cells = zip(*row, strict=True)
        yield tuple(Contribution(token.decode(), *rest) for token, *rest in cells if token)
