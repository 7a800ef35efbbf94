"""What goes into graphs and comes out of them, laid out as arrays."""

import numpy as np


def lines(path):
    """The lines of an asset."""
    return path.read_text("utf-8").split("\n")


def strings(rows):
    """Lays rows of strings out as an array of bytes `(batch, time)`, padded with `b""`."""
    width = max(1, max(map(len, rows), default=1))
    found = np.full((len(rows), width), b"", dtype=object)
    for place, row in enumerate(rows):
        found[place, : len(row)] = [each.encode() for each in row]
    return found


def padded(rows, dtype):
    """Lays rows of numbers out as an array `(batch, time)`, padded with 0."""
    width = max(1, max(map(len, rows), default=1))
    found = np.zeros((len(rows), width), dtype)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


def softmax(logits):
    """Probabilities of logits, along the last axis."""
    x = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def log_softmax(logits):
    """Logarithms of the probabilities of logits, along the last axis."""
    x = logits - logits.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
