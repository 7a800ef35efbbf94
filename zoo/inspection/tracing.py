"""The gates and states of a model's recurrent layers, at every step."""

import collections.abc
import dataclasses
import functools

import numpy as np
from keras import activations, layers, ops

from zoo.inspection import equations
from zoo.inspection.recording import directions, kind, record

GATES = {"lstm": ("input", "forget", "output"), "gru": ("update", "reset"), "simple_rnn": ()}


@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Trace(collections.abc.Mapping):
    """What went on in a recurrent layer: a mapping from names to arrays `(batch, time, units)`.

    An LSTM has `input`, `forget`, `output`, `candidate`, `cell` and `hidden`, a GRU `update`,
    `reset`, `candidate` and `hidden`, a simple RNN `hidden`. Cell and hidden state are those after
    the step. Where the mask is false, they stay what they were, and the others are NaN.

    A layer that reads backwards has its steps in the order of what it read, too: the step at
    place t read place t, and the state there has seen t and all after it.

    Attributes:
        name: Path of the layer, as `zoo.inspection.recurrent_layers` names it.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        backward: Whether it reads from the last step to the first.
        inputs: What it read, `(batch, time, features)`.
        mask: Boolean `(batch, time)`, false where padded.
        arrays: The arrays by name.
        error: The largest difference between `hidden` and what the layer itself answered.
    """

    name: str
    cell: str
    backward: bool
    inputs: np.ndarray
    mask: np.ndarray
    arrays: dict
    error: float

    # A mapping's own would ask for the truth of arrays.
    __eq__, __hash__ = object.__eq__, object.__hash__

    def __getitem__(self, name):
        if name not in self.arrays:
            known = ", ".join(map(repr, self.arrays))
            raise KeyError(f"A trace of {self.cell} has {known}. Received: {name!r}")
        return self.arrays[name]

    def __iter__(self):
        return iter(self.arrays)

    def __len__(self):
        return len(self.arrays)

    def __repr__(self):
        shape = "x".join(map(str, self["hidden"].shape))
        return f"<Trace {self.name}: {self.cell}, {shape}, {', '.join(self)}>"

    @property
    def gates(self):
        """The arrays that lie between 0 and 1, by name."""
        return {name: self[name] for name in GATES[self.cell]}


def trace(model, inputs):
    """Shows the gates and states of every recurrent layer of a model, at every step.

    The model runs once, as for a prediction, and is not changed. What each layer read is then
    computed again by `zoo.inspection.equations`, in double precision, and compared with what the
    layer answered.

    Args:
        model: A trained `keras.Model` or layer with `keras.layers.LSTM`, `GRU` or `SimpleRNN`
            anywhere in it, also inside `Bidirectional`, layers and models, or with layers derived
            from these.
        inputs: What the model takes: an array, or a dictionary or list of arrays.

    Returns:
        A dictionary of `Trace`, in the order in which the layers were called, by the layer's path;
        that of a direction ends in `/forward` or `/backward`, a second call of a layer in `#2`.

    Raises:
        ValueError: If no such layer was called, or one answers something else than its equations
            say, as a derived layer may that overrides more than it should.

    Example:

    >>> from zoo.models import SequenceTagger
    >>> model = SequenceTagger(vocabulary_size=50, num_tags=5, cell="lstm", units=8)
    >>> found = trace(model, np.array([[3, 7, 4, 0]]))
    >>> found["lstm_1/forward"]
    <Trace lstm_1/forward: lstm, 1x4x8, input, forget, output, candidate, cell, hidden>
    >>> found["lstm_1/backward"]["forget"].shape
    (1, 4, 8)
    """
    found = {}
    for call in record(model, inputs):
        x = _number(call.x)
        mask = np.ones(x.shape[:2], bool)
        if call.mask is not None:
            mask = np.asarray(ops.convert_to_numpy(call.mask)).astype(bool)
        parts = directions(call.layer)
        seen = {
            direction: _unfold(layer, x, call.initial[direction], mask)
            for direction, layer in parts.items()
        }
        error = _error(call, {way: arrays["hidden"] for way, arrays in seen.items()}, mask)
        for direction, layer in parts.items():
            name = call.name(direction)
            found[name] = Trace(
                name, kind(layer), layer.go_backwards, x, mask, seen[direction], error
            )
    return found


def _unfold(layer, x, initial, mask):
    """The arrays of one direction, by name."""
    cell, ahead = layer.cell, slice(None, None, -1 if layer.go_backwards else 1)
    W, U = (_number(weight) for weight in (cell.kernel, cell.recurrent_kernel))
    step = {"lstm": equations.lstm, "gru": equations.gru, "simple_rnn": equations.simple_rnn}
    step = step[kind(layer)]
    if kind(layer) == "gru" and cell.reset_after:
        step = equations.gru_reset_after
    shape = (2, W.shape[1]) if step is equations.gru_reset_after else W.shape[1:]
    b = np.zeros(shape) if cell.bias is None else _number(cell.bias)
    functions = {"activation": _function(cell.activation)}
    if kind(layer) != "simple_rnn":
        functions["recurrent_activation"] = _function(cell.recurrent_activation)
    state = tuple(map(_number, initial))
    seen = equations.unfold(step, x[:, ahead], state, W, U, b, mask=mask[:, ahead], **functions)
    return {name: array[:, ahead] for name, array in seen._asdict().items()}


def _number(tensor):
    return ops.convert_to_numpy(tensor).astype("float64")


def _function(activation):
    """An activation of Keras as a function of arrays; the usual ones in double precision."""
    known = {activations.tanh: np.tanh, activations.sigmoid: equations.sigmoid}
    if activation in known:
        return known[activation]
    return functools.partial(_apply, activation)


def _apply(activation, x):
    return ops.convert_to_numpy(activation(ops.convert_to_tensor(x, "float32"))).astype("float64")


def _error(call, hidden, mask):
    """Compares what was computed with what the layer answered, where it read something."""
    layer = call.layer
    merge = layer.merge_mode if isinstance(layer, layers.Bidirectional) else "concat"
    answers = list(call.answer) if isinstance(call.answer, list | tuple) else [call.answer]
    if not layer.return_sequences:
        hidden = {
            way: array[:, 0 if directions(layer)[way].go_backwards else -1]
            for way, array in hidden.items()
        }
    expected = list(hidden.values())
    if merge == "concat":
        expected = [np.concatenate(expected, axis=-1)]
    elif merge is not None:
        merged = {"sum": np.sum, "ave": np.mean, "mul": np.prod}
        expected = [merged[merge](expected, axis=0)]
    errors = []
    for ours, answer in zip(expected, answers, strict=False):  # Final states may follow.
        answer = _number(answer)
        if layer.return_sequences:
            # Alone, a layer that reads backwards answers in the order of its reading.
            alone = not isinstance(layer, layers.Bidirectional)
            answer = answer[:, ::-1] if alone and layer.go_backwards else answer
            ours, answer = ours[mask], answer[mask]
        largest = np.abs(answer).max(initial=1.0)
        errors.append(np.abs(ours - answer).max(initial=0.0))
        half = layer.compute_dtype in ("float16", "bfloat16")
        if not errors[-1] <= (0.1 if half else 1e-3) * largest:
            raise ValueError(
                f"{call.name()} must compute what the equations of its cell say, as the layers of "
                f"Keras do. Received: {type(layer).__name__}, which differs by {errors[-1]:.3g}"
            )
    return float(max(errors))
