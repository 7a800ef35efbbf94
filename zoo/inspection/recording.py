"""Finding the recurrent layers of a model, and noting what they read while it runs."""

import contextlib
import dataclasses
import inspect
from typing import Any

import keras
from keras import layers, ops

CELLS = {"lstm": layers.LSTMCell, "gru": layers.GRUCell, "simple_rnn": layers.SimpleRNNCell}


def kind(layer):
    """Names the cell of a recurrent layer.

    Args:
        layer: Any layer.

    Returns:
        `"lstm"`, `"gru"` or `"simple_rnn"`, or `None` for a layer that is none of these.

    Example:

    >>> kind(keras.layers.GRU(3)), kind(keras.layers.Dense(3))
    ('gru', None)
    """
    if isinstance(layer, layers.RNN):
        for name, cell in CELLS.items():
            if isinstance(layer.cell, cell):
                return name
    return None


def directions(layer):
    """Gives the recurrent layers that a layer consists of, by direction.

    Args:
        layer: Any layer.

    Returns:
        A dictionary: `{"": layer}` for a recurrent layer, `{"forward": ..., "backward": ...}` for a
        `Bidirectional` around one, and an empty one for any other.

    Example:

    >>> list(directions(keras.layers.Bidirectional(keras.layers.LSTM(3))))
    ['forward', 'backward']
    """
    if kind(layer):
        return {"": layer}
    if isinstance(layer, layers.Bidirectional) and kind(layer.forward_layer):
        return {"forward": layer.forward_layer, "backward": layer.backward_layer}
    return {}


def walk(model):
    """Goes through a model and all that it consists of, recurrent layers being taken as one.

    Args:
        model: A `keras.Model` or any layer.

    Yields:
        Pairs: a layer's path, the names of what it lies in and its own joined by `/`, and the
        layer; first the model itself. A layer that lies in several places comes once.

    Example:

    >>> inner = keras.Sequential([keras.Input((None, 3)), keras.layers.GRU(4, name="gru")])
    >>> [path for path, _ in walk(inner)][1:]
    ['gru']
    """
    seen = set()

    def below(layer, path):
        if id(layer) in seen:
            return
        seen.add(id(layer))
        yield path, layer
        if directions(layer):
            return
        inner = layer.layers if isinstance(layer, keras.Model) else None
        # Keras has no public name for the layers that a layer of one's own is made of.
        for each in layer._flatten_layers(False, recursive=False) if inner is None else inner:
            yield from below(each, f"{path}/{each.name}" if path else each.name)

    for path, layer in below(model, ""):
        yield path or model.name, layer


def recurrent_layers(model):
    """Lists the recurrent layers of a model, each direction for itself.

    Args:
        model: A `keras.Model` or a layer.

    Returns:
        A dictionary of `keras.layers.LSTM`, `GRU`, `SimpleRNN`, layers derived from these, and
        `keras.layers.RNN` around one of their cells, by path; that of a direction ends in
        `/forward` or `/backward`.

    Example:

    >>> from zoo.models import SequenceTagger
    >>> list(recurrent_layers(SequenceTagger(50, 5, units=(8, 8))))
    ['lstm_1/forward', 'lstm_1/backward', 'lstm_2/forward', 'lstm_2/backward']
    """
    return {
        _join(path, direction): layer
        for path, outer in walk(model)
        for direction, layer in directions(outer).items()
    }


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a layer: what it read, and what it answered.

    Attributes:
        path: Path of the layer.
        count: 1 for the first call of the layer, 2 for the second.
        layer: The recurrent layer, or the `Bidirectional`.
        x: What it read, `(batch, time, features)`.
        mask: Boolean `(batch, time)`, or `None`.
        initial: States before the first step, by direction.
        answer: What it returned.
    """

    path: str
    count: int
    layer: Any
    x: Any
    mask: Any
    initial: dict
    answer: Any

    def name(self, direction=""):
        """Path of one direction, with `#2` for a second call of the layer, and so on."""
        path = _join(self.path, direction)
        return path if self.count == 1 else f"{path}#{self.count}"


def record(model, inputs):
    """Runs a model as it is used for predictions, and notes each call of a recurrent layer.

    The model is afterwards what it was; what it remembers from call to call is put back.

    Args:
        model: A `keras.Model` or a layer.
        inputs: What it takes: an array, or a dictionary or list of arrays.

    Returns:
        A list of `Call`, in the order in which the layers were called.

    Raises:
        ValueError: If no recurrent layer was called, or one inside a compiled loop, where
            there are no numbers to note.
    """
    calls = []
    inputs = keras.tree.map_structure(ops.convert_to_tensor, inputs)
    if not model.built:
        model(inputs, training=False)  # Keras may build layers by calling them without numbers.
    with contextlib.ExitStack() as stack:
        stack.enter_context(_memory_kept(model))
        for path, layer in walk(model):
            if directions(layer):
                stack.enter_context(_noting(layer, path, calls))
        model(inputs, training=False)
    if not calls:
        raise ValueError(
            f"`model` must call an LSTM, a GRU or a simple RNN of Keras. Received: {model.name!r}, "
            f"which has {', '.join(recurrent_layers(model)) or 'none'}"
        )
    return calls


@contextlib.contextmanager
def _memory_kept(model):
    """Puts back afterwards what a call may write: states, statistics, states of seeds."""
    # Keras does not count the states of a stateful layer among its variables.
    parts = [part for part in recurrent_layers(model).values() if part.stateful]
    states = keras.tree.flatten([part.states for part in parts if part.states is not None])
    variables = [*model.non_trainable_variables, *states]
    before = [ops.copy(variable.value) for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


@contextlib.contextmanager
def _noting(layer, path, calls):
    """Has a layer note its calls; `call` of the instance hides that of the class meanwhile."""
    original = layer.call
    signature = inspect.signature(original)

    def call(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        x, mask = given["sequences"], given.get("mask")
        while isinstance(mask, list | tuple):
            mask = mask[0]
        try:
            keras.ops.convert_to_numpy(x)
        except Exception as error:
            raise ValueError(
                f"{path} is called inside a compiled loop, where there are no numbers to see. "
                "Call the layer on its own, on what it reads there."
            ) from error
        initial = _initial(layer, x, given.get("initial_state"))
        answer = original(*args, **kwargs)
        count = 1 + sum(each.layer is layer for each in calls)
        calls.append(Call(path, count, layer, x, mask, initial, answer))
        return answer

    layer.__dict__["call"] = call
    try:
        yield
    finally:
        del layer.__dict__["call"]


def _initial(layer, x, given):
    """The states before the first step, copied, by direction."""
    parts = directions(layer)
    given = None if given is None else keras.tree.flatten(given)
    found = {}
    for place, (direction, part) in enumerate(parts.items()):
        if given is not None:
            size = len(given) // len(parts)
            states = given[place * size : (place + 1) * size]
        elif part.stateful:
            states = [ops.copy(variable.value) for variable in keras.tree.flatten(part.states)]
        else:
            states = keras.tree.flatten(part.get_initial_state(ops.shape(x)[0]))
        found[direction] = states
    return found


def _join(path, direction):
    return f"{path}/{direction}" if direction else path
