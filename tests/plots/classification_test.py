"""Pictures of classified texts: what stands where, and that it can be read."""

import itertools
import re
import types
import typing
import warnings

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from zoo.plots import classification


class Contribution(typing.NamedTuple):
    text: str
    start: int
    end: int
    value: float


class Classification(typing.NamedTuple):
    label: str
    probability: float
    probabilities: dict
    words: tuple | None


TEXT = "🙂 It cost $5 & <b>wasn't</b> good."


def predicted(text, values, label="negative"):
    words = []
    for word, value in values.items():
        start = text.index(word)
        words.append(Contribution(word, start, start + len(word), value))
    return Classification(label, 0.914, {label: 0.914, "other": 0.086}, tuple(words))


PREDICTION = predicted(TEXT, {"cost": 0.5, "wasn't": 2.0, "good": -1.0, "It": 0.001})


def luminance(colour):
    def linear(share):
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return sum(
        weight * linear(share)
        for weight, share in zip((0.2126, 0.7152, 0.0722), to_rgb(colour), strict=True)
    )


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def found(names=("negative", "positive")):
    scores = {"accuracy_low": 0.8, "accuracy_high": 0.9}
    baselines = [
        {"name": "majority class", "accuracy": 0.5, **scores},
        {"name": "NB-SVM", "accuracy": 0.86, **scores},
    ]
    confusion = (5 * np.eye(len(names), dtype=int) + 1).tolist()
    return {"labels": list(names), "confusion": confusion, "baselines": baselines} | {
        "accuracy": 0.85,
        **scores,
    }


def test_report_draws_classes_and_bars():
    ax = classification.report(found())
    assert [text.get_text() for text in ax.texts] == ["86\n6", "14\n1", "14\n1", "86\n6"]
    bars = ax.figure.axes[1]
    lengths = [bar.get_width() for bar in bars.patches if isinstance(bar, Rectangle)]
    assert lengths == [85, 86, 50]
    assert [label.get_text() for label in bars.get_yticklabels()] == [
        "model",
        "NB-SVM",
        "majority class",
    ]


def test_report_without_baselines_and_of_many_classes():
    names = [f"a class of some length {number}" for number in range(8)]
    ax = classification.report({**found(names), "baselines": []})
    assert ax.get_xticklabels()[0].get_rotation() == 90
    ax.figure.canvas.draw()


def test_reliability_puts_dots_where_they_belong():
    probabilities = np.array([[0.9, 0.1]] * 10 + [[0.35, 0.65]] * 4)
    labels = np.array([0] * 8 + [1] * 2 + [1, 0, 0, 0])
    ax = classification.reliability({"LSTM": probabilities, "GRU": probabilities[:, ::-1]}, labels)
    _, line, other = ax.get_lines()
    np.testing.assert_allclose(line.get_xdata(), [0.65, 0.9])
    np.testing.assert_allclose(line.get_ydata(), [0.25, 0.8])
    np.testing.assert_allclose(other.get_ydata(), [0.75, 0.2])
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend[0] == f"LSTM: {(10 * 0.1 + 4 * 0.4) / 14 * 100:.2f} % off"
    low, high = ax.get_ylim()
    assert low <= 0.2 and high >= 1


def test_learning_curve():
    curves = {"LSTM": [(1000, [0.75, 0.85]), (100, [0.5, 0.6])], "NB-SVM": [(100, 0.7)]}
    ax = classification.learning_curve(curves)
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["100", "1,000"]
    first, second = ax.get_lines()
    assert (first.get_xdata().tolist(), first.get_ydata().tolist()) == ([100, 1000], [55, 80])
    assert second.get_ydata().tolist() == [70]
    ax.figure.canvas.draw()


def test_colours_say_for_and_against():
    strengths = [strength for _, strength in classification._pieces(PREDICTION, TEXT) if strength]
    assert strengths == [0.0005, 0.25, 1.0, -0.5]
    for_, against = (to_rgb(classification._paper(strength)) for strength in (1, -1))
    assert for_[2] > for_[0] and against[0] > against[2]
    assert classification._paper(0.0) == "#ffffff"


@pytest.mark.parametrize("strength", np.linspace(-1, 1, 41))
def test_every_word_can_be_read(strength):
    paper = classification._paper(strength)
    assert contrast(paper, classification._ink(paper)) >= 4.5


def test_in_colour_keeps_the_text():
    shown = classification.in_colour([PREDICTION, predicted("Fine.", {})], [TEXT, "Fine."])
    assert shown.plain == f"negative 91 %  {TEXT}\nnegative 91 %  Fine.\n"
    coloured = {
        shown.plain[span.start : span.end]: span.style for span in shown.spans if "on" in span.style
    }
    assert list(coloured) == ["cost", "wasn't", "good"]
    assert coloured["wasn't"] == f"#ffffff on {classification.FOR}"


def test_words_may_be_missing():
    prediction = PREDICTION._replace(words=None)
    assert TEXT in classification.in_colour([prediction], [TEXT]).plain
    assert "<span" not in classification.html(prediction, TEXT)
    ax = classification.contributions([prediction], ["It cost $5."])
    assert [text.get_text() for text in ax.texts] == ["negative 91 %", "It", "cost", "$5."]
    silent = predicted(TEXT, {"cost": 0.0})
    assert "<span" not in classification.html(silent, TEXT)


def test_as_many_texts_as_predictions():
    with pytest.raises(ValueError, match="longer"):
        classification.in_colour([PREDICTION], [TEXT, TEXT])


def test_html_is_escaped_and_says_the_values():
    written = classification.html(PREDICTION._replace(label="<i>"), TEXT)
    assert "<b>&lt;i&gt;</b> 91 %" in written
    assert "&lt;b&gt;" in written and "&amp;" in written
    tags = re.findall(r"<(/?\w+)", written)
    assert tags == ["div", "b", "/b", *["span", "/span"] * 3, "/div"]
    assert re.findall(r'title="([^"]+)">([^<]+)<', written) == [
        ("+0.5", "cost"),
        ("+2", "wasn&#x27;t"),
        ("-1", "good"),
    ]


def test_contributions_wrap_and_do_not_overlap():
    text = " ".join(f"word{number}, ({number})" for number in range(60))
    prediction = predicted(text, {f"word{number}": number - 30.5 for number in range(60)})
    ax = classification.contributions([prediction, predicted("Short.", {})], [text, "Short."])
    renderer = ax.figure.canvas.get_renderer()
    boxes, rows = {}, {}
    for piece in ax.texts:
        boxes[piece] = piece.get_window_extent(renderer)
        rows.setdefault(piece.get_position()[1], []).append(piece)
    assert len(rows) > 5
    for row in rows.values():
        for left, right in itertools.pairwise(row):
            assert boxes[left].x1 <= boxes[right].x0 + 1.5
    whole = ax.figure.bbox
    assert all(box.x1 <= whole.x1 and box.y1 <= whole.y1 for box in boxes.values())
    assert min(box.y0 for box in boxes.values()) >= 0
    drawn = [piece.get_text() for piece in ax.texts]
    assert "".join(drawn[1 : drawn.index("negative 91 %", 1)]) == text.replace(" ", "")
    # A comma stays with its word.
    starts = {
        min(row, key=lambda piece: piece.get_position()[0]).get_text() for row in rows.values()
    }
    assert "," not in starts


def test_contributions_draw_dollars_and_take_axes():
    from matplotlib import pyplot as plt

    ax = plt.subplots(figsize=(4, 2))[1]
    prediction = types.SimpleNamespace(label="pays", probability=1.0, words=())
    assert classification.contributions([prediction], ["$5 and $6"], ax) is ax
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.texts] == ["pays 100 %", "$5", "and", "$6"]
