"""A CRF's probabilities in NumPy, as `zoo.layers.linear_chain` has them."""

import numpy as np

PADDING = np.float32(-1e32)


def viterbi(potentials):
    """Finds the sequence with the highest score, int `(batch, time)`, 0 at padded steps.

    Args:
        potentials: As in `marginals`.

    Example:

    >>> viterbi(np.array([[[[0, 1], [0, 0]], [[0, 0], [3, 2]]]], "float32")).tolist()
    [[1, 0]]
    """
    batch, time, size, _ = potentials.shape
    before, came_from = _start(batch, size), []
    for step in range(time):
        scores = before[:, :, None] + potentials[:, step]
        came_from.append(scores.argmax(axis=1))
        before = scores.max(axis=1)
        before -= before.max(axis=1, keepdims=True)
    rows, tag = np.arange(batch), before.argmax(axis=1)
    tags = np.empty((batch, time), int)
    for step in reversed(range(time)):
        tags[:, step] = tag
        tag = came_from[step][rows, tag]
    return tags


def _start(batch, size):
    """A chain is at tag 0 before its first step."""
    start = np.full((batch, size), PADDING)
    start[:, 0] = 0.0
    return start


def marginals(potentials):
    """Gives the probability of every tag at every step, and of every pair of neighbours.

    Args:
        potentials: Float32 `(batch, time, tags, tags)`, from the row's tag to the column's.

    Returns:
        `(batch, time, tags)`, and `(batch, time, tags, tags)`: the tag before and the tag now.

    Example:

    >>> tags, pairs = marginals(np.zeros((1, 2, 2, 2), "float32"))
    >>> tags.tolist(), pairs[0, 1].tolist()
    ([[[0.5, 0.5], [0.5, 0.5]]], [[0.25, 0.25], [0.25, 0.25]])
    """
    batch, time, size, _ = potentials.shape
    before = _start(batch, size)
    given = np.empty_like(potentials)  # The probability of the tag before, given the tag now.
    for step in range(time):
        scores = before[:, :, None] + potentials[:, step]
        peak = scores.max(axis=1, keepdims=True)
        likely = np.exp(scores - peak)
        total = likely.sum(axis=1, keepdims=True)
        given[:, step] = likely / total
        before = (peak + np.log(total))[:, 0]
        before -= before.max(axis=1, keepdims=True)
    now = np.exp(before)
    now /= now.sum(axis=1, keepdims=True)
    tags = np.empty((batch, time, size), potentials.dtype)
    for step in reversed(range(time)):
        tags[:, step] = now
        now = (given[:, step] * now[:, None, :]).sum(axis=2)
    return tags, tags[:, :, None, :] * given
