"""The tokenizer that travels in a SavedModel: what it cuts, and that it loses nothing."""

import re
import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.data.tokenizer import (
    CUTS,
    at_least_one_step,
    tokenize,
    truncate,
    valid_utf8,
    without_tags,
)

LANGUAGES = ("", *CUTS)


@pytest.fixture(scope="module")
def graphs():
    """The tokenizer of every language as a graph, the way it is saved."""
    specification = tf.TensorSpec([None], tf.string)
    return {
        language: tf.function(
            lambda text, language=language: tokenize(text, language),
            input_signature=[specification],
        )
        for language in LANGUAGES
    }


def cut(text, language="en"):
    """The tokens of one text, padding included."""
    tokens, _, _ = tokenize(tf.constant([text]), language)
    return [token.decode() for token in tokens.numpy()[0]]


def is_space(character):
    """Python's word on what a space is: `str.isspace` and all separators."""
    return character.isspace() or unicodedata.category(character).startswith("Z")


def losses(text, tokens, start, end):
    """What is wrong with the tokens of a text and their offsets."""
    wrong = [
        (token, text[first:last])
        for token, first, last in zip(tokens, start, end, strict=True)
        if token != text[first:last]
    ]
    owners = [0] * len(text)
    for token, first, last in zip(tokens, start, end, strict=True):
        for place in range(first, last if token else first):
            owners[place] += 1
    wanted = [0 if is_space(character) else 1 for character in text]
    return wrong + [
        (place, hex(ord(text[place])), owned)
        for place, (owned, due) in enumerate(zip(owners, wanted, strict=True))
        if owned != due
    ]


def rows(outputs):
    for tokens, start, end in zip(*(output.numpy().tolist() for output in outputs), strict=True):
        yield [token.decode() for token in tokens], start, end


SNIPPETS = (
    *(
        "don't",
        "cannot",
        "gonna",
        "n't",
        "l'homme",
        "-t-il",
        "aujourd'hui",
        "e-mail",
        "Mr.",
        "U.S.",
    ),
    *(
        "http://",
        "https://x-y.z/a-b",
        "www.",
        "a-b@c-d.e",
        "@",
        ".",
        "...",
        ":)",
        "<3",
        "1st",
        "3.5",
    ),
    *("a", "é", "ß", "ا", "ก", "字", "\u0301", "\u0903", "'", "’", "-", "--", "_", "=", "#", "\\1"),
    *("\u2640", "❤", "\ufe0f", "\u200d", "\u20e3", "\U0001f469", "\U0001f3fb", "\U0001f1e9"),
    *(" ", "\n", "\u00a0", "\u2028", "\u3000", "\x85", "\x00", "\x1b", "\x1c", "\x1d", "\x1e"),
    *("\x1f", "\x7f", "\u200b", "\ufeff", "\ufffd", "\uffff", "\U0010ffff"),
)
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.lists(st.sampled_from(SNIPPETS), max_size=10).map("".join),
)


@settings(max_examples=100, deadline=None)
@given(batch=st.lists(texts, min_size=1, max_size=16), language=st.sampled_from(LANGUAGES))
def test_every_character_that_is_no_space_is_in_one_token(graphs, batch, language):
    found = list(rows(graphs[language](tf.constant([text.encode() for text in batch]))))
    assert len(found) == len(batch)
    for text, row in zip(batch, found, strict=True):
        assert losses(text, *row) == []


def test_every_code_point_between_two_letters(graphs):
    # Also the word on spaces: Python's list of them must be the tokenizer's.
    points = [*range(0x3100), 0xD7FF, *range(0xE000, 0xE010), *range(0xFE00, 0x10000)]
    points += [*range(0x1F000, 0x1FB00), *range(0xE0000, 0xE0080), 0x10FFFF]
    batch = [f"x{chr(point)}y" for point in points]
    wrong = [
        losses(text, *row)
        for text, row in zip(batch, rows(graphs["en"](tf.constant(batch))), strict=True)
    ]
    assert [loss for loss in wrong if loss] == []


def test_losses_are_seen():
    assert losses("ab c", ["ab", "c"], [0, 3], [2, 4]) == []
    assert losses("ab c", ["a", "c"], [0, 3], [1, 4]) == [(1, "0x62", 0)]
    assert losses("ab c", ["ab", "b", "c"], [0, 1, 3], [2, 2, 4]) == [(1, "0x62", 2)]
    assert losses("ab c", ["ab", "c"], [0, 2], [2, 3])[0] == ("c", " ")


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
WAVING_DARK = "\U0001f44b\U0001f3ff"
RAINBOW = "\U0001f3f3\ufe0f\u200d\U0001f308"
WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
GERMANY, FRANCE = "\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7"


# A bar stands where two tokens touch.
@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("en", "I do|n't ca|n't wo|n't would|n’t DO|N'T"),
        ("en", "it|'s we|'re I|'ve she|'ll he|'d I|'m IT|'S it|’s he|'d|'ve"),
        ("en", "can|not Can|not gon|na wan|na got|ta"),
        ("en", "the dogs|' tails John|'s O'Brien rock'n'roll"),
        ("en", "Mr. Smith vs. Dr. No|, U.S. and a.m. etc."),
        ("en", "See https://example.org/a-b_c?d=1&e=it|. Or www.my-site.org|!"),
        ("en", "write to jo-ann.o+x@my-host.co.uk|, or e-mail|, E-mails e-mailed"),
        ("en", "a well|-|known co|-|worker"),
        ("en", "at 10:30 on 1/2/2020 1,234.56 3rd 1990s $|5 7|%"),
        ("en", "Wait|... what|?! No|--|yes"),
        ("en", f"hi {FAMILY}|{WAVING_DARK} {RAINBOW} {WALES}|! ❤️"),
        ("en", f"{GERMANY}|{FRANCE}|{FRANCE} 1\ufe0f\u20e3"),
        ("en", "so :) ;-) <3"),
        ("", "don't l'homme well-known e-mail jo-ann@my-site.org"),
        ("fr", "l'|homme d’|été Qu'|est|-ce que aujourd'hui Aujourd’hui parle|-t-il"),
        ("fr", "Écris|-nous à jean-ce@mon-site.fr|, le vice-président"),
        ("it", "l'|uomo dell’|acqua"),
        ("de", "Straße|, Übergröße und GEMÜSE"),
        ("hi", "नमस्ते दुनिया|।"),
        ("th", "ภาษาไทย"),
        ("ar", "مرحبا|، العالم"),
    ],
)
def test_cuts(language, marked):
    assert cut(marked.replace("|", ""), language) == marked.replace("|", " ").split(" ")


@pytest.mark.parametrize(
    "space",
    [
        "\t",
        "\n",
        "\v",
        "\f",
        "\r",
        "\r\n",
        *"\x1c\x1d\x1e\x1f \x85\u00a0\u1680\u2003\u200a\u2028\u2029\u202f\u205f\u3000",
    ],
    ids=ascii,
)
def test_spaces_of_any_script_separate(space):
    tokens, start, end = tokenize(tf.constant([f"{space}a{space}{space}b{space}"]))
    wide = len(space)
    assert tokens.numpy().tolist() == [[b"a", b"b"]]
    assert start.numpy().tolist() == [[wide, 3 * wide + 1]]
    assert end.numpy().tolist() == [[wide + 1, 3 * wide + 2]]


@pytest.mark.parametrize(
    "damaged",
    [b"a \xffb", b"\xc3(", b"x\xed\xa0\x80y z", b"\xf0\x9f\x98", b"caf\xe9 noir", b"\xc0\xaf \xfe"],
)
def test_invalid_bytes_become_replacement_characters(damaged):
    tokens, start, end = tokenize(tf.constant([damaged]), "en")
    mended = valid_utf8(tf.constant([damaged])).numpy()[0].decode()  # Strictly: it is valid now.
    kept = damaged.decode("utf-8", "ignore")
    assert "\ufffd" in mended and mended.replace("\ufffd", "") == kept
    assert losses(mended, *next(rows((tokens, start, end)))) == []


def test_offsets_after_an_invalid_byte():
    tokens, start, end = tokenize(tf.constant([b"\xff\xff ab \xe9 c"]))
    assert [token.decode() for token in tokens.numpy()[0]] == [
        "\ufffd",
        "\ufffd",
        "ab",
        "\ufffd",
        "c",
    ]
    assert start.numpy()[0].tolist() == [0, 1, 3, 6, 8]
    assert end.numpy()[0].tolist() == [1, 2, 5, 7, 9]


@pytest.mark.parametrize("text", ["", " ", "\n\t \u3000\u00a0\x1c"])
def test_nothing_is_one_empty_step(text):
    for output, expected in zip(tokenize(tf.constant([text])), (b"", 0, 0), strict=True):
        assert output.numpy().tolist() == [[expected]]


def test_rows_of_a_batch_are_those_of_each_text_alone():
    batch = ["", "one", "the dogs' tails don't wag.", " \u3000", "a b", "😀" * 5]
    outputs = tokenize(tf.constant(batch), "en")
    assert all(output.shape == (6, 8) for output in outputs)
    assert [output.dtype for output in outputs] == [tf.string, tf.int32, tf.int32]
    for place, text in enumerate(batch):
        for output, alone in zip(outputs, tokenize(tf.constant([text]), "en"), strict=True):
            alone = alone.numpy()[0].tolist()
            padding = [b"" if output.dtype == tf.string else 0] * (8 - len(alone))
            assert output.numpy()[place].tolist() == alone + padding


def test_no_texts_at_all():
    tokens, start, end = tokenize(tf.constant([], tf.string))
    assert tokens.shape == start.shape == end.shape == (0, 1)


@pytest.mark.parametrize("shape", [(0, 0), (2, 0), (2, 1), (2, 3)])
def test_at_least_one_step(shape):
    tokens = tf.fill(shape, "a")
    padded = at_least_one_step(tokens)
    assert padded.shape == (shape[0], max(shape[1], 1))
    assert padded.numpy().tolist() == (tokens.numpy().tolist() if shape[1] else [[b""]] * shape[0])


NAMES = (
    *("b", "i", "p", "u", "br", "em", "hr", "h1", "h6", "li", "ul", "ol", "tt"),
    *("div", "sub", "sup", "pre", "strong", "center"),
)
TAGS = [f"<{name}>" for name in NAMES] + ["<br/>", "<br />", "<hr/>", "<hr />"]
TAGS += [f"</{name}>" for name in NAMES if name not in ("br", "hr")]
# Texts, not tags of the commonest kind.
LEFT = ["<", ">", "a < b", "<a>", "<br", "br>", "< br>", "</br>", "<b x>", "<3", "<<b", "<h>", "é"]


@pytest.mark.parametrize("tag", [*TAGS, "<BR />", "<Strong>", "</DIV>"])
def test_a_tag_becomes_as_many_spaces(tag):
    found = without_tags(tf.constant([f"good{tag}but", f"{tag}{tag}"])).numpy()
    assert found.tolist() == [f"good{' ' * len(tag)}but".encode(), b" " * 2 * len(tag)]


@pytest.mark.parametrize("text", LEFT)
def test_what_is_no_tag_stays(text):
    assert without_tags(tf.constant([text])).numpy()[0].decode() == text


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.sampled_from([*TAGS, *LEFT, "film", " ", "字", "\U0001f469"]), max_size=9)
)
def test_offsets_are_those_of_the_text_with_its_tags(pieces):
    text = "".join(pieces)
    pattern = "|".join(map(re.escape, TAGS))
    expected = re.sub(pattern, lambda match: " " * len(match.group()), text)
    found = without_tags(tf.constant([text])).numpy()[0].decode()
    assert found == expected
    tokens, start, end = next(rows(tokenize(tf.constant([found]), "en")))
    assert all(text[a:b] == token for token, a, b in zip(tokens, start, end, strict=True))


def truncated(row, length, keep):
    """What is kept of a row, and where it stood, in plain Python."""
    places = list(range(len(row)))
    if length is not None and len(row) > length:
        head = {"head": length, "tail": 0, "both": length // 4}[keep]
        places = places[:head] + places[len(row) - (length - head) :]
    return [row[place] for place in places], places


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 14), min_size=1, max_size=5),
    length=st.one_of(st.none(), st.integers(1, 16)),
    keep=st.sampled_from(["head", "tail", "both"]),
)
def test_truncate_is_a_loop_over_rows(lengths, length, keep):
    texts = [[f"w{place}" for place in range(size)] for size in lengths]
    width = max(1, *lengths)
    tokens = tf.constant([row + [""] * (width - len(row)) for row in texts])
    found, places = (each.numpy() for each in truncate(tokens, length, keep))
    assert found.shape == places.shape == (len(texts), min(width, length or width))
    assert places.dtype == np.int32
    for row, kept, where in zip(texts, found, places, strict=True):
        expected, at = truncated(row, length, keep)
        assert [token.decode() for token in kept[: len(expected)]] == expected
        assert where[: len(expected)].tolist() == at
        assert (kept[len(expected) :] == b"").all()


def test_truncate_names_bad_arguments():
    tokens = tf.constant([["a"]])
    with pytest.raises(ValueError, match=r"`length` must be None or at least 1\. Received: 0"):
        truncate(tokens, 0)
    with pytest.raises(ValueError, match=r"`keep` must be one of 'head', 'tail', 'both'\."):
        truncate(tokens, 3, "middle")
