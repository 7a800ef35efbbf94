"""Weights of a Keras model in half precision, inside a TensorFlow graph, and back from there."""

import contextlib
import pathlib

import keras
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
        # In a function, for the same reason.
        self._variables = lambda: [*model.trainable_variables, *model.non_trainable_variables]

    @contextlib.contextmanager
    def applied(self):
        """Has all layers of the model read these weights while the context lasts.

        For what is not a call of the whole model, such as the steps of a decoder.
        """
        values = [_single(v) for v in [*self.trainable_values, *self.non_trainable_values]]
        with keras.StatelessScope(list(zip(self._variables(), values, strict=True))):
            yield

    def __call__(self, x):
        outputs, _ = self._call(
            [_single(v) for v in self.trainable_values],
            [_single(v) for v in self.non_trainable_values],
            x,
            training=False,
        )
        return outputs


def restore(model, directory):
    """Gives a Keras model the weights that a SavedModel holds as its `model`, a `HalfPrecision`.

    Args:
        model: A `keras.Model` of the same builder and arguments, on any backend.
        directory: The SavedModel's directory.

    Returns:
        The model.

    Raises:
        ValueError: If the weights there are not those of such a model.
    """
    saved = tf.train.load_checkpoint(str(pathlib.Path(directory) / "variables" / "variables"))
    variables = {
        f"model/{kind}_values/{place}/.ATTRIBUTES/VARIABLE_VALUE": variable
        for kind in ("trainable", "non_trainable")
        for place, variable in enumerate(getattr(model, f"{kind}_variables"))
    }
    shapes = saved.get_variable_to_shape_map().items()
    found = {name: tuple(shape) for name, shape in shapes if name.startswith("model/")}
    expected = {name: tuple(variable.shape) for name, variable in variables.items()}
    if found != expected:
        name, differs = min(set(found.items()) ^ set(expected.items()))
        raise ValueError(
            f"Expected a SavedModel of the model {model.name!r} in {directory}. Found the weights "
            f"of another: {len(found)} where the model has {len(expected)}; the first that differs "
            f"is {name.partition('/.')[0]} of shape {differs}. Was it written by another version "
            "of the zoo? Its model.json says by which."
        )
    for name, variable in variables.items():
        variable.assign(saved.get_tensor(name))
    return model


def _half(variable):
    value = tf.convert_to_tensor(variable)
    return tf.Variable(tf.cast(value, tf.float16) if value.dtype == tf.float32 else value)


def _single(variable):
    value = tf.convert_to_tensor(variable)
    return tf.cast(value, tf.float32) if value.dtype == tf.float16 else value
