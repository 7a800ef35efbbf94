"""Word dropout, by counting."""

import keras
import numpy as np
import pytest

from zoo.layers import WordDropout


def test_drops_its_share_in_training_only_and_never_padding():
    tokens = np.tile(np.array([0, 5, 6, 7], "int32"), (500, 10))
    layer = WordDropout(0.3, unknown_id=1, seed=0)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(tokens)), tokens)
    dropped = keras.ops.convert_to_numpy(layer(tokens, training=True))
    assert (dropped[tokens == 0] == 0).all()
    changed = dropped != tokens
    assert (dropped[changed] == 1).all()
    assert changed[tokens != 0].mean() == pytest.approx(0.3, abs=0.02)
    again = keras.ops.convert_to_numpy(layer(tokens, training=True))
    assert (again != dropped).any()
