"""Measures of forecasts: against SciPy's distributions, and sums by hand."""

import numpy as np
import pytest
from scipy import integrate, stats

from zoo.metrics import forecast_errors


def test_central_intervals_need_both_ends():
    assert forecast_errors.central((0.05, 0.1, 0.5, 0.9)) == [(0.8, 1, 3)]
    assert forecast_errors.central((0.5,)) == []


@pytest.mark.parametrize("period, expected", [(None, 11 / 4), (1, 11 / 4), (2, 2.0)])
def test_naive_error_by_hand(period, expected):
    series = np.array([[0.0], [4.0], [1.0], [-1.0], [1.0]])  # 4, 3, 2 and 2; 1, 5 and 0.
    assert forecast_errors.naive_error(series, period).tolist() == [expected]
    with pytest.raises(ValueError, match=r"longer than a season of 4 steps. Received: 4"):
        forecast_errors.naive_error(series[:4], 4)


def test_zero_forecast_as_zero_is_no_error():
    assert forecast_errors.smape(np.array([0, 0]), np.array([0, 1])) == 1
    shares = forecast_errors.smape(np.array([[1.0, -1.0]]), np.array([[3.0, 1.0]]), axis=0)
    assert shares.tolist() == [1.0, 2.0]


def integrated(distribution, true):
    """The score by its definition: the distance of the distribution from a step at `true`."""
    below = integrate.quad(lambda x: distribution.cdf(x) ** 2, -np.inf, true)[0]
    return below + integrate.quad(lambda x: distribution.sf(x) ** 2, true, np.inf)[0]


@pytest.mark.parametrize("true", [-3.0, 0.3, 2.0, 7.5])
def test_scores_of_distributions_by_integration(true):
    expected = integrated(stats.norm(0.5, 1.7), true)
    assert forecast_errors.crps_gaussian(true, 0.5, 1.7) == pytest.approx(expected, abs=1e-7)
    for freedom in (1.5, 2.0, 3.0, 10.0):
        found = forecast_errors.crps_student_t(true, freedom, 0.5, 1.7)
        expected = integrated(stats.t(freedom, 0.5, 1.7), true)
        assert found == pytest.approx(expected, abs=1e-6), freedom


def test_a_t_of_many_degrees_is_gaussian():
    true = np.linspace(-3, 3, 7)
    found = forecast_errors.crps_student_t(true, np.full(7, 1e6), 0.2, 1.3)
    np.testing.assert_allclose(found, forecast_errors.crps_gaussian(true, 0.2, 1.3), atol=1e-5)
    with pytest.raises(ValueError, match=r"above 1 degree.*Received: 1\.0"):
        forecast_errors.crps_student_t(true, 1.0, 0.0, 1.0)


@pytest.mark.parametrize("distribution", [stats.norm(), stats.t(4)])
def test_many_quantiles_give_the_score(distribution):
    levels = (np.arange(2000) + 0.5) / 2000
    true = np.array([-2.0, 0.1, 3.0])
    quantiles = np.tile(distribution.ppf(levels), (3, 1))
    expected = [integrated(distribution, each) for each in true]
    found = [
        forecast_errors.crps(true[at : at + 1], quantiles[at : at + 1], levels) for at in range(3)
    ]
    np.testing.assert_allclose(found, expected, rtol=2e-3)


def test_the_true_quantile_has_the_least_loss():
    draws = np.random.default_rng(0).normal(size=20_000)
    for level in (0.1, 0.5, 0.9):
        best = np.quantile(draws, level)
        losses = [
            forecast_errors.pinball(draws, np.full((20_000, 1), best + off), [level])[0]
            for off in (0, -0.1, 0.1)
        ]
        assert np.argmin(losses) == 0
