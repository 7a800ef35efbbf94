"""Pretrained models on ONNX Runtime or LiteRT: the serving contract without TensorFlow and Keras.

Graphs (`zoo.onnx.parts`, `zoo.serving.saved_model.litert`) do the arithmetic, Python and NumPy what
is before, between and after: texts become ids, tokens are decoded one after the other, ids become
texts.
"""

import functools
import importlib
import pathlib

from zoo.serving.portable.sessions import open_graph


def load(directory, description, *, kind="onnx"):
    """Loads a pretrained model.

    Args:
        directory: Where it lies.
        description: What its `model.json` holds.
        kind: Which of its graphs, one of `zoo.serving.portable.sessions.ENDINGS`.

    Returns:
        What has `signatures` by name, functions of arrays that give dictionaries of arrays, strings
        as bytes, as the SavedModel's do; and `assets`, paths by name.

    Raises:
        ImportError: If the runtime is not installed.
        FileNotFoundError: If the model was not exported for it.
    """
    directory = pathlib.Path(directory)
    module = importlib.import_module(f"zoo.serving.portable.{description['task']}")
    return module.load(directory, description, functools.partial(open_graph, directory, kind))
