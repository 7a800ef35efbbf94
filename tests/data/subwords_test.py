"""Pieces of words: they are the text, they are found by merging, and the longest is read first."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from zoo.data.subwords import END, END_ID, SubwordEncoder

TEXTS = [
    "low lower lowest",
    "new newer newest , the widest",
    "The low , the new : wider !",
    "Wider? the lower low.",
]


@pytest.fixture(scope="module")
def encoder():
    return SubwordEncoder.fit(TEXTS * 2, pieces=45)


def pieces(encoder, text):
    return [piece.decode() for piece in encoder.cut([text])[0].numpy()]


def test_a_text_comes_back_but_for_its_spaces(encoder):
    assert encoder.text(encoder(TEXTS)) == TEXTS
    assert encoder.text(encoder(["  new\t\u00a0low \n", ""])) == ["new low", ""]


def test_ids_end_in_the_end_and_padding(encoder):
    ids = encoder(["low", "low new !", ""]).numpy()
    assert ids.dtype == np.int32 and len(ids) == 3
    assert ids[2].tolist() == [END_ID] + [0] * (ids.shape[1] - 1)
    for row in ids:
        (end,) = np.flatnonzero(row == END_ID)
        assert (row[:end] > END_ID).all() and not row[end + 1 :].any()


def test_merges_the_most_frequent_pair_again_and_again():
    """By hand: of "▁abab ▁abc" the pair (a, b) is met three times, then (▁, ab) twice."""
    found = SubwordEncoder.fit(["abab abc", "c"], pieces=3 + 4 + 1)
    assert set(found.words) == {END, "▁", "a", "b", "c", "ab"}
    found = SubwordEncoder.fit(["abab abc", "c"], pieces=3 + 4 + 2)
    assert set(found.words) == {END, "▁", "a", "b", "c", "ab", "▁ab"}


def test_the_longest_piece_is_read_first():
    encoder = SubwordEncoder([END, "▁", "a", "b", "c", "ab", "▁ab", "bc", "abc"])
    assert pieces(encoder, "abc abcab cab") == ["▁ab", "c", "▁ab", "c", "ab", "▁", "c", "ab"]


def test_longest_first_is_what_a_plain_loop_says(encoder):
    rng = np.random.default_rng(0)
    known = set(encoder.words[1:])
    for _ in range(30):
        word = "".join(rng.choice(list("lowernstdi"), rng.integers(1, 12)))
        expected, rest = [], f"▁{word}"
        while rest:
            size = next((n for n in range(len(rest), 1, -1) if rest[:n] in known), 1)
            expected.append(rest[:size])
            rest = rest[size:]
        assert pieces(encoder, word) == expected


def test_what_was_never_seen_is_unknown_and_not_written(encoder):
    ids = encoder(["low 🐶 new"])
    assert (ids.numpy() == 1).sum() == 1
    assert encoder.text(ids) == ["low new"] or encoder.text(ids) == ["low  new"]
    assert encoder.text([[1, 1, END_ID, 0]]) == [""]


def test_takes_any_bytes(encoder):
    for text in (b"\xff\xfe low", b"\x00", "e\u0301".encode(), b"</s>", "▁low".encode()):
        ids = encoder([text]).numpy()
        assert (ids[0] == END_ID).sum() == 1 and ids[0, -1] == END_ID


def test_whole_words():
    encoder = SubwordEncoder.fit(["turn left", "jump and turn left", "turn"], min_count=2)
    assert encoder.words == [END, "▁turn", "▁left"]
    assert encoder.sizes == {"vocabulary_size": 5}
    assert encoder(["turn left"]).numpy().tolist() == [[3, 4, 2]]


def test_counts_what_it_cuts(encoder):
    expected = collections.Counter(
        piece.decode() for piece in encoder.cut(TEXTS).flat_values.numpy()
    )
    assert encoder.count(TEXTS) == expected


def test_rare_pieces_are_left_out():
    texts = ["banana band"] * 9 + ["zebra zebra"]
    every, frequent = (SubwordEncoder.fit(texts, pieces=40, min_count=n) for n in (1, 5))
    assert "▁zebra" in every.words and "▁zebra" not in frequent.words
    assert "▁banana" in frequent.words
    assert frequent.text(frequent(["zebra"])) == ["zebra"]  # Its letters are known.


def test_letters_need_ids_of_their_own():
    with pytest.raises(ValueError, match=r"must be at least 7, .* the 4 characters .* Received: 6"):
        SubwordEncoder.fit(["abab abc", "c"], pieces=6)
    assert SubwordEncoder.fit(["abab abc", "c"], pieces=7).sizes == {"vocabulary_size": 7}


def test_runs_inside_a_graph(encoder):
    graph = tf.function(encoder.__call__, input_signature=[tf.TensorSpec([None], tf.string)])
    np.testing.assert_array_equal(graph(TEXTS), encoder(TEXTS))
    assert graph(tf.constant([], tf.string)).shape == (0, 1)


def test_words_must_begin_with_the_end():
    with pytest.raises(ValueError, match="`words` must begin with '</s>'"):
        SubwordEncoder(["a", "b"])
