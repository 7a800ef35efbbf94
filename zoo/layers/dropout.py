"""Dropout of whole words."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class WordDropout(keras.layers.Layer):
    """Replaces token ids by the id of the unknown word, during training only.

    A tagger trained so learns to rely on characters and context where a word is unknown. Padding
    (id 0) is never touched.

    Args:
        rate: Probability, in [0, 1), that a token is replaced.
        unknown_id: The id that replaces it. Defaults to 1.
        seed: Seed of the random choice.

    Call arguments:
        tokens: Integer tensor of any shape.
        training: Whether to drop.

    Returns:
        A tensor of the shape and dtype of `tokens`.

    Reference:
        Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods for Text
        Classification".

    Example:

    >>> WordDropout(0.5, seed=0)(np.array([[5, 6, 7, 0]])).shape
    TensorShape([1, 4])
    """

    def __init__(self, rate, unknown_id=1, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}")
        self.rate = rate
        self.unknown_id = unknown_id
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, tokens, training=False):
        if not training or self.rate == 0:
            return tokens
        drawn = keras.random.uniform(ops.shape(tokens), seed=self.seed_generator)
        dropped = ops.logical_and(drawn < self.rate, tokens != 0)
        return ops.where(dropped, ops.cast(self.unknown_id, tokens.dtype), tokens)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "rate": self.rate,
            "unknown_id": self.unknown_id,
            "seed": self.seed,
        }
