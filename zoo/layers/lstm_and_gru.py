"""LSTM and GRU: Keras's layers, faster on a CPU."""

import keras
from keras import activations, ops

from zoo.layers import recurrence
from zoo.layers.backend import loops_are_worth_it


@keras.saving.register_keras_serializable(package="zoo")
class LSTM(keras.layers.LSTM):
    """Is a `keras.layers.LSTM` that is faster on a CPU, in training above all.

    Weights, arguments and results are those of the stock layer, whose own loop or cuDNN kernel
    runs where there is a GPU, on PyTorch, and with activations other than the default, without a
    bias, with `recurrent_dropout`, `unroll`, `use_cudnn=True` or `implementation=1`.

    Args:
        units: Size of the state.
        **kwargs: As of `keras.layers.LSTM`.

    Reference:
        Hochreiter and Schmidhuber 1997, "Long Short-Term Memory".

    Example:

    >>> x, stock, layer = np.ones((2, 5, 3)), keras.layers.LSTM(4), LSTM(4)
    >>> layer.build(x.shape)
    >>> _ = stock(x)
    >>> layer.set_weights(stock.get_weights())
    >>> bool(abs(layer(x) - stock(x)).numpy().max() < 1e-6)
    True
    """

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Runs over all steps; `keras.layers.RNN` calls it."""
        if _needs_the_stock_loop(self):
            return super().inner_loop(sequences, initial_state, mask, training)
        cell, (h, c) = self.cell, initial_state
        inputs, real = _time_first(self, sequences, mask, training)
        gates = _project(inputs, cell.kernel, cell.bias)
        states, c = recurrence.lstm(gates, ops.convert_to_tensor(cell.recurrent_kernel), h, c, real)
        return _answer(self, states, real, [states[-1], c])


@keras.saving.register_keras_serializable(package="zoo")
class GRU(keras.layers.GRU):
    """Is a `keras.layers.GRU` that is faster on a CPU, in training above all.

    Weights, arguments and results are those of the stock layer, whose own loop or cuDNN kernel
    runs where there is a GPU, on PyTorch, and with activations other than the default, without a
    bias, with `reset_after=False`, `recurrent_dropout`, `unroll`, `use_cudnn=True` or
    `implementation=1`.

    Args:
        units: Size of the state.
        **kwargs: As of `keras.layers.GRU`.

    Reference:
        Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder".

    Example:

    >>> x, stock, layer = np.ones((2, 5, 3)), keras.layers.GRU(4), GRU(4)
    >>> layer.build(x.shape)
    >>> _ = stock(x)
    >>> layer.set_weights(stock.get_weights())
    >>> bool(abs(layer(x) - stock(x)).numpy().max() < 1e-6)
    True
    """

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Runs over all steps; `keras.layers.RNN` calls it."""
        if _needs_the_stock_loop(self) or not self.reset_after:
            return super().inner_loop(sequences, initial_state, mask, training)
        cell, (h,) = self.cell, initial_state
        inputs, real = _time_first(self, sequences, mask, training)
        bias, recurrent_bias = ops.unstack(ops.convert_to_tensor(cell.bias))
        gates = _project(inputs, cell.kernel, bias)
        kernel = ops.convert_to_tensor(cell.recurrent_kernel)
        states = recurrence.gru(gates, kernel, recurrent_bias, h, real)
        return _answer(self, states, real, [states[-1]])


def _needs_the_stock_loop(layer):
    return (
        layer.activation is not activations.tanh
        or layer.recurrent_activation is not activations.sigmoid
        or not layer.use_bias
        or layer.recurrent_dropout
        or layer.unroll
        or layer.use_cudnn is True
        or layer.cell.implementation != 2
        or not loops_are_worth_it()
    )


def _time_first(layer, sequences, mask, training):
    """The input, time first, and the mask `(time, batch, 1)` or `None`, in the order of reading."""
    if training and layer.dropout:
        sequences = sequences * layer.cell.get_dropout_mask(sequences[:, 0, :])[:, None]
    found = [ops.swapaxes(sequences, 0, 1)]
    mask = mask[0] if isinstance(mask, list | tuple) else mask
    if mask is not None:
        found.append(ops.swapaxes(ops.cast(mask, "bool"), 0, 1)[:, :, None])
    if layer.go_backwards:
        found = [ops.flip(x, axis=0) for x in found]
    return found[0], found[1] if mask is not None else None


def _project(inputs, kernel, bias):
    """The input's part of the gates, of all steps as one product."""
    steps, batch, size = ops.shape(inputs)
    kernel, bias = ops.convert_to_tensor(kernel), ops.convert_to_tensor(bias)
    gates = ops.matmul(ops.reshape(inputs, (-1, size)), kernel) + bias
    return ops.reshape(gates, (steps, batch, kernel.shape[-1]))


def _answer(layer, states, real, last_states):
    """What `inner_loop` returns: the last output, the outputs, and the last states."""
    outputs = states
    if real is not None:
        # Keras gives out the output before at a masked step, which is 0 where there is none; on
        # JAX it is the initial state.
        if layer.zero_output_for_mask:
            outputs = ops.where(real, states, ops.zeros_like(states))
        elif keras.backend.backend() == "tensorflow":
            begun = ops.cumsum(ops.cast(real, "int32"), axis=0) > 0
            outputs = ops.where(begun, states, ops.zeros_like(states))
    last = outputs[-1]
    outputs = ops.swapaxes(outputs, 0, 1) if layer.return_sequences else last[:, None]
    return last, outputs, last_states
