"""Pictures of entities in sentences, of a CRF's transitions, and of how far to trust a model."""

import itertools
import re
import typing

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path

COLOURS = {
    "PER": "#3f78b5",
    "LOC": "#3d8b4f",
    "ORG": "#c9743b",
    "MISC": "#8367c7",
    "person": "#3f78b5",
    "location": "#3d8b4f",
    "corporation": "#c9743b",
    "group": "#e8a33d",
    "product": "#5aa9c4",
    "creative-work": "#d36582",
}
ERRORS = {
    "wrong type": "#8367c7",
    "wrong boundary": "#e8a33d",
    "both wrong": "#d36582",
    "missed": "#9aa5b1",
    "spurious": "#c9743b",
}


def in_colour(found, texts=None):
    """Lays sentences out for a terminal, every entity in its colour with its type behind it.

    Types that the model holds less likely than not stand in brackets.

    Args:
        found: Lists of `zoo.serving.tagging.Entity`, one a sentence, or of anything with `text`,
            `type`, `start`, `end` and `probability`.
        texts: The sentences, strings or lists of tokens; `start` and `end` are offsets into them.
            Without them the entities stand alone.

    Returns:
        A `rich.text.Text`.

    Example:

    >>> from zoo.serving.tagging import Entity
    >>> found = [[Entity("Ada", "PER", 0, 3, 0.9), Entity("Bath", "LOC", 15, 19, 0.4)]]
    >>> print(in_colour(found, ["Ada swims near Bath."]))
    Ada PER swims near Bath (LOC).
    <BLANKLINE>
    """
    from rich.text import Text

    shown = Text()
    for pieces in _sentences(found, texts):
        for text, entity in pieces:
            if entity is None:
                shown.append(text)
                continue
            colour = _colour(entity.type)
            kind = entity.type if entity.probability >= 0.5 else f"({entity.type})"
            shown.append(text, style=f"underline {colour}")
            shown.append(" ").append(kind, style=f"bold {colour}")
        shown.append("\n")
    return shown


def predictions(found, texts=None, ax=None):
    """Draws sentences with a box round every entity, the surer the more opaque, its type beneath.

    Args:
        found: As in `in_colour`.
        texts: Likewise.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> from zoo.serving.tagging import Entity
    >>> ax = predictions([[Entity("Ada Byron", "PER", 0, 2, 0.9)]], [["Ada", "Byron", "sleeps"]])
    >>> [text.get_text() for text in ax.texts]
    ['Ada Byron', 'PER', 'sleeps']
    """
    lines = [_line(pieces) for pieces in _sentences(found, texts)]
    widest = max((word.right for line in lines for word in line), default=0) + _MARGIN
    if ax is None:
        # A unit of the axis is a point, as the widths of words are.
        size = (max(288, widest) / 72, (_LINE * len(lines) + 8) / 72)
        ax = plt.subplots(figsize=size, gridspec_kw=_WHOLE)[1]
    for row, line in enumerate(lines):
        for text, entity, left, right in line:
            if entity is None:
                ax.text(left, -row, text, **_WORD)
                continue
            colour = _colour(entity.type)
            opacity = 0.25 + 0.75 * entity.probability
            box = {"boxstyle": "round,pad=0.25", "facecolor": colour, "alpha": opacity}
            box["edgecolor"] = "none"
            ax.text(left, -row, text, **_WORD, color=_ink(colour, opacity), bbox=box)
            middle = (left + right) / 2
            ax.text(middle, -row - 0.22, entity.type, **_TYPE, color=colour)
    ax.set(xlim=(0, max(widest, 72 * ax.bbox.width / ax.figure.dpi)))
    ax.set(ylim=(-len(lines) + 0.4, 0.6))
    ax.axis("off")
    return ax


def transitions(names, scores, ax=None):
    """Draws what a CRF scores for a tag (column) after another (row); what is forbidden, hatched.

    Args:
        names: Names of the tags by id.
        scores: `(len(names) + 1, len(names) + 1)`: row `i`, column `j` is what it scores for tag
            `j` to follow tag `i`; the last row is for beginning with a tag, the last column for
            ending with one. Drawn, the beginning is on top. At or below -1e29 is forbidden.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = transitions(["O", "B-PER"], [[0.5, 0.2, 0.1], [0.3, -1e30, 0.1], [0.4, 0.2, -1e30]])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['start', 'O', 'B-PER']
    """
    scores = np.roll(np.array(scores, float), 1, axis=0)
    size = 0.34 * len(scores) + 0.6 + 0.07 * max(map(len, names))
    ax = ax or plt.subplots(figsize=(size + 1.2, size), layout="constrained")[1]
    shown = np.ma.masked_less_equal(scores, -1e29)
    most = max(1e-6, float(np.ma.abs(shown).max() or 0))
    edge = (-0.5, -0.5), len(scores), len(scores)
    forbidden = {"facecolor": "#f0f0f0", "edgecolor": "#cfcfcf", "hatch": "////", "linewidth": 0}
    ax.add_patch(Rectangle(*edge, **forbidden, zorder=0))
    image = ax.imshow(shown, cmap="RdBu", vmin=-most, vmax=most, zorder=1)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.04)
    bar.set_label("score (hatched: forbidden)")
    bar.outline.set_visible(False)
    for (i, j), score in np.ndenumerate(scores):
        if not np.ma.getmaskarray(shown)[i, j]:
            ink = "white" if abs(score) > 0.6 * most else "#333333"
            ax.text(j, i, f"{score:.2f}".replace("-0.00", "0.00"), **_CELL, color=ink)
    ax.set_xticks(range(len(scores)), [*names, "end"], rotation=90, fontsize=8)
    ax.set_yticks(range(len(scores)), ["start", *names], fontsize=8)
    ax.set_xticks(np.arange(len(scores) - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(len(scores) - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.2)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    ax.set(xlabel="next tag", ylabel="tag")
    return ax


class Bin(typing.NamedTuple):
    """The entities whose probability is from `low` to below `high`; their means, NaN for none."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def binned(probabilities, right, bins=10):
    """Sorts entities into bins by their probability.

    Args:
        probabilities: One an entity, from 0 to 1.
        right: Whether it is right, one an entity.
        bins: How many bins, all equally wide, or their edges.

    Returns:
        A list of `Bin`. The last one has its upper edge, too.

    Example:

    >>> low, high = binned([0.3, 0.75, 1.0], [False, True, True], bins=2)
    >>> low.count, high.count, high.confidence, high.right
    (1, 2, 0.875, 1.0)
    """
    edges = np.linspace(0, 1, bins + 1) if np.ndim(bins) == 0 else np.array(bins, float)
    values = np.clip(np.array(probabilities, float), 0, 1)
    right = np.array(right, bool)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    found = []
    for index, (low, high) in enumerate(itertools.pairwise(edges.tolist())):
        here = place == index
        means = [float(of[here].mean()) if here.any() else np.nan for of in (values, right)]
        found.append(Bin(low, high, int(here.sum()), *means))
    return found


def calibration_error(bins):
    """Gives the expected calibration error: how far `Bin`s are off, a mean over their entities.

    Reference:
        Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning".

    Example:

    >>> calibration_error([Bin(0, 0.5, 0, np.nan, np.nan), Bin(0.5, 1, 4, 0.75, 0.5)])
    0.25
    """
    off = sum(each.count * abs(each.confidence - each.right) for each in bins if each.count)
    return off / max(1, sum(each.count for each in bins))


def reliability(probabilities, right, ax=None, bins=10):
    """Draws how often entities are right that a model is so and so sure of.

    A bar a bin, a dot at its mean confidence with a 95 % interval (Wilson's), the number of its
    entities beneath; who is as often right as sure is on the diagonal.

    Args:
        probabilities: One an entity, from 0 to 1.
        right: Whether it is right, one an entity.
        ax: Where to draw; by default a new picture.
        bins: As in `binned`.

    Returns:
        The `matplotlib.axes.Axes`; the expected calibration error is in its title.

    Example:

    >>> reliability([0.9, 0.7], [True, True]).get_title()
    'expected calibration error 0.200, 2 entities'
    """
    every = binned(probabilities, right, bins)
    ax = ax or plt.subplots(figsize=(5, 4.6), layout="constrained")[1]
    ax.plot((0, 1), (0, 1), "--", color="#999999", linewidth=1, zorder=1)
    for low, high, count, confidence, share in every:
        middle = (low + high) / 2
        ax.text(middle, -0.02, f"{count:,}", ha="center", va="top", fontsize=7, color="#555555")
        if not count:
            continue
        width = high - low
        ax.bar(middle, share, 0.92 * width, color="#8fb8de", alpha=0.55, zorder=0)
        centre, half = _wilson(share, count)
        ax.vlines(confidence, centre - half, centre + half, color="#2d4f8e", linewidth=1.2)
        ax.plot(confidence, share, "o", color="#2d4f8e", markersize=5)
    total = sum(each.count for each in every)
    ax.set_title(
        f"expected calibration error {calibration_error(every):.3f}, {total:,} entities",
        fontsize=10,
    )
    ax.set(xlim=(0, 1), ylim=(-0.08, 1.02), yticks=np.linspace(0, 1, 6))
    ax.set(xlabel="confidence (beneath the bars: entities)", ylabel="share right")
    ax.set_aspect("equal")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def errors(series, ax=None):
    """Draws the mistakes of several models as stacked bars, a colour a kind.

    Args:
        series: Reports of `zoo.metrics.entities` by the model's label; their `errors` are drawn,
            but for what is right.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = errors({"CRF": {"errors": {"right": 90, "wrong type": 4, "missed": 6}}})
    >>> [text.get_text() for text in ax.texts]
    ['4', '6', ' 10']
    """
    kinds = dict.fromkeys(kind for found in series.values() for kind in found["errors"])
    kinds.pop("right", None)
    counts = {kind: [found["errors"].get(kind, 0) for found in series.values()] for kind in kinds}
    totals = np.sum(list(counts.values()), axis=0)
    if ax is None:
        ax = plt.subplots(figsize=(7, 0.42 * len(series) + 1.2), layout="constrained")[1]
    left = np.zeros(len(series))
    for kind, row in counts.items():
        colour = ERRORS.get(kind, "#555555")
        bars = ax.barh(range(len(series)), row, left=left, color=colour, label=kind, height=0.7)
        texts = [f"{count:,}" if count > 0.03 * totals.max() else "" for count in row]
        ax.bar_label(bars, texts, label_type="center", fontsize=7, color=_ink(colour))
        left += row
    ax.bar_label(bars, [f" {total:,}" for total in totals], fontsize=8, padding=1)
    ax.set_yticks(range(len(series)), list(series))
    ax.invert_yaxis()
    ax.set_xlim(0, 1.08 * max(1, totals.max()))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set(xlabel="mistakes")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=5, frameon=False, fontsize=8)
    return ax


_SPACE, _PAD, _MARGIN, _LINE = 4.0, 4.5, 8, 44  # Points, as all that is placed in a line.
_WORD = {"ha": "left", "va": "baseline", "fontsize": 11, "parse_math": False}
_TYPE = {"ha": "center", "va": "top", "fontsize": 7, "fontweight": "bold", "parse_math": False}
_CELL = {"ha": "center", "va": "center", "fontsize": 6.5}
_WHOLE = {"left": 0, "right": 1, "bottom": 0, "top": 1}


class _Word(typing.NamedTuple):
    text: str
    entity: object
    left: float
    right: float


def _sentences(found, texts):
    """Cuts sentences into pieces, pairs of a text and the entity that it is, if any."""
    if texts is None:
        for entities in found:
            yield [pair for each in entities for pair in ((" … ", None), (each.text, each))][1:]
        return
    for entities, text in zip(found, texts, strict=True):
        pieces, place = [], 0
        whole = text if isinstance(text, str) else " ".join(text)
        for entity in sorted(entities, key=lambda entity: entity.start):
            start, end = entity.start, entity.end
            if not isinstance(text, str):
                start = len(" ".join([*text[:start], ""]))
                end = start + len(" ".join(text[entity.start : end]))
            pieces += [(whole[place:start], None), (whole[start:end], entity)]
            place = end
        yield [(piece, entity) for piece, entity in [*pieces, (whole[place:], None)] if piece]


def _line(pieces):
    """Places the words of a sentence side by side, in points."""
    words, left = [], _MARGIN
    for piece, entity in pieces:
        for part in [piece] if entity else re.findall(r"\s+|\S+", piece):
            if part.isspace():
                left += _SPACE
                continue
            width = _width(part, _WORD)
            # An entity has its box's rim on both sides, or more where its type is wider than it is.
            rim = max(_PAD, (_width(entity.type, _TYPE) + 2 - width) / 2) if entity else 0
            words.append(_Word(part, entity, left + rim, left + rim + width))
            left += width + 2 * rim
    return words


def _width(text, style):
    font = FontProperties(size=style["fontsize"], weight=style.get("fontweight"))
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]


def _colour(kind):
    return COLOURS.get(kind, "#555555")


def _ink(colour, opacity=1.0):
    shade = np.dot(to_rgb(colour), (0.3, 0.59, 0.11))
    return "white" if opacity * shade + 1 - opacity < 0.65 else "#333333"


def _wilson(share, count, z=1.96):
    scale = 1 + z**2 / count
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / scale
    return (share + z**2 / (2 * count)) / scale, half
