"""A place in a model where its word vectors can be moved from outside."""

import contextlib

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class Perturbation(keras.layers.Layer):
    """Passes its input on, moved by a tensor while one is given.

    Adversarial training calls a whole model again with its word vectors moved; only here does it
    have to reach into the model.

    Example:

    >>> layer = Perturbation()
    >>> with layer.moved_by(np.array([[1.0, 2.0]])):
    ...     print(layer(np.array([[0.5, 0.5]])).numpy().tolist())
    [[1.5, 2.5]]
    >>> layer(np.array([[0.5, 0.5]])).numpy().tolist()
    [[0.5, 0.5]]
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._moves = ()
        self.built = True

    @contextlib.contextmanager
    def moved_by(self, move):
        """Moves what passes while the context lasts: by `move`, of the shape of the input."""
        before, self._moves = self._moves, (*self._moves, move)
        try:
            yield
        finally:
            self._moves = before

    def call(self, vectors):
        for move in self._moves:
            vectors = vectors + ops.cast(move, vectors.dtype)
        return vectors

    def compute_output_shape(self, input_shape):
        return input_shape
