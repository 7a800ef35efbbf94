"""Pictures of translations."""

import numpy as np
import pytest

from zoo.plots import translation
from zoo.serving.translation import Translation

LOOKED = np.array([[0.9, 0.05, 0.05], [0.1, 0.6, 0.3]], "float32")
FOUND = Translation("ein Hündchen", -1.0, ("▁a", "▁puppy", "</s>"), ("▁ein", "chen"), LOOKED)
NOTHING = Translation("", 0.0, ("</s>",), (), np.zeros((0, 1), "float32"))


def test_attention_is_drawn_as_it_is():
    ax = translation.attention(FOUND)
    np.testing.assert_array_equal(ax.images[0].get_array(), LOOKED)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "puppy", "⏎"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["ein", "·chen"]
    ax.figure.canvas.draw()


def test_of_nothing_there_is_nothing_to_draw():
    ax = translation.attention(NOTHING)
    assert not ax.images
    ax.figure.canvas.draw()


def test_lines_go_from_pieces_to_where_they_looked():
    first, second = translation.predictions([FOUND, NOTHING])
    assert len(first.lines) == 4 and not second.lines  # Two looks are too faint to be drawn.
    shares = sorted(round(line.get_alpha(), 2) for line in first.lines)
    assert shares == [0.1, 0.3, 0.6, 0.9]
    first.figure.canvas.draw()


def test_asks_for_attention():
    with pytest.raises(ValueError, match="attention=True"):
        translation.attention("ein Hund")


def test_report_draws_what_was_measured():
    scores = {"bleu": 33.3, "chrf": 60.1, "exact_match": 0.125}
    rival = {"name": "the source itself", **dict.fromkeys(scores, 0.01)}
    ax = translation.report({**scores, "baselines": [rival]})
    assert [bar.get_width() for bar in ax.containers[0]] == [33.3, 60.1, 12.5]
    assert [bar.get_width() for bar in ax.containers[1]] == [0.01, 0.01, 1.0]


def test_by_length():
    quarters = [{"words": [1, 3], "exact_match": 1.0}, {"words": [4, 9], "exact_match": 0.5}]
    ax = translation.by_length({"exact_match": 0.75, "by_length": quarters}, measure="exact_match")
    assert [bar.get_height() for bar in ax.containers[0]] == [100, 50]
    assert ax.lines[0].get_ydata()[0] == 75


def test_terminal():
    assert translation.in_colour([FOUND, "eine Katze"], ["a puppy", "a cat"]).plain == (
        "a puppy\nein Hündchen\na cat\neine Katze\n"
    )
