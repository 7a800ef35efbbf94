"""How well captions say what pictures show."""

import collections
import itertools
import re

import numpy as np

from zoo.metrics.cider import cider

ORDERS = (1, 2, 3, 4)
PLACES = 8
_OBJECT = re.compile(r"\ba (\S+) (\S+) (\S+)")


def evaluate(gold, predicted, train):
    """Measures captions and simple baselines, on the same pictures.

    Args:
        gold: `images` and `captions`, lists of true captions, one list a picture, and, where it is
            known what is in the pictures, `objects` and `relations`: as
            `zoo.data.captioning.Pictures` has them.
        predicted: One caption a picture.
        train: `images` and `captions` of the training split.

    Returns:
        The `report` of `predicted`, with `baselines`, a list of the `name` and the report of each,
        and `baseline`, the last of them: the caption of the picture of train that looks most alike.
    """
    rivals = (MostFrequentCaption(train.captions), NearestPicture(train.images, train.captions))
    facts = {"objects": gold.objects, "relations": gold.relations}
    baselines = [
        {"name": rival.name, **report(gold.captions, rival.predict(gold.images), **facts)}
        for rival in rivals
    ]
    found = report(gold.captions, predicted, **facts)
    return {**found, "baselines": baselines, "baseline": baselines[-1]}


def report(gold, predicted, *, objects=None, relations=None):
    """Compares captions with the true ones.

    BLEU is sacrebleu's of the whole, not smoothed, against all true captions of a picture, for
    words parted by spaces as they are given: `zoo.data.captioning.words` makes them lower-case and
    takes their punctuation. It equals that of the COCO evaluation.

    Args:
        gold: Lists of true captions, one list a picture.
        predicted: One caption a picture.
        objects: Of each picture its objects in the order in which the caption names them, each a
            triple such as `("small", "red", "circle")`; or `None`.
        relations: Of each picture where the first object is, seen from each other one; or `None`.

    Returns:
        A dictionary: `pictures`, their number; `exact_match`, the share whose caption is a true
        one; `bleu_1` to `bleu_4`, from 0 to 100; `signature`, sacrebleu's of the last; `cider`,
        from 0 to 10 (`zoo.metrics.cider`); `words`, the mean length of a caption; `distinct`, the
        share of different ones; and with `objects` the shares that are right of the `numbers` of
        objects, of `sizes`, `colours` and `shapes` (of all true objects, compared with what the
        caption says in the same place) and of `relations`.

    Raises:
        ValueError: If the two are not of one length, or a picture has no caption.

    Example:

    >>> found = report([["a red dog", "a dog"], ["a cat sleeps"]], ["a dog", "a dog sleeps"])
    >>> found["exact_match"], round(found["bleu_1"], 1)
    (0.5, 80.0)
    """
    import sacrebleu

    scores = cider(gold, predicted)
    most = max(map(len, gold))
    columns = [[each[k] if k < len(each) else None for each in gold] for k in range(most)]
    found = {
        "pictures": len(gold),
        "exact_match": float(np.mean([p in g for g, p in zip(gold, predicted, strict=True)])),
        "cider": float(scores.mean()),
        "words": float(np.mean([len(caption.split()) for caption in predicted])),
        "distinct": len(set(predicted)) / len(predicted),
    }
    for order in ORDERS:
        bleu = sacrebleu.metrics.BLEU(
            tokenize="none", smooth_method="none", max_ngram_order=order, force=True
        )
        found[f"bleu_{order}"] = float(bleu.corpus_score(predicted, columns).score)
        found["signature"] = str(bleu.get_signature())
    if objects is not None:
        found |= _attributes(objects, relations, predicted)
    return found


def _attributes(objects, relations, predicted):
    """Counts, attribute by attribute, what captions say of the objects of scenes."""
    right = collections.defaultdict(list)
    for things, true_relations, caption in zip(objects, relations, predicted, strict=True):
        said = _OBJECT.findall(caption)
        right["numbers"].append(len(said) == len(things))
        for thing, other in itertools.zip_longest(things, said[: len(things)], fillvalue=("",) * 3):
            for name, true, told in zip(("sizes", "colours", "shapes"), thing, other, strict=True):
                right[name].append(told == true)
        between = [each.strip() for each in _OBJECT.sub("|", caption).split("|")[1:-1]]
        between = [each.removeprefix("and ") for each in between][: len(true_relations)]
        for true, told in itertools.zip_longest(true_relations, between, fillvalue=""):
            right["relations"].append(told == true)
    names = ("numbers", "sizes", "colours", "shapes", "relations")
    return {name: float(np.mean(right[name])) if right[name] else None for name in names}


class MostFrequentCaption:
    """The baseline that does not look: always the caption that training has most often.

    Example:

    >>> MostFrequentCaption([["a dog", "a cat"], ["a cat"]]).predict(np.zeros((2, 8, 8, 3)))
    ['a cat', 'a cat']
    """

    name = "most frequent caption"

    def __init__(self, captions):
        counts = collections.Counter(caption for several in captions for caption in several)
        self.caption = counts.most_common(1)[0][0]

    def predict(self, images):
        """Describes pictures."""
        return [self.caption] * len(images)


class NearestPicture:
    """The baseline that looks once: a caption of the training picture that looks most alike.

    Pictures are compared as 8 by 8 mean colours. Of several captions it gives the one that agrees
    best with the others, by the words that they share.

    Example:

    >>> images = np.stack([np.zeros((8, 8, 3)), np.full((8, 8, 3), 255.0)])
    >>> NearestPicture(images, [["night"], ["snow"]]).predict(images[1:] - 20)
    ['snow']
    """

    name = "nearest picture"

    def __init__(self, images, captions):
        from sklearn.neighbors import NearestNeighbors

        self.captions = captions
        self.neighbours = NearestNeighbors(n_neighbors=1).fit(_mean_colours(images))

    def predict(self, images):
        """Describes pictures."""
        _, nearest = self.neighbours.kneighbors(_mean_colours(images))
        return [_agreed(self.captions[place]) for place in nearest[:, 0]]


def _mean_colours(images):
    """Float32 `(pictures, 192)`."""
    side = images.shape[1] // PLACES * PLACES
    cut = images[:, :side, :side]
    blocks = cut.reshape(len(cut), PLACES, side // PLACES, PLACES, side // PLACES, 3)
    return blocks.mean(axis=(2, 4), dtype="float32").reshape(len(cut), -1)


def _agreed(captions):
    sets = [set(caption.split()) for caption in captions]

    def agreement(place):
        return sum(len(sets[place] & each) / max(len(sets[place] | each), 1) for each in sets)

    return captions[max(range(len(captions)), key=agreement)]


MEASURES = (
    ("exact match", "exact_match", 100),
    ("BLEU-1", "bleu_1", 1),
    ("BLEU-2", "bleu_2", 1),
    ("BLEU-3", "bleu_3", 1),
    ("BLEU-4", "bleu_4", 1),
    ("CIDEr (x 100)", "cider", 100),
    ("numbers of objects", "numbers", 100),
    ("sizes", "sizes", 100),
    ("colours", "colours", 100),
    ("shapes", "shapes", 100),
    ("relations", "relations", 100),
    ("different captions, %", "distinct", 100),
)


def tables(found):
    """Lays out what `evaluate` returned, to be printed.

    Returns:
        A list of tables, each a title, the names of the columns and the rows, all strings.

    Example:

    >>> found = {**report([["a dog"]], ["a dog"]), "split": "test", "baselines": []}
    >>> title, columns, rows = tables(found)[0]
    >>> title, columns, rows[0]
    ('test: 1 pictures', ['', 'model'], ['exact match', '100.00'])
    """
    rivals = found["baselines"]
    rows = [
        [label, *(_written(each.get(name), factor) for each in (found, *rivals))]
        for label, name, factor in MEASURES
        if name in found
    ]
    columns = ["", "model", *(each["name"] for each in rivals)]
    return [(f"{found['split']}: {found['pictures']:,} pictures", columns, rows)]


def _written(value, factor):
    return "-" if value is None else f"{factor * value:.2f}"
