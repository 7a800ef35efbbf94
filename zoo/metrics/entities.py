"""How well entities are found: strictly, as the official `conlleval` counts them."""

import collections
import itertools

from zoo import schemes
from zoo.metrics.confusion import confused

NONE = "none"  # In a confusion: no entity with these boundaries.


def evaluate(gold, predicted, train):
    """Measures predicted entities and the baseline, on the same sentences.

    Args:
        gold: `tokens` and `tags`, as `zoo.data.tagging.Sentences` has them.
        predicted: Lists of BIO tags for them.
        train: `tokens` and `tags` of the training split.

    Returns:
        The `report` of `predicted`, with `unseen_share`, the share of the gold entities that
        training did not have (the same tokens, case kept, as an entity of the same type),
        `unseen_recall` and `seen_recall`, the recall on them and on the others (`None` where there
        are none), `train_tokens` and `train_entities`, the numbers that training had, and
        `baseline`, the same measures of `SeenEntities`.

    Raises:
        ValueError: If `gold` and `predicted` do not have the same lengths, or a tag is none.

    Example:

    >>> import types
    >>> train = types.SimpleNamespace(tokens=[["in", "Rome"]], tags=[["O", "B-LOC"]])
    >>> gold = types.SimpleNamespace(tokens=[["Rome", ",", "Oslo"]], tags=[["B-LOC", "O", "B-LOC"]])
    >>> found = evaluate(gold, [["O", "O", "B-LOC"]], train)
    >>> found["recall"], found["unseen_recall"], found["seen_recall"]
    (0.5, 1.0, 0.0)
    >>> found["baseline"]["recall"], found["baseline"]["unseen_recall"]
    (0.5, 0.0)
    """
    baseline = SeenEntities(train.tokens, train.tags)
    found = {}
    for name, tags in {"": predicted, "baseline": baseline.predict(gold.tokens)}.items():
        found[name] = {**report(gold.tags, tags), **_by_novelty(gold, tags, baseline.counts)}
    found[""]["train_tokens"] = sum(map(len, train.tokens))
    found[""]["train_entities"] = sum(types.total() for types in baseline.counts.values())
    return {**found[""], "baseline": {"name": "entities seen in training", **found["baseline"]}}


def report(gold, predicted):
    """Compares predicted entities with the true ones.

    An entity is right if its first token, its last token and its type are. Tags that follow no
    scheme are read as `zoo.schemes.spans` does. What is divided by zero is 0.

    Args:
        gold: Lists of BIO tags, one a sentence.
        predicted: Likewise.

    Returns:
        A dictionary: `precision`, `recall` and `f1` of all entities together, `accuracy` (of the
        tags, a token each), `per_type` (precision, recall, f1-score, support and the number
        predicted, of each type in either), `tokens`, `sentences` and `entities` (the numbers in
        `gold`), `errors`, and `labels` and `confusion`.

        `errors` counts the gold entities that are `right`, of `wrong type` (but the boundaries are
        right), of `wrong boundary` (one of that type overlaps), `both wrong` (only another type
        overlaps) or `missed` (nothing overlaps), which together are all of them, and the predicted
        ones that are `spurious` (overlap no gold one).

        `confusion` has a row a gold type and a column a predicted one, both in the order of
        `labels`, for entities with the same boundaries. The last label is `none`: the column of
        gold entities, and the row of predicted ones, whose boundaries the other side does not have.

    Raises:
        ValueError: If the two do not have the same lengths, or a tag is none.

    Reference:
        Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task".

    Example:

    >>> gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC"]]
    >>> found = report(gold, [["B-PER", "O", "O", "B-ORG"], ["B-LOC"]])
    >>> round(found["precision"], 3), round(found["recall"], 3), found["accuracy"]
    (0.333, 0.333, 0.6)
    >>> {kind: count for kind, count in found["errors"].items() if count}
    {'right': 1, 'wrong type': 1, 'wrong boundary': 1}
    >>> found["labels"]
    ['LOC', 'ORG', 'PER', 'none']
    >>> found["confusion"]
    [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    """
    if [len(tags) for tags in gold] != [len(tags) for tags in predicted]:
        raise ValueError("`gold` and `predicted` must have the same sentences of the same lengths.")
    pairs = [(schemes.spans(a), schemes.spans(b)) for a, b in zip(gold, predicted, strict=True)]
    support = collections.Counter(span.type for true, _ in pairs for span in true)
    number = collections.Counter(span.type for _, guessed in pairs for span in guessed)
    right = collections.Counter(
        span.type for true, guessed in pairs for span in set(true) & set(guessed)
    )
    types = sorted({*support, *number})
    per_type = {}
    for kind in types:
        scores = _scores(right[kind], number[kind], support[kind])
        names = ("precision", "recall", "f1-score")
        per_type[kind] = dict(zip(names, scores, strict=True))
        per_type[kind] |= {"support": support[kind], "predicted": number[kind]}
    precision, recall, f1 = _scores(right.total(), number.total(), support.total())
    tokens = sum(map(len, gold))
    agreed = sum(
        a == b for pair in zip(gold, predicted, strict=True) for a, b in zip(*pair, strict=True)
    )
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "accuracy": _divide(agreed, tokens),
        "tokens": tokens,
        "sentences": len(gold),
        "entities": support.total(),
        "per_type": per_type,
        "errors": _errors(pairs),
        "labels": [*types, NONE],
        "confusion": _confusion(pairs, types),
    }


def judged(found, gold):
    """Pairs how sure a model is of an entity with whether it is right, for its calibration.

    Args:
        found: Lists of `zoo.serving.tagging.Entity`, one a sentence of tokens, or of anything with
            `type`, `start`, `end` (in tokens) and `probability`.
        gold: Lists of BIO tags, one a sentence.

    Returns:
        A list of pairs, one an entity found: its probability, and whether its boundaries and its
        type are those of a true one.

    Raises:
        ValueError: If the two do not have the same number of sentences, or a tag is none.

    Example:

    >>> import types
    >>> rome = types.SimpleNamespace(type="LOC", start=1, end=2, probability=0.75)
    >>> judged([[rome], [rome]], [["O", "B-LOC"], ["O", "B-LOC", "I-LOC"]])
    [(0.75, True), (0.75, False)]
    """
    pairs = []
    for entities, tags in zip(found, gold, strict=True):
        true = set(schemes.spans(tags))
        for each in entities:
            pairs.append((each.probability, (each.type, each.start, each.end) in true))
    return pairs


class SeenEntities:
    """The baseline of the CoNLL-2003 shared task: finds again what was an entity in training.

    From left to right it takes the longest phrase that was one, with the type that the phrase had
    most often; of types that it had equally often, the first of the alphabet.

    The paper says that only phrases "which had a unique class in the training data" are found, but
    its figures are those of the rule above, to the last digit; without the phrases that had several
    types, recall on the English test data is four points lower.

    Args:
        tokens: Lists of tokens, one a sentence.
        tags: Lists of their tags.

    Attributes:
        counts: For each phrase, a tuple of tokens, how often it was an entity of which type.
        types: The type that each phrase gets.

    Reference:
        Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task".

    Example:

    >>> baseline = SeenEntities([["New", "York", "Times"], ["York"]],
    ...                         [["B-ORG", "I-ORG", "I-ORG"], ["B-LOC"]])
    >>> baseline.predict([["The", "New", "York", "Times", "of", "York"]])
    [['O', 'B-ORG', 'I-ORG', 'I-ORG', 'O', 'B-LOC']]
    """

    def __init__(self, tokens, tags):
        self.counts = collections.defaultdict(collections.Counter)
        for sentence, row in zip(tokens, tags, strict=True):
            for kind, start, end in schemes.spans(row):
                self.counts[tuple(sentence[start:end])][kind] += 1
        self.types = {
            phrase: min(types, key=lambda kind, types=types: (-types[kind], kind))
            for phrase, types in self.counts.items()
        }

    def predict(self, tokens):
        """Tags lists of tokens, in BIO."""
        longest = max(map(len, self.types), default=0)
        return [
            schemes.write(self._find(tuple(sentence), longest), len(sentence))
            for sentence in tokens
        ]

    def _find(self, sentence, longest):
        start = 0
        while start < len(sentence):
            for end in range(min(start + longest, len(sentence)), start, -1):
                if sentence[start:end] in self.types:
                    yield schemes.Span(self.types[sentence[start:end]], start, end)
                    start = end
                    break
            else:
                start += 1


def tables(found):
    """Lays out what `evaluate` returned, to be printed.

    Args:
        found: What `evaluate` returned, with `split`.

    Returns:
        A list of tables, each a title, the names of the columns and the rows, all strings.

    Example:

    >>> found = {**report([["B-LOC", "O"]], [["B-LOC", "B-PER"]]), "split": "test"}
    >>> found |= {"unseen_share": 1.0, "unseen_recall": 1.0, "seen_recall": None}
    >>> title, columns, rows = tables({**found, "baseline": {**found, "name": "baseline"}})[0]
    >>> title
    'test: 2 tokens, 1 entities, 100.00 % of them unseen'
    >>> columns, rows[0]
    (['', 'model', 'baseline'], ['precision', '50.00', '50.00'])
    """
    baseline = found["baseline"]
    measures = {
        "precision": "precision",
        "recall": "recall",
        "F1": "f1",
        "recall of seen": "seen_recall",
        "recall of unseen": "unseen_recall",
        "tag accuracy": "accuracy",
    }
    rows = [
        [title, _percent(found[name]), _percent(baseline[name])] for title, name in measures.items()
    ]
    counts = (
        f"{found['tokens']:,} tokens, {found['entities']:,} entities, "
        f"{_percent(found['unseen_share'])} % of them unseen"
    )
    per_type = [
        [
            kind,
            *(_percent(row[name]) for name in ("precision", "recall", "f1-score")),
            # A type that only the model predicts is none of the baseline's.
            _percent(baseline["per_type"].get(kind, {}).get("f1-score")),
            str(row["support"]),
            str(row["predicted"]),
        ]
        for kind, row in found["per_type"].items()
    ]
    errors = [
        [kind, str(count), str(baseline["errors"][kind])] for kind, count in found["errors"].items()
    ]
    worst = [
        [gold, predicted, str(count), _percent(_of_gold(found, gold, count))]
        for gold, predicted, count in confused(found)
    ]
    return [
        (f"{found['split']}: {counts}", ["", "model", baseline["name"]], rows),
        (
            "per type",
            ["type", "precision", "recall", "F1", "baseline F1", "entities", "predicted"],
            per_type,
        ),
        ("gold entities, and spurious ones", ["", "model", baseline["name"]], errors),
        ("worst pairs, by boundaries", ["gold", "predicted", "times", "% of gold"], worst),
    ]


def _by_novelty(gold, tags, counts):
    """The share of gold entities not in `counts`, and the recall of them and of the others."""
    right = {True: [], False: []}
    for sentence, true, guessed in zip(gold.tokens, gold.tags, tags, strict=True):
        guessed = set(schemes.spans(guessed))
        for span in schemes.spans(true):
            phrase = tuple(sentence[span.start : span.end])
            seen = span.type in counts.get(phrase, ())
            right[seen].append(span in guessed)
    unseen, seen = right[False], right[True]
    total = len(unseen) + len(seen)
    return {
        "unseen_share": len(unseen) / total if total else None,
        "unseen_recall": sum(unseen) / len(unseen) if unseen else None,
        "seen_recall": sum(seen) / len(seen) if seen else None,
    }


def _errors(pairs):
    """Sorts gold entities by what became of them."""
    kinds = ("right", "wrong type", "wrong boundary", "both wrong", "missed", "spurious")
    counts = dict.fromkeys(kinds, 0)
    for true, guessed in pairs:
        places = _places(guessed)
        for span in true:
            counts[_fate(span, [places[i] for i in range(*span[1:]) if i in places])] += 1
        places = _places(true)
        counts["spurious"] += sum(not any(i in places for i in range(*s[1:])) for s in guessed)
    return counts


def _fate(span, overlapping):
    if span in overlapping:
        return "right"
    if any(other[1:] == span[1:] for other in overlapping):
        return "wrong type"
    if any(other.type == span.type for other in overlapping):
        return "wrong boundary"
    return "both wrong" if overlapping else "missed"


def _places(spans):
    return {place: span for span in spans for place in range(span.start, span.end)}


def _confusion(pairs, types):
    rows = {kind: row for row, kind in enumerate(types)}
    counts = [[0] * (len(types) + 1) for _ in range(len(types) + 1)]
    for true, guessed in pairs:
        true, guessed = ({span[1:]: rows[span.type] for span in spans} for spans in (true, guessed))
        for place in itertools.chain(true, guessed.keys() - true.keys()):
            counts[true.get(place, len(types))][guessed.get(place, len(types))] += 1
    return counts


def _scores(right, predicted, support):
    precision, recall = _divide(right, predicted), _divide(right, support)
    return precision, recall, _divide(2 * precision * recall, precision + recall)


def _of_gold(found, kind, count):
    return None if kind == NONE else count / found["per_type"][kind]["support"]


def _divide(part, whole):
    return part / whole if whole else 0.0


def _percent(share):
    return "-" if share is None else f"{100 * share:.2f}"
