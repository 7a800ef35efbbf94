"""Pictures and what is said of them, from TFDS to arrays of pixels and of token ids."""

import collections
import dataclasses
import string

import numpy as np

from zoo.data import sources
from zoo.data.batches import Batches, Shared
from zoo.data.text import TokenEncoder, frequent
from zoo.layers import decoding

SPLITS = {
    "shape_captions": {
        "train": "train",
        "dev": "dev",
        "test": "test",
        "test_unseen": "test_unseen",
    },
    "flickr8k": {"train": "train", "dev": "dev", "test": "test"},
    # The splits of Karpathy and Fei-Fei 2015, who add `restval` to train.
    "coco_captions": {"train": "train+restval", "dev": "val", "test": "test"},
}
END, END_ID = "</s>", 2
BEAMS = 4
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Pictures and all that is said of each. A slice is the same.

    Attributes:
        images: uint8 `(pictures, side, side, 3)`, RGB.
        captions: Of each picture a tuple of captions, as `words` has them.
        objects: Of each picture what is in it, a tuple of tuples of an object's attributes in the
            order of their names in a caption (`("small", "red", "circle")`), or `None` where the
            data set does not tell.
        relations: Of each picture where the first object is, seen from each other one, or `None`.
    """

    images: np.ndarray
    captions: tuple
    objects: tuple | None = None
    relations: tuple | None = None

    def __len__(self):
        return len(self.captions)

    def __getitem__(self, chosen):
        return Pictures(
            *(
                None if values is None else values[chosen]
                for values in (self.images, self.captions, self.objects, self.relations)
            )
        )


@dataclasses.dataclass(frozen=True)
class CaptioningData:
    """Pictures with captions, ready for a model.

    Attributes:
        encoder: The `TokenEncoder` of the training split. Id 2 ends a caption, and is read before
            its first word.
        splits: `Pictures` by name of the split.
        steps: Most tokens of a caption to decode, the end among them.

    Example:

    >>> pictures = Pictures(np.zeros((1, 8, 8, 3), "uint8"), (("a red dog", "a dog"),))
    >>> encoder = TokenEncoder([END, "a", "dog"], None)
    >>> data = CaptioningData(encoder, {"train": pictures}, steps=4)
    >>> x, y, weight = next(iter(data.batches("train", batch_size=2)))
    >>> x["image"].shape, x["previous"].tolist(), y.tolist()
    ((1, 8, 8, 3), [[2, 3, 1, 4], [2, 3, 4, 0]], [[3, 1, 4, 2], [3, 4, 2, 0]])
    """

    encoder: TokenEncoder
    splits: dict
    steps: int

    unknown_rates = None

    @property
    def sizes(self):
        """What a builder must know of the data: its vocabulary, and the shape of a picture."""
        shape = list(next(iter(self.splits.values())).images.shape[1:])
        return {**self.encoder.sizes, "image_shape": shape}

    def encode(self, pictures):
        """Pairs every caption with its picture.

        Returns:
            `x`: `previous`, a list of int32 arrays, one a caption: the token before each one to
            predict; and `image`, `zoo.data.batches.Shared`. `y`: the tokens to predict, likewise.
        """
        captions = [caption for several in pictures.captions for caption in several]
        rows = np.repeat(np.arange(len(pictures)), [len(each) for each in pictures.captions])
        lengths = np.cumsum([len(caption.split()) for caption in captions])
        ids = self.encoder(" ".join(captions).split())["tokens"].numpy()
        end = np.array([END_ID], "int32")
        y = [np.concatenate([each, end]) for each in np.split(ids, lengths[:-1])]
        previous = [np.concatenate([end, each[:-1]]) for each in y]
        return {"previous": previous, "image": Shared(pictures.images, rows)}, y

    def batches(self, split, batch_size, *, seed=None):
        """Makes the `zoo.data.batches.Batches` of a split; shuffled with a seed.

        Long and short captions come together. In batches of one length a backbone with batch
        normalization learns how many things there are to tell of from the batch, not the picture.
        """
        return Batches(*self.encode(self.splits[split]), batch_size, seed=seed, pool=1)

    def predict(self, model, pictures, *, beams=BEAMS, batch_size=64):
        """Describes pictures with a model that was built for this data.

        Args:
            model: A `keras.Model` made by `zoo.models.ImageCaptioner`.
            pictures: `Pictures`.
            beams: As in `describe`.
            batch_size: Pictures at a time.

        Returns:
            A list of captions, one a picture.
        """
        import keras

        def ask(images):
            return describe(model, images, steps=self.steps, beams=beams).tokens

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            size = [None, *pictures.images.shape[1:]]
            ask = tf.function(ask, input_signature=[tf.TensorSpec(size, tf.uint8)])
        found = []
        for first in range(0, len(pictures), batch_size):
            tokens = ask(pictures.images[first : first + batch_size])
            found += [self.text(row) for row in keras.ops.convert_to_numpy(tokens)]
        return found

    def text(self, ids):
        """Writes a caption of ids, without padding."""
        words = ["", "", *self.encoder.words]  # It is better to say nothing than "[UNK]".
        return " ".join(filter(None, (words[each] for each in ids)))


def describe(model, images, *, steps, beams=BEAMS, length_penalty=1.0):
    """Decodes captions, on any backend and inside a graph.

    Args:
        model: A `keras.Model` with an `encoder` that gives memory and summary and a `decoder`, a
            `zoo.layers.TokenDecoder`, as those of `zoo.models.captioning` have.
        images: What its encoder takes: uint8 `(batch, height, width, 3)`, or features.
        steps: Most tokens to decode.
        beams: Beginnings that beam search keeps; 1 takes the likeliest word at each step.
        length_penalty: As in `zoo.layers.decoding.beam_search`.

    Returns:
        A `zoo.layers.decoding.Decoded` of tokens `(batch, steps)`, the best caption of each.
        Unknown words are never chosen.
    """
    from keras import ops

    memory, summary = model.get_layer("encoder")(images, training=False)
    decoder = model.get_layer("decoder")
    start = ops.full((ops.shape(memory)[0],), END_ID, dtype="int32")
    state = decoder.start(memory, summary)
    options = {"steps": steps, "end": END_ID, "forbidden": (0, 1)}
    if beams == 1:
        return decoding.greedy(decoder.step, start, state, **options)
    options |= {"beams": beams, "length_penalty": length_penalty}
    found = decoding.beam_search(decoder.step, start, state, **options)
    return decoding.Decoded(found.tokens[:, 0], found.log_probability[:, 0])


def words(caption):
    """Gives a caption the form in which it is learned and measured.

    Lower case, without ASCII punctuation, words parted by single spaces.

    Reference:
        Karpathy and Fei-Fei 2015, "Deep Visual-Semantic Alignments for Generating Image
        Descriptions", whose tokens of Flickr8k, Flickr30k and COCO the later papers share.

    Example:

    >>> words("A man , in a T-shirt , isn't looking .")
    'a man in a tshirt isnt looking'
    """
    return " ".join(caption.lower().translate(_NO_PUNCTUATION).split())


def squared(images, side):
    """Cuts the middle square out of pictures and scales it, in a TensorFlow graph.

    Args:
        images: uint8 `(batch, height, width, 3)` or `(height, width, 3)`, of any size.
        side: Pixels a side.

    Returns:
        uint8 `(..., side, side, 3)`; pictures of that size stay as they are.
    """
    import tensorflow as tf

    height, width = tf.unstack(tf.shape(images)[-3:-1])
    short = tf.minimum(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    images = images[..., top : top + short, left : left + short, :]
    scaled = tf.image.resize(images, [side, side], antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(scaled), 0, 255), tf.uint8)


def load(dataset, *, side=None, min_count=1, length=None, data_dir=None, limit=None):
    """Loads a data set of captions; the vocabulary is fitted on train.

    All pictures are held in memory, at one byte a channel. Each picture of train is an example with
    each of its captions.

    Args:
        dataset: `"shape_captions"`, also with a configuration (`"shape_captions/tiny"`),
            `"flickr8k"` or `"coco_captions"`.
        side: Pixels a side to which the middle square of each picture is scaled; by default
            pictures must be of one size and stay as they are.
        min_count: How often a word must occur in train to be known.
        length: Words of a caption that are read; longer ones of train lose their end. By default
            all.
        data_dir: TFDS's data_dir; by default `TFDS_DATA_DIR`, then TFDS's own.
        limit: Read only that many pictures of each split, the first ones.

    Returns:
        `CaptioningData`.

    Raises:
        ValueError: If the data set is none of those, or sizes differ and no `side` is given.
        zoo.data.sources.DataUnavailableError: If the data can be neither found nor downloaded.

    Example:

    >>> import tempfile
    >>> data = load("shape_captions/tiny", data_dir=tempfile.mkdtemp())
    >>> data.sizes
    {'vocabulary_size': 23, 'image_shape': [32, 32, 3]}
    """
    name = dataset.partition("/")[0]
    if name not in SPLITS:
        known = ", ".join(map(repr, SPLITS))
        raise ValueError(f"`dataset` must be one of {known}. Received: {dataset!r}")
    splits = {
        split: _read(dataset, source, side, data_dir=data_dir, limit=limit)
        for split, source in SPLITS[name].items()
    }
    train = splits["train"]
    if length is not None:
        cut = tuple(
            tuple(" ".join(caption.split()[:length]) for caption in several)
            for several in train.captions
        )
        train = splits["train"] = dataclasses.replace(train, captions=cut)
    captions = [caption.split() for several in train.captions for caption in several]
    counts = collections.Counter(word for caption in captions for word in caption)
    encoder = TokenEncoder([END, *frequent(counts, min_count)], None, lowercase=False, digits=True)
    return CaptioningData(encoder, splits, steps=max(map(len, captions)) + 1)


def _read(dataset, split, side, *, data_dir, limit):
    """Reads a split whole."""
    examples = sources.load(dataset, split, data_dir=data_dir)
    if limit is not None:
        examples = examples.take(limit)
    if side is not None:
        examples = examples.map(
            lambda example: {**example, "image": squared(example["image"], side)},
            num_parallel_calls=2,
        )
    images, captions, objects, relations = [], [], [], []
    names = sources.builder(dataset, data_dir).info.features
    for example in examples.as_numpy_iterator():
        images.append(example["image"])
        captions.append(tuple(filter(None, map(words, _captions(example)))))
        if "relations" in example:
            things, thing_names = example["objects"], names["objects"].feature
            columns = [
                [thing_names[column].int2str(value) for value in things[column]]
                for column in ("size", "colour", "shape")
            ]
            objects.append(tuple(zip(*columns, strict=True)))
            to = names["relations"].feature.int2str
            relations.append(tuple(to(value) for value in example["relations"]))
    if len({image.shape for image in images}) > 1:
        raise ValueError(
            f"The pictures of {dataset!r} are of different sizes, so `side` must be given. "
            f"Received: side={side}"
        )
    facts = (tuple(objects), tuple(relations)) if relations else (None, None)
    return Pictures(np.stack(images), tuple(captions), *facts)


def _captions(example):
    """The raw captions of an example, wherever its data set keeps them."""
    if "caption" in example:
        return [example["caption"].decode()]
    captions = example["captions"]
    texts = captions["text"] if isinstance(captions, dict) else captions
    return [text.decode() for text in texts]
