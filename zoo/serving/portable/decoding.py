"""Decoding in NumPy: from graphs that score the next token to sequences, one step after another.

What `zoo.layers.decoding` does in Keras's operations. A `step` is a function of int32 tokens
`(rows,)` and of the states by name, `state_0` and so on; it gives `logits` `(rows, vocabulary)`
and, as `next_0` and so on, the states that it changed.
"""

import numpy as np

from zoo.serving.portable.arrays import log_softmax, softmax

IMPOSSIBLE = np.float32(-1e9)


def advanced(state, out):
    """The states after a step, those that it left alone among them."""
    new = {f"state_{name[5:]}": each for name, each in out.items() if name.startswith("next_")}
    return state | new


def sample(step, tokens, state, draws, *, temperature, top_k=None, top_p=None, forbidden):
    """Draws each token from what the model says of it; see `zoo.layers.decoding.sample`.

    Returns:
        Int32 `(batch, steps)`.

    Example:

    >>> def step(tokens, **state):  # A fair coin: 1 or 2.
    ...     return {"logits": np.zeros((len(tokens), 3), "float32")}
    >>> draws = np.array([[0.1, 0.9, 0.6, 0.4]], "float32")
    >>> sample(step, np.array([1]), {}, draws, temperature=1.0, forbidden=(0,)).tolist()
    [[1, 2, 2, 1]]
    """
    written = np.zeros(draws.shape, "int32")
    for place in range(draws.shape[1]):
        out = step(tokens=tokens, **state)
        state = advanced(state, out)
        logits = out["logits"]
        logits[:, list(forbidden)] += IMPOSSIBLE
        probabilities, order = softmax(logits / np.float32(temperature)), None
        if top_k is not None or top_p is not None:
            order = np.argsort(probabilities, axis=-1, kind="stable")[:, ::-1]
            probabilities = np.take_along_axis(probabilities, order, axis=-1)
            if top_p is not None:
                before = np.cumsum(probabilities, axis=-1) - probabilities
                probabilities = np.where(before < np.float32(top_p), probabilities, np.float32(0))
            if top_k is not None:
                probabilities[:, top_k:] = 0
        summed = np.cumsum(probabilities, axis=-1)
        reached = draws[:, place, None] * summed[:, -1:]
        chosen = (summed <= reached).sum(axis=-1)
        if order is not None:
            chosen = np.take_along_axis(order, chosen[:, None], axis=-1)[:, 0]
        tokens = written[:, place] = chosen.astype("int32")
    return written


def beam_search(step, tokens, state, *, steps, end, beams, length_penalty=1.0, forbidden=(0,)):
    """Keeps the best few beginnings; see `zoo.layers.decoding.beam_search`.

    With one beam the likeliest token is taken at each step.

    Returns:
        The best sequence of each row, int32 `(batch, steps)`, 0 from the end token on, and its
        log-probability, float32 `(batch,)`.

    Example:

    >>> def step(tokens, **state):  # 1 is likelier than 2, and 3 ends.
    ...     return {"logits": np.log([[0.0001, 0.5, 0.3, 0.2]] * len(tokens)).astype("float32")}
    >>> beam_search(step, np.array([1]), {}, steps=3, end=3, beams=2)[0].tolist()
    [[1, 1, 1]]
    """
    batch = len(tokens)
    rows = np.arange(batch)[:, None] * beams
    score = np.full((batch, beams), IMPOSSIBLE)
    score[:, 0] = 0  # At first all beams of a row are the same beginning.
    last = np.repeat(tokens, beams).astype("int32")
    state = {name: np.repeat(each, beams, axis=0) for name, each in state.items()}
    done, length = np.zeros((batch, beams), bool), np.zeros((batch, beams), "float32")
    written = np.zeros((batch * beams, steps), "int32")
    for place in range(steps):
        if done.all():
            break
        out = step(tokens=last, **state)
        size = out["logits"].shape[-1]
        logits = out.pop("logits")
        barred = np.zeros(size, "float32")
        barred[list(forbidden)] = IMPOSSIBLE
        likely = (log_softmax(logits) + barred).reshape(batch, beams, size)
        # What has ended goes on with padding alone, which costs nothing.
        likely[done] = np.where(np.arange(size) == 0, np.float32(0), IMPOSSIBLE)
        total = (score[..., None] + likely).reshape(batch, beams * size)
        lengths = length + ~done
        weights = np.repeat(lengths ** np.float32(length_penalty), size, axis=1)
        best = _top(total / weights.astype("float32"), beams)
        parent, chosen = best // size, (best % size).astype("int32")
        score = np.take_along_axis(total, best, axis=1)
        done = np.take_along_axis(done, parent, axis=1) | (chosen == end)
        length = np.take_along_axis(lengths, parent, axis=1).astype("float32")
        origin = (rows + parent).ravel()
        # The states that no step changes are the same for all beams of a row.
        state |= {name: each[origin] for name, each in advanced({}, out).items()}
        written, last = written[origin], chosen.ravel()
        written[:, place] = last
    best = written.reshape(batch, beams, steps)[:, 0]
    return np.where(best == end, 0, best), score[:, 0]


def _top(values, number):
    """Places of the greatest of each row, the greatest first; of equals the first.

    Example:

    >>> _top(np.array([[1.0, 3.0, 2.0, 3.0]]), 3).tolist()
    [[1, 3, 2]]
    """
    least = np.partition(values, -number, axis=1)[:, -number]
    found = []
    for row, limit in zip(values, least, strict=True):
        places = np.flatnonzero(row >= limit)
        found.append(places[np.argsort(-row[places], kind="stable")][:number])
    return np.array(found)


def look(step, tokens, state, start):
    """Tells where each step of sequences looks, `(batch, steps, time)`.

    Args:
        step: As above, with `attention` in place of logits.
        tokens: Int32 `(batch, steps)`, the sequences.
        state: The states before them.
        start: Id that is read before the first token.
    """
    previous = np.concatenate([np.full_like(tokens[:, :1], start), tokens[:, :-1]], axis=1)
    found = []
    for place in range(tokens.shape[1]):
        out = step(tokens=previous[:, place], **state)
        state = advanced(state, out)
        found.append(out["attention"])
    return np.where((tokens != 0)[..., None], np.stack(found, axis=1), np.float32(0))
