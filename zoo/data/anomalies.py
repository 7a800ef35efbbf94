"""Series in which anomalies are marked, from TFDS."""

import dataclasses

import numpy as np

from zoo.data import sources


@dataclasses.dataclass(frozen=True)
class MarkedSeries:
    """A series of numbers, and where in it something is wrong.

    Attributes:
        name: Its name.
        seconds: int64 `(time,)`: seconds since 1970.
        values: Float64 `(time,)`, in original units.
        windows: int64 `(windows, 2)`: first and last step of each marked window, both within it.
    """

    name: str
    seconds: np.ndarray
    values: np.ndarray
    windows: np.ndarray

    def __len__(self):
        return len(self.values)

    @property
    def marked(self):
        """Boolean `(time,)`: whether a step lies in a window."""
        found = np.zeros(len(self), bool)
        for first, last in self.windows:
            found[first : last + 1] = True
        return found


def read(dataset="nab", *, data_dir=None):
    """Reads all marked series of a data set.

    Args:
        dataset: `"nab"`.
        data_dir: TFDS's data_dir; by default `TFDS_DATA_DIR`, then TFDS's own.

    Returns:
        A list of `MarkedSeries`, in the order of the data set.

    Raises:
        zoo.data.sources.DataUnavailableError: If the data can be neither found nor downloaded.
    """
    examples = sources.load(dataset, "full", data_dir=data_dir).as_numpy_iterator()
    return [
        MarkedSeries(
            example["series"].decode(),
            example["timestamp"],
            example["value"],
            places(example["timestamp"], example["windows"]),
        )
        for example in examples
    ]


def places(seconds, windows):
    """Finds the steps at which windows begin and end.

    Args:
        seconds: Times of the steps, `(time,)`. Where one occurs twice the first step has it.
        windows: Times of first and last steps, `(windows, 2)`.

    Returns:
        int64 `(windows, 2)`, the steps, in order.

    Raises:
        ValueError: If no step has the time of a window.

    Example:

    >>> places(np.array([0, 60, 120, 120, 180]), np.array([[60, 120]])).tolist()
    [[1, 2]]
    """
    steps, firsts = np.unique(seconds, return_index=True)
    found = np.searchsorted(steps, windows)
    known = steps[np.minimum(found, len(steps) - 1)] == windows
    if not known.all():
        raise ValueError(
            "A window must begin and end at the time of a step. Received a time that none has: "
            f"{np.asarray(windows)[~known][0]}"
        )
    return np.sort(firsts[found].reshape(-1, 2), axis=0)
