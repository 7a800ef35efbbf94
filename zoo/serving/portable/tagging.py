"""Taggers without TensorFlow: sentences in, tokens with their tags, or entities, out."""

import numpy as np

from zoo import schemes
from zoo.serving.portable.arrays import lines, padded, softmax, strings
from zoo.serving.portable.chain import marginals, viterbi
from zoo.serving.portable.sessions import Served
from zoo.serving.portable.text import UNKNOWN_ID, TokenEncoder, decoded, tokenize
from zoo.serving.portable.words import WordVectors
from zoo.serving.tagging import encoder_parts

OUTSIDE = ("O", "")


def load(directory, description, graph):
    """Loads a tagger; see `zoo.serving.portable.load`."""
    spans = description["recipe"]["preprocessing"].get("scheme") is not None
    tagger = Tagger(
        graph,
        TokenEncoder(**encoder_parts(directory, description)),
        lines(directory / "assets" / "tags.txt"),
        description["language"],
        spans,
    )
    signatures = {"serving_default": tagger.serving_default, "tokens": tagger.tokens}
    if spans:
        signatures["entities"] = tagger.entities
        signatures["entities_of_tokens"] = tagger.entities_of_tokens
    return Served(signatures)


class Tagger:
    """A tagger between texts and the names of its tags.

    Args:
        graph: Function of a name that opens the graph of that name. `model` is from ids to logits,
            or, with a CRF, to tags and potentials.
        encoder: The `zoo.serving.portable.text.TokenEncoder`.
        tags: Names of the tags by id.
        language: The language whose contractions the tokenizer cuts.
        spans: Whether the tags tell spans, of BIO or IOBES; they are given as BIO.
    """

    def __init__(self, graph, encoder, tags, language, spans):
        self._session, self._encoder, self._language = graph("model"), encoder, language
        self._words = None
        if "vectors" in self._session.shapes:
            self._words = WordVectors(graph("words"), encoder)
        self._pairs = [(tag[0], tag[2:]) for tag in tags]
        if spans:
            tags = [tag.replace("S-", "B-").replace("E-", "I-") for tag in tags]
        self._names = np.array([tag.encode() for tag in tags], object)

    def serving_default(self, text):
        """Tokenizes and tags sentences."""
        rows = [tokenize(each, self._language) for each in text]
        tokens, start, end = ([row[part] for row in rows] for part in range(3))
        offsets = {"start": padded(start, "int32"), "end": padded(end, "int32")}
        return {"tokens": strings(tokens), **offsets, **self._tag(tokens)}

    def tokens(self, tokens):
        """Tags sentences that are tokens already, padded with `b""`."""
        return self._tag(_read(tokens))

    def entities(self, text):
        """Tokenizes sentences and finds the entities in them; offsets count code points."""
        rows = [tokenize(each, self._language) for each in text]
        found = self._find(*([row[part] for row in rows] for part in range(3)))
        texts = [
            [decoded(each)[start:end] for _, start, end, _ in row]
            for each, row in zip(text, found, strict=True)
        ]
        return {"text": strings(texts), **_columns(found)}

    def entities_of_tokens(self, tokens):
        """Finds the entities in sentences that are tokens already; offsets count tokens."""
        rows = _read(tokens)
        places = [list(range(len(row))) for row in rows]
        after = [[place + 1 for place in row] for row in places]
        return _columns(self._find(rows, places, after))

    def _beliefs(self, rows):
        """Ids of tags, the probability of each tag, and, with a CRF, of each pair of neighbours.

        As `zoo.serving.saved_model.tagging.TaggingModule.beliefs`.
        """
        x = self._read_ids(rows)
        empty = [not any(row) for row in rows]
        x["tokens"][empty, 0] = UNKNOWN_ID  # As in training.
        out = self._session(**x)
        if "potentials" in out:
            tags = out["tags"] if "tags" in out else viterbi(out["potentials"])
            return tags, *marginals(out["potentials"])
        alone = softmax(out["output"])
        return alone.argmax(axis=-1), alone, None

    def _read_ids(self, rows):
        x = self._encoder(rows, characters=self._words is None)
        if self._words is not None:
            x["vectors"] = self._words(rows, x["tokens"].shape[1])
        return {name: x[name] for name in self._session.shapes}

    def _tag(self, rows):
        ids, alone, _ = self._beliefs(rows)
        real = strings(rows) != b""
        chosen = np.take_along_axis(alone, ids[:, :, None], axis=-1)[:, :, 0]
        tags = np.where(real, self._names[ids], b"")
        return {"tags": tags, "probability": np.where(real, chosen, np.float32(0))}

    def _find(self, rows, starts, ends):
        """Entities of each sentence: type, start, end and probability.

        As `zoo.serving.saved_model.tagging.EntityModule.find`.
        """
        ids, alone, pairs = self._beliefs(rows)
        if pairs is None:  # Without a CRF tags do not depend on each other.
            before = np.concatenate([np.ones_like(alone[:, :1]), alone[:, :-1]], axis=1)
            pairs = before[:, :, :, None] * alone[:, :, None, :]
        found = []
        for row, (tokens, start, end) in enumerate(zip(rows, starts, ends, strict=True)):
            path = ids[row, : len(tokens)].tolist()
            kinds = [
                self._pairs[each] if token else OUTSIDE
                for each, token in zip(path, tokens, strict=True)
            ]
            entities = []
            for place, tag in enumerate(kinds):
                if schemes.begins(kinds[place - 1] if place else OUTSIDE, tag):
                    first, chance = place, alone[row, place, path[place]]
                elif tag[0] != "O":
                    before = path[place - 1]
                    chance *= pairs[row, place, before, path[place]] / alone[row, place - 1, before]
                after = kinds[place + 1] if place + 1 < len(kinds) else OUTSIDE
                if schemes.ends(tag, after):
                    chance *= self._over(tokens, path, alone[row], pairs[row], place)
                    entities.append((tag[1], start[first], end[place], float(chance)))
            found.append(entities)
        return found

    def _over(self, tokens, path, alone, pairs, place):
        """The probability that a span ends with its tag at a place, given that tag."""
        if place + 1 >= len(tokens) or not tokens[place + 1]:
            return 1.0
        tag = self._pairs[path[place]]
        leaving = [schemes.ends(tag, after) for after in self._pairs]
        return pairs[place + 1, path[place]][leaving].sum() / alone[place, path[place]]


def _read(tokens):
    """Rows of strings, without their padding."""
    rows = [[decoded(token) for token in row] for row in tokens]
    for row in rows:
        while row and not row[-1]:
            row.pop()
    return rows


def _columns(found):
    types = [[kind for kind, *_ in row] for row in found]
    numbers = {
        name: padded([[entity[place] for entity in row] for row in found], dtype)
        for name, place, dtype in (("start", 1, "int32"), ("end", 2, "int32"))
    }
    chances = padded([[entity[3] for entity in row] for row in found], "float32")
    return {"type": strings(types), **numbers, "probability": chances}
