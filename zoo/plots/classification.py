"""Pictures of classified texts, of a classifier's mistakes, and of how far to trust it."""

import re
from html import escape

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import NullLocator

from zoo.plots import entities

# Blue and orange are told apart by all eyes; the last ones differ in lightness, too.
FOR, AGAINST = "#2166ac", "#e66101"
COLOURS = (FOR, AGAINST, "#111111", "#56b4e9", "#a6611a", "#7b3294", "#999999")
MARKERS = "osD^vPX"


def report(found, axes=None):
    """Draws which classes are taken for which, and the accuracy of model and baselines beside it.

    Rows are gold, columns predicted; shades are shares of a row. The whiskers of a bar are the
    95 % interval.

    Args:
        found: What `zoo.metrics.classification.report` or `evaluate` returned.
        axes: Where to draw, two `matplotlib.axes.Axes`; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes` of the classes.

    Example:

    >>> ax = report({"labels": ["negative", "positive"], "confusion": [[9, 1], [2, 8]],
    ...              "accuracy": 0.85, "accuracy_low": 0.64, "accuracy_high": 0.95})
    >>> [text.get_text() for text in ax.texts]
    ['90\\n9', '10\\n1', '20\\n2', '80\\n8']
    """
    if axes is None:
        side = max(3.2, 0.55 * len(found["labels"]) + 1.4)
        grid = {"width_ratios": (side + 0.4, 4)}
        axes = plt.subplots(
            1, 2, figsize=(side + 4.4, side), gridspec_kw=grid, layout="constrained"
        )[1]
    _confusion(found, axes[0])
    _accuracies(found, axes[1])
    return axes[0]


def reliability(probabilities, labels, ax=None, bins=15):
    """Draws how often classifiers are right that are so and so sure.

    A dot a bin, the bigger the more texts are in it. Who is as often right as sure is on the
    diagonal; beneath it is who is too sure.

    Args:
        probabilities: By the classifier's label its probabilities, `(examples, classes)`.
        labels: Ids of the true classes, `(examples,)`.
        ax: Where to draw; by default a new picture.
        bins: How many bins of the highest probability, all equally wide from 0 to 1, or their
            edges.

    Returns:
        The `matplotlib.axes.Axes`; the expected calibration errors are in its legend.

    Example:

    >>> ax = reliability({"LSTM": np.array([[0.9, 0.1], [0.3, 0.7]])}, np.array([0, 1]))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['LSTM: 20.00 % off']
    """
    ax = ax or plt.subplots(figsize=(5, 4.8), layout="constrained")[1]
    ax.plot((0, 1), (0, 1), "--", color="#999999", linewidth=1, zorder=1)
    lowest = 1.0
    for place, (name, shares) in enumerate(probabilities.items()):
        shares = np.asarray(shares, dtype="float64")
        right = shares.argmax(axis=-1) == np.asarray(labels)
        every = entities.binned(shares.max(axis=-1), right, bins)
        filled = [each for each in every if each.count]
        confidence = [each.confidence for each in filled]
        accuracy = [each.right for each in filled]
        sizes = [12 + 130 * each.count / len(right) for each in filled]
        style = {"color": _of(COLOURS, place), "zorder": 2 + place}
        ax.plot(confidence, accuracy, linewidth=1, alpha=0.7, **style)
        label = f"{name}: {100 * entities.calibration_error(every):.2f} % off"
        ax.scatter(confidence, accuracy, sizes, marker=_of(MARKERS, place), label=label, **style)
        lowest = min([lowest, *confidence, *accuracy])
    start = max(0.0, np.floor(10 * lowest) / 10)
    ax.set(xlim=(start, 1.02), ylim=(start, 1.02), xlabel="confidence", ylabel="share right")
    ax.set_aspect("equal")
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    legend = ax.legend(frameon=False, fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1))
    for handle in legend.legend_handles:
        handle.set_sizes([30])
    return ax


def learning_curve(curves, ax=None):
    """Draws how accuracy grows with the number of labelled examples.

    A line joins the means over seeds, a point is a seed, and the band reaches from the worst to
    the best.

    Args:
        curves: By the classifier's label a list of pairs: the number of labelled examples, and the
            accuracies from 0 to 1, one a seed.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`; its x axis is logarithmic.

    Example:

    >>> ax = learning_curve({"LSTM": [(100, [0.5, 0.6]), (1000, [0.75, 0.85])]})
    >>> ax.get_lines()[0].get_ydata().tolist()
    [55.0, 80.0]
    """
    ax = ax or plt.subplots(figsize=(6, 4), layout="constrained")[1]
    numbers = sorted({number for points in curves.values() for number, _ in points})
    for place, (name, points) in enumerate(curves.items()):
        colour, marker = _of(COLOURS, place), _of(MARKERS, place)
        points = sorted((number, 100 * np.atleast_1d(scores)) for number, scores in points)
        x = [number for number, _ in points]
        means, lows, highs = (
            [of(scores) for _, scores in points] for of in (np.mean, np.min, np.max)
        )
        ax.plot(x, means, color=colour, marker=marker, markersize=6, label=name)
        ax.fill_between(x, lows, highs, color=colour, alpha=0.15, linewidth=0)
        every = [(number, score) for number, scores in points for score in scores]
        ax.scatter(*zip(*every, strict=True), s=9, color=colour, alpha=0.5, linewidths=0)
    ax.set_xscale("log")
    ax.set_xticks(numbers, [f"{number:,}" for number in numbers])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set(xlabel="labelled examples", ylabel="accuracy, per cent")
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


def in_colour(predictions, texts):
    """Lays classified texts out for a terminal: the label, how sure it is, and the text.

    Words that speak for the label are blue, words against it orange, the stronger the darker; the
    strongest of each text has the full colour.

    Args:
        predictions: `zoo.serving.classification.Classification`s, or anything with `label`,
            `probability` and `words`; `words` is `None`, or has `start` and `end` in the text and
            `value`, above 0 where the word speaks for the label.
        texts: The texts that they were made of.

    Returns:
        A `rich.text.Text`.

    Example:

    >>> import types
    >>> found = types.SimpleNamespace(label="positive", probability=0.914, words=None)
    >>> print(in_colour([found], ["A good film."]))
    positive 91 %  A good film.
    <BLANKLINE>
    """
    from rich.text import Text

    shown = Text()
    for prediction, text in zip(predictions, texts, strict=True):
        shown.append(prediction.label, style="bold")
        shown.append(f" {_percent(prediction.probability)}  ")
        for piece, strength in _pieces(prediction, text):
            paper, ink = _paper(strength), _ink(_paper(strength))
            shown.append(piece, style=f"{ink} on {paper}" if _visible(strength) else "")
        shown.append("\n")
    return shown


def contributions(predictions, texts, ax=None):
    """Draws texts with their words coloured as in `in_colour`, under label and probability.

    Args:
        predictions: As in `in_colour`.
        texts: Likewise.
        ax: Where to draw; by default a new picture, as high as the texts are long.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> import types
    >>> good = types.SimpleNamespace(text="good", start=2, end=6, value=1.5)
    >>> found = types.SimpleNamespace(label="positive", probability=0.914, words=(good,))
    >>> ax = contributions([found], ["A good film."])
    >>> [text.get_text() for text in ax.texts]
    ['positive 91 %', 'A', 'good', 'film.']
    """
    width = 540 if ax is None else 72 * ax.bbox.width / ax.figure.dpi
    placed, top = [], 0
    for prediction, text in zip(predictions, texts, strict=True):
        title = f"{prediction.label} {_percent(prediction.probability)}"
        placed.append((title, 0.0, _MARGIN, top, "bold"))
        lines = _wrapped(_pieces(prediction, text), width - 2 * _MARGIN)
        for line in lines:
            top += _LINE
            for piece, strength, left in line:
                placed.append((piece, strength, left + _MARGIN, top, "normal"))
        top += 1.7 * _LINE
    height = max(top, _LINE)
    if ax is None:
        whole = {"left": 0, "right": 1, "bottom": 0, "top": 1}
        ax = plt.subplots(figsize=(width / 72, height / 72), gridspec_kw=whole)[1]
    for piece, strength, left, line, weight in placed:
        paper = _paper(strength)
        box = {"boxstyle": "square,pad=0.12", "facecolor": paper, "edgecolor": "none"}
        style = {"fontweight": weight, "color": _ink(paper), "zorder": 3 + abs(strength)}
        ax.text(left, line, piece, **_WORD, **style, bbox=box if _visible(strength) else None)
    ax.set(xlim=(0, width), ylim=(height - 0.6 * _LINE, -0.9 * _LINE))  # A unit is a point.
    ax.axis("off")
    return ax


def html(prediction, text):
    """Writes a classified text as HTML, for `IPython.display.HTML`, coloured as in `in_colour`.

    Args:
        prediction: As in `in_colour`, one.
        text: The text that it was made of.

    Returns:
        A string; what the text holds of HTML is escaped. Pointing at a word shows its value.

    Example:

    >>> import types
    >>> found = types.SimpleNamespace(label="positive", probability=0.914, words=None)
    >>> html(found, "A <b>good</b> film.")
    '<div style="..."><b>positive</b> 91 %&ensp;A &lt;b&gt;good&lt;/b&gt; film.</div>'
    """
    title = f"<b>{escape(prediction.label)}</b> {_percent(prediction.probability)}&ensp;"
    most = _most(prediction)
    parts = []
    for piece, strength in _pieces(prediction, text):
        if not _visible(strength):
            parts.append(escape(piece))
            continue
        paper = _paper(strength)
        style = f"background:{paper};color:{_ink(paper)};border-radius:2px"
        parts.append(f'<span style="{style}" title="{strength * most:+.3g}">{escape(piece)}</span>')
    frame = "background:#ffffff;color:#000000;padding:0.4em;line-height:1.6;white-space:pre-wrap"
    return f'<div style="{frame}">{title}{"".join(parts)}</div>'


_MARGIN, _LINE, _SPACE = 8, 17, 3.6  # Points, as all that is placed in a line.
_WORD = {"ha": "left", "va": "baseline", "fontsize": 10, "parse_math": False}


def _confusion(found, ax):
    labels, counts = found["labels"], np.array(found["confusion"])
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            ink = "white" if shares[i, j] > 0.55 else "black"
            text = f"{100 * shares[i, j]:.0f}\n{count:,}"
            ax.text(j, i, text, ha="center", va="center", fontsize=8, color=ink)
    turned = sum(map(len, labels)) > 22
    ax.set_xticks(range(len(labels)), labels, rotation=90 if turned else 0)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set(xlabel="predicted", ylabel="gold", title="per cent of gold, and texts")


def _accuracies(found, ax):
    others = sorted(found.get("baselines", []), key=lambda row: -row["accuracy"])
    rows = [{**found, "name": "model"}, *others]
    for place, row in enumerate(rows):
        share = 100 * row["accuracy"]
        ax.barh(place, share, height=0.62, color="#b3b3b3" if place else FOR)
        ends = 100 * row["accuracy_low"], 100 * row["accuracy_high"]
        ax.hlines(place, *ends, color="black", linewidth=1.5)
        ax.vlines(ends, place - 0.09, place + 0.09, color="black", linewidth=1.5)
        ax.text(ends[1] + 2, place, f"{share:.2f}", va="center", fontsize=9)
    ax.set_yticks(
        range(len(rows)), [row["name"].replace(" logistic", "\nlogistic") for row in rows]
    )
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set(xlim=(0, 122), xticks=range(0, 101, 20), xlabel="per cent", title="accuracy")
    ax.spines[["top", "right"]].set_visible(False)


def _pieces(prediction, text):
    """Cuts a text into pieces, each with its strength from -1 to 1, which is 0 for no word."""
    pieces, place, most = [], 0, _most(prediction)
    for word in sorted(prediction.words or (), key=lambda word: word.start):
        pieces += [(text[place : word.start], 0.0)]
        pieces += [(text[word.start : word.end], word.value / most if most else 0.0)]
        place = word.end
    return [(piece, strength) for piece, strength in [*pieces, (text[place:], 0.0)] if piece]


def _most(prediction):
    return max((abs(word.value) for word in prediction.words or ()), default=0.0)


def _wrapped(pieces, width):
    """Places pieces in lines, which break at spaces alone: triples of text, strength and left."""
    runs = [[]]  # Pieces with no space between them, as a word and its comma.
    for piece, strength in pieces:
        for part in [piece] if strength else re.findall(r"\s+|\S+", piece):
            if part.isspace():
                runs.append([])
            else:
                runs[-1].append((part, strength, _width(part)))
    lines, left = [[]], 0.0
    for run in filter(None, runs):
        whole = sum(size for *_, size in run)
        if lines[-1] and left + whole > width:
            lines.append([])
            left = 0.0
        for part, strength, size in run:
            lines[-1].append((part, strength, left))
            left += size
        left += _SPACE
    return lines


def _width(text):
    font = FontProperties(size=_WORD["fontsize"])
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]


def _visible(strength):
    return abs(strength) >= 0.05


def _paper(strength):
    """The background: white for nothing, towards blue what speaks for, orange what against."""
    colour = np.array(to_rgb(FOR if strength > 0 else AGAINST))
    return to_hex(1 - abs(strength) * (1 - colour))


def _ink(paper):
    """Black or white, whichever is easier to read there."""
    shares = np.array(to_rgb(paper))
    light = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    luminance = light @ (0.2126, 0.7152, 0.0722)
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def _percent(share):
    return f"{100 * share:.0f} %"


def _of(choices, place):
    return choices[place % len(choices)]
