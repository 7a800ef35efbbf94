"""How well texts are turned into others."""

import numpy as np

GROUPS = 4


def evaluate(gold, predicted, train):
    """Measures translations and simple baselines, on the same texts.

    Args:
        gold: `sources` and `targets`, strings, as `zoo.data.translation.Pairs` has them.
        predicted: One translation a source.
        train: `sources` and `targets` of the training split.

    Returns:
        The `report` of `predicted`, with `by_length`, a list of reports of quarters of the texts,
        from the shortest sources to the longest, each with `words`, the fewest and most of a
        source; with `baselines`, a list of the `name` and the report of each, and `baseline`, the
        last of them: the translation of the most similar source of train.
    """
    rivals = (CopiedSource(), NearestSource(train.sources, train.targets))
    baselines = [
        {"name": rival.name, **report(gold.targets, rival.predict(gold.sources))}
        for rival in rivals
    ]
    return {
        **report(gold.targets, predicted),
        "by_length": _by_length(gold, predicted),
        "baselines": baselines,
        "baseline": baselines[-1],
    }


def report(gold, predicted):
    """Compares translations with the true ones.

    BLEU and chrF are sacrebleu's with its defaults, of raw text, capitals and punctuation included.

    Args:
        gold: True translations, strings.
        predicted: One translation for each.

    Returns:
        A dictionary: `pairs`, their number; `bleu` and `chrf`, from 0 to 100, and `signature` and
        `chrf_signature`, sacrebleu's of each; `exact_match`, the share that are the true ones, but
        for spaces; `token_accuracy`, the share of words, which spaces part, that stand where the
        true translation has them, of as many as the longer of the two has; `length_ratio`, words
        of all translations by those of all true ones.

    Raises:
        ValueError: If the two are not of one length, or there is nothing to compare.

    Reference:
        Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation";
        Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"; Post 2018, "A
        Call for Clarity in Reporting BLEU Scores", for sacrebleu and its signature.

    Example:

    >>> found = report(["Ein Hund rennt .", "Zwei Hunde ."], ["Ein Hund rennt .", "Zwei Katzen ."])
    >>> found["exact_match"], round(found["token_accuracy"], 3), found["signature"][:30]
    (0.5, 0.857, 'nrefs:1|case:mixed|eff:no|tok:')
    """
    import sacrebleu

    if not len(gold) or len(gold) != len(predicted):
        raise ValueError(
            "There must be a translation for each of at least one text. Received: "
            f"{len(gold)} texts, {len(predicted)} translations"
        )
    # Captions end in " .", which sacrebleu would take for text that was cut beforehand and warn.
    bleu, chrf = sacrebleu.metrics.BLEU(force=True), sacrebleu.metrics.CHRF()
    texts, references = list(predicted), [list(gold)]
    words = [(true.split(), told.split()) for true, told in zip(gold, predicted, strict=True)]
    right = sum(a == b for true, told in words for a, b in zip(true, told, strict=False))
    return {
        "pairs": len(gold),
        "bleu": float(bleu.corpus_score(texts, references).score),
        "signature": str(bleu.get_signature()),
        "chrf": float(chrf.corpus_score(texts, references).score),
        "chrf_signature": str(chrf.get_signature()),
        "exact_match": float(np.mean([true == told for true, told in words])),
        "token_accuracy": right / max(sum(max(map(len, pair)) for pair in words), 1),
        "length_ratio": sum(len(told) for _, told in words)
        / max(sum(len(true) for true, _ in words), 1),
    }


def _by_length(gold, predicted):
    lengths = np.array([len(source.split()) for source in gold.sources])
    order = np.argsort(lengths, kind="stable")
    found = []
    for places in np.array_split(order, min(GROUPS, len(order))):
        several = report([gold.targets[k] for k in places], [predicted[k] for k in places])
        words = [int(lengths[places[0]]), int(lengths[places[-1]])]
        found.append({"words": words, **several})
    return found


class CopiedSource:
    """The baseline that translates nothing: names, numbers and punctuation are right.

    Example:

    >>> CopiedSource().predict(["A dog ."])
    ['A dog .']
    """

    name = "the source itself"

    def predict(self, sources):
        """Translates texts."""
        return list(sources)


class NearestSource:
    """The baseline that only remembers: the translation of the most similar source of train.

    Sources are compared by the words that they share, rare ones above all: by the cosine of their
    vectors of term frequency times inverse document frequency.

    Args:
        sources: Texts of train.
        targets: Their translations.

    Example:

    >>> nearest = NearestSource(["a dog runs", "a cat sleeps"], ["ein Hund rennt", "eine Katze"])
    >>> nearest.predict(["the cat"])
    ['eine Katze']
    """

    name = "nearest source of train"

    def __init__(self, sources, targets):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.neighbors import NearestNeighbors

        self.targets = targets
        self.vectorizer = TfidfVectorizer(token_pattern=r"\S+")
        vectors = self.vectorizer.fit_transform(sources)
        self.neighbours = NearestNeighbors(n_neighbors=1, metric="cosine").fit(vectors)

    def predict(self, sources):
        """Translates texts."""
        nearest = self.neighbours.kneighbors(
            self.vectorizer.transform(sources), return_distance=False
        )
        return [self.targets[place] for place in nearest[:, 0]]


MEASURES = (
    ("BLEU", "bleu", 1),
    ("chrF", "chrf", 1),
    ("exact match", "exact_match", 100),
    ("token accuracy", "token_accuracy", 100),
    ("length, % of the true one", "length_ratio", 100),
)


def tables(found):
    """Lays out what `evaluate` returned, to be printed.

    Returns:
        A list of tables, each a title, the names of the columns and the rows, all strings.

    Example:

    >>> once = report(["Ein Hund ."], ["Ein Hund ."])
    >>> title, columns, rows = tables({**once, "split": "test", "baselines": []})[0]
    >>> columns, rows[2]
    (['', 'model'], ['exact match', '100.00'])
    """
    rivals = found["baselines"]
    rows = [
        [label, *(f"{factor * each[name]:.2f}" for each in (found, *rivals))]
        for label, name, factor in MEASURES
    ]
    columns = ["", "model", *(each["name"] for each in rivals)]
    title = f"{found['split']}: {found['pairs']:,} pairs (BLEU {found['signature']})"
    return [(title, columns, rows)]
