"""Serving taggers: sentences in, tokens with their tags, or the entities among them, out."""

import collections.abc
import pathlib
import typing

import numpy as np

from zoo.serving.signatures import ask
from zoo.serving.strings import utf8

OPTIONS = ("lowercase", "max_characters")  # Of the encoder, which a recipe may choose.


class Token(typing.NamedTuple):
    """A tagged token: `start` and `end` are offsets into the text, in code points."""

    text: str
    tag: str
    probability: float
    start: int | None = None
    end: int | None = None


class Entity(typing.NamedTuple):
    """A named entity: `start` and `end` are offsets into the text, in code points.

    Where the sentence was given as tokens, they count tokens. `probability` is that of the whole
    span under the model: that it begins there, ends there and is of that type.
    """

    text: str
    type: str
    start: int
    end: int
    probability: float


def encoder_parts(directory, description):
    """Reads what a tagger's encoder of tokens is made of.

    Args:
        directory: Where the pretrained model lies.
        description: What its `model.json` holds.

    Returns:
        The arguments of a `TokenEncoder`, by name.
    """

    def read(name):
        path = pathlib.Path(directory) / "assets" / f"{name}.txt"
        return path.read_text("utf-8").split("\n") if path.exists() else None

    preprocessing = description["recipe"]["preprocessing"]
    options = {name: preprocessing[name] for name in OPTIONS if name in preprocessing}
    return {**options, **{name: read(name) for name in ("words", "characters", "shapes")}}


def predict(served, texts, *, batch_size=64):
    """Tags texts with a loaded model.

    Args:
        served: A loaded model: a SavedModel, or what `zoo.serving.portable.load` returned.
        texts: A string, which is one sentence, or a list of sentences: of strings, or of lists of
            tokens. A list of strings is always a list of sentences, so one sentence of tokens is
            `[["The", "dogs", "bark"]]`.
        batch_size: How many sentences to tag at a time.

    Returns:
        For a list, a list of lists of `Token`, or of `Entity` where the tags tell spans; for one
        string its list alone.

    Raises:
        TypeError: If `texts` is neither.
    """
    if isinstance(texts, str):
        return predict(served, [texts])[0]
    texts = list(texts) if isinstance(texts, collections.abc.Iterable) else texts
    spans = "entities" in served.signatures
    if _strings(texts):
        tag = _entities_of_texts if spans else _tag_texts
    elif isinstance(texts, list) and all(map(_strings, texts)):
        tag = _entities_of_tokens if spans else _tag_tokens
    else:
        raise TypeError(
            "`texts` must be a sentence or a list of sentences, all strings or all lists of "
            f"tokens, which are strings. Received: {texts!r:.200}"
        )
    order = np.argsort([len(text) for text in texts], kind="stable")
    found = [None] * len(texts)
    for first in range(0, len(texts), batch_size):
        chosen = order[first : first + batch_size]
        for index, sentence in zip(chosen, tag(served, [texts[i] for i in chosen]), strict=True):
            found[index] = sentence
    return found


def _strings(items):
    return isinstance(items, list | tuple) and all(isinstance(item, str) for item in items)


def _tag_texts(served, texts):
    texts = [utf8(text) for text in texts]
    out = ask(served, "serving_default", text=texts)
    columns = out["tokens"], out["tags"], out["probability"], out["start"], out["end"]
    for row in zip(*columns, strict=True):
        cells = zip(*(column.tolist() for column in row), strict=True)
        yield [
            Token(token.decode(), tag.decode(), probability, start, end)
            for token, tag, probability, start, end in cells
            if token
        ]


def _entities_of_texts(served, texts):
    out = ask(served, "entities", text=[utf8(text) for text in texts])
    for text, found in zip(texts, _rows(out), strict=True):
        yield [Entity(text[start:end], kind, start, end, p) for kind, start, end, p in found]


def _entities_of_tokens(served, sentences):
    out = ask(served, "entities_of_tokens", tokens=_padded(sentences))
    for tokens, found in zip(sentences, _rows(out), strict=True):
        yield [
            Entity(" ".join(tokens[start:end]), kind, start, end, p)
            for kind, start, end, p in found
        ]


def _rows(out):
    columns = [out[name].tolist() for name in ("type", "start", "end", "probability")]
    for row in zip(*columns, strict=True):
        yield [(kind.decode(), *rest) for kind, *rest in zip(*row, strict=True) if kind]


def _padded(sentences):
    width = max(1, max(map(len, sentences)))
    return [[*map(utf8, sentence), *[b""] * (width - len(sentence))] for sentence in sentences]


def _tag_tokens(served, sentences):
    out = ask(served, "tokens", tokens=_padded(sentences))
    tags, probabilities = out["tags"], out["probability"].tolist()
    for sentence, row, scores in zip(sentences, tags, probabilities, strict=True):
        yield [
            Token(token, tag.decode(), probability)
            for token, tag, probability in zip(sentence, row, scores, strict=False)
        ]
