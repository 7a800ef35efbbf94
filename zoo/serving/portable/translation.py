"""Translators without TensorFlow: a text in, another out, and where each of its pieces looked."""

import numpy as np

from zoo.serving.portable import decoding
from zoo.serving.portable.arrays import lines, strings
from zoo.serving.portable.sessions import Served
from zoo.serving.portable.text import END_ID, SubwordEncoder

END = "</s>"


def load(directory, description, graph):
    """Loads a translator; see `zoo.serving.portable.load`."""
    options = description["recipe"]["preprocessing"]
    translator = Translator(
        graph,
        SubwordEncoder(lines(directory / "assets" / "pieces.txt")),
        steps=description["steps"],
        beams=description["beams"],
        length_penalty=options.get("length_penalty", 1.0),
    )
    signatures = {"serving_default": translator.serving_default}
    if description["attention"]:
        signatures["attention"] = translator.attention
    return Served(signatures)


class Translator:
    """A translator between strings.

    Args:
        graph: Function of a name that opens the graph of that name.
        encoder: The `zoo.serving.portable.text.SubwordEncoder`.
        steps: Most pieces of a translation, its end among them.
        beams: Beginnings that beam search keeps.
        length_penalty: As in `zoo.layers.decoding.beam_search`.
    """

    def __init__(self, graph, encoder, *, steps, beams, length_penalty):
        self._graph, self._encoder = graph, encoder
        self._start, self._step = (graph(name) for name in ("encoder", "step"))
        self._look = None
        options = {"steps": steps, "beams": beams, "length_penalty": length_penalty}
        self._options = {**options, "end": END_ID, "forbidden": (0, 1)}

    def serving_default(self, text):
        """Translates texts."""
        return self._translated(self._encoder(text))[0]

    def attention(self, text):
        """Translates texts and tells where each piece of a translation looked."""
        answer, tokens, state = self._translated(self._encoder(text))
        width = max(1, np.count_nonzero(tokens, axis=1).max(initial=0))
        tokens = tokens[:, :width]
        if self._look is None:
            self._look = self._graph("look")
        written = [[self._encoder.written[each] for each in row] for row in tokens]
        return {
            **answer,
            "source": strings([[*self._encoder.cut(each), END] for each in text]),
            "target": strings(written),
            "attention": decoding.look(self._look, tokens, state, END_ID),
        }

    def _translated(self, source):
        """What there is to say, its tokens, and the states before them."""
        state = self._start(given=source)
        start = np.full(len(source), END_ID, "int32")
        tokens, likely = decoding.beam_search(self._step, start, state, **self._options)
        some = source[:, 0] != END_ID  # Of a text that ends before it begins there is nothing.
        tokens = np.where(some[:, None], tokens, 0)
        texts = np.array([self._encoder.text(row).encode() for row in tokens], object)
        likely = np.where(some, likely, np.float32(0))
        return {"text": texts, "log_probability": likely}, tokens, state
