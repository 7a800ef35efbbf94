"""Smoothed crossentropy equals Keras's own with one-hot vectors."""

import keras
import numpy as np
import pytest

from zoo.layers import SmoothedCrossentropy


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_equals_the_one_of_one_hot_vectors(smoothing):
    rng = np.random.default_rng(0)
    y, logits = rng.integers(0, 7, (3, 5)), 3 * rng.normal(size=(3, 5, 7)).astype("float32")
    weight = rng.random((3, 5)).astype("float32")
    stock = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction="mean_with_sample_weight"
    )
    expected = stock(keras.ops.one_hot(y, 7), logits, sample_weight=weight)
    found = SmoothedCrossentropy(smoothing)(y, logits, sample_weight=weight)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_comes_back_from_its_configuration():
    loss = keras.losses.deserialize(keras.losses.serialize(SmoothedCrossentropy(0.3)))
    assert isinstance(loss, SmoothedCrossentropy) and loss.smoothing == 0.3
    assert loss.reduction == "mean_with_sample_weight"


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_bad_smoothing_is_named(smoothing):
    with pytest.raises(ValueError, match=r"`smoothing` must be in \[0, 1\)"):
        SmoothedCrossentropy(smoothing)
