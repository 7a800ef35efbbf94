"""Tag schemes: against the rules of `conlleval` and, over all short sequences, one another."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo import schemes
from zoo.schemes import Span

TAGS = schemes.names(["X", "Y"], "iobes")
# Tags, and the spans that the official script finds.
ADVERSARIAL = {
    "": "",
    "O": "",
    "B-X": "X01",
    "I-X": "X01",
    "E-X": "X01",
    "S-X": "X01",
    "B-X I-X": "X02",
    "I-X I-X": "X02",
    "O I-X I-X O": "X13",
    "B-X B-X": "X01 X12",
    "I-X B-X": "X01 X12",
    "B-X I-Y": "X01 Y12",
    "I-X I-Y I-X": "X01 Y12 X23",
    "B-X O I-X": "X01 X23",
    "B-X E-X": "X02",
    "B-X E-Y": "X01 Y12",
    "B-X I-X E-X E-X": "X03 X34",
    "B-X E-X I-X": "X02 X23",
    "E-X E-X": "X01 X12",
    "I-X E-X": "X02",
    "O E-X O": "X12",
    "S-X S-X": "X01 X12",
    "S-X I-X": "X01 X12",
    "S-X E-X": "X01 X12",
    "I-X S-X I-X": "X01 X12 X23",
    "B-X S-Y E-X": "X01 Y12 X23",
    "B-X S-X": "X01 X12",
    "B-X I-X O O I-X": "X02 X45",
    "S-X B-X": "X01 X12",
    "E-X B-X I-X": "X01 X13",
}


def conlleval(tags):
    """Finds spans with the rules of the official script, one by one as it has them."""
    found, start, before, kind = [], None, "O", ""
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, new = tag.partition("-")
        change = before + prefix
        ended = before in "ES" or change in ("BB", "BS", "BO", "IB", "IS", "IO")
        if before != "O" and (ended or kind != new):
            found.append(Span(kind, start, place))
        begun = prefix in "BS" or change in ("EE", "EI", "SE", "SI", "OE", "OI")
        if prefix != "O" and (begun or kind != new):
            start = place
        before, kind = prefix, new
    return found


def layouts(length):
    """Lists all ways to lay spans of two types over a sequence."""
    if not length:
        return [[]]
    found = []
    for end in range(1, length + 1):
        for rest in layouts(length - end):
            later = [Span(kind, start + end, stop + end) for kind, start, stop in rest]
            found += [[Span(kind, 0, end), *later] for kind in "XY"]
            if end == 1:
                found.append(later)
    return found


@pytest.mark.parametrize("tags", ADVERSARIAL, ids=lambda tags: tags or "none")
def test_spans_of_adversarial_sequences(tags):
    expected = [Span(text[0], int(text[1]), int(text[2])) for text in ADVERSARIAL[tags].split()]
    assert schemes.spans(tags.split()) == expected


@given(st.lists(st.sampled_from(TAGS), max_size=9))
def test_spans_of_any_sequence_are_those_of_conlleval(tags):
    assert schemes.spans(tags) == conlleval(tags)


@pytest.mark.parametrize("scheme", schemes.SCHEMES)
def test_all_short_layouts_are_written_and_read(scheme):
    for length in range(6):
        seen = set()
        for layout in layouts(length):
            tags = schemes.write(layout, length, scheme)
            assert len(tags) == length
            assert schemes.spans(tags) == layout
            seen.add(tuple(tags))
        # No two layouts look alike.
        assert len(seen) == len(layouts(length))


def test_write_by_hand():
    found = [Span("X", 0, 1), Span("X", 1, 3), Span("Y", 4, 7)]
    assert " ".join(schemes.write(found, 8)) == "B-X B-X I-X O B-Y I-Y I-Y O"
    assert " ".join(schemes.write(found, 8, "iobes")) == "S-X B-X E-X O B-Y I-Y E-Y O"


@given(st.lists(st.tuples(st.sampled_from(["", "PER", "LOC", "A-B"]), st.integers(1, 6))))
def test_conversions_lose_nothing(pieces):
    layout, length = [], 0
    for kind, width in pieces:
        if kind:
            layout.append(Span(kind, length, length + width))
        length += width
    bio, iobes = (schemes.write(layout, length, scheme) for scheme in ("bio", "iobes"))
    assert schemes.convert(bio, "iobes") == iobes
    assert schemes.convert(iobes, "bio") == bio
    assert schemes.convert(bio, "bio") == bio
    assert schemes.convert(iobes, "iobes") == iobes


@pytest.mark.parametrize("scheme", schemes.SCHEMES)
def test_allowed_is_what_occurs_in_written_sequences(scheme):
    tags = schemes.names(["X", "Y"], scheme)
    occur = set()
    for length in range(5):
        for layout in layouts(length):
            ids = [tags.index(tag) for tag in schemes.write(layout, length, scheme)]
            occur |= set(itertools.pairwise([len(tags), *ids, len(tags)]))
    places = range(len(tags) + 1)
    assert schemes.allowed(tags) == [[(a, b) in occur for b in places] for a in places]


@pytest.mark.parametrize("scheme", schemes.SCHEMES)
def test_what_is_allowed_throughout_is_what_is_written(scheme):
    tags, length = schemes.names(["X", "Y"], scheme), 4
    allowed = schemes.allowed(tags)
    written = {tuple(schemes.write(layout, length, scheme)) for layout in layouts(length)}
    valid = {
        tuple(tags[tag] for tag in ids)
        for ids in itertools.product(range(len(tags)), repeat=length)
        if all(allowed[a][b] for a, b in itertools.pairwise([-1, *ids, -1]))
    }
    assert valid == written


def test_names():
    assert schemes.names(["X"], "iobes") == ["O", "B-X", "I-X", "E-X", "S-X"]
    assert schemes.names([], "bio") == ["O"]


@pytest.mark.parametrize("tag", ["X-PER", "PER", "B", "B-", "", "-PER", "O-PER", "b-PER", "BI-X"])
def test_bad_tags_are_named(tag):
    for function in (schemes.spans, schemes.allowed, lambda tags: schemes.convert(tags, "bio")):
        with pytest.raises(ValueError, match=f"Received: {tag!r}$"):
            function(["O", tag])


def test_bad_scheme_is_named():
    for function in (schemes.names, lambda _, scheme: schemes.write([], 1, scheme)):
        with pytest.raises(ValueError, match=r"'bio', 'iobes'. Received: 'bilou'"):
            function(["X"], "bilou")
