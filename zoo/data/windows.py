"""Windows of a series: what is known, and what is to be forecast."""

import dataclasses

import numpy as np

from zoo.data.batches import without_autotune


@dataclasses.dataclass(frozen=True)
class Windows:
    """Windows of one series, none of them copied. A slice is the same.

    Attributes:
        series: Float32 `(time, channels)`, standardized by the training part's mean and deviation.
        starts: Where in `series` the history of each window begins.
        lookback: Steps of history.
        horizon: Steps to forecast, right after the history.
        channels: Names of the channels.
        period: Steps of the main season, or `None`.
        mean: What was subtracted from each channel, float64 `(channels,)`.
        scale: What each channel was divided by, likewise.
        covariates: `Covariates`, what is known ahead of time, or `None`.

    Example:

    >>> series = np.arange(6, dtype="float32")[:, None]
    >>> windows = Windows(series, np.arange(2), 3, 2, ("x",))
    >>> x, y = windows.arrays(windows.starts)
    >>> x[..., 0].tolist(), y[..., 0].tolist()
    ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]], [[3.0, 4.0], [4.0, 5.0]])
    """

    series: np.ndarray
    starts: np.ndarray
    lookback: int
    horizon: int
    channels: tuple
    period: int | None = None
    mean: np.ndarray = 0.0
    scale: np.ndarray = 1.0
    covariates: "Covariates | None" = None

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, chosen):
        return dataclasses.replace(self, starts=self.starts[chosen])

    def arrays(self, starts):
        """Copies some windows out: what a model reads, and what follows.

        Args:
            starts: Where the histories begin.

        Returns:
            Histories `(windows, lookback, channels)` and what follows, `(windows, horizon,
            channels)`. With covariates the first is a dictionary: `history`, and `covariates`
            `(windows, lookback + horizon, features)`.
        """
        steps = starts[:, None] + np.arange(self.lookback + self.horizon)
        known = steps[:, : self.lookback]
        x, y = self.series[known], self.series[steps[:, self.lookback :]]
        if self.covariates is None:
            return x, y
        return {"history": x, "covariates": self.covariates.values[steps]}, y

    def in_original_units(self, values):
        """Turns standardized `(..., channels)` into original units, float64."""
        return np.asarray(values, "float64") * self.scale + self.mean


@dataclasses.dataclass(frozen=True)
class Covariates:
    """What is known of each step ahead of time, such as the hour or a planned price.

    Attributes:
        values: Float32 `(time, features)`, standardized like the series; it may go on after it.
        mean: What was subtracted from each feature, float64 `(features,)`.
        scale: What each feature was divided by, likewise.
        names: Names of the features.
    """

    values: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    names: tuple


class WindowBatches:
    """Batches of windows; shuffled anew in every epoch with a seed, otherwise in their order.

    Iterating gives `(x, y, sample_weight)` of NumPy arrays, every window counted once, the last
    batch smaller. The order depends on `seed` and `epoch` alone.

    Args:
        windows: `Windows`.
        batch_size: Windows a batch.
        seed: Seed of the order, or `None` for that of time.

    Example:

    >>> windows = Windows(np.zeros((9, 2), "float32"), np.arange(5), 3, 2, ("a", "b"))
    >>> [x.shape for x, _, _ in WindowBatches(windows, batch_size=4)]
    [(4, 3, 2), (1, 3, 2)]
    """

    padding = 0.0

    def __init__(self, windows, batch_size, *, seed=None):
        if not len(windows):
            raise ValueError(
                f"There must be at least one window of {windows.lookback} + {windows.horizon} "
                f"steps. Received: a series of {len(windows.series)} steps"
            )
        self.windows, self.batch_size, self.seed = windows, batch_size, seed
        self.epoch = 0

    def __len__(self):
        return -(-len(self.windows) // self.batch_size)

    def __iter__(self):
        starts = self.windows.starts
        if self.seed is not None:
            starts = np.random.default_rng([self.seed, self.epoch]).permutation(starts)
        for first in range(0, len(starts), self.batch_size):
            x, y = self.windows.arrays(starts[first : first + self.batch_size])
            yield x, y, np.ones(y.shape[:2], "float32")

    def dataset(self):
        """Wraps the batches for `fit` on the TensorFlow backend, as `zoo.data.batches` does."""
        import tensorflow as tf

        w = self.windows
        channels = w.series.shape[1]
        x = tf.TensorSpec([None, w.lookback, channels], tf.float32)
        if w.covariates is not None:
            size = [None, w.lookback + w.horizon, len(w.covariates.names)]
            x = {"history": x, "covariates": tf.TensorSpec(size, tf.float32)}
        y = tf.TensorSpec([None, w.horizon, channels], tf.float32)
        signature = (x, y, tf.TensorSpec([None, w.horizon], tf.float32))
        data = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=signature)
        data = data.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(2)
        return without_autotune(data)
