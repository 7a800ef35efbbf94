"""Forecasters as SavedModels: histories in original units in, forecasts likewise out."""

import tensorflow as tf

from zoo.serving.saved_model.weights import HalfPrecision


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
