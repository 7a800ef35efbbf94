"""Running text, from TFDS to windows of token ids."""

import collections
import dataclasses

import numpy as np

from zoo.data import sources
from zoo.data.batches import Batches
from zoo.data.lanes import Lanes
from zoo.data.text import TokenEncoder, frequent, normalize

# TFDS keeps its examples in a shuffled order, so the first hundredth of them is a fair sample.
SPLITS = {
    "tiny_shakespeare": {"train": "train", "dev": "validation", "test": "test"},
    "penn_treebank": {"train": "train", "dev": "validation", "test": "test"},
    "imdb_reviews": {
        "train": "train[1%:]+unsupervised[1%:]",
        "dev": "train[:1%]+unsupervised[:1%]",
        "test": "test",
    },
}
DOCUMENTS = {"imdb_reviews", "penn_treebank"}  # Their texts end; the others are pieces of one.
UNITS = ("words", "characters", "tokens")

END = "\n"
UNKNOWN = "<unk>"  # As corpora write it that have it already.
LANGUAGE = "en"
TEXTS_AT_A_TIME = 500
LARGEST_LOGITS = 2**24


@dataclasses.dataclass(frozen=True)
class Stream:
    """Running text as token ids, to be read in windows.

    Each window is an example, and its `y` is its `x` one token later. Windows follow on each other,
    so every id but the first is predicted exactly once; the last window may be shorter. The length
    of a stream is its number of windows; a slice of it is a stream of those windows.

    Attributes:
        ids: int32 `(1 + tokens,)`; the first one is read, yet not predicted.
        steps: Tokens a window.

    Example:

    >>> stream = Stream(np.arange(8, dtype="int32"), steps=3)
    >>> len(stream), stream.tokens, stream[1:].ids.tolist()
    (3, 7, [3, 4, 5, 6, 7])
    """

    ids: np.ndarray
    steps: int

    @property
    def tokens(self):
        """Number of tokens to predict."""
        return len(self.ids) - 1

    def __len__(self):
        return -(-self.tokens // self.steps)

    def __getitem__(self, chosen):
        first, last, _ = slice(chosen.start, chosen.stop).indices(len(self))
        first = min(first * self.steps, self.tokens)
        return Stream(self.ids[first : last * self.steps + 1], self.steps)


@dataclasses.dataclass(frozen=True)
class LanguageModelingData:
    """A corpus of running text, ready for a model.

    Attributes:
        encoder: The `TokenEncoder` of the training split; of characters each is a token.
        splits: `Stream` by name of the split.
        unit: `"words"`, `"characters"` or `"tokens"`.
        lanes: Rows in which a text is read side by side, each batch going on where the one before
            stopped (`zoo.data.lanes.Lanes`); or `None`, where every window is an example by itself.
        frequencies: Whether `sizes` also has `output_bias`, the logarithm of how frequent each
            token is in train, where none is quite absent.

    Example:

    >>> encoder = TokenEncoder(list("ab"), None, lowercase=False, digits=True)
    >>> stream = Stream(encoder(list("abba"))["tokens"].numpy(), steps=2)
    >>> data = LanguageModelingData(encoder, {"train": stream}, unit="characters")
    >>> x, y, weight = next(iter(data.batches("train", batch_size=2)))
    >>> x.tolist(), y.tolist()
    ([[3, 0], [2, 3]], [[2, 0], [3, 3]])
    """

    encoder: TokenEncoder
    splits: dict
    unit: str = "words"
    lanes: int | None = None
    frequencies: bool = False

    unknown_rates = None

    @property
    def sizes(self):
        """What a builder must know of the data: the size of its vocabulary, and frequencies."""
        sizes = self.encoder.sizes
        if self.frequencies:
            ids = self.splits["train"].ids
            counts = 1 + np.bincount(ids, minlength=sizes["vocabulary_size"])
            sizes = {**sizes, "output_bias": np.log(counts / counts.sum()).tolist()}
        return sizes

    def encode(self, stream):
        """Cuts a stream into its windows.

        Returns:
            `x`, a dictionary of a list of int32 arrays, and `y`, a list of int32 arrays.
        """
        starts = range(0, stream.tokens, stream.steps)
        before, after = stream.ids[:-1], stream.ids[1:]
        x = [before[start : start + stream.steps] for start in starts]
        return {"tokens": x}, [after[start : start + stream.steps] for start in starts]

    def batches(self, split, batch_size, *, seed=None):
        """Makes the batches of a split, in another order in every epoch if there is a seed.

        Returns:
            `zoo.data.batches.Batches`; or, with `lanes`, `zoo.data.lanes.Lanes`, at most that many.
        """
        stream = self.splits[split]
        if self.lanes is not None:
            return Lanes(stream.ids, min(batch_size, self.lanes), stream.steps, seed=seed)
        return Batches(*self.encode(stream), batch_size, seed=seed)

    def predict(self, model, stream, *, batch_size=128):
        """Asks a model that was built for this data how likely each token of a stream is.

        With `lanes` the stream is read from its beginning to its end in one lane, so that each
        token is judged after all that stand before it. Without, a window begins without memory of
        the one before.

        Args:
            model: A `keras.Model` from ids to logits.
            stream: A `Stream`.
            batch_size: Most windows at a time; fewer where the vocabulary is large.

        Returns:
            Logarithms of probabilities, in nats, float32 `(tokens,)`, in the order of the stream.
        """
        import keras

        largest = LARGEST_LOGITS // (stream.steps * self.sizes["vocabulary_size"])
        if self.lanes is not None:
            batches, order = Lanes(stream.ids, 1, stream.steps), range(len(stream))
        else:
            batches = Batches(*self.encode(stream), max(1, min(batch_size, largest)))
            order = batches.order
        found = []
        for x, y, weight in batches:
            nats = keras.losses.sparse_categorical_crossentropy(
                y, model.predict_on_batch(x), from_logits=True
            )
            lengths = weight.sum(axis=1).astype(int)
            rows = -keras.ops.convert_to_numpy(nats)
            found += [row[:length] for row, length in zip(rows, lengths, strict=True)]
        return np.concatenate([found[place] for place in np.argsort(order)])


def load(
    dataset,
    *,
    unit="words",
    steps=64,
    min_count=1,
    max_vocabulary=None,
    lowercase=False,
    lanes=None,
    frequencies=False,
    data_dir=None,
    limit=None,
):
    """Loads a corpus of running text with its three splits; the vocabulary is fitted on train.

    Words are cut by `zoo.data.tokenizer`; tokens are what spaces separate, for text that is cut
    already. A newline, which is no word, closes each review of `imdb_reviews` and each sentence of
    `penn_treebank`, whose own `<unk>` is the unknown token. A newline also stands before the first
    token of every split.

    Args:
        dataset: `"tiny_shakespeare"`; `"penn_treebank"`; or `"imdb_reviews"`: all its reviews,
            labelled or not, of which a hundredth is dev and its own test split is test.
        unit: `"words"`, `"characters"` or `"tokens"`: what a token is.
        steps: Tokens a window.
        min_count: How often a token must occur in train to be known, at least once.
        max_vocabulary: Most token ids, counting padding and unknown; the most frequent are kept.
        lowercase: Whether tokens are read in lower case.
        lanes: As in `LanguageModelingData`.
        frequencies: Likewise.
        data_dir: TFDS's data_dir; by default `TFDS_DATA_DIR`, then TFDS's own.
        limit: Read only that many windows of each split, the first ones.

    Returns:
        `LanguageModelingData`.

    Raises:
        ValueError: If the data set or the unit is none of those.
        zoo.data.sources.DataUnavailableError: If the data can be neither found nor downloaded.
    """
    if dataset not in SPLITS:
        known = ", ".join(map(repr, SPLITS))
        raise ValueError(f"`dataset` must be one of {known}. Received: {dataset!r}")
    if unit not in UNITS:
        known = ", ".join(map(repr, UNITS))
        raise ValueError(f"`unit` must be one of {known}. Received: {unit!r}")
    most = None if limit is None else limit * steps
    known = {END.encode(): 0}
    places = {
        split: _read(dataset, split, unit, known, data_dir=data_dir, most=most)
        for split in SPLITS[dataset]
    }
    units = [token.decode() for token in known]
    counts = collections.Counter()
    occurrences = np.bincount(places["train"], minlength=len(units)).tolist()
    for token, count in zip(normalize(units, lowercase, digits=True), occurrences, strict=True):
        counts[token] += count
    del counts[UNKNOWN]
    kept = frequent(counts, min_count)[: None if max_vocabulary is None else max_vocabulary - 2]
    encoder = TokenEncoder(kept, None, lowercase=lowercase, digits=True)
    ids = encoder(units)["tokens"].numpy()
    splits = {split: Stream(ids[numbers], steps) for split, numbers in places.items()}
    return LanguageModelingData(encoder, splits, unit, lanes, frequencies)


def _read(dataset, split, unit, known, *, data_dir, most):
    """Reads a split as places in `known`, which grows: four bytes a token, and no list of words."""
    import tensorflow as tf

    pieces, tokens = [np.zeros(1, "int32")], 0
    texts = sources.load(dataset, SPLITS[dataset][split], data_dir=data_dir)
    for examples in texts.batch(TEXTS_AT_A_TIME):
        rows = cut(examples["text"], unit)
        if dataset in DOCUMENTS:
            rows = tf.concat([rows, tf.fill([rows.nrows(), 1], END)], axis=1)
        distinct, indices = tf.unique(rows.flat_values)
        numbers = [known.setdefault(token, len(known)) for token in distinct.numpy()]
        pieces.append(np.array(numbers, "int32")[indices.numpy()])
        tokens += len(pieces[-1])
        if most is not None and tokens >= most:
            break
    return np.concatenate(pieces)[: None if most is None else most + 1]


def cut(texts, unit):
    """Cuts texts into tokens.

    Args:
        texts: String tensor `(batch,)`.
        unit: As in `load`.

    Returns:
        A string `tf.RaggedTensor` `(batch, None)`.

    Example:

    >>> cut(["to be or not"], "tokens").to_list()
    [[b'to', b'be', b'or', b'not']]
    """
    import tensorflow as tf

    from zoo.data.tokenizer import tokenize, valid_utf8

    texts = valid_utf8(texts)
    if unit == "characters":
        return tf.strings.unicode_split(texts, "UTF-8")
    if unit == "tokens":
        texts = tf.strings.regex_replace(texts, "\n", " \n ")
        tokens = tf.strings.split(texts, " ")
        return tf.ragged.boolean_mask(tokens, tokens != "")
    tokens, _, _ = tokenize(tf.strings.regex_replace(texts, "<br />", " "), LANGUAGE)
    return tf.RaggedTensor.from_tensor(tokens, padding="")
