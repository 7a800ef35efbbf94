"""Serving taggers: sentences in, tokens with their tags out."""

import collections.abc
import pathlib
import tempfile
import typing

import numpy as np
import tensorflow as tf

from zoo.data.text import TokenEncoder
from zoo.data.tokenizer import at_least_one_step, tokenize, valid_utf8
from zoo.serving.weights import HalfPrecision


class Token(typing.NamedTuple):
    """A tagged token: `start` and `end` are offsets into the text, in code points."""

    text: str
    tag: str
    probability: float
    start: int | None = None
    end: int | None = None


class TaggingModule(tf.Module):
    """A tagger between its lookup tables and the names of its tags, ready to be saved.

    Args:
        model: The tagger, from ids to logits.
        encoder: The `zoo.data.text.TokenEncoder` of its training data.
        tags: Names of the tags by id.
        language: The language whose contractions the tokenizer cuts.
    """

    def __init__(self, model, encoder, tags, language=""):
        super().__init__()
        self._encoder = encoder
        self._language = language
        self.model = HalfPrecision(model)
        self.tables = dict(encoder.tables)
        self.tags = tf.constant(list(tags))
        self.assets = []

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string, name="tokens")])
    def tag(self, tokens):
        """Gives every token its tag and that tag's probability; `""` and 0 at padding."""
        real = tokens != ""
        x = self._encoder(tokens)
        # A sentence without a token reads one unknown word: cuDNN fails on a row that is all
        # padding (tensorflow#43103).
        empty = ~tf.reduce_any(real, axis=1, keepdims=True)
        first = tf.range(tf.shape(tokens)[1]) == 0
        x["tokens"] = tf.where(empty & first, 1, x["tokens"])
        if "characters" in x:
            # A batch of such sentences alone has words of no characters: give them one of padding.
            missing = tf.maximum(1 - tf.shape(x["characters"])[2], 0)
            x["characters"] = tf.pad(x["characters"], [[0, 0], [0, 0], [0, missing]])
        probabilities = tf.nn.softmax(self.model(x if len(x) > 1 else x["tokens"]))
        tags = tf.gather(self.tags, tf.argmax(probabilities, axis=-1))
        return {
            "tags": tf.where(real, tags, ""),
            "probability": tf.where(real, tf.reduce_max(probabilities, axis=-1), 0.0),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def serving_default(self, text):
        """Tokenizes and tags sentences."""
        tokens, start, end = tokenize(text, self._language)
        return {"tokens": tokens, "start": start, "end": end, **self.tag(tokens)}

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string, name="tokens")])
    def tokens(self, tokens):
        """Tags sentences that are tokens already, padded with `""`."""
        return self.tag(at_least_one_step(valid_utf8(tokens)))


def export(model, data, directory, *, language=""):
    """Writes a tagger as a SavedModel that keeps the serving contract.

    Args:
        model: A `keras.Model` made by `zoo.models.SequenceTagger`.
        data: The `zoo.data.tagging.TaggingData` that it was trained on.
        directory: Where to write.
        language: ISO code of the language, for the tokenizer.
    """
    module = TaggingModule(model, data.encoder, data.tags, language)
    signatures = {"serving_default": module.serving_default, "tokens": module.tokens}
    lists = {"words": data.encoder.words, "tags": data.tags}
    if data.encoder.characters is not None:
        lists["characters"] = data.encoder.characters
    with tempfile.TemporaryDirectory() as assets:
        for name, items in lists.items():
            path = pathlib.Path(assets) / f"{name}.txt"
            path.write_text("\n".join(items), encoding="utf-8", newline="\n")
            module.assets.append(tf.saved_model.Asset(str(path)))
        tf.saved_model.save(module, str(directory), signatures=signatures)


def load(directory):
    """Loads what `export` wrote; nothing of the zoo is needed for it."""
    return tf.saved_model.load(str(directory))


def read_encoder(directory, description):
    """Makes the token encoder of an exported tagger again, from its assets."""
    known = {"lowercase", "max_characters"}
    preprocessing = description["recipe"]["preprocessing"]
    options = {name: value for name, value in preprocessing.items() if name in known}

    def read(name):
        path = pathlib.Path(directory) / "assets" / f"{name}.txt"
        return path.read_text("utf-8").split("\n") if path.exists() else None

    return TokenEncoder(read("words"), read("characters"), **options)


def predict(saved_model, texts, *, batch_size=64):
    """Tags texts with a loaded SavedModel.

    Args:
        saved_model: What `tf.saved_model.load` returned.
        texts: A sentence or a list of sentences; a sentence is a string, or a list of tokens.
        batch_size: How many sentences to tag at a time.

    Returns:
        For a list, a list of lists of `Token`; for one sentence its list alone.

    Raises:
        TypeError: If `texts` is neither.
    """
    if isinstance(texts, str):
        return predict(saved_model, [texts])[0]
    texts = list(texts) if isinstance(texts, collections.abc.Iterable) else texts
    if _strings(texts):
        tag = _tag_texts
    elif isinstance(texts, list) and all(map(_strings, texts)):
        tag = _tag_tokens
    else:
        raise TypeError(
            "`texts` must be a sentence or a list of sentences, all strings or all lists of "
            f"tokens, which are strings. Received: {texts!r:.200}"
        )
    order = np.argsort([len(text) for text in texts], kind="stable")
    found = [None] * len(texts)
    for first in range(0, len(texts), batch_size):
        chosen = order[first : first + batch_size]
        for index, sentence in zip(
            chosen, tag(saved_model, [texts[i] for i in chosen]), strict=True
        ):
            found[index] = sentence
    return found


def _strings(items):
    return isinstance(items, list | tuple) and all(isinstance(item, str) for item in items)


def _utf8(text):
    return text.encode("utf-8", "replace")  # A lone surrogate is no character: "?".


def _tag_texts(saved_model, texts):
    texts = [_utf8(text) for text in texts]
    out = saved_model.signatures["serving_default"](text=tf.constant(texts, tf.string))
    out = {name: value.numpy() for name, value in out.items()}
    columns = out["tokens"], out["tags"], out["probability"], out["start"], out["end"]
    for row in zip(*columns, strict=True):
        cells = zip(*(column.tolist() for column in row), strict=True)
        yield [
            Token(token.decode(), tag.decode(), probability, start, end)
            for token, tag, probability, start, end in cells
            if token
        ]


def _tag_tokens(saved_model, sentences):
    width = max(1, max(map(len, sentences)))
    padded = [[*map(_utf8, sentence), *[b""] * (width - len(sentence))] for sentence in sentences]
    out = saved_model.signatures["tokens"](tokens=tf.constant(padded, tf.string))
    tags, probabilities = out["tags"].numpy(), out["probability"].numpy().tolist()
    for sentence, row, scores in zip(sentences, tags, probabilities, strict=True):
        yield [
            Token(token, tag.decode(), probability)
            for token, tag, probability in zip(sentence, row, scores, strict=False)
        ]
