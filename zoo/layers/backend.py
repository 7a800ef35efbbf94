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
