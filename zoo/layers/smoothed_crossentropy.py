"""Crossentropy against targets that are not quite certain."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class SmoothedCrossentropy(keras.losses.Loss):
    """Crossentropy with class ids, a part of whose certainty is spread over all classes.

    The same as Keras's `CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)`, with
    ids in place of one-hot vectors, which large vocabularies do not allow.

    Args:
        smoothing: The part that is spread, at least 0 and less than 1.
        reduction: As of any Keras loss.
        name: Name of the loss.

    Call arguments:
        y_true: Class ids `(...)`.
        y_pred: Logits `(..., classes)`.

    Raises:
        ValueError: If `smoothing` is not in [0, 1).

    Reference:
        Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision".

    Example:

    >>> logits = np.array([[[2.0, 0.0, 0.0]]])
    >>> plain, smoothed = SmoothedCrossentropy(0.0), SmoothedCrossentropy(0.3)
    >>> [round(float(loss(np.array([[0]]), logits)), 3) for loss in (plain, smoothed)]
    [0.24, 0.64]
    """

    def __init__(
        self, smoothing=0.1, reduction="mean_with_sample_weight", name="smoothed_crossentropy"
    ):
        super().__init__(name=name, reduction=reduction)
        if not 0 <= smoothing < 1:
            raise ValueError(f"`smoothing` must be in [0, 1). Received: {smoothing}")
        self.smoothing = smoothing

    def call(self, y_true, y_pred):
        y_true = ops.cast(y_true, "int32")
        nats = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        if not self.smoothing:
            return nats
        # The mean over all classes needs no logarithm of another sum of exponentials: the one in
        # `nats` comes back when the target's logit is added.
        target = ops.squeeze(ops.take_along_axis(y_pred, y_true[..., None], axis=-1), -1)
        return nats + self.smoothing * (target - ops.mean(y_pred, axis=-1))

    def get_config(self):
        return {**super().get_config(), "smoothing": self.smoothing}
