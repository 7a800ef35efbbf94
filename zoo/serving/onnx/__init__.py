"""Pretrained models on ONNX Runtime: the serving contract without TensorFlow and without Keras.

The graphs (`zoo.onnx.parts`) do the arithmetic, Python and NumPy what is before, between and after:
texts become ids, tokens are decoded one after the other, ids become texts.
"""

import importlib
import pathlib


def load(directory, description):
    """Loads a pretrained model.

    Args:
        directory: Where it lies.
        description: What its `model.json` holds.

    Returns:
        What has `signatures` by name, functions of arrays that give dictionaries of arrays, strings
        as bytes, as the SavedModel's do; and `assets`, paths by name.

    Raises:
        ImportError: If ONNX Runtime is not installed.
        FileNotFoundError: If the model was not exported to ONNX.
    """
    module = importlib.import_module(f"zoo.serving.onnx.{description['task']}")
    return module.load(pathlib.Path(directory), description)
