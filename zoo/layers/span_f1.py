"""F1 over the spans of a batch of tag sequences, counted as `conlleval` counts them."""

import keras
from keras import ops

from zoo import schemes
from zoo.layers import linear_chain


@keras.saving.register_keras_serializable(package="zoo")
class SpanF1(keras.metrics.Metric):
    """Harmonic mean of precision and recall of whole spans: type, beginning and end must be right.

    Sequences that no scheme allows are read as `zoo.schemes.spans` reads them.

    Args:
        tags: Names of the tags by id, of BIO or IOBES, `O` among them.

    Call arguments:
        y_true: Tag ids `(batch, time)`.
        y_pred: Logits `(batch, time, tags)`, or the potentials of `CRF`, which are decoded.
        sample_weight: Weights `(batch, time)` or `(batch,)`; where they are 0 there is no token.

    Raises:
        ValueError: If `tags` are not of a scheme, or `O` is not among them.

    Example:

    >>> f1 = SpanF1(["O", "B-PER", "I-PER"])
    >>> f1.update_state([[1, 2, 0, 1]], np.eye(3)[[[1, 2, 0, 0]]])
    >>> round(float(f1.result()), 3)  # precision 1, recall 1/2
    0.667
    """

    def __init__(self, tags, name="f1", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.tags = list(tags)
        pairs = [schemes.split(tag) for tag in self.tags]
        if "O" not in self.tags:
            raise ValueError(
                "`tags` must have 'O' among them, for what is in no span. "
                f"Received: {self.tags!r:.200}"
            )
        kinds = sorted({kind for _, kind in pairs})
        self._kinds = [kinds.index(kind) for _, kind in pairs]
        self._prefixes = [prefix for prefix, _ in pairs]
        self.correct = self.add_variable((), initializer="zeros", name="correct")
        self.predicted = self.add_variable((), initializer="zeros", name="predicted")
        self.gold = self.add_variable((), initializer="zeros", name="gold")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.cast(ops.convert_to_tensor(y_true), "int32")
        real = ops.ones_like(y_true, dtype="bool")
        if len(y_pred.shape) == 4:
            real = linear_chain.real_steps(y_pred)
            found = linear_chain.viterbi(y_pred)
        else:
            found = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        if sample_weight is not None:
            weight = ops.reshape(sample_weight, (ops.shape(y_true)[0], -1))
            real = ops.logical_and(real, weight > 0)
        gold_ends, gold_begins, gold_kinds = self._edges(y_true, real)
        ends, begins, kinds = self._edges(found, real)
        right = ops.logical_and(gold_ends, ends)
        right = ops.logical_and(right, gold_begins == begins)
        right = ops.logical_and(right, gold_kinds == kinds)
        for count, which in (
            (self.correct, right),
            (self.predicted, ends),
            (self.gold, gold_ends),
        ):
            count.assign_add(ops.cast(ops.sum(ops.cast(which, "int32")), self.dtype))

    def _edges(self, tags, real):
        """Where spans end, where the latest one before or at each step began, and its type."""
        outside = self._prefixes.index("O")
        tags = ops.where(real, tags, outside)
        nothing = ops.full_like(tags[:, :1], outside)
        before = ops.concatenate([nothing, tags[:, :-1]], axis=1)
        after = ops.concatenate([tags[:, 1:], nothing], axis=1)
        kinds = ops.take(ops.convert_to_tensor(self._kinds, "int32"), tags)
        begins = ops.take(self._table(schemes.begins), before * len(self.tags) + tags)
        ends = ops.take(self._table(schemes.ends), tags * len(self.tags) + after)
        steps = ops.arange(ops.shape(tags)[1], dtype="int32")
        earlier = ops.where(steps[:, None] >= steps, steps + 1, 0)
        latest = ops.max(ops.where(begins[:, None, :], earlier, 0), axis=2)
        return ends, latest, kinds

    def _table(self, rule):
        pairs = list(zip(self._prefixes, self._kinds, strict=True))
        return ops.convert_to_tensor([rule(a, b) for a in pairs for b in pairs], "bool")

    def result(self):
        return ops.divide_no_nan(2 * self.correct, self.predicted + self.gold)

    def get_config(self):
        return {**super().get_config(), "tags": self.tags}
