"""Pictures of pictures: what was said of them, and where each word looked."""

import math
import textwrap

import numpy as np
from matplotlib import pyplot as plt

from zoo.plots.classification import COLOURS, MARKERS

MEASURES = (
    ("whole caption", "exact_match", 100),
    ("number of objects", "numbers", 100),
    ("sizes", "sizes", 100),
    ("colours", "colours", 100),
    ("shapes", "shapes", 100),
    ("relations", "relations", 100),
    ("BLEU-1", "bleu_1", 1),
    ("BLEU-2", "bleu_2", 1),
    ("BLEU-3", "bleu_3", 1),
    ("BLEU-4", "bleu_4", 1),
    ("CIDEr × 10", "cider", 10),
)
_SIDE, _GAP, _LINE = 1.9, 0.15, 0.14  # Inches: a picture, between two, a line of text.
_POINTS = 8


def predictions(found, images, gold=None, *, columns=4, axes=None):
    """Draws pictures with what was said of them, and in grey what is true where that differs.

    Args:
        found: `zoo.serving.captioning.Caption`s, or strings.
        images: uint8 `(height, width, 3)` each, of any sizes.
        gold: Of each picture a list of true captions, of which the first is shown; or `None`.
        columns: Pictures side by side.
        axes: Where to draw, one `matplotlib.axes.Axes` a picture; by default a new picture.

    Returns:
        The list of `matplotlib.axes.Axes`, one a picture.

    Example:

    >>> axes = predictions(["a red dog"], [np.zeros((8, 8, 3), "uint8")], [["a dog"]])
    >>> [text.get_text() for text in axes[0].texts]
    ['a red dog', 'a dog']
    """
    texts = [getattr(each, "text", each) for each in found]
    true = [None] * len(texts) if gold is None else [captions[0] for captions in gold]
    alike = [gold is None or text in gold[place] for place, text in enumerate(texts)]
    wrapped = [
        [textwrap.wrap(text, 26), [] if right else textwrap.wrap(caption, 26)]
        for text, caption, right in zip(texts, true, alike, strict=True)
    ]
    if axes is None:
        lines = max(len(said) + len(other) for said, other in wrapped)
        axes = _panels(len(texts), columns, _LINE * (lines + 0.5), "N")
    for ax, image, (said, other) in zip(axes, images, wrapped, strict=True):
        ax.imshow(image)
        ax.axis("off")
        style = {"xycoords": "axes fraction", "textcoords": "offset points", "fontsize": _POINTS}
        style |= {"ha": "center", "va": "top", "linespacing": 1.2}
        ax.annotate("\n".join(said), (0.5, 0), (0, -3), **style)
        if other:
            lower = -3 - 1.2 * _POINTS * len(said)
            ax.annotate("\n".join(other), (0.5, 0), (0, lower), color="#888888", **style)
    return list(axes)


def attention(image, found, *, columns=6, axes=None):
    """Draws where each word of a caption looked: light where it did, dark elsewhere.

    Args:
        image: uint8 `(height, width, 3)`; its middle square is what the model sees.
        found: A `zoo.serving.captioning.Caption` with `attention`, or anything with `text` and
            `attention`, `(words, rows, columns)`.
        columns: Pictures side by side.
        axes: Where to draw, one `matplotlib.axes.Axes` for the picture and one a word; by default
            a new picture.

    Returns:
        The list of `matplotlib.axes.Axes`.

    Raises:
        ValueError: If the caption does not tell where it looked.

    Example:

    >>> import types
    >>> found = types.SimpleNamespace(text="a dog", attention=np.full((2, 4, 4), 1 / 16))
    >>> axes = attention(np.zeros((8, 8, 3), "uint8"), found)
    >>> [ax.get_title() for ax in axes]
    ['', 'a', 'dog']
    """
    if found.attention is None:
        raise ValueError("Ask for it: predict(images, attention=True). Received: attention=None")
    words = found.text.split()
    if axes is None:
        axes = _panels(1 + len(words), columns, 2 * _LINE, "S")
    middle = _middle(image)
    side = len(middle)
    for ax, word, weights in zip(axes, ["", *words], [None, *found.attention], strict=True):
        ax.imshow(middle)
        ax.set_title(word, fontsize=10)
        ax.axis("off")
        if weights is not None:
            whole = (-0.5, side - 0.5, side - 0.5, -0.5)
            ax.imshow(weights, cmap="gray", alpha=0.7, extent=whole, interpolation="bilinear")
    return list(axes)


def report(found, ax=None):
    """Draws how much of the captions of model and baselines is right.

    Args:
        found: What `zoo.metrics.captioning.report` or `evaluate` returned.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = report({"exact_match": 0.5, "bleu_1": 80.0, "baselines": []})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['whole caption', 'BLEU-1']
    """
    rivals = {each["name"]: each for each in found.get("baselines", [])}
    return measures({"model": found, **rivals}, ax)


def measures(series, ax=None):
    """Draws several reports beside each other: a row a measure, a colour a report.

    Args:
        series: By its label what `zoo.metrics.captioning.report` returned, for instance of a split;
            all have the measures of the first.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`; its x axis is in per cent.

    Example:

    >>> ax = measures({"seen": {"exact_match": 1.0}, "unseen": {"exact_match": 0.5}})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['seen', 'unseen']
    """
    first = next(iter(series.values()))
    shown = [each for each in MEASURES if first.get(each[1]) is not None]
    if ax is None:
        size = (6, 0.3 * len(shown) + 1.2)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    rows = np.arange(len(shown))
    values = [[factor * found[name] for _, name, factor in shown] for found in series.values()]
    ax.hlines(rows, np.min(values, axis=0), np.max(values, axis=0), color="#cccccc", zorder=1)
    for place, (label, each) in enumerate(zip(series, values, strict=True)):
        style = {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
        ax.scatter(each, rows, s=32, label=label, zorder=2, **style)
    ax.set_yticks(rows, [label for label, *_ in shown])
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set(xlim=(-2, max(102, 1.02 * np.max(values))), xlabel="per cent")
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(series), frameon=False)
    return ax


def in_colour(predictions, images):
    """Lays captions out for a terminal: which picture, what it shows, and how sure that is.

    Args:
        predictions: `zoo.serving.captioning.Caption`s, or anything with `text` and
            `log_probability`, in nats.
        images: Paths of the pictures, or the pictures themselves, which are numbered then.

    Returns:
        A `rich.text.Text`.

    Example:

    >>> import types
    >>> print(in_colour([types.SimpleNamespace(text="a dog", log_probability=-0.5)], ["dog.png"]))
    dog.png: a dog (61 %)
    <BLANKLINE>
    """
    from rich.text import Text

    shown = Text()
    for place, (found, image) in enumerate(zip(predictions, images, strict=True), start=1):
        name = f"picture {place}" if isinstance(image, np.ndarray) else str(image)
        shown.append(f"{name}: ").append(found.text, style="bold")
        shown.append(f" ({100 * math.exp(found.log_probability):.0f} %)\n")
    return shown


def _panels(number, columns, text, anchor):
    """Makes a new picture of so many square panels, each with room for text on one side.

    The last places of the last row are left out.
    """
    columns = min(columns, number)
    rows = -(-number // columns)
    size = ((_SIDE + _GAP) * columns, (_SIDE + text) * rows)
    half = _GAP / 2 / size[0]
    grid = {"left": half, "right": 1 - half, "bottom": 0, "top": 1, "hspace": 0}
    grid["wspace"] = _GAP / _SIDE
    axes = plt.subplots(rows, columns, figsize=size, squeeze=False, gridspec_kw=grid)[1].ravel()
    for ax in axes[number:]:
        ax.remove()
    for ax in axes[:number]:
        ax.set_anchor(anchor)
    return axes[:number]


def _middle(image):
    """Cuts out the middle square, as `zoo.data.captioning.squared` does."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]
