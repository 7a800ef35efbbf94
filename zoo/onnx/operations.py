"""Converters of Keras's operations, those that `keras.ops` and the signs of Python make."""

import keras
import numpy as np
from keras.src.activations.activations import ReLU
from keras.src.ops import core, nn, numpy

from zoo.onnx.conversion import converts
from zoo.onnx.graph import Value, integers, type_of

LOWEST, HIGHEST = np.iinfo("int64").min, np.iinfo("int64").max

ELEMENTWISE = {
    numpy.Abs: "Abs",
    numpy.Absolute: "Abs",
    numpy.Add: "Add",
    numpy.Divide: "Div",
    numpy.Equal: "Equal",
    numpy.Exp: "Exp",
    numpy.Greater: "Greater",
    numpy.GreaterEqual: "GreaterOrEqual",
    numpy.Less: "Less",
    numpy.Log: "Log",
    numpy.LogicalAnd: "And",
    numpy.LogicalNot: "Not",
    numpy.LogicalOr: "Or",
    numpy.Matmul: "MatMul",
    numpy.Maximum: "Max",
    numpy.Minimum: "Min",
    numpy.Multiply: "Mul",
    numpy.Negative: "Neg",
    numpy.Sqrt: "Sqrt",
    numpy.Subtract: "Sub",
    numpy.Tanh: "Tanh",
    numpy.TrueDivide: "Div",
    nn.Relu: "Relu",
    nn.Sigmoid: "Sigmoid",
    nn.Softplus: "Softplus",
    ReLU: "Relu",
}
REDUCTIONS = {
    numpy.Max: "ReduceMax",
    numpy.Mean: "ReduceMean",
    numpy.Min: "ReduceMin",
    numpy.Sum: "ReduceSum",
}


def cast(graph, x, dtype):
    """Adds a change of type."""
    return graph.add("Cast", x, to=type_of(dtype))


def slices(graph, x, starts, ends, axes, steps=None):
    """Adds a cut along axes."""
    steps = [1] * len(axes) if steps is None else steps
    return graph.add("Slice", x, *(integers(*each) for each in (starts, ends, axes, steps)))


def filled(graph, x, value):
    """Adds a tensor of the shape and type of another, all of one value."""
    return graph.add("Expand", np.asarray(value, x.dtype), graph.add("Shape", x))


def _alike(*given):
    """Operands, arrays and numbers among them in the type of the tensors."""
    dtype = next(each.dtype for each in given if isinstance(each, Value))

    def alike(each):
        if isinstance(each, Value):
            return each
        array = np.asarray(keras.ops.convert_to_numpy(each))
        if np.dtype(dtype).kind in "iu" and array.dtype.kind == "f" and (array % 1).any():
            raise NotImplementedError(
                f"There is no ONNX for whole numbers, {dtype}, and {each} together. Make both of "
                "one type first: keras.ops.cast"
            )
        return array.astype(dtype)

    return [alike(each) for each in given]


def _axes(axis):
    return integers(*([axis] if isinstance(axis, int) else axis))


@converts(*ELEMENTWISE)
def elementwise(graph, operation, *given):
    return graph.add(ELEMENTWISE[type(operation)], *_alike(*given))


@converts(*REDUCTIONS)
def reduction(graph, operation, x):
    axes = None if operation.axis is None else _axes(operation.axis)
    return graph.add(REDUCTIONS[type(operation)], x, axes, keepdims=int(operation.keepdims))


@converts(numpy.NotEqual)
def not_equal(graph, operation, *given):
    return graph.add("Not", graph.add("Equal", *_alike(*given)))


@converts(numpy.Any)
def any_(graph, operation, x):
    found = graph.add(
        "ReduceMax",
        cast(graph, x, "int32"),
        _axes(operation.axis),
        keepdims=int(operation.keepdims),
    )
    return cast(graph, found, "bool")


@converts(numpy.Var)
def variance(graph, operation, x):
    axes = _axes(operation.axis)
    off = graph.add("Sub", x, graph.add("ReduceMean", x, axes, keepdims=1))
    keepdims = int(operation.keepdims)
    return graph.add("ReduceMean", graph.add("Mul", off, off), axes, keepdims=keepdims)


@converts(numpy.Argmax)
def argmax(graph, operation, x):
    keepdims, axis = int(operation.keepdims), operation.axis
    if axis is None:
        axis, x = 0, graph.add("Reshape", x, integers(-1, *[1] * keepdims * (len(x.shape) - 1)))
    found = graph.add("ArgMax", x, axis=axis, keepdims=keepdims)
    return cast(graph, found, "int32")


@converts(numpy.Square)
def square(graph, operation, x):
    return graph.add("Mul", x, x)


@converts(nn.Softmax)
def softmax(graph, operation, x):
    return graph.add("Softmax", x, axis=operation.axis)


@converts(numpy.Cumsum)
def cumsum(graph, operation, x):
    return graph.add("CumSum", x, np.array(operation.axis, "int64"))


@converts(numpy.Where)
def where(graph, operation, condition, x1, x2):
    tensors = isinstance(x1, Value) or isinstance(x2, Value)
    x1, x2 = _alike(x1, x2) if tensors else (np.float32(x1), np.float32(x2))
    return graph.add("Where", condition, x1, x2)


@converts(core.Cast)
def change_type(graph, operation, x):
    return cast(graph, x, operation.dtype)


@converts(numpy.ZerosLike)
def zeros_like(graph, operation, x, dtype=None):
    found = filled(graph, x, 0)
    return found if dtype is None else cast(graph, found, dtype)


@converts(numpy.OnesLike)
def ones_like(graph, operation, x, dtype=None):
    found = filled(graph, x, 1)
    return found if dtype is None else cast(graph, found, dtype)


@converts(numpy.FullLike)
def full_like(graph, operation, x, fill_value):
    return filled(graph, x, fill_value)


@converts(numpy.ExpandDims)
def expand_dims(graph, operation, x):
    return graph.add("Unsqueeze", x, _axes(operation.axis))


@converts(numpy.Squeeze)
def squeeze(graph, operation, x):
    return graph.add("Squeeze", x, _axes(operation.axis))


@converts(numpy.Reshape)
def reshape(graph, operation, x):
    return graph.add("Reshape", x, integers(*operation.newshape))


@converts(numpy.Transpose)
def transpose(graph, operation, x):
    return graph.add("Transpose", x, perm=operation.axes)


@converts(numpy.Swapaxes)
def swapaxes(graph, operation, x):
    axes = list(range(len(x.shape)))
    first, second = operation.axis1, operation.axis2
    axes[first], axes[second] = axes[second], axes[first]
    return graph.add("Transpose", x, perm=axes)


@converts(numpy.Flip)
def flip(graph, operation, x):
    axes = range(len(x.shape)) if operation.axis is None else _axes(operation.axis)
    back = [-1] * len(axes)
    return slices(graph, x, back, [LOWEST] * len(axes), axes, back)


@converts(numpy.Concatenate)
def concatenate(graph, operation, xs):
    return graph.add("Concat", *_alike(*xs), axis=operation.axis)


@converts(numpy.Split)
def split(graph, operation, x):
    size, parts = x.shape[operation.axis], operation.indices_or_sections
    sizes = [size // parts] * parts if isinstance(parts, int) else np.diff([0, *parts, size])
    found = graph.add("Split", x, integers(*sizes), outputs=len(sizes), axis=operation.axis)
    return found if isinstance(found, list) else [found]


@converts(numpy.TakeAlongAxis)
def take_along_axis(graph, operation, x, indices):
    """The indices may have one entry along an axis where the tensor has many."""
    axis = operation.axis % len(x.shape)
    shape = graph.add("Shape", x)
    sizes = [
        integers(1) if place == axis else slices(graph, shape, [place], [place + 1], [0])
        for place in range(len(x.shape))
    ]
    wanted = graph.add("Concat", *sizes, axis=0)
    indices = graph.add("Expand", cast(graph, indices, "int64"), wanted)
    return graph.add("GatherElements", x, indices, axis=axis)


@converts(numpy.GetItem)
def get_item(graph, operation, x, key):
    key = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in key:
        place = key.index(Ellipsis)
        named = sum(each is not None for each in key) - 1
        key[place : place + 1] = [slice(None)] * (len(x.shape) - named)
    cuts = [each for each in key if each is not None]
    starts, ends, axes, steps = [], [], [], []
    for axis, each in enumerate(cuts):
        if isinstance(each, int):
            each = slice(each, HIGHEST if each == -1 else each + 1)
        if each != slice(None):
            steps.append(each.step or 1)
            first, last = (0, HIGHEST) if steps[-1] > 0 else (-1, LOWEST)
            starts.append(first if each.start is None else each.start)
            ends.append(last if each.stop is None else each.stop)
            axes.append(axis)
    found = slices(graph, x, starts, ends, axes, steps) if axes else graph.add("Identity", x)
    dropped = [axis for axis, each in enumerate(cuts) if isinstance(each, int)]
    if dropped:
        found = graph.add("Squeeze", found, integers(*dropped))
    kept = [each for each in key if not isinstance(each, int)]
    added = [axis for axis, each in enumerate(kept) if each is None]
    return graph.add("Unsqueeze", found, integers(*added)) if added else found
