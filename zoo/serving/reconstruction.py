"""Serving autoencoders of series: windows in original units in, the same out, and how far off."""

import typing

import numpy as np

from zoo.serving.signatures import ask, shapes


class Reconstruction(typing.NamedTuple):
    """What an autoencoder makes of a series.

    `values` is `(steps, channels)`, in original units; `score` is `(steps,)`, the root mean square
    of the error in units of what is usual: about 1 where nothing is wrong.
    """

    values: np.ndarray
    score: np.ndarray


def predict(served, series, *, batch_size=256):
    """Says series again with a loaded model, and how far off each step is.

    Args:
        served: A loaded model: a SavedModel, or what `zoo.serving.portable.load` returned.
        series: Numbers in original units: an array, or whatever NumPy makes one of, such as a
            `pandas.DataFrame`. `(steps, channels)` for one series, at least as long as a window;
            `(batch, steps, channels)` for many. A longer one is cut into all its windows, and a
            step has the mean of those that hold it.
        batch_size: Windows at a time.

    Returns:
        For one series its `Reconstruction`, for many a list of them.

    Raises:
        ValueError: If the shape is another, or a value is missing or infinite.
    """
    _, length, channels = shapes(served, "serving_default")["window"]
    values = _checked(series, length, channels)
    one = values.ndim == 2
    found = [
        _of_one(served, each, length, batch_size) for each in (values[None] if one else values)
    ]
    return found[0] if one else found


def encode(served, windows):
    """Gives the codes of windows with a loaded model.

    Args:
        served: As in `predict`.
        windows: `(batch, length, channels)`, in original units.

    Returns:
        Float32 `(batch, latent_dim)`.

    Raises:
        ValueError: If the shape is another, or a value is missing or infinite.
    """
    _, length, channels = shapes(served, "latent")["window"]
    values = _checked(windows, length, channels)
    if values.ndim != 3 or values.shape[1] != length:
        raise ValueError(
            f"Windows must be of shape (batch, {length}, {channels}). Received: {values.shape}"
        )
    return ask(served, "latent", window=values)["latent"]


def _of_one(served, values, length, batch_size):
    windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    windows = np.moveaxis(windows, -1, 1)
    sums, squares = np.zeros(values.shape), np.zeros(len(values))
    counts = np.zeros(len(values))
    for first in range(0, len(windows), batch_size):
        out = ask(served, "serving_default", window=windows[first : first + batch_size])
        steps = np.arange(first, first + len(out["score"]))[:, None] + np.arange(length)
        np.add.at(sums, steps, out["reconstruction"])
        np.add.at(squares, steps, np.square(out["score"], dtype="float64"))
        np.add.at(counts, steps, 1)
    return Reconstruction(sums / counts[:, None], np.sqrt(squares / counts))


def _checked(given, length, channels):
    """Numbers of the shape `(steps, channels)` or `(batch, steps, channels)`, all finite."""
    try:
        values = np.asarray(given, dtype="float32")
    except (TypeError, ValueError) as error:
        raise ValueError(f"A series must be numbers. Received: {given!r:.200}") from error
    if values.ndim not in (2, 3) or values.shape[-1] != channels or values.shape[-2] < length:
        raise ValueError(
            f"A series must be of shape (steps, {channels}) with at least {length} steps, or "
            f"(batch, steps, {channels}). Received: {np.shape(given)}"
        )
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        step, column = wrong[0][-2:]
        raise ValueError(
            f"A series must be finite. Received: {values[tuple(wrong[0])]} at step {step}, column "
            f"{column}, and {len(wrong) - 1} more. Fill missing values first, for instance with "
            "`pandas.DataFrame.interpolate`."
        )
    return values
