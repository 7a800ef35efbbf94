"""SavedModels: TensorFlow graphs from strings to labels around the weights of a model.

Importing this package imports TensorFlow, and holds back what that writes to the standard error
from C++ about devices that are not there: since 2.19 `TF_CPP_MIN_LOG_LEVEL` no longer does
(tensorflow#100442).
"""

import contextlib
import os
import sys


@contextlib.contextmanager
def _standard_error_closed():
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


if "tensorflow" not in sys.modules:
    with _standard_error_closed():
        import tensorflow

        tensorflow.config.list_physical_devices()


def load(directory):
    """Loads a SavedModel; nothing of the zoo is needed for it but TensorFlow's own loader."""
    import tensorflow as tf

    return tf.saved_model.load(str(directory))
