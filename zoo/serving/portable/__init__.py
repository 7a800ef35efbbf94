"""Pretrained models on ONNX Runtime: the serving contract without TensorFlow and without Keras.

The graphs (`zoo.onnx.parts`) do the arithmetic, Python and NumPy what is before, between and after:
texts become ids, tokens are decoded one after the other, ids become texts.
"""

import functools
import importlib
import pathlib

from zoo.serving.onnx.sessions import Session


def load(directory, description, *, kind="onnx"):
    """Loads a pretrained model.

    Args:
        directory: Where it lies.
        description: What its `model.json` holds.
        kind: Which of its graphs, `"onnx"`, or `"onnx-int8"`, whose weights are whole numbers.

    Returns:
        What has `signatures` by name, functions of arrays that give dictionaries of arrays, strings
        as bytes, as the SavedModel's do; and `assets`, paths by name.

    Raises:
        ImportError: If ONNX Runtime is not installed.
        FileNotFoundError: If the model was not exported to ONNX.
    """
    directory = pathlib.Path(directory)
    module = importlib.import_module(f"zoo.serving.onnx.{description['task']}")
    return module.load(directory, description, functools.partial(Session, directory, kind))
