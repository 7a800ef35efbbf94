"""Serving translators: a text in, another out, and where each of its pieces looked."""

import typing

import numpy as np

from zoo.serving.signatures import ask
from zoo.serving.strings import strings


class Translation(typing.NamedTuple):
    """What a text became, and how.

    `log_probability` is in nats, the end included. `source` and `target` are the pieces that were
    read and written, those that begin a word with a mark before it (`▁`), the end, `</s>`, among
    those that were read. `attention` is float32 `(target, source)`: where each piece that was
    written looked, 1 in all.
    """

    text: str
    log_probability: float
    source: tuple
    target: tuple
    attention: np.ndarray


def predict(served, texts, *, attention=False, batch_size=32):
    """Translates texts with a loaded model.

    Args:
        served: A loaded model: a SavedModel, or what `zoo.serving.portable.load` returned.
        texts: A string, or an iterable of strings, one sentence each.
        attention: Whether to tell, too, where each piece of a translation looked.
        batch_size: Texts at a time; those of similar length come together.

    Returns:
        For one text its translation, a string, or with `attention` a `Translation`; for several a
        list of them.

    Raises:
        TypeError: If `texts` is neither.
        ValueError: If the model has no attention to tell of.
    """
    if isinstance(texts, str):
        return predict(served, [texts], attention=attention)[0]
    if attention and "attention" not in served.signatures:
        raise ValueError("`attention` needs a model that has some. Received: a model without")
    given = strings("texts", texts)
    signature = "attention" if attention else "serving_default"
    order = sorted(range(len(given)), key=lambda place: len(given[place]))
    found = [None] * len(given)
    for first in range(0, len(order), batch_size):
        places = order[first : first + batch_size]
        out = ask(served, signature, text=[given[place] for place in places])
        for row, place in enumerate(places):
            found[place] = _translation(out, row) if attention else out["text"][row].decode()
    return found


def _translation(out, row):
    source, target = (
        tuple(piece.decode() for piece in out[name][row] if piece) for name in ("source", "target")
    )
    return Translation(
        out["text"][row].decode(),
        float(out["log_probability"][row]),
        source,
        target,
        out["attention"][row, : len(target), : len(source)],
    )
