"""Tagged sentences, from TFDS to batches."""

import collections
import dataclasses
import functools

import numpy as np

from zoo import schemes
from zoo.data import sources
from zoo.data.batches import Batches
from zoo.data.text import PADDING, UNKNOWN, TokenEncoder, normalize

SPLITS = {
    "universal_dependencies": {"train": "train", "dev": "dev", "test": "test"},
    "conll2003": {"train": "train", "dev": "dev", "test": "test"},
    "wnut17": {"train": "train", "dev": "dev", "test": "test"},
    "wikiann": {"train": "train", "dev": "validation", "test": "test"},
    "grammar_text": {"train": "train", "dev": "validation", "test": "test"},
}
FEATURES = {"conll2003": "ner", "wnut17": "ner", "wikiann": "tags"}

NO_TAG = "_"  # What TFDS gives the rows that are no words.
NOTHING = "None"  # What it writes where a treebank has nothing to say of a word.


@dataclasses.dataclass(frozen=True)
class Sentences:
    """Tagged sentences: `tokens` and `tags`, lists of lists of strings. A slice is the same."""

    tokens: list
    tags: list

    def __len__(self):
        return len(self.tokens)

    def __getitem__(self, chosen):
        return Sentences(self.tokens[chosen], self.tags[chosen])


def read(dataset, split, *, feature=None, data_dir=None, limit=None):
    """Reads the sentences of a split through TFDS.

    Of Universal Dependencies only words are kept. TFDS also yields the rows of multiword tokens
    ("don't" beside "do" and "n't") and of empty nodes, which the treebanks' own evaluation does
    not count; they are told by having no relation and no head. TFDS's `conll2003` ends each split
    with an example without a token; that, too, is left out.

    Args:
        dataset: `"universal_dependencies/<treebank>"`, `"conll2003"`, `"wnut17"`,
            `"wikiann/<language>"` or `"grammar_text"`.
        split: `"train"`, `"dev"` or `"test"`.
        feature: The feature that holds the tags. By default the entities of `conll2003`, `wnut17`
            and `wikiann`, and `"upos"` of the others. Universal Dependencies also has `"xpos"`, the
            treebank's own tags, and `"deprel"`.
        data_dir: TFDS's data_dir; by default `TFDS_DATA_DIR`, then TFDS's own.
        limit: Read only that many sentences, the first ones.

    Returns:
        `Sentences` with at least one word each.

    Raises:
        ValueError: If the data set, the split or the feature is none of those.
        zoo.data.sources.DataUnavailableError: If the data can be neither found nor downloaded.

    Example:

    >>> sentences = read("grammar_text", "test", limit=10)
    >>> len(sentences), len(sentences.tokens[0]) == len(sentences.tags[0])
    (10, True)
    """
    family = dataset.partition("/")[0]
    if family not in SPLITS:
        known = ", ".join(SPLITS)
        raise ValueError(f"`dataset` must be of one of: {known}. Received: {dataset!r}")
    if split not in SPLITS[family]:
        known = ", ".join(map(repr, SPLITS[family]))
        raise ValueError(f"`split` must be one of {known}. Received: {split!r}")
    examples = sources.load(dataset, SPLITS[family][split], data_dir=data_dir)
    feature = feature or FEATURES.get(family, "upos")
    names = _tags(dataset, feature, data_dir)
    tokens, tags = [], []
    for example in examples.as_numpy_iterator():
        words = [
            (token.decode(), tag.decode() if names is None else names[tag])
            for token, tag, kept in zip(
                example["tokens"], example[feature], _is_word(example), strict=True
            )
            if kept
        ]
        if words:
            tokens.append([token for token, _ in words])
            tags.append([tag for _, tag in words])
        if limit is not None and len(tokens) >= limit:
            break
    return Sentences(tokens, tags)


def _tags(dataset, feature, data_dir):
    """Lists the tags that a data set says it has, or gives `None` where it does not say."""
    features = sources.builder(dataset, data_dir=data_dir).info.features
    tagged = {
        name: getattr(each.feature, "names", None)
        for name, each in features.items()
        if name != "tokens" and hasattr(each, "feature")
    }
    if feature not in tagged:
        known = ", ".join(map(repr, tagged))
        raise ValueError(f"`feature` must be one of {known}. Received: {feature!r}")
    return tagged[feature]


def _is_word(example):
    if "deprel" not in example:
        return np.ones(len(example["tokens"]), bool)
    return (example["deprel"] != b"_") & (example["head"] != b"None")


@dataclasses.dataclass(frozen=True)
class TaggingData:
    """A tagged corpus, ready for a model.

    Attributes:
        encoder: The `TokenEncoder` of the training split.
        tags: The tags of the annotation scheme, or, where the data set does not list them, of all
            its splits; sorted. A tag's id is its place.
        splits: `Sentences` by name of the split.
        scheme: `"bio"` or `"iobes"`, the scheme of `tags` where they tell spans; the sentences keep
            the tags of the corpus. `None` where tags are tags.
        rare_word_dropout: The `a` in `a / (a + count)`, the probability that a word which occurs
            `count` times in training is replaced by the unknown word in an epoch.
    """

    encoder: TokenEncoder
    tags: list
    splits: dict
    scheme: str | None = None
    rare_word_dropout: float = 0.0

    @property
    def sizes(self):
        """What a builder must know of the data: the sizes of its vocabularies."""
        names = {} if self.scheme is None else {"tags": self.tags}
        return {**self.encoder.sizes, "num_tags": len(self.tags), **names}

    def encode(self, sentences):
        """Encodes sentences.

        Returns:
            `x`, a dictionary of lists of int32 arrays, and `y`, a list of int32 arrays of tag ids.
        """
        lengths = [len(sentence) for sentence in sentences.tokens]
        ends = np.cumsum(lengths)[:-1]
        encoded = self.encoder([token for sentence in sentences.tokens for token in sentence])
        x = {name: np.split(ids.numpy(), ends) for name, ids in encoded.items()}
        ids = {tag: index for index, tag in enumerate(self.tags)}
        rows = sentences.tags
        if self.scheme is not None:
            rows = [schemes.convert(tags, self.scheme) for tags in rows]
        y = [np.array([ids[tag] for tag in tags], "int32") for tags in rows]
        return x, y

    def batches(self, split, batch_size, *, seed=None):
        """Makes the `zoo.data.batches.Batches` of a split; shuffled and corrupted with a seed."""
        x, y = self.encode(self.splits[split])
        rates = self.unknown_rates if seed is not None else None
        return Batches(x, y, batch_size, seed=seed, unknown_rates=rates)

    def predict(self, model, sentences, *, batch_size=128):
        """Tags sentences with a model that was built for this data.

        Returns:
            A list of lists of tags, in the order of the sentences; spans as BIO.
        """
        batches = Batches(*self.encode(sentences), batch_size)
        found = []
        for x, _, weight in batches:
            outputs = model.predict_on_batch(x)
            ids = outputs["tags"] if isinstance(outputs, dict) else outputs.argmax(axis=-1)
            for row, length in zip(ids, weight.sum(axis=1).astype(int), strict=True):
                tags = [self.tags[index] for index in row[:length]]
                found.append(tags if self.scheme is None else schemes.convert(tags, "bio"))
        return [found[place] for place in np.argsort(batches.order)]

    def with_words(self, words):
        """Gives the same data with further known words, for instance those of word vectors.

        A word that training does not have is never replaced by the unknown one.
        """
        known = {PADDING, UNKNOWN, *self.encoder.words}
        every = [*self.encoder.words, *(word for word in words if word not in known)]
        encoder = TokenEncoder(
            every,
            self.encoder.characters,
            lowercase=self.encoder.lowercase,
            max_characters=self.encoder.max_characters,
            shapes=self.encoder.shapes,
            digits=self.encoder.digits,
        )
        return dataclasses.replace(self, encoder=encoder)

    @functools.cached_property
    def unknown_rates(self):
        """For every token id the probability that it is made unknown, or `None` if none is."""
        if not self.rare_word_dropout:
            return None
        tokens = [token for sentence in self.splits["train"].tokens for token in sentence]
        counts = collections.Counter(normalize(tokens, self.encoder.lowercase))
        rates = np.zeros(self.encoder.sizes["vocabulary_size"], "float32")
        for index, word in enumerate(self.encoder.words, start=2):
            rates[index] = self.rare_word_dropout / (self.rare_word_dropout + counts[word])
        return rates


def load(
    dataset,
    *,
    feature=None,
    scheme=None,
    data_dir=None,
    limit=None,
    rare_word_dropout=0.0,
    **encoding,
):
    """Loads a tagged corpus with its three splits; everything fitted is fitted on train.

    Args:
        dataset: As in `read`.
        feature: As in `read`.
        scheme: As in `TaggingData`.
        data_dir: As in `read`.
        limit: As in `read`, for each split.
        rare_word_dropout: As in `TaggingData`.
        **encoding: Arguments of `TokenEncoder.fit`.

    Returns:
        `TaggingData`.

    Example:

    >>> data = load("grammar_text", limit=100)
    >>> "NOUN" in data.tags, data.batches("dev", batch_size=10).padding < 0.2
    (True, True)
    """
    splits = {
        split: read(dataset, split, feature=feature, data_dir=data_dir, limit=limit)
        for split in ("train", "dev", "test")
    }
    train = splits["train"]
    feature = feature or FEATURES.get(dataset.partition("/")[0], "upos")
    # Not those of the training split: a small treebank may lack one that dev or test has.
    tags = _tags(dataset, feature, data_dir)
    if tags is not None:
        tags = sorted(set(tags) - {NO_TAG})
    else:
        tags = sorted({tag for each in splits.values() for row in each.tags for tag in row})
        if tags == [NOTHING]:
            raise ValueError(f"The words of {dataset} have no {feature!r}. Name another `feature`")
    if scheme is not None:
        tags = schemes.names(sorted({tag[2:] for tag in tags} - {""}), scheme)
    return TaggingData(
        encoder=TokenEncoder.fit(train.tokens, **encoding),
        tags=tags,
        splits=splits,
        scheme=scheme,
        rare_word_dropout=rare_word_dropout,
    )
