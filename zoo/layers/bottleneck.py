"""The bottleneck of a variational autoencoder."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class VariationalBottleneck(layers.Layer):
    """Codes a vector as a normal distribution, of which training draws and inference has the mean.

    It adds `kl_weight` times the divergence from the standard normal distribution, a sum over the
    code and a mean over the batch, to the loss. Draws differ from step to step and follow from the
    seed.

    Args:
        units: Size of the code.
        kl_weight: Weight of the divergence.
        seed: Seed of the draws.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        x: Float `(batch, features)`.
        training: Whether to draw.

    Returns:
        The code, float `(batch, units)`.

    Raises:
        ValueError: If `kl_weight` is negative.

    Reference:
        Kingma and Welling 2014, "Auto-Encoding Variational Bayes".

    Example:

    >>> bottleneck = VariationalBottleneck(3, seed=0)
    >>> x = np.ones((2, 5), "float32")
    >>> bool(np.all(bottleneck(x) == bottleneck(x)))
    True
    >>> bool(np.any(bottleneck(x, training=True) == bottleneck(x, training=True)))
    False
    """

    def __init__(self, units, kl_weight=1.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if kl_weight < 0:
            raise ValueError(f"`kl_weight` must be at least 0. Received: {kl_weight}")
        self.units, self.kl_weight, self.seed = units, kl_weight, seed
        self.mean = layers.Dense(units, name="mean", dtype=self.dtype_policy)
        self.log_variance = layers.Dense(units, name="log_variance", dtype=self.dtype_policy)
        self.seeds = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.mean.build(input_shape)
        self.log_variance.build(input_shape)

    def call(self, x, training=False):
        mean = self.mean(x)
        # Beyond these a variance is 0 or infinite in half precision.
        log_variance = ops.clip(self.log_variance(x), -10.0, 10.0)
        divergence = 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)
        self.add_loss(self.kl_weight * ops.mean(ops.sum(divergence, axis=-1)))
        if not training:
            return mean
        drawn = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self.seeds)
        return mean + ops.exp(0.5 * log_variance) * drawn

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        own = {"units": self.units, "kl_weight": self.kl_weight, "seed": self.seed}
        return {**super().get_config(), **own}
