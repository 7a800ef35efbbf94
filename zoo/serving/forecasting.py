"""Serving forecasters: histories in original units in, forecasts in original units out."""

import typing

import numpy as np

from zoo.serving.signatures import ask, shapes


class Forecast(typing.NamedTuple):
    """A forecast in original units.

    `values` is `(horizon, channels)`, of a model with a distribution the median. `quantiles` has
    the same for each of its levels, or is `None`.
    """

    values: np.ndarray
    quantiles: dict | None


def predict(served, history, *, covariates=None, batch_size=256):
    """Forecasts with a loaded model.

    Args:
        served: A loaded model: a SavedModel, or what `zoo.serving.portable.load` returned.
        history: Numbers in original units: an array, or whatever NumPy makes one of, such as a
            `pandas.DataFrame`. `(steps, channels)` for one series, of which the last `lookback`
            steps are read; `(batch, lookback, channels)` for many.
        covariates: For a model that was trained with some, likewise, `(steps + horizon, features)`
            or `(batch, lookback + horizon, features)`: they reach to the end of the forecast.
        batch_size: How many to forecast at a time.

    Returns:
        For one series its `Forecast`, for many a list of them.

    Raises:
        ValueError: If the shape is another, or a value that is read is missing or infinite.
    """
    expected = shapes(served, "serving_default")
    given = {"history": history, "covariates": covariates}
    given = {name: values for name, values in given.items() if values is not None}
    if set(given) != set(expected):
        raise ValueError(
            f"This model needs {' and '.join(sorted(expected, reverse=True))}. "
            f"Received: {' and '.join(given)}"
        )
    one = np.ndim(history) == 2
    given = {name: _checked(name, values, expected[name]) for name, values in given.items()}
    number = len(given["history"])
    if any(len(values) != number for values in given.values()):
        raise ValueError(
            f"`covariates` must be of as many series as `history`, {number}. "
            f"Received: {len(given['covariates'])}"
        )
    found = []
    for first in range(0, number, batch_size):
        some = {name: each[first : first + batch_size] for name, each in given.items()}
        out = ask(served, "serving_default", **some)
        rows = out["forecast"]
        if "levels" not in out:
            found += [Forecast(row, None) for row in rows]
            continue
        levels = [round(float(level), 6) for level in out["levels"]]
        for row, of_row in zip(rows, np.moveaxis(out["quantiles"], -1, 1), strict=True):
            found.append(Forecast(row, dict(zip(levels, of_row, strict=True))))
    return found[0] if one else found


def _checked(name, given, shape):
    """Numbers of the shape `(batch, steps, columns)`, all of them finite."""
    _, steps, columns = shape
    try:
        values = np.asarray(given, dtype="float32")
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be numbers. Received: {given!r:.200}") from error
    one = values.ndim == 2
    if one:
        values = values[None, -steps:]
    if values.ndim != 3 or values.shape[1:] != (steps, columns):
        raise ValueError(
            f"`{name}` must be of shape (steps, {columns}) with at least {steps} steps, or "
            f"(batch, {steps}, {columns}). Received: {np.shape(given)}"
        )
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, step, column = wrong[0]
        raise ValueError(
            f"`{name}` must be finite. Received: {values[row, step, column]} at step {step} of "
            f"the {steps} that are read, column {column}"
            + (f", series {row}" if not one else "")
            + f", and {len(wrong) - 1} more. Fill missing values first, for instance with "
            "`pandas.DataFrame.interpolate`."
        )
    return values
