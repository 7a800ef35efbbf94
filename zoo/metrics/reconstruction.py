"""How well windows of a series are reconstructed, and whether what is badly is an anomaly."""

import numpy as np

COMPONENTS = (2, 4, 8)  # Of the baselines that are linear.
ALARMS = 0.01  # Share of the unmarked steps that may raise an alarm.


def evaluate(gold, predicted, train):
    """Measures reconstructions and simple baselines, on the same windows.

    Args:
        gold: `series` `(time, channels)`, standardized by training; `starts`, where in it each
            window begins; `length`, its steps; and `marked`, boolean `(time,)`: as
            `zoo.data.reconstruction.SeriesWindows` has them.
        predicted: Reconstructions, `(windows, length, channels)`.
        train: Likewise, the windows of the training part.

    Returns:
        The `report` of `predicted`, with `train_windows`, `baselines`, of each its `name` and
        report, and `baseline`, that of four principal components.

    Raises:
        ValueError: If shapes do not fit.

    Example:

    >>> import types
    >>> wave = np.sin(np.arange(300) / 4)[:, np.newaxis]
    >>> data = types.SimpleNamespace(
    ...     series=wave, starts=np.arange(281), length=20, marked=np.zeros(300, bool))
    >>> found = evaluate(data, np.zeros((281, 20, 1)), data)
    >>> round(found["mse"], 3), found["baseline"]["name"], round(found["baseline"]["mse"], 3)
    (0.502, '4 principal components', 0.0)
    """
    found = report(gold, predicted)
    seen, given = cut(train), cut(gold)
    every = [
        ("training mean", np.zeros_like(given)),
        ("mean of the window", np.broadcast_to(given.mean(axis=1, keepdims=True), given.shape)),
        *((f"{n} principal components", principal(seen, given, n)) for n in COMPONENTS),
    ]
    found["baselines"] = [{"name": name, **report(gold, said)} for name, said in every]
    found["baseline"] = next(b for b in found["baselines"] if b["name"].startswith("4 "))
    return {**found, "train_windows": len(train.starts)}


def report(gold, predicted):
    """Compares reconstructions with the windows, and the errors of steps with what is marked.

    Args:
        gold: As in `evaluate`.
        predicted: Likewise.

    Returns:
        A dictionary: `windows` and `steps`, how many; `mse`, the mean of the `step_errors` where
        nothing is marked; and where something is, `marked`, the number of marked stretches,
        `mse_marked`, `roc_auc`, the chance that a marked step has a greater error than another,
        and `found`, the stretches in which an error is greater than those of 99 % of the steps
        that are not marked.
    """
    errors = step_errors(gold, predicted)
    covered = ~np.isnan(errors)
    marked, errors = gold.marked[covered], errors[covered]
    found = {
        "windows": len(gold.starts),
        "steps": len(errors),
        "mse": float(errors[~marked].mean()),
    }
    if marked.any():
        threshold = np.quantile(errors[~marked], 1 - ALARMS)
        stretches = [errors[part] for part in runs(marked)]
        found |= {
            "marked": len(stretches),
            "mse_marked": float(errors[marked].mean()),
            "roc_auc": roc_auc(errors[marked], errors[~marked]),
            "found": int(sum(part.max() > threshold for part in stretches)),
        }
    return found


def step_errors(gold, predicted):
    """Gives each step the mean squared error of all windows that hold it.

    Args:
        gold: As in `evaluate`.
        predicted: Likewise.

    Returns:
        Float64 `(time,)`, standardized; no number where no window is.

    Raises:
        ValueError: If shapes do not fit.
    """
    given = cut(gold)
    if np.shape(predicted) != given.shape:
        raise ValueError(
            f"Reconstructions must be of shape {given.shape}: windows, steps and channels. "
            f"Received: {np.shape(predicted)}"
        )
    squares = np.square(np.asarray(predicted, "float64") - given).mean(axis=-1)
    return over_steps(squares, gold.starts, len(gold.series))


def over_steps(values, starts, steps):
    """Averages what windows say of the same steps.

    Args:
        values: `(windows, length)`.
        starts: First step of each window.
        steps: Number of all steps.

    Returns:
        Float64 `(steps,)`; no number where no window is.

    Example:

    >>> over_steps(np.array([[1.0, 2.0], [4.0, 5.0]]), np.array([0, 1]), 4).tolist()
    [1.0, 3.0, 5.0, nan]
    """
    sums, counts = np.zeros(steps), np.zeros(steps)
    places = np.asarray(starts)[:, None] + np.arange(values.shape[1])
    np.add.at(sums, places, values)
    np.add.at(counts, places, 1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def cut(windows):
    """Copies windows out of their series, `(windows, length, channels)`."""
    return np.asarray(windows.series)[
        np.asarray(windows.starts)[:, None] + np.arange(windows.length)
    ]


def principal(train, windows, components):
    """Says windows again by the principal components of the training windows.

    Args:
        train: `(windows, length, channels)`.
        windows: Likewise.
        components: Numbers that stand for a window.

    Returns:
        Reconstructions of `windows`.

    Reference:
        Pearson 1901; the best linear autoencoder, Baldi and Hornik 1989.

    Example:

    >>> line = np.arange(4.0)[:, None, None] * np.array([1.0, 2.0, 3.0])[:, None]
    >>> np.allclose(principal(line, line + 1, 1), line + 1)
    False
    >>> np.allclose(principal(line, 7 * line, 1), 7 * line)
    True
    """
    flat = train.reshape(len(train), -1)
    mean = flat.mean(axis=0)
    directions = np.linalg.svd(flat - mean, full_matrices=False)[2][:components]
    centered = windows.reshape(len(windows), -1) - mean
    return (centered @ directions.T @ directions + mean).reshape(windows.shape)


def roc_auc(positive, negative):
    """Gives the chance that one of `positive` is greater than one of `negative`, ties half.

    Example:

    >>> roc_auc(np.array([3.0, 1.0]), np.array([1.0, 0.0]))
    0.875
    """
    low, high = (
        np.searchsorted(np.sort(negative), positive, side=side) for side in ("left", "right")
    )
    return float((low + high).mean() / (2 * len(negative)))


def runs(marked):
    """Finds the stretches in which something is true.

    Example:

    >>> runs(np.array([True, False, True, True]))
    [slice(0, 1, None), slice(2, 4, None)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(marked, int), [0]])))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def tables(found):
    """Lays a report out as tables.

    Args:
        found: What `evaluate` returned, with `split`.

    Returns:
        A list of titles, columns and rows.
    """
    detects = "roc_auc" in found
    columns = ["", "MSE"]
    if detects:
        columns += ["MSE where marked", "ROC AUC", f"found of {found['marked']}"]
    rows = []
    for each in [{**found, "name": "model"}, *found["baselines"]]:
        row = [each["name"], f"{each['mse']:.4f}"]
        if detects:
            row += [f"{each['mse_marked']:.4f}", f"{each['roc_auc']:.3f}", str(each["found"])]
        rows.append(row)
    title = f"{found['split']}: {found['windows']:,} windows, {found['steps']:,} steps"
    return [(title, columns, rows)]
