"""Running text side by side: every batch goes on where the one before it stopped."""

import numpy as np

from zoo.data.batches import Batches, pad


class Lanes:
    """Cuts a text into lanes of equal length and reads them in step, window after window.

    Row `i` of each batch goes on where row `i` of the batch before stopped, so that a model may
    carry its state along (`zoo.layers.CarriedState`). Every token is predicted exactly once.
    Iterating gives `(x, y, sample_weight)` of NumPy arrays: `x` is a dictionary of `tokens`, int32
    `(lanes, steps)`, and `begins`, boolean `(lanes,)`, true in the first batch alone; `y` are the
    tokens that follow. The last window may be narrower, and its last step padding in some lanes.

    With a seed the text is read in another rotation in every epoch, from a place on that is drawn
    anew, to its end and on from its beginning: lanes and windows begin elsewhere each time. The
    place depends on `seed` and `epoch` alone.

    Args:
        ids: int32 `(1 + tokens,)`; the first one is read, yet not predicted.
        lanes: Rows of a batch; fewer where there are fewer tokens.
        steps: Tokens a window.
        seed: Seed of the rotations, or `None` to read from the beginning.

    Example:

    >>> for x, y, weight in Lanes(np.arange(1, 9), lanes=2, steps=3):
    ...     print(x["tokens"].tolist(), x["begins"].tolist(), weight.tolist())
    [[1, 2, 3], [5, 6, 7]] [True, True] [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    [[4], [0]] [False, False] [[1.0], [0.0]]
    """

    def __init__(self, ids, lanes, steps, *, seed=None):
        if len(ids) < 2:
            raise ValueError("There must be at least one token to predict. Received: none")
        self.ids, self.steps, self.seed = ids, steps, seed
        self.lanes = min(lanes, len(ids) - 1)
        self.epoch = 0

    @property
    def tokens(self):
        """Number of tokens to predict."""
        return len(self.ids) - 1

    @property
    def padding(self):
        """Share of the steps that are padding, from 0 to 1."""
        return 1 - self.tokens / (self.lanes * self._longest)

    @property
    def _longest(self):
        return -(-self.tokens // self.lanes)

    def __len__(self):
        return -(-self._longest // self.steps)

    def __iter__(self):
        before, after = self.ids[:-1], self.ids[1:]
        if self.seed is not None:
            place = np.random.default_rng([self.seed, self.epoch]).integers(self.tokens)
            before, after = np.roll(before, -place), np.roll(after, -place)
        weight = np.ones(self.tokens, "float32")
        before, after, weight = (
            pad(np.array_split(each, self.lanes)) for each in (before, after, weight)
        )
        for start in range(0, self._longest, self.steps):
            window = np.s_[:, start : start + self.steps]
            begins = np.full(self.lanes, start == 0)
            yield {"tokens": before[window], "begins": begins}, after[window], weight[window]

    dataset = Batches.dataset  # It needs no more than to iterate.
