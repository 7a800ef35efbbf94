"""Forecasters that need no network: what a model must beat to be worth its training."""

import copy
import time

import numpy as np

from zoo.metrics import pieces

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)  # Of baselines, where a model has no others.
RIDGES = tuple(10.0**exponent for exponent in range(-8, 2))


def baselines(train, dev=None, intervals=False):
    """Fits the simple rivals of a model: what it must beat to be worth its training.

    Args:
        train: The windows of the training part, as in `evaluate`.
        dev: Those that the ridge of `NLinear` is chosen on; by default the last fifth of `train`.
        intervals: Whether to give them quantiles, too (`Interval`): from errors on `train`, those
            of `NLinear` from errors on `dev` if it is there.

    Returns:
        A list: `RepeatLast`, `SeasonalNaive`, if there is a season and a history is as long, and
        `NLinear`. Each has a `name`, the `seconds` that fitting took, `predict(windows)` and
        `forecast(histories)`.

    Raises:
        ValueError: If a window is not within its series.
    """
    pieces.check(train)
    kinds = [(lambda: RepeatLast(train.horizon), train)]
    if 1 < (train.period or 1) <= train.lookback:
        kinds.append((lambda: SeasonalNaive(train.horizon, train.period), train))
    kinds.append((lambda: NLinear(train, dev), train if dev is None else dev))
    fitted = []
    for kind, seen in kinds:
        start = time.perf_counter()
        fitted.append(Interval(kind(), seen) if intervals else kind())
        fitted[-1].seconds = time.perf_counter() - start
    return fitted


class Baseline:
    """What forecasts of histories, standardised like them."""

    name = "baseline"
    seconds = 0.0

    def forecast(self, histories):
        """Forecasts of histories, `(batch, lookback, channels)`."""
        raise NotImplementedError

    def predict(self, windows):
        """Forecasts of all windows, in chunks: `(windows, horizon, channels)`."""
        pieces.check(windows)
        chunks = [windows.starts[part] for part in pieces.parts(windows)]
        return pieces.joined(
            [self.forecast(pieces.cut(windows.series, each, windows.lookback)) for each in chunks]
        )


class RepeatLast(Baseline):
    """The baseline that is hard to beat for prices: nothing changes any more.

    Args:
        horizon: Steps to forecast.

    Example:

    >>> RepeatLast(horizon=3).forecast(np.array([[[1.0], [2.0]]]))[0, :, 0]
    array([2., 2., 2.])
    """

    name = "repeat last"

    def __init__(self, horizon):
        self.horizon = horizon

    def forecast(self, histories):
        """Forecasts of histories, `(batch, lookback, channels)`."""
        return np.repeat(histories[:, -1:], self.horizon, axis=1)


class SeasonalNaive(Baseline):
    """The baseline that is hard to beat for temperatures: the last season comes again and again.

    Args:
        horizon: Steps to forecast.
        period: Steps of a season.

    Example:

    >>> SeasonalNaive(horizon=3, period=2).forecast(np.array([[[1.0], [2.0], [3.0]]]))[0, :, 0]
    array([2., 3., 2.])
    """

    name = "seasonal naive"

    def __init__(self, horizon, period):
        self.horizon, self.period = horizon, period

    def forecast(self, histories):
        """Forecasts of histories, `(batch, lookback, channels)`, at least a season long.

        Raises:
            ValueError: If they are shorter.
        """
        lookback = histories.shape[1]
        if lookback < self.period:
            raise ValueError(
                f"A history must have a whole season of {self.period} steps. Received: {lookback}"
            )
        return histories[:, lookback - self.period + np.arange(self.horizon) % self.period]


class NLinear(Baseline):
    """The baseline to beat: one linear map from history to future, shared by all channels.

    The last value of a history is subtracted from it and added to the forecast. Where Zeng et al.
    go down the gradient, this is ridge regression in closed form, from products that are summed up
    in chunks; the bias bears no penalty.

    Args:
        train: Windows, as in `evaluate`, to fit it to.
        dev: Those that the ridge is chosen on; by default the last fifth of `train`, and the map is
            then fitted to all of it.
        ridges: What to choose from, relative to the mean variance of the inputs.

    Reference:
        Zeng et al. 2023, "Are Transformers Effective for Time Series Forecasting?"; Toner and
        Darlow 2024, "An Analysis of Linear Time Series Forecasting Models", for the closed form.

    Example:

    >>> import types
    >>> line = np.arange(30.0)[:, np.newaxis]
    >>> data = types.SimpleNamespace(series=line, starts=np.arange(20), lookback=4, horizon=3)
    >>> NLinear(data).forecast(line[np.newaxis, :4])[0, :, 0].round(2)
    array([4., 5., 6.])
    """

    name = "NLinear"

    def __init__(self, train, dev=None, ridges=RIDGES):
        if dev is None:
            most = len(train.starts) - len(train.starts) // 5
            seen, held = (
                _products(train, train.starts[part]) for part in (slice(most), slice(most, None))
            )
            whole = {name: seen[name] + held[name] for name in seen}
        else:
            seen, held = (_products(windows, windows.starts) for windows in (train, dev))
            whole = seen
        errors = [_squares(held, weights) for weights in _ridge_regressions(seen, ridges)]
        self.ridge = ridges[int(np.argmin(errors))]
        (weights,) = _ridge_regressions(whole, [self.ridge])
        self.weights, self.bias = weights[:-1], weights[-1]

    def forecast(self, histories):
        """Forecasts of histories, `(batch, lookback, channels)`.

        Raises:
            ValueError: If they are not as long as those in training.
        """
        if histories.shape[1] != len(self.weights) + 1:
            raise ValueError(
                f"A history must have {len(self.weights) + 1} steps, as in training. "
                f"Received: {histories.shape[1]}"
            )
        batch, _, channels = histories.shape
        last = histories[:, -1:]
        rows = (histories - last)[:, :-1].swapaxes(1, 2).reshape(batch * channels, -1)
        changes = rows @ self.weights.astype(rows.dtype) + self.bias.astype(rows.dtype)
        return changes.reshape(batch, channels, -1).swapaxes(1, 2) + last


class Interval(Baseline):
    """A baseline with quantiles: its forecast and, added to it, the quantiles of its errors.

    They are the quantiles of what came less what was forecast, of each step of the horizon and each
    channel by itself; they are every 0.005 and interpolated between.

    Args:
        point: `RepeatLast`, `SeasonalNaive` or `NLinear`; its `name` is that of the whole.
        windows: Whose errors; as in `evaluate`.
        levels: Of the quantiles.

    Example:

    >>> import types
    >>> walk = np.cumsum(np.tile([1.0, -1, -1, 1], 25))[:, np.newaxis]
    >>> data = types.SimpleNamespace(series=walk, starts=np.arange(96), lookback=2, horizon=2)
    >>> found = Interval(RepeatLast(horizon=2), data, levels=(0.1, 0.9)).predict(data)
    >>> found["forecast"].shape, (found["quantiles"] - found["forecast"][..., np.newaxis])[0, :, 0]
    ((96, 2, 1), array([[-1., 1.], [-2., 2.]]))
    """

    def __init__(self, point, windows, levels=LEVELS):
        pieces.check(windows)
        self.name, self.point, self.levels = point.name, point, tuple(levels)
        self.grid = np.linspace(0, 1, 201)
        starts, channels = np.asarray(windows.starts), np.shape(windows.series)[1]
        self.errors = np.empty((windows.horizon, channels, len(self.grid)))
        place = self.grid * (len(starts) - 1)
        low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
        errors = np.empty((windows.horizon, len(starts)), "float32")
        for channel in range(channels):  # A channel at a time, for all errors of one are sorted.
            series = np.asarray(windows.series)[:, channel : channel + 1]
            for part in pieces.parts(windows):
                true = pieces.cut(series, starts[part] + windows.lookback, windows.horizon)
                forecast = point.forecast(pieces.cut(series, starts[part], windows.lookback))
                errors[:, part] = (true - forecast)[:, :, 0].T
            errors.sort(axis=1)
            lower, upper = (errors[:, ends].astype("float64") for ends in (low, high))
            self.errors[:, channel] = lower + (place - low) * (upper - lower)

    def at(self, levels):
        """Gives the same baseline with quantiles at other levels."""
        other = copy.copy(self)
        other.levels = tuple(levels)
        return other

    def forecast(self, histories):
        """Forecasts of histories: a dictionary of `forecast`, `quantiles` and `levels`."""
        forecast = self.point.forecast(histories)
        place = np.asarray(self.levels, dtype="float64") * (len(self.grid) - 1)
        low = np.clip(np.floor(place + 1e-9).astype(int), 0, len(self.grid) - 2)
        lower, upper = self.errors[..., low], self.errors[..., low + 1]
        errors = (lower + (place - low) * (upper - lower)).astype(forecast.dtype)
        quantiles = forecast[..., np.newaxis] + errors
        return {"forecast": forecast, "quantiles": quantiles, "levels": self.levels}


def _products(windows, starts):
    """What least squares needs: `x`ᵀ`x`, `x`ᵀ`y` and the number of rows, windows times channels.

    `x` is a history less its last value, in whose place, which is always 0, stands a 1 for the
    bias; `y` is what follows, less that value, too.
    """
    lookback, horizon = windows.lookback, windows.horizon
    found = {
        "xx": np.zeros((lookback, lookback)),
        "xy": np.zeros((lookback, horizon)),
        "rows": 0,
    }
    for part in pieces.parts(windows):
        rows = pieces.cut(windows.series, starts[part], lookback + horizon).swapaxes(1, 2)
        rows = rows.reshape(-1, lookback + horizon).astype("float64")
        rows -= rows[:, lookback - 1 : lookback].copy()
        x, y = rows[:, :lookback], rows[:, lookback:]
        x[:, -1] = 1
        found["xx"] += x.T @ x
        found["xy"] += x.T @ y
        found["rows"] += len(x)
    return found


def _ridge_regressions(products, ridges):
    """The weights that are best for each ridge, `(lookback, horizon)`; the last row is the bias."""
    rows = max(1, products["rows"])
    x, y = products["xx"][-1, :-1] / rows, products["xy"][-1] / rows
    values, vectors = np.linalg.eigh(products["xx"][:-1, :-1] / rows - np.outer(x, x))
    turned = vectors.T @ (products["xy"][:-1] / rows - np.outer(x, y))
    values = np.maximum(values, 0)[:, np.newaxis]
    mean = values.mean() if len(values) else 0.0
    for ridge in ridges:
        weights = vectors @ (turned / np.maximum(values + ridge * mean, 1e-30))
        yield np.vstack([weights, y - x @ weights])


def _squares(products, weights):
    """The sum of the squared errors, less that of `y`², which is the same for all weights."""
    return np.sum(weights * (products["xx"] @ weights - 2 * products["xy"]))
