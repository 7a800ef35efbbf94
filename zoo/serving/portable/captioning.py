"""Captioners without TensorFlow: pictures in, what they show out, and where each word looked."""

import numpy as np

from zoo.serving.portable import decoding
from zoo.serving.portable.arrays import lines
from zoo.serving.portable.sessions import Served
from zoo.serving.portable.text import END_ID

BEAMS = 4


def load(directory, description, graph):
    """Loads a captioner; see `zoo.serving.portable.load`."""
    captioner = Captioner(
        graph,
        lines(directory / "assets" / "words.txt"),
        description["sizes"]["image_shape"][0],
        description["steps"],
        description["grid"],
    )
    signatures = {"serving_default": captioner.serving_default}
    if description["grid"] is not None:
        signatures["attention"] = captioner.attention
    return Served(signatures)


class Captioner:
    """A captioner that takes pictures of any size and gives words.

    Args:
        graph: Function of a name that opens the graph of that name.
        words: The known words; the first is the end.
        side: Pixels a side that the model reads.
        steps: Most words of a caption, its end among them.
        grid: Rows and columns of the places that it looks at, or `None`.
    """

    def __init__(self, graph, words, side, steps, grid):
        self._graph, self._side, self._grid = graph, side, grid
        self._start, self._step = (graph(name) for name in ("encoder", "step"))
        self._look = None
        self._words = np.array([b"", b"", *(word.encode() for word in words)], object)
        self._options = {"steps": steps, "beams": BEAMS, "end": END_ID, "forbidden": (0, 1)}

    def serving_default(self, image):
        """Describes pictures, by beam search."""
        return self._described(image)[0]

    def attention(self, image):
        """Describes pictures and tells where each word looked, over their middle square."""
        answer, tokens, state = self._described(image)
        if self._look is None:
            self._look = self._graph("look")
        weights = decoding.look(self._look, tokens, state, END_ID)
        weights = weights.reshape(*tokens.shape, *self._grid)
        return {**answer, "words": self._words[tokens], "attention": weights}

    def _described(self, image):
        state = self._start(given=squared(np.asarray(image), self._side))
        start = np.full(len(image), END_ID, "int32")
        tokens, likely = decoding.beam_search(self._step, start, state, **self._options)
        texts = [b" ".join(word for word in row if word) for row in self._words[tokens]]
        answer = {"caption": np.array(texts, object), "log_probability": likely}
        return answer, tokens, state


def squared(images, side):
    """Cuts the middle square out of pictures and scales it, as `zoo.data.captioning.squared` does.

    Args:
        images: uint8 `(batch, height, width, 3)`.
        side: Pixels a side.

    Returns:
        uint8 `(batch, side, side, 3)`; pictures of that size stay as they are.
    """
    height, width = images.shape[1:3]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    images = images[:, top : top + short, left : left + short]
    if short == side:
        return images
    weights = _triangles(short, side)
    scaled = np.einsum(
        "yi,bijc,xj->byxc", weights, images.astype("float32"), weights, optimize=True
    )
    return np.clip(np.round(scaled), 0, 255).astype("uint8")


def _triangles(given, wanted):
    """Shares that the given pixels of a line have in each wanted one, `(wanted, given)`.

    Each is a triangle around the wanted pixel's middle, as wide as the wider of both: linear
    interpolation where the picture grows, a weighted mean where it shrinks.
    """
    scale = given / wanted
    middles = (np.arange(wanted)[:, None] + 0.5) * scale
    weights = np.maximum(0, 1 - np.abs(np.arange(given) + 0.5 - middles) / max(scale, 1.0))
    return (weights / weights.sum(axis=1, keepdims=True)).astype("float32")
