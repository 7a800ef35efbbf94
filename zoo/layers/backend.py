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
