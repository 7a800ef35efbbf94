"""Pictures of tagged sentences and of a tagger's mistakes."""

import collections

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.ticker import LogFormatter, PercentFormatter

from zoo.plots import entities

COLOURS = {
    "ADJ": "#e8a33d",
    "ADP": "#9aa5b1",
    "ADV": "#c9743b",
    "AUX": "#7fb069",
    "CCONJ": "#b8b08d",
    "DET": "#8fb8de",
    "INTJ": "#d36582",
    "NOUN": "#3f78b5",
    "NUM": "#8367c7",
    "PART": "#a3b9a7",
    "PRON": "#5aa9c4",
    "PROPN": "#2d4f8e",
    "PUNCT": "#c4c4c4",
    "SCONJ": "#97896a",
    "SYM": "#777777",
    "VERB": "#3d8b4f",
    "X": "#555555",
}


def predictions(sentences, ax=None, *, texts=None):
    """Draws sentences with the tag under every token, the surer the more opaque.

    Args:
        sentences: Lists of `zoo.serving.tagging.Token`, or of anything with `text`, `tag` and
            `probability`; or of entities, as `zoo.plots.entities.predictions` draws them.
        ax: Where to draw; by default a new picture.
        texts: The sentences that the entities were found in.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> from zoo.serving.tagging import Token
    >>> ax = predictions([[Token("Dogs", "NOUN", 0.9), Token("bark", "VERB", 0.8)]])
    >>> [text.get_text() for text in ax.texts]
    ['Dogs', 'NOUN', 'bark', 'VERB']
    """
    if _are_entities(sentences, texts):
        return entities.predictions(sentences, texts, ax)
    widest = max((sum(_width(token) for token in sentence) for sentence in sentences), default=1)
    if ax is None:
        size = (max(4, 0.105 * widest), 0.75 * len(sentences) + 0.2)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    for row, sentence in enumerate(sentences):
        left = 0
        for token in sentence:
            width = _width(token)
            colour = COLOURS.get(token.tag, "#555555")
            middle = left + width / 2
            ax.text(middle, -row, token.text, ha="center", va="bottom", fontsize=11)
            box = {"boxstyle": "round,pad=0.2", "facecolor": colour, "edgecolor": "none"}
            box["alpha"] = 0.25 + 0.75 * token.probability
            ink = _ink(colour, box["alpha"])
            ax.text(
                middle,
                -row - 0.12,
                token.tag,
                ha="center",
                va="top",
                fontsize=7,
                color=ink,
                bbox=box,
            )
            left += width
    ax.set(xlim=(0, widest), ylim=(-len(sentences) + 0.45, 0.5))
    ax.axis("off")
    return ax


def report(found, ax=None):
    """Draws which tags are taken for which: rows are gold, columns predicted, shades logarithmic.

    The diagonal, which would outshine everything, shows the share that is right and no shade.

    Args:
        found: What `zoo.metrics.tagging.report` or `evaluate` returned, or of `entities` likewise;
            there `none` stands for no entity with these boundaries.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = report({"labels": ["NOUN", "VERB"], "confusion": [[9, 1], [2, 8]]})
    >>> ax.get_ylabel()
    'gold'
    """
    labels, counts = found["labels"], np.array(found["confusion"])
    size = max(4, 0.42 * len(labels) + 1.5)
    ax = ax or plt.subplots(figsize=(size + 1.4, size), layout="constrained")[1]
    mistakes = np.where(np.eye(len(labels), dtype=bool), 0, counts).astype(float)
    shown = np.ma.masked_equal(mistakes, 0)
    image = ax.imshow(shown, cmap="OrRd", norm=LogNorm(1, max(2, mistakes.max())))
    bar = ax.figure.colorbar(image, ax=ax, label="mistakes", fraction=0.04, format=LogFormatter())
    bar.ax.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.5)))
    for i, j in np.ndindex(counts.shape):
        if i == j and counts[i].sum() and labels[i] != "none":
            ax.text(j, i, f"{100 * counts[i, i] / counts[i].sum():.0f}", **_CELL, color="#3d8b4f")
        elif i != j and counts[i, j]:
            dark = counts[i, j] > 0.3 * mistakes.max()
            ax.text(j, i, counts[i, j], **_CELL, color="white" if dark else "black")
    places = range(len(labels))
    ax.set_xticks(places, labels, rotation=90, fontsize=8)
    ax.set_yticks(places, labels, fontsize=8)
    ax.set(xlabel="predicted (diagonal: per cent right)", ylabel="gold")
    return ax


def frequencies(tags, ax=None):
    """Draws how often every tag occurs, the most frequent on top, each with its share.

    Args:
        tags: Lists of tags, one a sentence.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = frequencies([["DET", "NOUN"], ["NOUN", "VERB"]])
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['NOUN', 'DET', 'VERB']
    """
    counts = collections.Counter(tag for sentence in tags for tag in sentence)
    names, heights = zip(*counts.most_common(), strict=True)
    if ax is None:
        ax = plt.subplots(figsize=(6, 0.24 * len(names) + 0.8), layout="constrained")[1]
    bars = ax.barh(names, heights, color=[COLOURS.get(name, "#555555") for name in names])
    shares = [f"{100 * height / counts.total():.1f} %" for height in heights]
    ax.bar_label(bars, shares, padding=3, fontsize=8)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set(xlabel="words")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def accuracies(series, ax=None):
    """Draws accuracies as dots, a row a group of words and a colour a tagger.

    Args:
        series: By the tagger's label a dictionary of its accuracies, from 0 to 1, by the name of
            the group; every tagger has the groups of the first. One called `baseline` is grey.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> found = {"baseline": {"all": 0.86, "unknown": 0.40}, "LSTM": {"all": 0.95, "unknown": 0.85}}
    >>> ax = accuracies(found)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['all', 'unknown']
    """
    groups = list(next(iter(series.values())))
    if ax is None:
        ax = plt.subplots(figsize=(6, 0.27 * len(groups) + 1.1), layout="constrained")[1]
    rows = np.arange(len(groups))
    values = np.array([[100 * scores[group] for group in groups] for scores in series.values()])
    ax.hlines(rows, values.min(axis=0), values.max(axis=0), color="#cccccc", zorder=1)
    for label, scores in zip(series, values, strict=True):
        colour = "#999999" if label == "baseline" else None
        ax.scatter(scores, rows, s=32, color=colour, label=label, zorder=2)
    ax.set_yticks(rows, [str(group) for group in groups])
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(xlabel="accuracy, per cent")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(series), frameon=False)
    return ax


def alternatives(rows, ax=None):
    """Draws how a tagger shares its belief out among the tags, one bar a case.

    Args:
        rows: By the case's label a dictionary of probabilities by tag.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = alternatives({"can": {"AUX": 0.9, "NOUN": 0.1}, "The can": {"AUX": 0.2, "NOUN": 0.8}})
    >>> [text.get_text() for text in ax.texts]
    ['AUX 90', 'NOUN 80', 'AUX 20']
    """
    if ax is None:
        ax = plt.subplots(figsize=(7, 0.42 * len(rows) + 0.8), layout="constrained")[1]
    for row, probabilities in enumerate(rows.values()):
        left = 0
        for tag, share in sorted(probabilities.items(), key=lambda item: -item[1]):
            colour = COLOURS.get(tag, "#555555")
            ax.barh(row, share, left=left, color=colour, edgecolor="white", linewidth=0.5)
            if share >= 0.12:
                text = f"{tag} {100 * share:.0f}"
                ax.text(left + share / 2, row, text, **_CELL, color=_ink(colour))
            left += share
    ax.set_yticks(range(len(rows)), list(rows))
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="probability, per cent")
    ax.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def in_colour(sentences, texts=None):
    """Lays tagged sentences out for a terminal, every tag in its colour, unsure ones in brackets.

    Args:
        sentences: As in `predictions`; entities as `zoo.plots.entities.in_colour` lays them out.
        texts: As in `predictions`.

    Returns:
        A `rich.text.Text`.

    Example:

    >>> from zoo.serving.tagging import Token
    >>> print(in_colour([[Token("Dogs", "NOUN", 0.9), Token("bark", "VERB", 0.4)]]))
    Dogs bark
    NOUN (VERB)
    <BLANKLINE>
    """
    from rich.text import Text

    if _are_entities(sentences, texts):
        return entities.in_colour(sentences, texts)
    shown = Text()
    for sentence in sentences:
        above, below = Text(), Text()
        for token in sentence:
            tag = token.tag if token.probability >= 0.5 else f"({token.tag})"
            word = Text(token.text)
            width = max(word.cell_len, len(tag)) + 1
            above.append(token.text + " " * (width - word.cell_len))
            below.append(tag, style=f"bold {COLOURS.get(token.tag, '#555555')}")
            below.append(" " * (width - len(tag)))
        above.rstrip()
        below.rstrip()
        shown.append_text(above).append("\n").append_text(below).append("\n")
    return shown


_CELL = {"ha": "center", "va": "center", "fontsize": 7}


def _are_entities(sentences, texts):
    """Tells entities from tokens; where texts hold nothing at all, it was entities not found."""
    items = [item for sentence in sentences for item in sentence]
    return hasattr(items[0], "type") if items else texts is not None


def _ink(colour, opacity=1.0):
    shade = np.dot(to_rgb(colour), (0.3, 0.59, 0.11))
    return "white" if opacity * shade + 1 - opacity < 0.65 else "#333333"


def _width(token):
    return max(len(token.text) + 1.5, 0.8 * len(token.tag) + 1.5)
