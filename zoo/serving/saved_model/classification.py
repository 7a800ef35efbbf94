"""Classifiers as SavedModels: texts in, their classes out, and what every word speaks for."""

import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from zoo.data.classification import cut
from zoo.data.text import TokenEncoder
from zoo.data.tokenizer import truncate
from zoo.serving.classification import VARIANTS_AT_A_TIME
from zoo.serving.saved_model.weights import HalfPrecision
from zoo.serving.strings import utf8

UNKNOWN_ID = 1


class ClassificationModule(tf.Module):
    """A classifier between its lookup tables and the names of its classes, ready to be saved.

    Args:
        model: The classifier, a `keras.Model` from ids to logits.
        encoder: The `zoo.data.text.TokenEncoder` of its training data.
        names: Names of the classes by id.
        temperature: What its logits are divided by (`zoo.metrics.classification.temperature`).
        length: As in `zoo.data.tokenizer.truncate`.
        keep: Likewise.
        language: The language whose contractions the tokenizer cuts.
    """

    def __init__(
        self, model, encoder, names, *, temperature=1.0, length=None, keep="head", language=""
    ):
        super().__init__()
        self._encoder = encoder
        self._names = tf.constant(list(names))
        self._length, self._keep = length, keep
        self._language = language
        self.model = HalfPrecision(model)
        self.tables = dict(encoder.tables)
        self.temperature = tf.Variable(temperature, trainable=False, dtype=tf.float32)
        self.assets = {}

    def read(self, text):
        """Cuts texts into the tokens that the model reads, and looks up their ids.

        Returns:
            `tokens`, string `(batch, time)`, where each starts and ends in its text, and their ids,
            int32, likewise.
        """
        tokens, start, end = cut(text, self._language)
        tokens, places = truncate(tokens, self._length, self._keep)
        start, end = (tf.gather(offsets, places, batch_dims=1) for offsets in (start, end))
        ids = self._encoder(tokens)["tokens"]
        # A text without a token reads one unknown word, as in training: cuDNN fails on a row that
        # is all padding (tensorflow#43103).
        first = tf.range(tf.shape(ids)[1]) == 0
        return tokens, start, end, tf.where((tokens == "") & first, UNKNOWN_ID, ids)

    def logits(self, ids):
        """Asks the model; its logits come calibrated."""
        return self.model(ids) / self.temperature

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def serving_default(self, text):
        """Classifies texts."""
        *_, ids = self.read(text)
        logits = self.logits(ids)
        label = tf.gather(self._names, tf.argmax(logits, axis=-1))
        return {"label": label, "probability": tf.nn.softmax(logits)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def contributions(self, text):
        """Says of every word that is read what it speaks for the label of its text.

        The words are left out one by one, and the model reads the text again without each,
        `VARIANTS_AT_A_TIME` in a batch: a long text takes time, and no more memory.

        Reference:
            Li et al. 2016, "Understanding Neural Networks through Representation Erasure".
        """
        tokens, start, end, ids = self.read(text)
        logits = self.logits(ids)
        labels = tf.argmax(logits, axis=-1)
        # In place of an unknown word the unknown word changes nothing.
        words = tf.where((tokens != "") & (ids != UNKNOWN_ID))
        lengths = tf.math.count_nonzero(ids, axis=1)

        def odds_without(first):
            row, place = tf.unstack(words[first : first + VARIANTS_AT_A_TIME], axis=1)
            width = tf.reduce_max(tf.gather(lengths, row))
            variants = tf.gather(ids, row)[:, :width]
            variants = tf.where(tf.range(width) == place[:, None], UNKNOWN_ID, variants)
            return _log_odds(self.logits(variants), tf.gather(labels, row))

        without = tf.map_fn(
            odds_without,
            tf.range(0, tf.shape(words)[0], VARIANTS_AT_A_TIME),
            fn_output_signature=tf.RaggedTensorSpec([None], tf.float32, ragged_rank=0),
            parallel_iterations=1,
        ).flat_values
        fall = tf.gather(_log_odds(logits, labels), words[:, 0]) - without
        contribution = tf.scatter_nd(words, fall, tf.shape(ids, tf.int64))
        return {"tokens": tokens, "start": start, "end": end, "contribution": contribution}


def _log_odds(logits, labels):
    """The logarithm of p / (1 - p) of the labels' probabilities."""
    chosen = tf.one_hot(labels, tf.shape(logits)[1], True, False, dtype=tf.bool)
    others = tf.reduce_logsumexp(tf.where(chosen, -np.inf, logits), axis=1)
    return tf.gather(logits, labels, batch_dims=1) - others


def export(model, data, directory, *, language=""):
    """Writes a classifier as a SavedModel that keeps the serving contract.

    Args:
        model: A `keras.Model` made by `zoo.models.SequenceClassifier`.
        data: The `zoo.data.classification.ClassificationData` that it was trained on. Its dev
            split, if it has one, calibrates the probabilities.
        directory: Where to write.
        language: ISO code of the language, for the tokenizer; by default that of `data`.

    Returns:
        What there is to tell of it: `temperature`, which `load(directory).temperature` holds, too.
    """
    from zoo.metrics import classification  # Here, for whoever only predicts: it is slow to import.

    temperature = 1.0
    if "dev" in data.splits:
        dev = data.splits["dev"]
        temperature = classification.temperature(data.predict(model, dev), dev.labels)
    module = ClassificationModule(
        model,
        data.encoder,
        data.names,
        temperature=temperature,
        length=data.length,
        keep=data.keep,
        language=language or data.language,
    )
    signatures = {
        "serving_default": module.serving_default,
        "contributions": module.contributions,
    }
    lists = {"words": data.encoder.words, "labels": data.names}
    with tempfile.TemporaryDirectory() as assets:
        for name, items in lists.items():
            path = pathlib.Path(assets) / f"{name}.txt"
            path.write_text("\n".join(items), encoding="utf-8", newline="\n")
            module.assets[name] = tf.saved_model.Asset(str(path))
        tf.saved_model.save(module, str(directory), signatures=signatures)
    return {"temperature": temperature}


def read_encoder(directory, description):
    """Makes the token encoder of an exported classifier again, from its assets."""
    words = (pathlib.Path(directory) / "assets" / "words.txt").read_text("utf-8").split("\n")
    lowercase = description["recipe"]["preprocessing"].get("lowercase", True)
    return TokenEncoder(words, None, lowercase=lowercase, digits=True)


def read(encoder, text, description):
    """Cuts a text into tokens as the exported classifier does, and looks up what the model reads.

    Args:
        encoder: What `read_encoder` returned.
        text: A string.
        description: What the model's `model.json` holds.

    Returns:
        The tokens, a list of strings, and what the `keras.Model` takes, one row of ids.
    """
    options = description["recipe"]["preprocessing"]
    tokens, _, _ = cut(tf.constant([utf8(text)]), description["language"])
    tokens, _ = truncate(tokens, options.get("length"), options.get("keep", "head"))
    return [token.decode() for token in tokens.numpy()[0]], encoder(tokens)["tokens"].numpy()
