"""Formulas of LSTM and GRU that circulate with errors, to be held beside the right ones.

Each is a step like those of `zoo.inspection.equations`, takes the same weights, and differs in one
place. `compare` measures what that place does.
"""

import typing

import numpy as np

from zoo.inspection import equations
from zoo.inspection.equations import GRUStep, LSTMStep, sigmoid


def lstm_forgets_hidden(x, state, W, U, b):
    """An LSTM whose forget gate multiplies the hidden state.

        c_t = f_t ⊙ h_{t-1} + i_t ⊙ g_t             wrong
        c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t             right

    What is wrong: the cell no longer passes from step to step. Each step squeezes it through tanh
    and the output gate, so that nothing is kept even where f is 1: a simple RNN with gates.

    Args:
        x: As in `zoo.inspection.equations.lstm`, like the others.
        state: Likewise.
        W: Likewise.
        U: Likewise.
        b: Likewise.

    Returns:
        A `zoo.inspection.equations.LSTMStep`.
    """
    h, _ = state
    i, f, g, o = _lstm_gates(x, h, W, U, b)
    c = f * h + i * g
    return LSTMStep(input=i, forget=f, output=o, candidate=g, cell=c, hidden=o * np.tanh(c))


def lstm_leaks(x, state, W, U, b):
    """An LSTM whose cell is updated with u and 1 - u: that is the leak of a GRU.

        c_t = (1 - i_t) ⊙ c_{t-1} + i_t ⊙ g_t       wrong
        c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t             right

    What is wrong: to let in and to forget are one decision. The cell is a running mean of the
    candidates and stays between -1 and 1: it cannot count. As a model of its own it is known, with
    a quarter fewer weights, as the LSTM with coupled input and forget gates.

    Reference:
        Greff et al. 2017, "LSTM: A Search Space Odyssey", for the coupled gates (CIFG); Weiss et
        al. 2018, "On the Practical Computational Power of Finite Precision RNNs for Language
        Recognition", for what counting is worth.
    """
    h, c = state
    i, f, g, o = _lstm_gates(x, h, W, U, b)
    c = (1 - i) * c + i * g
    return LSTMStep(input=i, forget=f, output=o, candidate=g, cell=c, hidden=o * np.tanh(c))


def lstm_without_output_tanh(x, state, W, U, b):
    """An LSTM that shows its cell without a tanh.

        h_t = o_t ⊙ c_t                             wrong
        h_t = o_t ⊙ tanh(c_t)                       right

    What is wrong: the hidden state has no bound, and it goes back into every gate: where a cell
    counts, its gates saturate.

    Reference:
        Greff et al. 2017, "LSTM: A Search Space Odyssey", variant NOAF: one of the two changes that
        cost most.
    """
    h, c = state
    i, f, g, o = _lstm_gates(x, h, W, U, b)
    c = f * c + i * g
    return LSTMStep(input=i, forget=f, output=o, candidate=g, cell=c, hidden=o * c)


def gru_swapped(x, state, W, U, b):
    """A GRU with z and 1 - z swapped.

        h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ h̃_t       of another convention
        h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ h̃_t       Cho et al. 2014, Keras, PyTorch, cuDNN

    What is wrong: nothing in a paper that keeps to it, as Chung et al. 2014 does; for 1 - σ(a) is
    σ(-a), and training finds the weights of z with the other sign. It is wrong with weights
    that were trained under the other one, and beside a text that says "z near 1 keeps".
    """
    (h,) = state
    seen = equations.gru(x, state, W, U, b)
    z, g = seen.update, seen.candidate
    return seen._replace(hidden=(1 - z) * h + z * g)


def gru_reset_misplaced(x, state, W, U, b):
    """A GRU that multiplies by the reset gate after the matrix, with weights made for before.

        h̃_t = tanh(x_t W_h + r_t ⊙ (h_{t-1} U_h) + b_h)     with weights of the other: wrong
        h̃_t = tanh(x_t W_h + (r_t ⊙ h_{t-1}) U_h + b_h)     Cho et al. 2014

    What is wrong: nothing if it was trained so (cuDNN, Keras's default); but the two are different
    functions, and weights of one are none of the other: Keras 1 and TensorFlow 1 had the one,
    PyTorch has the other.
    """
    (h,) = state
    U_h = np.split(U, 3, axis=-1)[2]
    W_h, b_h = np.split(W, 3, axis=-1)[2], np.split(b, 3, axis=-1)[2]
    seen = equations.gru(x, state, W, U, b)
    z, r = seen.update, seen.reset
    g = np.tanh(x @ W_h + r * (h @ U_h) + b_h)
    return GRUStep(update=z, reset=r, candidate=g, hidden=z * h + (1 - z) * g)


def _lstm_gates(x, h, W, U, b):
    i, f, g, o = np.split(x @ W + h @ U + b, 4, axis=-1)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


MISPRINTS = {
    lstm_forgets_hidden: equations.lstm,
    lstm_leaks: equations.lstm,
    lstm_without_output_tanh: equations.lstm,
    gru_swapped: equations.gru,
    gru_reset_misplaced: equations.gru,
}


class Comparison(typing.NamedTuple):
    """What a misprint does; see `compare`."""

    name: str
    right: str
    difference: float
    largest_state: float
    largest_state_right: float
    survival: np.ndarray
    survival_right: np.ndarray


def compare(units=32, features=16, time=100, sequences=16, seed=0):
    """Measures what each misprint does, on the weights that Keras gives a fresh layer.

    Args:
        units: Units of the layers.
        features: Numbers read at each step; they are standard normal.
        time: Steps.
        sequences: Number of sequences.
        seed: Seed of weights and inputs.

    Returns:
        A list of `Comparison`, one a misprint: `name` of the function and of the `right` one;
        `difference`, the root mean square of the difference of the hidden states over that of the
        right ones; `largest_state`, the largest number in the memory (cell or hidden) of the wrong
        and of the right one; `survival`, `(time,)`: a small change of the state before the first
        step, and how many times as large a change of the memory is left after each step (root mean
        square), of both.

    Example:

    >>> found = {row.name: row for row in compare(units=8, time=20)}
    >>> row = found["lstm_forgets_hidden"]
    >>> bool(row.survival[-1] < row.survival_right[-1])
    True
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(sequences, time, features))
    found = []
    for wrong, right in MISPRINTS.items():
        weights = _fresh(np.random.default_rng(seed + 1), right, features, units)
        nudge = np.random.default_rng(seed + 2).normal(size=(sequences, units)) * 1e-6
        both = []
        for step in (wrong, right):
            state = equations.start(step, sequences, units)
            seen = equations.unfold(step, x, state, *weights)
            # The memory is the last of the state: an LSTM's cell, a GRU's hidden state.
            moved = equations.unfold(step, x, [each + nudge for each in state], *weights)
            memory, changed = seen.state[-1], moved.state[-1]
            survival = _rms(changed - memory, axis=(0, 2)) / _rms(nudge)
            both.append((seen.hidden, np.abs(memory).max(), survival))
        (hidden, largest, kept), (hidden_right, largest_right, kept_right) = both
        difference = _rms(hidden - hidden_right) / _rms(hidden_right)
        sizes = float(difference), float(largest), float(largest_right)
        found.append(Comparison(wrong.__name__, right.__name__, *sizes, kept, kept_right))
    return found


def _fresh(rng, step, features, units):
    """Weights as Keras initializes them: Glorot, orthogonal rows, forget bias 1."""
    gates = 4 if step is equations.lstm else 3
    bound = np.sqrt(6 / (features + gates * units))
    W = rng.uniform(-bound, bound, (features, gates * units))
    U = np.linalg.qr(rng.normal(size=(gates * units, units)))[0].T
    b = np.zeros(gates * units)
    if step is equations.lstm:
        b[units : 2 * units] = 1
    return W, U, b


def _rms(x, axis=None):
    return np.sqrt(np.mean(np.square(x), axis=axis))
