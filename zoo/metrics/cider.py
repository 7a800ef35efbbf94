"""CIDEr: how much of what people agree on a caption says."""

import collections

import numpy as np

ORDERS = (1, 2, 3, 4)
DEVIATION = 6.0


def cider(gold, predicted):
    """Measures captions by the word sequences that they share with those of people.

    Sequences of up to four words count the more the fewer pictures have them. This is CIDEr-D, with
    its penalty for other lengths, as the COCO evaluation computes it; how rare a sequence is comes
    from `gold` itself.

    Args:
        gold: Lists of captions, one list a picture, words parted by spaces.
        predicted: One caption a picture.

    Returns:
        Float64 `(pictures,)`, from 0 to 10. Their mean is the score of the whole, which papers also
        write times 100.

    Raises:
        ValueError: If the two are not of one length, or a picture has no caption.

    Reference:
        Vedantam et al. 2015, "CIDEr: Consensus-based Image Description Evaluation".

    Example:

    >>> gold = [["a dog runs", "the dog runs"], ["a red car", "a car"]]
    >>> cider(gold, ["the dog runs", "a dog"]).round(2).tolist()
    [5.4, 0.0]
    """
    if len(gold) != len(predicted) or not all(map(len, gold)):
        raise ValueError(
            "There must be a predicted caption for each picture, and a true one at least. "
            f"Received: {len(predicted)} predicted, {len(gold)} pictures, "
            f"{sum(not len(each) for each in gold)} of them without a caption"
        )
    counted = [[_ngrams(caption) for caption in captions] for captions in gold]
    pictures = collections.Counter()
    for several in counted:
        pictures.update({ngram for ngrams in several for ngram in ngrams})
    most = np.log(len(gold))

    def weighted(ngrams):
        vectors = [{} for _ in ORDERS]
        for ngram, count in ngrams.items():
            rarity = most - np.log(max(pictures[ngram], 1))
            vectors[len(ngram) - 1][ngram] = count * rarity
        norms = [np.sqrt(sum(value**2 for value in each.values())) for each in vectors]
        return vectors, norms

    scores = []
    for captions, several, caption in zip(gold, counted, predicted, strict=True):
        vectors, norms = weighted(_ngrams(caption))
        similar = 0.0
        for true_caption, ngrams in zip(captions, several, strict=True):
            true_vectors, true_norms = weighted(ngrams)
            away = _length(caption) - _length(true_caption)
            short = np.exp(-(away**2) / (2 * DEVIATION**2))
            for vector, norm, true, true_norm in zip(
                vectors, norms, true_vectors, true_norms, strict=True
            ):
                if norm and true_norm:
                    shared = sum(
                        min(value, true.get(ngram, 0.0)) * true.get(ngram, 0.0)
                        for ngram, value in vector.items()
                    )
                    similar += short * shared / (norm * true_norm)
        scores.append(10 * similar / (len(several) * len(ORDERS)))
    return np.array(scores)


def _length(caption):
    return max(len(caption.split()), 1)  # COCO's evaluation counts pairs of words.


def _ngrams(caption):
    words = caption.split()
    return collections.Counter(
        tuple(words[start : start + order])
        for order in ORDERS
        for start in range(len(words) - order + 1)
    )
