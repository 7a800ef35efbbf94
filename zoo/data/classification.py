"""Labelled texts, from TFDS to batches."""

import collections
import dataclasses
import hashlib
import importlib.resources
import itertools

import numpy as np

from zoo.data import sources
from zoo.data.batches import Batches
from zoo.data.text import TokenEncoder, frequent, normalize

FEATURES = {  # The text and the label.
    "imdb_reviews": ("text", "label"),
    "glue/sst2": ("sentence", "label"),
    "trec": ("text", "label-coarse"),
}
# `glue/sst2` hides the labels of its test split, so its validation split is what is reported.
SPLITS = {
    "imdb_reviews": {
        "train": "train",
        "dev": "train",
        "test": "test",
        "unlabelled": "unsupervised",
    },
    "glue/sst2": {"train": "train", "dev": "train", "test": "validation"},
    "trec": {"train": "train", "dev": "train", "test": "test"},
}
HELD_OUT = {"imdb_reviews": "imdb_reviews.txt", "glue/sst2": "sst2.txt"}
DEV = 0.1  # Share of the training texts that become dev, where no list says which.

TEXTS_AT_A_TIME = 500


@dataclasses.dataclass(frozen=True)
class Texts:
    """Texts and their classes. A slice is the same.

    Attributes:
        texts: List of strings.
        labels: int `(texts,)`: class ids, -1 where the class is not known.
        names: Names of the classes by id.
    """

    texts: list
    labels: np.ndarray
    names: tuple

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, chosen):
        return Texts(self.texts[chosen], self.labels[chosen], self.names)

    def __add__(self, other):
        labels = np.concatenate([self.labels, other.labels])
        return Texts(self.texts + other.texts, labels, self.names)

    def where(self, chosen):
        """Those texts of which a Boolean array says so."""
        texts = list(itertools.compress(self.texts, chosen))
        return Texts(texts, self.labels[np.asarray(chosen)], self.names)


def read(dataset, split, *, data_dir=None, limit=None):
    """Reads the texts of a split through TFDS.

    None of the three has a dev split that is labelled and not needed for the report, so dev is a
    part of train, always the same one. Of `imdb_reviews` it is all reviews of one film in ten: the
    films of train and test are different ones, and a dev split that shares films with train
    flatters. Of `glue/sst2` it is one whole sentence in ten, and the phrases that such a sentence
    is made of, which its train split also holds, are in neither (`benchmarks/held_out.py` made both
    lists and measures what they are worth). Of `trec` it is one question in ten, by its hash.

    Args:
        dataset: `"imdb_reviews"`, `"glue/sst2"` or `"trec"`.
        split: `"train"`, `"dev"`, `"test"`, or `"unlabelled"` of `imdb_reviews`.
        data_dir: TFDS's data_dir; by default `TFDS_DATA_DIR`, then TFDS's own.
        limit: Read only that many texts, the first ones.

    Returns:
        `Texts`.

    Raises:
        ValueError: If the data set or the split is none of those.
        zoo.data.sources.DataUnavailableError: If the data can be neither found nor downloaded.
    """
    if dataset not in SPLITS:
        known = ", ".join(map(repr, SPLITS))
        raise ValueError(f"`dataset` must be one of {known}. Received: {dataset!r}")
    splits = SPLITS[dataset]
    if split not in splits:
        known = ", ".join(map(repr, splits))
        raise ValueError(f"`split` must be one of {known}. Received: {split!r}")
    text, label = FEATURES[dataset]
    names = tuple(sources.builder(dataset, data_dir=data_dir).info.features[label].names)
    examples = sources.load(dataset, splits[split], data_dir=data_dir)
    carved = split in ("train", "dev")
    if limit is not None and not carved:
        examples = examples.take(limit)
    pairs = [(each[text].decode(), each[label]) for each in examples.as_numpy_iterator()]
    found = Texts(
        [each for each, _ in pairs], np.array([each for _, each in pairs], "int32"), names
    )
    return found.where(_part(dataset, split, found.texts))[:limit] if carved else found


def _part(dataset, split, texts):
    """Says of each text of train whether it is in that part of it."""
    digests = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]
    if dataset not in HELD_OUT:
        in_dev = np.array([int(digest, 16) < DEV * 16**16 for digest in digests])
        return in_dev if split == "dev" else ~in_dev
    folder = importlib.resources.files("zoo.data").joinpath("held_out")
    listed = set(folder.joinpath(HELD_OUT[dataset]).read_text().split())
    in_dev = np.array([digest in listed for digest in digests])
    if split == "dev":
        return in_dev
    if dataset != "glue/sst2":
        return ~in_dev
    parts = set().union(*map(phrases, itertools.compress(texts, in_dev)))
    return np.array([text.strip() not in parts for text in texts])


def phrases(sentence):
    """Gives all phrases of a sentence, itself among them: words apart by spaces, in its order.

    Example:

    >>> sorted(phrases("a fine film"))
    ['a', 'a fine', 'a fine film', 'film', 'fine', 'fine film']
    """
    words = sentence.split()
    ends = range(1, len(words) + 1)
    return {" ".join(words[start:end]) for end in ends for start in range(end)}


@dataclasses.dataclass(frozen=True)
class ClassificationData:
    """A labelled corpus, ready for a model.

    Attributes:
        encoder: The `TokenEncoder` of the training split.
        names: Names of the classes by id.
        splits: `Texts` by name of the split.
        length: How many tokens of a text are read at most, or `None` for all.
        keep: Which of a longer one, as in `zoo.data.tokenizer.truncate`.
        language: ISO code of the language, for the tokenizer.

    Example:

    >>> encoder = TokenEncoder(["a", "fine", "film"], None)
    >>> texts = Texts(["A fine film", "Not fine"], np.array([1, 0]), ("neg", "pos"))
    >>> data = ClassificationData(encoder, texts.names, {"train": texts}, length=100)
    >>> tokens, labels, weight = next(iter(data.batches("train", batch_size=2)))
    >>> tokens.tolist(), labels.tolist()
    ([[1, 3, 0], [2, 3, 4]], [0, 1])
    """

    encoder: TokenEncoder
    names: tuple
    splits: dict
    length: int | None = None
    keep: str = "head"
    language: str = "en"

    unknown_rates = None

    @property
    def sizes(self):
        """What a builder must know of the data: the numbers of its words and classes."""
        return {**self.encoder.sizes, "num_classes": len(self.names)}

    def encode(self, texts):
        """Encodes texts.

        Returns:
            `x`, a dictionary of a list of int32 arrays, and `y`, int32 `(texts,)`.
        """
        rows = [row for part in _parts(texts.texts) for row in self._encode(part)]
        return {"tokens": rows}, texts.labels

    def _encode(self, texts):
        from zoo.data.tokenizer import truncate

        tokens, _ = truncate(cut(texts, self.language)[0], self.length, self.keep)
        ids = self.encoder(tokens)["tokens"].numpy()
        lengths = np.maximum((ids != 0).sum(axis=1), 1)
        return [
            np.where(row[:length] == 0, np.int32(1), row[:length])
            for row, length in zip(ids, lengths, strict=True)
        ]

    def batches(self, split, batch_size, *, seed=None):
        """Makes the `zoo.data.batches.Batches` of a split; shuffled with a seed.

        The unlabelled texts, where there are any, are in the batches of train, with weight 0.
        """
        texts = self.splits[split]
        if split == "train" and "unlabelled" in self.splits:
            texts = texts + self.splits["unlabelled"]
        return Batches(*self.encode(texts), batch_size, seed=seed)

    def predict(self, model, texts, *, batch_size=64):
        """Classifies texts with a model that was built for this data.

        Args:
            model: A `keras.Model` from ids to logits.
            texts: `Texts`, or any iterable of strings: it is read piece by piece, so a stream of
                any length needs no more memory than a short one.
            batch_size: How many texts at a time.

        Returns:
            Logits, float32 `(texts, classes)`, in the order of the texts.
        """
        logits = [np.zeros((0, len(self.names)), "float32")]
        places = [np.zeros(0, int)]
        for x, which in self.stream(texts, batch_size):
            logits.append(model.predict_on_batch(x))
            places.append(which)
        return np.concatenate(logits)[np.argsort(np.concatenate(places))]

    def stream(self, texts, batch_size):
        """Encodes texts of any number, without ever holding more than `TEXTS_AT_A_TIME` of them.

        Args:
            texts: As in `predict`.
            batch_size: How many texts a batch has at most; it holds texts of similar length.

        Yields:
            Token ids, int32 `(batch, time)`, and the places of their texts in the whole.
        """
        first = 0
        for part in _parts(texts.texts if isinstance(texts, Texts) else texts):
            batches = Batches(
                {"tokens": self._encode(part)}, np.zeros(len(part), "int32"), batch_size
            )
            ends = np.cumsum([batch_size] * (len(batches) - 1))
            for (x, _, _), which in zip(batches, np.split(batches.order, ends), strict=True):
                yield x, which + first
            first += len(part)


def load(
    dataset,
    *,
    length=None,
    keep="head",
    unlabelled=False,
    words=None,
    min_count=1,
    max_vocabulary=None,
    lowercase=True,
    data_dir=None,
    limit=None,
):
    """Loads a labelled corpus with its three splits; the vocabulary is fitted on train.

    Args:
        dataset: As in `read`.
        length: As in `ClassificationData`.
        keep: As in `ClassificationData`.
        unlabelled: Whether to read the unlabelled texts, too, for losses that need no label.
        words: The known words, most frequent first, where they are given, as those of a model that
            was trained before; otherwise they are fitted.
        min_count: How often a word must occur in train to be known, where they are fitted.
        max_vocabulary: Most word ids, counting padding and unknown, where they are fitted.
        lowercase: Whether words are read in lower case.
        data_dir: As in `read`.
        limit: As in `read`, for each split.

    Returns:
        `ClassificationData`.
    """
    parts = ("train", "dev", "test", *(("unlabelled",) if unlabelled else ()))
    splits = {split: read(dataset, split, data_dir=data_dir, limit=limit) for split in parts}
    train = splits["train"]
    if words is None:
        counts = collections.Counter()
        for part in _parts(train.texts):
            tokens = cut(part, "en")[0].numpy()
            found, numbers = np.unique(tokens[tokens != b""], return_counts=True)
            found = normalize([word.decode() for word in found], lowercase, digits=True)
            for word, number in zip(found, numbers.tolist(), strict=True):
                counts[word] += number
        words = frequent(counts, min_count)[
            : None if max_vocabulary is None else max_vocabulary - 2
        ]
    # The end of a text, where the words are those of running text, is no word of one text.
    words = ["\N{SYMBOL FOR NEWLINE}" if word == "\n" else word for word in words]
    encoder = TokenEncoder(words, None, lowercase=lowercase, digits=True)
    return ClassificationData(encoder, train.names, splits, length, keep)


def cut(texts, language=""):
    """Cuts texts into tokens, HTML's tags left out; as `zoo.data.tokenizer.tokenize` returns them.

    Example:

    >>> cut(["It's<br />fun"], "en")[0].numpy()[0].tolist()
    [b'It', b"'s", b'fun']
    """
    from zoo.data.tokenizer import tokenize, without_tags

    return tokenize(without_tags(texts), language)


def _parts(texts):
    texts = iter(texts)
    while part := list(itertools.islice(texts, TEXTS_AT_A_TIME)):
        yield part
