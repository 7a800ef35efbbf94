"""Anomalies in a stream: a small network learns it while it watches, and says what is new in it."""

import dataclasses

import keras
import numpy as np

LOOKBACK = 24  # Steps that the network reads.
SPANS = (1, 30)  # Steps over which what is watched is averaged: one sees jumps, one sees drifts.
SETTLING = 100  # Steps in which the network has learned too little for its errors to mean anything.
LIMIT = 6.0  # Deviations of the past that the network is shown at most.
SUREST = 0.1  # Of a deviation: a network that is surer than this is taken to be as sure.


class StreamDetector:
    """Says of each step of a stream how anomalous it is, knowing only what came before.

    The network begins anew with every stream. It forecasts each step from those before it, or
    reconstructs the window that ends with it; after every `every` steps it learns from all that it
    has seen. What is watched is the value, the network's error and, of a forecaster, the error in
    units of how sure it was; each as it is and averaged over 30 steps. A step is as anomalous as
    the newest of these is new (`novelty`), unless something newer was there shortly before
    (`rested`).

    Args:
        model: A compiled `keras.Model` of one channel, whose weights `scores` changes: a forecaster
            of `zoo.models` with `horizon=1` and a distribution, or a `SequenceAutoencoder`. Or
            `None`, to watch the values alone.
        lookback: Steps that the network reads.
        every: Steps after which it learns.
        updates: Batches that it learns from each time; four times as many during probation.
        batch_size: Windows a batch; a quarter of them end in the last `4 * every` steps.
        rest: Steps after which less is news again, in lengths of the probation.
        seed: Seed of the choice of windows.

    Reference:
        Ahmad et al. 2017, "Unsupervised real-time anomaly detection for streaming data", for the
        task; Malhotra et al. 2015, "Long Short Term Memory Networks for Anomaly Detection in Time
        Series", for errors of a network as its sign.

    Example:

    >>> values = np.sin(np.arange(400) / 8)
    >>> values[300] = 3.0
    >>> int(StreamDetector(None).scores(values, probation=60).argmax())
    300
    """

    def __init__(
        self,
        model,
        *,
        lookback=LOOKBACK,
        every=48,
        updates=4,
        batch_size=64,
        rest=0.2,
        seed=0,
    ):
        self.model, self.lookback, self.every, self.updates = model, lookback, every, updates
        self.batch_size, self.rest, self.seed = batch_size, rest, seed
        self.distribution = None
        if model is None:
            return
        self.reconstructs = isinstance(model.input, keras.KerasTensor) and (
            model.input.name == "window"
        )
        self.distribution = {layer.name: layer for layer in model.layers}.get("distribution")
        expected = (None, None, 1) if self.reconstructs else (None, 1, 1)
        if model.output_shape[:3] != expected or self.reconstructs == bool(self.distribution):
            raise ValueError(
                "`model` must be an autoencoder of one channel, or a forecaster of one step and "
                f"one channel with a distribution. Received: {model.name!r}, whose output has the "
                f"shape {model.output_shape}"
            )
        model.optimizer.build(model.trainable_variables)
        self._state = [*model.variables, *model.optimizer.variables]
        self._start = [np.array(keras.ops.convert_to_numpy(each)) for each in self._state]

    def scores(self, values, probation):
        """Scores every step of a stream.

        Args:
            values: Float `(time,)`, in original units.
            probation: Steps at the start in which nothing is scored
                (`zoo.metrics.anomalies.probation`); at least 1.

        Returns:
            Float64 `(time,)`, 0 where nothing is new. Given `probation`, what it says of a step
            does not depend on later ones.

        Raises:
            ValueError: If `values` are not finite numbers of that shape, or `probation` is below 1.
        """
        if probation < 1:
            raise ValueError(f"`probation` must be at least 1 step. Received: {probation}")
        values = np.asarray(values, "float64")
        if values.ndim != 1 or not np.isfinite(values).all():
            raise ValueError(
                "`values` must be finite numbers of shape (time,). Received: shape "
                f"{values.shape}, {np.sum(~np.isfinite(values))} missing or infinite"
            )
        watched = self.watched(values, probation)
        new = [novelty(trailing_mean(each, span), probation) for each in watched for span in SPANS]
        return rested(np.max(new, axis=0), int(self.rest * probation))

    def watched(self, values, probation):
        """Gives what is watched: the values, and the network's errors if there is one."""
        return [values] if self.model is None else [values, *self.errors(values, probation)]

    def errors(self, values, probation):
        """Gives the network's errors at every step, as it learns.

        Args:
            values: As in `scores`.
            probation: Likewise.

        Returns:
            Arrays `(time,)`: the errors, value less what the network says, in original units; and
            of a forecaster the errors in units of the range that it was 80 % sure of. 0 in the
            first steps.
        """
        for variable, start in zip(self._state, self._start, strict=True):
            variable.assign(start)
        rng = np.random.default_rng(self.seed)
        found = np.zeros((2, len(values)))
        begin = self.lookback
        for first in range(begin, len(values), self.every):
            last = min(first + self.every, len(values))
            center, scale = values[:first].mean(), values[:first].std()
            scale = scale if scale > 1e-9 * max(1, abs(center)) else 1.0
            seen = np.clip((values[:last] - center) / scale, -LIMIT, LIMIT).astype("float32")
            # Always as many: for another number TensorFlow would trace the model anew.
            ends = np.minimum(np.arange(first, first + self.every), last - 1)
            said, sure = self._said(*self._windows(seen, ends))
            said, sure = said[: last - first] * scale + center, sure[: last - first] * scale
            found[0, first:last] = values[first:last] - said
            found[1, first:last] = found[0, first:last] / sure
            if last < len(values):
                for _ in range(self.updates * (4 if first < probation else 1)):
                    chosen = rng.integers(begin, last, self.batch_size)
                    recent = len(chosen) // 4
                    chosen[:recent] = rng.integers(max(begin, last - 4 * self.every), last, recent)
                    self.model.train_on_batch(*self._windows(seen, chosen))
        found[:, :SETTLING] = 0
        return found[:1] if self.reconstructs else found

    def _windows(self, seen, ends):
        """What the network reads for the steps `ends`, and what it should say."""
        steps = ends[:, None] + np.arange(-self.lookback, 1)
        windows = seen[steps][..., None]
        if self.reconstructs:
            return windows[:, 1:], windows[:, 1:]
        return windows[:, :-1], windows[:, -1:]

    def _said(self, x, _):
        """What the network says of the last step, and how wide it is 80 % sure."""
        found = np.asarray(self.model.predict_on_batch(x))
        if self.reconstructs:
            return found[:, -1, 0], np.ones(len(found))
        levels = self.distribution.levels
        quantiles = self.distribution.quantiles(keras.ops.convert_to_tensor(found))
        quantiles = keras.ops.convert_to_numpy(quantiles)[:, 0, 0]
        low, middle, high = (quantiles[:, levels.index(level)] for level in (0.1, 0.5, 0.9))
        return middle, np.maximum(high - low, SUREST)


def novelty(stream, probation):
    """Measures how far each step lies outside the range of all before it.

    Of independent values that are equally likely between two bounds, a new extreme lies on average
    one gap outside: the range by the number of values. Neighbours in a stream are alike, so that
    number is counted in probations.

    Args:
        stream: Float `(time,)`.
        probation: Steps of the probation, at least 1.

    Returns:
        Float64 `(time,)`: the distance to the range of the past, in ranges, times the length of the
        past in probations; 0 within the range.

    Example:

    >>> novelty(np.array([0.0, 1.0, 2.0, 0.5, 3.0, -3.0]), probation=2).tolist()
    [0.0, 0.0, 1.0, 0.0, 1.0, 2.5]
    """
    stream = np.asarray(stream, "float64")
    past = np.concatenate([stream[:1], stream[:-1]])
    low, high = np.minimum.accumulate(past), np.maximum.accumulate(past)
    outside = np.maximum(np.maximum(stream - high, low - stream), 0)
    width = np.where(high > low, high - low, np.inf)
    return outside / width * np.arange(len(stream)) / probation


def trailing_mean(stream, span):
    """Averages each step and those right before it, `span` together; the first stands for earlier.

    Example:

    >>> trailing_mean(np.array([1.0, 3.0, 5.0]), 2).tolist()
    [1.0, 2.0, 4.0]
    """
    # No running sum: its rounding would make news where nothing changes.
    padded = np.concatenate([np.repeat(stream[:1], span - 1), stream])
    return np.lib.stride_tricks.sliding_window_view(padded, span).mean(axis=1)


def rested(scores, steps):
    """Keeps the scores that are higher than all of the `steps` before them; the others become 0.

    Example:

    >>> rested(np.array([1.0, 3.0, 2.0, 1.0, 2.0, 4.0]), 3).tolist()
    [1.0, 3.0, 0.0, 0.0, 0.0, 4.0]
    """
    padded = np.concatenate([np.full(steps, -np.inf), scores])
    highest = np.lib.stride_tricks.sliding_window_view(padded, max(steps, 1))[: len(scores)]
    return np.where(scores > highest.max(axis=1), scores, 0.0) if steps else scores


@dataclasses.dataclass(frozen=True)
class Detection:
    """What is new in a series, step by step.

    Attributes:
        series: The `zoo.data.forecasting.Series`, its missing values filled.
        report: What was wrong with it before, as its `report` says.
        scores: Float64 `(time, channels)`, 0 where nothing is new.
        probation: Steps at the start, in which nothing is scored.
    """

    series: object
    report: dict
    scores: np.ndarray
    probation: int

    def table(self):
        """Lays values and scores out as a `pandas.DataFrame`, a row a step."""
        import pandas as pd

        series = self.series
        columns = dict(zip(series.channels, series.values.T, strict=True))
        for channel, scores in zip(series.channels, self.scores.T, strict=True):
            columns[f"{channel} score"] = scores
        if series.seconds is None:
            index = pd.RangeIndex(len(series.values), name="step")
        else:
            index = pd.DatetimeIndex(series.seconds.astype("datetime64[s]"), name="time")
        return pd.DataFrame(columns, index=index)


def forecaster(cell):
    """Builds the small network that forecasts the next step of a stream, and how sure it is.

    Args:
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.

    Returns:
        A compiled `keras.Model`, for a `StreamDetector`.
    """
    from zoo import models

    optimizer = keras.optimizers.Adam(5e-3, clipnorm=1.0)
    options = {"dropout": 0.0, "distribution": "quantiles", "optimizer": optimizer}
    return models.Forecaster(LOOKBACK, 1, 1, cell=cell, units=16, **options)


def detect(series, *, cell="gru", probation=None, seed=0):
    """Watches a series from its first step to its last and scores how anomalous each is.

    Every channel is a stream by itself, watched by a `StreamDetector` with a small network
    (`forecaster`), as `benchmarks/anomalies.py` measures it.

    Args:
        series: A `zoo.data.forecasting.Series`. A missing value is taken to be the last known one.
        cell: Of the network, `"lstm"`, `"gru"` or `"simple_rnn"`; `None` watches the values alone.
        probation: Steps at the start in which nothing is scored, at least 1; by default those of
            the Numenta Anomaly Benchmark, 15 % of the series and at most 750
            (`zoo.metrics.anomalies.probation`).
        seed: Seed of the network's weights and of the choice of what it learns from.

    Returns:
        A `Detection`. Given `probation`, what it says of a step does not depend on later ones; the
        default depends on how many there are.

    Raises:
        ValueError: If the series is too short, there is no value in a channel, or `probation` is
            below 1.
    """
    from zoo.metrics import anomalies

    steps = len(series.values)
    if steps <= SETTLING:
        raise ValueError(f"A series must have more than {SETTLING} steps. Received: {steps}")
    if probation is None:
        probation = anomalies.probation(steps)
    report, series = series.report, series.held()
    keras.utils.set_random_seed(seed)
    detector = StreamDetector(None if cell is None else forecaster(cell), seed=seed)
    scores = np.stack([detector.scores(each, probation) for each in series.values.T], axis=-1)
    scores[:probation] = 0
    return Detection(series, report, scores, probation)
