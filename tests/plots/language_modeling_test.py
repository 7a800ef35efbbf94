"""Pictures of language models hold the tokens that they were given."""

import itertools
import types

import pytest
from matplotlib.colors import to_hex

from zoo.plots import language_modeling as plots

TEXT = "MARIA:\nI left the lamp beside the open door, and no one in the house has seen it since.\n"


def score(tokens, separator="", nats=lambda place: place % 7):
    found = [
        types.SimpleNamespace(text=token, nats=float(nats(place)))
        for place, token in enumerate(tokens)
    ]
    return types.SimpleNamespace(tokens=found, separator=separator)


def test_every_character_is_drawn_where_it_stands():
    ax = plots.surprises(score(TEXT))
    drawn = sorted((-text.get_position()[1], text.get_position()[0]) for text in ax.texts)
    assert len(drawn) == len(TEXT) == len(set(drawn)), "none covers another"
    by_place = sorted(ax.texts, key=lambda text: text.get_position()[::-1])
    assert "".join(text.get_text() for text in by_place) == TEXT.replace("\n", "¶")
    lines = {text.get_position()[1] for text in ax.texts}
    assert len(lines) == 3, "two lines, of which one is broken"
    assert max(x for _, x in drawn) < ax.get_xlim()[1]


def test_words_stand_apart_and_no_line_is_too_long():
    words = (TEXT * 2).replace("\n", " \n ").split(" ")[:-1]
    ax = plots.surprises(score(words, " "))
    assert [text.get_text() for text in ax.texts] == [w.replace("\n", "¶") for w in words]
    boxes = [patch.get_bbox() for patch in ax.patches]
    for one, other in itertools.pairwise(boxes):
        assert other.x0 > one.x1 or other.y0 > one.y0
    assert max(box.x1 for box in boxes) <= plots.WRAP + 12


def test_the_more_surprising_the_darker():
    ax = plots.surprises(score("abcdef", nats=lambda place: place))
    light = [sum(patch.get_facecolor()[:3]) for patch in ax.patches]
    assert light == sorted(light, reverse=True) and len(set(light)) == 6
    full = plots.surprises(score("ab", nats=lambda place: 6 + place))
    assert len({to_hex(patch.get_facecolor()) for patch in full.patches}) == 1


def test_a_word_without_spaces_is_broken_anyway():
    ax = plots.surprises(score("x" * 200))
    assert len(ax.texts) == 200
    assert max(text.get_position()[0] for text in ax.texts) <= plots.WRAP + 1


def test_nothing_is_a_picture_too():
    plots.surprises(score("")).figure.canvas.draw()
    assert plots.html(score("")).endswith('font-family:monospace"></div>')


def test_in_colour_shows_what_was_written_and_what_was_scored():
    written = plots.in_colour(["to be, or so", "Ω?"], ["to be", "\ud800?"])
    assert written.plain == "to be, or so\nΩ?\n"
    assert [span.style for span in written.spans] == ["bold"]
    scored = plots.in_colour([score(["to", "be"], " ", lambda place: 9 * place)], ["to be"])
    assert scored.plain == "to be\n"
    assert [span.style for span in scored.spans][1] == "#ffffff on #08306b"


def test_html_is_escaped_and_tells_the_nats():
    found = plots.html(score(["a", "<b>", "&"], " ", lambda place: 1.25))
    assert ">&lt;b&gt;</span> <span" in found and ">&amp;<" in found
    assert found.count('title="1.25 nats"') == 3


def test_report_has_a_bar_for_each():
    other = {"nats": 2.0, "perplexity": 7.389}
    found = {"nats": 1.5, "perplexity": 4.482, "unigram": {**other, "name": "unigram"}}
    ax = plots.report({**found, "baseline": {**other, "name": "Kneser-Ney 5-gram"}})
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([1.5, 2.0, 2.0])
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["model", "Kneser-Ney 5-gram", "unigram"]
