"""Asking a served model, whatever it is that runs it.

A served model has `signatures` by name, as a SavedModel has that TensorFlow loaded. Those of
`zoo.serving.portable` take arrays and give arrays, strings as bytes.
"""

import pathlib


def ask(served, signature, **given):
    """Asks a signature.

    Args:
        served: A loaded model.
        signature: Name of the signature.
        **given: Its inputs: numbers, strings as bytes, lists of them or arrays.

    Returns:
        A dictionary of NumPy arrays.
    """
    function = served.signatures[signature]
    if not _is_tensorflow(function):
        return function(**given)
    import tensorflow as tf

    specs = function.structured_input_signature[1]
    tensors = {name: tf.constant(each, specs[name].dtype) for name, each in given.items()}
    return {name: each.numpy() for name, each in function(**tensors).items()}


def shapes(served, signature):
    """Gives the shapes of a signature's inputs by name, `None` where an axis has no fixed size."""
    function = served.signatures[signature]
    if not _is_tensorflow(function):
        return function.shapes
    return {
        name: tuple(spec.shape) for name, spec in function.structured_input_signature[1].items()
    }


def asset(served, name):
    """Reads a text that was saved with the model."""
    path = served.assets[name]
    if hasattr(path, "asset_path"):
        path = path.asset_path.numpy().decode()
    return pathlib.Path(path).read_text("utf-8")


def _is_tensorflow(function):
    return hasattr(function, "structured_input_signature")
