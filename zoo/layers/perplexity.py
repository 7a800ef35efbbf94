"""Perplexity over steps, whatever the widths of the batches."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class Perplexity(keras.metrics.Mean):
    """Exponential of the mean number of nats that the true class of a step costs.

    It says between how many equally likely classes the model still hesitates. Every step counts its
    weight, in narrow batches as in wide ones (`zoo.layers.StepAccuracy` tells why).

    Call arguments:
        y_true: Class ids `(batch, time)`.
        y_pred: Logits `(batch, time, classes)`.
        sample_weight: Weights `(batch, time)`; by default the mask of `y_pred`, if it has one.

    Example:

    >>> perplexity = Perplexity()
    >>> perplexity.update_state([[0, 3, 0]], np.zeros((1, 3, 4)), sample_weight=[[1, 1, 0]])
    >>> round(float(perplexity.result()), 3)
    4.0
    """

    def __init__(self, name="perplexity", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        if sample_weight is None:
            sample_weight = getattr(y_pred, "_keras_mask", None)
        if sample_weight is not None:
            sample_weight = ops.reshape(ops.cast(sample_weight, self.dtype), (-1,))
        nats = keras.losses.sparse_categorical_crossentropy(
            ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred), from_logits=True
        )
        return super().update_state(ops.reshape(nats, (-1,)), sample_weight)

    def result(self):
        return ops.exp(super().result())
