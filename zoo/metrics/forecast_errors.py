"""How far forecasts are off: of numbers, of quantiles, of distributions and of intervals."""

import numpy as np
from scipy import special


def mse(true, forecast, axis=None):
    """Gives the mean squared error.

    Args:
        true: What came, of any shape.
        forecast: Likewise.
        axis: Over which axes the mean goes; by default over all.

    Example:

    >>> mse(np.array([1, 2]), np.array([1, 4]))
    np.float64(2.0)
    """
    return np.mean(np.square(np.subtract(true, forecast)), axis, dtype="float64")


def mae(true, forecast, axis=None):
    """Gives the mean absolute error; the arguments are those of `mse`.

    Example:

    >>> mae(np.array([1, 2]), np.array([1, 4]))
    np.float64(1.0)
    """
    return np.mean(np.abs(np.subtract(true, forecast)), axis, dtype="float64")


def smape(true, forecast, axis=None):
    """Gives the symmetric mean absolute percentage error, as a share from 0 to 2.

    It depends on where zero is, so it needs original units. Zero forecast as zero is no error. The
    other arguments are those of `mse`.

    Reference:
        Makridakis 1993, "Accuracy Measures: Theoretical and Practical Concerns".

    Example:

    >>> smape(np.array([0, 3]), np.array([0, 5]))
    np.float64(0.25)
    """
    size = np.abs(true) + np.abs(forecast)
    error = 2.0 * np.abs(np.subtract(true, forecast))
    shares = np.divide(error, size, out=np.zeros_like(error), where=size > 0)
    return np.mean(shares, axis, dtype="float64")


def mase(true, forecast, error, axis=None):
    """Gives the mean absolute scaled error: 1 is as good as the seasonal naive in training.

    Args:
        true: As in `mse`, channels last.
        forecast: Likewise.
        error: The `naive_error` of the training part, `(channels,)`.
        axis: As in `mse`.

    Reference:
        Hyndman and Koehler 2006, "Another Look at Measures of Forecast Accuracy".

    Example:

    >>> error = naive_error(np.array([[0.0], [2], [0], [2]]), period=None)
    >>> mase(np.array([[1.0], [2.0]]), np.array([[0.0], [3.0]]), error)
    np.float64(0.5)
    """
    return np.mean(np.abs(np.subtract(true, forecast)) / error, axis, dtype="float64")


def naive_error(series, period):
    """Gives how far off it was, on average, to say that all will be as a season before.

    Args:
        series: The training part, `(time, channels)`.
        period: The steps of a season; `None` is 1.

    Returns:
        The mean absolute error, `(channels,)`.

    Raises:
        ValueError: If the series is no longer than a season.

    Example:

    >>> naive_error(np.array([[0, 5], [1, 5], [2, 5], [5, 5]]), period=2)
    array([3., 0.])
    """
    period = period or 1
    if len(series) <= period:
        raise ValueError(
            f"The training part must be longer than a season of {period} steps. "
            f"Received: {len(series)} steps"
        )
    return mae(series[period:], series[:-period], axis=0)


def pinball(true, quantiles, levels, axis=None):
    """Gives the loss that quantiles minimise, one number a level.

    Args:
        true: What came, of any shape.
        quantiles: One axis more, the last, for the levels.
        levels: The shares of what comes that each quantile should have beneath it.
        axis: Over which axes of `true` the mean goes; by default over all.

    Returns:
        The losses; their last axis is the levels.

    Reference:
        Koenker and Bassett 1978, "Regression Quantiles".

    Example:

    >>> pinball(np.array([3.0]), np.array([[1.0, 5.0]]), levels=(0.25, 0.75))
    array([0.5, 0.5])
    """
    axis = tuple(range(np.ndim(true))) if axis is None else np.atleast_1d(axis) % np.ndim(true)
    above = np.asarray(true)[..., np.newaxis] - quantiles
    levels = np.asarray(levels, dtype=above.dtype)
    return np.mean(np.maximum(levels * above, (levels - 1) * above), tuple(axis), dtype="float64")


def crps(true, quantiles, levels, axis=None):
    """Gives the continuous ranked probability score, nearly, from quantiles.

    The score is twice the pinball loss, integrated over all levels from 0 to 1; this is twice its
    mean over those that are there. It comes close where they are many and evenly spread, and is
    else good only to compare forecasts at the same levels. Of a forecast that is one number it is
    the absolute error. `crps_gaussian` and `crps_student_t` are exact. The arguments are those of
    `pinball`.

    Reference:
        Gneiting and Ranjan 2011, "Comparing Density Forecasts Using Threshold- and
        Quantile-Weighted Scoring Rules".

    Example:

    >>> levels = (np.arange(100) + 0.5) / 100
    >>> quantiles = special.ndtri(levels)[np.newaxis]
    >>> crps(np.zeros(1), quantiles, levels).round(3), crps_gaussian(0, 0, 1).round(3)
    (np.float64(0.234), np.float64(0.234))
    """
    return 2 * pinball(true, quantiles, levels, axis).mean(axis=-1)


def crps_gaussian(true, mean, deviation):
    """Gives the exact score of normal distributions, one number each.

    Args:
        true: What came.
        mean: Of the distributions; the shapes need only fit.
        deviation: Standard deviation, above 0.

    Reference:
        Gneiting and Raftery 2007, "Strictly Proper Scoring Rules, Prediction, and Estimation".

    Example:

    >>> crps_gaussian(np.array([0.0, 3.0]), 0.0, 1.0).round(3)
    array([0.234, 2.437])
    """
    z = np.subtract(true, mean) / deviation
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return deviation * (z * (2 * special.ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))


def crps_student_t(true, freedom, location, scale):
    """Gives the exact score of Student t distributions, one number each.

    Args:
        true: What came.
        freedom: Degrees of freedom, above 1, where the score becomes finite.
        location: Of the distributions; the shapes need only fit.
        scale: What the distribution of mean 0 is multiplied by, above 0; not the deviation.

    Raises:
        ValueError: If a degree of freedom is not above 1.

    Reference:
        Jordan, Krüger and Lerch 2019, "Evaluating Probabilistic Forecasts with scoringRules".

    Example:

    >>> crps_student_t(np.array([0.0, 3.0]), 3.0, 0.0, 1.0).round(3)
    array([0.276, 2.276])
    """
    freedom = np.asarray(freedom, dtype="float64")
    if np.any(freedom <= 1):
        raise ValueError(
            "The score of a Student t distribution is finite only above 1 degree of freedom. "
            f"Received: {freedom.min()}"
        )
    z = np.subtract(true, location) / scale
    norm = special.betaln(freedom / 2, 0.5)
    density = np.exp(-(freedom + 1) / 2 * np.log1p(z**2 / freedom) - norm) / np.sqrt(freedom)
    spread = np.exp(special.betaln(0.5, freedom - 0.5) - 2 * norm) * np.sqrt(freedom)
    tails = density * (freedom + z**2) - spread
    return scale * (z * (2 * special.stdtr(freedom, z) - 1) + 2 * tails / (freedom - 1))


def coverage(true, low, high, axis=None):
    """Gives the share of what came that lies in its interval, the ends included.

    Args:
        true: What came.
        low: Lower ends of the intervals, likewise.
        high: Upper ends.
        axis: As in `mse`.

    Example:

    >>> coverage(np.array([1, 2, 3, 4]), low=2, high=np.array([9, 9, 9, 3]))
    np.float64(0.5)
    """
    return np.mean((low <= true) & (true <= high), axis, dtype="float64")


def central(levels):
    """Finds the central intervals that levels enclose, the widest first.

    Returns:
        A list of the share that the interval promises, and the places of its ends in `levels`.

    Example:

    >>> central((0.025, 0.1, 0.5, 0.9, 0.975))
    [(0.95, 0, 4), (0.8, 1, 3)]
    """
    levels = [float(level) for level in levels]
    return [
        (round(high - low, 6), lower, upper)
        for lower, low in enumerate(levels)
        for upper, high in enumerate(levels)
        if low < 0.5 and abs(low + high - 1) < 1e-6
    ]
