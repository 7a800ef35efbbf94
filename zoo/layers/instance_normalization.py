"""Normalization of each window by itself, to be undone on the forecast."""

import keras
from keras import layers, ops

KINDS = ("none", "last", "reversible")


@keras.saving.register_keras_serializable(package="zoo")
class InstanceNormalization(layers.Layer):
    """Moves and scales each window of a series by numbers of its own, and tells which.

    A series that drifts looks the same in every window then. `InstanceDenormalization` gives the
    forecast its level and scale back.

    Args:
        kind: `"last"` subtracts each channel's last value (Zeng et al. 2023); `"reversible"`
            subtracts its mean, divides by its deviation and applies a learned scale and shift
            (RevIN); `"none"` leaves the window as it is.
        epsilon: What is added to the variance, so that a constant window does not divide by 0.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        history: Float `(batch, time, channels)`.

    Returns:
        The normalized window, of the same shape, and `shift` and `scale`, `(batch, 1, channels)`:
        `normalized * scale + shift` is the window again.

    Raises:
        ValueError: If `kind` is none of those.

    Reference:
        Kim et al. 2022, "Reversible Instance Normalization for Accurate Time-Series Forecasting
        against Distribution Shift"; Zeng et al. 2023, "Are Transformers Effective for Time Series
        Forecasting?".

    Example:

    >>> normalized, shift, scale = InstanceNormalization("last")(np.array([[[1.0], [4.0], [3.0]]]))
    >>> normalized.numpy().tolist(), shift.numpy().tolist()
    ([[[-2.0], [1.0], [0.0]]], [[[3.0]]])
    """

    def __init__(self, kind="last", *, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        if kind not in KINDS:
            known = ", ".join(map(repr, KINDS))
            raise ValueError(f"`kind` must be one of {known}. Received: {kind!r}")
        self.kind = kind
        self.epsilon = epsilon

    def build(self, history_shape):
        if self.kind == "reversible":
            size = (history_shape[-1],)
            self.gamma = self.add_weight(size, initializer="ones", name="gamma")
            self.beta = self.add_weight(size, initializer="zeros", name="beta")

    def call(self, history):
        last = history[:, -1:]
        if self.kind == "none":
            return history, ops.zeros_like(last), ops.ones_like(last)
        if self.kind == "last":
            return history - last, last, ops.ones_like(last)
        mean = ops.mean(history, axis=1, keepdims=True)
        deviation = ops.sqrt(ops.var(history, axis=1, keepdims=True) + self.epsilon)
        # A learned scale near 0 would blow the forecast up: it is kept from there.
        gamma = ops.convert_to_tensor(self.gamma)
        gamma = ops.where(ops.abs(gamma) < 1e-2, 1e-2, gamma)
        scale = deviation / gamma
        shift = mean - scale * self.beta
        return (history - shift) / scale, shift, scale

    def compute_output_shape(self, history_shape):
        statistics = (history_shape[0], 1, history_shape[-1])
        return history_shape, statistics, statistics

    def get_config(self):
        return {**super().get_config(), "kind": self.kind, "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="zoo")
class InstanceDenormalization(layers.Layer):
    """Gives a forecast the level and scale of its window back.

    Args:
        distribution: `None` for values; otherwise what the last axis of the forecast holds, as in
            `zoo.layers.DistributionHead`: levels are moved and scaled, widths only scaled, shapes
            left.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        forecast: Float `(batch, horizon, channels)`, or with one more axis for a distribution.
        shift: `(batch, 1, channels)`, from `InstanceNormalization`.
        scale: Likewise.

    Returns:
        A tensor of the shape of `forecast`.

    Example:

    >>> one = np.ones((1, 1, 1))
    >>> InstanceDenormalization()(np.array([[[0.5], [1.0]]]), 3 * one, 2 * one).numpy().tolist()
    [[[4.0], [5.0]]]
    """

    def __init__(self, distribution=None, **kwargs):
        super().__init__(**kwargs)
        self.distribution = distribution
        self.built = True

    def call(self, forecast, shift, scale):
        if self.distribution is None:
            return forecast * scale + shift
        shift, scale = ops.expand_dims(shift, -1), ops.expand_dims(scale, -1)
        if self.distribution == "quantiles":
            return forecast * scale + shift
        level, width, shape = forecast[..., :1], forecast[..., 1:2], forecast[..., 2:]
        return ops.concatenate([level * scale + shift, width * scale, shape], axis=-1)

    def compute_output_shape(self, forecast_shape, shift_shape=None, scale_shape=None):
        return forecast_shape

    def get_config(self):
        return {**super().get_config(), "distribution": self.distribution}
