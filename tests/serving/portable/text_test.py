"""The front without TensorFlow, held against the one inside its graphs: token by token."""

import itertools
import os
import pathlib
import random
import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from zoo.data import subwords, text, tokenizer
from zoo.pretrained import CHECKOUT
from zoo.serving.portable.text import (
    SubwordEncoder,
    TokenEncoder,
    decoded,
    kept_places,
    tokenize,
    without_tags,
)

LANGUAGES = ("en", "fr", "it", "")
ASSIGNED = [
    chr(code)
    for code in range(0x110000)
    if not 0xD800 <= code < 0xE000 and unicodedata.category(chr(code)) != "Cn"
]
# What the rules look at, and what case, spaces and joiners make hard.
HARD = [
    *"aeiostmdnEMAIL'’-._@+:/&·!?*=~1234567890 \t\n\x0b\x1c\x1d\x1e\x1f\x85\u200d\ufe0f<>/pbrihK",
    *"\u017f\u212a\u0130\u0131\0",
    *("n't", "can't", "cannot", "gonna", "http://", "www.", "e-mail", "aujourd'hui", "<br />"),
    *("Mr.", "😀", "👨‍👩‍👧", "🇬🇧", ":-)", "1,000th", "a@b.co", "l'eau", "-t-il", "S.p.A."),
]


def texts(number, seed=0):
    """Texts of hard pieces, common letters and any Unicode."""
    rng = random.Random(seed)

    def piece():
        kind = rng.random()
        if kind < 0.7:
            return rng.choice(HARD)
        return chr(rng.randint(32, 0x250)) if kind < 0.85 else rng.choice(ASSIGNED)

    return ["".join(piece() for _ in range(rng.randint(0, 25))) for _ in range(number)]


def assert_tokens_are_the_same(some, language):
    tokens, start, end = (each.numpy() for each in tokenizer.tokenize(tf.constant(some), language))
    for row, given in enumerate(some):
        number = np.count_nonzero(tokens[row] != b"")
        expected = [
            [token.decode() for token in tokens[row, :number]],
            start[row, :number].tolist(),
            end[row, :number].tolist(),
        ]
        assert list(tokenize(given, language)) == expected, ascii(given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tokens_of_any_unicode(language):
    assert_tokens_are_the_same(texts(1500), language)


def test_bytes_that_are_no_text():
    rng = random.Random(0)
    some = [bytes(rng.choices(range(256), k=rng.randint(1, 8))) for _ in range(2000)]
    found = tokenizer.valid_utf8(tf.constant(some)).numpy()
    assert [decoded(each) for each in some] == [each.decode() for each in found]


def test_tags_of_html():
    some = ["a<br />b<BR>c<i>d</i>", *texts(300)]
    assert [without_tags(each) for each in some] == [
        each.decode() for each in tokenizer.without_tags(tf.constant(some)).numpy()
    ]


@pytest.mark.parametrize("keep", tokenizer.KEEP)
@pytest.mark.parametrize("length", [None, 1, 4, 9])
def test_long_texts_are_cut_at_the_same_places(length, keep):
    for number in (1, 4, 5, 12):
        tokens = tf.constant([["x"] * number])
        _, places = tokenizer.truncate(tokens, length, keep)
        assert kept_places(number, length, keep) == places.numpy()[0].tolist()


@pytest.mark.parametrize("options", [{}, {"lowercase": False, "digits": True, "max_characters": 3}])
def test_ids(options):
    rows = [[token for token in each.split() if token] for each in texts(400)]
    known = dict.fromkeys(itertools.chain(*rows[::2]))
    words = dict.fromkeys(text.normalize(list(known), options.get("lowercase", True)))
    parts = {
        "words": [word for word in words if word],
        "characters": list(dict.fromkeys("".join(known)))[::2],
        "shapes": list(dict.fromkeys(text.shape(list(known)))),
    }
    expected = text.TokenEncoder(**parts, **options)(rows)
    found = TokenEncoder(**parts, **options)(rows)
    assert found.keys() == expected.keys()
    for name, ids in found.items():
        np.testing.assert_array_equal(ids, expected[name].numpy())


def test_ids_of_nothing():
    encoder = TokenEncoder(["a"], ["a"])
    assert {name: ids.shape for name, ids in encoder([[]]).items()} == {
        "tokens": (1, 1),
        "characters": (1, 1, 1),
    }


def test_pieces():
    words = (CHECKOUT / "seq2seq.multi30k_en_de" / "assets" / "pieces.txt").read_text().split("\n")
    here, there = SubwordEncoder(words), subwords.SubwordEncoder(words)
    some = ["", " ", "▁ a▁b", "A man rides a bicycle .", "Zwei Hunde im Schnee", *texts(500)]
    np.testing.assert_array_equal(here(some), there(some).numpy())
    ids = np.random.default_rng(0).integers(0, len(words) + 2, (200, 12))
    assert [here.text(row) for row in ids] == there.text(ids)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_tokens_of_the_treebanks(language):
    """Needs the treebanks in TFDS_DATA_DIR."""
    from zoo.data import tagging

    folder = os.environ.get("TFDS_DATA_DIR")
    if not folder:
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with the treebanks")
    for path in sorted(pathlib.Path(folder, "universal_dependencies").glob("[a-z]*_*")):
        sentences = tagging.read(f"universal_dependencies/{path.name}", "test").tokens
        assert_tokens_are_the_same([" ".join(tokens) for tokens in sentences], language)
