"""How far back the last state of a recurrent layer reaches."""

import numpy as np
from keras import ops

from zoo.inspection.recording import directions, kind, record
from zoo.layers import gradient

SOURCES = ("input", "hidden", "cell")


def gradient_norms(model, inputs, *, by="hidden", probes=16, seed=0):
    """Measures how much a layer's last hidden state moves when an earlier step is moved.

    For every step t the norm of the Jacobian dh_T/dh_t (or dh_T/dx_t, dh_T/dc_t), T being the last
    step that is read: 1 where a change arrives as large as it was, 0 where it has vanished. It is
    the root mean square over directions of h_T: the Frobenius norm over the square root of `units`.

    Args:
        model: A `keras.Model` or layer, as in `zoo.inspection.trace`.
        inputs: What it takes.
        by: What is moved: the `"hidden"` state, the `"input"`, or the `"cell"`, which only an LSTM
            has; other layers are then left out.
        probes: Directions of h_T that are tried, drawn at random and orthogonal; with as many as
            there are units the norm is exact.
        seed: Seed of the directions.

    Returns:
        A dictionary by the layer's path, as in `zoo.inspection.trace`, of arrays `(batch, time)`:
        at place d the norm for the step d before the last one that is read; NaN where a sequence is
        shorter.

    Raises:
        ValueError: If `by` or `probes` is not one of those above, or no such layer was called.

    Reference:
        Pascanu et al. 2013, "On the difficulty of training recurrent neural networks"; Bengio et
        al. 1994, "Learning Long-Term Dependencies with Gradient Descent is Difficult".

    Example:

    >>> layer = keras.layers.SimpleRNN(4, recurrent_initializer="zeros", name="rnn")
    >>> gradient_norms(layer, np.ones((1, 3, 2), "float32"))["rnn"]
    array([[1., 0., 0.]], dtype=float32)
    """
    if by not in SOURCES:
        known = ", ".join(map(repr, SOURCES))
        raise ValueError(f"`by` must be one of {known}. Received: {by!r}")
    if probes < 1:
        raise ValueError(f"`probes` must be at least 1. Received: {probes}")
    found = {}
    for call in record(model, inputs):
        for direction, layer in directions(call.layer).items():
            if by == "cell" and kind(layer) != "lstm":
                continue
            rng = np.random.default_rng(seed)
            found[call.name(direction)] = _norms(
                layer, call, call.initial[direction], by, probes, rng
            )
    if not found:
        raise ValueError(f"Only an LSTM has a cell. Received: by='cell', model {model.name!r}")
    return found


def _norms(layer, call, initial, by, probes, rng):
    units = layer.cell.units
    probes = min(probes, units)
    x = ops.flip(call.x, axis=1) if layer.go_backwards else call.x
    batch, time, features = x.shape
    mask = np.ones((batch, time), bool)
    if call.mask is not None:
        mask = np.asarray(ops.convert_to_numpy(call.mask)).astype(bool)
        mask = mask[:, ::-1] if layer.go_backwards else mask
    # Every direction is a row of its own, so that one pass back serves all.
    directions_of_h = np.linalg.qr(rng.normal(size=(units, probes)))[0].T
    v = ops.convert_to_tensor(np.repeat(directions_of_h, batch, axis=0), x.dtype)
    x = ops.tile(x, (probes, 1, 1))
    real = ops.convert_to_tensor(np.tile(mask, (probes, 1)))[..., None]
    initial = [ops.tile(ops.cast(state, x.dtype), (probes, 1)) for state in initial]
    moved = {"hidden": 0, "cell": 1}.get(by)

    def along(move):
        states = initial
        for t in range(time):
            step = x[:, t] + move[:, t] if by == "input" else x[:, t]
            _, new = layer.cell(step, states, training=False)
            new = list(new) if isinstance(new, list | tuple) else [new]
            if moved is not None:
                new[moved] = new[moved] + move[:, t]
            states = [ops.where(real[:, t], a, b) for a, b in zip(new, states, strict=True)]
        return ops.sum(states[0] * v)

    width = features if by == "input" else units
    at_rest = ops.zeros((probes * batch, time, width), dtype=x.dtype)
    slopes = ops.cast(gradient(along, at_rest), "float32")
    squares = ops.convert_to_numpy(ops.sum(slopes**2, axis=-1)).reshape(probes, batch, time)
    norms = np.sqrt(squares.mean(axis=0))
    found = np.full((batch, time), np.nan, "float32")
    for row, (kept, values) in enumerate(zip(mask, norms, strict=True)):
        values = values[kept][::-1]
        found[row, : len(values)] = values
    return found
