"""Accuracy over steps, whatever the widths of the batches."""

import keras
from keras import ops

from zoo.layers import linear_chain


@keras.saving.register_keras_serializable(package="zoo")
class StepAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Share of the steps of all sequences whose class is the one with the highest score.

    Keras's own metric takes the mean over each sequence first, padding included, so that with
    batches of different widths a step in a narrow batch counts for more than one in a wide batch.
    Here every step counts its weight, and nothing else.

    Call arguments:
        y_true: Class ids `(batch, time)`.
        y_pred: Scores `(batch, time, classes)`, or the potentials of `CRF`, which are decoded.
        sample_weight: Weights `(batch, time)` or `(batch,)`; by default the mask of `y_pred`, if
            it has one.

    Example:

    >>> accuracy = StepAccuracy()
    >>> scores = np.eye(2)[[[0, 1, 1]]]
    >>> accuracy.update_state([[0, 0, 1]], scores, sample_weight=[[1, 1, 0]])
    >>> float(accuracy.result())
    0.5
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        if sample_weight is None:
            sample_weight = getattr(y_pred, "_keras_mask", None)
        y_pred = ops.convert_to_tensor(y_pred)
        if len(y_pred.shape) == 4:
            if sample_weight is None:
                sample_weight = linear_chain.real_steps(y_pred)
            y_pred = ops.one_hot(linear_chain.viterbi(y_pred), y_pred.shape[-1])
        y_true = ops.convert_to_tensor(y_true)
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, self.dtype), (ops.shape(y_true)[0], -1))
            sample_weight = ops.reshape(weight * ops.ones_like(y_true, self.dtype), (-1,))
        y_true = ops.reshape(y_true, (-1,))
        y_pred = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
        return super().update_state(y_true, y_pred, sample_weight)
