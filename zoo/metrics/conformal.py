"""Intervals that learn from what came: as wide as the last forecasts say that they must be."""

import numpy as np

LARGEST = 1e6  # How much wider an interval may become.


def recalibrate(quantiles, true, levels, window=672):
    """Makes intervals wider or narrower by the errors of the last forecasts, as one would in use.

    Forecasts are made from one origin after the other, and when one is made, all that an origin
    forecast whose horizon is over has come. Of the last `window` such origins, each channel by
    itself, it is looked up how far what came lay from the median, as a multiple of each quantile's
    distance from it. The quantile that these multiples have at its own level is the factor by which
    that distance is multiplied: with it the quantile would have held in the window. The median
    stays what it is.

    Args:
        quantiles: Of forecasts from consecutive origins, `(origins, horizon, channels, levels)`.
        true: What came, `(origins, horizon, channels)`.
        levels: Of the quantiles, increasing, with 0.5 among them.
        window: How many origins to learn from.

    Returns:
        The quantiles, of the same shape, sorted. Those of the first `window + horizon - 1` origins,
        which have too few before them, are what they were: give as many more, from before, and
        leave them out of the answer.

    Raises:
        ValueError: If shapes do not fit, or there is no median.

    Reference:
        Romano et al. 2019, "Conformalized Quantile Regression"; Xu and Xie 2021, "Conformal
        Prediction Interval for Dynamic Time-Series", for the sliding window.

    Example:

    >>> quantiles = np.tile([-1.0, 0.0, 1.0], (6, 1, 1, 1))
    >>> true = np.array([2.0, -2, 2, -2, 2, -2]).reshape(6, 1, 1)
    >>> recalibrate(quantiles, true, levels=(0.1, 0.5, 0.9), window=2)[:, 0, 0, 2].round(1).tolist()
    [1.0, 1.0, 1.6, 1.6, 1.6, 1.6]
    """
    import pandas as pd

    quantiles, true = np.asarray(quantiles, "float64"), np.asarray(true, "float64")
    levels = list(levels)
    if quantiles.shape != (*true.shape, len(levels)) or true.ndim != 3 or 0.5 not in levels:
        raise ValueError(
            "`true` must be (origins, horizon, channels), and `quantiles` have one more axis, of "
            f"{len(levels)} levels with 0.5 among them. Received: {true.shape}, {quantiles.shape} "
            f"and levels {levels}"
        )
    origins, horizon, channels = true.shape
    middle = quantiles[..., levels.index(0.5)]
    off = true - middle
    moved = quantiles.copy()
    for place, level in enumerate(levels):
        if level == 0.5:
            continue
        side = quantiles[..., place] - middle
        outward = 1 if level > 0.5 else -1
        multiples = np.sign(off) * outward * LARGEST
        np.divide(off, side, out=multiples, where=np.abs(off) < LARGEST * np.abs(side))
        of_steps = pd.DataFrame(multiples.reshape(origins * horizon, channels))
        found = of_steps.rolling(window * horizon).quantile(max(level, 1 - level)).to_numpy()
        factors = np.ones((origins, channels))
        known = found[horizon - 1 :: horizon][: max(origins - horizon, 0)]
        factors[origins - len(known) :] = np.where(np.isnan(known), 1, np.maximum(known, 0))
        moved[..., place] = middle + factors[:, np.newaxis] * side
    return np.sort(moved, axis=-1)
