"""The recurrent cells as their papers write them: one step each, in plain NumPy.

A step takes what is read now, `x` `(batch, features)`, the state that the step before left, and
the weights as Keras keeps them: `W` (`kernel`, one block of columns a gate), `U`
(`recurrent_kernel`, likewise) and `b` (`bias`). `unfold` runs a step over a sequence. In the
formulas σ is the logistic function, ⊙ multiplies number by number, vectors are rows, and the index
t - 1 stands for the step before.

>>> rng = np.random.default_rng(0)
>>> W, U, b = rng.normal(size=(3, 16)), rng.normal(size=(4, 16)), np.zeros(16)
>>> seen = unfold(lstm, rng.normal(size=(2, 7, 3)), start(lstm, 2, 4), W, U, b)
>>> seen.forget.shape
(2, 7, 4)
"""

import typing

import numpy as np


def sigmoid(x):
    """The logistic function, σ(x) = 1 / (1 + exp(-x)); written so that it never overflows."""
    return (1 + np.tanh(x / 2)) / 2


class LSTMStep(typing.NamedTuple):
    """All that there is to see in one step of an LSTM; after `unfold`, in all steps."""

    input: np.ndarray
    forget: np.ndarray
    output: np.ndarray
    candidate: np.ndarray
    cell: np.ndarray
    hidden: np.ndarray

    @property
    def state(self):
        """What the next step is told: h and c."""
        return self.hidden, self.cell


class GRUStep(typing.NamedTuple):
    """All that there is to see in one step of a GRU; after `unfold`, in all steps."""

    update: np.ndarray
    reset: np.ndarray
    candidate: np.ndarray
    hidden: np.ndarray

    @property
    def state(self):
        """What the next step is told: h."""
        return (self.hidden,)


class SimpleRNNStep(typing.NamedTuple):
    """All that there is to see in one step of a simple RNN; after `unfold`, in all steps."""

    hidden: np.ndarray

    @property
    def state(self):
        """What the next step is told: h."""
        return (self.hidden,)


def simple_rnn(x, state, W, U, b, activation=np.tanh):
    """One step of the simple RNN.

        h_t = tanh(x_t W + h_{t-1} U + b)

    Args:
        x: What is read now, `(batch, features)`.
        state: `(h,)`, `(batch, units)`.
        W: `(features, units)`.
        U: `(units, units)`.
        b: `(units,)`.
        activation: What stands for tanh.

    Returns:
        A `SimpleRNNStep` of arrays `(batch, units)`.

    Reference:
        Elman 1990, "Finding Structure in Time".

    Example:

    >>> x, h = np.array([[1.0]]), np.array([[0.5]])
    >>> simple_rnn(x, (h,), W=np.array([[2.0]]), U=np.array([[-4.0]]), b=np.zeros(1)).hidden
    array([[0.]])
    """
    (h,) = state
    h = activation(x @ W + h @ U + b)
    return SimpleRNNStep(hidden=h)


def lstm(x, state, W, U, b, activation=np.tanh, recurrent_activation=sigmoid):
    """One step of the LSTM with a forget gate.

        i_t = σ(x_t W_i + h_{t-1} U_i + b_i)        what to let in
        f_t = σ(x_t W_f + h_{t-1} U_f + b_f)        what to keep
        g_t = tanh(x_t W_g + h_{t-1} U_g + b_g)     what there is to let in
        o_t = σ(x_t W_o + h_{t-1} U_o + b_o)        what to show
        c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
        h_t = o_t ⊙ tanh(c_t)

    The cell c passes from step to step through nothing but the forget gate: where f is 1 and i is
    0, it stays what it was, however many steps there are.

    Args:
        x: What is read now, `(batch, features)`.
        state: `(h, c)`, each `(batch, units)`.
        W: `(features, 4 * units)`, blocks in the order i, f, g, o.
        U: `(units, 4 * units)`, likewise.
        b: `(4 * units,)`, likewise.
        activation: What stands for tanh, in both places.
        recurrent_activation: What stands for σ.

    Returns:
        An `LSTMStep` of arrays `(batch, units)`.

    Reference:
        Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", without a forget gate; Gers,
        Schmidhuber and Cummins 2000, "Learning to Forget", with it. They write y^in, y^φ and y^out
        for i, f and o.

    Example:

    >>> x, c = np.array([[7.0]]), np.array([[0.5]])
    >>> b = np.array([-99.0, 99.0, 0.0, 0.0])  # Lets nothing in, keeps all.
    >>> float(lstm(x, (0 * c, c), np.zeros((1, 4)), np.zeros((1, 4)), b).cell[0, 0])
    0.5
    """
    h, c = state
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=-1)
    i = recurrent_activation(i)
    f = recurrent_activation(f)
    g = activation(g)
    o = recurrent_activation(o)
    c = f * c + i * g
    h = o * activation(c)
    return LSTMStep(input=i, forget=f, output=o, candidate=g, cell=c, hidden=h)


def gru(x, state, W, U, b, activation=np.tanh, recurrent_activation=sigmoid):
    """One step of the GRU as it was published; in Keras `reset_after=False`.

        z_t = σ(x_t W_z + h_{t-1} U_z + b_z)                what to keep
        r_t = σ(x_t W_r + h_{t-1} U_r + b_r)                what to look at
        h̃_t = tanh(x_t W_h + (r_t ⊙ h_{t-1}) U_h + b_h)
        h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t

    Args:
        x: What is read now, `(batch, features)`.
        state: `(h,)`, `(batch, units)`.
        W: `(features, 3 * units)`, blocks in the order z, r, h̃.
        U: `(units, 3 * units)`, likewise.
        b: `(3 * units,)`, likewise.
        activation: What stands for tanh.
        recurrent_activation: What stands for σ.

    Returns:
        A `GRUStep` of arrays `(batch, units)`.

    Reference:
        Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
        Machine Translation", whose z keeps the old state, as here and in Keras. Chung et al. 2014,
        "Empirical Evaluation of Gated Recurrent Neural Networks on Sequence Modeling", let z admit
        the new one: the same family of functions under another name
        (`zoo.inspection.misprints.gru_swapped`).

    Example:

    >>> x, h = np.array([[7.0]]), np.array([[0.5]])
    >>> b = np.array([99.0, 0.0, 0.0])  # Keeps all.
    >>> float(gru(x, (h,), np.zeros((1, 3)), np.zeros((1, 3)), b).hidden[0, 0])
    0.5
    """
    (h,) = state
    W_z, W_r, W_h = np.split(W, 3, axis=-1)
    U_z, U_r, U_h = np.split(U, 3, axis=-1)
    b_z, b_r, b_h = np.split(b, 3, axis=-1)
    z = recurrent_activation(x @ W_z + h @ U_z + b_z)
    r = recurrent_activation(x @ W_r + h @ U_r + b_r)
    g = activation(x @ W_h + (r * h) @ U_h + b_h)
    h = z * h + (1 - z) * g
    return GRUStep(update=z, reset=r, candidate=g, hidden=h)


def gru_reset_after(x, state, W, U, b, activation=np.tanh, recurrent_activation=sigmoid):
    """One step of the GRU of cuDNN; in Keras `reset_after=True`, the default.

        z_t = σ(x_t W_z + b_z + h_{t-1} U_z + b'_z)
        r_t = σ(x_t W_r + b_r + h_{t-1} U_r + b'_r)
        h̃_t = tanh(x_t W_h + b_h + r_t ⊙ (h_{t-1} U_h + b'_h))
        h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t

    The reset gate comes after the matrix, so that one product with U serves all three; for the
    same reason the candidate has a bias of its own inside the gate.

    Args:
        x: What is read now, `(batch, features)`.
        state: `(h,)`, `(batch, units)`.
        W: `(features, 3 * units)`, blocks in the order z, r, h̃.
        U: `(units, 3 * units)`, likewise.
        b: `(2, 3 * units)`: b and b', blocks likewise.
        activation: What stands for tanh.
        recurrent_activation: What stands for σ.

    Returns:
        A `GRUStep` of arrays `(batch, units)`.

    Reference:
        NVIDIA cuDNN's documentation of `cudnnRNNMode_t`, `CUDNN_GRU`; in Cho et al. 2014 the gate
        comes first (`gru`).

    Example:

    >>> x, h = np.array([[7.0]]), np.array([[0.5]])
    >>> b = np.array([[-99.0, 0.0, 0.0], [0.0, 0.0, 2.0]])  # Keeps nothing; half of b' is reset.
    >>> seen = gru_reset_after(x, (h,), np.zeros((1, 3)), np.zeros((1, 3)), b)
    >>> bool(seen.hidden[0, 0] == np.tanh(1.0))
    True
    """
    (h,) = state
    x_z, x_r, x_h = np.split(x @ W + b[0], 3, axis=-1)
    h_z, h_r, h_h = np.split(h @ U + b[1], 3, axis=-1)
    z = recurrent_activation(x_z + h_z)
    r = recurrent_activation(x_r + h_r)
    g = activation(x_h + r * h_h)
    h = z * h + (1 - z) * g
    return GRUStep(update=z, reset=r, candidate=g, hidden=h)


def start(step, batch, units):
    """The state before the first step: zeros.

    Args:
        step: `lstm`, `gru`, `gru_reset_after`, `simple_rnn`, or one of `zoo.inspection.misprints`.
        batch: Number of sequences.
        units: Units of the layer.

    Returns:
        `(h, c)` for an LSTM, `(h,)` for the others.

    Example:

    >>> [state.shape for state in start(lstm, 2, 4)]
    [(2, 4), (2, 4)]
    """
    states = 2 if step.__name__.startswith("lstm") else 1
    return tuple(np.zeros((batch, units)) for _ in range(states))


def unfold(step, x, state, W, U, b, *, mask=None, **activations):
    """Runs a step over sequences, from the first to the last.

    Args:
        step: `lstm`, `gru`, `gru_reset_after`, `simple_rnn`, or one of `zoo.inspection.misprints`.
        x: What is read, `(batch, time, features)`, at least one step.
        state: The state before the first step.
        W: Weights, as the step takes them.
        U: Likewise.
        b: Likewise.
        mask: Boolean `(batch, time)`, false where padded. There the state stays what it was, and
            what was not computed is NaN.
        **activations: Passed to the step.

    Returns:
        What the step returns, with arrays `(batch, time, units)`.

    Example:

    >>> mask = np.array([[True, False]])
    >>> ones = np.ones((1, 1))
    >>> seen = unfold(simple_rnn, np.ones((1, 2, 1)), (0 * ones,), ones, ones, 0, mask=mask)
    >>> seen.hidden.round(3)
    array([[[0.762],
            [0.762]]])
    """
    mask = np.ones(x.shape[:2], bool) if mask is None else np.asarray(mask, bool)
    steps = []
    for t in range(x.shape[1]):
        real = mask[:, t, np.newaxis]
        seen = step(x[:, t], state, W, U, b, **activations)
        state = tuple(np.where(real, new, old) for new, old in zip(seen.state, state, strict=True))
        gates = [np.where(real, gate, np.nan) for gate in seen[: -len(state)]]
        # A record ends with its states, the hidden one last; `state` begins with it.
        steps.append([*gates, *reversed(state)])
    return type(seen)(*(np.stack(each, axis=1) for each in zip(*steps, strict=True)))
