"""Sequences and what they become in another language, from TFDS to arrays of token ids."""

import dataclasses

import numpy as np

from zoo.data import sources
from zoo.data.batches import Batches
from zoo.data.subwords import END_ID, TEXTS_AT_A_TIME, SubwordEncoder
from zoo.layers import decoding

# SCAN has no validation split, so dev is cut from train. Each: source, target, splits.
SCAN = ("commands", "actions", {"train": "train[:95%]", "dev": "train[95%:]", "test": "test"})
DATASETS = {
    "scan/simple": SCAN,
    "scan/length": SCAN,
    "scan/addprim_jump": SCAN,
    **{
        f"multi30k/{source}_{target}": (
            source,
            target,
            {"train": "train", "dev": "dev", "test": "test_2016", "test_2017": "test_2017"},
        )
        for source, target in (("en", "de"), ("de", "en"), ("en", "fr"), ("fr", "en"))
    },
}


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Texts and their translations. A slice is the same.

    Attributes:
        sources: A tuple of strings.
        targets: Likewise, one each.
    """

    sources: tuple
    targets: tuple

    def __len__(self):
        return len(self.sources)

    def __getitem__(self, chosen):
        return Pairs(self.sources[chosen], self.targets[chosen])


@dataclasses.dataclass(frozen=True)
class TranslationData:
    """Pairs of texts, ready for a model.

    Attributes:
        encoder: The `zoo.data.subwords.SubwordEncoder` of both sides of the training split. Id 2
            ends a text, and is read before the first token that is written.
        splits: `Pairs` by name of the split.
        steps: Most tokens to write, the end among them.
        beams: Beginnings that beam search keeps when it translates.
        length_penalty: As in `zoo.layers.decoding.beam_search`.

    Example:

    >>> pairs = Pairs(("jump twice", "walk"), ("JUMP JUMP", "WALK"))
    >>> encoder = SubwordEncoder.fit([*pairs.sources, *pairs.targets])
    >>> data = TranslationData(encoder, {"train": pairs}, steps=6)
    >>> x, y, weight = next(iter(data.batches("train", batch_size=2)))
    >>> x["source"].tolist(), x["previous"].tolist(), y.tolist()
    ([[7, 2, 0], [5, 6, 2]], [[2, 4, 0], [2, 3, 3]], [[4, 2, 0], [3, 3, 2]])
    """

    encoder: SubwordEncoder
    splits: dict
    steps: int
    beams: int = 1
    length_penalty: float = 1.0

    unknown_rates = None

    @property
    def sizes(self):
        """What a builder must know of the data: both sides have one vocabulary."""
        (size,) = self.encoder.sizes.values()
        return {"source_vocabulary_size": size, "target_vocabulary_size": size}

    def encode(self, pairs):
        """Encodes pairs.

        Returns:
            `x`: `previous` and `source`, lists of int32 arrays, one a pair: the token before each
            one to predict, and the source. `y`: the tokens to predict, likewise.
        """
        y = _ids(self.encoder, pairs.targets)
        previous = [np.concatenate([each[-1:], each[:-1]]) for each in y]
        return {"previous": previous, "source": _ids(self.encoder, pairs.sources)}, y

    def batches(self, split, batch_size, *, seed=None):
        """Makes the `zoo.data.batches.Batches` of a split; shuffled with a seed."""
        return Batches(*self.encode(self.splits[split]), batch_size, seed=seed)

    def predict(self, model, pairs, *, beams=None, length_penalty=None, batch_size=64):
        """Translates with a model that was built for this data.

        Args:
            model: A `keras.Model` made by `zoo.models.Seq2Seq`.
            pairs: `Pairs`; their targets are not looked at.
            beams: As in `translate`; by default those of the data.
            length_penalty: Likewise.
            batch_size: Texts at a time; those of similar length come together.

        Returns:
            A list of translations, one a pair.
        """
        import keras

        beams = self.beams if beams is None else beams
        penalty = self.length_penalty if length_penalty is None else length_penalty

        def ask(source):
            return translate(model, source, steps=self.steps, beams=beams, length_penalty=penalty)

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            ask = tf.function(ask, input_signature=[tf.TensorSpec([None, None], tf.int32)])
        source = _ids(self.encoder, pairs.sources)
        batches = Batches({"source": source}, source, batch_size)
        found = []
        for ids, _, _ in batches:
            found += self.encoder.text(keras.ops.convert_to_numpy(ask(ids).tokens))
        return [found[place] for place in np.argsort(batches.order)]


def translate(model, source, *, steps, beams=1, length_penalty=1.0):
    """Decodes what a source becomes, on any backend and inside a graph.

    Args:
        model: A `keras.Model` made by `zoo.models.Seq2Seq`.
        source: Int32 `(batch, time)`, at least one id in each row, padded on the right with 0.
        steps: Most tokens to write, the end among them.
        beams: Beginnings that beam search keeps; 1 takes the likeliest token at each step.
        length_penalty: As in `zoo.layers.decoding.beam_search`.

    Returns:
        A `zoo.layers.decoding.Decoded` of tokens `(batch, steps)`, the best translation of each.
        The unknown token is never chosen.
    """
    from keras import ops

    memory, summary = model.get_layer("encoder")(source, training=False)
    decoder = model.get_layer("decoder")
    state = decoder.start(memory, summary, ops.not_equal(source, 0))
    start = ops.full((ops.shape(memory)[0],), END_ID, dtype="int32")
    options = {"steps": steps, "end": END_ID, "forbidden": (0, 1)}
    if beams == 1:
        return decoding.greedy(decoder.step, start, state, **options)
    options |= {"beams": beams, "length_penalty": length_penalty}
    found = decoding.beam_search(decoder.step, start, state, **options)
    return decoding.Decoded(found.tokens[:, 0], found.log_probability[:, 0])


def load(
    dataset, *, pieces=None, min_count=1, beams=1, length_penalty=1.0, data_dir=None, limit=None
):
    """Loads a data set of pairs of texts; one vocabulary of both sides is fitted on train.

    Args:
        dataset: `"scan/simple"`, `"scan/length"` or `"scan/addprim_jump"`, whose dev split is the
            last twentieth of train; `"multi30k/en_de"`, `"multi30k/de_en"`, `"multi30k/en_fr"` or
            `"multi30k/fr_en"`, where `"test"` is the test split of 2016.
        pieces: Most ids of pieces of words, or `None` to know whole words, which spaces part.
        min_count: How often a piece, or a word, must occur in train to be known.
        beams: Beginnings that beam search keeps when the data's `predict` translates.
        length_penalty: As in `zoo.layers.decoding.beam_search`.
        data_dir: TFDS's data_dir; by default `TFDS_DATA_DIR`, then TFDS's own.
        limit: Read only that many pairs of each split, the first ones.

    Returns:
        `TranslationData`, which may write twice as many tokens as the longest target of train has.

    Raises:
        ValueError: If the data set is none of those.
        zoo.data.sources.DataUnavailableError: If the data can be neither found nor downloaded.
    """
    splits = {
        split: read(dataset, split, data_dir=data_dir, limit=limit)
        for split in _described(dataset)[-1]
    }
    train = splits["train"]
    encoder = SubwordEncoder.fit(
        [*train.sources, *train.targets], pieces=pieces, min_count=min_count
    )
    steps = 2 * max(map(len, _ids(encoder, train.targets)))
    return TranslationData(encoder, splits, steps, beams, length_penalty)


def read(dataset, split, *, data_dir=None, limit=None):
    """Reads the `Pairs` of a split, `"train"`, `"dev"` or a test split, as they are.

    Args:
        dataset: As in `load`.
        split: Name of the split.
        data_dir: As in `load`.
        limit: Likewise.

    Returns:
        `Pairs`.

    Raises:
        ValueError: If the data set or the split is none of those.
        zoo.data.sources.DataUnavailableError: If the data can be neither found nor downloaded.
    """
    source, target, splits = _described(dataset)
    if split not in splits:
        known = ", ".join(map(repr, splits))
        raise ValueError(f"`split` must be one of {known}. Received: {split!r}")
    examples = sources.load(dataset, splits[split], data_dir=data_dir)
    if limit is not None:
        examples = examples.take(limit)
    pairs = [
        (example[source].decode(), example[target].decode())
        for example in examples.as_numpy_iterator()
    ]
    return Pairs(*zip(*pairs, strict=True))


def _described(dataset):
    """Looks up the source, the target and the splits of a data set."""
    if dataset not in DATASETS:
        known = ", ".join(map(repr, DATASETS))
        raise ValueError(f"`dataset` must be one of {known}. Received: {dataset!r}")
    return DATASETS[dataset]


def _ids(encoder, texts):
    """Ids of texts, int32 arrays without padding."""
    found = []
    for first in range(0, len(texts), TEXTS_AT_A_TIME):
        ids = encoder(list(texts[first : first + TEXTS_AT_A_TIME])).numpy()
        found += [row[row > 0] for row in ids]
    return found
