"""Language models without TensorFlow: they write on after prompts, and judge texts."""

import json

import numpy as np

from zoo.serving.language_modeling import COLDEST, NEVER_WRITTEN, WINDOW
from zoo.serving.portable import decoding
from zoo.serving.portable.arrays import log_softmax, strings
from zoo.serving.portable.philox import uniform
from zoo.serving.portable.sessions import Served
from zoo.serving.portable.text import TokenEncoder, decoded, tokenize

END = "\n"
LANGUAGE = "en"


def load(directory, description, graph):
    """Loads a language model; see `zoo.serving.portable.load`."""
    path = directory / "assets" / "tokens.json"
    known = json.loads(path.read_text("utf-8"))
    lowercase = description["recipe"]["preprocessing"].get("lowercase", False)
    encoder = TokenEncoder(known["tokens"], None, lowercase=lowercase, digits=True)
    model = LanguageModel(graph("step"), encoder, known["unit"])
    signatures = {
        "serving_default": model.write_on,
        "cut_off": model.write_on,
        "score": model.score,
        "surprise": model.surprise,
    }
    return Served(signatures, {"tokens": path})


class LanguageModel:
    """A language model between its tokens and its text.

    Args:
        session: The graph of a step, which takes any number of tokens.
        encoder: The `zoo.serving.portable.text.TokenEncoder`.
        unit: What a token is, as in `zoo.data.language_modeling.load`.
    """

    def __init__(self, session, encoder, unit):
        self._session, self._encoder, self._unit = session, encoder, unit
        self._sizes = {n: s[1] for n, s in session.shapes.items() if n.startswith("state_")}
        self._known = ["", "", *encoder.words]

    def write_on(self, prompt, length, temperature, seed, top_k=None, top_p=None):
        """Writes on after prompts."""
        prompts = [decoded(each) for each in prompt]
        draws = [uniform(int(length), int(seed), row) for row in range(len(prompts))]
        last, state = self._read(prompts)
        found = decoding.sample(
            self._step,
            last,
            state,
            np.array(draws, "float32").reshape(len(prompts), -1),
            temperature=max(float(temperature), COLDEST),
            top_k=top_k,
            top_p=top_p,
            forbidden=NEVER_WRITTEN,
        )
        texts = [self._joined(*pair) for pair in zip(prompts, found, strict=True)]
        return {"text": np.array([text.encode() for text in texts], object)}

    def score(self, text):
        """Says how likely texts are."""
        tokens, likely = self._judge(text)
        counts = np.array([len(row) for row in tokens], "int32")
        return {"log_probability": likely.sum(axis=1), "tokens": counts}

    def surprise(self, text):
        """Says of every token of texts how likely it is after all that stand before it."""
        tokens, likely = self._judge(text)
        return {"tokens": strings(tokens), "log_probability": likely}

    def _joined(self, prompt, ids):
        tokens = [self._known[each] for each in ids]
        if self._unit == "characters":
            return prompt + "".join(tokens)
        text = " ".join(tokens).replace(f" {END}", END).replace(f"{END} ", END)
        blank = not prompt or prompt[-1] in "\t\n\f\r "
        return prompt + ("" if blank or not text or text.startswith(END) else " ") + text

    def _read(self, prompts):
        """Reads prompts: the last token of each, and the state before it is read.

        Those of like length are read together, whole.
        """
        rows = [[END, *self._cut(prompt)] for prompt in prompts]
        lengths = np.array([len(row) for row in rows], int)
        last = np.zeros(len(rows), "int32")
        state = self._start(len(rows))
        for length in np.unique(lengths):
            places = np.flatnonzero(lengths == length)
            ids = self._encoder([rows[place] for place in places])["tokens"]
            last[places] = ids[:, -1]
            after = self._start(len(places))
            for first in range(0, length - 1, WINDOW):
                part = ids[:, first : min(first + WINDOW, length - 1)]
                after = decoding.advanced(after, self._session(tokens=part, **after))
            for name, each in after.items():
                state[name][places] = each
        return last, state

    def _judge(self, texts):
        """The tokens of texts, and their log-probabilities, 0 where padded."""
        tokens = [self._cut(decoded(text)) for text in texts]
        after = self._encoder(tokens)["tokens"]
        end = self._encoder([[END]])["tokens"][0, 0]
        before = np.concatenate([np.full_like(after[:, :1], end), after[:, :-1]], axis=1)
        state, found = self._start(len(texts)), []
        for first in range(0, after.shape[1], WINDOW):
            out = self._session(tokens=before[:, first : first + WINDOW], **state)
            state = decoding.advanced(state, out)
            wanted = after[:, first : first + WINDOW, None]
            likely = np.take_along_axis(log_softmax(out["logits"]), wanted, axis=-1)
            found.append(likely[:, :, 0])
        real = np.arange(after.shape[1]) < np.array([len(row) for row in tokens])[:, None]
        return tokens, np.where(real, np.concatenate(found, axis=1), np.float32(0))

    def _step(self, tokens, **state):
        out = self._session(tokens=tokens[:, None], **state)
        return out | {"logits": out["logits"][:, 0]}

    def _start(self, rows):
        return {name: np.zeros((rows, size), "float32") for name, size in self._sizes.items()}

    def _cut(self, text):
        """Cuts a text into tokens, as `zoo.data.language_modeling.cut` does."""
        if self._unit == "characters":
            return list(text)
        if self._unit == "tokens":
            return [token for token in text.replace("\n", " \n ").split(" ") if token]
        return tokenize(text.replace("<br />", " "), LANGUAGE)[0]
