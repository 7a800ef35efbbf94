"""The gradient that keras.ops lacks, against numbers, on all three backends."""

import pathlib

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as to_numpy

from zoo.layers import gradient

ROOT = pathlib.Path(__file__).parent.parent.parent

GRADIENT = """
import keras, numpy as np
from keras import ops
from keras.ops import convert_to_numpy as to_numpy
from zoo.layers import gradient
x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")

found = to_numpy(gradient(lambda x: ops.sum(ops.sin(x) * x), ops.convert_to_tensor(x)))
np.testing.assert_allclose(found, np.cos(x) * x + np.sin(x), atol=1e-5)
# Through the weights of a layer, which stay what they are.
layer = keras.layers.Dense(2, activation="tanh")
layer.build(x.shape)
kernel, bias = layer.get_weights()
found = to_numpy(gradient(lambda x: ops.sum(layer(x)), ops.convert_to_tensor(x)))
np.testing.assert_allclose(found, (1 - np.tanh(x @ kernel + bias) ** 2) @ kernel.T, atol=1e-5)
np.testing.assert_array_equal(layer.get_weights()[0], kernel)

class Twice(keras.Model):
    "Its loss is sum(w * g(w)), where g(w) = 3 w^2 is found by `gradient`: as a constant or not."
    def build(self, shape):
        self.w = self.add_weight((3,), initializer="ones")
    def call(self, x):
        return ops.sum(x) * 0 + self.w
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        g = gradient(lambda v: ops.sum(v**3), ops.convert_to_tensor(self.w) * 1)
        return ops.sum(self.w * g)

model = Twice()
model.build((1, 1))
model.w.assign([1.0, 2.0, -1.0])
model.compile(keras.optimizers.SGD(0.01))
model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
w = np.array([1.0, 2.0, -1.0])
# The derivative is 3 w^2 where g is a constant; 9 w^2 where it is not.
np.testing.assert_allclose(to_numpy(model.w), w - 0.01 * 3 * w**2, atol=1e-5)
"""


def test_gradient_on_every_backend(backend_process):
    backend_process.run(GRADIENT)


def test_gradient_of_a_stock_layer_is_that_of_finite_differences():
    layer = keras.layers.GRU(3)
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")

    def total(x):
        return keras.ops.sum(keras.ops.square(layer(x)))

    found = to_numpy(gradient(total, keras.ops.convert_to_tensor(x)))
    for place in [(0, 0, 1), (1, 3, 2), (0, 2, 0)]:
        step = np.zeros_like(x)
        step[place] = 1e-2
        slope = (float(total(x + step)) - float(total(x - step))) / 2e-2
        assert found[place] == pytest.approx(slope, abs=2e-3)
    assert abs(found).max() > 0.01
