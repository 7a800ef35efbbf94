"""Attention inside a recurrent step: a cell that looks back at what an encoder saw."""

import contextlib

import keras
from keras import layers, ops

KINDS = ("additive", "multiplicative")


def check_kind(kind, argument):
    """Says which argument does not name a kind of attention."""
    if kind not in KINDS:
        known = ", ".join(map(repr, KINDS))
        raise ValueError(f"`{argument}` must be one of {known}. Received: {kind!r}")


def masked_softmax(scores, real):
    """Makes weights of scores: 0 at padding, 1 in all.

    Args:
        scores: Float `(..., time)`.
        real: Boolean, of a shape that broadcasts to it, at least one real step in every row.

    Returns:
        Float `(..., time)`.
    """
    # What stands at padding may be anything, and must not overflow on its way to 0.
    scores = scores - ops.max(ops.where(real, scores, -1e4), axis=-1, keepdims=True)
    weights = ops.where(real, ops.exp(ops.minimum(scores, 0)), 0)
    return weights / ops.sum(weights, axis=-1, keepdims=True)


@keras.saving.register_keras_serializable(package="zoo")
class MemoryAttention(layers.Layer):
    """Looks back at a memory with recurrent states, and puts what it found beside them.

    Each state asks the memory; what it finds is the context, and state and context together make
    the output.

    Args:
        units: Width of the states and of the output.
        kind: `"additive"` or `"multiplicative"`.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        states: Float `(batch, steps, units)`.
        memory: Float `(batch, time, width)`.
        key: What `self.key(memory)` gives, `(batch, time, units)`.
        real: Boolean `(batch, time)`: which steps of the memory are no padding.

    Returns:
        The output, `(batch, steps, units)`, and the weights, `(batch, steps, time)`: 0 at padding,
        1 in all.

    Raises:
        ValueError: If `kind` is none of the two.

    Reference:
        Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align and
        Translate" (additive); Luong et al. 2015, "Effective Approaches to Attention-based Neural
        Machine Translation" (multiplicative, and the output of state and context).

    Example:

    >>> attend, memory = MemoryAttention(4), np.ones((2, 5, 3), "float32")
    >>> attend.build(memory.shape)
    >>> real = np.ones((2, 5), "bool")
    >>> output, weights = attend(np.ones((2, 6, 4)), memory, attend.key(memory), real)
    >>> output.shape, weights.shape
    (TensorShape([2, 6, 4]), TensorShape([2, 6, 5]))
    """

    def __init__(self, units, kind="additive", **kwargs):
        super().__init__(**kwargs)
        check_kind(kind, "kind")
        self.units, self.kind = units, kind
        policy = {"dtype": self.dtype_policy}
        # In the order in which published models keep their weights.
        if kind == "additive":
            self.query = layers.Dense(units, use_bias=False, **policy, name="query")
        self.key = layers.Dense(units, **policy, name="key")
        if kind == "additive":
            self.score = layers.Dense(1, use_bias=False, **policy, name="score")
        self.combine = layers.Dense(units, activation="tanh", **policy, name="combine")

    def build(self, memory_shape):
        """Makes the weights for a memory of a width."""
        width = memory_shape[-1]
        if not self.key.built:
            self.key.build((None, None, width))
            self.combine.build((None, None, self.units + width))
            if self.kind == "additive":
                self.query.build((None, None, self.units))
                self.score.build((None, None, None, self.units))
        self.built = True

    def weights_of(self, states, key, real):
        """Tells where each state looks.

        Args:
            states: As in a call.
            key: Likewise.
            real: Likewise.

        Returns:
            The weights, `(batch, steps, time)`.
        """
        if self.kind == "additive":
            asked = ops.expand_dims(self.query(states), 2)
            hidden = ops.tanh(ops.expand_dims(key, 1) + asked)
            scores = ops.squeeze(self.score(hidden), -1)
        else:
            scores = ops.matmul(states, ops.swapaxes(key, 1, 2))
        return masked_softmax(scores, ops.expand_dims(real, 1))

    def call(self, states, memory, key, real):
        weights = self.weights_of(states, key, real)
        context = ops.matmul(weights, memory)
        return self.combine(ops.concatenate([states, context], axis=-1)), weights

    def get_config(self):
        return {**super().get_config(), "units": self.units, "kind": self.kind}


@keras.saving.register_keras_serializable(package="zoo")
class AttentionCell(layers.Layer):
    """A recurrent cell that at each step attends to a memory, for `keras.layers.RNN`.

    The cell's new state asks the memory; what it finds is the context, and state and context
    together make the output, which the next step is also fed (input feeding). The memory and its
    keys travel as part of the state, so a step needs nothing but its input and its state.

    Args:
        cell: A Keras cell, for instance `keras.layers.GRUCell(units)`.
        attention: `"additive"` or `"multiplicative"`.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        inputs: Float `(batch, features)`.
        states: The cell's own states, then the output of the step before, `(batch, units)`, the
            memory, `(batch, time, width)`, its keys, `(batch, time, units)`, and which of its steps
            are real, `(batch, time)`, 1 or 0. `initial_state` makes them.

    Returns:
        The output, `(batch, units)`, and the new states. `alignment`, of the same arguments, tells
        where a step looks.

    Raises:
        ValueError: If `attention` is none of the two.

    Reference:
        Bahdanau et al. 2015, "Neural Machine Translation by Jointly Learning to Align and
        Translate"; Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine
        Translation", for multiplicative attention and input feeding.

    Example:

    >>> cell = AttentionCell(keras.layers.GRUCell(4))
    >>> memory = np.ones((2, 5, 3), "float32")
    >>> states = cell.initial_state([np.zeros((2, 4), "float32")], memory)
    >>> output, _ = cell(np.zeros((2, 1), "float32"), states)
    >>> output.shape
    TensorShape([2, 4])
    """

    def __init__(self, cell, attention="additive", **kwargs):
        super().__init__(**kwargs)
        check_kind(attention, "attention")
        self.cell = cell
        self.units = cell.units
        policy = {"dtype": self.dtype_policy}
        self.attention = MemoryAttention(self.units, attention, **policy, name="attention")
        sizes = cell.state_size
        self.own_states = 1 if isinstance(sizes, int) else len(sizes)
        self.state_size = [*([self.units] * (self.own_states + 1)), None, None, None]
        self.output_size = self.units

    def build(self, inputs_shape, states_shape=None):
        if not self.cell.built:
            self.cell.build((inputs_shape[0], inputs_shape[-1] + self.units))
        self.attention.build(states_shape[self.own_states + 1])

    def initial_state(self, own, memory, real=None):
        """Makes the states of the first step.

        Args:
            own: The cell's own, a list of `(batch, units)`.
            memory: Float `(batch, time, width)`.
            real: Boolean `(batch, time)`, which steps of the memory are no padding; all where it is
                `None`.

        Returns:
            A list of tensors: the cell's own, nothing fed, the memory, its keys, its real steps.
        """
        memory = ops.convert_to_tensor(memory)
        if real is None:
            real = ops.ones_like(memory[..., 0])
        fed = ops.zeros_like(ops.convert_to_tensor(own[0]))
        return [*own, fed, memory, self.attention.key(memory), ops.cast(real, memory.dtype)]

    def call(self, inputs, states):
        *own, fed, memory, key, real = states
        output, own = self.cell(ops.concatenate([inputs, fed], axis=-1), own)
        own = [own] if not isinstance(own, list | tuple) else own
        output, _ = self.attention(ops.expand_dims(output, 1), memory, key, real > 0)
        output = ops.squeeze(output, 1)
        return output, [*own, output, memory, key, real]

    def alignment(self, inputs, states):
        """Tells where a step looks: `(batch, time)`, 0 at padding, 1 in all."""
        *own, fed, _, key, real = states
        output, _ = self.cell(ops.concatenate([inputs, fed], axis=-1), own)
        weights = self.attention.weights_of(ops.expand_dims(output, 1), key, real > 0)
        return ops.squeeze(weights, 1)

    def get_config(self):
        cell = keras.saving.serialize_keras_object(self.cell)
        return {**super().get_config(), "cell": cell, "attention": self.attention.kind}

    @classmethod
    def from_config(cls, config):
        cell = keras.saving.deserialize_keras_object(config.pop("cell"))
        return cls(cell, **config)


@keras.saving.register_keras_serializable(package="zoo")
class FeedbackCell(layers.Layer):
    """A cell that forecasts a step and reads its own forecast in the next, or the truth.

    Args:
        cell: An `AttentionCell`.
        num_channels: Values a step.
        size: Parameters of each value's distribution.
        fed: Which of these parameters the next step reads.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        inputs: `(batch, num_channels + 1 + features)`: the truth of the step before, and 1 where it
            is to be read, 0 where the cell's own forecast is; then what is known of the step.
        states: Those of the cell, then the forecast of the step before, `(batch, num_channels)`.

    Returns:
        The forecast's raw parameters, `(batch, num_channels * size)`, and the new states.

    Reference:
        Sutskever et al. 2014, "Sequence to Sequence Learning with Neural Networks"; Bengio et al.
        2015, "Scheduled Sampling".

    Example:

    >>> attend = AttentionCell(keras.layers.GRUCell(4))
    >>> cell = FeedbackCell(attend, num_channels=2)
    >>> memory, before = np.ones((3, 5, 7), "float32"), np.ones((3, 2), "float32")
    >>> states = [*attend.initial_state([np.zeros((3, 4), "float32")], memory), before]
    >>> raw, states = cell(np.zeros((3, 2 + 1), "float32"), states)
    >>> raw.shape
    TensorShape([3, 2])
    """

    def __init__(self, cell, num_channels, size=1, fed=0, **kwargs):
        super().__init__(**kwargs)
        self.cell, self.num_channels, self.size, self.fed = cell, num_channels, size, fed
        self.forecast = layers.Dense(num_channels * size, dtype=self.dtype_policy, name="forecast")
        self.state_size = [*cell.state_size, num_channels]
        self.output_size = num_channels * size

    def build(self, inputs_shape, states_shape=None):
        if not self.cell.built:
            self.cell.build((inputs_shape[0], inputs_shape[-1] - 1), states_shape[:-1])
        self.forecast.build((None, self.cell.units))

    def call(self, inputs, states):
        *states, own = states
        truth, told, known = ops.split(inputs, [self.num_channels, self.num_channels + 1], axis=-1)
        read = told * truth + (1 - told) * own
        output, states = self.cell(ops.concatenate([read, known], axis=-1), states)
        raw = self.forecast(output)
        next_read = ops.reshape(raw, (-1, self.num_channels, self.size))[..., self.fed]
        return raw, [*states, next_read]

    def get_config(self):
        cell = keras.saving.serialize_keras_object(self.cell)
        own = {"num_channels": self.num_channels, "size": self.size, "fed": self.fed}
        return {**super().get_config(), "cell": cell, **own}

    @classmethod
    def from_config(cls, config):
        cell = keras.saving.deserialize_keras_object(config.pop("cell"))
        return cls(cell, **config)


@keras.saving.register_keras_serializable(package="zoo")
class AutoregressiveDecoder(layers.Layer):
    """Forecasts step after step, each of them fed the one before.

    It reads its own forecasts. In training it may be shown the truth in their place (teacher
    forcing), with `reading`.

    Args:
        cell: A `FeedbackCell`.
        horizon: Steps to forecast.
        teacher_forcing: Share of the steps that read the truth while it is shown.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        memory: What the encoder saw, `(batch, time, width)`.
        last: The value before the first step, `(batch, num_channels)`.
        states: The encoder's last states, a list of `(batch, units)`.
        shift: What the encoder's values were moved by, `(batch, 1, num_channels)`; what is shown
            is moved likewise.
        scale: Likewise, what they were divided by.
        covariates: What is known of each step ahead of time, `(batch, horizon, features)`, or
            `None`.

    Returns:
        Raw parameters of the forecasts, `(batch, horizon, num_channels * size)`.

    Raises:
        ValueError: If `teacher_forcing` is not in [0, 1].

    Reference:
        Williams and Zipser 1989 for teacher forcing; Bengio et al. 2015, "Scheduled Sampling for
        Sequence Prediction with Recurrent Neural Networks", for a share of it.

    Example:

    >>> cell = FeedbackCell(AttentionCell(keras.layers.GRUCell(4)), num_channels=2)
    >>> decoder = AutoregressiveDecoder(cell, horizon=6)
    >>> memory, last = np.ones((3, 5, 7), "float32"), np.ones((3, 2), "float32")
    >>> states, shift, scale = [np.zeros((3, 4))], np.zeros((3, 1, 2)), np.ones((3, 1, 2))
    >>> decoder(memory, last, states, shift, scale).shape
    TensorShape([3, 6, 2])
    """

    def __init__(self, cell, horizon, teacher_forcing=1.0, **kwargs):
        # Level and scale of a series are too large for half precision: nothing is cast unasked.
        super().__init__(**kwargs, autocast=False)
        if not 0 <= teacher_forcing <= 1:
            raise ValueError(f"`teacher_forcing` must be in [0, 1]. Received: {teacher_forcing}")
        self.cell, self.horizon, self.teacher_forcing = cell, horizon, teacher_forcing
        self.recurrent = layers.RNN(
            cell, return_sequences=True, dtype=self.dtype_policy, name="steps"
        )
        self.seeds = keras.random.SeedGenerator()
        self._targets = None

    @contextlib.contextmanager
    def reading(self, targets):
        """Shows the truth while the context lasts: `(batch, horizon, num_channels)`."""
        self._targets = targets
        try:
            yield
        finally:
            self._targets = None

    def build(
        self, memory_shape, last_shape=None, states_shape=None, covariates_shape=None, **shapes
    ):
        own = [tuple(shape) for shape in states_shape]
        memory = tuple(memory_shape)
        features = 0 if covariates_shape is None else covariates_shape[-1]
        inputs = (memory[0], self.cell.num_channels + 1 + features)
        keys = (*memory[:2], self.cell.cell.units)
        states = [*own, own[0], memory, keys, memory[:2], tuple(last_shape)]
        if not self.cell.built:
            self.cell.build(inputs, states)
        self.recurrent.built = True

    def call(self, memory, last, states, shift, scale, covariates=None):
        memory, last, *states = (ops.cast(x, self.compute_dtype) for x in (memory, last, *states))
        steps = ops.zeros_like(ops.repeat(ops.expand_dims(last, 1), self.horizon, axis=1))
        told = steps[..., :1]
        if self._targets is not None:
            truth = (ops.cast(self._targets, shift.dtype) - shift) / scale
            truth = ops.cast(truth, steps.dtype)
            steps = ops.concatenate([ops.expand_dims(last, 1), truth[:, :-1]], axis=1)
            draw = keras.random.uniform(ops.shape(told), seed=self.seeds, dtype=told.dtype)
            told = ops.cast(draw < self.teacher_forcing, steps.dtype)
        first = [*self.cell.cell.initial_state(states, memory), last]
        read = [steps, told]
        if covariates is not None:
            read.append(ops.cast(covariates, self.compute_dtype))
        return self.recurrent(ops.concatenate(read, axis=-1), initial_state=first)

    def compute_output_shape(self, memory_shape, *shapes, **named):
        return (memory_shape[0], self.horizon, self.cell.output_size)

    def get_config(self):
        cell = keras.saving.serialize_keras_object(self.cell)
        own = {"horizon": self.horizon, "teacher_forcing": self.teacher_forcing}
        return {**super().get_config(), "cell": cell, **own}

    @classmethod
    def from_config(cls, config):
        cell = keras.saving.deserialize_keras_object(config.pop("cell"))
        return cls(cell, **config)
