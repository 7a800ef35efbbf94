"""Pooling: one vector of a sequence of states, padding left out."""

import keras
from keras import layers, ops

from zoo.layers.attention import masked_softmax

KINDS = ("last", "mean", "max")


@keras.saving.register_keras_serializable(package="zoo")
class SequencePooling(layers.Layer):
    """Takes the last state of a sequence, or the mean or maximum over its real steps.

    Args:
        kind: `"last"`, `"mean"` or `"max"`.
        bidirectional: Whether the second half of each state was read from the right: its last state
            is then the one at the first step.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        states: Float `(batch, time, width)`.
        real: Boolean `(batch, time)`, padding on the right, at least one real step in every row.

    Returns:
        `(batch, width)`.

    Raises:
        ValueError: If `kind` is none of those.

    Example:

    >>> states = np.array([[[1.0, 5.0], [3.0, 2.0], [9.0, 9.0]]])
    >>> real = np.array([[True, True, False]])
    >>> for kind in ("last", "mean", "max"):
    ...     print(SequencePooling(kind, bidirectional=True)(states, real).numpy().tolist())
    [[3.0, 5.0]]
    [[2.0, 3.5]]
    [[3.0, 5.0]]
    """

    def __init__(self, kind, *, bidirectional=False, **kwargs):
        super().__init__(**kwargs)
        if kind not in KINDS:
            known = ", ".join(map(repr, KINDS))
            raise ValueError(f"`kind` must be one of {known}. Received: {kind!r}")
        self.kind = kind
        self.bidirectional = bidirectional
        self.supports_masking = True
        self.built = True

    def call(self, states, real):
        shown = ops.expand_dims(ops.cast(real, states.dtype), -1)
        if self.kind == "max":
            return ops.max(states * shown - 1e4 * (1 - shown), axis=1)
        if self.kind == "mean":
            return ops.sum(states * shown, axis=1) / ops.sum(shown, axis=1)
        last = ops.sum(ops.cast(real, "int32"), axis=1) - 1
        last = ops.take_along_axis(states, ops.reshape(last, (-1, 1, 1)), axis=1)[:, 0]
        if not self.bidirectional:
            return last
        half = states.shape[-1] // 2
        return ops.concatenate([last[:, :half], states[:, 0, half:]], axis=-1)

    def compute_output_shape(self, states_shape, real_shape=None):
        return (states_shape[0], states_shape[-1])

    def compute_mask(self, inputs, mask=None):
        return None

    def get_config(self):
        return {**super().get_config(), "kind": self.kind, "bidirectional": self.bidirectional}


@keras.saving.register_keras_serializable(package="zoo")
class AttentionPooling(layers.Layer):
    """Weighs the states of a sequence by what each has to say, and adds them up.

    Args:
        units: Size of the hidden layer that weighs a state.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        states: Float `(batch, time, width)`.
        real: Boolean `(batch, time)`, at least one real step in every row.

    Returns:
        The sum, `(batch, width)`, and the weights, `(batch, time)`: 0 at padding, 1 in all.

    Reference:
        Yang et al. 2016, "Hierarchical Attention Networks for Document Classification".

    Example:

    >>> real = np.array([[True, True, False]])
    >>> pooled, weights = AttentionPooling(4)(np.ones((1, 3, 2)), real)
    >>> weights.numpy().tolist()
    [[0.5, 0.5, 0.0]]
    """

    def __init__(self, units=64, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        policy = {"dtype": self.dtype_policy}
        self.hidden = layers.Dense(units, activation="tanh", **policy, name="hidden")
        self.score = layers.Dense(1, use_bias=False, **policy, name="score")
        self.supports_masking = True

    def build(self, states_shape, real_shape=None):
        self.hidden.build(states_shape)
        self.score.build((*states_shape[:-1], self.units))

    def call(self, states, real):
        scores = ops.squeeze(self.score(self.hidden(states)), -1)
        weights = masked_softmax(scores, real)
        return ops.sum(states * ops.expand_dims(weights, -1), axis=1), weights

    def compute_output_shape(self, states_shape, real_shape=None):
        return (states_shape[0], states_shape[-1]), tuple(states_shape[:-1])

    def compute_mask(self, inputs, mask=None):
        return None, None

    def get_config(self):
        return {**super().get_config(), "units": self.units}
