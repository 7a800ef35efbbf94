"""Weights of a Keras model in half precision, inside a TensorFlow graph."""

import tensorflow as tf


class HalfPrecision(tf.Module):
    """Holds a model's weights in half precision and computes in single.

    A SavedModel is then half as large; the weights are cast at every call, which costs about a
    millisecond for a few million of them.

    Args:
        model: A `keras.Model` on the TensorFlow backend.
    """

    def __init__(self, model):
        super().__init__()
        # The bound method, not the model: its single-precision weights must not be saved too.
        self._call = model.stateless_call
        self.trainable_values = [_half(v) for v in model.trainable_variables]
        self.non_trainable_values = [_half(v) for v in model.non_trainable_variables]

    def __call__(self, x):
        outputs, _ = self._call(
            [_single(v) for v in self.trainable_values],
            [_single(v) for v in self.non_trainable_values],
            x,
            training=False,
        )
        return outputs


def _half(variable):
    value = tf.convert_to_tensor(variable)
    return tf.Variable(tf.cast(value, tf.float16) if value.dtype == tf.float32 else value)


def _single(variable):
    value = tf.convert_to_tensor(variable)
    return tf.cast(value, tf.float32) if value.dtype == tf.float16 else value
