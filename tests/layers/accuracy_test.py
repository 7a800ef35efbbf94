"""Accuracy over steps, where Keras's own is not one."""

import keras
import numpy as np
import pytest

from zoo.layers import StepAccuracy

# A narrow batch that is right throughout and a wide one that is wrong throughout.
NARROW = (np.zeros((1, 1), int), np.eye(2)[np.zeros((1, 1), int)], np.ones((1, 1)))
WIDE = (np.zeros((1, 9), int), np.eye(2)[np.ones((1, 9), int)], np.ones((1, 9)))


def measured(metric):
    for y_true, y_pred, weight in (NARROW, WIDE):
        metric.update_state(y_true, y_pred, weight)
    return float(metric.result())


def test_every_step_counts_once():
    assert measured(StepAccuracy()) == pytest.approx(1 / 10)


def test_the_stock_metric_weighs_sequences():
    """If this fails, Keras has changed and `StepAccuracy` may go."""
    assert measured(keras.metrics.SparseCategoricalAccuracy()) == pytest.approx(1 / 2)
