"""Windows of a series in which anomalies are marked, for models that say them again."""

import dataclasses

import numpy as np

from zoo.data import anomalies
from zoo.data.batches import Batches


@dataclasses.dataclass(frozen=True)
class SeriesWindows:
    """Windows of one series, all of one length. A slice is the same.

    Attributes:
        series: Float32 `(time, channels)`, standardized by the training part's mean and deviation.
        starts: Where in `series` each window begins.
        length: Steps of a window.
        channels: Names of the channels.
        marked: Boolean `(time,)`: where people marked an anomaly.
        seconds: int64 `(time,)`: seconds since 1970.
        mean: What was subtracted from each channel, float64 `(channels,)`.
        scale: What each channel was divided by, likewise.

    Example:

    >>> series = np.arange(5, dtype="float32")[:, None]
    >>> windows = SeriesWindows(series, np.arange(3), 3, ("x",), np.zeros(5, bool), np.arange(5))
    >>> windows[1:].arrays()[..., 0].tolist()
    [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]
    """

    series: np.ndarray
    starts: np.ndarray
    length: int
    channels: tuple
    marked: np.ndarray
    seconds: np.ndarray
    mean: np.ndarray = 0.0
    scale: np.ndarray = 1.0

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, chosen):
        return dataclasses.replace(self, starts=self.starts[chosen])

    def arrays(self):
        """Copies the windows out, float32 `(windows, length, channels)`."""
        return self.series[self.starts[:, None] + np.arange(self.length)]

    def in_original_units(self, values):
        """Turns standardized `(..., channels)` into original units, float64."""
        return np.asarray(values, "float64") * self.scale + self.mean


@dataclasses.dataclass(frozen=True)
class ReconstructionData:
    """The splits of a series, and all that a model needs to read them.

    Attributes:
        splits: `SeriesWindows` by name of the split: `train`, `dev` and `test`.
    """

    splits: dict

    unknown_rates = None

    @property
    def sizes(self):
        """What the builder must know of the data."""
        return {"num_features": len(self.splits["train"].channels)}

    def batches(self, split, batch_size, *, seed=None):
        """Makes the `Batches` of a split, each window its own target; shuffled with a seed."""
        windows = list(self.splits[split].arrays())
        return Batches({"window": windows}, windows, batch_size, seed=seed)

    def predict(self, model, windows, *, batch_size=256):
        """Says windows again with a model that was built for this data.

        Returns:
            Float32 `(windows, length, channels)`, in their order, standardized.
        """
        return _in_batches(model.predict_on_batch, windows, batch_size)

    def encode(self, model, windows, *, batch_size=256):
        """Gives the codes that a model makes of windows, float32 `(windows, latent_dim)`."""
        import keras

        encoder = keras.Model(model.input, model.get_layer("latent").output)
        return _in_batches(encoder.predict_on_batch, windows, batch_size)


def _in_batches(function, windows, batch_size):
    # Filled up to whole batches: for another size TensorFlow would trace the model anew.
    x = windows[np.r_[np.arange(len(windows)), np.full(-len(windows) % batch_size, -1)]].arrays()
    parts = np.split(x, np.arange(batch_size, len(x), batch_size))
    return np.concatenate([np.asarray(function(part)) for part in parts])[: len(windows)]


def cut(series, parts, length):
    """Standardizes a marked series by its training part and cuts it into windows.

    Args:
        series: A `zoo.data.anomalies.MarkedSeries`.
        parts: By the name of the split, `train`, `dev` and `test`, its first step and the one after
            its last.
        length: Steps of a window.

    Returns:
        `ReconstructionData`. Every window counts that lies within its split.

    Raises:
        ValueError: If a part is too short for a window, or something is marked in train or dev.
    """
    for split in ("train", "dev"):
        begin, end = parts[split]
        marked = begin + np.flatnonzero(series.marked[begin:end])
        if len(marked):
            raise ValueError(
                f"Nothing may be marked in {split}, for a model is to learn what is normal. "
                f"Received: steps {begin:,} to {end:,}, of which step {marked[0]:,} is marked"
            )
    values = series.values[:, None]
    seen = values[slice(*parts["train"])]
    mean, scale = seen.mean(axis=0), seen.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)  # A constant channel stays one: 0 everywhere.
    standardized = ((values - mean) / scale).astype("float32")
    splits = {}
    for split, (begin, end) in parts.items():
        if end > len(series) or end - begin < length:
            raise ValueError(
                f"{split} must have at least one window of {length} steps, of the {len(series):,} "
                f"that there are. Received: steps {begin:,} to {end:,}"
            )
        splits[split] = SeriesWindows(
            standardized,
            np.arange(begin, end - length + 1),
            length,
            ("value",),
            series.marked,
            series.seconds,
            mean,
            scale,
        )
    return ReconstructionData(splits)


def load(dataset, *, series, parts, length, data_dir=None, limit=None):
    """Loads one series with its three splits; everything fitted is fitted on train.

    Args:
        dataset: As in `zoo.data.anomalies.read`.
        series: Name of the series.
        parts: As in `cut`.
        length: As in `cut`.
        data_dir: As in `zoo.data.anomalies.read`.
        limit: Only the first so many windows of each split.

    Returns:
        `ReconstructionData`.

    Raises:
        ValueError: If there is no such series.
    """
    found = {each.name: each for each in anomalies.read(dataset, data_dir=data_dir)}
    if series not in found:
        raise ValueError(
            f"`series` must be one of {dataset}: {', '.join(found)}. Received: {series!r}"
        )
    data = cut(found[series], parts, length)
    return ReconstructionData({split: windows[:limit] for split, windows in data.splits.items()})
