"""A softmax over many classes that training pays for few of them."""

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class SampledSoftmax(layers.Layer):
    """Says how likely each step's target is among all classes, at the price of a few in training.

    In training the target competes with `samples` classes drawn anew for every batch, one draw for
    all its steps; the less often a class is drawn, the more it counts, so that the gradient is, in
    the limit of many samples, that of the full softmax. Otherwise all classes compete, one row of
    the batch at a time, so that the logits of a large vocabulary never lie in memory together.

    Classes are drawn from a log-uniform distribution: class 1 must be the most frequent and the
    last one the rarest, as `zoo.data` numbers words. Class 0, padding, is never drawn.

    Everything is computed in float32, also under a mixed policy.

    Args:
        vocabulary_size: Number of classes, counting padding (id 0).
        samples: Number of classes to draw, or `None` to let all compete in training, too.
        seed: Seed of the draws.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        states: Float `(batch, time, width)`.
        targets: Class ids `(batch, time)`.
        training: Whether to draw.

    Returns:
        Natural logarithms of the targets' probabilities, float32 `(batch, time)`; in training
        estimates.

    Raises:
        ValueError: If there is no class to draw from, or nothing to draw.

    Reference:
        Jean et al. 2015, "On Using Very Large Target Vocabulary for Neural Machine Translation";
        Bengio and Senécal 2003, "Quick Training of Probabilistic Neural Nets by Importance
        Sampling".

    Example:

    >>> layer = SampledSoftmax(50, samples=8)
    >>> layer(np.zeros((2, 3, 4), "float32"), np.ones((2, 3), "int32")).shape
    TensorShape([2, 3])
    """

    def __init__(self, vocabulary_size, samples=1024, *, seed=None, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if vocabulary_size < 2:
            raise ValueError(f"`vocabulary_size` must be at least 2. Received: {vocabulary_size}")
        if samples is not None and samples < 1:
            raise ValueError(f"`samples` must be None or at least 1. Received: {samples}")
        self.vocabulary_size = vocabulary_size
        self.samples = samples
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, states_shape, targets_shape=None):
        self.kernel = self.add_weight(
            (self.vocabulary_size, states_shape[-1]), initializer="glorot_uniform", name="kernel"
        )
        self.bias = self.add_weight((self.vocabulary_size,), initializer="zeros", name="bias")

    def call(self, states, targets, training=False):
        true = ops.sum(states * ops.take(self.kernel, targets, axis=0), axis=-1)
        true += ops.take(self.bias, targets)
        if not training or self.samples is None:
            return ops.cast(true - self.log_normalizer(states), "float32")
        drawn = self.draw()
        others = ops.matmul(states, ops.transpose(ops.take(self.kernel, drawn, axis=0)))
        others += ops.take(self.bias, drawn) - self.log_expected_count(drawn)
        others = ops.where(targets[..., None] == drawn, -1e9, others)
        return ops.cast(true - ops.logaddexp(true, ops.logsumexp(others, axis=-1)), "float32")

    def compute_output_shape(self, states_shape, targets_shape=None):
        return states_shape[:-1]

    def log_normalizer(self, states):
        """Logarithm of the sum over all classes, float `(batch, time)`."""
        kernel, bias = ops.transpose(self.kernel), ops.convert_to_tensor(self.bias)
        return ops.map(lambda row: ops.logsumexp(ops.matmul(row, kernel) + bias, axis=-1), states)

    def draw(self):
        """Draws class ids, int32 `(samples,)`, with replacement."""
        uniform = keras.random.uniform((self.samples,), seed=self.seed_generator)
        drawn = ops.floor(ops.exp(uniform * np.log(self.vocabulary_size)))
        return ops.clip(ops.cast(drawn, "int32"), 1, self.vocabulary_size - 1)

    def log_expected_count(self, ids):
        """Logarithm of how often a class is drawn on average."""
        place = ops.cast(ops.maximum(ids, 1), "float32")
        share = ops.log1p(1 / place) / np.log(self.vocabulary_size)
        return ops.log(self.samples * share)

    def get_config(self):
        own = {"vocabulary_size": self.vocabulary_size, "samples": self.samples, "seed": self.seed}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="zoo")
class LogLikelihoodLoss(keras.losses.Loss):
    """Minus the mean of logarithms of probabilities that a model itself puts out, in nats.

    Call arguments:
        y_true: Anything of shape `(batch, time)`; it is not looked at.
        y_pred: Log-probabilities `(batch, time, n)`, their mean taken over `n`.
        sample_weight: Weights `(batch, time)`.

    Example:

    >>> float(LogLikelihoodLoss()(np.zeros((1, 2)), np.array([[[-1.0, -3.0], [-2.0, -2.0]]])))
    2.0
    """

    def __init__(self, reduction="mean_with_sample_weight", name="log_likelihood", dtype="float32"):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true, y_pred):
        return -ops.mean(ops.convert_to_tensor(y_pred), axis=-1)
