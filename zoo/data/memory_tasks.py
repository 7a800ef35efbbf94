"""Tasks that ask for nothing but memory: adding, copying and recall over a distance.

What a model must keep comes early, what it must give comes late, and in between there is nothing to
learn from. A model without memory can do no better than the baseline that each task states, so that
a score past it says what was carried over the distance. All examples are drawn, none is stored: a
seed gives the same ones again, and another seed fresh ones.
"""

import numpy as np


def adding(size, distance, *, seed=0):
    """Draws the adding problem: two numbers of a long sequence are marked, what is their sum?

    Each step has a number, uniform between 0 and 1, and a mark: 1 at one step of the first half and
    at one of the second, else 0. The first of the two lies between half the distance and the whole
    of it before the end. Who always answers 1 has a mean squared error of 1/6, the variance of the
    sum, and whoever has lost the first number and kept the second one of 1/12.

    Args:
        size: Number of sequences.
        distance: Steps of a sequence, at least 2.
        seed: Seed of all that is drawn.

    Returns:
        A tuple of NumPy arrays: the sequences, float32 `(size, distance, 2)`, number and mark; and
        the sums, float32 `(size, 1)`.

    Raises:
        ValueError: If `size` or `distance` is too small.

    Reference:
        Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", section 5.4; with the numbers and
        marks of Arjovsky et al. 2016, "Unitary Evolution Recurrent Neural Networks".

    Example:

    >>> x, y = adding(1000, 50)
    >>> x.shape, y.shape
    ((1000, 50, 2), (1000, 1))
    >>> bool(np.allclose((x[..., 0] * x[..., 1]).sum(axis=1), y[:, 0]))
    True
    """
    _at_least(size=(size, 1), distance=(distance, 2))
    rng = np.random.default_rng(seed)
    half, rows = distance // 2, np.arange(size)
    x = np.zeros((size, distance, 2), "float32")
    x[..., 0] = rng.random((size, distance), "float32")
    first, second = rng.integers(half, size=size), rng.integers(half, distance, size=size)
    x[rows, first, 1] = x[rows, second, 1] = 1
    return x, (x[rows, first, 0] + x[rows, second, 0])[:, np.newaxis]


def copying(size, distance, *, symbols=8, copied=10, seed=0):
    """Draws the copy memory problem: say again in order what stood at the beginning.

    A sequence has `copied` symbols, then blanks, among them one sign that asks, and the answer is
    blank until the last `copied` steps, where it is the symbols. Symbols are the numbers below
    `symbols`, a blank is `symbols`, the sign `symbols + 1`; it stands right before the answer, and
    each symbol must be given `distance + copied` steps after it was read.

    Who has no memory is right about one symbol in `symbols`, with a cross-entropy of
    `log(symbols)` a symbol; over all steps of a sequence the mean of it is
    `copied * log(symbols) / (distance + 2 * copied)`.

    Args:
        size: Number of sequences.
        distance: Steps between the last symbol and the first that is asked for, at least 1.
        symbols: Number of different symbols, at least 2.
        copied: Number of symbols to copy, at least 1.
        seed: Seed of all that is drawn.

    Returns:
        A tuple of NumPy arrays, both int32 `(size, distance + 2 * copied)`: the sequences, numbers
        below `symbols + 2`; and the answers, below `symbols + 1`.

    Raises:
        ValueError: If one of the numbers is too small.

    Reference:
        Arjovsky et al. 2016, "Unitary Evolution Recurrent Neural Networks", section 5.1, with eight
        symbols of which ten are copied; after Hochreiter and Schmidhuber 1997. It is not the copy
        task of Graves et al. 2014, whose sequences have no blanks in between.

    Example:

    >>> x, y = copying(1, 3, symbols=4, copied=2, seed=1)
    >>> x.tolist(), y.tolist()
    ([[1, 2, 4, 4, 5, 4, 4]], [[4, 4, 4, 4, 4, 1, 2]])
    """
    _at_least(size=(size, 1), distance=(distance, 1), symbols=(symbols, 2), copied=(copied, 1))
    rng = np.random.default_rng(seed)
    drawn = rng.integers(symbols, size=(size, copied), dtype="int32")
    x = np.full((size, distance + 2 * copied), symbols, "int32")
    y = x.copy()
    x[:, :copied] = y[:, -copied:] = drawn
    x[:, -copied - 1] = symbols + 1
    return x, y


def recall(size, distance, *, symbols=8, noise=8, seed=0):
    """Draws delayed recall: which symbol stood first, before all the noise?

    A sequence has one symbol, then noise that means nothing, and at the end a sign that asks.
    Symbols are the numbers below `symbols`, the noise is drawn from the next `noise` numbers, and
    the sign is `symbols + noise`. Who has no memory is right once in `symbols` times, with a
    cross-entropy of `log(symbols)`.

    Args:
        size: Number of sequences.
        distance: Steps from the symbol to the sign, at least 1: all but the last one are noise.
        symbols: Number of different symbols, at least 2.
        noise: Number of different signs of noise, at least 1.
        seed: Seed of all that is drawn.

    Returns:
        A tuple of NumPy arrays: the sequences, int32 `(size, distance + 1)`, numbers up to
        `symbols + noise`; and the symbols that stood first, int32 `(size,)`.

    Raises:
        ValueError: If one of the numbers is too small.

    Reference:
        Hochreiter and Schmidhuber 1997, "Long Short-Term Memory", section 5.2, experiment 2c, with
        one symbol of several in place of one of two; the latching problem of Bengio et al. 1994,
        "Learning Long-Term Dependencies with Gradient Descent is Difficult".

    Example:

    >>> x, y = recall(1, 5, symbols=2, noise=3, seed=1)
    >>> x.tolist(), y.tolist()
    ([[0, 4, 4, 2, 2, 5]], [0])
    """
    _at_least(size=(size, 1), distance=(distance, 1), symbols=(symbols, 2), noise=(noise, 1))
    rng = np.random.default_rng(seed)
    y = rng.integers(symbols, size=size, dtype="int32")
    x = rng.integers(symbols, symbols + noise, size=(size, distance + 1), dtype="int32")
    x[:, 0], x[:, -1] = y, symbols + noise
    return x, y


def _at_least(**numbers):
    for name, (number, least) in numbers.items():
        if number < least:
            raise ValueError(f"`{name}` must be at least {least}. Received: {number}")
