"""Recurrence over segments of a series: a few steps where others make hundreds."""

import math

import keras
from keras import layers, ops

from zoo.layers.recurrent import recurrent_layer


@keras.saving.register_keras_serializable(package="zoo")
class SegmentRecurrence(layers.Layer):
    """Reads the segments of a history one by one, then speaks of all segments ahead at once.

    The last state of the history is handed to every segment of the horizon, whose input says only
    which segment and which channel it is: one step from each. The state is the same for all of
    them and the inputs are the same for every window, so each meets its kernel only once.

    Args:
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer and size of what a segment is told; even.
        num_channels: Channels of the series; they share the layer.
        segments: Segments of the horizon.
        channel_embedding: Whether half of what a segment is told says its channel.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        segments: Float `(batch * channels, segments of the history, units)`.
        ahead: Float `(batch, segments, units)`, more to tell each segment, or None.

    Returns:
        Float `(batch, channels, segments, units)`.

    Raises:
        ValueError: If `cell` is none of the three, `units` is odd, or a segment is not a vector of
            `units`.

    Reference:
        Lin et al. 2023, "SegRNN: Segment Recurrent Neural Network for Long-Term Time Series
        Forecasting".

    Example:

    >>> layer = SegmentRecurrence("gru", 8, num_channels=7, segments=3)
    >>> layer(np.zeros((2 * 7, 5, 8))).shape
    TensorShape([2, 7, 3, 8])
    """

    def __init__(self, cell, units, num_channels, segments, channel_embedding=True, **kwargs):
        super().__init__(**kwargs)
        if units % 2:
            raise ValueError(f"`units` must be even. Received: {units}")
        self.cell, self.units = cell, units
        self.num_channels, self.segments = num_channels, segments
        self.channel_embedding = channel_embedding
        # A few steps unrolled are faster than a loop, and the same.
        self.recurrent = recurrent_layer(
            cell,
            units,
            unroll=True,
            return_state=True,
            dtype=self.dtype_policy,
            name=cell,
            **uniform_initializers(units, "kernel", "recurrent", "bias"),
        )

    def build(self, segments_shape, ahead_shape=None):
        if segments_shape[-1] != self.units:
            raise ValueError(
                f"Each segment must be a vector of `units`={self.units} numbers, as what the "
                f"segments ahead are told. Received: {tuple(segments_shape)}"
            )
        self.recurrent.build(segments_shape)
        normal = keras.initializers.RandomNormal(stddev=1.0)
        size = self.units // 2 if self.channel_embedding else self.units
        self.places = self.add_weight((self.segments, size), initializer=normal, name="places")
        if self.channel_embedding:
            shape = (self.num_channels, size)
            self.channels = self.add_weight(shape, initializer=normal, name="channels")

    def call(self, segments, ahead=None):
        _, *states = self.recurrent(segments)
        cell = self.recurrent.cell
        input_bias, state_bias = cell.bias, 0.0
        if self.cell == "gru":
            input_bias, state_bias = cell.bias[0], cell.bias[1]
        told = ops.expand_dims(ops.matmul(self._told(), cell.kernel) + input_bias, 0)
        if ahead is not None:
            told = told + ops.expand_dims(ops.matmul(ahead, cell.kernel), 1)
        kept = ops.matmul(states[0], cell.recurrent_kernel) + state_bias
        kept, *states = (
            ops.reshape(each, (-1, self.num_channels, 1, each.shape[-1]))
            for each in (kept, *states)
        )
        return _STEPS[self.cell](told, kept, states)

    def _told(self):
        """Which segment each is and of which channel, `(channels, segments, units)`."""
        places = ops.tile(ops.expand_dims(self.places, 0), (self.num_channels, 1, 1))
        if not self.channel_embedding:
            return places
        channels = ops.repeat(ops.expand_dims(self.channels, 1), self.segments, axis=1)
        return ops.concatenate([places, channels], axis=-1)

    def compute_output_shape(self, segments_shape, ahead_shape=None):
        return (None, self.num_channels, self.segments, self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "cell": self.cell,
            "units": self.units,
            "num_channels": self.num_channels,
            "segments": self.segments,
            "channel_embedding": self.channel_embedding,
        }


def uniform_initializers(size, *names):
    """Initializers as SegRNN's code has them: PyTorch's, uniform, up to 1 / sqrt(size).

    Args:
        size: Size of what a layer reads, or of its state.
        *names: Weights to initialize, as Keras's arguments name them, such as `"kernel"`.

    Returns:
        A dictionary of keyword arguments; every weight has an initializer of its own.

    Example:

    >>> sorted(uniform_initializers(16, "kernel", "bias"))
    ['bias_initializer', 'kernel_initializer']
    """
    bound = 1 / math.sqrt(size)
    return {
        f"{name}_initializer": keras.initializers.RandomUniform(-bound, bound) for name in names
    }


def _gru(told, kept, states):
    units = states[0].shape[-1]
    gates = ops.sigmoid(told[..., : 2 * units] + kept[..., : 2 * units])
    update, reset = ops.split(gates, 2, axis=-1)
    candidate = ops.tanh(told[..., 2 * units :] + reset * kept[..., 2 * units :])
    return update * states[0] + (1 - update) * candidate


def _lstm(told, kept, states):
    admit, forget, candidate, expose = ops.split(told + kept, 4, axis=-1)
    carried = ops.sigmoid(forget) * states[1] + ops.sigmoid(admit) * ops.tanh(candidate)
    return ops.sigmoid(expose) * ops.tanh(carried)


def _simple_rnn(told, kept, _):
    return ops.tanh(told + kept)


# A cell's output after one step, from its input and its state as they left their kernels.
_STEPS = {"gru": _gru, "lstm": _lstm, "simple_rnn": _simple_rnn}
