"""Converters of layers that ONNX has an operator for, and of those that are more than `keras.ops`.

Any other layer of the zoo is taken apart.
"""

import numpy as np
from keras import activations, layers, ops

from zoo.inspection.recording import directions, kind
from zoo.layers import CRF, CarriedState, ViterbiDecoder, linear_chain
from zoo.layers.characters import CharacterEncoder
from zoo.layers.pictures import EveryCaption
from zoo.layers.tied import TiedEmbedding
from zoo.layers.weight_dropout import WeightDropout
from zoo.onnx.conversion import add_function, converts
from zoo.onnx.graph import Graph, Value, integers
from zoo.onnx.operations import HIGHEST, cast, slices

ACTIVATIONS = {
    activations.relu: "Relu",
    activations.sigmoid: "Sigmoid",
    activations.softmax: "Softmax",
    activations.softplus: "Softplus",
    activations.tanh: "Tanh",
}
OPERATORS = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "RNN"}
MERGES = {"sum": "Sum", "ave": "Mean", "mul": "Mul"}  # Of a `Bidirectional`, beside "concat".
# Where in Keras's kernels each gate stands, in ONNX's order: input, output, forget, cell of an
# LSTM; update, reset, hidden of a GRU.
GATES = {"lstm": (0, 3, 1, 2), "gru": (0, 1, 2), "simple_rnn": (0,)}


def _array(weight):
    return np.asarray(ops.convert_to_numpy(weight), "float32")


def _activated(graph, layer, x):
    if layer.activation is activations.linear:
        return x
    if layer.activation not in ACTIVATIONS:
        raise NotImplementedError(
            f"The activation of {layer.name} must be one of "
            f"{', '.join(each.__name__ for each in ACTIVATIONS)}. Received: {layer.activation}"
        )
    return graph.add(ACTIVATIONS[layer.activation], x)


@converts(layers.Dropout, layers.SpatialDropout1D)
def dropout(graph, layer, x):
    return graph.add("Identity", x)


@converts(layers.Activation)
def activation(graph, layer, x):
    return _activated(graph, layer, x)


@converts(layers.Embedding)
def embedding(graph, layer, ids):
    return graph.add("Gather", _array(layer.embeddings), ids)


@converts(TiedEmbedding)
def tied_embedding(graph, layer, x, reverse=False):
    if not reverse:
        return embedding(graph, layer, x)
    return graph.add("MatMul", x, graph.add("Transpose", _array(layer.embeddings), perm=[1, 0]))


@converts(layers.Dense)
def dense(graph, layer, x):
    found = graph.add("MatMul", x, _array(layer.kernel))
    if layer.use_bias:
        found = graph.add("Add", found, _array(layer.bias))
    return _activated(graph, layer, found)


@converts(layers.Concatenate)
def concatenate(graph, layer, xs):
    return graph.add("Concat", *xs, axis=layer.axis)


@converts(layers.Reshape)
def reshape(graph, layer, x):
    fixed = x.shape[0] is None and -1 not in layer.target_shape
    return graph.add("Reshape", x, integers(-1 if fixed else 0, *layer.target_shape))


@converts(layers.Flatten)
def flatten(graph, layer, x):
    return graph.add("Flatten", x, axis=1)


@converts(layers.Permute)
def permute(graph, layer, x):
    return graph.add("Transpose", x, perm=[0, *layer.dims])


@converts(layers.Conv1D)
def convolution_in_time(graph, layer, x):
    """One product of windows: of short sequences ONNX Runtime's own operator takes ten times."""
    (size,) = layer.kernel_size
    if layer.data_format != "channels_last":
        return convolution(graph, layer, x)
    if layer.padding == "causal":
        x = graph.add("Pad", x, integers(0, (size - 1) * layer.dilation_rate[0], 0, 0, 0, 0))
    if layer.strides != (1,) or layer.dilation_rate != (1,) or layer.groups != 1:
        return convolution(graph, layer, x)
    if layer.padding == "same":
        left = (size - 1) // 2
        x = graph.add("Pad", x, integers(0, left, 0, 0, size - 1 - left, 0))
    windows = [
        slices(graph, x, [place], [place + 1 - size or HIGHEST], [1]) for place in range(size)
    ]
    kernel = graph.add("Reshape", _array(layer.kernel), integers(-1, layer.filters))
    found = graph.add("MatMul", graph.add("Concat", *windows, axis=2), kernel)
    if layer.use_bias:
        found = graph.add("Add", found, _array(layer.bias))
    return _activated(graph, layer, found)


@converts(layers.Conv2D)
def convolution(graph, layer, x):
    """Channels come first in ONNX, and last in Keras."""
    if layer.data_format != "channels_last":
        raise NotImplementedError(
            f"`data_format` of {layer.name} must be channels_last. Received: {layer.data_format}"
        )
    inner, places = range(1, layer.rank + 1), range(layer.rank)
    found = graph.add(
        "Conv",
        graph.add("Transpose", x, perm=[0, layer.rank + 1, *inner]),
        graph.add("Transpose", _array(layer.kernel), perm=[layer.rank + 1, layer.rank, *places]),
        _array(layer.bias) if layer.use_bias else None,
        strides=layer.strides,
        dilations=layer.dilation_rate,
        auto_pad="SAME_UPPER" if layer.padding == "same" else "VALID",
    )
    found = graph.add("Transpose", found, perm=[0, *(axis + 1 for axis in inner), 1])
    return _activated(graph, layer, found)


@converts(layers.BatchNormalization)
def batch_normalization(graph, layer, x, mask=None):
    """Statistics are those of training, so that it is a product and a sum."""
    gamma, beta = _affine(layer, x)
    scale = gamma / np.sqrt(_array(layer.moving_variance) + layer.epsilon)
    shift = beta - scale * _array(layer.moving_mean)
    return graph.add("Add", graph.add("Mul", x, scale), shift)


@converts(layers.LayerNormalization)
def layer_normalization(graph, layer, x, mask=None):
    return graph.add("LayerNormalization", x, *_affine(layer, x), axis=-1, epsilon=layer.epsilon)


def _affine(layer, x):
    """Scale and shift of a layer that normalizes the last axis, 1 and 0 where it has none."""
    axes = {axis % len(x.shape) for axis in np.atleast_1d(layer.axis)}
    if axes != {len(x.shape) - 1} or getattr(layer, "rms_scaling", False):
        raise NotImplementedError(
            f"{layer.name} must normalize the last axis, without `rms_scaling`. Received: "
            f"axis={layer.axis}"
        )
    gamma = _array(layer.gamma) if layer.scale else np.ones(x.shape[-1], "float32")
    return gamma, _array(layer.beta) if layer.center else np.zeros_like(gamma)


@converts(WeightDropout)
def weight_dropout(graph, layer, x, **given):
    return recurrent(graph, layer.layer, x, **given)


@converts(layers.RNN, layers.Bidirectional)
def recurrent(graph, layer, x, initial_state=None, mask=None):
    """A recurrent layer, in one direction or in both, is one operator."""
    each = list(directions(layer).values())
    if not each:
        raise NotImplementedError(f"There is no ONNX for the cell of {layer.name}")
    first, name = each[0], kind(each[0])
    merge = getattr(layer, "merge_mode", "concat")
    _refuse_what_no_operator_does(layer, each, merge)
    lengths = None
    if mask is not None:
        lengths = graph.add("ReduceSum", cast(graph, mask, "int32"), integers(1), keepdims=0)
    number = 2 if name == "lstm" else 1
    states = [None] * number
    if initial_state is not None:
        for place in range(number):
            own = [
                graph.add("Unsqueeze", state, integers(0)) for state in initial_state[place::number]
            ]
            states[place] = graph.add("Concat", *own, axis=0)
    outputs, *last = graph.add(
        OPERATORS[name],
        graph.add("Transpose", x, perm=[1, 0, 2]),
        *_weights(graph, each),
        lengths,
        *states,
        outputs=1 + number,
        hidden_size=first.units,
        direction="bidirectional" if len(each) == 2 else "forward",
        linear_before_reset=int(first.reset_after) if name == "gru" else None,
    )
    last = [
        graph.add("Gather", state, np.array(place, "int64"), axis=0)
        for place in range(len(each))
        for state in last
    ]
    # Time, directions, batch, units.
    if not first.return_sequences:
        outputs = _merged(graph, last[::number], merge)
    elif merge == "concat":
        outputs = graph.add("Transpose", outputs, perm=[2, 0, 1, 3])
        outputs = graph.add("Reshape", outputs, integers(0, 0, len(each) * first.units))
    else:
        ways = graph.add("Split", outputs, axis=1, num_outputs=2, outputs=2)
        outputs = graph.add("Squeeze", _merged(graph, ways, merge), integers(1))
        outputs = graph.add("Transpose", outputs, perm=[1, 0, 2])
    return [outputs, *last] if first.return_state else outputs


def _refuse_what_no_operator_does(layer, each, merge):
    """Raises `NotImplementedError` for what would be computed otherwise than Keras does."""
    gated = kind(each[0]) != "simple_rnn"
    merges = ["concat", *MERGES]

    def cell(direction):
        return kind(direction), direction.units, getattr(direction, "reset_after", None)

    def usual(direction):
        gates = direction.recurrent_activation if gated else activations.sigmoid
        return direction.activation is activations.tanh and gates is activations.sigmoid

    if any(cell(direction) != cell(each[0]) for direction in each):
        raise NotImplementedError(f"Both directions of {layer.name} must have the same cell")
    if not all(usual(direction) for direction in each):
        raise NotImplementedError(f"The activations of {layer.name} must be Keras's defaults")
    if merge not in merges:
        raise NotImplementedError(
            f"`merge_mode` of {layer.name} must be one of {', '.join(merges)}. Received: {merge}"
        )
    if len(each) == 1 and each[0].go_backwards:
        raise NotImplementedError(f"{layer.name} reads backwards alone: there is no ONNX for that")
    if each[0].go_backwards:
        raise NotImplementedError(f"The first direction of {layer.name} must read forwards")
    if any(direction.stateful for direction in each):
        raise NotImplementedError(
            f"{layer.name} is stateful. A graph keeps nothing between calls: give it an "
            "`initial_state` and have it return its state"
        )


def _merged(graph, ways, merge):
    """What the directions say, together."""
    if merge == "concat":
        return graph.add("Concat", *ways, axis=-1)
    return graph.add(MERGES[merge], *ways)


def _weights(graph, each):
    """Kernels, recurrent kernels and biases of the layers of all directions, as ONNX has them.

    The weights are in the graph as Keras has them. What ONNX makes of them is written in operators,
    which a runtime carries out once, when it loads the graph.
    """
    order = GATES[kind(each[0])]

    def ordered(weight, axis):
        if list(order) == sorted(order):
            return weight
        parts = graph.add("Split", weight, axis=axis, num_outputs=len(order), outputs=len(order))
        return graph.add("Concat", *(parts[place] for place in order), axis=axis)

    def stacked(weights):
        weights = [graph.add("Unsqueeze", weight, integers(0)) for weight in weights]
        return graph.add("Concat", *weights, axis=0) if len(weights) > 1 else weights[0]

    def turned(weight):
        return graph.add("Transpose", ordered(_array(weight), 1), perm=[1, 0])

    def biases(cell):
        """Those of the input and those of the state, one after the other."""
        given = np.atleast_2d(_array(cell.bias)) if cell.use_bias else []
        zeros = np.zeros(cell.kernel.shape[1], "float32")
        rows = [ordered(row, 0) for row in given] + [zeros] * (2 - len(given))
        return graph.add("Concat", *rows, axis=0)

    cells = [layer.cell for layer in each]
    kernels = [turned(cell.kernel) for cell in cells]
    recurrent_kernels = [turned(cell.recurrent_kernel) for cell in cells]
    return [stacked(every) for every in (kernels, recurrent_kernels, list(map(biases, cells)))]


@converts(CharacterEncoder)
def characters(graph, layer, ids):
    """Each word is a row of its own, and then back in its sentence."""
    shape = graph.add("Shape", ids)
    width = slices(graph, shape, [2], [3], [0])
    rows = graph.add("Reshape", ids, graph.add("Concat", integers(-1), width, axis=0))

    def encode(ids):
        return layer.encode(layer.embedding(ids), ids != 0)

    found = add_function(graph, encode, Value(rows, (None, None), ids.dtype))
    sentence = slices(graph, shape, [0], [2], [0])
    wanted = graph.add("Concat", sentence, integers(layer.output_dim), axis=0)
    return graph.add("Reshape", found, wanted)


@converts(EveryCaption)
def every_caption(graph, layer, seen, previous):
    """Repeats along the first axis: a second one of the size that it takes, and back."""
    shape = graph.add("Shape", seen)
    pictures = slices(graph, shape, [0], [1], [0])
    captions = slices(graph, graph.add("Shape", previous), [0], [1], [0])
    rest = slices(graph, shape, [1], [len(seen.shape)], [0])
    each = graph.add("Div", captions, pictures)
    wide = graph.add("Concat", pictures, each, rest, axis=0)
    found = graph.add("Expand", graph.add("Unsqueeze", seen, integers(1)), wide)
    return graph.add("Reshape", found, graph.add("Concat", captions, rest, axis=0))


@converts(CarriedState)
def carried_state(graph, layer, x, states=None):
    if states is not None:
        graph.carried = list(states)
    elif graph.carried is not None:
        return list(graph.carried)
    else:
        batch = slices(graph, graph.add("Shape", x), [0], [1], [0])
        sizes = [graph.add("Concat", batch, integers(size), axis=0) for size in layer.sizes]
        return [graph.add("Expand", np.float32(0), size) for size in sizes]
    return graph.add("Identity", x)


@converts(CRF)
def crf(graph, layer, logits, mask):
    def potentials(logits, mask):
        return linear_chain.chain_potentials(logits, *layer.transition_scores(), mask)

    found = add_function(graph, potentials, logits, mask)
    return {"tags": _viterbi(graph, found), "potentials": found}


@converts(ViterbiDecoder)
def viterbi_decoder(graph, layer, potentials):
    return {"tags": _viterbi(graph, potentials), "potentials": graph.add("Identity", potentials)}


def _viterbi(graph, potentials):
    """The best sequences of tags: a loop forwards that notes where each came from, and one back."""
    tags = potentials.shape[-1]
    forwards = Graph()
    before = forwards.input("before", (None, tags), "float32")
    scores = forwards.input("scores", (None, tags, tags), "float32")
    paths = forwards.add("Add", forwards.add("Unsqueeze", before, integers(2)), scores)
    now = forwards.add("ReduceMax", paths, integers(1), keepdims=0)
    now = forwards.add("Sub", now, forwards.add("ReduceMax", now, integers(1), keepdims=1))
    came_from = forwards.add("ArgMax", paths, axis=1, keepdims=0)
    forwards.output("now", Value(now, before.shape, "float32"))
    forwards.output("came_from", Value(came_from, before.shape, "int64"))

    backwards = Graph()
    tag = backwards.input("tag", (None,), "int64")
    pointers = backwards.input("pointers", (None, tags), "int64")
    place = backwards.add("Unsqueeze", tag, integers(1))
    found = backwards.add("GatherElements", pointers, place, axis=1)
    previous = backwards.add("Squeeze", found, integers(1))
    backwards.output("previous", Value(previous, tag.shape, "int64"))
    backwards.output("here", tag)

    # A chain is at tag 0 before its first step, as in `zoo.layers.linear_chain`.
    start = np.where(np.arange(tags) == 0, 0.0, linear_chain.PADDING).astype("float32")
    batch = slices(graph, graph.add("Shape", potentials), [0], [1], [0])
    start = graph.add("Expand", start[None], graph.add("Concat", batch, integers(1), axis=0))
    last, came_from = graph.add(
        "Scan",
        start,
        graph.add("Transpose", potentials, perm=[1, 0, 2, 3]),
        outputs=2,
        num_scan_inputs=1,
        body=forwards.body("forwards"),
    )
    _, best = graph.add(
        "Scan",
        graph.add("ArgMax", last, axis=1, keepdims=0),
        came_from,
        outputs=2,
        num_scan_inputs=1,
        body=backwards.body("backwards"),
        scan_input_directions=[1],
        scan_output_directions=[1],
    )
    return cast(graph, graph.add("Transpose", best, perm=[1, 0]), "int32")
