"""The state of recurrent layers between one batch and the next."""

import contextlib
import types

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="zoo")
class CarriedState(layers.Layer):
    """Gives recurrent layers the state to begin with, and takes the one that they end with.

    With `lanes` it remembers: row after row each batch goes on where the one before it stopped, so
    that a text may be much longer than a window of it (truncated backpropagation through time).
    Without, every row begins at nothing. A model whose state must go in and come out, one step
    after another, calls itself inside `holding`.

    It is called twice: on `begins`, before the recurrent layers, and on what they answered and
    their last states, after them.

    Args:
        sizes: Size of each state, in the order of the layers: an LSTM has two, the others one.
        lanes: Most rows of a batch, for each of which a state is kept; or `None` to keep none.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        inputs: Before: boolean `(rows,)`, which rows begin a new text, at a state of 0; without
            `lanes` any tensor of that many rows. After: any tensor, which is given back.
        states: After: the last states of the layers, a list of `(rows, size)`.

    Returns:
        Before: a list of states `(rows, size)`. After: `inputs`.

    Raises:
        ValueError: If a batch has more rows than there are lanes.

    Reference:
        Mikolov et al. 2010, "Recurrent neural network based language model".

    Example:

    >>> layer = CarriedState([3], lanes=2)
    >>> (state,) = layer(np.array([True, True]))
    >>> x = layer(np.zeros((2, 1)), [state + 5])
    >>> layer(np.array([False, True]))[0].numpy().tolist()
    [[5.0, 5.0, 5.0], [0.0, 0.0, 0.0]]
    """

    def __init__(self, sizes, lanes=None, **kwargs):
        super().__init__(**kwargs)
        if lanes is not None and lanes < 1:
            raise ValueError(f"`lanes` must be None or at least 1. Received: {lanes}")
        self.sizes, self.lanes = list(sizes), lanes
        self.supports_masking = True
        self._held = None

    def build(self, inputs_shape, states_shape=None):
        self.kept = []
        if self.lanes is not None:
            self.kept = [
                self.add_weight(
                    (self.lanes, size), initializer="zeros", trainable=False, name=f"state_{place}"
                )
                for place, size in enumerate(self.sizes)
            ]

    @contextlib.contextmanager
    def holding(self, states):
        """Has the layer give these states, and keep none, while the context lasts.

        Args:
            states: Those to begin with, a list of `(rows, size)`.

        Yields:
            A list, empty until the layer has been called on the last states: then they are in it.
        """
        # No list, which Keras would track: a copy of it would be filled.
        held = types.SimpleNamespace(first=list(states), last=[])
        before, self._held = self._held, held
        try:
            yield held.last
        finally:
            self._held = before

    def call(self, inputs, states=None):
        if states is None:
            return self._give(inputs)
        if self._held is not None:
            self._held.last.extend(states)
        elif self.kept:
            self._keep(states)
        return inputs

    def _give(self, inputs):
        if self._held is not None:
            return list(self._held.first)
        rows = ops.shape(inputs)[0]
        if not self.kept:
            return [ops.zeros((rows, size), self.compute_dtype) for size in self.sizes]
        if inputs.shape[0] is not None and inputs.shape[0] > self.lanes:
            raise ValueError(
                f"A batch must have at most as many rows as the model has lanes, {self.lanes}. "
                f"Received: {inputs.shape[0]}"
            )
        begins = ops.expand_dims(ops.cast(inputs, "bool"), -1)
        kept = [ops.cast(each, self.compute_dtype)[:rows] for each in self.kept]
        return [ops.where(begins, ops.zeros_like(each), each) for each in kept]

    def _keep(self, states):
        for kept, state in zip(self.kept, states, strict=True):
            state = ops.cast(ops.stop_gradient(state), kept.dtype)
            rest = ops.convert_to_tensor(kept)[ops.shape(state)[0] :]
            kept.assign(ops.reshape(ops.concatenate([state, rest], axis=0), kept.shape))

    def compute_output_spec(self, inputs, states=None):
        if states is not None:
            return keras.KerasTensor(inputs.shape, inputs.dtype)
        rows = inputs.shape[0]
        return [keras.KerasTensor((rows, size), self.compute_dtype) for size in self.sizes]

    def get_config(self):
        return {**super().get_config(), "sizes": self.sizes, "lanes": self.lanes}
