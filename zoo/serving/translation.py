"""Serving translators: a text in, another out, and where each of its pieces looked."""

import pathlib
import tempfile
import typing

import numpy as np
import tensorflow as tf

from zoo.data.subwords import END, END_ID, SubwordEncoder
from zoo.data.translation import translate
from zoo.serving.strings import strings
from zoo.serving.weights import HalfPrecision

WORDS = "pieces.txt"


class Translation(typing.NamedTuple):
    """What a text became, and how.

    `log_probability` is in nats, the end included. `source` and `target` are the pieces that were
    read and written, those that begin a word with a mark before it (`▁`), the end, `</s>`, among
    those that were read. `attention` is float32 `(target, source)`: where each piece that was
    written looked, 1 in all.
    """

    text: str
    log_probability: float
    source: tuple
    target: tuple
    attention: np.ndarray


class TranslationModule(tf.Module):
    """A translator between strings, ready to be saved.

    Args:
        model: The translator, a `keras.Model`.
        data: The `zoo.data.translation.TranslationData` that it was trained on.
    """

    def __init__(self, model, data):
        super().__init__()
        self._encoder = data.encoder
        self.tables = {"tokens": data.encoder.table}
        self.model = HalfPrecision(model)
        options = {
            "steps": data.steps,
            "beams": data.beams,
            "length_penalty": data.length_penalty,
        }
        # Functions, not the model: its single-precision weights must not be saved too.
        self._translate = lambda source: translate(model, source, **options)
        self._encode = lambda source: model.get_layer("encoder")(source, training=False)
        self._attend = lambda *given: model.get_layer("decoder").attend(*given)
        if model.get_layer("decoder").attention is None:
            self.attention = None  # There is nothing to tell, so nothing to trace.
        self._written = tf.constant(["", "", "", *data.encoder.words[1:]])
        self.assets = {}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def serving_default(self, text):
        """Translates texts."""
        source = self._encoder(text)
        with self.model.applied():
            found = self._translate(source)
        return self._answer(source, found)[0]

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def attention(self, text):
        """Translates texts and tells where each piece of a translation looked."""
        source = self._encoder(text)
        with self.model.applied():
            found = self._translate(source)
            answer, tokens = self._answer(source, found)
            width = tf.reduce_max(tf.math.count_nonzero(tokens, axis=1), keepdims=True)
            tokens = tokens[:, : tf.maximum(width[0], 1)]  # At least one step, also of nothing.
            start = tf.fill([tf.shape(tokens)[0], 1], END_ID)
            previous = tf.concat([start, tokens[:, :-1]], axis=1)
            weights = self._attend(previous, *self._encode(source), source != 0)
        read = self._encoder.cut(text)
        read = tf.concat([read, tf.fill([read.nrows(), 1], END)], axis=1)
        return {
            **answer,
            "source": read.to_tensor(""),
            "target": tf.gather(self._written, tokens),
            "attention": tf.where((tokens != 0)[..., None], weights, 0.0),
        }

    def _answer(self, source, found):
        """What there is to say: of a text that ends before it begins, nothing."""
        some = source[:, 0] != END_ID
        tokens = tf.where(some[:, None], found.tokens, 0)
        log_probability = tf.where(some, found.log_probability, 0.0)
        return {"text": self._encoder.write(tokens), "log_probability": log_probability}, tokens


def export(model, data, directory, *, language=""):
    """Writes a translator as a SavedModel that takes and gives strings.

    Args:
        model: A `keras.Model` made by `zoo.models.Seq2Seq`.
        data: The `zoo.data.translation.TranslationData` that it was trained on.
        directory: Where to write.
        language: Not used: the pieces cut a text into themselves.

    Returns:
        What there is to tell of it: `steps`, most pieces of a translation and its end, `beams`, and
        `attention`, whether it tells where it looked.
    """
    module = TranslationModule(model, data)
    signatures = {"serving_default": module.serving_default}
    if module.attention is not None:
        signatures["attention"] = module.attention
    with tempfile.TemporaryDirectory() as assets:
        path = pathlib.Path(assets) / WORDS
        path.write_text("\n".join(data.encoder.words), encoding="utf-8", newline="\n")
        module.assets["pieces"] = tf.saved_model.Asset(str(path))
        tf.saved_model.save(module, str(directory), signatures=signatures)
    return {"steps": data.steps, "beams": data.beams, "attention": "attention" in signatures}


def load(directory):
    """Loads what `export` wrote; nothing of the zoo is needed for it."""
    return tf.saved_model.load(str(directory))


def read_encoder(directory, description):
    """Makes the encoder of an exported translator again, from its assets."""
    return SubwordEncoder(
        (pathlib.Path(directory) / "assets" / WORDS).read_text("utf-8").split("\n")
    )


def predict(saved_model, texts, *, attention=False, batch_size=32):
    """Translates texts with a loaded SavedModel.

    Args:
        saved_model: What `tf.saved_model.load` returned.
        texts: A string, or an iterable of strings, one sentence each.
        attention: Whether to tell, too, where each piece of a translation looked.
        batch_size: Texts at a time; those of similar length come together.

    Returns:
        For one text its translation, a string, or with `attention` a `Translation`; for several a
        list of them.

    Raises:
        TypeError: If `texts` is neither.
        ValueError: If the model has no attention to tell of.
    """
    if isinstance(texts, str):
        return predict(saved_model, [texts], attention=attention)[0]
    if attention and "attention" not in saved_model.signatures:
        raise ValueError("`attention` needs a model that has some. Received: a model without")
    given = strings("texts", texts)
    signature = saved_model.signatures["attention" if attention else "serving_default"]
    order = sorted(range(len(given)), key=lambda place: len(given[place]))
    found = [None] * len(given)
    for first in range(0, len(order), batch_size):
        places = order[first : first + batch_size]
        out = signature(text=tf.constant([given[place] for place in places]))
        out = {name: values.numpy() for name, values in out.items()}
        for row, place in enumerate(places):
            found[place] = _translation(out, row) if attention else out["text"][row].decode()
    return found


def _translation(out, row):
    source, target = (
        tuple(piece.decode() for piece in out[name][row] if piece) for name in ("source", "target")
    )
    return Translation(
        out["text"][row].decode(),
        float(out["log_probability"][row]),
        source,
        target,
        out["attention"][row, : len(target), : len(source)],
    )
