"""Time series, from TFDS or a table of one's own, to windows."""

import dataclasses

import numpy as np

from zoo.data import sources
from zoo.data.windows import Covariates, WindowBatches, Windows

DAY = 24 * 60 * 60
CYCLES = {"day": DAY, "week": 7 * DAY, "year": 365.2425 * DAY}
# The parts of a series that are train, dev and test: steps of ETT's months of 30 days, or shares.
MONTHS = {"ett": (12, 4, 4)}
SHARES = (0.7, 0.1, 0.2)


@dataclasses.dataclass(frozen=True)
class Series:
    """A multivariate series with what is known of its time.

    Attributes:
        values: Float64 `(time, channels)`, in original units; NaN where a value is missing.
        seconds: int64 `(time,)`: seconds since 1970, or `None` where steps are only numbered.
        channels: Names of the channels.
        known: Float64 `(time, features)`, what is known ahead of time, or `None`. It may go on
            after the values end, and must to forecast what comes then.
        features: Names of what is known.
    """

    values: np.ndarray
    seconds: np.ndarray | None
    channels: tuple
    known: np.ndarray | None = None
    features: tuple = ()

    @property
    def step(self):
        """Seconds from a step to the next, the most frequent, or `None` without times."""
        if self.seconds is None or len(self.seconds) < 2:
            return None
        steps, counts = np.unique(np.diff(self.seconds), return_counts=True)
        return int(steps[counts.argmax()])

    @property
    def period(self):
        """Steps a day, if there are at least two and the day is a multiple; otherwise `None`."""
        step = self.step
        return DAY // step if step and step < DAY and DAY % step == 0 else None

    @property
    def report(self):
        """Counts what is wrong with the series: missing values, steps of another length."""
        irregular = 0 if self.step is None else int(np.sum(np.diff(self.seconds) != self.step))
        return {
            "steps": len(self.values),
            "channels": len(self.channels),
            "missing": int(np.sum(~np.isfinite(self.values))),
            "irregular": irregular,
        }

    def held(self):
        """The same series with each missing value as the last known one: none tells of later ones.

        Before the first known value of a channel that one is repeated.

        Raises:
            ValueError: If a channel has no known value.

        Example:

        >>> series = Series(np.array([[np.nan], [2.0], [np.nan], [4.0]]), None, ("x",))
        >>> series.held().values.ravel().tolist()
        [2.0, 2.0, 2.0, 4.0]
        """
        values = self.values.copy()
        for name, channel in zip(self.channels, values.T, strict=True):
            known = np.flatnonzero(np.isfinite(channel))
            if not len(known):
                raise ValueError(f"Each channel must have a value. Received: none in {name!r}")
            last = np.searchsorted(known, np.arange(len(channel)), side="right") - 1
            channel[:] = channel[known[np.maximum(last, 0)]]
        return dataclasses.replace(self, values=values)

    def times(self, steps):
        """Seconds since 1970 of the first so many steps, of those after its end as well.

        After its end it goes on as it was, by months, say, or by working days, where all its steps
        are such; otherwise by the most frequent step.

        Example:

        >>> days = np.array(["2024-01-01", "2024-02-01", "2024-03-01"], "datetime64[s]")
        >>> series = Series(np.zeros((3, 1)), days.astype("int64"), ("x",))
        >>> series.times(5)[3:].astype("datetime64[s]").astype(str).tolist()
        ['2024-04-01T00:00:00', '2024-05-01T00:00:00']
        """
        more = steps - len(self.seconds)
        if more <= 0:
            return self.seconds[:steps]
        import pandas as pd

        known = pd.DatetimeIndex(self.seconds.astype("datetime64[s]"), freq="infer")
        if known.freq is None:
            after = self.seconds[-1] + np.arange(1, more + 1) * self.step
        else:
            dates = pd.date_range(known[-1], periods=more + 1, freq=known.freq)[1:]
            after = dates.to_numpy().astype("datetime64[s]").astype("int64")
        return np.concatenate([self.seconds, after])

    def with_calendar(self, ahead=0):
        """The same series with the calendar among what is known: sine and cosine of each cycle.

        Args:
            ahead: Steps after the end of the values for which the calendar is wanted; what else is
                known must go on as long.

        Raises:
            ValueError: If the series has no times.

        Example:

        >>> seconds = np.array([0, 21_600, 43_200])  # From midnight to noon.
        >>> series = Series(np.zeros((3, 1)), seconds, ("x",)).with_calendar()
        >>> series.features[0], series.known[:2, 0].tolist()
        ('sine of the day', [0.0, 1.0])
        """
        if self.step is None:
            raise ValueError("A calendar needs times. Received: a series whose steps are numbered")
        seconds = self.times(len(self.values) + ahead)
        columns, names = [], []
        for name, length in CYCLES.items():
            if length > 2 * self.step:
                angle = 2 * np.pi * (seconds % length) / length
                columns += [np.sin(angle), np.cos(angle)]
                names += [f"sine of the {name}", f"cosine of the {name}"]
        known = np.stack(columns, axis=-1)
        if self.known is not None:
            if len(self.known) < len(known):
                raise ValueError(
                    f"{', '.join(self.features)} must be known for {len(known)} steps. "
                    f"Received: {len(self.known)}"
                )
            known = np.concatenate([self.known[: len(known)], known], axis=-1)
        return dataclasses.replace(self, known=known, features=(*self.features, *names))


def read(dataset, *, data_dir=None):
    """Reads a series through TFDS.

    Args:
        dataset: `"ett/h1"`, `"ett/h2"`, `"ett/m1"`, `"ett/m2"`, `"weather"`, `"exchange_rate"` or
            `"seasonal_series/<configuration>"`.
        data_dir: TFDS's data_dir; by default `TFDS_DATA_DIR`, then TFDS's own.

    Returns:
        A `Series`.

    Raises:
        zoo.data.sources.DataUnavailableError: If the data can be neither found nor downloaded.
    """
    (example,) = sources.load(dataset, "full", data_dir=data_dir).as_numpy_iterator()
    names = tuple(name.decode() for name in example["channels"])
    return Series(example["series"].astype("float64"), example["timestamp"], names)


def from_table(table, *, time=None, known=()):
    """Reads a series from a table of one's own.

    Args:
        table: A `pandas.DataFrame`, or the path of a CSV file. Each column of numbers is a channel.
        time: Name of the column that tells when, in dates; by default the first column that does
            not hold numbers, or the frame's index if that holds dates; without either steps are
            numbered. What is less than a second is left out. Times with an offset, such as
            `+02:00`, become UTC.
        known: Names of the columns that are no channels but known ahead of time. Rows at the end
            in which they alone have values tell what is known of the future.

    Returns:
        A `Series`, NaN where a value is missing; its `report` tells how many are, and how many
        steps are of another length.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If there is no row, no column of numbers, a column holds something else, `time`
            holds numbers, or times do not rise.

    Example:

    >>> import pandas as pd
    >>> table = pd.DataFrame({"day": ["2024-01-01", "2024-01-02"], "sold": [3, 5]})
    >>> series = from_table(table)
    >>> series.channels, series.step, series.values.ravel().tolist()
    (('sold',), 86400, [3.0, 5.0])
    """
    import pandas as pd

    name = "The table" if isinstance(table, pd.DataFrame) else str(table)
    try:
        frame = table if isinstance(table, pd.DataFrame) else pd.read_csv(table)
    except pd.errors.EmptyDataError:
        frame = pd.DataFrame()
    if not len(frame):
        raise ValueError(f"{name} must have a row for each step. Received: no row")
    if time is not None and time not in frame:
        raise ValueError(
            f"`time` must be a column of {name}. Received: {time!r}; "
            f"columns: {', '.join(map(str, frame.columns))}"
        )
    texts = [column for column in frame if not pd.api.types.is_numeric_dtype(frame[column])]
    if time is None and texts:
        time = texts[0]
    if time is not None:
        if pd.api.types.is_numeric_dtype(frame[time]):
            raise ValueError(
                f"{name} must have dates in its column {time!r}, such as '2024-01-31 12:00'. "
                f"Received: numbers, {frame[time].iloc[0]} in row 0. Make them dates with "
                "`pandas.to_datetime`, or drop the column: without it steps are numbered"
            )
        times = pd.to_datetime(frame[time], errors="coerce", utc=True)
        if times.isna().any():
            row = int(np.flatnonzero(times.isna())[0])
            raise ValueError(
                f"{name} must have a date in each row of its column {time!r}, and numbers in all "
                f"other columns. Received: {frame[time].iloc[row]!r} in row {row}"
            )
        frame = frame.drop(columns=[time])
    elif isinstance(frame.index, pd.DatetimeIndex):
        times = pd.to_datetime(frame.index.to_series(), utc=True)
    else:
        times = None
    others = [column for column in frame if not pd.api.types.is_numeric_dtype(frame[column])]
    if others or not len(frame.columns):
        raise ValueError(
            f"{name} must have numbers in every column but the one of times. "
            f"Received: {', '.join(map(repr, others)) or 'no other column'}"
        )
    absent = [column for column in known if column not in frame]
    if absent or len(frame.columns) == len(known):
        raise ValueError(
            f"`known` must be columns of {name}, and not all of them. Received: {list(known)}; "
            f"columns: {', '.join(map(str, frame.columns))}"
        )
    seconds = None
    if times is not None:
        times = times.dt.tz_localize(None)
        seconds = times.to_numpy().astype("datetime64[s]").astype("int64")
        if (np.diff(seconds) <= 0).any():
            row = int(np.flatnonzero(np.diff(seconds) <= 0)[0]) + 1
            raise ValueError(
                f"The times of {name} must rise, by a second or more. Received: "
                f"{times.iloc[row - 1]} and then {times.iloc[row]}, in row {row}"
            )
    values = frame.drop(columns=list(known))
    ahead, end = None, len(values)
    if known:
        ahead = frame[list(known)].to_numpy("float64")
        given = np.flatnonzero(values.notna().any(axis=1))
        end = int(given[-1]) + 1 if len(given) else 0
    return Series(
        values.to_numpy("float64")[:end],
        None if seconds is None else seconds[:end],
        tuple(map(str, values.columns)),
        ahead,
        tuple(map(str, known)),
    )


def borders(dataset, series):
    """Says where train, dev and test of a series end, as the literature cuts it.

    Args:
        dataset: Name of the data set.
        series: Its `Series`.

    Returns:
        Three numbers of steps.

    Reference:
        Zhou et al. 2021, "Informer", and all that followed: 12, 4 and 4 months of 30 days of ETT;
        70, 10 and 20 per cent of others.
    """
    family = dataset.partition("/")[0]
    if family in MONTHS:
        month = 30 * DAY // series.step
        return np.cumsum(np.array(MONTHS[family]) * month).tolist()
    steps = len(series.values)
    train, test = int(SHARES[0] * steps), int(SHARES[2] * steps)
    return [train, steps - test, steps]


@dataclasses.dataclass(frozen=True)
class ForecastingData:
    """A series cut into windows, ready for a model.

    Attributes:
        splits: `Windows` by name of the split. A window belongs to the split of what it forecasts;
            its history may reach back into the split before, as it would in use.
    """

    splits: dict

    unknown_rates = None

    @property
    def sizes(self):
        """What a builder must know of the data."""
        windows = self.splits["train"]
        sizes = {
            "lookback": windows.lookback,
            "horizon": windows.horizon,
            "num_channels": len(windows.channels),
        }
        if windows.covariates is not None:
            sizes["num_covariates"] = len(windows.covariates.names)
        return sizes

    def batches(self, split, batch_size, *, seed=None):
        """Makes the `zoo.data.windows.WindowBatches` of a split; shuffled with a seed."""
        return WindowBatches(self.splits[split], batch_size, seed=seed)

    def predict(self, model, windows, *, batch_size=256):
        """Forecasts windows with a model that was built for this data.

        Returns:
            Float32 `(windows, horizon, channels)`, in the order of the windows, standardized. Of a
            model with a distribution a dictionary: `forecast`, its median, of that shape,
            `quantiles` with one more axis, and their `levels`.
        """
        # Filled up to whole batches: for another size TensorFlow would trace the model anew.
        more = np.repeat(windows.starts[-1:], -len(windows) % batch_size)
        filled = dataclasses.replace(windows, starts=np.concatenate([windows.starts, more]))
        batches = WindowBatches(filled, batch_size)
        found = np.concatenate([model.predict_on_batch(x) for x, _, _ in batches])[: len(windows)]
        return told(model, found)


def told(model, found):
    """Reads what a forecaster put out: values as they are, a distribution as its quantiles.

    Args:
        model: A `keras.Model` made by a builder of `zoo.models.forecasting`.
        found: Its output, an array.

    Returns:
        The same array, or a dictionary, as `ForecastingData.predict` returns it.
    """
    for layer in model.layers:
        if layer.name == "distribution":
            quantiles = np.asarray(layer.quantiles(found))
            median = quantiles[..., layer.levels.index(0.5)]
            return {"forecast": median, "quantiles": quantiles, "levels": layer.levels}
    return found


def cut(series, ends, lookback, horizon):
    """Standardizes a series by its training part and cuts it into windows.

    Args:
        series: A `Series` without missing values.
        ends: Where train, dev and test end, three numbers of steps.
        lookback: Steps of history.
        horizon: Steps to forecast.

    Returns:
        `ForecastingData`. Every window counts whose forecast lies within its split.

    Raises:
        ValueError: If values are missing, or a part is too short for a single window.
    """
    if not np.isfinite(series.values).all():
        raise ValueError(
            f"The series must have no missing or infinite values. Received: "
            f"{series.report['missing']} of them. Fill them first, for instance with "
            "`pandas.DataFrame.interpolate`."
        )
    values, mean, scale = _standardized(series.values, ends[0])
    covariates = None
    if series.known is not None:
        if not np.isfinite(series.known).all() or len(series.known) < len(series.values):
            raise ValueError(
                f"What is known ahead of time ({', '.join(series.features)}) must have a finite "
                f"value at each of the {len(series.values)} steps. Received: {len(series.known)} "
                f"steps, {np.sum(~np.isfinite(series.known))} values missing or infinite"
            )
        covariates = Covariates(*_standardized(series.known, ends[0]), series.features)
    splits = {}
    for split, begin, end in zip(("train", "dev", "test"), (0, *ends), ends, strict=False):
        first = max(begin - lookback, 0) if begin else 0
        starts = np.arange(first, end - lookback - horizon + 1)
        if not len(starts):
            raise ValueError(
                f"{split} must have at least {lookback} + {horizon} steps. "
                f"Received: {end - first} steps"
            )
        splits[split] = Windows(
            values,
            starts,
            lookback,
            horizon,
            series.channels,
            series.period,
            mean,
            scale,
            covariates,
        )
    return ForecastingData(splits)


def _standardized(values, end):
    """Values standardized by those before `end`; their means and deviations."""
    mean, scale = values[:end].mean(axis=0), values[:end].std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)  # A constant channel stays one: 0 everywhere.
    return ((values - mean) / scale).astype("float32"), mean, scale


def load(dataset, *, lookback, horizon, calendar=False, data_dir=None, limit=None):
    """Loads a series with its three splits; everything fitted is fitted on train.

    Args:
        dataset: As in `read`.
        lookback: Steps of history.
        horizon: Steps to forecast.
        calendar: Whether a model is told the time of day, week and year (`Series.with_calendar`).
        data_dir: As in `read`.
        limit: Only the first so many windows of each split.

    Returns:
        `ForecastingData`.
    """
    series = read(dataset, data_dir=data_dir)
    if calendar:
        series = series.with_calendar()
    data = cut(series, borders(dataset, series), lookback, horizon)
    return ForecastingData({split: windows[:limit] for split, windows in data.splits.items()})
