"""An ONNX graph under construction."""

import dataclasses

import numpy as np
import onnx

OPSET, IR = 18, 9  # Old enough for runtimes that are not the newest.


@dataclasses.dataclass(frozen=True)
class Value:
    """A tensor of a graph.

    Attributes:
        name: Its name in the graph.
        shape: Its shape, `None` where an axis has no fixed size.
        dtype: Its type, as Keras names it.
    """

    name: str
    shape: tuple
    dtype: str


class Graph:
    """Nodes, weights, inputs and outputs, to be joined into a model.

    Attributes:
        given: By the `id` of a layer the `Value` that stands for its answer, where that comes from
            outside.
        carried: The states of a language model's `zoo.layers.CarriedState`, `Value`s: those that a
            call begins with, and once it is converted those that it ends with.

    Example:

    >>> graph = Graph()
    >>> x = graph.input("x", (None, 2), "float32")
    >>> graph.output("y", Value(graph.add("Relu", x), x.shape, x.dtype))
    >>> [node.op_type for node in graph.model().graph.node]
    ['Relu', 'Identity']
    """

    def __init__(self):
        self.given = {}
        self.carried = None
        self._nodes, self._inputs, self._outputs = [], [], []
        self._weights = {}

    def input(self, name, shape, dtype):
        """Declares an input, and gives its `Value`."""
        value = Value(name, tuple(shape), dtype)
        self._inputs.append(_described(name, value))
        return value

    def output(self, name, value):
        """Declares that a `Value` is an output."""
        self._nodes.append(onnx.helper.make_node("Identity", [value.name], [name]))
        self._outputs.append(_described(name, value))

    def add(self, operator, *inputs, outputs=1, **attributes):
        """Adds a node.

        Args:
            operator: Name of an operator of ONNX.
            *inputs: Names, `Value`s, arrays or numbers; `None` for one that is left out.
            outputs: How many outputs it has.
            **attributes: Its attributes; those that are `None` are left out.

        Returns:
            The name of its output, or a list of them.
        """
        names = ["" if each is None else self.name(each) for each in inputs]
        stem = f"{operator}_{len(self._nodes)}"
        made = [stem] if outputs == 1 else [f"{stem}_{place}" for place in range(outputs)]
        attributes = {name: each for name, each in attributes.items() if each is not None}
        self._nodes.append(onnx.helper.make_node(operator, names, made, **attributes))
        return stem if outputs == 1 else made

    def name(self, each):
        """The name of a tensor, or of the weight that an array or number is made."""
        if isinstance(each, str):
            return each
        if isinstance(each, Value):
            return each.name
        array = np.asarray(each)
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._weights:
            name = f"weight_{len(self._weights)}"
            self._weights[key] = onnx.numpy_helper.from_array(array, name)
        return self._weights[key].name

    def body(self, name):
        """Joins all into an `onnx.GraphProto`, the body of a loop."""
        weights = list(self._weights.values())
        return onnx.helper.make_graph(self._nodes, name, self._inputs, self._outputs, weights)

    def model(self):
        """Joins all into an `onnx.ModelProto`, checked."""
        model = onnx.helper.make_model(
            self.body("zoo"),
            opset_imports=[onnx.helper.make_opsetid("", OPSET)],
            ir_version=IR,
            producer_name="rnn-zoo",
        )
        onnx.checker.check_model(model)
        return model


def integers(*values):
    """The int64 array that ONNX wants for axes, sizes and places.

    Example:

    >>> integers(0, -1)
    array([ 0, -1])
    """
    return np.array(values, "int64")


def type_of(dtype):
    """ONNX's number of a type."""
    return onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


def _described(name, value):
    shape = [
        f"{value.name}_{axis}" if size is None else size for axis, size in enumerate(value.shape)
    ]
    return onnx.helper.make_tensor_value_info(name, type_of(value.dtype), shape)
