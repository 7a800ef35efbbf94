"""Graphs that ONNX Runtime runs, and what a served model is made of."""

import numpy as np

ENDINGS = {"onnx": ".onnx", "onnx-int8": ".int8.onnx"}


class Session:
    """A graph, called with arrays by name.

    Args:
        directory: Where the model lies.
        kind: Of its graphs, one of `ENDINGS`.
        name: Of the graph.

    Attributes:
        shapes: The shapes of its inputs by name, `None` where an axis has no fixed size.

    Raises:
        ImportError: If ONNX Runtime is not installed.
        FileNotFoundError: If there is no such file.
    """

    def __init__(self, directory, kind, name):
        try:
            import onnxruntime
        except ImportError as error:
            raise ImportError(
                "This runtime needs ONNX Runtime. Install it: pip install 'rnn-zoo[onnx]'"
            ) from error
        path = directory / f"{name}{ENDINGS[kind]}"
        if not path.is_file():
            raise FileNotFoundError(
                f"There is no {path}. Write it, where TensorFlow is installed: "
                f"zoo export {directory.name} --format {kind}"
            )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        self._outputs = [each.name for each in self._session.get_outputs()]
        self.shapes = {
            each.name: tuple(size if isinstance(size, int) else None for size in each.shape)
            for each in self._session.get_inputs()
        }

    def __call__(self, **given):
        """Runs the graph: its outputs by name."""
        return dict(zip(self._outputs, self._session.run(None, given), strict=True))


class Served:
    """A served model: the same face as a SavedModel.

    Args:
        signatures: Functions by name.
        assets: Paths by name.
    """

    def __init__(self, signatures, assets=()):
        self.signatures = signatures
        self.assets = dict(assets)


class Signature:
    """A function that tells the shapes of its inputs.

    Args:
        function: The function.
        shapes: By name of the input its shape, `None` where an axis has no fixed size.
    """

    def __init__(self, function, shapes):
        self._function = function
        self.shapes = shapes

    def __call__(self, **given):
        return self._function(**given)


def lines(path):
    """The lines of an asset."""
    return path.read_text("utf-8").split("\n")


def strings(rows):
    """Lays rows of strings out as an array of bytes `(batch, time)`, padded with `b""`."""
    width = max(1, max(map(len, rows), default=1))
    found = np.full((len(rows), width), b"", dtype=object)
    for place, row in enumerate(rows):
        found[place, : len(row)] = [each.encode() for each in row]
    return found


def padded(rows, dtype):
    """Lays rows of numbers out as an array `(batch, time)`, padded with 0."""
    width = max(1, max(map(len, rows), default=1))
    found = np.zeros((len(rows), width), dtype)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


def softmax(logits):
    """Probabilities of logits, along the last axis."""
    x = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def log_softmax(logits):
    """Logarithms of the probabilities of logits, along the last axis."""
    x = logits - logits.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
