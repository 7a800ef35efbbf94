"""Batches of sequences of different lengths, with as little padding as possible."""

import numpy as np


class Batches:
    """Batches of similar length, padded on the right, with explicit weights.

    Iterating gives `(x, y, sample_weight)` of NumPy arrays; `x` is a dictionary, or the one array
    where there is but one, as functional Keras models take it. With a seed every epoch is shuffled
    anew: the examples are cut at random into pools of so many batches, each pool is sorted by
    length and cut into batches, and the batches are shuffled. The order depends on `seed` and
    `epoch` alone, so a training that was interrupted can go on as if it had not been. Without a
    seed the batches come from the shortest to the longest and `order` says which examples they
    hold.

    Examples that share an array (`Shared`), as many as have each, stay together instead, in the
    order in which they came, and their batch holds the array once for all of them.

    Args:
        x: Dictionary of lists, one array an example, its first axis time; 0 is padding.
        y: List of arrays, one an example, its first axis time: each step has the weight 1. Or an
            array `(examples,)` with one value an example, which has the weight 1 where the value is
            not negative; a negative one tells that it is not known, becomes 0 and weighs nothing.
        batch_size: Number of examples a batch; the last one may be smaller. Where examples stay
            together the next lower number that leaves none alone.
        seed: Seed of the order, or `None` for the order of length.
        unknown_rates: Optional array: for every id of `x["tokens"]` the probability that it is
            replaced by the unknown id 1 in an epoch. Needs a seed.
        pool: Batches whose examples are sorted by length together. 1 sorts none, at the price of
            padding: where a model normalizes by the batch and the length is what it must find out,
            examples of one length would give the answer away.

    Example:

    >>> lengths = (2, 5, 3, 1)
    >>> x = {"tokens": [np.ones(n, "int32") for n in lengths]}
    >>> batches = Batches(x, [np.zeros(n, "int32") for n in lengths], batch_size=2)
    >>> [weight.tolist() for _, _, weight in batches]
    [[[1.0, 0.0], [1.0, 1.0]], [[1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0]]]
    >>> round(batches.padding, 3)
    0.214
    """

    def __init__(self, x, y, batch_size, *, seed=None, unknown_rates=None, pool=100):
        if not len(y):
            raise ValueError("There must be at least one example. Received: none")
        self.x, self.y = x, y
        self.together = max(getattr(array, "together", 1) for array in x.values())
        self.batch_size = max(batch_size // self.together, 1) * self.together
        self.seed = seed
        self.unknown_rates = unknown_rates
        self.pool = pool
        self.epoch = 0
        self.lengths = np.array([len(example) for example in next(iter(x.values()))])
        if self.lengths.min() == 0:
            empty = int(self.lengths.argmin())
            raise ValueError(
                "Every example must have at least one step: drop the empty ones first. "
                f"Received: an empty example at index {empty}"
            )

    def __len__(self):
        return -(-len(self.y) // self.batch_size)

    @property
    def order(self):
        """Indices of the examples in the order in which this epoch's batches hold them."""
        return np.concatenate(self._chosen())

    @property
    def padding(self):
        """Share of this epoch's steps that are padding, from 0 to 1."""
        steps = sum(len(chosen) * self.lengths[chosen].max() for chosen in self._chosen())
        return float(1 - self.lengths.sum() / steps)

    def _rng(self, purpose):
        return np.random.default_rng([self.seed, self.epoch, purpose])

    def _chosen(self):
        size = self.batch_size
        if self.together > 1:
            first = np.arange(0, len(self.y), self.together)
            first = first if self.seed is None else self._rng(0).permutation(first)
            order = (first[:, None] + np.arange(self.together)).ravel()
            return [order[start : start + size] for start in range(0, len(order), size)]
        if self.seed is None:
            order = np.argsort(self.lengths, kind="stable")
            return [order[start : start + size] for start in range(0, len(order), size)]
        rng = self._rng(0)
        order = rng.permutation(len(self.y))
        batches = []
        for start in range(0, len(order), size * self.pool):
            pool = order[start : start + size * self.pool]
            pool = pool[np.argsort(self.lengths[pool], kind="stable")]
            batches += [pool[first : first + size] for first in range(0, len(pool), size)]
        return [batches[index] for index in rng.permutation(len(batches))]

    def __iter__(self):
        rng = self._rng(1) if self.unknown_rates is not None else None
        for chosen in self._chosen():
            x = {
                name: arrays.of(chosen)
                if isinstance(arrays, Shared)
                else pad([arrays[i] for i in chosen])
                for name, arrays in self.x.items()
            }
            y, weight = self._targets(chosen)
            if rng is not None:
                dropped = rng.random(x["tokens"].shape) < self.unknown_rates[x["tokens"]]
                x["tokens"] = np.where(dropped, np.int32(1), x["tokens"])
            yield x if len(x) > 1 else next(iter(x.values())), y, weight

    def _targets(self, chosen):
        if isinstance(self.y, np.ndarray):
            return np.maximum(self.y[chosen], 0), (self.y[chosen] >= 0).astype("float32")
        weight = pad([np.ones(self.lengths[i], "float32") for i in chosen])
        return pad([self.y[i] for i in chosen]), weight

    def dataset(self):
        """Wraps the batches for `fit` on the TensorFlow backend.

        Returns:
            A `tf.data.Dataset` of this object's batches, in the order of `epoch` as it stands when
            an iteration begins.
        """
        import tensorflow as tf

        def signature(array):
            return tf.TensorSpec([None] * array.ndim, array.dtype)

        x, y, weight = next(iter(self))
        structure = tf.nest.map_structure(signature, (x, y, weight))
        data = tf.data.Dataset.from_generator(lambda: iter(self), output_signature=structure)
        data = data.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(2)
        return without_autotune(data)


class Shared:
    """Arrays of which several examples have the same, each kept but once: a picture, say.

    Args:
        values: Array; its first axis are the different ones.
        rows: int `(examples,)`: which of them each example has.

    Attributes:
        together: How many examples that follow each other have each, where all have as many, or 1.

    Example:

    >>> pictures = Shared(np.array([[1, 2], [3, 4]]), np.array([0, 0, 1, 1]))
    >>> len(pictures), pictures[1], pictures.together, pictures.of([2, 3])
    (4, array([1, 2]), 2, array([[3, 4]]))
    """

    def __init__(self, values, rows):
        self.values, self.rows = values, rows
        each = max(len(rows) // max(len(values), 1), 1)
        regular = np.array_equal(rows, np.repeat(np.arange(len(values)), each))
        self.together = each if regular else 1

    def of(self, chosen):
        """The arrays of examples that stay together: one for every `together` of them."""
        return self.values[self.rows[chosen[:: self.together]]]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.values[self.rows[index]]


def without_autotune(dataset):
    """Switches tf.data's autotuning off, the one place where this is done.

    With it `fit` may return up to twice as late as the training ended: the thread that tunes
    sleeps in doubling periods and is waited for (`benchmarks/autotune.py` shows it).
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def pad(arrays):
    """Stacks arrays of different sizes into one, with zeros at the end of every axis.

    Example:

    >>> pad([np.array([1, 2, 3]), np.array([4])])
    array([[1, 2, 3],
           [4, 0, 0]])
    """
    shape = np.max([array.shape for array in arrays], axis=0)
    stacked = np.zeros((len(arrays), *shape), arrays[0].dtype)
    for row, array in zip(stacked, arrays, strict=True):
        row[tuple(slice(size) for size in array.shape)] = array
    return stacked
