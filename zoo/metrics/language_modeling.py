"""How well running text is foretold."""

import numpy as np

UNKNOWN = 1


def evaluate(gold, predicted, train):
    """Measures predicted probabilities and the baselines, on the same tokens.

    Args:
        gold: `ids`, as `zoo.data.language_modeling.Stream` has them: the first one is read, the
            others are predicted.
        predicted: Logarithms of the probabilities that the model gave those others, in nats.
        train: `ids` of the training split.

    Returns:
        The `report` of `predicted`, with `unknown_share`, the share of tokens that are the unknown
        one, `train_tokens`, and two reports with a `name`: `baseline`, of an n-gram model
        (`KneserNey`) that sees as many as four tokens before, and `unigram`, of one that sees none.

    Raises:
        ValueError: If there is not one probability a token.
    """
    if len(predicted) != len(gold.ids) - 1:
        raise ValueError(
            f"`predicted` must have a probability for each of {len(gold.ids) - 1} tokens. "
            f"Received: {len(predicted)}"
        )
    order = min(5, int(62 / np.log2(max(train.ids.max(), UNKNOWN) + 1)))

    def baseline(name, order):
        return {"name": name, **report(KneserNey(train.ids, order).predict(gold.ids))}

    return {
        **report(predicted),
        "unknown_share": float(np.mean(gold.ids[1:] == UNKNOWN)),
        "train_tokens": len(train.ids) - 1,
        "baseline": baseline(f"Kneser-Ney {order}-gram", order),
        "unigram": baseline("unigram", 1),
    }


def report(log_probabilities):
    """Sums up how surprising tokens were.

    Args:
        log_probabilities: Of each token, in nats, `(tokens,)`.

    Returns:
        A dictionary: `nats` and `bits` a token, `perplexity` and `tokens`, their number.

    Example:

    >>> report(np.log([1 / 2, 1 / 8]))
    {'nats': 1.3862..., 'bits': 2.0, 'perplexity': 4.0..., 'tokens': 2}
    """
    nats = -float(np.mean(log_probabilities, dtype="float64"))
    return {
        "nats": nats,
        "bits": nats / float(np.log(2)),
        "perplexity": float(np.exp(nats)),
        "tokens": len(log_probabilities),
    }


class KneserNey:
    """The baseline: an n-gram model with interpolated Kneser-Ney smoothing.

    The count of every n-gram is cut by a discount, and what that frees is shared out as the model
    of one token less has it. That one counts in how many contexts an n-gram occurs in place of how
    often; below the unigrams all ids but padding are equal.

    Args:
        ids: Training ids, 1 or higher, `(1 + tokens,)`; the first one is not predicted.
        order: Tokens of an n-gram. `order` times the bits of the highest id may be 62.

    Reference:
        Kneser and Ney 1995, "Improved backing-off for M-gram language modeling"; Chen and Goodman
        1999, "An empirical study of smoothing techniques for language modeling".

    Example:

    >>> model = KneserNey(np.array([1, 2, 3, 2, 3, 2, 3, 2, 3]), order=2)
    >>> [round(float(p), 2) for p in np.exp(model.predict(np.array([2, 3, 1])))]
    [0.88, 0.02]
    """

    def __init__(self, ids, order):
        self.order = order
        self.size = max(int(ids.max()), UNKNOWN) + 1
        keys, counts = np.unique(self._keys(ids), return_counts=True)
        self.levels = []
        for length in range(order, 0, -1):
            self.levels.append(_Level(keys, counts, self.size))
            # An n-gram type is a context of its last n - 1 tokens.
            keys, counts = np.unique(keys % self.size ** (length - 1), return_counts=True)

    def predict(self, ids):
        """Gives the logarithm of the probability of each id but the first, in nats."""
        if ids.max() >= self.size:
            raise ValueError(f"`ids` must be below {self.size}. Received: {ids.max()}")
        keys = self._keys(ids)
        probability = np.full(len(keys), 1 / (self.size - 1))
        for length, level in enumerate(reversed(self.levels), start=1):
            probability = level.probability(keys % self.size**length, probability)
        return np.log(probability).astype("float32")

    def _keys(self, ids):
        """Numbers that stand for the n-grams that end at each id but the first."""
        before = np.repeat(ids[:1], self.order - 1)
        ids = np.concatenate([before, ids[1:]]).astype("int64")
        tokens = len(ids) - len(before)
        keys = np.zeros(tokens, "int64")
        for place in range(self.order):
            keys = keys * self.size + ids[place : place + tokens]
        return keys


class _Level:
    """Counts of the n-grams of one length, and what each context leaves to shorter ones."""

    def __init__(self, keys, counts, size):
        self.keys, self.counts, self.size = keys, counts, size
        once, twice = np.sum(counts == 1), np.sum(counts == 2)
        # Ney's estimate, drawn away from 0 and 1, where it ends if no count is 1, or none is 2.
        self.discount = (once + 1) / (once + 2 * twice + 2)
        self.contexts, firsts = np.unique(keys // size, return_index=True)
        self.totals = np.add.reduceat(counts, firsts)
        self.types = np.diff(firsts, append=len(keys))

    def probability(self, keys, shorter):
        counts = _look_up(self.keys, self.counts, keys)
        totals = _look_up(self.contexts, self.totals, keys // self.size)
        types = _look_up(self.contexts, self.types, keys // self.size)
        mass = np.maximum(counts - self.discount, 0) + self.discount * types * shorter
        return np.where(totals > 0, mass / np.maximum(totals, 1), shorter)


def _look_up(keys, values, wanted):
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)


def copied(texts, source, lengths):
    """Tells how much of what was written stands in another text word for word.

    Args:
        texts: Strings, for instance what a language model wrote.
        source: A string, for instance what it was trained on.
        lengths: Numbers of characters.

    Returns:
        For each length the share of all pieces of so many characters that `source` has, too; of no
        pieces it is NaN.

    Example:

    >>> copied(["to be or to"], "to be or not to be", lengths=[1, 8, 10])
    [1.0, 0.5, 0.0]
    """
    shares = []
    for length in lengths:
        pieces = [text[i : i + length] for text in texts for i in range(len(text) - length + 1)]
        found = sum(piece in source for piece in pieces)
        shares.append(found / len(pieces) if pieces else float("nan"))
    return shares


def tables(found):
    """Lays out what `evaluate` returned, to be printed.

    Returns:
        A list of tables, each a title, the names of the columns and the rows, all strings.

    Example:

    >>> found = {**report(np.log([1 / 2, 1 / 8])), "split": "test", "unknown_share": 0.0}
    >>> other = {**report(np.log([1 / 4, 1 / 16])), "name": "unigram"}
    >>> title, columns, rows = tables({**found, "baseline": other, "unigram": other})[0]
    >>> rows[1]
    ['bits a token', '2.000', '3.000', '3.000']
    """
    columns = [found, found["baseline"], found["unigram"]]
    rows = [
        ["nats a token", *(f"{column['nats']:.3f}" for column in columns)],
        ["bits a token", *(f"{column['bits']:.3f}" for column in columns)],
        ["perplexity", *(f"{column['perplexity']:,.2f}" for column in columns)],
    ]
    share = f"{100 * found['unknown_share']:.2f} % of them unknown"
    title = f"{found['split']}: {found['tokens']:,} tokens, {share}"
    return [(title, ["", "model", *(column["name"] for column in columns[1:])], rows)]
