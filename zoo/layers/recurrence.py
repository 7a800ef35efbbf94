"""An LSTM and a GRU over all steps, with the gradient written out.

Each step multiplies its own input. All inputs as one product before the loop are up to a third
slower with a hundred rows, for which that product does not fit a cache; but where there is known to
be a single row they are faster, for the kernel is read but once, and so it is done there. The
gradients with respect to kernels, biases and input are one product each after the gradient's loop.
Everything is time first. On TensorFlow and JAX.
"""

from keras import ops

from zoo.layers.backend import scan, with_gradient


def lstm(inputs, kernel, recurrent_kernel, bias, h, c, real=None):
    """Runs an LSTM.

    Args:
        inputs: `(time, batch, features)`.
        kernel: `(features, 4 * units)`, for the input gate, forget gate, candidate, output gate.
        recurrent_kernel: `(units, 4 * units)`.
        bias: `(4 * units,)`.
        h: The state before the first step, `(batch, units)`.
        c: The cell's state before the first step, `(batch, units)`.
        real: `None`, or boolean `(time, batch, 1)`; where false the states stay as they are.

    Returns:
        The states after every step, `(time, batch, units)`; and the cell's state after the last.

    Reference:
        Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; with forget gates: Gers,
        Schmidhuber and Cummins 2000.

    Example:

    >>> shapes = [(5, 2, 6), (6, 12), (3, 12), (12,), (2, 3), (2, 3)]
    >>> states, c = lstm(*map(keras.ops.ones, shapes))
    >>> states.shape, c.shape
    (TensorShape([5, 2, 3]), TensorShape([2, 3]))
    """
    mask = () if real is None else (real,)

    @with_gradient
    def run(inputs, kernel, recurrent_kernel, bias, h0, c0):
        before, of_input = _product(inputs, kernel)

        def step(carry, x):
            (h, c), (x, *real) = carry, x
            z = of_input(x) + ops.matmul(h, recurrent_kernel) + bias
            i, f, g, o = ops.split(z, 4, axis=-1)
            i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
            c_next = f * c + i * g
            h_next = o * ops.tanh(c_next)
            h, c = _where(real, h_next, h), _where(real, c_next, c)
            return (h, c), (h, c, ops.concatenate([i, f, g, o], axis=-1))

        (_, last), (h, c, gates) = scan(step, (h0, c0), (before, *mask))

        def backward(from_h, from_last):
            transposed = ops.transpose(recurrent_kernel)

            def step_back(carry, x):
                (dh, dc), (from_h, gates, c, *real) = carry, x
                i, f, g, o = ops.split(gates, 4, axis=-1)
                dh = dh + from_h
                tanh = ops.tanh(f * c + i * g)
                within = dc + dh * o * (1 - tanh * tanh)
                dz = ops.concatenate(
                    [
                        within * g * i * (1 - i),
                        within * c * f * (1 - f),
                        within * i * (1 - g * g),
                        dh * tanh * o * (1 - o),
                    ],
                    axis=-1,
                )
                dh_before = _where(real, ops.matmul(dz, transposed), dh)
                dc_before = _where(real, within * f, dc)
                return (dh_before, dc_before), (_where(real, dz, ops.zeros_like(dz)),)

            start = (ops.zeros_like(h0), from_last)
            xs = (from_h, gates, _before(c, c0), *mask)
            (dh, dc), (dz,) = scan(step_back, start, xs, reverse=True)
            d_recurrent_kernel = _outer(_before(h, h0), dz)
            return *_of_the_input(inputs, kernel, dz), d_recurrent_kernel, _total(dz), dh, dc

        return (h, last), backward

    return run(inputs, kernel, recurrent_kernel, bias, h, c)


def gru(inputs, kernel, recurrent_kernel, bias, recurrent_bias, h, real=None):
    """Runs a GRU that resets after the product, as cuDNN's does.

    Args:
        inputs: `(time, batch, features)`.
        kernel: `(features, 3 * units)`, for the update gate, reset gate, candidate.
        recurrent_kernel: `(units, 3 * units)`.
        bias: `(3 * units,)`, of the input's part.
        recurrent_bias: `(3 * units,)`.
        h: The state before the first step, `(batch, units)`.
        real: `None`, or boolean `(time, batch, 1)`; where false the state stays as it is.

    Returns:
        The states after every step, `(time, batch, units)`.

    Reference:
        Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", in its
        second version.

    Example:

    >>> gru(*map(keras.ops.ones, [(5, 2, 6), (6, 9), (3, 9), (9,), (9,), (2, 3)])).shape
    TensorShape([5, 2, 3])
    """
    mask = () if real is None else (real,)

    @with_gradient
    def run(inputs, kernel, recurrent_kernel, bias, recurrent_bias, h0):
        before, of_input = _product(inputs, kernel)

        def step(carry, x):
            (h,), (x, *real) = carry, x
            z, r, candidate = ops.split(of_input(x) + bias, 3, axis=-1)
            of_h = ops.split(ops.matmul(h, recurrent_kernel) + recurrent_bias, 3, axis=-1)
            z, r = ops.sigmoid(z + of_h[0]), ops.sigmoid(r + of_h[1])
            candidate = ops.tanh(candidate + r * of_h[2])
            h = _where(real, z * h + (1 - z) * candidate, h)
            return (h,), (h, ops.concatenate([z, r, candidate, of_h[2]], axis=-1))

        _, (h, gates) = scan(step, (h0,), (before, *mask))

        def backward(from_h):
            h_before = _before(h, h0)
            transposed = ops.transpose(recurrent_kernel)

            def step_back(carry, x):
                (dh,), (from_h, gates, h, *real) = carry, x
                z, r, candidate, of_h = ops.split(gates, 4, axis=-1)
                dh = dh + from_h
                dz = dh * (h - candidate) * z * (1 - z)
                d_candidate = dh * (1 - z) * (1 - candidate * candidate)
                dr = d_candidate * of_h * r * (1 - r)
                d_inputs = ops.concatenate([dz, dr, d_candidate], axis=-1)
                d_recurrent = ops.concatenate([dz, dr, d_candidate * r], axis=-1)
                dh_before = dh * z + ops.matmul(d_recurrent, transposed)
                zeros = ops.zeros_like(d_inputs)
                outputs = _where(real, d_inputs, zeros), _where(real, d_recurrent, zeros)
                return (_where(real, dh_before, dh),), outputs

            xs = (from_h, gates, h_before, *mask)
            (dh,), (d_inputs, d_recurrent) = scan(
                step_back, (ops.zeros_like(h0),), xs, reverse=True
            )
            d_recurrent_kernel = _outer(h_before, d_recurrent)
            biases = _total(d_inputs), _total(d_recurrent)
            return *_of_the_input(inputs, kernel, d_inputs), d_recurrent_kernel, *biases, dh

        return (h,), backward

    return run(inputs, kernel, recurrent_kernel, bias, recurrent_bias, h)[0]


def _product(inputs, kernel):
    """Multiplies inputs by a kernel: what is done before the loop, and what at each step."""
    if inputs.shape[1] == 1:
        return ops.matmul(inputs, kernel), lambda x: x
    return inputs, lambda x: ops.matmul(x, kernel)


def _where(real, new, old):
    """The new where a step is real; `real` is empty where all are."""
    return ops.where(real[0], new, old) if real else new


def _before(states, start):
    return ops.concatenate([start[None], states[:-1]], axis=0)


def _of_the_input(inputs, kernel, dz):
    """The gradients with respect to the input and to its kernel."""
    steps, batch, _ = ops.shape(dz)
    features, size = kernel.shape  # The last axis of the input may be known as it runs, only.
    dz = ops.reshape(dz, (-1, size))
    d_inputs = ops.reshape(ops.matmul(dz, ops.transpose(kernel)), (steps, batch, features))
    return d_inputs, ops.matmul(ops.transpose(ops.reshape(inputs, (-1, features))), dz)


def _outer(left, right):
    """Sums the outer products of all steps and rows."""
    left, right = (ops.reshape(x, (-1, x.shape[-1])) for x in (left, right))
    return ops.matmul(ops.transpose(left), right)


def _total(x):
    return ops.sum(x, axis=(0, 1))
