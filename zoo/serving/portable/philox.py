"""The random numbers of TensorFlow: the same seed writes the same text on any runtime."""

import numpy as np

KEY = (0x3EC8F720, 0x02461E29)  # With which TensorFlow scrambles a seed.
MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], "uint64")
INCREMENTS = np.array([0x9E3779B9, 0xBB67AE85], "uint64")
ROUNDS = 10
WORD, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def uniform(length, *seed):
    """Gives what `tf.random.stateless_uniform([length], seed)` gives on a CPU.

    Args:
        length: How many numbers.
        *seed: Two whole numbers of 32 bits.

    Returns:
        Float32 `(length,)`, from 0 to below 1.

    Reference:
        Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3", for Philox 4x32.

    Example:

    >>> uniform(3, 0, 1).round(4).tolist()
    [0.08219999819993973, 0.4092999994754791, 0.39320001006126404]
    """
    words = np.array(seed, "int64").view("uint32")  # Of each number the low one, then the high.
    scrambled = _philox(words[None].astype("uint64"), KEY)[0]
    counters = np.zeros((-(-length // 4), 4), "uint64")
    counters[:, 0] = np.arange(len(counters))
    counters[:, 2:] = scrambled[2:]
    bits = _philox(counters, scrambled[:2]).reshape(-1)[:length].astype("uint32")
    ones = (bits & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)  # From 1 to below 2.
    return ones.view("float32") - np.float32(1)


def _philox(counters, key):
    """Mixes counters, uint64 `(rows, 4)` of 32 bits each, with a key of two such words."""
    x, key = counters.T, np.array(key, "uint64")
    for _ in range(ROUNDS):
        first, third = x[0] * MULTIPLIERS[0], x[2] * MULTIPLIERS[1]
        x = np.stack(
            [
                third >> HALF ^ x[1] ^ key[0],
                third & WORD,
                first >> HALF ^ x[3] ^ key[1],
                first & WORD,
            ]
        )
        key = (key + INCREMENTS) & WORD
    return x.T
