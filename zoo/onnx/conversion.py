"""From Keras to ONNX: models, and functions of tensors.

A converter is given the graph, an operation or layer, and what that is called with, `Value`s in
place of tensors, and answers with the names of what comes out. A layer that has none is taken
apart: it is called on symbolic tensors, and the operations that it consists of are converted.
"""

import inspect

import keras
from keras import layers, tree

from zoo.onnx.graph import Graph, Value

CONVERTERS = {}


def converts(*kinds):
    """Registers a converter for classes of operations or layers, and those derived from them."""

    def register(converter):
        CONVERTERS.update(dict.fromkeys(kinds, converter))
        return converter

    return register


def convert(model):
    """Converts a functional model.

    Args:
        model: A functional `keras.Model` whose layers are the zoo's, or common ones of Keras.

    Returns:
        An `onnx.ModelProto`. Its inputs are named as the model's are, its outputs `output`, or, of
        a dictionary, by its keys.

    Raises:
        NotImplementedError: If there is no converter for something in it.

    Example:

    >>> x = keras.Input((None, 3), name="x")
    >>> model = keras.Model(x, keras.layers.GRU(4)(x))
    >>> [each.name for each in convert(model).graph.output]
    ['output']
    """
    graph = Graph()
    inputs = [graph.input(each.name, each.shape, each.dtype) for each in model.inputs]
    return finish(graph, add_model(graph, model, inputs))


def finish(graph, found):
    """Declares what a model answers as the outputs of a graph, and makes the `onnx.ModelProto`."""
    named = found if isinstance(found, dict) else {"output": found}
    for name, each in named.items():
        graph.output(name, each)
    return graph.model()


def add_model(graph, model, inputs):
    """Adds all that a functional model or a `keras.Function` does.

    Args:
        graph: A `zoo.onnx.graph.Graph`.
        model: The model.
        inputs: `Value`s, in the order of its inputs.

    Returns:
        What the model returns, `Value`s in place of tensors.

    Raises:
        NotImplementedError: If there is no converter for something in it.
    """
    known = {id(tensor): value for tensor, value in zip(model.inputs, inputs, strict=True)}
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if node.is_input:
                continue
            given, named = node.arguments.fill_in(known)
            found = _add(graph, node.operation, given, named)
            for tensor, each in zip(node.outputs, tree.flatten(found), strict=True):
                # What a layer says of its type is not always true; what it is made of is.
                dtype = each.dtype if isinstance(each, Value) else tensor.dtype
                known[id(tensor)] = Value(graph.name(each), tensor.shape, dtype)
    return tree.map_structure(lambda tensor: known[id(tensor)], model._outputs_struct)


def _add(graph, operation, given, named):
    if id(operation) in graph.given:
        return graph.given[id(operation)]
    named = {name: each for name, each in named.items() if name != "training"}
    for kind in type(operation).__mro__:
        if kind in CONVERTERS:
            return CONVERTERS[kind](graph, operation, *given, **named)
    if hasattr(operation, "_nodes_by_depth"):
        values = [each for each in tree.flatten((given, named)) if isinstance(each, Value)]
        return add_model(graph, operation, values)
    if not isinstance(operation, layers.Layer):
        raise NotImplementedError(
            f"There is no ONNX for {type(operation).__name__} yet. Write a converter for it in "
            "zoo/onnx/operations.py"
        )
    return add_function(graph, operation.call, *given, **named)


def add_function(graph, function, *given, **named):
    """Adds all that a function does which is written in Keras's operations and layers.

    Args:
        graph: A `zoo.onnx.graph.Graph`.
        function: The function; if it has an argument `training`, that is false.
        *given: What it is called with, `Value`s in place of tensors.
        **named: Likewise.

    Returns:
        What it returns, `Value`s in place of tensors.

    Raises:
        NotImplementedError: If there is no converter for something in it.

    Example:

    >>> graph = Graph()
    >>> x = graph.input("x", (None, 2), "float32")
    >>> add_function(graph, lambda x: 2 * keras.ops.tanh(x), x).shape
    (None, 2)
    """
    values = {id(each): each for each in tree.flatten((given, named)) if isinstance(each, Value)}
    symbols = {key: keras.KerasTensor(each.shape, each.dtype) for key, each in values.items()}

    def symbol(each):
        return symbols[id(each)] if isinstance(each, Value) else each

    given, named = tree.map_structure(symbol, (given, named))
    if "training" in inspect.signature(function).parameters:
        named["training"] = False
    outputs = function(*given, **named)
    known = {id(symbols[key]): value for key, value in values.items()}
    made = [each for each in tree.flatten(outputs) if id(each) not in known]
    if made:
        inside = keras.Function(list(symbols.values()), made)
        found = tree.flatten(add_model(graph, inside, list(values.values())))
        known |= {id(tensor): value for tensor, value in zip(made, found, strict=True)}
    return tree.map_structure(lambda tensor: known[id(tensor)], outputs)
