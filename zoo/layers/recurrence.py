"""An LSTM and a GRU over all steps, with the gradient written out.

Each step multiplies its own input. All inputs as one product before the loop are up to a third
slower with a hundred rows, for which that product does not fit a cache; but where there is known to
be a single row they are faster, for the kernel is read but once, and so it is done there. The
gradients with respect to kernels, biases and input are one product each after the gradient's loop.
What they need is kept in training alone; else the backend finds a gradient itself, more slowly.
Everything is time first. On TensorFlow and JAX.
"""

from keras import ops

from zoo.layers.backend import gradient_of_activation, scan, with_gradient


def lstm(inputs, kernel, recurrent_kernel, bias, h, c, real=None, training=True):
    """Runs an LSTM.

    Args:
        inputs: `(time, batch, features)`.
        kernel: `(features, 4 * units)`, for the input gate, forget gate, candidate, output gate.
        recurrent_kernel: `(units, 4 * units)`.
        bias: `(4 * units,)`.
        h: The state before the first step, `(batch, units)`.
        c: The cell's state before the first step, `(batch, units)`.
        real: `None`, or boolean `(time, batch, 1)`; where false the states stay as they are.
        training: Whether to keep what the written gradient needs.

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

    def run(inputs, kernel, recurrent_kernel, bias, h0, c0):
        before, of_input = _product(inputs, kernel)

        def step(carry, x):
            (h, c), (x, *real) = carry, x
            z = of_input(x) + ops.matmul(h, recurrent_kernel) + bias
            i, f, g, o = ops.split(z, 4, axis=-1)
            i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
            c_next = f * c + i * g
            tanh = ops.tanh(c_next)
            kept = (i, f, g, o, c, tanh) if training else ()
            h, c = _where(real, o * tanh, h), _where(real, c_next, c)
            return (h, c), (h,), kept

        (_, last), (h,), kept = scan(step, (h0, c0), (before, *mask))

        def backward(from_h, from_last):
            transposed = ops.transpose(recurrent_kernel)

            def step_back(carry, x):
                (dh, dc), (from_h, i, f, g, o, c, tanh, *real) = carry, x
                dh = dh + from_h
                within = dc + gradient_of_activation("tanh", tanh, dh * o)
                dz = ops.concatenate(
                    [
                        gradient_of_activation("sigmoid", i, within * g),
                        gradient_of_activation("sigmoid", f, within * c),
                        gradient_of_activation("tanh", g, within * i),
                        gradient_of_activation("sigmoid", o, dh * tanh),
                    ],
                    axis=-1,
                )
                dh_before = _where(real, ops.matmul(dz, transposed), dh)
                dc_before = _where(real, within * f, dc)
                return (dh_before, dc_before), (_where(real, dz, ops.zeros_like(dz)),), ()

            start = (ops.zeros_like(h0), from_last)
            (dh, dc), (dz,), _ = scan(step_back, start, (from_h, *kept, *mask), reverse=True)
            d_recurrent_kernel = _outer(_before(h, h0), dz)
            return *_of_the_input(inputs, kernel, dz), d_recurrent_kernel, _total(dz), dh, dc

        return (h, last), backward

    return _called(run, training)(inputs, kernel, recurrent_kernel, bias, h, c)


def gru(inputs, kernel, recurrent_kernel, bias, recurrent_bias, h, real=None, training=True):
    """Runs a GRU that resets after the product, as cuDNN's does.

    Args:
        inputs: `(time, batch, features)`.
        kernel: `(features, 3 * units)`, for the update gate, reset gate, candidate.
        recurrent_kernel: `(units, 3 * units)`.
        bias: `(3 * units,)`, of the input's part.
        recurrent_bias: `(3 * units,)`.
        h: The state before the first step, `(batch, units)`.
        real: `None`, or boolean `(time, batch, 1)`; where false the state stays as it is.
        training: Whether to keep what the written gradient needs.

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

    def run(inputs, kernel, recurrent_kernel, bias, recurrent_bias, h0):
        before, of_input = _product(inputs, kernel)

        def step(carry, x):
            (h,), (x, *real) = carry, x
            z, r, candidate = ops.split(of_input(x) + bias, 3, axis=-1)
            of_h = ops.split(ops.matmul(h, recurrent_kernel) + recurrent_bias, 3, axis=-1)
            z, r = ops.sigmoid(z + of_h[0]), ops.sigmoid(r + of_h[1])
            candidate = ops.tanh(candidate + r * of_h[2])
            kept = (z, r, candidate, of_h[2], h) if training else ()
            h = _where(real, z * h + (1 - z) * candidate, h)
            return (h,), (h,), kept

        _, (h,), kept = scan(step, (h0,), (before, *mask))

        def backward(from_h):
            transposed = ops.transpose(recurrent_kernel)

            def step_back(carry, x):
                (dh,), (from_h, z, r, candidate, of_h, h, *real) = carry, x
                dh = dh + from_h
                dz = gradient_of_activation("sigmoid", z, dh * (h - candidate))
                d_candidate = gradient_of_activation("tanh", candidate, dh * (1 - z))
                dr = gradient_of_activation("sigmoid", r, d_candidate * of_h)
                d_inputs = ops.concatenate([dz, dr, d_candidate], axis=-1)
                d_recurrent = ops.concatenate([dz, dr, d_candidate * r], axis=-1)
                dh_before = dh * z + ops.matmul(d_recurrent, transposed)
                zeros = ops.zeros_like(d_inputs)
                outputs = _where(real, d_inputs, zeros), _where(real, d_recurrent, zeros)
                return (_where(real, dh_before, dh),), outputs, ()

            start, xs = (ops.zeros_like(h0),), (from_h, *kept, *mask)
            (dh,), (d_inputs, d_recurrent), _ = scan(step_back, start, xs, reverse=True)
            d_recurrent_kernel = _outer(_before(h, h0), d_recurrent)
            biases = _total(d_inputs), _total(d_recurrent)
            return *_of_the_input(inputs, kernel, d_inputs), d_recurrent_kernel, *biases, dh

        return (h,), backward

    arguments = inputs, kernel, recurrent_kernel, bias, recurrent_bias, h
    return _called(run, training)(*arguments)[0]


def _called(run, training):
    """The function with its gradient, or without."""
    return with_gradient(run) if training else lambda *arguments: run(*arguments)[0]


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
