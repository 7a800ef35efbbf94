"""What the parts of a model weigh and cost: parameters, and arithmetic by gate."""

import math

from zoo.inspection.recording import directions, kind, recurrent_layers, walk

# As Keras lays them out in a kernel.
BLOCKS = {
    "lstm": ("input", "forget", "candidate", "output"),
    "gru": ("update", "reset", "candidate"),
    "simple_rnn": ("hidden",),
}


def parameters(model):
    """Counts the parameters of a model by layer and part.

    Args:
        model: A built `keras.Model` or layer.

    Returns:
        A dictionary by the layer's path of dictionaries by part: for a recurrent layer a gate or
        the candidate, its kernels and biases together; for any other the weight's own name. They
        add up to `model.count_params()`.

    Example:

    >>> from zoo.models import SequenceTagger
    >>> found = parameters(SequenceTagger(50, 5, cell="gru", units=8, embedding_dim=10))
    >>> found["gru_1/forward"]
    {'update': 160, 'reset': 160, 'candidate': 160}
    >>> found["logits"]
    {'kernel': 80, 'bias': 5}
    """
    found, seen = {}, set()
    for path, layer in walk(model):
        parts = directions(layer)
        for direction, part in parts.items():
            blocks = BLOCKS[kind(part)]
            share = part.count_params() // len(blocks)
            found[f"{path}/{direction}" if direction else path] = dict.fromkeys(blocks, share)
        if parts:
            seen.update(id(weight) for weight in layer.weights)
            continue
        below = {id(weight) for each in layer._layers for weight in each.weights}
        for weight in layer.weights:
            if id(weight) not in below | seen:
                seen.add(id(weight))
                own = found.setdefault(path, {})
                own[weight.name] = own.get(weight.name, 0) + math.prod(weight.shape)
    return found


def flops(model, time):
    """Counts the arithmetic of a model's recurrent layers by part, for one sequence.

    A product of a vector with a matrix of m rows and n columns is 2 m n operations; each addition,
    product or activation of two numbers or one is one operation.

    Args:
        model: A built `keras.Model` or layer.
        time: Steps that each layer reads.

    Returns:
        A dictionary by the layer's path of dictionaries by part: the gates and the candidate as in
        `parameters`, and `state`, what makes cell and hidden state of them.

    Raises:
        ValueError: If `time` is less than 1, or a layer has no weights yet.

    Example:

    >>> layer = keras.layers.LSTM(8, name="lstm")
    >>> _ = layer(np.zeros((1, 5, 3)))
    >>> flops(layer, time=1)
    {'lstm': {'input': 200, 'forget': 200, 'candidate': 200, 'output': 200, 'state': 40}}
    """
    if time < 1:
        raise ValueError(f"`time` must be at least 1. Received: {time}")
    found = {}
    for path, layer in recurrent_layers(model).items():
        if not layer.cell.built:
            raise ValueError(f"{path} has no weights yet. Call the model on data first.")
        name, units, features = kind(layer), layer.cell.units, layer.cell.kernel.shape[0]
        biases = 0 if layer.cell.bias is None else len(layer.cell.bias.shape)
        # The sum of two products, a bias or two, and the activation.
        gate = 2 * units * (features + units) + units * (1 + biases + 1)
        row = dict.fromkeys(BLOCKS[name], gate)
        if name == "lstm":
            row["state"] = 5 * units  # f c + i g, and o tanh(c)
        elif name == "gru":
            row["candidate"] += units  # times the reset gate
            row["state"] = 4 * units  # z h + (1 - z) g
        found[path] = {part: time * count for part, count in row.items()}
    return found
