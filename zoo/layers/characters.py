"""Encoders that read a word by its characters."""

import keras
from keras import layers, ops

from zoo.layers.recurrent import recurrent_layer


class CharacterEncoder(layers.Layer):
    """What `CharacterCNN` and `CharacterRNN` share: characters in, one vector a word out."""

    def __init__(self, vocabulary_size, embedding_dim, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.embedding = layers.Embedding(
            vocabulary_size, embedding_dim, dtype=self.dtype_policy, name="embedding"
        )

    def call(self, characters):
        batch, time, width = ops.shape(characters)
        characters = ops.reshape(characters, (batch * time, width))
        words = self.encode(self.embedding(characters), characters != 0)
        return ops.reshape(words, (batch, time, self.output_dim))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], self.output_dim)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
        }


@keras.saving.register_keras_serializable(package="zoo")
class CharacterCNN(CharacterEncoder):
    """Reads each word with convolutions over its characters and takes the maximum over positions.

    Padding never counts: it is zero to the convolution, as is the world beyond a word's ends, and
    its positions are left out of the maximum.

    Args:
        vocabulary_size: Number of character ids, counting padding (id 0) and unknown (id 1).
        embedding_dim: Size of a character's vector.
        filters: Number of filters of each width.
        widths: Widths of the convolutions, in characters.

    Call arguments:
        characters: Integer tensor `(batch, time, characters)`, zero where padded.

    Returns:
        A float tensor `(batch, time, filters * len(widths))`, zero for a word without characters.

    Reference:
        Ma and Hovy 2016, "End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF".

    Example:

    >>> words = CharacterCNN(vocabulary_size=30, embedding_dim=8, filters=10, widths=(2, 3))
    >>> words(np.ones((2, 5, 7), "int32")).shape
    TensorShape([2, 5, 20])
    """

    def __init__(self, vocabulary_size, embedding_dim=30, filters=50, widths=(3,), **kwargs):
        super().__init__(vocabulary_size, embedding_dim, **kwargs)
        self.filters = filters
        self.widths = tuple(widths)
        self.output_dim = filters * len(self.widths)
        self.convolutions = [
            layers.Conv1D(
                filters, width, padding="same", dtype=self.dtype_policy, name=f"width_{width}"
            )
            for width in self.widths
        ]

    def build(self, input_shape):
        self.embedding.build((None, None))
        for convolution in self.convolutions:
            convolution.build((None, None, self.embedding_dim))
        self.built = True

    def encode(self, vectors, mask):
        mask = ops.expand_dims(mask, -1)
        vectors = ops.where(mask, vectors, ops.zeros_like(vectors))
        found = ops.concatenate([convolve(vectors) for convolve in self.convolutions], axis=-1)
        lowest = ops.full_like(found, -1e4)
        found = ops.max(ops.where(mask, found, lowest), axis=1)
        return ops.where(ops.any(mask, axis=1), ops.tanh(found), ops.zeros_like(found))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "widths": self.widths}


@keras.saving.register_keras_serializable(package="zoo")
class CharacterRNN(CharacterEncoder):
    """Reads each word with a bidirectional recurrent layer and keeps both final states.

    Args:
        vocabulary_size: Number of character ids, counting padding (id 0) and unknown (id 1).
        embedding_dim: Size of a character's vector.
        units: Units of each direction.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.

    Call arguments:
        characters: Integer tensor `(batch, time, characters)`, zero where padded.

    Returns:
        A float tensor `(batch, time, 2 * units)`, zero for a word without characters.

    Reference:
        Lample et al. 2016, "Neural Architectures for Named Entity Recognition".

    Example:

    >>> words = CharacterRNN(vocabulary_size=30, embedding_dim=8, units=10)
    >>> words(np.ones((2, 5, 7), "int32")).shape
    TensorShape([2, 5, 20])
    """

    def __init__(self, vocabulary_size, embedding_dim=30, units=50, cell="lstm", **kwargs):
        super().__init__(vocabulary_size, embedding_dim, **kwargs)
        self.units = units
        self.cell = cell
        self.output_dim = 2 * units
        policy = {"dtype": self.dtype_policy}
        self.recurrent = layers.Bidirectional(
            recurrent_layer(cell, units, **policy), **policy, name="recurrent"
        )

    def build(self, input_shape):
        self.embedding.build((None, None))
        self.recurrent.build((None, None, self.embedding_dim))
        self.built = True

    def encode(self, vectors, mask):
        # cuDNN fails on a row without a single step (tensorflow#43103): let padding read one.
        empty = ops.logical_not(ops.any(mask, axis=1, keepdims=True))
        first = ops.cumsum(ops.ones_like(mask, dtype="int32"), axis=1) == 1
        read = self.recurrent(vectors, mask=ops.logical_or(mask, ops.logical_and(empty, first)))
        return ops.where(empty, ops.zeros_like(read), read)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "cell": self.cell}
