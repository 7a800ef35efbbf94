"""How often gates are shut, open, or in between."""

import typing

import numpy as np

LOW, HIGH = 0.1, 0.9
RANGES = {"candidate": (-1, 1), "hidden": (-1, 1)}  # What tanh gives; a gate lies in (0, 1).


class Saturation(typing.NamedTuple):
    """How a gate's values are spread.

    `counts` `(bins,)` are numbers of values between neighbours of `edges` `(bins + 1,)`; `low` and
    `high`, each `(units,)`, are the shares of the steps at which a unit's value lies in the lowest
    and in the highest tenth of its range.
    """

    counts: np.ndarray
    edges: np.ndarray
    low: np.ndarray
    high: np.ndarray


def saturation(trace, bins=20):
    """Counts how often the gates of a layer are shut, open, or in between; padding is left out.

    A gate that is open or shut at every step has become a constant; a unit whose forget gate is
    always open keeps what it has for the whole sequence. The candidate, and the hidden state of a
    simple RNN, lie between -1 and 1; tenths are counted there, too: tanh(x) is beyond 0.8 where
    the logistic function of 2 x is beyond 0.9.

    Args:
        trace: A `zoo.inspection.Trace`.
        bins: Number of bins of the histogram, all equally wide.

    Returns:
        A dictionary of `Saturation` by the name of the array.

    Reference:
        Karpathy et al. 2016, "Visualizing and Understanding Recurrent Networks", for the shares of
        0.1 and 0.9.

    Example:

    >>> from zoo.inspection import trace
    >>> layer = keras.layers.GRU(4, bias_initializer="zeros", name="gru")
    >>> found = saturation(trace(layer, np.zeros((1, 5, 3), "float32"))["gru"], bins=4)
    >>> found["update"].counts
    array([ 0,  0, 20,  0])
    """
    names = [*trace.gates, "candidate"] if trace.gates else ["hidden"]
    found = {}
    for name in names:
        values = trace[name][trace.mask]
        bottom, top = RANGES.get(name, (0, 1))
        counts, edges = np.histogram(values, bins, (bottom, top))
        share = (values - bottom) / (top - bottom)
        found[name] = Saturation(
            counts, edges, np.mean(share < LOW, axis=0), np.mean(share > HIGH, axis=0)
        )
    return found
