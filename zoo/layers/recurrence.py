"""The part of an LSTM and of a GRU that must go step by step, with its gradient written out.

What a step adds to the state's part of the gates, the input's part, is the same product for all
steps; the layers make it before the loop, as one. The gradient's loop likewise leaves the
recurrent kernel's part for one product after it. Everything is time first. On TensorFlow and JAX.
"""

from keras import ops

from zoo.layers.backend import scan, with_gradient


def lstm(inputs, recurrent_kernel, h, c, real=None):
    """Runs an LSTM over the input's part of its gates.

    Args:
        inputs: `(time, batch, 4 * units)`, kernel and bias applied; input, forget, cell, output.
        recurrent_kernel: `(units, 4 * units)`.
        h: The state before the first step, `(batch, units)`.
        c: The cell's state before the first step, `(batch, units)`.
        real: `None`, or boolean `(time, batch, 1)`; where false the states stay as they are.

    Returns:
        The states after every step, `(time, batch, units)`; and the cell's state after the last.

    Reference:
        Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; with forget gates: Gers,
        Schmidhuber and Cummins 2000.

    Example:

    >>> states, c = lstm(*map(keras.ops.ones, [(5, 2, 12), (3, 12), (2, 3), (2, 3)]))
    >>> states.shape, c.shape
    (TensorShape([5, 2, 3]), TensorShape([2, 3]))
    """
    mask = () if real is None else (real,)

    @with_gradient
    def run(inputs, kernel, h0, c0):
        def step(carry, x):
            (h, c), (x, *real) = carry, x
            z = x + ops.matmul(h, kernel)
            i, f, g, o = _lstm_gates(z)
            c_next = f * c + i * g
            h_next = o * ops.tanh(c_next)
            h, c = _where(real, h_next, h), _where(real, c_next, c)
            return (h, c), (h, c, z)

        (_, last), (h, c, z) = scan(step, (h0, c0), (inputs, *mask))

        def backward(from_h, from_last):
            h_before, c_before = _before(h, h0), _before(c, c0)
            transposed = ops.transpose(kernel)

            def step_back(carry, x):
                (dh, dc), (from_h, z, c, c_before, *real) = carry, x
                i, f, g, o = _lstm_gates(z)
                dh = dh + from_h
                tanh = ops.tanh(c)
                within = dc + dh * o * (1 - tanh * tanh)
                dz = ops.concatenate(
                    [
                        within * g * i * (1 - i),
                        within * c_before * f * (1 - f),
                        within * i * (1 - g * g),
                        dh * tanh * o * (1 - o),
                    ],
                    axis=-1,
                )
                dh_before = _where(real, ops.matmul(dz, transposed), dh)
                dc_before = _where(real, within * f, dc)
                return (dh_before, dc_before), (_where(real, dz, ops.zeros_like(dz)),)

            start = (ops.zeros_like(h0), from_last)
            xs = (from_h, z, c, c_before, *mask)
            (dh, dc), (dz,) = scan(step_back, start, xs, reverse=True)
            return dz, _product(h_before, dz), dh, dc

        return (h, last), backward

    return run(inputs, recurrent_kernel, h, c)


def gru(inputs, recurrent_kernel, recurrent_bias, h, real=None):
    """Runs a GRU over the input's part of its gates; it resets after the product, as cuDNN does.

    Args:
        inputs: `(time, batch, 3 * units)`, kernel and bias applied; update, reset, candidate.
        recurrent_kernel: `(units, 3 * units)`.
        recurrent_bias: `(3 * units,)`.
        h: The state before the first step, `(batch, units)`.
        real: `None`, or boolean `(time, batch, 1)`; where false the state stays as it is.

    Returns:
        The states after every step, `(time, batch, units)`.

    Reference:
        Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", in its
        second version.

    Example:

    >>> gru(*map(keras.ops.ones, [(5, 2, 9), (3, 9), (9,), (2, 3)])).shape
    TensorShape([5, 2, 3])
    """
    mask = () if real is None else (real,)

    @with_gradient
    def run(inputs, kernel, bias, h0):
        def step(carry, x):
            (h,), (x, *real) = carry, x
            recurrent = ops.matmul(h, kernel) + bias
            z, _, candidate, _ = _gru_gates(x, recurrent)
            h = _where(real, z * h + (1 - z) * candidate, h)
            return (h,), (h, recurrent)

        _, (h, recurrent) = scan(step, (h0,), (inputs, *mask))

        def backward(from_h):
            h_before = _before(h, h0)
            transposed = ops.transpose(kernel)

            def step_back(carry, x):
                (dh,), (from_h, x, recurrent, h_before, *real) = carry, x
                z, r, candidate, of_candidate = _gru_gates(x, recurrent)
                dh = dh + from_h
                dz = dh * (h_before - candidate) * z * (1 - z)
                d_candidate = dh * (1 - z) * (1 - candidate * candidate)
                dr = d_candidate * of_candidate * r * (1 - r)
                d_inputs = ops.concatenate([dz, dr, d_candidate], axis=-1)
                d_recurrent = ops.concatenate([dz, dr, d_candidate * r], axis=-1)
                dh_before = dh * z + ops.matmul(d_recurrent, transposed)
                zeros = ops.zeros_like(d_inputs)
                outputs = _where(real, d_inputs, zeros), _where(real, d_recurrent, zeros)
                return (_where(real, dh_before, dh),), outputs

            xs = (from_h, inputs, recurrent, h_before, *mask)
            (dh,), (d_inputs, d_recurrent) = scan(
                step_back, (ops.zeros_like(h0),), xs, reverse=True
            )
            d_bias = ops.sum(d_recurrent, axis=(0, 1))
            return d_inputs, _product(h_before, d_recurrent), d_bias, dh

        return (h,), backward

    return run(inputs, recurrent_kernel, recurrent_bias, h)[0]


def _lstm_gates(z):
    i, f, g, o = ops.split(z, 4, axis=-1)
    return ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)


def _gru_gates(x, recurrent):
    """Update gate, reset gate, candidate, and the recurrent part of this before the reset."""
    (z, r, c), (of_z, of_r, of_c) = (ops.split(each, 3, axis=-1) for each in (x, recurrent))
    z, r = ops.sigmoid(z + of_z), ops.sigmoid(r + of_r)
    return z, r, ops.tanh(c + r * of_c), of_c


def _where(real, new, old):
    """The new where a step is real; `real` is empty where all are."""
    return ops.where(real[0], new, old) if real else new


def _before(states, start):
    return ops.concatenate([start[None], states[:-1]], axis=0)


def _product(left, right):
    """Sums the outer products of all steps and rows."""
    left, right = (ops.reshape(x, (-1, x.shape[-1])) for x in (left, right))
    return ops.matmul(ops.transpose(left), right)
