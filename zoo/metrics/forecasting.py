"""How well series are forecast, and how far the intervals can be trusted."""

import collections
import typing

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special

from zoo.metrics import pieces
from zoo.metrics.simple_forecasters import Interval, NLinear, baselines


def evaluate(gold, predicted, train, fitted=None):
    """Measures forecasts and simple baselines, on the same windows, of which every one counts.

    Args:
        gold: `series` `(time, channels)`, standardised with the `mean` and the `scale` of training;
            `starts`, where in it each window's history begins; `lookback` and `horizon`, the steps
            of a history and of what follows it; the names of the `channels`; and `period`, the
            steps of the main season, or `None`: as `zoo.data.forecasting.Windows` has them.
        predicted: Forecasts, `(windows, horizon, channels)`, standardised like the series. Of a
            model that knows what it does not know a dictionary: `quantiles` `(windows, horizon,
            channels, levels)`; `levels`, increasing numbers between 0 and 1; and `forecast` as
            above, which may be left out if 0.5 is one of the levels.
        train: Likewise, the windows of the training part.
        fitted: What `baselines(train, dev)` returned; by default they are fitted here, and the
            ridge of `NLinear` is chosen on the last fifth of the training windows.

    Returns:
        The `report` of `predicted`, with `train_windows`, their number, `baselines`, of each its
        `name`, the `seconds` that fitting took, and of its report what is one number or a number a
        step, and `intervals`; and `baseline`, the `name` and the whole report of `NLinear`. The
        baselines have quantiles only where `predicted` has, at the same levels.

    Raises:
        ValueError: If shapes do not fit, levels are none, a window is not within its series, or a
            forecast is not finite.

    Example:

    >>> import types
    >>> series = np.sin(np.arange(120) * np.pi / 6)[:, np.newaxis]
    >>> data = types.SimpleNamespace(
    ...     series=series, starts=np.arange(85), lookback=24, horizon=12, channels=["wave"],
    ...     period=12, mean=np.zeros(1), scale=np.ones(1))
    >>> found = evaluate(data, np.zeros((85, 12, 1)), data)
    >>> round(found["mse"], 3), found["baseline"]["name"], round(found["baseline"]["mse"], 3)
    (0.5, 'NLinear', 0.0)
    >>> [each["name"] for each in found["baselines"]]
    ['repeat last', 'seasonal naive', 'NLinear']
    """
    error = naive_error(_training_part(train), train.period)
    found = report(gold, predicted, error)
    levels = found.get("levels")
    every = []
    for each in fitted or baselines(train, intervals=levels is not None):
        measured = _baseline_report(gold, each, levels, error)
        kept = {
            name: score
            for name, score in measured.items()
            if isinstance(score, float) or name.endswith("_by_step") or name == "intervals"
        }
        every.append({"name": each.name, "seconds": round(each.seconds, 2), **kept})
        if each.name == NLinear.name:
            found["baseline"] = {"name": each.name, **measured}
    return {**found, "baselines": every, "train_windows": len(train.starts)}


def report(gold, predicted, error):
    """Compares forecasts with what came.

    Args:
        gold: As in `evaluate`.
        predicted: Likewise.
        error: The `naive_error` of the training part, `(channels,)`, by which `mase` is scaled.

    Returns:
        A dictionary: `windows`, `lookback` and `horizon`; `mse` and `mae`, standardised; `smape` in
        original units, from 0 to 2; `mase`, a mean over the channels that vary in training, or
        `None`; `mse_by_step`, a number a step of the horizon; `per_channel`, the same measures of
        each. With quantiles also their `levels`; `pinball`, a loss a level; `crps`, from them,
        `crps_by_step` and in `per_channel`; and `intervals`: of each two levels that enclose a
        central interval the `share` that they promise, its `coverage`, also `coverage_by_step`,
        and its mean `width`, standardised.

    Raises:
        ValueError: If shapes do not fit, levels are none, a window is not within its series, or a
            forecast is not finite.

    Example:

    >>> import types
    >>> data = types.SimpleNamespace(
    ...     series=np.arange(6.0)[:, np.newaxis], starts=np.array([0, 2]), lookback=2, horizon=2,
    ...     channels=["line"], period=None, mean=np.zeros(1), scale=np.ones(1))
    >>> found = report(data, np.array([[[2], [2]], [[4], [6]]]), error=np.array([0.5]))
    >>> found["windows"], found["mse"], found["mse_by_step"], found["mase"]
    (2, 0.5, [0.0, 1.0], 1.0)
    """
    pieces.check(gold)
    forecast, quantiles, levels = _checked(gold, predicted)

    def forecasts(part):
        return forecast[part], None if quantiles is None else quantiles[part]

    return _measured(gold, forecasts, levels, error)


def mse(true, forecast, axis=None):
    """Gives the mean squared error.

    Args:
        true: What came, of any shape.
        forecast: Likewise.
        axis: Over which axes the mean goes; by default over all.

    Example:

    >>> mse(np.array([1, 2]), np.array([1, 4]))
    np.float64(2.0)
    """
    return np.mean(np.square(np.subtract(true, forecast)), axis, dtype="float64")


def mae(true, forecast, axis=None):
    """Gives the mean absolute error; the arguments are those of `mse`.

    Example:

    >>> mae(np.array([1, 2]), np.array([1, 4]))
    np.float64(1.0)
    """
    return np.mean(np.abs(np.subtract(true, forecast)), axis, dtype="float64")


def smape(true, forecast, axis=None):
    """Gives the symmetric mean absolute percentage error, as a share from 0 to 2.

    It depends on where zero is, so it needs original units. Zero forecast as zero is no error. The
    other arguments are those of `mse`.

    Reference:
        Makridakis 1993, "Accuracy Measures: Theoretical and Practical Concerns".

    Example:

    >>> smape(np.array([0, 3]), np.array([0, 5]))
    np.float64(0.25)
    """
    size = np.abs(true) + np.abs(forecast)
    error = 2.0 * np.abs(np.subtract(true, forecast))
    shares = np.divide(error, size, out=np.zeros_like(error), where=size > 0)
    return np.mean(shares, axis, dtype="float64")


def mase(true, forecast, error, axis=None):
    """Gives the mean absolute scaled error: 1 is as good as the seasonal naive in training.

    Args:
        true: As in `mse`, channels last.
        forecast: Likewise.
        error: The `naive_error` of the training part, `(channels,)`.
        axis: As in `mse`.

    Reference:
        Hyndman and Koehler 2006, "Another Look at Measures of Forecast Accuracy".

    Example:

    >>> error = naive_error(np.array([[0.0], [2], [0], [2]]), period=None)
    >>> mase(np.array([[1.0], [2.0]]), np.array([[0.0], [3.0]]), error)
    np.float64(0.5)
    """
    return np.mean(np.abs(np.subtract(true, forecast)) / error, axis, dtype="float64")


def naive_error(series, period):
    """Gives how far off it was, on average, to say that all will be as a season before.

    Args:
        series: The training part, `(time, channels)`.
        period: The steps of a season; `None` is 1.

    Returns:
        The mean absolute error, `(channels,)`.

    Raises:
        ValueError: If the series is no longer than a season.

    Example:

    >>> naive_error(np.array([[0, 5], [1, 5], [2, 5], [5, 5]]), period=2)
    array([3., 0.])
    """
    period = period or 1
    if len(series) <= period:
        raise ValueError(
            f"The training part must be longer than a season of {period} steps. "
            f"Received: {len(series)} steps"
        )
    return mae(series[period:], series[:-period], axis=0)


def pinball(true, quantiles, levels, axis=None):
    """Gives the loss that quantiles minimise, one number a level.

    Args:
        true: What came, of any shape.
        quantiles: One axis more, the last, for the levels.
        levels: The shares of what comes that each quantile should have beneath it.
        axis: Over which axes of `true` the mean goes; by default over all.

    Returns:
        The losses; their last axis is the levels.

    Reference:
        Koenker and Bassett 1978, "Regression Quantiles".

    Example:

    >>> pinball(np.array([3.0]), np.array([[1.0, 5.0]]), levels=(0.25, 0.75))
    array([0.5, 0.5])
    """
    axis = tuple(range(np.ndim(true))) if axis is None else np.atleast_1d(axis) % np.ndim(true)
    above = np.asarray(true)[..., np.newaxis] - quantiles
    levels = np.asarray(levels, dtype=above.dtype)
    return np.mean(np.maximum(levels * above, (levels - 1) * above), tuple(axis), dtype="float64")


def crps(true, quantiles, levels, axis=None):
    """Gives the continuous ranked probability score, nearly, from quantiles.

    The score is twice the pinball loss, integrated over all levels from 0 to 1; this is twice its
    mean over those that are there. It comes close where they are many and evenly spread, and is
    else good only to compare forecasts at the same levels. Of a forecast that is one number it is
    the absolute error. `crps_gaussian` and `crps_student_t` are exact. The arguments are those of
    `pinball`.

    Reference:
        Gneiting and Ranjan 2011, "Comparing Density Forecasts Using Threshold- and
        Quantile-Weighted Scoring Rules".

    Example:

    >>> levels = (np.arange(100) + 0.5) / 100
    >>> quantiles = special.ndtri(levels)[np.newaxis]
    >>> crps(np.zeros(1), quantiles, levels).round(3), crps_gaussian(0, 0, 1).round(3)
    (np.float64(0.234), np.float64(0.234))
    """
    return 2 * pinball(true, quantiles, levels, axis).mean(axis=-1)


def crps_gaussian(true, mean, deviation):
    """Gives the exact score of normal distributions, one number each.

    Args:
        true: What came.
        mean: Of the distributions; the shapes need only fit.
        deviation: Standard deviation, above 0.

    Reference:
        Gneiting and Raftery 2007, "Strictly Proper Scoring Rules, Prediction, and Estimation".

    Example:

    >>> crps_gaussian(np.array([0.0, 3.0]), 0.0, 1.0).round(3)
    array([0.234, 2.437])
    """
    z = np.subtract(true, mean) / deviation
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return deviation * (z * (2 * special.ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))


def crps_student_t(true, freedom, location, scale):
    """Gives the exact score of Student t distributions, one number each.

    Args:
        true: What came.
        freedom: Degrees of freedom, above 1, where the score becomes finite.
        location: Of the distributions; the shapes need only fit.
        scale: What the distribution of mean 0 is multiplied by, above 0; not the deviation.

    Raises:
        ValueError: If a degree of freedom is not above 1.

    Reference:
        Jordan, Krüger and Lerch 2019, "Evaluating Probabilistic Forecasts with scoringRules".

    Example:

    >>> crps_student_t(np.array([0.0, 3.0]), 3.0, 0.0, 1.0).round(3)
    array([0.276, 2.276])
    """
    freedom = np.asarray(freedom, dtype="float64")
    if np.any(freedom <= 1):
        raise ValueError(
            "The score of a Student t distribution is finite only above 1 degree of freedom. "
            f"Received: {freedom.min()}"
        )
    z = np.subtract(true, location) / scale
    norm = special.betaln(freedom / 2, 0.5)
    density = np.exp(-(freedom + 1) / 2 * np.log1p(z**2 / freedom) - norm) / np.sqrt(freedom)
    spread = np.exp(special.betaln(0.5, freedom - 0.5) - 2 * norm) * np.sqrt(freedom)
    tails = density * (freedom + z**2) - spread
    return scale * (z * (2 * special.stdtr(freedom, z) - 1) + 2 * tails / (freedom - 1))


def coverage(true, low, high, axis=None):
    """Gives the share of what came that lies in its interval, the ends included.

    Args:
        true: What came.
        low: Lower ends of the intervals, likewise.
        high: Upper ends.
        axis: As in `mse`.

    Example:

    >>> coverage(np.array([1, 2, 3, 4]), low=2, high=np.array([9, 9, 9, 3]))
    np.float64(0.5)
    """
    return np.mean((low <= true) & (true <= high), axis, dtype="float64")


def central(levels):
    """Finds the central intervals that levels enclose, the widest first.

    Returns:
        A list of the share that the interval promises, and the places of its ends in `levels`.

    Example:

    >>> central((0.025, 0.1, 0.5, 0.9, 0.975))
    [(0.95, 0, 4), (0.8, 1, 3)]
    """
    levels = [float(level) for level in levels]
    return [
        (round(high - low, 6), lower, upper)
        for lower, low in enumerate(levels)
        for upper, high in enumerate(levels)
        if low < 0.5 and abs(low + high - 1) < 1e-6
    ]


class Backtest(typing.NamedTuple):
    """Forecasts from every origin, and what came: `(origins, horizon, channels)` both.

    `origins` are the places in the series of the first steps that were forecast.
    """

    origins: np.ndarray
    forecast: typing.Any
    true: np.ndarray


def backtest(predict, series, lookback, horizon, stride=1, batch_size=256):
    """Lets a model forecast from every origin that a series has, in batches.

    Args:
        predict: A function of histories, `(batch, lookback, channels)`, that gives forecasts,
            `(batch, horizon, channels)`, or a dictionary as in `evaluate`: `model.predict_on_batch`
            of a model, or `forecast` of a baseline.
        series: `(time, channels)`.
        lookback: Steps that the model is given.
        horizon: Steps that it forecasts.
        stride: Steps from an origin to the next.
        batch_size: How many origins the model is given at once.

    Returns:
        A `Backtest`. Its `true` is a view of the series that cannot be written to.

    Raises:
        ValueError: If the series has no place for a window, or the forecasts are of another shape.

    Example:

    >>> series = np.arange(7.0)[:, np.newaxis]
    >>> from zoo.metrics.simple_forecasters import RepeatLast
    >>> found = backtest(RepeatLast(horizon=2).forecast, series, lookback=3, horizon=2, stride=2)
    >>> found.origins, found.forecast[:, :, 0], mse(found.true, found.forecast, axis=(0, 2))
    (array([3, 5]), array([[2., 2.], [4., 4.]]), array([1., 4.]))
    """
    series = np.asarray(series)
    if series.ndim != 2 or len(series) < lookback + horizon or min(lookback, horizon, stride) < 1:
        raise ValueError(
            f"`series` must be (time, channels), with {lookback} + {horizon} steps or more, and "
            f"`lookback`, `horizon` and `stride` at least 1. Received: {series.shape}, {stride=}"
        )
    starts = np.arange(0, len(series) - lookback - horizon + 1, stride)
    true = sliding_window_view(series[lookback:], horizon, axis=0)[::stride].swapaxes(1, 2)
    parts = []
    for place in range(0, len(starts), batch_size):
        batch = starts[place : place + batch_size]
        parts.append(predict(pieces.cut(series, batch, lookback)))
        for name, found in pieces.named(parts[-1]).items():
            expected = (len(batch), horizon, series.shape[1])
            if np.shape(found)[:3] != expected or np.ndim(found) != 3 + (name == "quantiles"):
                raise ValueError(
                    f"`predict` must give {expected}, and an axis more for quantiles. "
                    f"Received: {name} {np.shape(found)}"
                )
    return Backtest(starts + lookback, pieces.joined(parts), true)


def tables(found):
    """Lays out what `evaluate` returned, to be printed.

    Args:
        found: What `evaluate` returned, with `split`.

    Returns:
        A list of tables, each a title, the names of the columns and the rows, all strings.

    Example:

    >>> scores = {"mse": 0.25, "mae": 0.5, "smape": 0.125, "mase": None}
    >>> found = {**scores, "mse_by_step": [0.125, 0.375], "per_channel": {"load": scores}}
    >>> found |= {"split": "test", "windows": 9, "lookback": 4, "horizon": 2, "baselines": []}
    >>> found["baseline"] = {**found, "name": "NLinear"}
    >>> for title, columns, rows in tables(found):
    ...     print(title, columns, rows[0])
    test: 9 windows, 4 steps to forecast 2 ['', 'model', 'NLinear'] ['MSE', '0.2500', '0.2500']
    MSE by step ['step', 'model', 'NLinear'] ['1', '0.1250', '0.1250']
    per channel ['channel', 'MSE', 'MAE', ..., 'NLinear MSE'] ['load', '0.2500', '0.5000', ...]
    """
    baseline = found["baseline"]
    others = [each for each in found["baselines"] if each["name"] != baseline["name"]]
    columns = [found, baseline, *others]
    names = ["model", *(column["name"] for column in columns[1:])]
    measures = {"MSE": "mse", "MAE": "mae", "MASE": "mase", "sMAPE, %": "smape", "CRPS": "crps"}
    measures = {title: name for title, name in measures.items() if name in found}
    rows = [
        [title, *(_written(column.get(name), name) for column in columns)]
        for title, name in measures.items()
    ]
    last = found["horizon"] - 1
    by_step = [
        [str(step + 1), *(_written(column["mse_by_step"][step]) for column in columns)]
        for step in sorted({0, *(round(last * quarter / 4) for quarter in range(1, 5))})
    ]
    per_channel = [
        [
            channel,
            *(_written(scores[name], name) for name in measures.values()),
            _written(baseline["per_channel"][channel]["mse"]),
        ]
        for channel, scores in found["per_channel"].items()
    ]
    steps = f"{found['lookback']} steps to forecast {found['horizon']}"
    laid = [
        (f"{found['split']}: {found['windows']:,} windows, {steps}", ["", *names], rows),
        ("MSE by step", ["step", *names], by_step),
        ("per channel", ["channel", *measures, f"{baseline['name']} MSE"], per_channel),
    ]
    if found.get("intervals"):
        pairs = zip(found["intervals"], baseline.get("intervals", found["intervals"]), strict=True)
        intervals = [
            [
                f"{100 * each['share']:g}",
                f"{100 * each['coverage']:.2f}",
                _written(each["width"]),
                *(
                    (f"{100 * other['coverage']:.2f}", _written(other["width"]))
                    if "intervals" in baseline
                    else ("-", "-")
                ),
            ]
            for each, other in pairs
        ]
        theirs = [f"{baseline['name']} {word}" for word in ("covered", "width")]
        laid.append(("central intervals, %", ["share", "covered", "width", *theirs], intervals))
    return laid


def _written(score, name=None):
    if score is None:
        return "-"
    return f"{100 * score:.2f}" if name == "smape" else f"{score:.4f}"


def _baseline_report(gold, baseline, levels, error):
    if isinstance(baseline, Interval):
        baseline = baseline.point if levels is None else baseline.at(levels)

    def forecasts(part):
        found = baseline.forecast(pieces.cut(gold.series, gold.starts[part], gold.lookback))
        return (found["forecast"], found["quantiles"]) if isinstance(found, dict) else (found, None)

    return _measured(gold, forecasts, levels if isinstance(baseline, Interval) else None, error)


def _measured(gold, forecasts, levels, error):
    """The report of forecasts that come a part of the windows at a time, with their quantiles."""
    intervals = central(levels or ())
    sums = collections.defaultdict(float)  # Of each step and channel, over all windows.
    for part in pieces.parts(gold, 1 + len(levels or ())):
        true = pieces.cut(gold.series, gold.starts[part] + gold.lookback, gold.horizon)
        forecast, quantiles = forecasts(part)
        found = {name: of(true, forecast, axis=0) for name, of in (("mse", mse), ("mae", mae))}
        original = (each * gold.scale + gold.mean for each in (true, forecast))
        found["smape"] = smape(*original, axis=0)
        if levels:
            found["pinball"] = pinball(true, quantiles, levels, axis=0)
            for share, *ends in intervals:
                low, high = (quantiles[..., end] for end in ends)
                found["coverage", share] = coverage(true, low, high, axis=0)
                found["width", share] = np.mean(high - low, axis=0, dtype="float64")
        for name, means in found.items():
            sums[name] += len(true) * means
    means = {name: total / len(gold.starts) for name, total in sums.items()}
    whole = ["mse", "mae", "smape"]
    if levels:
        means["crps"] = 2 * means["pinball"].mean(axis=-1)
        whole.append("crps")
    if not all(np.isfinite(means[name]).all() for name in whole):
        raise ValueError("Forecasts must be finite, for every window counts. Received: NaN or inf")
    per_channel = {name: means[name].mean(axis=0) for name in whole}
    varies = np.asarray(error) > 0
    scaled = np.divide(per_channel["mae"], error, where=varies, out=np.full(len(varies), np.nan))
    report = {
        "windows": len(gold.starts),
        "lookback": int(gold.lookback),
        "horizon": int(gold.horizon),
        **{name: float(scores.mean()) for name, scores in per_channel.items()},
        "mase": float(scaled[varies].mean()) if varies.any() else None,
        "mse_by_step": _by_step(means["mse"]),
        "per_channel": {
            str(channel): {
                **{name: float(scores[place]) for name, scores in per_channel.items()},
                "mase": float(scaled[place]) if varies[place] else None,
            }
            for place, channel in enumerate(gold.channels)
        },
    }
    if levels:
        report |= {
            "levels": [float(level) for level in levels],
            "pinball": means["pinball"].mean(axis=(0, 1)).tolist(),
            "crps_by_step": _by_step(means["crps"]),
            "intervals": [
                {
                    "share": share,
                    "coverage": float(means["coverage", share].mean()),
                    "width": float(means["width", share].mean()),
                    "coverage_by_step": _by_step(means["coverage", share]),
                }
                for share, *_ in intervals
            ],
        }
    return report


def _by_step(means):
    return means.mean(axis=1).round(6).tolist()  # For a horizon may have hundreds of steps.


def _checked(gold, predicted):
    """The forecast, the quantiles and their levels, `None` both where there are none."""
    shape = (len(gold.starts), gold.horizon, len(gold.channels))
    quantiles = levels = None
    if isinstance(predicted, dict):
        quantiles = np.asarray(predicted["quantiles"])
        levels = np.round(np.asarray(predicted["levels"], dtype="float64"), 6).tolist()
        if sorted({*levels}) != levels or not levels or levels[0] <= 0 or levels[-1] >= 1:
            raise ValueError(
                f"Levels must be increasing numbers between 0 and 1. Received: {levels}"
            )
        if quantiles.shape != (*shape, len(levels)):
            raise ValueError(
                f"Quantiles must be of shape {(*shape, len(levels))}: windows, steps, channels and "
                f"levels. Received: {quantiles.shape}"
            )
        if "forecast" not in predicted and 0.5 not in levels:
            raise ValueError(
                "Quantiles without a `forecast` need the median, level 0.5, to be one. "
                f"Received: levels {levels}"
            )
        if "forecast" in predicted:
            predicted = predicted["forecast"]
        else:
            predicted = quantiles[..., levels.index(0.5)]
    predicted = np.asarray(predicted)
    if predicted.shape != shape:
        raise ValueError(
            f"Forecasts must be of shape {shape}: windows, steps and channels. "
            f"Received: {predicted.shape}"
        )
    return predicted, quantiles, levels


def _training_part(train):
    pieces.check(train)
    end = np.max(train.starts) + train.lookback + train.horizon
    return np.asarray(train.series)[np.min(train.starts) : end]
