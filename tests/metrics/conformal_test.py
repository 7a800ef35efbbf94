"""Recalibrated intervals: what they should be by hand, and nothing from the future."""

import numpy as np
import pytest

from zoo.metrics import conformal

LEVELS = (0.1, 0.5, 0.9)


def forecasts(origins=400, horizon=3, channels=2, width=1.0, seed=0):
    """Quantiles of a normal distribution around 0, and what comes, `width` times as wide."""
    shape = (origins, horizon, channels)
    quantiles = np.broadcast_to([-1.2816, 0.0, 1.2816], (*shape, 3))
    return quantiles, width * np.random.default_rng(seed).normal(size=shape)


def test_is_what_it_is_by_hand():
    quantiles, true = forecasts(40)
    found = conformal.recalibrate(quantiles, true, LEVELS, window=10)
    np.testing.assert_array_equal(found[..., 1], 0)
    for origin in range(40):
        known = true[max(origin - 12, 0) : max(origin - 2, 0)]  # Their three steps have come.
        for channel in range(2):
            low, high = -1.2816, 1.2816
            if len(known) == 10:
                low, high = (np.quantile(known[:, :, channel], level) for level in (0.1, 0.9))
            np.testing.assert_allclose(found[origin, :, channel, 0], low)
            np.testing.assert_allclose(found[origin, :, channel, 2], high)


@pytest.mark.parametrize("width", [0.3, 3.0])
def test_intervals_come_to_hold(width):
    quantiles, true = forecasts(2_000, width=width)
    found = conformal.recalibrate(quantiles, true, LEVELS, window=200)
    held = [
        np.mean((of[300:, ..., 0] <= true[300:]) & (true[300:] <= of[300:, ..., -1]))
        for of in (quantiles, found)
    ]
    assert abs(held[0] - 0.8) > 0.15
    assert abs(held[1] - 0.8) < 0.02


def test_nothing_is_seen_of_the_future():
    quantiles, true = forecasts(60)
    later = true.copy()
    for step in range(3):
        later[30 - step :, step] += 100  # All that comes from hour 31 on.
    found, other = (conformal.recalibrate(quantiles, of, LEVELS, 10)[:31] for of in (true, later))
    np.testing.assert_array_equal(found, other)
    seen = conformal.recalibrate(quantiles, later, LEVELS, 10)
    assert not np.array_equal(seen, conformal.recalibrate(quantiles, true, LEVELS, 10))


def test_an_interval_of_no_width_stays_one():
    _, true = forecasts(60)
    found = conformal.recalibrate(np.zeros((*true.shape, 3)), true, LEVELS, 10)
    np.testing.assert_array_equal(found, 0)


@pytest.mark.parametrize("levels", [LEVELS, (0.1, 0.4, 0.9), (0.5, 0.9)])
def test_what_does_not_fit_is_named(levels):
    quantiles, true = forecasts(10)
    given = true[..., 0] if levels is LEVELS else true
    with pytest.raises(ValueError, match=r"levels with 0\.5 among them"):
        conformal.recalibrate(quantiles, given, levels)
