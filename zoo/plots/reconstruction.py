"""Pictures of reconstructions: anomalies on the series, codes as a map, scores."""

import numpy as np
from matplotlib import pyplot as plt

from zoo.plots.classification import COLOURS
from zoo.plots.forecasting import dates

MARK = "#d9c9a3"


def report(found, axes=None):
    """Draws errors where nothing is marked and where something is, and how well they tell it.

    Args:
        found: What `zoo.metrics.reconstruction.evaluate` returned.
        axes: Where to draw, two `matplotlib.axes.Axes`; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes` of the errors.

    Example:

    >>> mean = {"name": "mean", "mse": 1.0, "mse_marked": 2.0, "roc_auc": 0.5}
    >>> ax = report({"mse": 0.25, "mse_marked": 1.5, "roc_auc": 0.75, "baselines": [mean]})
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['model', 'mean']
    """
    rows = [{**found, "name": "model"}, *found.get("baselines", [])]
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(9, 0.4 * len(rows) + 1.4), layout="constrained")[1]
    places = np.arange(len(rows))
    measures = {"nothing marked": "mse", "marked": "mse_marked"}
    for colour, (label, measure) in zip(COLOURS, measures.items(), strict=False):
        if measure in found:
            errors = [row[measure] for row in rows]
            axes[0].scatter(errors, places, color=colour, label=label, zorder=3)
    axes[0].set_xscale("log")
    axes[0].set_xlabel("mean squared error")
    axes[0].legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    if "roc_auc" in found:
        chances = [row["roc_auc"] for row in rows]
        axes[1].scatter(chances, places, color=COLOURS[0], zorder=3)
        axes[1].axvline(0.5, color="#999999", linewidth=1, linestyle=":")
    axes[1].set(xlim=(0, 1), xlabel="ROC AUC of a step")
    for ax in axes:
        ax.set_yticks(places, [row["name"] for row in rows])
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    return axes[0]


def anomalies(values, scores, windows=(), *, alarms=(), reconstruction=None, times=None, axes=None):
    """Draws a series above its scores, with what people marked and what a detector said.

    Args:
        values: `(time,)`.
        scores: `(time,)`: how anomalous each step is.
        windows: First and last steps of what is marked, `(windows, 2)`.
        alarms: Steps at which the detector raised an alarm.
        reconstruction: What a model says the series is, `(time,)`, if that is to be seen.
        times: Of each step, `(time,)`; by default steps are numbered.
        axes: Where to draw, two `matplotlib.axes.Axes`; by default a new picture.

    Returns:
        The two `matplotlib.axes.Axes`.

    Raises:
        ValueError: If there are not as many scores as values.

    Example:

    >>> above, below = anomalies([1.0, 1, 9, 1], [0.0, 0, 3, 0], [(1, 3)], alarms=[2])
    >>> [text.get_text() for text in above.get_legend().get_texts()]
    ['series', 'marked by people', 'alarm']
    """
    values, scores = np.asarray(values), np.asarray(scores)
    if values.shape != scores.shape:
        raise ValueError(
            "`scores` must be as many as `values`, of one channel. Received: "
            f"{scores.shape} and {values.shape}"
        )
    times = np.arange(len(values)) if times is None else np.asarray(times)
    if axes is None:
        axes = plt.subplots(
            2, 1, figsize=(9, 4), sharex=True, height_ratios=(2, 1), layout="constrained"
        )[1]
    above, below = axes
    above.plot(times, values, color="black", linewidth=0.6, label="series", zorder=2)
    if reconstruction is not None:
        above.plot(times, reconstruction, color=COLOURS[0], linewidth=0.6, label="reconstructed")
    below.plot(times, scores, color=COLOURS[0], linewidth=0.8)
    for place, (first, last) in enumerate(windows):
        for ax in axes:
            label = "marked by people" if place == 0 and ax is above else None
            ax.axvspan(times[first], times[last], color=MARK, alpha=0.5, linewidth=0, label=label)
    alarms = np.asarray(alarms, int)
    if len(alarms):
        style = {"color": COLOURS[1], "s": 22, "zorder": 4}
        above.scatter(times[alarms], values[alarms], label="alarm", **style)
        below.scatter(times[alarms], scores[alarms], **style)
    above.set_ylabel("value")
    below.set_ylabel("score")
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    if np.issubdtype(times.dtype, np.datetime64):
        dates(below)
    above.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    return above, below


def latent(codes, colours=None, *, label="", ax=None):
    """Draws codes as a map: the two directions in which they differ most.

    Args:
        codes: `(windows, latent_dim)`, of at least two numbers each.
        colours: A number for each code, shown as its colour; or true for those of a kind, which are
            drawn above the others.
        label: What that number is, or that kind.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = latent(np.array([[0.0, 0.0, 1.0], [3.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))
    >>> ax.get_xlabel()
    '93 % of the variance'
    """
    codes = np.asarray(codes, "float64")
    centered = codes - codes.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centered, full_matrices=False)
    shares = np.square(sizes) / np.square(sizes).sum()
    x, y = directions[:2] @ centered.T
    ax = ax or plt.subplots(figsize=(5.6, 4.4), layout="constrained")[1]
    order = np.arange(len(x)) if colours is None else np.argsort(colours, kind="stable")
    shown = None if colours is None else np.asarray(colours)[order]
    if shown is not None and shown.dtype == bool:
        for kind, colour, text in ((False, "#bbbbbb", None), (True, COLOURS[1], label)):
            chosen = order[shown == kind]
            ax.scatter(x[chosen], y[chosen], color=colour, label=text, s=5, linewidths=0)
        ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), markerscale=3)
    else:
        points = ax.scatter(x[order], y[order], c=shown, s=5, linewidths=0)
        if shown is not None:
            ax.figure.colorbar(points, ax=ax, label=label)
    ax.set(
        xlabel=f"{shares[0]:.0%} of the variance".replace("%", " %"),
        ylabel=f"{shares[1]:.0%} of the variance".replace("%", " %"),
    )
    ax.spines[["top", "right"]].set_visible(False)
    return ax
