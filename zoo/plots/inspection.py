"""Pictures of what goes on inside recurrent layers."""

import numpy as np
from matplotlib import pyplot as plt

GATE = {"cmap": "cividis", "vmin": 0, "vmax": 1}
STATE = {"cmap": "RdBu_r", "vmin": -1, "vmax": 1}
LINES = {
    "input": "#3d8b4f",
    "forget": "#c9543b",
    "output": "#8367c7",
    "update": "#c9543b",
    "reset": "#3d8b4f",
    "candidate": "#c9a23b",
    "cell": "#222222",
    "hidden": "#3f78b5",
}


def gates(trace, steps=None, *, row=0, units=None, names=None):
    """Draws gates and states of a layer over the steps of one sequence, a map for each of them.

    Args:
        trace: A `zoo.inspection.Trace`.
        steps: What to write under the steps, for instance words; by default their numbers.
        row: Which sequence of the batch.
        units: Which units, in the order to draw them; by default all, those first that move most.
        names: Which arrays; by default all that the layer has.

    Returns:
        The `matplotlib.axes.Axes`, an array of them.

    Raises:
        ValueError: If there are not as many names of steps as steps.

    Example:

    >>> from zoo.inspection import trace
    >>> layer = keras.layers.GRU(4, name="gru")
    >>> axes = gates(trace(layer, np.ones((1, 3, 2), "float32"))["gru"], ["a", "b", "c"])
    >>> [ax.get_title() for ax in axes]
    ['update', 'reset', 'candidate', 'hidden']
    """
    real = np.flatnonzero(trace.mask[row])
    labels = _labels(steps, len(real))
    ordered = "by how much they move" if units is None else "chosen"
    units = _liveliest(trace["hidden"][row, real]) if units is None else list(units)
    names = list(trace if names is None else names)
    width = max(5, 0.32 * len(real) + 1.5)
    height = min(2.2, 0.06 * len(units) + 0.8)
    figure, axes = plt.subplots(
        len(names), figsize=(width, len(names) * height + 0.8), sharex=True, layout="constrained"
    )
    axes = np.atleast_1d(axes)
    for name, ax in zip(names, axes, strict=True):
        values = trace[name][row, real][:, units].T
        look = GATE if name in trace.gates else STATE
        if name == "cell":  # It has no bounds.
            largest = np.abs(values).max()
            look = {**STATE, "vmin": -largest, "vmax": largest}
        image = ax.imshow(values, aspect="auto", interpolation="nearest", **look)
        figure.colorbar(image, ax=ax, fraction=0.03, pad=0.01)
        ax.set_title(name, fontsize=10)
        ax.set_ylabel("unit")
        ax.set_yticks([])
    axes[-1].set_xticks(range(len(real)), labels, rotation=90 if steps is not None else 0)
    figure.suptitle(f"{trace.name}, {len(units)} units, {ordered}", fontsize=10)
    return axes


def unit(trace, number, steps=None, ax=None, *, row=0):
    """Draws one unit's life: its gates and states, step by step.

    Args:
        trace: A `zoo.inspection.Trace`.
        number: Which unit.
        steps: As in `gates`.
        ax: Where to draw; by default a new picture.
        row: As in `gates`.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> from zoo.inspection import trace
    >>> layer = keras.layers.LSTM(4, name="lstm")
    >>> ax = unit(trace(layer, np.ones((1, 3, 2), "float32"))["lstm"], 2)
    >>> [line.get_label() for line in ax.lines][-1]
    'hidden'
    """
    real = np.flatnonzero(trace.mask[row])
    labels = _labels(steps, len(real))
    size = (max(5, 0.4 * len(real) + 1.5), 3)
    ax = ax or plt.subplots(figsize=size, layout="constrained")[1]
    ax.axhline(0, color="#cccccc", linewidth=0.8, label="_zero")
    for name in trace:
        values = trace[name][row, real, number]
        state = name in ("cell", "hidden")
        style = {"linewidth": 2.2 if state else 1.1, "linestyle": "-" if state else "--"}
        ax.plot(values, marker="o", markersize=3, color=LINES[name], label=name, **style)
    ax.set_xticks(range(len(real)), labels, rotation=90 if steps is not None else 0)
    ax.set_title(f"{trace.name}, unit {number}", fontsize=10)
    ax.legend(fontsize=8, ncols=2)
    return ax


def saturation(found, axes=None, *, title=""):
    """Draws how gates are spread between shut and open, a histogram for each.

    Args:
        found: What `zoo.inspection.saturation` returned, or, to compare, a dictionary of such by
            label.
        axes: Where to draw, one for each gate; by default a new picture.
        title: Written above.

    Returns:
        The `matplotlib.axes.Axes`, an array of them.

    Example:

    >>> from zoo.inspection import saturation as count, trace
    >>> layer = keras.layers.GRU(4, name="gru")
    >>> axes = saturation(count(trace(layer, np.ones((1, 3, 2), "float32"))["gru"]))
    >>> [ax.get_title() for ax in axes]
    ['update', 'reset', 'candidate']
    """
    several = found if all(isinstance(each, dict) for each in found.values()) else {"": found}
    names = list(next(iter(several.values())))
    if axes is None:
        size = (2.6 * len(names) + 0.6, 2.6)
        figure, axes = plt.subplots(1, len(names), figsize=size, layout="constrained")
        figure.suptitle(title, fontsize=10)
    axes = np.atleast_1d(axes)
    for name, ax in zip(names, axes, strict=True):
        for label, gates_of in several.items():
            counts, edges = gates_of[name].counts, gates_of[name].edges
            shares = counts / max(1, counts.sum())
            ax.stairs(shares, edges, fill=len(several) == 1, label=label, linewidth=1.5)
        ax.set_title(name, fontsize=10)
        ax.set_xlabel("value")
    axes[0].set_ylabel("share of steps and units")
    if len(several) > 1:
        axes[-1].legend(fontsize=8)
    return axes


def gradients(found, ax=None):
    """Draws how the gradient's norm falls, or grows, with the distance that it must travel.

    Args:
        found: Dictionary by label of arrays `(batch, distance)`, as `zoo.inspection.gradient_norms`
            returns them; the median over the batch is drawn, and the middle half of it shaded.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = gradients({"GRU": np.array([[1.0, 0.5, 0.25]])})
    >>> ax.get_yscale(), [line.get_label() for line in ax.lines]
    ('log', ['GRU'])
    """
    ax = ax or plt.subplots(figsize=(6, 4), layout="constrained")[1]
    for label, norms in found.items():
        kept = np.isfinite(norms).any(axis=0)
        low, middle, high = np.nanquantile(norms[:, kept], [0.25, 0.5, 0.75], axis=0)
        distance = np.flatnonzero(kept)
        (line,) = ax.plot(distance, middle, label=label)
        ax.fill_between(distance, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    ax.set(yscale="log", xlabel="steps back from the last", ylabel="norm of the gradient")
    ax.grid(alpha=0.3)
    ax.legend()
    return ax


def sizes(found, ax=None, *, what="parameters"):
    """Draws what the parts of a model weigh or cost, as bars.

    Args:
        found: What `zoo.inspection.parameters` or `flops` returned.
        ax: Where to draw; by default a new picture.
        what: What is counted.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = sizes({"gru": {"update": 160, "reset": 160, "candidate": 160}})
    >>> ax.get_xlabel(), [text.get_text() for text in ax.get_legend().get_texts()]
    ('parameters', ['update', 'reset', 'candidate'])
    """
    parts = dict.fromkeys(part for row in found.values() for part in row)
    size = (7, 0.35 * len(found) + 1.2)
    ax = ax or plt.subplots(figsize=size, layout="constrained")[1]
    places, left = np.arange(len(found)), np.zeros(len(found))
    cycle = plt.get_cmap("tab20").colors
    for number, part in enumerate(parts):
        widths = np.array([row.get(part, 0) for row in found.values()])
        colour = LINES.get(part, cycle[number % len(cycle)])
        ax.barh(places, widths, left=left, color=colour, label=part)
        left += widths
    ax.set_yticks(places, list(found), fontsize=8)
    ax.invert_yaxis()
    ax.set_xlabel(what)
    ax.legend(fontsize=7)
    return ax


def _labels(steps, count):
    if steps is None:
        return [str(step + 1) for step in range(count)]
    steps = list(steps)
    if len(steps) != count:
        raise ValueError(f"There must be a name for each of {count} steps. Received: {len(steps)}")
    return [str(step).replace("$", r"\$") for step in steps]


def _liveliest(states):
    """Units, those first whose state moves most."""
    return np.argsort(-states.std(axis=0), kind="stable").tolist()
