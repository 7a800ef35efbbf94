"""Looking up tokens: the same in Python's eyes and in the graph."""

import numpy as np
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoo.data.text import TokenEncoder, normalize

TRAIN = [["The", "dog", "saw", "the", "Dog", "1999"], ["naïve", "Ä", "dog", "the", "2024"]]


def test_ids_by_frequency_then_code_point():
    encoder = TokenEncoder.fit(TRAIN)
    assert encoder.words == ["dog", "the", "0000", "naïve", "saw", "ä"]
    assert encoder(["THE", "dog", "3456", "cat", ""])["tokens"].numpy().tolist() == [3, 2, 4, 1, 0]


def test_min_count_and_sizes():
    encoder = TokenEncoder.fit(TRAIN, min_count=2)
    assert encoder.words == ["dog", "the", "0000"]
    assert encoder.sizes == {
        "vocabulary_size": 5,
        "character_vocabulary_size": len(encoder.characters) + 2,
    }
    assert TokenEncoder.fit(TRAIN, characters=False).sizes == {"vocabulary_size": 8}


def test_case_can_be_kept():
    encoder = TokenEncoder.fit(TRAIN, lowercase=False)
    assert {"Dog", "dog", "The", "the"} <= set(encoder.words)


def test_characters_keep_case_and_are_cut_at_the_most():
    encoder = TokenEncoder(["ab"], ["a", "b", "A"], max_characters=3)
    ids = encoder([["Ab?ba", ""], ["a", "b"]])["characters"].numpy()
    assert ids.tolist() == [[[4, 3, 1], [0, 0, 0]], [[2, 0, 0], [3, 0, 0]]]


def test_sentences_of_different_lengths_are_padded_on_the_right():
    encoder = TokenEncoder.fit(TRAIN)
    given = encoder([["The", "dog", "saw"], [], ("Dog",)])
    padded = encoder(tf.constant([["The", "dog", "saw"], ["", "", ""], ["Dog", "", ""]]))
    for name, ids in padded.items():
        np.testing.assert_array_equal(given[name], ids)
    assert encoder([[]])["tokens"].shape == (1, 1)


def test_graph_and_eager_agree():
    encoder = TokenEncoder.fit(TRAIN)
    tokens = tf.constant([["The", "dog"], ["", "Ä"]])
    for eager, graph in zip(
        encoder(tokens).values(), tf.function(encoder.__call__)(tokens).values(), strict=True
    ):
        np.testing.assert_array_equal(eager, graph)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
@example(["\x00", "A\x00B"])
def test_any_text_is_encoded(tokens):
    encoder = TokenEncoder.fit([tokens])
    ids = {name: value.numpy() for name, value in encoder(tokens).items()}
    assert (ids["tokens"] > 1).all(), "every word of the training text is known"
    lengths = (ids["characters"] != 0).sum(axis=1)
    # A character that is the empty string to no one: every code point counts once.
    assert lengths.tolist() == [min(len(token), encoder.max_characters) for token in tokens]


def test_normalize_is_idempotent():
    words = ["Straße", "İstanbul", "ΟΔΟΣ", "1a2"]
    assert normalize(normalize(words)) == normalize(words)


def test_a_text_may_hold_what_stands_for_the_unknown():
    encoder = TokenEncoder.fit([["[UNK]", "a", ""]], lowercase=False)
    assert encoder.words == ["a"]
    assert encoder(["[UNK]", "a", ""])["tokens"].numpy().tolist() == [1, 2, 0]


def test_rare_characters_are_as_rare_as_words():
    every, most = (TokenEncoder.fit([["ab", "ac"]], min_count=n) for n in (1, 3))
    assert (every.characters, most.characters) == (["a", "b", "c"], ["a"])


def test_digits_can_be_kept():
    kept = TokenEncoder(["1999", "0000"], None, digits=True)
    assert kept(["1999", "0000", "2024"])["tokens"].numpy().tolist() == [2, 3, 1]
    assert TokenEncoder(["1999", "0000"], None)(["1999"])["tokens"].numpy().tolist() == [3]
    assert normalize(["A1"], digits=True) == ["a1"]
