"""Translators as SavedModels: a text in, another out, and where each of its pieces looked."""

import pathlib
import tempfile

import tensorflow as tf

from zoo.data.subwords import END, END_ID, SubwordEncoder
from zoo.data.translation import translate
from zoo.serving.saved_model.weights import HalfPrecision

WORDS = "pieces.txt"


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


def read_encoder(directory, description):
    """Makes the encoder of an exported translator again, from its assets."""
    return SubwordEncoder(
        (pathlib.Path(directory) / "assets" / WORDS).read_text("utf-8").split("\n")
    )
