"""Recurrent layers by name: what they are told, and what is said of what they cannot be."""

import keras
import numpy as np
import pytest

from zoo.layers import stacked
from zoo.layers.recurrent import units_of_layers


def test_units_may_be_of_numpy_and_in_a_list():
    assert units_of_layers(np.int64(8)) == (8,)
    assert units_of_layers([8, np.int32(6)]) == (8, 6)


@pytest.mark.parametrize("units", [0, 2.5, None, "8", (), (4, 0), (4, "6")])
def test_units_must_be_positive(units):
    with pytest.raises(ValueError, match="`units` must be a positive int or a tuple of them"):
        units_of_layers(units)


def test_rates_may_come_in_a_list():
    x = keras.Input((None, 3))
    model = keras.Model(x, stacked("gru", (4, 5), dropout=[0.1, 0.2])(x))
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.1, 0.2]
    with pytest.raises(ValueError, match="`dropout` must have one rate a layer"):
        stacked("gru", (4, 5), dropout=[0.1])
