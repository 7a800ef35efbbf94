"""Serving forecasters: histories in original units in, forecasts in original units out."""

import typing

import numpy as np
import tensorflow as tf

from zoo.serving.weights import HalfPrecision


class Forecast(typing.NamedTuple):
    """A forecast in original units.

    `values` is `(horizon, channels)`, of a model with a distribution the median. `quantiles` has
    the same for each of its levels, or is `None`.
    """

    values: np.ndarray
    quantiles: dict | None


class ForecastingModule(tf.Module):
    """A forecaster between the scaler of its training data and original units, ready to be saved.

    Args:
        model: The forecaster, a `keras.Model` of standardized windows.
        windows: The `zoo.data.windows.Windows` that it was trained on.
    """

    def __init__(self, model, windows):
        super().__init__()
        self.model = HalfPrecision(model)
        # As the model was trained: standardized in double precision, then cut to single.
        self.scalers = {"history": _scaler(windows)}
        self.channels = tf.Variable(list(windows.channels), trainable=False)
        named = {layer.name: layer for layer in model.layers}
        self._distribution = named.get("distribution")
        size = [None, windows.lookback, len(windows.channels)]
        self.inputs = [tf.TensorSpec(size, tf.float32, name="history")]
        if windows.covariates is not None:
            self.scalers["covariates"] = _scaler(windows.covariates)
            self.features = tf.Variable(list(windows.covariates.names), trainable=False)
            size = [None, windows.lookback + windows.horizon, len(windows.covariates.names)]
            self.inputs.append(tf.TensorSpec(size, tf.float32, name="covariates"))

    def forecast(self, history, covariates=None):
        """Forecasts what follows each history.

        Args:
            history: Float32 `(batch, lookback, channels)`, in original units.
            covariates: Float32 `(batch, lookback + horizon, features)`, likewise, of a model that
                was trained with some.

        Returns:
            `forecast`, float32 `(batch, horizon, channels)`; of a model with a distribution also
            `quantiles`, with one more axis, and their `levels`.
        """
        given = {"history": history}
        if covariates is not None:
            given["covariates"] = covariates
        given = {name: self._standardized(name, values) for name, values in given.items()}
        found = self.model(given["history"] if covariates is None else given)
        if self._distribution is None:
            return {"forecast": self._original(found)}
        levels = self._distribution.levels
        quantiles = self._distribution.quantiles(found)
        quantiles = tf.stack([self._original(q) for q in tf.unstack(quantiles, axis=-1)], axis=-1)
        return {
            "forecast": quantiles[..., levels.index(0.5)],
            "quantiles": quantiles,
            "levels": tf.constant(levels),
        }

    def _standardized(self, name, values):
        tf.debugging.assert_all_finite(
            values, f"`{name}` must be finite. Fill missing values first."
        )
        mean, scale = self.scalers[name]
        return tf.cast((tf.cast(values, tf.float64) - mean) / scale, tf.float32)

    def _original(self, values):
        mean, scale = self.scalers["history"]
        return tf.cast(tf.cast(values, tf.float64) * scale + mean, tf.float32)


def _scaler(fitted):
    return [
        tf.Variable(values, trainable=False, dtype=tf.float64)
        for values in (fitted.mean, fitted.scale)
    ]


def export(model, data, directory, *, language=""):
    """Writes a forecaster as a SavedModel that takes and gives original units.

    Args:
        model: A `keras.Model` made by a builder of `zoo.models.forecasting`.
        data: The `zoo.data.forecasting.ForecastingData` that it was trained on.
        directory: Where to write.
        language: Not used: numbers have none.

    Returns:
        What there is to tell of it: names of the `channels`, and of the `covariates` if any.
    """
    windows = data.splits["train"]
    module = ForecastingModule(model, windows)
    signature = tf.function(module.forecast, input_signature=module.inputs)
    module.serving_default = signature
    tf.saved_model.save(module, str(directory), signatures={"serving_default": signature})
    told = {"channels": list(windows.channels)}
    if windows.covariates is not None:
        told["covariates"] = list(windows.covariates.names)
    return told


def load(directory):
    """Loads what `export` wrote; nothing of the zoo is needed for it."""
    return tf.saved_model.load(str(directory))


def predict(saved_model, history, *, covariates=None, batch_size=256):
    """Forecasts with a loaded SavedModel.

    Args:
        saved_model: What `tf.saved_model.load` returned.
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
    signature = saved_model.signatures["serving_default"]
    specs = signature.structured_input_signature[1]
    given = {"history": history, "covariates": covariates}
    given = {name: values for name, values in given.items() if values is not None}
    if set(given) != set(specs):
        raise ValueError(
            f"This model needs {' and '.join(sorted(specs, reverse=True))}. "
            f"Received: {' and '.join(given)}"
        )
    one = np.ndim(history) == 2
    given = {name: _checked(name, values, specs[name].shape) for name, values in given.items()}
    number = len(given["history"])
    if any(len(values) != number for values in given.values()):
        raise ValueError(
            f"`covariates` must be of as many series as `history`, {number}. "
            f"Received: {len(given['covariates'])}"
        )
    found = []
    for first in range(0, number, batch_size):
        out = signature(
            **{name: tf.constant(all_[first : first + batch_size]) for name, all_ in given.items()}
        )
        rows = out["forecast"].numpy()
        if "levels" not in out:
            found += [Forecast(row, None) for row in rows]
            continue
        levels = [round(float(level), 6) for level in out["levels"].numpy()]
        for row, of_row in zip(rows, np.moveaxis(out["quantiles"].numpy(), -1, 1), strict=True):
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
