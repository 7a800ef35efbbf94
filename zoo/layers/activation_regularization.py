"""Penalties on the states of a recurrent layer."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class ActivationRegularization(layers.Layer):
    """Asks states to be small and to change little from step to step, in training only.

    Args:
        size: Weight of the mean square of the states, as dropout left them (AR).
        change: Weight of the mean square of the change from each state to the next, before dropout
            (TAR).
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        dropped: States after dropout, float `(batch, time, width)`.
        states: The same before.
        real: Boolean `(batch, time)`, which steps are no padding; all where it is `None`.
        training: Whether to add the two to the loss.

    Returns:
        `dropped`.

    Reference:
        Merity et al. 2017, "Revisiting Activation Regularization for Language RNNs".

    Example:

    >>> layer = ActivationRegularization(size=2.0, change=1.0)
    >>> states = np.array([[[1.0], [3.0]]])
    >>> _ = layer(states, states, training=True)
    >>> [float(loss) for loss in layer.losses]
    [14.0]
    """

    def __init__(self, size=0.0, change=0.0, **kwargs):
        super().__init__(**kwargs)
        self.size, self.change = size, change
        self.supports_masking = True
        self.built = True

    def call(self, dropped, states, real=None, training=False):
        if training:
            # Sums and counts are too large for half precision.
            states = ops.cast(states, "float32")
            real = ops.ones_like(states[..., 0]) if real is None else ops.cast(real, "float32")
            size = _mean_square(ops.cast(dropped, "float32"), real)
            change = _mean_square(states[:, 1:] - states[:, :-1], real[:, 1:] * real[:, :-1])
            self.add_loss(self.size * size + self.change * change)
        return dropped

    def compute_output_spec(self, dropped, states, real=None, training=False):
        return keras.KerasTensor(dropped.shape, dropped.dtype)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "change": self.change}


def _mean_square(x, weight):
    squares = ops.sum(ops.mean(ops.square(x), axis=-1) * weight)
    # A window of one step has no change: 0, not the mean of nothing.
    return squares / ops.maximum(ops.sum(weight), 1)
