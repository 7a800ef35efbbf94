"""One matrix for the tokens that are read and those that are predicted."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class TiedEmbedding(layers.Embedding):
    """An embedding that can be called a second time, to score every token.

    Args:
        input_dim: Number of token ids.
        output_dim: Size of a token's vector.
        **kwargs: Those of `keras.layers.Embedding`.

    Call arguments:
        inputs: Token ids of any shape; with `reverse` vectors, float `(..., output_dim)`.
        reverse: Whether to give the inner product of each vector with those of all tokens.

    Returns:
        Float `(..., output_dim)`; with `reverse` `(..., input_dim)`.

    Reference:
        Press and Wolf 2017, "Using the Output Embedding to Improve Language Models"; Inan et al.
        2017, "Tying Word Vectors and Word Classifiers".

    Example:

    >>> layer = TiedEmbedding(9, 4)
    >>> layer(layer(np.array([[3, 5]])), reverse=True).shape
    TensorShape([1, 2, 9])
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.supports_masking = True  # States may come with a mask; it ends here without a warning.

    def call(self, inputs, reverse=False):
        if not reverse:
            return super().call(inputs)
        return ops.matmul(inputs, ops.transpose(ops.convert_to_tensor(self.embeddings)))

    def compute_output_spec(self, inputs, reverse=False):
        shape = (*inputs.shape, self.output_dim)
        if reverse:
            shape = (*inputs.shape[:-1], self.input_dim)
        return keras.KerasTensor(shape, self.compute_dtype)


@keras.saving.register_keras_serializable(package="zoo")
class Bias(layers.Layer):
    """Adds a number to each feature, as the head of a model whose scores come from elsewhere.

    Call arguments:
        inputs: Float `(..., features)`.

    Example:

    >>> Bias()(np.zeros((2, 3, 4))).shape
    TensorShape([2, 3, 4])
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape):
        self.bias = self.add_weight((inputs_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs):
        return inputs + self.bias

    def compute_output_shape(self, inputs_shape):
        return inputs_shape
