"""Classifiers without TensorFlow: texts in, their classes out, and what every word speaks for."""

import numpy as np

from zoo.serving.classification import VARIANTS_AT_A_TIME
from zoo.serving.portable.arrays import lines, padded, softmax, strings
from zoo.serving.portable.sessions import Served
from zoo.serving.portable.text import UNKNOWN_ID, TokenEncoder, kept_places, tokenize, without_tags


def load(directory, description, graph):
    """Loads a classifier; see `zoo.serving.portable.load`."""
    options = description["recipe"]["preprocessing"]
    assets = directory / "assets"
    words = lines(assets / "words.txt")
    classifier = Classifier(
        graph("model"),
        TokenEncoder(words, None, lowercase=options.get("lowercase", True), digits=True),
        lines(assets / "labels.txt"),
        temperature=description["temperature"],
        length=options.get("length"),
        keep=options.get("keep", "head"),
        language=description["language"],
    )
    signatures = {
        "serving_default": classifier.serving_default,
        "contributions": classifier.contributions,
    }
    return Served(signatures, {"labels": assets / "labels.txt", "words": assets / "words.txt"})


class Classifier:
    """A classifier between texts and the names of its classes.

    Args:
        session: The graph, from ids to logits.
        encoder: The `zoo.serving.portable.text.TokenEncoder`.
        names: Names of the classes by id.
        temperature: What the logits are divided by.
        length: As in `zoo.data.tokenizer.truncate`.
        keep: Likewise.
        language: The language whose contractions the tokenizer cuts.
    """

    def __init__(self, session, encoder, names, *, temperature, length, keep, language):
        self._session, self._encoder, self._language = session, encoder, language
        (self._input,) = session.shapes
        self._names = np.array([name.encode() for name in names], object)
        self._temperature = np.float32(temperature)
        self._length, self._keep = length, keep

    def serving_default(self, text):
        """Classifies texts."""
        *_, ids = self._read(text)
        logits = self._logits(ids)
        return {"label": self._names[logits.argmax(axis=-1)], "probability": softmax(logits)}

    def contributions(self, text):
        """Says of every word that is read what it speaks for the label of its text."""
        tokens, start, end, ids = self._read(text)
        logits = self._logits(ids)
        labels = logits.argmax(axis=-1)
        rows, places = np.nonzero((tokens != b"") & (ids != UNKNOWN_ID))
        lengths = np.count_nonzero(ids, axis=1)
        before, contribution = _log_odds(logits, labels), np.zeros(ids.shape, "float32")
        for first in range(0, len(rows), VARIANTS_AT_A_TIME):
            row = rows[first : first + VARIANTS_AT_A_TIME]
            place = places[first : first + VARIANTS_AT_A_TIME]
            variants = ids[row][:, : lengths[row].max()]
            variants[np.arange(len(row)), place] = UNKNOWN_ID
            without = _log_odds(self._logits(variants), labels[row])
            contribution[row, place] = before[row] - without
        return {"tokens": tokens, "start": start, "end": end, "contribution": contribution}

    def _read(self, texts):
        """Tokens, where each starts and ends, and ids: what the model reads of texts."""
        rows = []
        for text in texts:
            found = tokenize(without_tags(text), self._language)
            places = kept_places(len(found[0]), self._length, self._keep)
            rows.append([[part[place] for place in places] for part in found])
        tokens, start, end = ([row[part] for row in rows] for part in range(3))
        ids = self._encoder(tokens)["tokens"]
        ids[[not row for row in tokens], 0] = UNKNOWN_ID  # As in training.
        return strings(tokens), padded(start, "int32"), padded(end, "int32"), ids

    def _logits(self, ids):
        return self._session(**{self._input: ids})["output"] / self._temperature


def _log_odds(logits, labels):
    """The logarithm of p / (1 - p) of the labels' probabilities."""
    rows = np.arange(len(labels))
    others = logits.copy()
    others[rows, labels] = -np.inf
    peak = others.max(axis=1)
    others = peak + np.log(np.exp(others - peak[:, None]).sum(axis=1))
    return logits[rows, labels] - others
