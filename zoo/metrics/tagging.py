"""How well sentences are tagged."""

import collections

import numpy as np
from sklearn import metrics

from zoo.metrics import entities
from zoo.metrics.confusion import confused


def evaluate(gold, predicted, train):
    """Measures predicted tags and the baseline, on the same sentences.

    Tags that tell spans, such as `B-PER`, are measured by `zoo.metrics.entities.evaluate`.

    Args:
        gold: `tokens` and `tags`, as `zoo.data.tagging.Sentences` has them.
        predicted: Lists of tags for them.
        train: `tokens` and `tags` of the training split.

    Returns:
        The `report` of `predicted`, with `unknown_share`, the share of tokens that training did
        not have, `unknown_accuracy`, the accuracy on them, `train_tokens`, the number of those it
        had, and `baseline`, the report of `MostFrequentTag`.
    """
    if {tag[:2] for tags in train.tags for tag in tags} <= {"O", "B-", "I-"}:
        return entities.evaluate(gold, predicted, train)
    baseline = MostFrequentTag(train.tokens, train.tags)
    unknown = np.array([token not in baseline.best for token in _flat(gold.tokens).tolist()])
    found = {}
    for name, tags in {"": predicted, "baseline": baseline.predict(gold.tokens)}.items():
        right = _flat(gold.tags) == _flat(tags)
        found[name] = {
            **report(gold.tags, tags),
            "unknown_share": float(unknown.mean()),
            "unknown_accuracy": float(right[unknown].mean()) if unknown.any() else None,
        }
    found[""]["train_tokens"] = sum(map(len, train.tokens))
    return {**found[""], "baseline": {"name": "most frequent tag", **found["baseline"]}}


def report(gold, predicted):
    """Compares predicted tags with the true ones.

    Args:
        gold: Lists of tags, one a sentence.
        predicted: Likewise.

    Returns:
        A dictionary: `accuracy`, `sentence_accuracy` (every tag right), `tokens` and `sentences`
        (their numbers), `per_tag` (precision, recall, f1-score and support of each), `labels` and
        `confusion` (a row a gold tag, a column a predicted one, both in the order of `labels`).

    Raises:
        ValueError: If the two do not have the same lengths.

    Example:

    >>> found = report([["DET", "NOUN"], ["VERB"]], [["DET", "VERB"], ["VERB"]])
    >>> round(found["accuracy"], 3), found["sentence_accuracy"]
    (0.667, 0.5)
    >>> found["labels"], found["confusion"]
    (['DET', 'NOUN', 'VERB'], [[1, 0, 0], [0, 0, 1], [0, 0, 1]])
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in predicted]:
        raise ValueError("`gold` and `predicted` must have the same sentences of the same lengths.")
    true, guessed = _flat(gold), _flat(predicted)
    right = true == guessed
    labels = sorted({*true.tolist(), *guessed.tolist()})
    per_tag = metrics.classification_report(true, guessed, output_dict=True, zero_division=0)
    whole = [list(a) == list(b) for a, b in zip(gold, predicted, strict=True)]
    return {
        "accuracy": float(right.mean()),
        "sentence_accuracy": float(np.mean(whole)),
        "tokens": len(true),
        "sentences": len(gold),
        "per_tag": {tag: per_tag[tag] for tag in sorted(set(true.tolist()))},
        "labels": labels,
        "confusion": metrics.confusion_matrix(true, guessed, labels=labels).tolist(),
    }


class MostFrequentTag:
    """The baseline: every word gets the tag that it had most often in training.

    A word never seen gets the most frequent tag of the words seen once.

    Example:

    >>> baseline = MostFrequentTag([["a", "dog"], ["a", "cat"]], [["DET", "NOUN"]] * 2)
    >>> baseline.predict([["a", "cow"]])
    [['DET', 'NOUN']]
    """

    def __init__(self, tokens, tags):
        counts = collections.defaultdict(collections.Counter)
        for token, tag in zip(_flat(tokens).tolist(), _flat(tags).tolist(), strict=True):
            counts[token][tag] += 1
        self.best = {token: tags.most_common(1)[0][0] for token, tags in counts.items()}
        once = [next(iter(tags)) for tags in counts.values() if tags.total() == 1]
        self.fallback = collections.Counter(once or self.best.values()).most_common(1)[0][0]

    def predict(self, tokens):
        """Tags lists of tokens."""
        return [[self.best.get(token, self.fallback) for token in sentence] for sentence in tokens]


def tables(found):
    """Lays out what `evaluate` returned, to be printed.

    Returns:
        A list of tables, each a title, the names of the columns and the rows, all strings.

    Example:

    >>> found = {**report([["A", "B"]], [["A", "A"]]), "split": "test", "unknown_share": 0.0}
    >>> found["unknown_accuracy"] = None
    >>> title, columns, rows = tables({**found, "baseline": {**found, "name": "baseline"}})[0]
    >>> columns, rows[0]
    (['', 'model', 'baseline'], ['accuracy', '50.00', '50.00'])
    """
    if "f1" in found:
        return entities.tables(found)
    baseline = found["baseline"]
    measures = ("accuracy", "unknown_accuracy", "sentence_accuracy")
    rows = [
        [name.replace("_", " "), _percent(found[name]), _percent(baseline[name])]
        for name in measures
    ]
    counts = f"{found['tokens']:,} tokens, {_percent(found['unknown_share'])} % of them unknown"
    per_tag = [
        [
            tag,
            *(_percent(row[name]) for name in ("precision", "recall", "f1-score")),
            f"{row['support']:.0f}",
        ]
        for tag, row in found["per_tag"].items()
    ]
    worst = [
        [gold, predicted, str(count), _percent(count / found["per_tag"][gold]["support"])]
        for gold, predicted, count in confused(found)
    ]
    return [
        (f"{found['split']}: {counts}", ["", "model", baseline["name"]], rows),
        ("per tag", ["tag", "precision", "recall", "F1", "tokens"], per_tag),
        ("worst pairs", ["gold", "predicted", "times", "% of gold"], worst),
    ]


def _percent(share):
    return "-" if share is None else f"{100 * share:.2f}"


def _flat(sentences):
    return np.array([item for sentence in sentences for item in sentence], dtype=object)
