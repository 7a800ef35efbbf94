"""Tag schemes: how spans of tokens, such as entities, are written as one tag a token.

BIO begins a span with `B-` and goes on with `I-`. IOBES also tells its last token, `E-`, and the
span of a single one, `S-`. Both leave `O` for what is in no span.
"""

import typing

SCHEMES = {"bio": "BI", "iobes": "BIES"}


class Span(typing.NamedTuple):
    """A typed span of tokens, from `start` to before `end`."""

    type: str
    start: int
    end: int


def spans(tags):
    """Reads the spans of any sequence of tags, valid or not, as the official `conlleval` does.

    A span begins at `B-` and `S-`, and wherever a tag follows none, a finished span (`E-`, `S-`)
    or another type: a stray `I-` opens a span of its own.

    Args:
        tags: Tags of BIO or IOBES, one a token.

    Returns:
        A list of `Span`, from left to right.

    Reference:
        Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task".

    Example:

    >>> spans(["B-PER", "I-PER", "O", "I-LOC", "I-ORG"])  # doctest: +NORMALIZE_WHITESPACE
    [Span(type='PER', start=0, end=2), Span(type='LOC', start=3, end=4),
     Span(type='ORG', start=4, end=5)]
    """
    found, start = [], None
    pairs = [split(tag) for tag in tags]
    for place, tag in enumerate([*pairs, ("O", "")]):
        before = pairs[place - 1] if place else ("O", "")
        if start is not None and ends(before, tag):
            found.append(Span(before[1], start, place))
            start = None
        if begins(before, tag):
            start = place
    return found


def begins(before, tag):
    """Says whether a span begins at a tag; both are pairs of prefix and type."""
    return tag[0] != "O" and (tag[0] in "BS" or before[0] in "OES" or before[1] != tag[1])


def ends(tag, after):
    """Says whether a span ends with a tag; both are pairs of prefix and type."""
    return tag[0] != "O" and (tag[0] in "ES" or after[0] in "OBS" or after[1] != tag[1])


def write(found, length, scheme="bio"):
    """Writes spans as tags.

    Args:
        found: `Span`s that do not overlap.
        length: Number of tokens.
        scheme: `"bio"` or `"iobes"`.

    Returns:
        A list of `length` tags.

    Example:

    >>> write([Span("PER", 0, 2), Span("LOC", 3, 4)], length=4, scheme="iobes")
    ['B-PER', 'E-PER', 'O', 'S-LOC']
    """
    _check(scheme)
    tags = ["O"] * length
    for kind, start, end in found:
        prefixes = ["B", *"I" * (end - start - 1)]
        if scheme == "iobes":
            prefixes[-1] = "S" if end - start == 1 else "E"
        tags[start:end] = [f"{prefix}-{kind}" for prefix in prefixes]
    return tags


def convert(tags, scheme):
    """Writes the spans of tags, of whichever scheme, in another; what is valid loses nothing.

    Example:

    >>> convert(["B-PER", "I-PER", "O", "B-LOC"], "iobes")
    ['B-PER', 'E-PER', 'O', 'S-LOC']
    """
    return write(spans(tags), len(tags), scheme)


def names(types, scheme):
    """Lists the tags of a scheme: `O` first, then those of each type.

    Example:

    >>> names(["LOC", "PER"], "bio")
    ['O', 'B-LOC', 'I-LOC', 'B-PER', 'I-PER']
    """
    _check(scheme)
    return ["O", *(f"{prefix}-{kind}" for kind in types for prefix in SCHEMES[scheme])]


def allowed(tags):
    """Tells which tags may follow which, for the hard constraints of `zoo.layers.CRF`.

    Args:
        tags: Names of the tags by id, of BIO or, where there are `E-` or `S-`, of IOBES.

    Returns:
        A nested list of booleans `(len(tags) + 1, len(tags) + 1)`: row `i`, column `j` is whether
        tag `j` may follow tag `i`; the last row tells what may come first, the last column what
        may come last.

    Example:

    >>> allowed(["O", "B-PER", "I-PER"])[0]
    [True, True, False, True]
    """
    pairs = [split(tag) for tag in tags]
    iobes = any(prefix in "ES" for prefix, _ in pairs)
    outside = ("O", "")

    def may_follow(before, tag):
        opened = before[0] in ("BI" if iobes else "BIES")
        if tag[0] in "IE":
            return opened and before[1] == tag[1]
        return not (iobes and opened)

    rows = [*pairs, outside]
    return [[may_follow(before, tag) for tag in rows] for before in rows]


def split(tag):
    """Splits a tag in two: what it says of a span, and the span's type.

    Args:
        tag: A tag of BIO or IOBES.

    Returns:
        A pair of strings, the prefix and the type, which is empty of `O`.

    Raises:
        ValueError: If it is no such tag.

    Example:

    >>> split("B-PER"), split("O")
    (('B', 'PER'), ('O', ''))
    """
    prefix, _, kind = tag.partition("-")
    if (prefix not in tuple("BIES") or not kind) and tag != "O":
        raise ValueError(f"A tag must be 'O', or B-, I-, E- or S- and a type. Received: {tag!r}")
    return prefix, kind


def _check(scheme):
    if scheme not in SCHEMES:
        known = ", ".join(map(repr, SCHEMES))
        raise ValueError(f"`scheme` must be one of {known}. Received: {scheme!r}")
