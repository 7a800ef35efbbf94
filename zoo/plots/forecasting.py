"""Pictures of forecasts: fans, errors by step of the horizon, and models beside each other."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator, NullLocator

from zoo.plots.classification import COLOURS, MARKERS

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def report(found, axes=None):
    """Draws the error by step of the horizon and by channel, of the model and the baselines.

    Where there are quantiles, a third picture holds how much the intervals cover against what they
    promise: beneath the diagonal they are too narrow.

    Args:
        found: What `zoo.metrics.forecasting.report` or `evaluate` returned.
        axes: Where to draw, two or three `matplotlib.axes.Axes`; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes` of the errors by step.

    Example:

    >>> ax = report({"mse": 0.25, "mse_by_step": [0.125, 0.375],
    ...              "per_channel": {"load": {"mse": 0.25}}})
    >>> ax.get_lines()[0].get_xydata().tolist()
    [[1.0, 0.125], [2.0, 0.375]]
    """
    baseline = found.get("baseline")
    others = [each for each in found.get("baselines", []) if each["name"] != baseline["name"]]
    rows = [{**found, "name": "model"}, *([baseline] if baseline else []), *others]
    if axes is None:
        number = 3 if found.get("intervals") else 2
        height = max(3.6, 0.26 * len(found["per_channel"]) + 1.2)
        axes = plt.subplots(1, number, figsize=(4.6 * number, height), layout="constrained")[1]
    _by_step(rows, axes[0])
    whole = [row for row in rows if "per_channel" in row]
    _by_channel(whole, axes[1])
    if found.get("intervals"):
        _coverage(whole, axes[2])
    return axes[0]


def fan(
    history,
    forecast,
    quantiles=None,
    levels=None,
    truth=None,
    *,
    times=None,
    name="forecast",
    ax=None,
):
    """Draws a forecast after its history, its intervals as bands, the wider the paler.

    Args:
        history: What the model was given, of one channel, `(lookback,)`.
        forecast: What it said, `(horizon,)`.
        quantiles: `(horizon, levels)`; two levels that enclose a central interval make a band.
        levels: Of the quantiles, increasing.
        truth: What came, `(horizon,)`.
        times: Of each step, `(lookback + horizon,)`; by default steps from the last one known, 0.
        name: Of the forecast, for the legend.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Raises:
        ValueError: If shapes do not fit.

    Example:

    >>> ax = fan([1.0, 2], [3.0, 4], [[2.5, 3.5], [3, 5]], (0.1, 0.9), truth=[3.25, 3.5])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['what came', 'forecast', '80 % interval']
    """
    history, forecast = np.asarray(history), np.asarray(forecast)
    lookback, horizon = len(history), len(forecast)
    if times is None:
        times = np.arange(1 - lookback, horizon + 1)
    levels = [] if quantiles is None else [float(level) for level in levels]
    shapes = {"times": (np.shape(times), (lookback + horizon,))}
    shapes["forecast"] = (forecast.shape, (horizon,))
    shapes["history"] = (history.shape, (lookback,))
    if truth is not None:
        shapes["truth"] = (np.shape(truth), (horizon,))
    if quantiles is not None:
        quantiles = np.asarray(quantiles)
        shapes["quantiles"] = (quantiles.shape, (horizon, len(levels)))
    for what, (shape, expected) in shapes.items():
        if shape != expected:
            raise ValueError(
                f"`{what}` must be of shape {expected}, of one channel. Received: {shape}"
            )
    ax = ax or plt.subplots(figsize=(8, 3.6), layout="constrained")[1]
    known = history if truth is None else np.concatenate([history, truth])
    label = "history" if truth is None else "what came"
    ax.plot(times[: len(known)], known, color="black", linewidth=1.2, label=label, zorder=3)
    ahead = times[lookback:]
    marker = "." if horizon == 1 else None
    ax.plot(ahead, forecast, color=COLOURS[0], marker=marker, label=name, zorder=4)
    bands = [
        (lower, upper)
        for lower, low in enumerate(levels)
        for upper, high in enumerate(levels)
        if low < 0.5 and abs(low + high - 1) < 1e-6
    ]
    for place, (lower, upper) in enumerate(bands):
        share = 100 * (levels[upper] - levels[lower])
        style = {"alpha": 0.18 + 0.22 * place / len(bands), "color": COLOURS[0], "linewidth": 0}
        low, high = quantiles[:, lower], quantiles[:, upper]
        ax.fill_between(ahead, low, high, label=f"{share:.4g} % interval", **style)
    ax.axvline(times[lookback - 1], color="#999999", linewidth=1, linestyle=":")
    if np.issubdtype(np.asarray(times).dtype, np.number):
        ax.set_xlabel("steps from the last one known")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    else:
        dates(ax)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=5)
    return ax


def dates(ax):
    """Writes dates under an axis so that they fit: what many share once, at its end.

    Args:
        ax: A `matplotlib.axes.Axes` over times, drawn already.

    Returns:
        The same.

    Example:

    >>> ax = plt.subplots()[1]
    >>> _ = ax.plot(np.array(["2024-01-01", "2024-01-05"], "datetime64[s]"), [1, 2])
    >>> type(dates(ax).xaxis.get_major_formatter()).__name__
    'ConciseDateFormatter'
    """
    locator = AutoDateLocator(minticks=3, maxticks=8)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    return ax


def outlook(found, axes=None):
    """Draws what comes after a series, a fan for each of its channels.

    Args:
        found: A `zoo.outlook.Outlook`.
        axes: Where to draw, a `matplotlib.axes.Axes` a channel; by default a new picture of the
            first eight.

    Returns:
        The list of `matplotlib.axes.Axes`.
    """
    channels = found.series.channels[: 8 if axes is None else len(axes)]
    if axes is None:
        size = (8, 2.6 * len(channels))
        axes = plt.subplots(len(channels), 1, figsize=size, layout="constrained")[1]
    axes = list(np.ravel(axes))
    horizon = len(found.forecast)
    shown = min(len(found.series.values), 4 * horizon)
    times = found.table().index
    if found.series.seconds is None:
        before = np.arange(len(found.series.values) - shown, len(found.series.values))
    else:
        before = found.series.seconds[-shown:].astype("datetime64[s]")
    every = np.concatenate([before, times.to_numpy().astype(before.dtype)])
    for place, (channel, ax) in enumerate(zip(channels, axes, strict=True)):
        fan(
            found.series.values[-shown:, place],
            found.forecast[:, place],
            found.quantiles[:, place],
            found.levels,
            times=every,
            name=found.chosen,
            ax=ax,
        )
        ax.set_ylabel(channel)
    return axes


def horizons(scores, ax=None, ylabel="MSE"):
    """Draws how the error grows with the horizon, a line a model.

    Args:
        scores: By the model's label a dictionary: by the horizon in steps the error, or several,
            one a seed; a line joins their means and a band reaches from the best to the worst.
        ax: Where to draw; by default a new picture.
        ylabel: Name of the error.

    Returns:
        The `matplotlib.axes.Axes`; its x axis is logarithmic.

    Example:

    >>> ax = horizons({"SegRNN": {192: 0.5, 96: [0.25, 0.5]}, "NLinear": {96: 0.5, 192: 0.75}})
    >>> ax.get_lines()[0].get_xydata().tolist()
    [[96.0, 0.375], [192.0, 0.5]]
    """
    ax = ax or plt.subplots(figsize=(6, 4), layout="constrained")[1]
    for place, (name, by_horizon) in enumerate(scores.items()):
        points = sorted((horizon, np.atleast_1d(each)) for horizon, each in by_horizon.items())
        x = [horizon for horizon, _ in points]
        means, lows, highs = ([of(each) for _, each in points] for of in (np.mean, np.min, np.max))
        style = {"color": _of(COLOURS, place), "marker": _of(MARKERS, place)}
        ax.plot(x, means, label=name, markersize=5, **style)
        if lows != highs:
            ax.fill_between(x, lows, highs, color=_of(COLOURS, place), alpha=0.15, linewidth=0)
    ticks = sorted({horizon for by_horizon in scores.values() for horizon in by_horizon})
    ax.set_xscale("log")
    ax.set_xticks(ticks, [f"{horizon:,}" for horizon in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    _finish(ax, "horizon, steps", ylabel)
    return ax


def _by_step(rows, ax):
    for place, row in enumerate(rows):
        steps = np.arange(1, len(row["mse_by_step"]) + 1)
        style = {"color": _of(COLOURS, place), "linestyle": _of(DASHES, place)}
        style["marker"] = "." if len(steps) == 1 else None
        label = f"{row['name']}: {row['mse']:.3f}"
        ax.plot(steps, row["mse_by_step"], label=label, zorder=9 - place, **style)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    _finish(ax, "step of the horizon", "MSE")


def _by_channel(rows, ax):
    channels = list(rows[0]["per_channel"])
    for place, row in enumerate(rows):
        scores = [row["per_channel"][channel]["mse"] for channel in channels]
        style = {"color": _of(COLOURS, place), "marker": _of(MARKERS, place), "zorder": 9 - place}
        ax.scatter(scores, range(len(channels)), s=26, label=row["name"], **style)
    ax.set_yticks(range(len(channels)), channels)
    ax.set_ylim(len(channels) - 0.4, -0.6)
    ax.set_xlim(left=0)
    _finish(ax, "MSE by channel", "")


def _coverage(rows, ax):
    ax.plot((0, 100), (0, 100), "--", color="#999999", linewidth=1)
    for place, row in enumerate(rows):
        intervals = row.get("intervals", [])
        if not intervals:
            continue
        promised, covered = (
            [100 * each[name] for each in intervals] for name in ("share", "coverage")
        )
        style = {"color": _of(COLOURS, place), "marker": _of(MARKERS, place)}
        ax.plot(promised, covered, label=row["name"], linewidth=1, **style)
    ax.set(xlim=(0, 102), ylim=(0, 102))
    ax.set_aspect("equal")
    _finish(ax, "per cent promised", "per cent covered")


def _finish(ax, xlabel, ylabel):
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)


def _of(choices, place):
    return choices[place % len(choices)]
