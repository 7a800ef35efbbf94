"""What depends on the active Keras backend."""

import keras


def jit_compile():
    """Says whether a recurrent model should be compiled with XLA on the active backend.

    On TensorFlow the cuDNN kernels do not compile under XLA (keras-team/keras#18456) and the CPU
    loop is slower with it; JAX knows nothing else.

    Returns:
        What to pass as `jit_compile=` to `keras.Model.compile`.

    Example:

    >>> jit_compile() == (keras.backend.backend() == "jax")
    True
    """
    return keras.backend.backend() == "jax"


def gradient(function, x):
    """Differentiates a function by its input.

    Args:
        function: Function of a tensor that returns a scalar.
        x: Float tensor.

    Returns:
        The gradient at `x`, of its shape; it is a constant to whatever is differentiated later.

    Example:

    >>> gradient(lambda x: keras.ops.sum(x**2), keras.ops.convert_to_tensor([1.0, 2.0])).numpy()
    array([2., 4.], dtype=float32)
    """
    backend = keras.backend.backend()
    x = keras.ops.stop_gradient(x)
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            value = function(x)
        found = tape.gradient(value, x)
    elif backend == "jax":
        import jax

        found = jax.grad(function)(x)
    else:
        import torch

        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            (found,) = torch.autograd.grad(function(x), x)
    return keras.ops.stop_gradient(found)


def loops_are_worth_it():
    """Says whether the loops of `zoo.layers.recurrence` are faster than what Keras has.

    They are on a CPU, on TensorFlow and JAX. An accelerator has kernels of its own (cuDNN).

    Returns:
        Whether they are.

    Example:

    >>> loops_are_worth_it() in (True, False)
    True
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return not tf.config.list_logical_devices("GPU")
    if backend == "jax":
        import jax

        return jax.default_backend() == "cpu"
    return False


def kernels_are_torch(x):
    """Says whether PyTorch's own recurrent kernels take a tensor.

    Args:
        x: A tensor.

    Returns:
        Whether PyTorch is the backend and computes eagerly, on a CPU.

    Example:

    >>> kernels_are_torch(keras.ops.ones((2, 3))) == (keras.backend.backend() == "torch")
    True
    """
    if keras.backend.backend() != "torch":
        return False
    import torch

    traced = torch.jit.is_tracing() or torch.compiler.is_compiling()
    return x.device.type == "cpu" and x.dtype == torch.float32 and not traced


def kernel_of_torch(name, x, weights, states):
    """Runs PyTorch's LSTM or GRU.

    Args:
        name: `"lstm"` or `"gru"`.
        x: `(time, batch, features)`.
        weights: Kernel `(features, gates * units)`, recurrent kernel `(units, gates * units)` and
            the biases of both, `(gates * units,)`, with the gates in PyTorch's order.
        states: Those before the first step, `(batch, units)` each.

    Returns:
        The states after every step, `(time, batch, units)`, and a list of the last states.
    """
    import torch

    kernel, recurrent_kernel, *biases = weights
    flat = [kernel.T.contiguous(), recurrent_kernel.T.contiguous(), *biases]
    before = tuple(keras.ops.convert_to_tensor(state)[None] for state in states)
    options = {"has_biases": True, "num_layers": 1, "dropout": 0.0}
    options |= {"train": False, "bidirectional": False, "batch_first": False}
    run = getattr(torch, name)
    found, *last = run(x, before if name == "lstm" else before[0], flat, **options)
    return found, [state[0] for state in last]


def is_first_process():
    """Says whether this process is the first of those that JAX knows of, or the only one.

    Example:

    >>> is_first_process()
    True
    """
    if keras.backend.backend() != "jax":
        return True
    import jax

    return jax.process_index() == 0


def wait_for_every_process():
    """Waits until every process of `keras.distribution` has come here. On JAX alone."""
    from jax.experimental import multihost_utils

    multihost_utils.sync_global_devices("zoo")


def scan(step, carry, xs, *, reverse=False):
    """Runs a step over time, as `keras.ops.scan` does, and keeps what another scan will want.

    On TensorFlow `keras.ops.scan` wants outputs of the carry's shape and, of several inputs, a
    known length (Keras 3.15); this one does not. What is kept is not copied there.

    Args:
        step: Function of the carry and of one step of each input, both tuples of tensors, that
            returns the next carry, what it gives out at this step, and what is to be kept of it,
            all tuples of tensors too.
        carry: Tuple of tensors that the first step gets.
        xs: Tuple of tensors, time first, of at least one step, or of what a scan has kept; a tensor
            is the first of them.
        reverse: Whether to begin at the last step; what is given out keeps the order of `xs`.

    Returns:
        The last carry, a tuple of what was given out, time first, and a tuple of what was kept,
        which is for the `xs` of another scan and for nothing else.

    Example:

    >>> def add(carry, x):
    ...     total = carry[0] + x[0]
    ...     return (total,), (total, -total), ()
    >>> _, (totals, _), _ = scan(add, (keras.ops.zeros(()),), (keras.ops.arange(4.0),))
    >>> totals.numpy()
    array([0., 1., 3., 6.], dtype=float32)
    """
    if keras.backend.backend() != "tensorflow":

        def joined(carry, x):
            following, ys, kept = step(carry, x)
            return following, (ys, kept)

        carry, (ys, kept) = keras.ops.scan(joined, carry, xs, reverse=reverse)
        return carry, ys, kept
    import tensorflow as tf

    steps = tf.shape(xs[0])[0]

    def array(dtype, shape):
        return tf.TensorArray(dtype, steps, element_shape=shape, clear_after_read=False)

    inputs = [
        x if isinstance(x, tf.TensorArray) else array(x.dtype, x.shape[1:]).unstack(x) for x in xs
    ]
    # This call tells the shapes; nothing else needs it, so TensorFlow prunes it from a graph.
    _, *example = step(carry, tuple(x.read(0) for x in inputs))
    outputs, kept = (tuple(array(y.dtype, y.shape) for y in ys) for ys in example)

    def unfinished(i, *_):
        return i < steps

    def body(i, carry, outputs, kept):
        at = steps - 1 - i if reverse else i
        following, *found = step(carry, tuple(x.read(at) for x in inputs))
        for now, before in zip(following, carry, strict=True):
            now.set_shape(before.shape)  # Else a batch of 1 could become one of unknown size.
        outputs, kept = (
            tuple(written.write(at, y) for written, y in zip(arrays, ys, strict=True))
            for arrays, ys in zip((outputs, kept), found, strict=True)
        )
        return i + 1, following, outputs, kept

    _, carry, outputs, kept = tf.while_loop(
        unfinished,
        body,
        (0, tuple(carry), outputs, kept),
        maximum_iterations=steps,
        parallel_iterations=2,  # What waits for no state may begin while the step before ends.
    )
    return carry, tuple(written.stack() for written in outputs), kept


def gradient_of_activation(name, y, upstream):
    """The gradient with respect to x of `y = sigmoid(x)` or `tanh(x)`: one operation on TensorFlow.

    Args:
        name: `"sigmoid"` or `"tanh"`.
        y: Float tensor.
        upstream: Gradient with respect to y, of its shape.

    Returns:
        The gradient, of the same shape.

    Example:

    >>> gradient_of_activation("tanh", keras.ops.array([0.5]), keras.ops.array([2.0])).numpy()
    array([1.5], dtype=float32)
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        run = {"sigmoid": tf.raw_ops.SigmoidGrad, "tanh": tf.raw_ops.TanhGrad}[name]
        return run(y=y, dy=upstream)
    return upstream * {"sigmoid": y * (1 - y), "tanh": 1 - y * y}[name]


def with_gradient(function):
    """Gives a function a gradient that is written by hand, on TensorFlow and JAX.

    Unlike `keras.ops.custom_gradient` it calls the gradient alike on both where there are several
    outputs.

    Args:
        function: Function of float tensors that returns a tuple of tensors, and a function of the
            gradients with respect to these that returns a tuple, one gradient an argument. It must
            read no variables, and close over nothing that has a gradient.

    Returns:
        Function of the same tensors that returns the tuple alone.

    Example:

    >>> @with_gradient
    ... def cube(x):
    ...     return (x**3,), lambda upstream: (3 * x**2 * upstream,)
    >>> gradient(lambda x: cube(x)[0], keras.ops.convert_to_tensor(2.0)).numpy().item()
    12.0
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        run = tf.custom_gradient(function)
        # A variable is read here, for TensorFlow wants a gradient by it where one is read inside.
        return lambda *args: run(*map(tf.convert_to_tensor, args))
    import jax

    def with_one_argument(*args):
        outputs, backward = function(*args)
        return outputs, lambda upstream: backward(*upstream)

    return jax.custom_gradient(with_one_argument)
