"""Pieces of a series, as many at once as memory is for."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

CHUNK = 2**22  # As many numbers at once, about: 32 MB.


def check(windows):
    """Raises a `ValueError` if there are no windows, or one does not lie within the series."""
    starts, length = np.asarray(windows.starts), len(windows.series)
    needed = windows.lookback + windows.horizon
    if not len(starts) or starts.min() < 0 or starts.max() + needed > length:
        ends = f"from {starts.min()} to {starts.max()}" if len(starts) else "no starts"
        raise ValueError(
            f"There must be windows of {needed} steps, all within a series of {length}. "
            f"Received: starts {ends}"
        )


def parts(windows, factor=1):
    """Slices of the windows, so many at once as memory is for, if each takes `factor` times."""
    numbers = (windows.lookback + windows.horizon) * np.shape(windows.series)[1] * factor
    size = max(1, CHUNK // numbers)
    return [slice(place, place + size) for place in range(0, len(windows.starts), size)]


def cut(series, starts, length):
    """Pieces of a series that begin at `starts`: `(len(starts), length, channels)`."""
    return sliding_window_view(np.asarray(series), length, axis=0)[starts].swapaxes(1, 2)


def named(found):
    """What was forecast as a dictionary, without its levels."""
    found = found if isinstance(found, dict) else {"forecast": found}
    return {name: each for name, each in found.items() if name != "levels"}


def joined(parts):
    """Puts forecasts that came a part at a time together."""
    by_name = [named(part) for part in parts]
    whole = {name: np.concatenate([each[name] for each in by_name]) for name in by_name[0]}
    return {**parts[0], **whole} if isinstance(parts[0], dict) else whole["forecast"]
