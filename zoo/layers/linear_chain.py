"""The mathematics of a linear chain: sums and maxima over all sequences of tags.

Everything here takes `potentials`, float32 `(batch, time, tags, tags)`: at step `t`, row `i` and
column `j` is what it scores to go from tag `i` at step `t - 1` to tag `j` at step `t`, emission,
start and end included. A chain is at tag 0 before its first step.

Padding is part of them: a padded step leads to tag 0 for nothing and to every other tag for an
impossible `PADDING`. It changes no sum and no maximum, so nothing here needs a mask.
"""

from keras import ops

FORBIDDEN, PADDING = -1e30, -1e32


def chain_potentials(logits, transitions, start, end, mask):
    """Adds up what a step of a chain scores.

    Args:
        logits: `(batch, time, tags)`.
        transitions: `(tags, tags)`, from the row's tag to the column's.
        start: `(tags,)`, what it scores to begin with a tag.
        end: `(tags,)`, what it scores to end with a tag.
        mask: Boolean `(batch, time)`, true at the real steps, which come first.

    Returns:
        The potentials.
    """
    after = ops.concatenate([mask[:, 1:], ops.zeros_like(mask[:, :1])], axis=1)
    last = ops.cast(ops.logical_and(mask, ops.logical_not(after)), logits.dtype)
    logits = logits + last[:, :, None] * end
    first = ops.concatenate([ops.ones_like(mask[:, :1]), ops.zeros_like(mask[:, 1:])], axis=1)
    steps = ops.where(first[:, :, None, None], start[None, None, :], transitions[None])
    padding = ops.where(ops.arange(ops.shape(end)[0]) == 0, 0.0, PADDING)
    return ops.where(mask[:, :, None, None], steps + logits[:, :, None, :], padding)


def real_steps(potentials):
    """Tells the real steps from the padded ones, boolean `(batch, time)`.

    A chain of a single tag cannot tell, and need not: padding scores nothing there.
    """
    return potentials[:, :, 0, -1] > (PADDING + FORBIDDEN) / 2


def step_scores(potentials, tags):
    """Scores every step of given sequences.

    Args:
        potentials: `(batch, time, tags, tags)`.
        tags: Tag ids `(batch, time)`; at padded steps they are not looked at.

    Returns:
        Scores `(batch, time)`, 0 at padded steps.
    """
    batch, time, size, _ = ops.shape(potentials)
    real = ops.logical_and(real_steps(potentials), size > 1)
    tags = ops.where(real, ops.cast(tags, "int32"), 0)
    before = ops.concatenate([ops.zeros_like(tags[:, :1]), tags[:, :-1]], axis=1)
    pairs = ops.reshape(potentials, (batch, time, size * size))
    return ops.take_along_axis(pairs, (before * size + tags)[:, :, None], axis=-1)[:, :, 0]


def sequence_score(potentials, tags):
    """Scores given sequences.

    Args:
        potentials: `(batch, time, tags, tags)`.
        tags: Tag ids `(batch, time)`; at padded steps they are not looked at.

    Returns:
        Scores `(batch,)`.
    """
    return ops.sum(step_scores(potentials, tags), axis=1)


@ops.custom_gradient
def log_partition_steps(potentials):
    """Tells by how much each step raises the logarithm of the sum over all sequences so far.

    The gradient is written out rather than taken through the loop: given the probability of the
    tag before for each tag now, it is one product of a matrix and a vector a step.

    Args:
        potentials: `(batch, time, tags, tags)`.

    Returns:
        `(batch, time)`, whose sum over time is `log_partition`; 0 at padded steps.
    """
    before, now = _forward(potentials)

    def gradient(*args, upstream=None):
        if upstream is None:
            (upstream,) = args
        after = ops.concatenate([upstream[:, 1:], ops.zeros_like(upstream[:, :1])], axis=1)
        tags, given = _backward(potentials, before, now, upstream - after)
        return tags[:, :, None, :] * given

    return _log_sum_exp(now, axis=2) - _log_sum_exp(before, axis=2), gradient


def log_partition(potentials):
    """Sums over all sequences.

    Args:
        potentials: `(batch, time, tags, tags)`.

    Returns:
        `(batch,)`, the logarithm of the sum of exponentiated scores.
    """
    return ops.sum(log_partition_steps(potentials), axis=1)


def negative_log_likelihood(potentials, tags):
    """Gives what each step adds to the negative log-likelihood of given sequences, in nats.

    Args:
        potentials: `(batch, time, tags, tags)`.
        tags: Tag ids `(batch, time)`; at padded steps they are not looked at.

    Returns:
        `(batch, time)`, 0 at padded steps. The sum over time is that of the whole sequence,
        `log_partition - sequence_score`.
    """
    return log_partition_steps(potentials) - step_scores(potentials, tags)


def viterbi(potentials):
    """Finds the sequence with the highest score.

    Args:
        potentials: `(batch, time, tags, tags)`.

    Returns:
        Tag ids, int32 `(batch, time)`, 0 at padded steps.
    """

    def step(before, scores):
        now = ops.max(before[:, :, None] + scores, axis=1)
        return now - ops.max(now, axis=1, keepdims=True), now

    last, now = ops.scan(step, _start(potentials), _swapped(potentials))
    before = _before(potentials, now)
    came_from = ops.argmax(before[:, :, :, None] + potentials, axis=2)

    def step_back(tag, pointers):
        return ops.take_along_axis(pointers, tag[:, None], axis=1)[:, 0], tag

    pointers = _swapped(ops.cast(came_from, "int32"))
    tag = ops.cast(ops.argmax(last, axis=1), "int32")
    return _swapped(ops.scan(step_back, tag, pointers, reverse=True)[1])


def marginals(potentials):
    """Gives the probability of every tag at every step, and of every pair of neighbours.

    Args:
        potentials: `(batch, time, tags, tags)`.

    Returns:
        `(batch, time, tags)`, at padded steps all for tag 0; and `(batch, time, tags, tags)`: at
        step `t` row `i`, column `j` is the probability of tag `i` at step `t - 1` and tag `j` at
        step `t`.
    """
    before, now = _forward(potentials)
    steps = ops.shape(potentials)[1]
    at_last = ops.cast(ops.arange(steps) == steps - 1, potentials.dtype)
    tags, given = _backward(potentials, before, now, ops.ones_like(now[:, :, 0]) * at_last)
    return tags, tags[:, :, None, :] * given


def _forward(potentials):
    """Sums from the left: for every tag all that leads to it, before and after each step.

    Before a step the greatest is 0, so that nothing grows with the length.
    """

    def step(before, scores):
        now = _log_sum_exp(before[:, :, None] + scores, axis=1)
        return now - ops.max(now, axis=1, keepdims=True), now

    _, now = ops.scan(step, _start(potentials), _swapped(potentials))
    return _before(potentials, now), _swapped(now)


def _backward(potentials, before, now, weights):
    """Differentiates the sum over time of `weights` times the logarithm of the sum so far.

    Returns:
        The derivatives with respect to each tag's sum at each step, and, `(batch, time, tags,
        tags)`, the probability of the tag before (row) given the tag now (column).
    """
    given = _softmax(before[:, :, :, None] + potentials, axis=2)
    here = weights[:, :, None] * _softmax(now, axis=2)

    def step(later, x):
        tags = later + x[:, 0]
        return ops.sum(x[:, 1:] * tags[:, None, :], axis=2), tags

    xs = _swapped(ops.concatenate([here[:, :, None, :], given], axis=2))
    _, tags = ops.scan(step, ops.zeros_like(now[:, 0]), xs, reverse=True)
    return _swapped(tags), given


def _start(potentials):
    certain = ops.where(ops.arange(ops.shape(potentials)[-1]) == 0, 0.0, PADDING)
    return ops.zeros_like(potentials[:, 0, 0]) + certain


def _before(potentials, now):
    """What a scan carried into each step, from what it gave out after each, time first."""
    now = _swapped(now)
    peak = ops.max(now, axis=2, keepdims=True)
    return ops.concatenate([_start(potentials)[:, None], (now - peak)[:, :-1]], axis=1)


def _log_sum_exp(x, axis):
    peak = ops.max(x, axis=axis, keepdims=True)
    return ops.squeeze(peak, axis) + ops.log(ops.sum(ops.exp(x - peak), axis=axis))


def _softmax(x, axis):
    # Keras's own warns where there is but one tag.
    x = ops.exp(x - ops.max(x, axis=axis, keepdims=True))
    return x / ops.sum(x, axis=axis, keepdims=True)


def _swapped(x):
    """Time first for batch first, or back."""
    return ops.swapaxes(x, 0, 1)
