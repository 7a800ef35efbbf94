"""How well series are forecast, and how far the intervals can be trusted."""

import collections
import typing

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from zoo.metrics import pieces
from zoo.metrics.forecast_errors import central, coverage, mae, mse, naive_error, pinball, smape
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
    error = training_error(train)
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


def training_error(train):
    """Gives the error of the naive forecast in training, by which `mase` is scaled.

    Args:
        train: The windows of the training part, as in `evaluate`.

    Returns:
        The `naive_error` of all that they hold, `(channels,)`.

    Raises:
        ValueError: If a window is not within its series.
    """
    pieces.check(train)
    end = np.max(train.starts) + train.lookback + train.horizon
    return naive_error(np.asarray(train.series)[np.min(train.starts) : end], train.period)


def report(gold, predicted, error):
    """Compares forecasts with what came.

    Args:
        gold: As in `evaluate`.
        predicted: Likewise.
        error: The `training_error`, `(channels,)`, by which `mase` is scaled.

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
