"""Pictures of language models: how surprising each token of a text is, and how models compare."""

from html import escape

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import Normalize, to_hex

from zoo.plots.classification import FOR

MOST = 6.0  # Nats from which on a token has the full colour: 1 in 400.
WRAP = 72  # Characters of a line.


def report(found, ax=None):
    """Draws the nats a token of the model and of the baselines.

    Args:
        found: What `zoo.metrics.language_modeling.evaluate` returned.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> other = {"nats": 2.0, "perplexity": 7.389, "name": "unigram"}
    >>> ax = report({"nats": 1.5, "perplexity": 4.482, "baseline": other, "unigram": other})
    >>> [text.get_text() for text in ax.texts][0]
    '1.500  (perplexity 4.48)'
    """
    rows = [{**found, "name": "model"}, found["baseline"], found["unigram"]]
    ax = ax or plt.subplots(figsize=(6.4, 2.2), layout="constrained")[1]
    for place, row in enumerate(rows):
        ax.barh(place, row["nats"], height=0.62, color="#b3b3b3" if place else FOR)
        said = f"{row['nats']:.3f}  (perplexity {row['perplexity']:,.2f})"
        ax.annotate(
            said, (row["nats"], place), (4, 0), textcoords="offset points", va="center", fontsize=9
        )
    ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
    ax.set(xlim=(0, 1.5 * max(row["nats"] for row in rows)), xlabel="nats a token")
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def surprises(score, ax=None, *, most=MOST):
    """Draws a text whose tokens are the darker, the more surprising they were.

    Args:
        score: A `zoo.serving.language_modeling.Score`, or anything with `tokens`, which have
            `text` and `nats`, and `separator`.
        ax: Where to draw; by default a new picture, as high as the text is long.
        most: Nats from which on a token has the full colour.

    Returns:
        The `matplotlib.axes.Axes`; beneath it is the scale of the colours.

    Example:

    >>> import types
    >>> tokens = [types.SimpleNamespace(text=letter, nats=1.0) for letter in "to be"]
    >>> ax = surprises(types.SimpleNamespace(tokens=tokens, separator=""))
    >>> "".join(text.get_text() for text in ax.texts)
    'to be'
    """
    lines = _lines(score)
    width = max(40, max((sum(len(text) for text, _ in line) for line in lines), default=0))
    if ax is None:
        size = (0.105 * width + 0.3, 0.24 * len(lines) + 0.9)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    scale = plt.cm.ScalarMappable(Normalize(0, most), "Blues")
    for row, line in enumerate(lines):
        left = 0
        for text, nats in line:
            if nats is not None:
                paper = scale.to_rgba(nats)
                box = (left, row - 0.5), len(text), 1
                ax.add_patch(plt.Rectangle(*box, facecolor=paper, edgecolor="none"))
                ink = "white" if nats > 0.55 * most else "black"
                style = {"color": ink, "family": "monospace", "fontsize": 10}
                middle = left + len(text) / 2
                ax.text(middle, row, text, ha="center", va="center", parse_math=False, **style)
            left += len(text)
    ax.set(xlim=(0, width), ylim=(max(1, len(lines)) - 0.5, -0.5))
    ax.axis("off")
    bar = ax.figure.colorbar(
        scale, ax=ax, orientation="horizontal", aspect=40, shrink=0.6, pad=0.02, extend="max"
    )
    bar.set_label("nats: how surprising after all before it", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return ax


def in_colour(predictions, texts):
    """Lays texts out for a terminal: what was written, or how surprising what was given is.

    Args:
        predictions: Texts that a language model wrote; or `zoo.serving.language_modeling.Score`s.
        texts: The prompts that it wrote on after, which are bold; or the texts that were scored.

    Returns:
        A `rich.text.Text`.

    Example:

    >>> print(in_colour(["to be, or so"], ["to be"]))
    to be, or so
    <BLANKLINE>
    """
    from rich.text import Text

    shown = Text()
    for prediction, text in zip(predictions, texts, strict=True):
        if isinstance(prediction, str):
            begun = len(text) if prediction.startswith(text) else 0
            shown.append(prediction[:begun], style="bold").append(prediction[begun:])
        else:
            for place, token in enumerate(prediction.tokens):
                shown.append(prediction.separator if place else "")
                paper, ink = _colours(token.nats)
                shown.append(token.text, style=f"{ink} on {paper}")
        shown.append("\n")
    return shown


def html(score):
    """Writes a text as HTML, for `IPython.display.HTML`, coloured as in `surprises`.

    Args:
        score: As in `surprises`.

    Returns:
        A string; what the text holds of HTML is escaped. Pointing at a token shows its nats.

    Example:

    >>> import types
    >>> token = types.SimpleNamespace(text="<", nats=1.0)
    >>> html(types.SimpleNamespace(tokens=[token], separator=""))
    '<div style="..."><span style="..." title="1.00 nats">&lt;</span></div>'
    """
    parts = []
    for token in score.tokens:
        paper, ink = _colours(token.nats)
        style = f"background:{paper};color:{ink}"
        said = f"{token.nats:.2f} nats"
        parts.append(f'<span style="{style}" title="{said}">{escape(token.text)}</span>')
    frame = "background:#ffffff;color:#000000;padding:0.4em;line-height:1.5;white-space:pre-wrap"
    return f'<div style="{frame};font-family:monospace">{score.separator.join(parts)}</div>'


def _colours(nats, most=MOST):
    """Paper and ink of a token."""
    paper = to_hex(plt.get_cmap("Blues")(min(1.0, max(0.0, nats / most))))
    return paper, "#ffffff" if nats > 0.55 * most else "#000000"


def _lines(score):
    """Breaks a text at its newlines and, where a line is too long, at a space.

    Returns:
        A list of lines, each a list of pairs of text and nats, which are `None` between tokens. A
        newline is drawn as the sign of one.
    """
    lines, line = [], []
    for place, token in enumerate(score.tokens):
        newline = token.text == "\n"
        if place and line and score.separator:
            line.append((score.separator, None))
        line.append(("¶" if newline else token.text, token.nats))
        if newline:
            lines.append(line)
            line = []
        elif sum(len(text) for text, _ in line) > WRAP:
            spaces = [at for at, (text, _) in enumerate(line) if text == " "]
            cut = spaces[-1] + 1 if spaces else len(line)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line] if line else lines


def temperatures(scores, ax=None):
    """Draws how surprising texts are to the model that wrote them, by the temperature.

    Args:
        scores: By temperature a list of nats a token, one a text.
        ax: Where to draw; by default a new picture.

    Returns:
        The `matplotlib.axes.Axes`.

    Example:

    >>> ax = temperatures({0.5: [0.6, 0.8], 1.0: [1.5, 1.7]})
    >>> [round(float(y), 2) for y in ax.get_lines()[0].get_ydata()]
    [0.7, 1.6]
    """
    ax = ax or plt.subplots(figsize=(5, 3.2), layout="constrained")[1]
    found = sorted(scores.items())
    ax.plot([x for x, _ in found], [np.mean(nats) for _, nats in found], color=FOR, marker="o")
    for x, nats in found:
        ax.scatter([x] * len(nats), nats, s=12, color=FOR, alpha=0.4, linewidths=0)
    ax.set(xlabel="temperature", ylabel="nats a token", ylim=(0, None))
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
