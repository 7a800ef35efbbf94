"""Language models as SavedModels: they write on after prompts, and judge texts."""

import json
import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from zoo.data.language_modeling import END, cut
from zoo.data.text import TokenEncoder
from zoo.data.tokenizer import valid_utf8
from zoo.layers import decoding
from zoo.models.language_modeling import stepwise
from zoo.serving.language_modeling import COLDEST, NEVER_WRITTEN, WINDOW
from zoo.serving.saved_model.weights import HalfPrecision
from zoo.serving.strings import utf8

PROMPT = [
    tf.TensorSpec([None], tf.string, name="prompt"),
    tf.TensorSpec([], tf.int32, name="length"),
    tf.TensorSpec([], tf.float32, name="temperature"),
    tf.TensorSpec([], tf.int32, name="seed"),
]


class LanguageModelModule(tf.Module):
    """A language model between its tokens and its text, ready to be saved.

    A text is read as in training, with a newline before its first token.

    Args:
        model: The language model, a `keras.Model` made by `zoo.models.LanguageModel`.
        encoder: The `zoo.data.text.TokenEncoder` of its training data.
        unit: What a token is, as in `zoo.data.language_modeling.load`.
    """

    def __init__(self, model, encoder, unit):
        super().__init__()
        self._encoder, self._unit = encoder, unit
        self._known = tf.constant(["", "", *encoder.words])
        self.model = HalfPrecision(model)
        self.tables = dict(encoder.tables)
        # Functions, not the model: its single-precision weights must not be saved too.
        self._step, self._start = stepwise(model)
        self.assets = {}

    @tf.function(input_signature=PROMPT)
    def serving_default(self, prompt, length, temperature, seed):
        """Writes on after prompts."""
        return {"text": self._write_on(prompt, length, temperature, seed)}

    @tf.function(
        input_signature=[
            *PROMPT,
            tf.TensorSpec([], tf.int32, name="top_k"),
            tf.TensorSpec([], tf.float32, name="top_p"),
        ]
    )
    def cut_off(self, prompt, length, temperature, seed, top_k, top_p):
        """Writes on after prompts, with the unlikely cut off."""
        cuts = {"top_k": top_k, "top_p": top_p}
        return {"text": self._write_on(prompt, length, temperature, seed, **cuts)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def score(self, text):
        """Says how likely texts are."""
        tokens, log_probability = self._judge(text)
        return {
            "log_probability": tf.reduce_sum(log_probability, axis=1),
            "tokens": tf.math.count_nonzero(tokens != "", axis=1, dtype=tf.int32),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def surprise(self, text):
        """Says of every token of texts how likely it is after all that stand before it."""
        tokens, log_probability = self._judge(text)
        return {"tokens": tokens, "log_probability": log_probability}

    def _write_on(self, prompt, length, temperature, seed, **cuts):
        prompt = valid_utf8(prompt)
        rows = tf.shape(prompt)[0]
        draws = _draws(rows, tf.maximum(length, 0), seed)
        with self.model.applied():
            last, state = self._read(prompt, rows)
            found = decoding.sample(
                self._step,
                last,
                state,
                draws,
                temperature=tf.maximum(temperature, COLDEST),
                forbidden=NEVER_WRITTEN,
                **cuts,
            )
        tokens = tf.gather(self._known, found.tokens)
        if self._unit == "characters":
            return prompt + tf.strings.reduce_join(tokens, axis=1)
        text = tf.strings.reduce_join(tokens, axis=1, separator=" ")
        text = tf.strings.regex_replace(text, f" ?{END} ?", END)
        apart = tf.strings.regex_full_match(prompt, r"(?s).*\S") & (text != "")
        apart &= ~tf.strings.regex_full_match(text, f"(?s){END}.*")
        return prompt + tf.where(apart, " ", "") + text

    def _read(self, prompt, rows):
        """Reads prompts: the last token of each, and the state before it is read."""
        tokens = tf.concat([tf.fill([rows, 1], END), cut(prompt, self._unit)], axis=1)
        last = tf.cast(tokens.row_lengths(), tf.int32) - 1
        ids = self._encoder(tokens.to_tensor(""))["tokens"]

        def read(place, state):
            _, following = self._step(ids[:, place], state)
            read_before = (place < last)[:, None]
            pairs = zip(following, state, strict=True)
            return place + 1, [tf.where(read_before, new, old) for new, old in pairs]

        start = self._start(rows)
        _, state = tf.while_loop(
            lambda place, _: place < tf.reduce_max(last),
            read,
            (0, start),
            shape_invariants=(
                tf.TensorShape([]),
                [tf.TensorShape([None, s.shape[1]]) for s in start],
            ),
        )
        return tf.gather(ids, last, batch_dims=1), state

    def _judge(self, text):
        """The tokens of texts, `""` where padded, and their log-probabilities, 0 there."""
        tokens = cut(text, self._unit).to_tensor("")
        # A text without a token has one step of padding.
        tokens = tf.pad(tokens, [[0, 0], [0, tf.maximum(1 - tf.shape(tokens)[1], 0)]])
        after = self._encoder(tokens)["tokens"]
        rows, time = tf.unstack(tf.shape(after))
        before = tf.concat(
            [self._encoder(tf.fill([rows, 1], END))["tokens"], after[:, :-1]], axis=1
        )

        def judge(place, state, found):
            window = slice(place, place + WINDOW)
            logits, state = self._step(before[:, window], state)
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(after[:, window], logits)
            return place + WINDOW, state, found.write(place // WINDOW, -tf.transpose(nats))

        with self.model.applied():
            start = self._start(rows)
            windows = tf.TensorArray(
                tf.float32, -(-time // WINDOW), infer_shape=False, element_shape=[None, None]
            )
            shapes = [tf.TensorShape([None, each.shape[1]]) for each in start]
            *_, windows = tf.while_loop(
                lambda place, *_: place < time,
                judge,
                (0, start, windows),
                shape_invariants=(tf.TensorShape([]), shapes, tf.TensorShape(None)),
            )
        return tokens, tf.where(tokens == "", 0.0, tf.transpose(windows.concat()))


def _draws(rows, length, seed):
    """Even draws from [0, 1), `(rows, length)`: a row's first ones are the same for any length."""
    return tf.map_fn(
        lambda row: tf.random.stateless_uniform([length], seed=tf.stack([seed, row])),
        tf.range(rows),
        fn_output_signature=tf.TensorSpec([None], tf.float32),
    )


def export(model, data, directory, *, language=""):
    """Writes a language model as a SavedModel that writes on after prompts and judges texts.

    Args:
        model: A `keras.Model` made by `zoo.models.LanguageModel`.
        data: The `zoo.data.language_modeling.LanguageModelingData` that it was trained on.
        directory: Where to write.
        language: Not used: `data` knows how to cut texts.

    Returns:
        What there is to tell of it: `unit`, what a token is.

    Raises:
        ValueError: If the model is one that cannot write.
    """
    if "carried_state" not in {layer.name for layer in model.layers}:
        raise ValueError(
            "`model` must be a `zoo.models.LanguageModel`, which reads from left to right. "
            f"Received: {model.name}, which cannot write; it is made to start other models "
            "(`zoo.models.transfer`)."
        )
    for state in model.get_layer("carried_state").kept:
        state.assign(np.zeros(state.shape))  # No text that was read last goes with it.
    module = LanguageModelModule(model, data.encoder, data.unit)
    signatures = {
        "serving_default": module.serving_default,
        "cut_off": module.cut_off,
        "score": module.score,
        "surprise": module.surprise,
    }
    with tempfile.TemporaryDirectory() as assets:
        path = pathlib.Path(assets) / "tokens.json"  # A newline is one of them.
        known = {"unit": data.unit, "tokens": list(data.encoder.words)}
        path.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8", newline="\n")
        module.assets["tokens"] = tf.saved_model.Asset(str(path))
        tf.saved_model.save(module, str(directory), signatures=signatures)
    return {"unit": data.unit}


def read_encoder(directory, description):
    """Makes the token encoder of an exported language model again, from its assets."""
    known = json.loads((pathlib.Path(directory) / "assets" / "tokens.json").read_text("utf-8"))
    lowercase = description["recipe"]["preprocessing"].get("lowercase", False)
    return TokenEncoder(known["tokens"], None, lowercase=lowercase, digits=True)


def read(encoder, text, description):
    """Cuts a text into tokens as the exported language model does, and looks up their ids.

    Args:
        encoder: What `read_encoder` returned.
        text: A string.
        description: What the model's `model.json` holds.

    Returns:
        The tokens, a list of strings, the first of them the newline that is read before the text;
        and what the `keras.Model` takes, a text that begins there.
    """
    tokens = tf.concat([[END], cut(tf.constant([utf8(text)]), description["unit"])[0]], axis=0)
    inputs = {"tokens": encoder(tokens[None])["tokens"].numpy(), "begins": np.array([True])}
    return [token.decode() for token in tokens.numpy()], inputs
