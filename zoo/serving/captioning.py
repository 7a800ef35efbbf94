"""Serving captioners: pictures in, what they show out, and where each word looked."""

import collections.abc
import os
import pathlib
import typing

import numpy as np
from PIL import Image

from zoo.serving.signatures import ask

FORMATS = ("PNG", "JPEG", "BMP", "GIF")


class Caption(typing.NamedTuple):
    """What a picture shows.

    `log_probability` is in nats, the caption's end included. `attention` is where each word looked,
    `(words, rows, columns)`, 1 in all for each word, over the middle square of the picture, or
    `None` where it was not asked for.
    """

    text: str
    log_probability: float
    attention: np.ndarray | None


def predict(served, images, *, attention=False, batch_size=32):
    """Describes pictures with a loaded model.

    Args:
        served: A loaded model: a SavedModel, or what `zoo.serving.portable.load` returned.
        images: A picture or an iterable of pictures, of any sizes. A picture is a uint8 array
            `(height, width, 3)`, RGB, or the path of a PNG, JPEG, BMP or GIF file.
        attention: Whether to tell, too, where each word looked.
        batch_size: Pictures of one size at a time.

    Returns:
        For one picture its `Caption`, for several a list of them.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If something is no picture, or the model has no attention to tell of.
    """
    if isinstance(images, str | os.PathLike) or getattr(images, "ndim", None) == 3:
        (found,) = predict(served, [images], attention=attention)
        return found
    if attention and "attention" not in served.signatures:
        raise ValueError("`attention` needs a model that has some. Received: a model without")
    if not isinstance(images, collections.abc.Iterable):
        raise _wrong(images)
    pictures = [_picture(image) for image in images]
    alike = collections.defaultdict(list)
    for place, picture in enumerate(pictures):
        alike[picture.shape].append(place)
    found = [None] * len(pictures)
    signature = "attention" if attention else "serving_default"
    for places in alike.values():
        for first in range(0, len(places), batch_size):
            chosen = places[first : first + batch_size]
            out = ask(served, signature, image=np.stack([pictures[place] for place in chosen]))
            for row, place in enumerate(chosen):
                found[place] = _caption(out, row, attention)
    return found


def _caption(out, row, attention):
    text = out["caption"][row].decode()
    weights = out["attention"][row][: len(text.split())] if attention else None
    return Caption(text, float(out["log_probability"][row]), weights)


def _picture(given):
    """Reads a picture, uint8 `(height, width, 3)`."""
    if isinstance(given, str | os.PathLike):
        if not pathlib.Path(given).is_file():
            raise FileNotFoundError(f"There is no picture {str(given)!r}")
        try:
            with Image.open(given, formats=FORMATS) as picture:
                return np.asarray(picture.convert("RGB"))
        except OSError as error:
            raise ValueError(
                f"A picture must be a PNG, JPEG, BMP or GIF file. Received: {str(given)!r}, which "
                "is none"
            ) from error
    picture = np.asarray(given)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[-1] != 3:
        raise _wrong(given)
    if 0 in picture.shape:
        raise ValueError(f"A picture must have pixels. Received: shape {picture.shape}")
    return picture


def _wrong(given):
    shape = f" of shape {given.shape}, {given.dtype}" if isinstance(given, np.ndarray) else ""
    return ValueError(
        "A picture must be a uint8 array (height, width, 3), RGB, or the path of a file. "
        f"Received: {type(given).__name__}{shape}"
    )
