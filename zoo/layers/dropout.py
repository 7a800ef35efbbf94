"""Dropout of whole words: of single ones, and of all that are the same."""

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

    Raises:
        ValueError: If `rate` is not in [0, 1).

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


@keras.saving.register_keras_serializable(package="zoo")
class EmbeddingDropout(keras.layers.Layer):
    """Drops whole words of the vocabulary from a batch, wherever they occur, in training only.

    Args:
        rate: Probability, in [0, 1), that a word is dropped: its vectors are 0; those of the others
            grow by `1 / (1 - rate)`.
        vocabulary_size: Number of token ids.
        seed: Seed of the random choice.

    Call arguments:
        vectors: Float `(batch, time, width)`.
        tokens: Token ids `(batch, time)`.
        training: Whether to drop.

    Returns:
        A tensor of the shape of `vectors`.

    Raises:
        ValueError: If `rate` is not in [0, 1).

    Reference:
        Gal and Ghahramani 2016, "A Theoretically Grounded Application of Dropout in Recurrent
        Neural Networks"; one draw a batch, as in Merity et al. 2018 (AWD-LSTM).

    Example:

    >>> drop = EmbeddingDropout(0.5, vocabulary_size=9, seed=0)
    >>> vectors = drop(np.ones((1, 4, 1)), np.array([[3, 5, 3, 5]]), training=True).numpy()[0, :, 0]
    >>> bool(vectors[0] == vectors[2]), bool(vectors[1] == vectors[3])
    (True, True)
    """

    def __init__(self, rate, vocabulary_size, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}")
        self.rate = rate
        self.vocabulary_size = vocabulary_size
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, vectors, tokens, training=False):
        if not training or self.rate == 0:
            return vectors
        drawn = keras.random.uniform((self.vocabulary_size,), seed=self.seed_generator)
        kept = ops.cast(drawn >= self.rate, vectors.dtype) / (1 - self.rate)
        return vectors * ops.expand_dims(ops.take(kept, tokens), -1)

    def compute_output_shape(self, vectors_shape, tokens_shape=None):
        return vectors_shape

    def get_config(self):
        own = {"rate": self.rate, "vocabulary_size": self.vocabulary_size, "seed": self.seed}
        return {**super().get_config(), **own}
