"""Graphs that ONNX Runtime or LiteRT runs, and what a served model is made of."""

import importlib

import numpy as np

# Graphs whose work is worth more than one thread. Those of another would be in their way: they spin
# on for a while when they have done theirs.
MANY_THREADS = ("model", "step")
ENDINGS = {"onnx": ".onnx", "onnx-int8": ".int8.onnx", "litert": ".tflite"}


def open_graph(directory, kind, name):
    """Opens a graph of a pretrained model.

    Args:
        directory: Where the model lies.
        kind: Of its graphs, one of `ENDINGS`.
        name: Of the graph.

    Returns:
        A `Session` or a `LiteRTSession`.

    Raises:
        ImportError: If the runtime is not installed.
        FileNotFoundError: If there is no such graph.
    """
    path = directory / f"{name}{ENDINGS[kind]}"
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no {path}. Write it, where TensorFlow is installed: "
            f"zoo export {directory.name} --format {kind}"
        )
    return (LiteRTSession if kind == "litert" else Session)(path)


class Session:
    """A graph that ONNX Runtime runs, called with arrays by name.

    Args:
        path: The `.onnx` file.

    Attributes:
        shapes: The shapes of its inputs by name, `None` where an axis has no fixed size.
    """

    def __init__(self, path):
        onnxruntime = imported("onnxruntime", "ONNX Runtime", "onnx")
        options = onnxruntime.SessionOptions()
        if path.name.partition(".")[0] not in MANY_THREADS:
            options.intra_op_num_threads = 1
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


class LiteRTSession:
    """A graph that LiteRT runs, called with arrays by name.

    Its sizes are fixed: rows go through it one by one, padded on the right with zeros, and what
    comes out at padding is cut off.

    Args:
        path: The `.tflite` file.

    Attributes:
        shapes: The shapes of its inputs by name, `None` for the batch.
    """

    def __init__(self, path):
        interpreter = imported("ai_edge_litert.interpreter", "LiteRT", "litert")
        self._interpreter = interpreter.Interpreter(str(path))
        self._run = self._interpreter.get_signature_runner("serving_default")
        self.shapes = {
            name: (None, *map(int, each["shape"][1:]))
            for name, each in self._run.get_input_details().items()
        }

    def __call__(self, **given):
        """Runs the graph on each row: its outputs by name.

        Raises:
            ValueError: If a row is longer than the graph.
        """
        (batch, steps), *_ = (each.shape[:2] for each in given.values())
        rows = {name: self._padded(name, each) for name, each in given.items()}
        found = [
            self._run(**{name: each[row : row + 1] for name, each in rows.items()})
            for row in range(batch)
        ]
        return {name: self._joined([each[name] for each in found], steps) for name in found[0]}

    def _padded(self, name, values):
        sizes = self.shapes[name][1:]
        missing = [b - a for a, b in zip(values.shape[1:], sizes, strict=True)]
        if min(missing) < 0:
            raise ValueError(
                f"A row of `{name}` must be of the shape {sizes} at most, for which this graph was "
                f"made. Received: {values.shape[1:]}. ONNX Runtime takes any"
            )
        return np.pad(values, [(0, 0), *((0, each) for each in missing)])

    def _joined(self, values, steps):
        """What came out for each row, together, without what came out at padding."""
        if len(values[0]) != 1:
            return values[0]  # It is the same for all rows.
        (_, length, *_), *_ = self.shapes.values()
        values = np.concatenate(values)
        return values[:, :steps] if values.ndim > 1 and values.shape[1] == length else values


def imported(module, name, extra):
    """Imports a module that an extra of the zoo brings.

    Args:
        module: Its path.
        name: What its package is called.
        extra: Name of the extra.

    Returns:
        The module.

    Raises:
        ImportError: If it is not installed; the message says how to.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"This needs {name}. Install it, in the zoo's folder: pip install '.[{extra}]'"
        ) from error


class Served:
    """A served model: the same face as a SavedModel.

    Args:
        signatures: Functions by name.
        assets: Paths by name.
    """

    def __init__(self, signatures, assets=()):
        self.signatures = signatures
        self.assets = dict(assets)
