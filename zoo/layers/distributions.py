"""Forecasts that say how sure they are: the parameters of a distribution, and its loss."""

import math

import keras
from keras import layers, ops

DISTRIBUTIONS = ("quantiles", "gaussian", "student_t")
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
SMALLEST_WIDTH = 1e-3


def distribution_size(distribution, levels=LEVELS):
    """Gives the number of parameters of a distribution.

    Args:
        distribution: `"quantiles"`, `"gaussian"` or `"student_t"`, or `None` for a plain value.
        levels: Levels of the quantiles, rising, 0.5 among them.

    Returns:
        An int, 1 for `None`.

    Raises:
        ValueError: If the distribution is none of those, or the levels are not as said.

    Example:

    >>> distribution_size("gaussian"), distribution_size("quantiles", (0.1, 0.5, 0.9))
    (2, 3)
    """
    if distribution is not None and distribution not in DISTRIBUTIONS:
        known = ", ".join(map(repr, DISTRIBUTIONS))
        raise ValueError(
            f"`distribution` must be None or one of {known}. Received: {distribution!r}"
        )
    rising = all(a < b for a, b in zip((0, *levels), (*levels, 1), strict=True))
    if distribution is not None and not (rising and 0.5 in levels):
        raise ValueError(
            f"`levels` must rise between 0 and 1, with 0.5 among them. Received: {levels}"
        )
    return {None: 1, "gaussian": 2, "student_t": 3}.get(distribution, len(levels))


@keras.saving.register_keras_serializable(package="zoo")
class DistributionHead(layers.Layer):
    """Turns any numbers into the parameters of a distribution.

    Quantiles are the median and steps away from it, each of positive length, so they never cross. A
    Gaussian has a mean and a deviation; a Student t a mean, a scale and degrees of freedom above 2,
    so that its variance is finite.

    Args:
        distribution: `"quantiles"`, `"gaussian"` or `"student_t"`.
        levels: Levels of the quantiles, rising, 0.5 among them; also those that `quantiles` gives
            of the others.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        raw: Float `(..., distribution_size(distribution, levels))`.

    Returns:
        The parameters, of the same shape.

    Raises:
        ValueError: If the distribution is none of those, or the levels are not as said.

    Reference:
        Gasthaus et al. 2019, "Probabilistic Forecasting with Spline Quantile Function RNNs", for
        quantiles that do not cross; Salinas et al. 2020, "DeepAR".

    Example:

    >>> head = DistributionHead("quantiles", levels=(0.1, 0.5, 0.9))
    >>> low, middle, high = head(np.array([[-3.0, 1.0, -5.0]])).numpy()[0]
    >>> bool(low < middle < high), float(middle)
    (True, 1.0)
    """

    def __init__(self, distribution, *, levels=LEVELS, **kwargs):
        super().__init__(**kwargs)
        if distribution not in DISTRIBUTIONS:
            known = ", ".join(map(repr, DISTRIBUTIONS))
            raise ValueError(f"`distribution` must be one of {known}. Received: {distribution!r}")
        distribution_size(distribution, levels)
        self.distribution, self.levels = distribution, tuple(levels)
        self.built = True

    def call(self, raw):
        if self.distribution == "quantiles":
            middle = self.levels.index(0.5)
            steps = ops.softplus(raw)
            median = raw[..., middle : middle + 1]
            above = median + ops.cumsum(steps[..., middle + 1 :], axis=-1)
            below = median - ops.flip(ops.cumsum(ops.flip(steps[..., :middle], -1), axis=-1), -1)
            return ops.concatenate([below, median, above], axis=-1)
        width = ops.softplus(raw[..., 1:2]) + SMALLEST_WIDTH
        return ops.concatenate([raw[..., :1], width, 2 + ops.softplus(raw[..., 2:])], axis=-1)

    def quantiles(self, found):
        """Gives the quantiles of a distribution, at `levels`, from its parameters.

        Those of a Student t are right to 4e-3 of its scale with 2 degrees of freedom, to 1e-4 from
        3 on (Hill 1970, "Student's t-Quantiles", CACM algorithm 396).

        Args:
            found: What the layer returned, float `(..., parameters)`.

        Returns:
            Float `(..., levels)`.
        """
        if self.distribution == "quantiles":
            return found
        level, width = found[..., :1], found[..., 1:2]
        tails = ops.convert_to_tensor([min(p, 1 - p) for p in self.levels], dtype=found.dtype)
        signs = ops.convert_to_tensor([-1.0 if p < 0.5 else 1.0 for p in self.levels], found.dtype)
        normal = math.sqrt(2) * ops.erfinv(2 * tails - 1)
        if self.distribution == "gaussian":
            return level - width * signs * normal
        return level + width * signs * _student_tail(2 * tails, normal, found[..., 2:])

    def compute_output_shape(self, raw_shape):
        return raw_shape

    def get_config(self):
        own = {"distribution": self.distribution, "levels": self.levels}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="zoo")
class PinballLoss(keras.losses.Loss):
    """The loss that a quantile makes least: being below costs `level`, being above `1 - level`.

    Args:
        levels: The levels of the quantiles.

    Call arguments:
        y_true: Float `(batch, horizon, channels)`.
        y_pred: Quantiles `(batch, horizon, channels, levels)`.

    Reference:
        Koenker and Bassett 1978, "Regression Quantiles".

    Example:

    >>> y_pred = np.array([[[[1.0, 2.0, 3.0]]]])
    >>> round(float(PinballLoss((0.1, 0.5, 0.9))(np.array([[[4.0]]]), y_pred)), 4)
    0.7333
    """

    def __init__(self, levels, reduction="mean_with_sample_weight", name="pinball", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.levels = tuple(levels)

    def call(self, y_true, y_pred):
        short = ops.expand_dims(y_true, -1) - y_pred
        levels = ops.convert_to_tensor(self.levels, dtype=short.dtype)
        return ops.mean(ops.maximum(levels * short, (levels - 1) * short), axis=(-2, -1))

    def get_config(self):
        return {**super().get_config(), "levels": self.levels}


@keras.saving.register_keras_serializable(package="zoo")
class DensityLoss(keras.losses.Loss):
    """The negative log-likelihood of a Gaussian or a Student t, in nats a value.

    Args:
        distribution: `"gaussian"` or `"student_t"`.

    Call arguments:
        y_true: Float `(batch, horizon, channels)`.
        y_pred: The parameters that `DistributionHead` gives, with one more axis.

    Raises:
        ValueError: If `distribution` is none of the two.

    Example:

    >>> y_pred = np.array([[[[0.0, 1.0]]]])
    >>> round(float(DensityLoss("gaussian")(np.array([[[0.0]]]), y_pred)), 4)
    0.9189
    """

    def __init__(
        self, distribution, reduction="mean_with_sample_weight", name="density", dtype=None
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if distribution not in ("gaussian", "student_t"):
            raise ValueError(
                f"`distribution` must be 'gaussian' or 'student_t'. Received: {distribution!r}"
            )
        self.distribution = distribution

    def call(self, y_true, y_pred):
        level, width = y_pred[..., 0], y_pred[..., 1]
        z = (y_true - level) / width
        if self.distribution == "gaussian":
            nats = 0.5 * ops.square(z) + ops.log(width) + 0.5 * math.log(2 * math.pi)
        else:
            freedom = y_pred[..., 2]
            nats = (
                0.5 * (freedom + 1) * ops.log1p(ops.square(z) / freedom)
                + ops.log(width)
                + 0.5 * ops.log(math.pi * freedom)
                + _log_gamma(0.5 * freedom)
                - _log_gamma(0.5 * (freedom + 1))
            )
        return ops.mean(nats, axis=-1)

    def get_config(self):
        return {**super().get_config(), "distribution": self.distribution}


def _student_tail(p, x, n):
    """Quantile of Student's t that is passed, on both sides, with probability `p`.

    `x` is the normal quantile of `p / 2`, `n` the degrees of freedom, at least 2.
    """
    a = 1 / (n - 0.5)
    b = 48 / ops.square(a)
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * ops.sqrt(a * math.pi / 2) * n
    y = (d * p) ** (2 / n)
    near = ops.where(n < 5, c + 0.3 * (n - 4.5) * (x + 0.6), c)
    near = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + near
    z = x * x
    z = (((((0.4 * z + 6.3) * z + 36) * z + 94.5) / near - z - 3) / b + 1) * x
    near = ops.exp(a * z * z) - 1
    far = 1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)
    far = (far * y - 1) * (n + 1) / (n + 2) + 1 / y
    return ops.sqrt(ops.maximum(n * ops.where(y > 0.05 + a, near, far), 0))


def _log_gamma(x):
    """Logarithm of the gamma function for x >= 1, by Stirling's series, to 1e-6."""
    shifted = x + 6
    series = (
        (shifted - 0.5) * ops.log(shifted)
        - shifted
        + 0.5 * math.log(2 * math.pi)
        + 1 / (12 * shifted)
        - 1 / (360 * shifted**3)
    )
    for step in range(6):
        series = series - ops.log(x + step)
    return series
