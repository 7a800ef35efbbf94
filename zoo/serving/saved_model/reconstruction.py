"""Autoencoders of series as SavedModels: windows in, the same out, and how far off."""

import keras
import numpy as np
import tensorflow as tf

from zoo.serving.saved_model.weights import HalfPrecision


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
