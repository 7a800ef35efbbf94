"""The decoder of an autoencoder: a sequence out of one vector, step after step."""

import keras
from keras import layers, ops

from zoo.layers.recurrent import recurrent_layer, units_of_layers
from zoo.layers.token_decoder import advance


class ReconstructionCell(layers.Layer):
    """One step of a `ReconstructionDecoder`, which reads the step before: the truth, or its own.

    Args:
        cells: Recurrent cells, the lowest first.
        head: Layer from an output to what is said of a step, `(batch, size)`.
        feed: Function of what is said that gives what the next step reads, `(batch, width)`.
        width: Size of what a step reads.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        inputs: `(batch, width + 1)`: the truth of the step before, and 1 where it is to be read, 0
            where what the decoder itself said is.
        states: Those of the cells, then what it would read of itself, `(batch, width)`.

    Returns:
        What is said of the step, `(batch, size)`, and the new states.
    """

    def __init__(self, cells, head, feed, width, **kwargs):
        super().__init__(**kwargs)
        self.cells, self.head, self.feed, self.width = cells, head, feed, width
        sizes = [cell.state_size for cell in cells]
        own = [size for each in sizes for size in ([each] if isinstance(each, int) else each)]
        self.state_size = [*own, width]
        self.output_size = head.units
        self.built = True  # The decoder builds what it is made of.

    def call(self, inputs, states):
        *own, fed = states
        truth, told = ops.split(inputs, [self.width], axis=-1)
        output, own = advance(self.cells, told * truth + (1 - told) * fed, own)
        said = self.head(output)
        return said, [*own, ops.cast(self.feed(said), fed.dtype)]


@keras.saving.register_keras_serializable(package="zoo")
class ReconstructionDecoder(layers.Layer):
    """Says a sequence again from its code, each step fed the one before.

    In training a step reads the true step before (teacher forcing); otherwise what the decoder
    itself said, of tokens the likeliest. `start` and `step` do the same with the state in the
    caller's hands.

    Args:
        size: Features of a step, or with `embedding_dim` the number of token ids.
        embedding_dim: Size of a token's vector, or `None` where steps are numbers.
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer; a tuple stacks layers, the lowest first.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        code: Float `(batch, latent)`.
        sequence: The sequence itself, float `(batch, time, size)` or token ids `(batch, time)`:
            training reads it, inference only its length.
        training: Whether to read the truth.

    Returns:
        Float `(batch, time, size)`: values, or logits of tokens.

    Raises:
        ValueError: If `cell` is none of the three, or a layer has no units.

    Reference:
        Srivastava et al. 2015, "Unsupervised Learning of Video Representations using LSTMs"
        (conditional decoder); Williams and Zipser 1989 for teacher forcing.

    Example:

    >>> decoder = ReconstructionDecoder(2, cell="gru", units=(4,))
    >>> code, sequence = np.ones((3, 5), "float32"), np.ones((3, 7, 2), "float32")
    >>> decoder(code, sequence).shape
    TensorShape([3, 7, 2])
    >>> said, state = decoder.step(decoder.start(code))
    >>> said.shape
    TensorShape([3, 2])
    """

    def __init__(self, size, *, embedding_dim=None, cell="lstm", units=(64,), **kwargs):
        super().__init__(**kwargs)
        units = units_of_layers(units)
        self.options = {
            "size": size,
            "embedding_dim": embedding_dim,
            "cell": cell,
            "units": units,
        }
        self.width = size if embedding_dim is None else embedding_dim
        policy = {"dtype": self.dtype_policy}
        cells = [recurrent_layer(cell, each, **policy).cell for each in units]
        self.head = layers.Dense(size, **policy, name="head")
        self.embedding = None
        if embedding_dim is not None:
            self.embedding = layers.Embedding(size, embedding_dim, **policy, name="embedding")
        self.cell = ReconstructionCell(
            cells, self.head, self._feed, self.width, **policy, name="step"
        )
        self.steps = layers.RNN(self.cell, return_sequences=True, **policy, name="steps")
        *self.sizes, _ = self.cell.state_size
        self.bridge = layers.Dense(sum(self.sizes), activation="tanh", **policy, name="bridge")

    def build(self, code_shape, sequence_shape=None):
        """Makes the weights for a code of a size."""
        width = self.width
        for cell in self.cell.cells:
            cell.build((None, width))
            width = cell.units
        self.head.build((None, width))
        self.bridge.build(code_shape)
        if self.embedding is not None:
            self.embedding.build((None,))
        self.steps.built = True
        self.built = True

    def call(self, code, sequence, training=False):
        truth = self.embedding(sequence) if self.embedding is not None else sequence
        truth = ops.cast(truth, self.compute_dtype)
        before = ops.concatenate([ops.zeros_like(truth[:, :1]), truth[:, :-1]], axis=1)
        one = ops.ones_like(before[..., :1])
        told = one if training else 0 * one
        return self.steps(ops.concatenate([before, told], axis=-1), initial_state=self.start(code))

    def start(self, code):
        """Makes the state of the first step, for `step`: a list of tensors, `batch` first."""
        found = self.bridge(code)
        states, place = [], 0
        for size in self.sizes:
            states.append(found[:, place : place + size])
            place += size
        nothing = ops.zeros_like(ops.repeat(found[:, :1], self.width, axis=1))
        return [*states, nothing]

    def step(self, state):
        """Goes on by one step without the truth.

        Args:
            state: What `start` or the last step gave.

        Returns:
            What is said of the step, `(batch, size)`, and the new state.
        """
        nothing = ops.concatenate([ops.zeros_like(state[-1]), ops.zeros_like(state[-1][:, :1])], 1)
        return self.cell(nothing, state)

    def _feed(self, said):
        return said if self.embedding is None else self.embedding(ops.argmax(said, axis=-1))

    def compute_output_shape(self, code_shape, sequence_shape=None):
        return (*sequence_shape[:2], self.options["size"])

    def get_config(self):
        return {**super().get_config(), **self.options}
