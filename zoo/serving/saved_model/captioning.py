"""Captioners as SavedModels: pictures in, what they show out, and where each word looked."""

import pathlib
import tempfile

import tensorflow as tf

from zoo.data.captioning import END_ID, describe, squared
from zoo.data.text import TokenEncoder
from zoo.serving.saved_model.weights import HalfPrecision


class CaptioningModule(tf.Module):
    """A captioner that takes pictures of any size and gives words, ready to be saved.

    Args:
        model: The captioner, a `keras.Model`.
        data: The `zoo.data.captioning.CaptioningData` that it was trained on.
    """

    def __init__(self, model, data):
        super().__init__()
        self.model = HalfPrecision(model)
        # Functions, not the model: its single-precision weights must not be saved too.
        self._describe = lambda images: describe(model, images, steps=data.steps)
        self._encode = lambda images: model.get_layer("encoder")(images, training=False)
        self._attend = lambda *given: model.get_layer("decoder").attend(*given)
        self._side = data.sizes["image_shape"][0]
        self._words = tf.constant(["", "", *data.encoder.words])
        self.grid = grid(model)
        if self.grid is None:
            self.attention = None  # What is there is traced when the module is saved.
        self.assets = {}

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, name="image")])
    def serving_default(self, image):
        """Describes pictures, by beam search."""
        with self.model.applied():
            found = self._describe(squared(image, self._side))
        return {"caption": self._text(found.tokens), "log_probability": found.log_probability}

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, name="image")])
    def attention(self, image):
        """Describes pictures and tells where each word looked, over their middle square."""
        images = squared(image, self._side)
        with self.model.applied():
            found = self._describe(images)
            tokens = found.tokens
            start = tf.fill([tf.shape(tokens)[0], 1], END_ID)
            previous = tf.concat([start, tokens[:, :-1]], axis=1)
            weights = self._attend(previous, *self._encode(images))
        weights = tf.where((tokens != 0)[..., None], weights, 0.0)
        shape = tf.concat([tf.shape(tokens), self.grid], axis=0)
        return {
            "caption": self._text(tokens),
            "log_probability": found.log_probability,
            "words": tf.gather(self._words, tokens),
            "attention": tf.reshape(weights, shape),
        }

    def _text(self, tokens):
        words = tf.gather(self._words, tokens)
        return tf.strings.strip(tf.strings.reduce_join(words, axis=1, separator=" "))


def grid(model):
    """Rows and columns of the places that a captioner looks at, or `None` if it has no attention.

    Args:
        model: A `keras.Model` made by a builder of `zoo.models.captioning`.
    """
    if model.get_layer("decoder").attention is None:
        return None
    *places, _ = model.get_layer("encoder").get_layer("places").input.shape[1:]
    return places if len(places) == 2 else None


def export(model, data, directory, *, language=""):
    """Writes a captioner as a SavedModel that takes pictures of any size.

    Args:
        model: A `keras.Model` made by `zoo.models.ImageCaptioner`.
        data: The `zoo.data.captioning.CaptioningData` that it was trained on.
        directory: Where to write.
        language: Not used: there is nothing to cut.

    Returns:
        What there is to tell of it: `steps`, most words of a caption and its end, and `grid`, rows
        and columns of the places that it looks at, or `None`.
    """
    module = CaptioningModule(model, data)
    signatures = {"serving_default": module.serving_default}
    if module.grid is not None:
        signatures["attention"] = module.attention
    with tempfile.TemporaryDirectory() as assets:
        path = pathlib.Path(assets) / "words.txt"
        path.write_text("\n".join(data.encoder.words), encoding="utf-8", newline="\n")
        module.assets["words"] = tf.saved_model.Asset(str(path))
        tf.saved_model.save(module, str(directory), signatures=signatures)
    return {"steps": data.steps, "grid": grid(model)}


def read_encoder(directory, description):
    """Makes the token encoder of an exported captioner again, from its assets."""
    words = (pathlib.Path(directory) / "assets" / "words.txt").read_text("utf-8").split("\n")
    return TokenEncoder(words, None, lowercase=False, digits=True)
