"""Distributions: against SciPy and scikit-learn."""

import keras
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from zoo.layers import DensityLoss, DistributionHead, PinballLoss, distribution_size

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def raw(distribution, seed=0):
    size = distribution_size(distribution, LEVELS)
    return np.random.default_rng(seed).normal(size=(4, 6, 3, size)).astype("float32") * 4


@pytest.mark.parametrize("distribution", ["quantiles", "gaussian", "student_t"])
def test_quantiles_rise_and_the_median_is_in_the_middle(distribution):
    head = DistributionHead(distribution, levels=LEVELS)
    given = raw(distribution)
    found = np.asarray(head.quantiles(head(given)))
    assert found.shape == (4, 6, 3, len(LEVELS))
    assert (np.diff(found, axis=-1) > 0).all()
    place = 2 if distribution == "quantiles" else 0
    np.testing.assert_allclose(found[..., 2], given[..., place], rtol=1e-6)


@pytest.mark.parametrize("freedom", [2.0, 2.5, 3.0, 4.0, 7.0, 40.0])
def test_quantiles_are_scipys(freedom):
    head = DistributionHead("student_t", levels=LEVELS)
    found = np.asarray(head.quantiles(np.array([[1.5, 0.5, freedom]], "float32")))[0]
    wrong = (found - stats.t.ppf(LEVELS, freedom, 1.5, 0.5)) / 0.5
    assert abs(wrong).max() < (4e-3 if freedom < 3 else 1e-4)
    head = DistributionHead("gaussian", levels=LEVELS)
    found = np.asarray(head.quantiles(np.array([[1.5, 0.5]], "float32")))[0]
    np.testing.assert_allclose(found, stats.norm.ppf(LEVELS, 1.5, 0.5), atol=1e-5)


def test_pinball_is_scikit_learns():
    y = np.random.default_rng(1).normal(size=(4, 6, 3))
    q = raw("quantiles", seed=2)
    expected = np.mean(
        [mean_pinball_loss(y.ravel(), q[..., i].ravel(), alpha=p) for i, p in enumerate(LEVELS)]
    )
    assert float(PinballLoss(LEVELS)(y, q)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("distribution", ["gaussian", "student_t"])
def test_density_is_scipys(distribution):
    y = np.random.default_rng(1).normal(size=(4, 6, 3)).astype("float32")
    found = np.asarray(DistributionHead(distribution, levels=LEVELS)(raw(distribution)))
    level, width = found[..., 0], found[..., 1]
    expected = (
        stats.norm.logpdf(y, level, width)
        if distribution == "gaussian"
        else stats.t.logpdf(y, found[..., 2], level, width)
    )
    loss = float(DensityLoss(distribution)(y, found))
    assert loss == pytest.approx(-expected.mean(), rel=1e-4)


def test_losses_take_weights_of_windows_and_of_steps():
    y, q = np.zeros((4, 6, 3)), raw("quantiles")
    per_step = np.ones((4, 6))
    per_step[1:] = 0
    alone = float(PinballLoss(LEVELS)(y[:1], q[:1]))
    assert float(PinballLoss(LEVELS)(y, q, sample_weight=per_step)) == pytest.approx(alone)


def test_what_is_no_distribution_is_named():
    with pytest.raises(ValueError, match="`distribution` must be None or one of 'quantiles'"):
        distribution_size("laplace")
    for levels in ((0.1, 0.9), (0.5, 0.1), (0.0, 0.5)):
        with pytest.raises(ValueError, match="`levels` must rise between 0 and 1"):
            DistributionHead("quantiles", levels=levels)
    for none in (None, "laplace"):
        with pytest.raises(ValueError, match="`distribution` must be one of 'quantiles'"):
            DistributionHead(none)
    with pytest.raises(ValueError, match="must be 'gaussian' or 'student_t'"):
        DensityLoss("quantiles")


def test_layer_and_losses_come_back_from_their_configs():
    for each in (DistributionHead("gaussian", levels=LEVELS), PinballLoss(LEVELS)):
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(each))
        assert tuple(again.levels) == LEVELS
