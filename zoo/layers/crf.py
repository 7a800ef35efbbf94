"""A linear-chain conditional random field: the layer and its loss."""

import keras
from keras import ops

from zoo.layers import linear_chain


@keras.saving.register_keras_serializable(package="zoo")
class CRF(keras.layers.Layer):
    """Chooses the best sequence of tags as a whole: learns which tag follows which.

    How the loss reaches the transitions: the layer hands out not logits but `potentials`, which
    hold logits and transitions together, padding included. They are all that the likelihood needs,
    so `CRFLoss` is a plain Keras loss without weights and without a reference to this layer. An
    ordinary `compile` and `fit` train the transitions by backpropagation; nothing has to override
    `train_step`, call `add_loss` or feed the tags in as an input, and a model that was saved and
    loaded again trains on. The price is an output of `num_tags` times the size of the logits.

    Everything is computed in float32, also under a mixed policy.

    Args:
        num_tags: Number of tags.
        allowed: Optional hard constraints, nested booleans `(num_tags + 1, num_tags + 1)`: row
            `i`, column `j` is whether tag `j` may follow tag `i`; the last row tells what may come
            first, the last column what may come last. `zoo.schemes.allowed` makes them for BIO and
            IOBES. What is not allowed is never decoded and has probability 0.

    Call arguments:
        logits: `(batch, time, num_tags)`.
        mask: Boolean `(batch, time)`, true at the real steps, which come first: padding belongs
            on the right. By default all steps are real.

    Returns:
        A dictionary: `tags`, int32 `(batch, time)`, the best sequence (Viterbi), 0 at padding; and
        `potentials`, float32 `(batch, time, num_tags, num_tags)`, which `CRFLoss` and the
        functions of `zoo.layers.linear_chain` take (`marginals`, `log_partition`, ...).

    Raises:
        ValueError: If `allowed` is not of that shape, or the logits are not `num_tags`.

    Reference:
        Lafferty, McCallum and Pereira 2001, "Conditional Random Fields". Start and end scores as
        in Lample et al. 2016, "Neural Architectures for Named Entity Recognition".

    Example:

    >>> tokens = keras.Input((None,), dtype="int32")
    >>> mask = tokens != 0
    >>> states = keras.layers.LSTM(8, return_sequences=True)(
    ...     keras.layers.Embedding(20, 4)(tokens), mask=mask)
    >>> outputs = CRF(3)(keras.layers.Dense(3)(states), mask=mask)
    >>> model = keras.Model(tokens, outputs)
    >>> model.compile("adam", loss={"potentials": CRFLoss()})
    >>> x, y = np.array([[5, 7, 0], [3, 4, 9]]), np.array([[1, 2, 0], [0, 1, 2]])
    >>> history = model.fit(x, y, verbose=0)
    >>> model.predict(x, verbose=0)["tags"].shape
    (2, 3)
    """

    def __init__(self, num_tags, allowed=None, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.supports_masking = True
        self.num_tags = num_tags
        self.allowed = (
            None if allowed is None else [[bool(item) for item in row] for row in allowed]
        )
        if self.allowed is not None and [len(row) for row in self.allowed] != [num_tags + 1] * (
            num_tags + 1
        ):
            raise ValueError(
                "`allowed` must have a row and a column for each tag and one more, for start and "
                f"end: {num_tags + 1} by {num_tags + 1}. Received: {len(self.allowed)} rows of "
                f"lengths {sorted({len(row) for row in self.allowed})}"
            )

    def build(self, input_shape):
        if input_shape[-1] != self.num_tags:
            raise ValueError(
                f"The logits' last axis must have num_tags={self.num_tags} entries. "
                f"Received: shape {tuple(input_shape)}"
            )
        # With zeros a new layer is a softmax at every step.
        self.transitions = self.add_weight(
            shape=(self.num_tags, self.num_tags), initializer="zeros", name="transitions"
        )
        self.start = self.add_weight(shape=(self.num_tags,), initializer="zeros", name="start")
        self.end = self.add_weight(shape=(self.num_tags,), initializer="zeros", name="end")

    def call(self, logits, mask=None):
        if mask is None:
            mask = ops.ones_like(logits[:, :, 0], dtype="bool")
        transitions, start, end = self.transition_scores()
        potentials = linear_chain.chain_potentials(logits, transitions, start, end, mask)
        return {"tags": linear_chain.viterbi(potentials), "potentials": potentials}

    def transition_scores(self):
        """Gives what it scores to follow, to begin and to end; what is not allowed, -1e30."""
        scores = (
            ops.convert_to_tensor(self.transitions),
            ops.convert_to_tensor(self.start),
            ops.convert_to_tensor(self.end),
        )
        if self.allowed is None:
            return scores
        allowed = ops.convert_to_tensor(self.allowed, "bool")
        masks = allowed[:-1, :-1], allowed[-1, :-1], allowed[:-1, -1]
        return tuple(
            ops.where(mask, score, linear_chain.FORBIDDEN)
            for mask, score in zip(masks, scores, strict=True)
        )

    def compute_mask(self, inputs, previous_mask):
        return None  # The potentials know what is padding.

    def compute_output_spec(self, logits, mask=None):
        batch, time, size = logits.shape
        return {
            "tags": keras.KerasTensor((batch, time), "int32"),
            "potentials": keras.KerasTensor((batch, time, size, size), "float32"),
        }

    def get_config(self):
        return {**super().get_config(), "num_tags": self.num_tags, "allowed": self.allowed}


@keras.saving.register_keras_serializable(package="zoo")
class ViterbiDecoder(keras.layers.Layer):
    """Finds the best sequences of potentials that came from elsewhere, such as the mean of several.

    Call arguments:
        potentials: `(batch, time, num_tags, num_tags)`, as `CRF` gives them.

    Returns:
        What `CRF` returns: a dictionary of `tags` and the same `potentials`.

    Reference:
        Viterbi 1967, "Error bounds for convolutional codes and an asymptotically optimum decoding
        algorithm".

    Example:

    >>> outputs = ViterbiDecoder()(CRF(3)(np.zeros((1, 4, 3)))["potentials"])
    >>> outputs["tags"].shape
    TensorShape([1, 4])
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, potentials):
        return {"tags": linear_chain.viterbi(potentials), "potentials": potentials}

    def compute_output_spec(self, potentials):
        return {
            "tags": keras.KerasTensor(potentials.shape[:2], "int32"),
            "potentials": keras.KerasTensor(potentials.shape, "float32"),
        }


@keras.saving.register_keras_serializable(package="zoo")
class CRFLoss(keras.losses.Loss):
    """The negative log-likelihood of whole sequences of tags, per real step, in nats.

    Call arguments:
        y_true: Tag ids `(batch, time)`; at padded steps they are not looked at.
        y_pred: The `potentials` of `CRF`, which know what is padding.
        sample_weight: Optional, `(batch,)` or `(batch, time)`: weights of the sequences, or of
            their steps, equal within a sequence.

    Example:

    >>> potentials = CRF(3)(np.zeros((1, 4, 3)))["potentials"]
    >>> loss = CRFLoss()(np.array([[0, 1, 2, 1]]), potentials)
    >>> round(float(loss), 4) == round(float(np.log(3)), 4)
    True
    """

    def __init__(self, reduction="mean_with_sample_weight", name="crf_loss"):
        super().__init__(name=name, reduction=reduction, dtype="float32")

    def __call__(self, y_true, y_pred, sample_weight=None):
        weight = ops.cast(linear_chain.real_steps(ops.convert_to_tensor(y_pred)), "float32")
        if sample_weight is not None:
            given = ops.cast(ops.convert_to_tensor(sample_weight), "float32")
            weight = weight * ops.reshape(given, (ops.shape(weight)[0], -1))
        return super().__call__(y_true, y_pred, weight)

    def call(self, y_true, y_pred):
        return linear_chain.negative_log_likelihood(y_pred, y_true)
