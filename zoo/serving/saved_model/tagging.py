"""Taggers as SavedModels: sentences in, tokens with their tags, or entities, out."""

import pathlib
import tempfile

import tensorflow as tf

from zoo import schemes
from zoo.data.text import TokenEncoder
from zoo.data.tokenizer import at_least_one_step, tokenize, valid_utf8
from zoo.layers import linear_chain
from zoo.serving.saved_model.weights import HalfPrecision
from zoo.serving.strings import utf8
from zoo.serving.tagging import encoder_parts


class TaggingModule(tf.Module):
    """A tagger between its lookup tables and the names of its tags, ready to be saved.

    Args:
        model: The tagger, from ids to logits, or, with a CRF, to tags and potentials.
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

    def beliefs(self, tokens):
        """Chooses the tags, and says how sure every tag and every pair of neighbours is.

        Returns:
            Ids `(batch, time)`, probabilities `(batch, time, tags)` and, from the tag before (row)
            to the tag (column), `(batch, time, tags, tags)`.
        """
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
        outputs = self.model(x if len(x) > 1 else x["tokens"])
        if isinstance(outputs, dict):
            return outputs["tags"], *linear_chain.marginals(outputs["potentials"])
        alone = tf.nn.softmax(outputs)
        before = tf.concat([tf.ones_like(alone[:, :1]), alone[:, :-1]], axis=1)
        ids = tf.argmax(alone, axis=-1, output_type=tf.int32)
        return ids, alone, before[:, :, :, None] * alone[:, :, None, :]

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string, name="tokens")])
    def tag(self, tokens):
        """Gives every token its tag and that tag's probability; `""` and 0 at padding."""
        ids, alone, _ = self.beliefs(tokens)
        return {
            "tags": tf.where(tokens != "", tf.gather(self.tags, ids), ""),
            "probability": tf.where(tokens != "", tf.gather(alone, ids, batch_dims=2), 0.0),
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


class EntityModule(TaggingModule):
    """A tagger whose tags tell spans, of BIO or IOBES; it gives tags as BIO, and entities.

    Args:
        model: As in `TaggingModule`.
        encoder: Likewise.
        tags: Likewise.
        language: Likewise.
    """

    def __init__(self, model, encoder, tags, language=""):
        super().__init__(model, encoder, tags, language)
        pairs = [(tag[0], tag[2:]) for tag in tags]
        self._outside = tags.index("O")
        self._begins = tf.constant([[schemes.begins(a, b) for b in pairs] for a in pairs])
        self._ends = tf.constant([[schemes.ends(a, b) for b in pairs] for a in pairs])
        self._types = tf.constant([kind for _, kind in pairs])
        self.tags = tf.constant([tag.replace("S-", "B-").replace("E-", "I-") for tag in tags])

    def find(self, tokens, start, end):
        """Reads the spans off the tags, as `zoo.schemes.spans` does.

        A model's belief is a Markov chain, so the probability of a whole span is that of its first
        tag, times that of each further tag given the one before, times that of the span being over.
        Where no CRF keeps to the scheme, other tags may tell the same span; they are not counted.

        Args:
            tokens: String `(batch, time)`, padded with `""`.
            start: Where each token starts, int32 `(batch, time)`.
            end: Where it ends.

        Returns:
            `type`, `start`, `end` and `probability`, `(batch, entities)`, padded on the right.
        """
        real = tokens != ""
        ids, alone, pairs = self.beliefs(tokens)
        ids = tf.where(real, ids, self._outside)
        nothing = tf.fill([tf.shape(ids)[0], 1], self._outside)
        before = tf.concat([nothing, ids[:, :-1]], axis=1)
        after = tf.concat([ids[:, 1:], nothing], axis=1)
        first = tf.gather_nd(self._begins, tf.stack([before, ids], axis=-1))
        last = tf.gather_nd(self._ends, tf.stack([ids, after], axis=-1))

        here = tf.gather(alone, ids, batch_dims=2)
        both = tf.gather(tf.gather(pairs, before, batch_dims=2), ids, batch_dims=2)
        given = both / tf.concat([tf.ones_like(here[:, :1]), here[:, :-1]], axis=1)
        leaving = tf.gather(pairs[:, 1:], ids[:, :-1], batch_dims=2)
        over = tf.where(tf.gather(self._ends, ids[:, :-1]), leaving, 0.0)
        over = tf.reduce_sum(over, axis=2) / here[:, :-1]
        over = tf.concat([tf.where(real[:, 1:], over, 1.0), tf.ones_like(here[:, :1])], axis=1)

        def pick(values, where):
            return tf.ragged.boolean_mask(values, where)

        chain = tf.cumsum(tf.math.log(given), axis=1)
        log_probability = (
            pick(tf.math.log(here) - chain, first).flat_values
            + pick(chain + tf.math.log(over), last).flat_values
        )
        starts = pick(start, first)
        return {
            "type": pick(tf.gather(self._types, ids), first).to_tensor(""),
            "start": starts.to_tensor(0),
            "end": pick(end, last).to_tensor(0),
            "probability": starts.with_flat_values(tf.exp(log_probability)).to_tensor(0.0),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def entities(self, text):
        """Tokenizes sentences and finds the entities in them; offsets count code points."""
        found = self.find(*tokenize(text, self._language))
        length = found["end"] - found["start"]
        texts = tf.repeat(valid_utf8(text)[:, None], tf.shape(length)[1], axis=1)
        return {"text": tf.strings.substr(texts, found["start"], length, "UTF8_CHAR"), **found}

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string, name="tokens")])
    def entities_of_tokens(self, tokens):
        """Finds the entities in sentences that are tokens already; offsets count tokens."""
        tokens = at_least_one_step(valid_utf8(tokens))
        place = tf.zeros_like(tokens, tf.int32) + tf.range(tf.shape(tokens)[1])
        return self.find(tokens, place, place + 1)


def export(model, data, directory, *, language=""):
    """Writes a tagger as a SavedModel that keeps the serving contract.

    Args:
        model: A `keras.Model` made by `zoo.models.SequenceTagger`.
        data: The `zoo.data.tagging.TaggingData` that it was trained on.
        directory: Where to write.
        language: ISO code of the language, for the tokenizer.
    """
    kind = TaggingModule if data.scheme is None else EntityModule
    module = kind(model, data.encoder, data.tags, language)
    signatures = {"serving_default": module.serving_default, "tokens": module.tokens}
    if data.scheme is not None:
        signatures["entities"] = module.entities
        signatures["entities_of_tokens"] = module.entities_of_tokens
    lists = {"words": data.encoder.words, "tags": data.tags}
    if data.encoder.characters is not None:
        lists["characters"] = data.encoder.characters
    if data.encoder.shapes is not None:
        lists["shapes"] = data.encoder.shapes
    with tempfile.TemporaryDirectory() as assets:
        for name, items in lists.items():
            path = pathlib.Path(assets) / f"{name}.txt"
            path.write_text("\n".join(items), encoding="utf-8", newline="\n")
            module.assets.append(tf.saved_model.Asset(str(path)))
        tf.saved_model.save(module, str(directory), signatures=signatures)


def read_encoder(directory, description):
    """Makes the token encoder of an exported tagger again, from its assets."""
    return TokenEncoder(**encoder_parts(directory, description))


def read(encoder, text, description):
    """Cuts a text into tokens as the exported tagger does, and looks up what the model reads.

    Args:
        encoder: What `read_encoder` returned.
        text: A string, one sentence.
        description: What the model's `model.json` holds.

    Returns:
        The tokens, a list of strings, and what the `keras.Model` takes, one row of arrays.
    """
    tokens, _, _ = tokenize(tf.constant([utf8(text)]), description["language"])
    ids = {name: each.numpy() for name, each in encoder(tokens).items()}
    return [token.decode() for token in tokens.numpy()[0]], ids
