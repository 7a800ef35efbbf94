"""Serving autoencoders of series: windows in original units in, the same out, and how far off."""

import typing

import keras
import numpy as np
import tensorflow as tf

from zoo.serving.weights import HalfPrecision


class Reconstruction(typing.NamedTuple):
    """What an autoencoder makes of a series.

    `values` is `(steps, channels)`, in original units; `score` is `(steps,)`, the root mean square
    of the error in units of what is usual: about 1 where nothing is wrong.
    """

    values: np.ndarray
    score: np.ndarray


class ReconstructionModule(tf.Module):
    """An autoencoder between the scaler of its training data and original units, ready to be saved.

    Args:
        model: A `zoo.models.SequenceAutoencoder` of numbers.
        windows: The `zoo.data.reconstruction.SeriesWindows` that it was trained on.
        usual: Root mean square of its errors where nothing is wrong, standardized.
    """

    def __init__(self, model, windows, usual):
        super().__init__()
        self.model = HalfPrecision(model)
        # In a function: what it is made of must not be saved a second time.
        encoder = keras.Model(model.input, model.get_layer("latent").output)
        self._encode = lambda window: encoder(window, training=False)
        self.scaler = [
            tf.Variable(values, trainable=False, dtype=tf.float64)
            for values in (windows.mean, windows.scale)
        ]
        self.usual = tf.Variable(usual, trainable=False, dtype=tf.float32)
        self.channels = tf.Variable(list(windows.channels), trainable=False)
        shape = [None, windows.length, len(windows.channels)]
        self.inputs = [tf.TensorSpec(shape, tf.float32, name="window")]

    def reconstruct(self, window):
        """Says windows again.

        Args:
            window: Float32 `(batch, time, channels)`, in original units.

        Returns:
            `reconstruction`, of the same shape and units, and `score`, float32 `(batch, time)`.
        """
        given = self._standardized(window)
        said = self.model(given)
        off = tf.sqrt(tf.reduce_mean(tf.square(said - given), axis=-1))
        mean, scale = self.scaler
        original = tf.cast(tf.cast(said, tf.float64) * scale + mean, tf.float32)
        return {"reconstruction": original, "score": off / self.usual}

    def latent(self, window):
        """Gives the codes of windows.

        Args:
            window: As in `reconstruct`.

        Returns:
            `latent`, float32 `(batch, latent_dim)`.
        """
        given = self._standardized(window)
        with self.model.applied():
            return {"latent": tf.cast(self._encode(given), tf.float32)}

    def _standardized(self, window):
        tf.debugging.assert_all_finite(
            window, "`window` must be finite. Fill missing values first."
        )
        mean, scale = self.scaler
        return tf.cast((tf.cast(window, tf.float64) - mean) / scale, tf.float32)


def export(model, data, directory, *, language=""):
    """Writes an autoencoder as a SavedModel that takes and gives original units.

    Args:
        model: A `zoo.models.SequenceAutoencoder` of numbers.
        data: The `zoo.data.reconstruction.ReconstructionData` that it was trained on. Its errors on
            dev are what is usual.
        directory: Where to write.
        language: Not used: numbers have none.

    Returns:
        What there is to tell of it: names of the `channels`, `length` of a window, `usual` error.
    """
    train, dev = data.splits["train"], data.splits["dev"]
    errors = data.predict(model, dev) - dev.arrays()
    usual = max(float(np.sqrt(np.mean(np.square(errors)))), 1e-6)
    module = ReconstructionModule(model, train, usual)
    signatures = {
        "serving_default": tf.function(module.reconstruct, input_signature=module.inputs),
        "latent": tf.function(module.latent, input_signature=module.inputs),
    }
    module.serving_default, module.encode = signatures.values()
    tf.saved_model.save(module, str(directory), signatures=signatures)
    return {"channels": list(train.channels), "length": train.length, "usual": usual}


def load(directory):
    """Loads what `export` wrote; nothing of the zoo is needed for it."""
    return tf.saved_model.load(str(directory))


def predict(saved_model, series, *, batch_size=256):
    """Says series again with a loaded SavedModel, and how far off each step is.

    Args:
        saved_model: What `tf.saved_model.load` returned.
        series: Numbers in original units: an array, or whatever NumPy makes one of, such as a
            `pandas.DataFrame`. `(steps, channels)` for one series, at least as long as a window;
            `(batch, steps, channels)` for many. A longer one is cut into all its windows, and a
            step has the mean of those that hold it.
        batch_size: Windows at a time.

    Returns:
        For one series its `Reconstruction`, for many a list of them.

    Raises:
        ValueError: If the shape is another, or a value is missing or infinite.
    """
    signature = saved_model.signatures["serving_default"]
    shape = signature.structured_input_signature[1]["window"].shape
    values = _checked(series, *shape[1:])
    one = values.ndim == 2
    found = [
        _of_one(signature, each, shape[1], batch_size) for each in (values[None] if one else values)
    ]
    return found[0] if one else found


def encode(saved_model, windows):
    """Gives the codes of windows with a loaded SavedModel.

    Args:
        saved_model: As in `predict`.
        windows: `(batch, length, channels)`, in original units.

    Returns:
        Float32 `(batch, latent_dim)`.
    """
    signature = saved_model.signatures["latent"]
    shape = signature.structured_input_signature[1]["window"].shape
    windows = _checked(windows, *shape[1:])
    return signature(window=tf.constant(windows))["latent"].numpy()


def _of_one(signature, values, length, batch_size):
    windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    windows = np.moveaxis(windows, -1, 1)
    sums, squares = np.zeros(values.shape), np.zeros(len(values))
    counts = np.zeros(len(values))
    for first in range(0, len(windows), batch_size):
        out = signature(window=tf.constant(windows[first : first + batch_size]))
        steps = np.arange(first, first + len(out["score"]))[:, None] + np.arange(length)
        np.add.at(sums, steps, out["reconstruction"].numpy())
        np.add.at(squares, steps, np.square(out["score"].numpy(), dtype="float64"))
        np.add.at(counts, steps, 1)
    return Reconstruction(sums / counts[:, None], np.sqrt(squares / counts))


def _checked(given, length, channels):
    """Numbers of the shape `(steps, channels)` or `(batch, steps, channels)`, all finite."""
    try:
        values = np.asarray(given, dtype="float32")
    except (TypeError, ValueError) as error:
        raise ValueError(f"A series must be numbers. Received: {given!r:.200}") from error
    if values.ndim not in (2, 3) or values.shape[-1] != channels or values.shape[-2] < length:
        raise ValueError(
            f"A series must be of shape (steps, {channels}) with at least {length} steps, or "
            f"(batch, steps, {channels}). Received: {np.shape(given)}"
        )
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        step, column = wrong[0][-2:]
        raise ValueError(
            f"A series must be finite. Received: {values[tuple(wrong[0])]} at step {step}, column "
            f"{column}, and {len(wrong) - 1} more. Fill missing values first, for instance with "
            "`pandas.DataFrame.interpolate`."
        )
    return values
