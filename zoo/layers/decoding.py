"""Decoding: from a model that scores the next token to sequences, one step after another.

All of it works on a `step`, a function `(tokens, state) -> (logits, state)`: `tokens` are int32
`(rows,)`, the ids that were read last; `state` is any nest of tensors with the rows first, all that
the model remembers; `logits` are `(rows, vocabulary)`. The state goes in and comes out, so nothing
is hidden in the model and everything also runs inside a TensorFlow graph.
"""

import typing

import keras
from keras import ops

PADDING = 0
IMPOSSIBLE = -1e9


class Decoded(typing.NamedTuple):
    """Sequences that were decoded.

    `tokens` are int32 `(..., steps)`, 0 from the end token on; `log_probability` is float32
    `(...)`, in nats, the end token's included.
    """

    tokens: typing.Any
    log_probability: typing.Any


def greedy(step, tokens, state, *, steps, end=None, forbidden=(PADDING,)):
    """Takes the likeliest token at each step.

    Args:
        step: Function `(tokens, state) -> (logits, state)`.
        tokens: Int32 `(batch,)`, the ids to read first: a start id, or the last of a prompt.
        state: What `step` remembers before it reads them.
        steps: How many tokens to decode at most; on TensorFlow it may be a tensor.
        end: Id that ends a sequence, or `None` where nothing does.
        forbidden: Ids that are never chosen.

    Returns:
        A `Decoded` of tokens `(batch, steps)`.

    Example:

    >>> def step(tokens, state):  # Always the next id.
    ...     return keras.ops.one_hot(tokens + 1, 6) * 9, state
    >>> greedy(step, np.array([1, 2]), (), steps=4, end=5).tokens.numpy()
    array([[2, 3, 4, 0],
           [3, 4, 0, 0]], dtype=int32)
    """
    return _decode(
        step, tokens, state, steps, end, forbidden, lambda logits, _: ops.argmax(logits, axis=-1)
    )


def sample(
    step,
    tokens,
    state,
    draws,
    *,
    end=None,
    temperature=1.0,
    top_k=None,
    top_p=None,
    forbidden=(PADDING,),
):
    """Draws each token from what the model says of it.

    Args:
        step: Function `(tokens, state) -> (logits, state)`.
        tokens: Int32 `(batch,)`, the ids to read first.
        state: What `step` remembers before it reads them.
        draws: Float32 `(batch, steps)`, drawn evenly from [0, 1): they alone decide what is
            chosen, so the same draws give the same sequences, whatever else is in the batch.
        end: Id that ends a sequence, or `None` where nothing does.
        temperature: What the logits are divided by: below 1 the likely becomes likelier, and near 0
            the likeliest is chosen.
        top_k: Draw only from so many of the likeliest tokens.
        top_p: Draw only from the fewest of the likeliest tokens that are so probable together.
        forbidden: Ids that are never chosen.

    Returns:
        A `Decoded` of tokens `(batch, steps)`; its probabilities are the model's own, without
        temperature or cuts.

    Raises:
        ValueError: If `temperature`, `top_k` or `top_p` is not positive.

    Reference:
        Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", for `top_p`; Fan et
        al. 2018, "Hierarchical Neural Story Generation", for `top_k`.

    Example:

    >>> def step(tokens, state):  # A fair coin: 1 or 2.
    ...     return keras.ops.zeros((len(tokens), 3)), state
    >>> draws = np.array([[0.1, 0.9, 0.6, 0.4]])
    >>> sample(step, np.array([1]), (), draws).tokens.numpy()
    array([[1, 2, 2, 1]], dtype=int32)
    """
    for name, value in (("temperature", temperature), ("top_k", top_k), ("top_p", top_p)):
        if isinstance(value, int | float) and value <= 0:
            raise ValueError(f"`{name}` must be positive. Received: {value}")
    draws = ops.convert_to_tensor(draws, dtype="float32")

    def choose(logits, place):
        probabilities = ops.softmax(logits / temperature, axis=-1)
        order = None
        if top_k is not None or top_p is not None:
            order = ops.flip(ops.argsort(probabilities, axis=-1), axis=-1)
            probabilities = ops.take_along_axis(probabilities, order, axis=-1)
            if top_p is not None:
                before = ops.cumsum(probabilities, axis=-1) - probabilities
                probabilities = ops.where(before < top_p, probabilities, 0.0)
            if top_k is not None:
                ranks = ops.arange(probabilities.shape[-1])
                probabilities = ops.where(ranks < top_k, probabilities, 0.0)
        summed = ops.cumsum(probabilities, axis=-1)
        reached = ops.take(draws, place, axis=1)[:, None] * summed[:, -1:]
        chosen = ops.sum(ops.cast(summed <= reached, "int32"), axis=-1)
        if order is None:
            return chosen
        return ops.take_along_axis(order, chosen[:, None], axis=-1)[:, 0]

    return _decode(step, tokens, state, ops.shape(draws)[1], end, forbidden, choose)


def beam_search(
    step, tokens, state, *, steps, end, beams=4, length_penalty=1.0, forbidden=(PADDING,)
):
    """Keeps the best few beginnings at each step and gives the best sequences that it met.

    Sequences are compared by `log_probability / length ** length_penalty`; the length counts the
    end token.

    Args:
        step: Function `(tokens, state) -> (logits, state)`.
        tokens: Int32 `(batch,)`, the ids to read first.
        state: What `step` remembers before it reads them.
        steps: How many tokens to decode at most; on TensorFlow it may be a tensor.
        end: Id that ends a sequence.
        beams: How many beginnings to keep; at most as many as the vocabulary has ids.
        length_penalty: 0 compares plain probabilities, which prefers short sequences; 1 compares
            means a token.
        forbidden: Ids that are never chosen.

    Returns:
        A `Decoded` of tokens `(batch, beams, steps)`, the best first. Beams that are the
        continuation of nothing (a vocabulary of few ids has few beginnings) have the
        log-probability -1e9 or less.

    Raises:
        ValueError: If `beams` is not positive.

    Reference:
        Sutskever et al. 2014, "Sequence to Sequence Learning with Neural Networks"; Wu et al. 2016,
        "Google's Neural Machine Translation System", for the comparison of different lengths.

    Example:

    >>> def step(tokens, state):  # 1 is likelier than 2, and 3 ends.
    ...     return keras.ops.log([[0.0001, 0.5, 0.3, 0.2]] * len(tokens)), state
    >>> found = beam_search(step, np.array([1]), (), steps=2, end=3, beams=2, length_penalty=0.0)
    >>> found.tokens.numpy()[0]
    array([[1, 1],
           [1, 2]], dtype=int32)
    """
    if beams < 1:
        raise ValueError(f"`beams` must be positive. Received: {beams}")
    tokens = ops.cast(tokens, "int32")
    batch = ops.shape(tokens)[0]
    rows = ops.arange(batch, dtype="int32")[:, None] * beams
    # At first all beams of a row are the same beginning; only one of them may be continued.
    score = ops.where(ops.arange(beams) == 0, 0.0, IMPOSSIBLE) + ops.zeros((batch, 1))

    def undone(place, _, done, *__):
        return ops.logical_and(place < steps, ops.logical_not(ops.all(done)))

    def advance(place, last, done, length, score, written, state):
        logits, state = step(last, state)
        size = logits.shape[-1]
        likely = ops.log_softmax(ops.cast(logits, "float32"), axis=-1) + _barred(size, forbidden)
        likely = ops.reshape(likely, (batch, beams, size))
        # What has ended goes on with padding alone, which costs nothing.
        rest = ops.where(ops.arange(size) == PADDING, 0.0, IMPOSSIBLE)
        likely = ops.where(done[..., None], rest, likely)
        total = score[..., None] + likely
        lengths = length + ops.cast(ops.logical_not(done), "float32")
        compared = total / (lengths**length_penalty)[..., None]
        _, best = ops.top_k(ops.reshape(compared, (batch, beams * size)), beams)
        parent, chosen = best // size, ops.cast(best % size, "int32")
        score = ops.take_along_axis(ops.reshape(total, (batch, beams * size)), best, axis=1)
        done = ops.take_along_axis(done, parent, axis=1)
        length = ops.take_along_axis(lengths, parent, axis=1)
        origin = ops.reshape(rows + ops.cast(parent, "int32"), (batch * beams,))
        state = keras.tree.map_structure(lambda each: ops.take(each, origin, axis=0), state)
        written = ops.take(written, origin, axis=0)
        chosen = ops.reshape(chosen, (batch * beams,))
        written = _write(written, place, chosen)
        done = ops.logical_or(done, ops.reshape(chosen == end, (batch, beams)))
        return place + 1, chosen, done, length, score, written, state

    loop = (
        ops.convert_to_tensor(0, dtype="int32"),
        ops.repeat(tokens, beams, axis=0),
        ops.zeros((batch, beams), dtype="bool"),
        ops.zeros((batch, beams), dtype="float32"),
        score,
        ops.zeros((batch * beams, steps), dtype="int32"),
        keras.tree.map_structure(lambda each: ops.repeat(each, beams, axis=0), state),
    )
    _, _, _, _, score, written, _ = ops.while_loop(undone, _kept_in_shape(advance), loop)
    written = ops.reshape(written, (batch, beams, steps))
    return Decoded(ops.where(written == end, PADDING, written), score)


def _decode(step, tokens, state, steps, end, forbidden, choose):
    """Decodes one sequence a row; `choose(logits, place)` says with what each goes on."""
    tokens = ops.cast(tokens, "int32")
    batch = ops.shape(tokens)[0]

    def undone(place, _, done, *__):
        return ops.logical_and(place < steps, ops.logical_not(ops.all(done)))

    def advance(place, last, done, score, written, state):
        logits, state = step(last, state)
        logits = ops.cast(logits, "float32")
        chosen = ops.cast(choose(logits + _barred(logits.shape[-1], forbidden), place), "int32")
        likely = ops.take_along_axis(ops.log_softmax(logits, axis=-1), chosen[:, None], axis=-1)
        score = score + ops.where(done, 0.0, likely[:, 0])
        chosen = ops.where(done, PADDING, chosen)
        written = _write(written, place, chosen)
        if end is not None:
            done = ops.logical_or(done, chosen == end)
        return place + 1, chosen, done, score, written, state

    loop = (
        ops.convert_to_tensor(0, dtype="int32"),
        tokens,
        ops.zeros((batch,), dtype="bool"),
        ops.zeros((batch,), dtype="float32"),
        ops.zeros((batch, steps), dtype="int32"),
        state,
    )
    _, _, _, score, written, _ = ops.while_loop(undone, _kept_in_shape(advance), loop)
    if end is not None:
        written = ops.where(written == end, PADDING, written)
    return Decoded(written, score)


def _barred(size, forbidden):
    """What to add to logits so that some ids are never chosen."""
    ids = ops.arange(size)
    barred = ops.zeros((size,), dtype="bool")
    for each in forbidden:
        barred = ops.logical_or(barred, ids == each)
    return ops.where(barred, IMPOSSIBLE, 0.0)


def _write(written, place, chosen):
    """Writes a column."""
    here = ops.arange(ops.shape(written)[1], dtype="int32") == place
    return ops.where(here, chosen[:, None], written)


def _kept_in_shape(advance):
    """Has a step of a loop give what it was given in the shapes that were known of it.

    A TensorFlow graph takes no loop whose variables lose what is known of their shapes.
    """

    def kept(*before):
        return keras.tree.map_structure(
            lambda new, old: ops.reshape(new, ops.shape(old)), advance(*before), before
        )

    return kept
