"""What is taken for what."""

import numpy as np


def confused(found, most=10):
    """Lists the most frequent mistakes of a report.

    Args:
        found: A report with `labels` and `confusion`, a row a gold label.
        most: How many to list.

    Returns:
        A list of triples: gold label, predicted label, count.

    Example:

    >>> confused({"labels": ["NOUN", "VERB"], "confusion": [[5, 2], [0, 9]]})
    [('NOUN', 'VERB', 2)]
    """
    labels, counts = found["labels"], np.array(found["confusion"])
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    pairs = zip(*np.unravel_index(order, counts.shape), strict=True)
    return [(labels[i], labels[j], int(counts[i, j])) for i, j in pairs if counts[i, j]]
