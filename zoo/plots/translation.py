"""Pictures of translations: where each piece looked, and how models compare."""

import itertools

import numpy as np
from matplotlib import pyplot as plt

from zoo.plots.classification import AGAINST, FOR

SPACE, END = "▁", "</s>"
FAINT = 0.08  # Below this share of a look no line is drawn.
_MEASURES = (("BLEU", "bleu", 1), ("chrF", "chrf", 1), ("exact match, %", "exact_match", 100))


def attention(found, ax=None):
    """Draws where each piece of a translation looked: a row a piece, the darker the more.

    Args:
        found: A `zoo.serving.translation.Translation`, or anything with `source` and `target`,
            pieces of words, and `attention`, `(target, source)`.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Raises:
        ValueError: If the translation does not tell where it looked.

    Example:

    >>> import types
    >>> looked = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1]])
    >>> found = types.SimpleNamespace(
    ...     source=("▁a", "▁dog", "</s>"), target=("▁ein", "▁Hund"), attention=looked
    ... )
    >>> ax = attention(found)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['a', 'dog', '⏎']
    """
    weights = _looked(found)
    source, target = _shown(found.source), _shown(found.target)
    if ax is None:
        size = (0.34 * len(source) + 1.6, 0.3 * max(len(target), 1) + 1.2)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    if len(target):
        ax.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    ax.set_xticks(range(len(source)), source, rotation=60, ha="left", rotation_mode="anchor")
    ax.set_yticks(range(len(target)), target)
    for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        label.set_parse_math(False)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, labelsize=9)
    ax.set_xticks(np.arange(len(source) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(target) + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_visible(False)
    return ax


def predictions(found, axes=None):
    """Draws texts above their translations, and a line from each piece to where it looked.

    Args:
        found: `zoo.serving.translation.Translation`s, as for `attention`.
        axes: Where to draw, one `matplotlib.axes.Axes` a translation; by default a new picture.

    Returns:
        The list of `matplotlib.axes.Axes`.

    Raises:
        ValueError: If a translation does not tell where it looked.

    Example:

    >>> import types
    >>> said = types.SimpleNamespace(
    ...     source=("▁a", "</s>"), target=("▁ein",), attention=np.array([[0.9, 0.1]])
    ... )
    >>> axes = predictions([said])
    >>> [text.get_text() for text in axes[0].texts], len(axes[0].lines)
    (['a', '⏎', 'ein'], 2)
    """
    if axes is None:
        widest = max(max(_widths(each.source)[-1], _widths(each.target)[-1]) for each in found)
        size = (0.105 * widest + 0.4, 1.15 * len(found))
        axes = plt.subplots(len(found), figsize=size, layout="constrained", squeeze=False)[1][:, 0]
        for ax in axes:
            ax.set_xlim(-0.5, widest)
    for ax, each in zip(axes, found, strict=True):
        weights = _looked(each)
        places = []
        for height, pieces in ((1, each.source), (0, each.target)):
            ends = _widths(pieces)
            middles = [(a + b) / 2 for a, b in itertools.pairwise(ends)]
            places.append(middles)
            for middle, piece in zip(middles, _shown(pieces), strict=True):
                style = {"ha": "center", "va": "center", "fontsize": 10, "parse_math": False}
                ax.text(middle, height, piece, **style)
        above, below = places
        for row, to in enumerate(below):
            for column, here in enumerate(above):
                weight = float(weights[row, column])
                if weight >= FAINT:
                    ax.plot([here, to], [0.84, 0.16], color=FOR, alpha=weight, linewidth=1.6)
        ax.set_ylim(-0.3, 1.3)
        ax.axis("off")
    return list(axes)


def report(found, ax=None):
    """Draws how good the translations of model and baselines are.

    Args:
        found: What `zoo.metrics.translation.report` or `evaluate` returned.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = report({"bleu": 30.0, "chrf": 60.0, "exact_match": 0.1, "baselines": []})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['BLEU', 'chrF', 'exact match, %']
    """
    series = {"model": found} | {each["name"]: each for each in found.get("baselines", [])}
    height = 0.8 / len(series)
    if ax is None:
        ax = plt.subplots(figsize=(6.4, 0.4 + 0.85 * len(_MEASURES)), layout="constrained")[1]
    greys = ("#6e6e6e", "#b3b3b3")
    for row, (label, of) in enumerate(series.items()):
        values = [factor * of[name] for _, name, factor in _MEASURES]
        places = np.arange(len(values)) + (row - (len(series) - 1) / 2) * height
        colour = FOR if row == 0 else greys[(row - 1) % len(greys)]
        bars = ax.barh(places, values, 0.92 * height, color=colour, label=label)
        ax.bar_label(bars, [f"{value:.1f}" for value in values], padding=3, fontsize=8)
    ax.set_yticks(range(len(_MEASURES)), [label for label, _, _ in _MEASURES])
    ax.set_ylim(len(_MEASURES) - 0.5, -0.5)
    ax.set_xlim(0, 108)
    ax.spines[["top", "right"]].set_visible(False)
    if len(series) > 1:
        ax.legend(frameon=False, fontsize=8, loc="lower right")
    return ax


def by_length(found, ax=None, *, measure="bleu"):
    """Draws how good the translations of short and of long texts are.

    Args:
        found: What `zoo.metrics.translation.evaluate` returned.
        ax: Where to draw; by default a new picture.
        measure: `"bleu"`, `"chrf"`, `"exact_match"` or `"token_accuracy"`.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> quarters = [{"words": [1, 5], "bleu": 40.0}, {"words": [6, 20], "bleu": 30.0}]
    >>> ax = by_length({"bleu": 33.0, "by_length": quarters})
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['1 to 5', '6 to 20']
    """
    names = {"bleu": "BLEU", "chrf": "chrF"}
    factor = 1 if measure in names else 100
    quarters = found["by_length"]
    ax = ax or plt.subplots(figsize=(4.8, 2.8), layout="constrained")[1]
    values = [factor * each[measure] for each in quarters]
    bars = ax.bar(range(len(quarters)), values, 0.7, color=FOR)
    ax.bar_label(bars, [f"{value:.1f}" for value in values], padding=2, fontsize=8)
    ax.axhline(factor * found[measure], color=AGAINST, linewidth=1, linestyle="--")
    ax.set_xticks(range(len(quarters)), ["{} to {}".format(*each["words"]) for each in quarters])
    label = names.get(measure, f"{measure.replace('_', ' ')}, %")
    ax.set(xlabel="words of the source", ylabel=label, ylim=(0, 1.15 * max(*values, 1)))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def in_colour(predicted, texts):
    """Writes translations for a terminal, each under its text.

    Args:
        predicted: What `zoo.serving.translation.predict` returned for several texts.
        texts: The texts.

    Returns:
        A `rich.text.Text`.

    Example:

    >>> in_colour(["ein Hund"], ["a dog"]).plain
    'a dog\\nein Hund\\n'
    """
    from rich.text import Text

    shown = Text()
    for found, text in zip(predicted, texts, strict=True):
        shown.append(f"{text}\n", style="dim")
        shown.append(f"{getattr(found, 'text', found)}\n", style="bold")
    return shown


def _looked(found):
    weights = getattr(found, "attention", None)
    if weights is None:
        raise ValueError(
            "Ask for it: predict(texts, attention=True). Received: "
            f"{type(found).__name__} without `attention`"
        )
    return np.asarray(weights)


def _shown(pieces):
    """Pieces as a reader wants them: those inside a word with a mark, the end as a sign."""

    def shown(piece):
        if piece == END:
            return "⏎"
        return piece.removeprefix(SPACE) if piece.startswith(SPACE) else f"·{piece}"

    return [shown(piece) for piece in pieces]


def _widths(pieces):
    """Where each piece begins in a line, and where the last one ends."""
    return np.cumsum([0, *(len(piece) + 2.5 for piece in _shown(pieces))]).tolist()
