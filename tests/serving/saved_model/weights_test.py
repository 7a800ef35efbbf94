"""Tests for zoo.serving.saved_model.weights."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import models
from zoo.serving.saved_model import weights


def small(units=8):
    return models.SegRNN(lookback=24, horizon=12, num_channels=3, segment=6, units=units)


def test_restored_weights_are_the_saved_ones_halved(tmp_path):
    model, again = small(), small()
    module = tf.Module()
    module.model = weights.HalfPrecision(model)
    tf.saved_model.save(module, tmp_path)
    assert weights.restore(again, tmp_path) is again
    for old, new in zip(model.weights, again.weights, strict=True):
        halved = np.asarray(old).astype("float16").astype("float32")
        np.testing.assert_array_equal(np.asarray(new), halved)
    with pytest.raises(ValueError, match=r"Expected a SavedModel of the model 'segrnn' in .*shape"):
        weights.restore(small(units=6), tmp_path)
