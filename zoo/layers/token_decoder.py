"""The decoder of sequence to sequence and of captioning: tokens out, one after another."""

import keras
import numpy as np
from keras import layers, ops

from zoo.layers.attention import MemoryAttention, check_kind
from zoo.layers.recurrent import recurrent_layer, units_of_layers
from zoo.layers.tied import Bias, TiedEmbedding


class TokenDecoderCell(layers.Layer):
    """One step of a decoder that is fed what it made of the step before.

    Args:
        recurrent: Recurrent Keras layers whose cells make a step, the lowest first.
        attention: A `MemoryAttention`, or `None`.
        own_token: Function of an output `(batch, units)` that gives the vector of the token that
            the decoder itself would go on with, or `None` where it is never asked.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        inputs: `(batch, embedding_dim + 1)`: the vector of the token before, and 1 where the
            decoder's own token is read in its place.
        states: Those of the cells, then the output of the step before, `(batch, units)`, the
            memory, its keys, and which of its steps are real, 1 or 0.

    Returns:
        The output beside the state that it came from, `(batch, 2 * units)`, and the new states.
    """

    def __init__(self, recurrent, attention=None, own_token=None, **kwargs):
        super().__init__(**kwargs)
        self.cells = [layer.cell for layer in recurrent]
        self.attention = attention
        self.own_token = own_token
        self.units = self.cells[-1].units
        own = [size for cell in self.cells for size in _sizes(cell)]
        self.state_size = [*own, self.units, None, None, None]
        self.output_size = 2 * self.units
        self.built = True

    def call(self, inputs, states):
        *own, fed, memory, key, real = states
        x, asked = ops.split(inputs, [inputs.shape[-1] - 1], axis=-1)
        if self.own_token is not None:
            x = ops.where(asked > 0, self.own_token(fed), x)
        state, own = advance(self.cells, ops.concatenate([x, fed], axis=-1), own)
        output = state
        if self.attention is not None:
            output, _ = self.attention(ops.expand_dims(state, 1), memory, key, real > 0)
            output = ops.squeeze(output, 1)
        return ops.concatenate([output, state], axis=-1), [*own, output, memory, key, real]


@keras.saving.register_keras_serializable(package="zoo")
class TokenDecoder(layers.Layer):
    """Says which token comes next, of a sequence that tells what a memory holds.

    The states of its recurrent layers begin with a summary of the memory and, with attention, look
    back at all of it. In training it reads the true tokens before (teacher forcing); to generate,
    `start` and `step` go with `zoo.layers.decoding`.

    Without `input_feeding` and `sampling` no step waits for the output of the one before, so a
    whole sequence is read at once, which is much faster in training.

    Args:
        vocabulary_size: Number of token ids, counting padding (id 0) and unknown (id 1).
        cell: `"lstm"`, `"gru"` or `"simple_rnn"`.
        units: Units of the recurrent layer; a tuple stacks layers.
        embedding_dim: Size of a token's vector.
        attention: `"additive"`, `"multiplicative"`, or `None` to see the summary alone.
        input_feeding: Whether a step also reads the output of the step before.
        sampling: Share of the training steps that read the decoder's own likeliest token in place
            of the true one (scheduled sampling), or `None`; it rises over the first
            `sampling_steps` batches.
        sampling_steps: Batches after which that share is reached.
        attention_penalty: Weight of the loss that has every place of the memory looked at once in
            all (doubly stochastic attention).
        tied: Whether the logits are inner products with the tokens' vectors, so that one matrix
            serves twice (`zoo.layers.TiedEmbedding`).
        dropout: Rate of the dropout on tokens' vectors, on outputs and, where a whole sequence is
            read at once, between layers.
        **kwargs: Keras's own, such as `name`.

    Call arguments:
        previous: Int32 `(batch, steps)`: the token before each one to predict, padded on the right
            with 0.
        memory: Float `(batch, time, width)`.
        summary: Float `(batch, features)`.
        memory_mask: Boolean `(batch, time)`, which places of the memory are no padding; all where
            it is `None`.
        training: Whether to drop and to sample.

    Returns:
        Float32 logits `(batch, steps, vocabulary_size)`.

    Raises:
        ValueError: If an argument is not one of those above.

    Reference:
        Sutskever et al. 2014, "Sequence to Sequence Learning with Neural Networks"; Luong et al.
        2015, "Effective Approaches to Attention-based Neural Machine Translation"; Bahdanau et al.
        2015 for additive attention; Bengio et al. 2015, "Scheduled Sampling for Sequence Prediction
        with Recurrent Neural Networks"; Xu et al. 2015, "Show, Attend and Tell", for doubly
        stochastic attention; Press and Wolf 2017, "Using the Output Embedding to Improve Language
        Models", for tied vectors.

    Example:

    >>> decoder = TokenDecoder(9, units=4, embedding_dim=3)
    >>> memory, summary = np.ones((2, 5, 6), "float32"), np.ones((2, 6), "float32")
    >>> decoder(np.array([[2, 3, 4], [2, 5, 0]]), memory, summary).shape
    TensorShape([2, 3, 9])
    >>> from zoo.layers.decoding import greedy
    >>> start = decoder.start(memory, summary)
    >>> greedy(decoder.step, np.array([2, 2]), start, steps=7, end=2).tokens.shape
    TensorShape([2, 7])
    """

    def __init__(
        self,
        vocabulary_size,
        *,
        cell="gru",
        units=256,
        embedding_dim=128,
        attention="additive",
        input_feeding=False,
        sampling=None,
        sampling_steps=1000,
        attention_penalty=0.0,
        tied=False,
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        units = units_of_layers(units)
        if sampling is not None and not 0 < sampling <= 1:
            raise ValueError(f"`sampling` must be None or in (0, 1]. Received: {sampling}")
        if sampling_steps < 1:
            raise ValueError(f"`sampling_steps` must be at least 1. Received: {sampling_steps}")
        if attention is not None:
            check_kind(attention, "attention")
        elif attention_penalty:
            raise ValueError(
                "`attention_penalty` needs `attention`. Received: attention=None, "
                f"attention_penalty={attention_penalty}"
            )
        self.options = {
            "vocabulary_size": vocabulary_size,
            "cell": cell,
            "units": units,
            "embedding_dim": embedding_dim,
            "attention": attention,
            "input_feeding": input_feeding,
            "sampling": sampling,
            "sampling_steps": sampling_steps,
            "attention_penalty": attention_penalty,
            "tied": tied,
            "dropout": dropout,
        }
        self.feeding = input_feeding or sampling is not None
        policy = {"dtype": self.dtype_policy}
        if tied:
            # Inner products with vectors as small as Keras makes them tell little for long.
            scale = keras.initializers.RandomNormal(stddev=embedding_dim**-0.5)
            self.embedding = TiedEmbedding(
                vocabulary_size,
                embedding_dim,
                embeddings_initializer=scale,
                **policy,
                name="embedding",
            )
        else:
            self.embedding = layers.Embedding(
                vocabulary_size, embedding_dim, **policy, name="embedding"
            )
        self.recurrent = [
            recurrent_layer(cell, size, return_sequences=True, **policy, name=f"{cell}_{depth + 1}")
            for depth, size in enumerate(units)
        ]
        self.cells = [layer.cell for layer in self.recurrent]
        self.state_sizes = [size for each in self.cells for size in _sizes(each)]
        self.bridge = layers.Dense(
            sum(self.state_sizes), activation="tanh", **policy, name="bridge"
        )
        self.attention = None
        if attention is not None:
            self.attention = MemoryAttention(units[-1], attention, **policy, name="attention")
        self.drop = layers.Dropout(dropout, **policy)
        if tied:
            self.projection = layers.Dense(
                embedding_dim, use_bias=False, **policy, name="projection"
            )
            self.bias = Bias(dtype="float32", name="bias")
        else:
            self.logits = layers.Dense(vocabulary_size, dtype="float32", name="logits")
        self.steps = None
        if self.feeding:
            own_token = self._own_token if sampling is not None else None
            cell = TokenDecoderCell(self.recurrent, self.attention, own_token, **policy)
            self.steps = layers.RNN(cell, return_sequences=True, **policy, name="steps")
        if sampling is not None:
            self.seeds = keras.random.SeedGenerator()
        self.supports_masking = True

    def build(self, previous_shape, memory_shape, summary_shape, memory_mask_shape=None):
        """Makes the weights for a memory and a summary of their widths."""
        width = self.options["embedding_dim"]
        self.embedding.build(previous_shape)
        for place, layer in enumerate(self.recurrent):
            read = self.cells[-1].units if self.feeding and place == 0 else 0
            layer.build((None, None, width + read))
            width = layer.units
        self.bridge.build(summary_shape)
        if self.attention is not None:
            self.attention.build(memory_shape)
        if self.options["tied"]:
            self.projection.build((None, None, width))
            self.bias.build((None, None, self.options["vocabulary_size"]))
        else:
            self.logits.build((None, None, width))
        if self.steps is not None:
            self.steps.built = True
        if self.options["sampling"] is not None:
            self.batches = self.add_weight(
                shape=(),
                initializer="zeros",
                dtype="float32",
                autocast=False,  # Half precision cannot count so far.
                trainable=False,
                name="batches",
            )
        self.built = True

    def call(self, previous, memory, summary, memory_mask=None, training=False):
        output, state, start = self._read(previous, memory, summary, memory_mask, training)
        if training and self.options["attention_penalty"]:
            weights = self.attention.weights_of(state, *_key_and_real(start))
            self._penalize(weights, previous != 0)
        return self._score(self.drop(output, training=training))

    def start(self, memory, summary, memory_mask=None):
        """Makes the state of the first step, for `step`.

        Args:
            memory: As in a call.
            summary: Likewise.
            memory_mask: Likewise.

        Returns:
            A list of tensors, `batch` first in each.
        """
        memory = ops.cast(memory, self.compute_dtype)
        found = self.bridge(summary)
        ends = np.cumsum(self.state_sizes)
        states = [
            found[:, end - size : end] for end, size in zip(ends, self.state_sizes, strict=True)
        ]
        if self.feeding:
            states = [*states, ops.zeros_like(found[:, : self.cells[-1].units])]
        real = ops.ones_like(memory[..., 0])
        if memory_mask is not None:
            real = ops.cast(memory_mask, memory.dtype)
        if self.attention is not None:
            return [*states, memory, self.attention.key(memory), real]
        if self.feeding:
            return [*states, memory, memory, real]  # Not looked at, but a cell has as many states.
        return states

    def step(self, tokens, state):
        """Reads a token and says which comes next.

        Args:
            tokens: Int32 `(batch,)`, the token before.
            state: What `start` or the last step gave.

        Returns:
            Float32 logits `(batch, vocabulary_size)` and the new state.
        """
        output, _, state = self._advance(tokens, state)
        return self._score(output), state

    def look(self, tokens, state):
        """Reads a token and says where the step looks.

        Args:
            tokens: As in `step`.
            state: Likewise.

        Returns:
            Float `(batch, time)`, 1 in all, and the new state.

        Raises:
            ValueError: If the decoder has no attention.
        """
        self._must_attend("look")
        _, asked, state = self._advance(tokens, state)
        weights = self.attention.weights_of(ops.expand_dims(asked, 1), *_key_and_real(state))
        return ops.squeeze(weights, 1), state

    def attend(self, previous, memory, summary, memory_mask=None):
        """Tells where each step of a sequence looks: `(batch, steps, time)`, 1 in all.

        Args:
            previous: As in a call.
            memory: Likewise.
            summary: Likewise.
            memory_mask: Likewise.

        Raises:
            ValueError: If the decoder has no attention.
        """
        self._must_attend("attend")
        _, state, start = self._read(previous, memory, summary, memory_mask, False)
        return self.attention.weights_of(state, *_key_and_real(start))

    def _must_attend(self, name):
        if self.attention is None:
            raise ValueError(f"`{name}` needs a decoder with `attention`. Received: attention=None")

    def _advance(self, tokens, state):
        """Reads a token: the output, the state of the last layer behind it, and the new state."""
        x = self.embedding(tokens)
        if self.feeding:
            asked = ops.zeros_like(x[..., :1])
            output, state = self.steps.cell(ops.concatenate([x, asked], axis=-1), state)
            output, asking = ops.split(output, 2, axis=-1)
            return output, asking, state
        count = len(self.state_sizes)
        asking, own = advance(self.cells, x, state[:count])
        output = asking
        if self.attention is not None:
            memory, key, real = state[count:]
            output, _ = self.attention(ops.expand_dims(output, 1), memory, key, real > 0)
            output = ops.squeeze(output, 1)
        return output, asking, [*own, *state[count:]]

    def _read(self, previous, memory, summary, memory_mask, training):
        """Reads whole sequences: outputs, the states behind them, and what they began with."""
        start = self.start(memory, summary, memory_mask)
        x = self.drop(self.embedding(previous), training=training)
        if self.feeding:
            asked = self._asked(x, training)
            found = self.steps(ops.concatenate([x, asked], axis=-1), initial_state=start)
            output, state = ops.split(found, 2, axis=-1)
            return output, state, start
        states = iter(start)
        for place, (layer, cell) in enumerate(zip(self.recurrent, self.cells, strict=True)):
            if place:
                x = self.drop(x, training=training)
            x = layer(x, initial_state=[next(states) for _ in _sizes(cell)])
        if self.attention is None:
            return x, x, start
        output, _ = self.attention(x, ops.cast(memory, x.dtype), *_key_and_real(start))
        return output, x, start

    def _asked(self, x, training):
        """Draws which steps read the decoder's own token: 1 or 0, `(batch, steps, 1)`."""
        none = ops.zeros_like(x[..., :1])
        if not training or self.options["sampling"] is None:
            return none
        share = ops.minimum(self.batches / self.options["sampling_steps"], 1.0)
        self.batches.assign(self.batches + 1)
        drawn = keras.random.uniform(ops.shape(none), seed=self.seeds)
        asked = ops.cast(drawn < share * self.options["sampling"], none.dtype)
        # Before the first step there is no output to make a token of.
        first = ops.arange(ops.shape(none)[1])[:, None] == 0
        return ops.where(first, none, asked)

    def _own_token(self, output):
        return self.embedding(ops.argmax(self._score(output), axis=-1))

    def _score(self, output):
        """Logits of outputs."""
        if self.options["tied"]:
            return self.bias(self.embedding(self.projection(output), reverse=True))
        return self.logits(output)

    def _penalize(self, weights, real):
        seen = ops.sum(ops.where(real[..., None], weights, 0.0), axis=1)
        self.add_loss(
            self.options["attention_penalty"] * ops.mean(ops.sum((1 - seen) ** 2, axis=-1))
        )

    def compute_output_shape(
        self, previous_shape, memory_shape=None, summary_shape=None, memory_mask_shape=None
    ):
        return (*previous_shape, self.options["vocabulary_size"])

    def compute_output_spec(self, previous, *args, **kwargs):
        shape = self.compute_output_shape(previous.shape)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {**super().get_config(), **self.options}


def advance(cells, x, states):
    """Takes a step through a stack of cells: the output of the last, and all new states."""
    left, found = list(states), []
    for cell in cells:
        own, left = left[: len(_sizes(cell))], left[len(_sizes(cell)) :]
        x, own = cell(x, own)
        found += own if isinstance(own, list | tuple) else [own]
    return x, found


def _sizes(cell):
    return [cell.state_size] if isinstance(cell.state_size, int) else list(cell.state_size)


def _key_and_real(start):
    *_, key, real = start
    return key, real > 0
