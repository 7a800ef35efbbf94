"""LSTM and GRU: Keras's layers, faster on a CPU."""

import keras
from keras import activations, ops

from zoo.layers import recurrence
from zoo.layers.backend import kernel_of_torch, kernels_are_torch, loops_are_worth_it

HELD = 1e4  # Added to what goes into a gate, it holds the gate open or shut.


@keras.saving.register_keras_serializable(package="zoo")
class LSTM(keras.layers.LSTM):
    """Is a `keras.layers.LSTM` that is faster on a CPU, in training above all (`training=True`).

    Weights, arguments and results are those of the stock layer, whose own loop or cuDNN kernel
    runs where there is a GPU (with a mask cuDNN's on TensorFlow alone), and with activations other
    than the default, without a bias, with `recurrent_dropout`, `unroll`, `use_cudnn=True` or
    `implementation=1`. On PyTorch its own kernel runs, unless a mask is no padding on the right or
    a padded sequence is read backwards from a state that is not zero.

    A TensorFlow function that calls it with `training=True`, say for dropout while it answers, is
    exported with `tf.saved_model.SaveOptions(experimental_custom_gradients=False)`.

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
        cell, (h, c) = self.cell, initial_state
        if _kernels_run(self, sequences) and _lstm_of_torch_can(self, mask, h, c):
            inputs, real = _time_first(self, sequences, mask, training)
            return _lstm_of_torch(self, inputs, real, h, c)
        if _needs_the_stock_loop(self):
            return super().inner_loop(sequences, initial_state, mask, training)
        inputs, real = _time_first(self, sequences, mask, training)
        weights = _tensors(cell.kernel, cell.recurrent_kernel, cell.bias)
        states, c = recurrence.lstm(inputs, *weights, h, c, real, training)
        return _answer(self, states, real, [states[-1], c])


@keras.saving.register_keras_serializable(package="zoo")
class GRU(keras.layers.GRU):
    """Is a `keras.layers.GRU` that is faster on a CPU, in training above all (`training=True`).

    Weights, arguments and results are those of the stock layer, whose own loop or cuDNN kernel
    runs where there is a GPU, and with activations other than the default, without a bias, with
    `reset_after=False`, `recurrent_dropout`, `unroll`, `use_cudnn=True` or `implementation=1`. On
    PyTorch its own kernel runs.

    A TensorFlow function that calls it with `training=True`, say for dropout while it answers, is
    exported with `tf.saved_model.SaveOptions(experimental_custom_gradients=False)`.

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
        cell, (h,) = self.cell, initial_state
        if self.reset_after and _kernels_run(self, sequences):
            inputs, real = _time_first(self, sequences, mask, training)
            return _gru_of_torch(self, inputs, real, h)
        if _needs_the_stock_loop(self) or not self.reset_after:
            return super().inner_loop(sequences, initial_state, mask, training)
        inputs, real = _time_first(self, sequences, mask, training)
        kernel, recurrent_kernel, biases = _tensors(cell.kernel, cell.recurrent_kernel, cell.bias)
        weights = kernel, recurrent_kernel, *ops.unstack(biases)
        states = recurrence.gru(inputs, *weights, h, real, training)
        return _answer(self, states, real, [states[-1]])


def _needs_the_stock_loop(layer):
    return _is_special(layer) or not loops_are_worth_it()


def _kernels_run(layer, sequences):
    return kernels_are_torch(sequences) and not _is_special(layer)


def _is_special(layer):
    return (
        layer.activation is not activations.tanh
        or layer.recurrent_activation is not activations.sigmoid
        or not layer.use_bias
        or layer.recurrent_dropout
        or layer.unroll
        or layer.use_cudnn is True
        or layer.cell.implementation != 2
    )


def _lstm_of_torch_can(layer, mask, h, c):
    """Says whether PyTorch's LSTM, which knows no masks, can be brought to give what is wanted.

    Where padding is on the right it can: `_lstm_of_torch`.
    """
    mask = mask[0] if isinstance(mask, list | tuple) else mask
    if mask is None:
        return True
    mask = ops.cast(mask, "bool")
    if not bool(ops.all(mask[:, 0])) or bool(ops.any(mask[:, 1:] > mask[:, :-1])):
        return False
    return not layer.go_backwards or not bool(ops.any(h != 0) | ops.any(c != 0))


def _lstm_of_torch(layer, inputs, real, h, c):
    """Runs PyTorch's kernel.

    Padding comes with a feature that shuts the input gate and opens the forget gate, so that the
    cell keeps its state. Of a zero state, that of padding which is read first, the output is zero;
    that of padding which is read last becomes the one before it.
    """
    cell = layer.cell
    kernel, recurrent_kernel, bias = _tensors(cell.kernel, cell.recurrent_kernel, cell.bias)
    if real is not None:
        inputs, kernel = _with_padding_told(inputs, real, kernel, (-HELD, HELD, 0.0, 0.0))
    weights = [kernel, recurrent_kernel, bias, ops.zeros_like(bias)]
    states, (last_h, last_c) = kernel_of_torch("lstm", inputs, weights, [h, c])
    if real is not None and not layer.go_backwards:
        lengths = ops.sum(ops.cast(real, "int32"), axis=0)
        steps = ops.arange(ops.shape(states)[0], dtype="int32")[:, None, None]
        place = ops.broadcast_to(ops.minimum(steps, lengths - 1), ops.shape(states))
        states = ops.take_along_axis(states, place, axis=0)
        last_h = states[-1]
    return _answer(layer, states, real, [last_h, last_c])


def _gru_of_torch(layer, inputs, real, h):
    """Runs PyTorch's kernel; a feature of padding has the update gate keep the state."""
    cell = layer.cell
    kernel, recurrent_kernel, bias = _tensors(cell.kernel, cell.recurrent_kernel, cell.bias)
    if real is not None:
        inputs, kernel = _with_padding_told(inputs, real, kernel, (HELD, 0.0, 0.0))
    weights = [_reset_first(each) for each in (kernel, recurrent_kernel, *ops.unstack(bias))]
    states, (last,) = kernel_of_torch("gru", inputs, weights, [h])
    return _answer(layer, states, real, [last])


def _with_padding_told(inputs, real, kernel, held):
    """Adds to the input a feature that is 1 at padding, and to the kernel what it adds to gates."""
    padding = 1 - ops.cast(real, inputs.dtype)
    row = ops.repeat(ops.convert_to_tensor(held, kernel.dtype), kernel.shape[1] // len(held))
    return ops.concatenate([inputs, padding], axis=-1), ops.concatenate([kernel, row[None]], axis=0)


def _reset_first(weight):
    """The gates in PyTorch's order, in which the reset gate comes before the update gate."""
    update, reset, candidate = ops.split(weight, 3, axis=-1)
    return ops.concatenate([reset, update, candidate], axis=-1)


def _tensors(*variables):
    return [ops.convert_to_tensor(variable) for variable in variables]


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


def _answer(layer, states, real, last_states):
    """What `inner_loop` returns: the last output, the outputs, and the last states."""
    outputs = states
    if real is not None:
        # Keras gives out the output before at a masked step, which is 0 where there is none; on
        # JAX it is the initial state.
        if layer.zero_output_for_mask:
            outputs = ops.where(real, states, ops.zeros_like(states))
        elif keras.backend.backend() != "jax":
            begun = ops.cumsum(ops.cast(real, "int32"), axis=0) > 0
            outputs = ops.where(begun, states, ops.zeros_like(states))
    last = outputs[-1]
    outputs = ops.swapaxes(outputs, 0, 1) if layer.return_sequences else last[:, None]
    return last, outputs, last_states
