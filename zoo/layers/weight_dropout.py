"""Dropout inside the recurrence that leaves the fast kernels as they are."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class WeightDropout(layers.Wrapper):
    """Runs a recurrent layer with a part of its recurrent kernel dropped, in training only.

    What is dropped is drawn once a call, for all rows and all steps, so the recurrence itself is
    the stock one. Its weights are those of the wrapped layer and nothing else.

    Args:
        layer: A `keras.layers.LSTM`, `GRU` or `SimpleRNN`.
        rate: Share, in [0, 1), of the recurrent kernel that is 0; the rest grows by
            `1 / (1 - rate)`.
        seed: Seed of the draws.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        sequences: Float `(batch, time, features)`.
        initial_state: A list of states `(batch, units)`; by default 0.
        mask: Boolean `(batch, time)`.
        training: Whether to drop.

    Returns:
        What the wrapped layer returns.

    Raises:
        ValueError: If `rate` is not in [0, 1).

    Reference:
        Wan et al. 2013, "Regularization of Neural Networks using DropConnect"; Merity et al. 2018,
        "Regularizing and Optimizing LSTM Language Models".

    Example:

    >>> layer = WeightDropout(keras.layers.LSTM(8), rate=0.5)
    >>> layer(np.zeros((2, 5, 3)), training=True).shape
    TensorShape([2, 8])
    """

    def __init__(self, layer, rate, seed=None, **kwargs):
        super().__init__(layer, **kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: {rate}")
        self.rate, self.seed = rate, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, sequences_shape, initial_state_shape=None):
        self.layer.build(sequences_shape)

    def call(self, sequences, initial_state=None, mask=None, training=False):
        given = {"initial_state": initial_state, "mask": mask, "training": training}
        if not training or not self.rate:
            return self.layer(sequences, **given)
        cell, kernel = self.layer.cell, self.layer.cell.recurrent_kernel
        dropped = keras.random.dropout(
            ops.convert_to_tensor(kernel), self.rate, seed=self.seed_generator
        )
        # Past Keras, which would see a weight go and a tensor come.
        object.__setattr__(cell, "recurrent_kernel", dropped)
        try:
            return self.layer(sequences, **given)
        finally:
            object.__setattr__(cell, "recurrent_kernel", kernel)

    def compute_mask(self, sequences, mask=None):
        return self.layer.compute_mask(sequences, mask)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        return self.layer.compute_output_shape(sequences_shape)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
