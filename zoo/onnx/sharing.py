"""Weights that a graph has from the SavedModel beside it, so that they are stored but once."""

import pathlib

import numpy as np
import onnx

VARIABLES = "variables/variables.data-00000-of-00001"
FEWEST = 64  # A weight of fewer numbers stays in the graph.


def share(model, directory):
    """Has a graph read its weights from the variables of the SavedModel that it will lie beside.

    A SavedModel of the zoo holds weights in half precision, one after the other in one file. A
    weight of the graph that is found there, byte for byte, becomes a reference to its place and a
    cast to single precision, which a runtime carries out once, when it loads the graph.

    Args:
        model: An `onnx.ModelProto`; it is changed.
        directory: The SavedModel's.

    Returns:
        The model.
    """
    stored = (pathlib.Path(directory) / VARIABLES).read_bytes()
    graph = model.graph
    for weight in graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or np.prod(weight.dims) < FEWEST:
            continue
        with np.errstate(over="ignore"):
            half = onnx.numpy_helper.to_array(weight).astype("float16")
        place = stored.find(half.tobytes())
        if place < 0 or not np.array_equal(half, onnx.numpy_helper.to_array(weight)):
            continue
        name = weight.name
        weight.ClearField("raw_data")
        weight.name, weight.data_type = f"{name}_half", onnx.TensorProto.FLOAT16
        weight.data_location = onnx.TensorProto.EXTERNAL
        where = {"location": VARIABLES, "offset": place, "length": half.nbytes}
        for key, value in where.items():
            weight.external_data.add(key=key, value=str(value))
        cast = onnx.helper.make_node("Cast", [weight.name], [name], to=onnx.TensorProto.FLOAT)
        graph.node.insert(0, cast)
    return model
