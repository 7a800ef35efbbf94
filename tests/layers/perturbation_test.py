"""A layer that moves what passes, while it is told to."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as to_numpy

from zoo.layers import Perturbation

X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MOVE = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")


def test_moves_only_while_the_context_lasts():
    layer = Perturbation()
    np.testing.assert_array_equal(to_numpy(layer(X)), X)
    with layer.moved_by(MOVE):
        np.testing.assert_allclose(to_numpy(layer(X)), X + MOVE, rtol=1e-6)
    np.testing.assert_array_equal(to_numpy(layer(X)), X)


def test_an_error_inside_ends_the_move_too():
    layer = Perturbation()
    with pytest.raises(RuntimeError, match="inside"), layer.moved_by(MOVE):
        raise RuntimeError("inside")
    np.testing.assert_array_equal(to_numpy(layer(X)), X)


def test_moves_inside_a_model_and_a_graph():
    inputs = keras.Input((3, 4))
    layer = Perturbation(name="perturbation")
    model = keras.Model(inputs, keras.layers.Dense(2, use_bias=False)(layer(inputs)))
    (kernel,) = model.get_weights()
    with layer.moved_by(MOVE):
        np.testing.assert_allclose(to_numpy(model(X)), (X + MOVE) @ kernel, atol=1e-5)
    np.testing.assert_allclose(model.predict_on_batch(X), X @ kernel, atol=1e-5)
    assert not layer.weights
    assert Perturbation.from_config(layer.get_config()).name == "perturbation"
