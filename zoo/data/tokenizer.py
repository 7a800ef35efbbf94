"""A tokenizer in plain `tf.strings`, so that it travels inside a SavedModel.

It makes the tokens that Universal Dependencies make of running text, as far as a few rules can.
A rule that cuts a word marks the place first; then one alternation reads the text from left to
right. Everything that is not a space belongs to exactly one token.
"""

import tensorflow as tf

from zoo.data.token_patterns import CLOSE, CUT, CUTS, OPEN, SPACE, TAGS, TOKEN

KEEP = ("head", "tail", "both")


def tokenize(text, language=""):
    """Cuts texts into tokens.

    Spaces of any script separate; an emoji with its joiners and modifiers is one token; numbers,
    addresses and abbreviations stay whole; punctuation stands alone. Bytes that are not UTF-8
    become U+FFFD.

    Args:
        text: String tensor `(batch,)`.
        language: ISO code whose contractions are cut as its treebanks do (`CUTS`), or another.

    Returns:
        `tokens`, string `(batch, time)`, padded with `""` to at least one step, `start` and `end`,
        int32 `(batch, time)`: offsets into `text` in code points, 0 where padded.

    Example:

    >>> tokens, start, end = tokenize(tf.constant(["I don't, do I?"]), "en")
    >>> tokens.numpy()[0].tolist()
    [b'I', b'do', b"n't", b',', b'do', b'I', b'?']
    >>> start.numpy()[0].tolist()
    [0, 2, 4, 7, 9, 12, 13]
    """
    text = tf.strings.regex_replace(valid_utf8(text), SPACE, " ")
    for pattern in CUTS.get(language, ()):
        text = tf.strings.regex_replace(text, pattern, rf"\1{CUT}\2")
    text = tf.strings.regex_replace(text, f"([ {CUT}]*)({TOKEN})", rf"\1{OPEN}\2{CLOSE}")
    pieces = tf.strings.split(text, CLOSE)
    pieces = tf.ragged.boolean_mask(pieces, tf.strings.regex_full_match(pieces, f"(?s).*{OPEN}.*"))
    pieces = at_least_one_step(pieces.to_tensor(""))
    tokens = tf.strings.regex_replace(pieces, f"(?s)^.*{OPEN}|{CUT}", "")
    skipped = tf.strings.regex_replace(pieces, f"(?s){OPEN}.*|{CUT}", "")
    token_length = tf.strings.length(tokens, unit="UTF8_CHAR")
    skipped_length = tf.strings.length(skipped, unit="UTF8_CHAR")
    end = tf.cumsum(skipped_length + token_length, axis=1)
    real = tf.cast(tokens != "", tf.int32)
    return tokens, (end - token_length) * real, end * real


def without_tags(text):
    """Replaces the commonest tags of HTML by as many spaces, so that offsets stay what they were.

    Example:

    >>> without_tags(tf.constant(["good<br /><br />but <i>long</i>"])).numpy()[0]
    b'good            but    long    '
    """
    for length, pattern in TAGS.items():
        text = tf.strings.regex_replace(text, f"(?i){pattern}", " " * length)
    return text


def truncate(tokens, length, keep="head"):
    """Cuts long rows short.

    Args:
        tokens: String `(batch, time)`, padded with `""`.
        length: How many tokens to keep of a row at most, or `None` to keep all.
        keep: Which: the `"head"`, the `"tail"`, or `"both"`, a quarter of them from the head.

    Returns:
        `tokens`, likewise, at most `length` wide, and `places`, int32 of the same shape: where in
        its row each token stood.

    Raises:
        ValueError: If `length` or `keep` is not one of those.

    Reference:
        Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?", for head and tail.

    Example:

    >>> tokens, places = truncate(tf.constant([list("abcdef"), list("xy") + [""] * 4]), 4, "both")
    >>> tokens.numpy().tolist(), places.numpy()[0].tolist()
    ([[b'a', b'd', b'e', b'f'], [b'x', b'y', b'', b'']], [0, 3, 4, 5])
    """
    if length is not None and length < 1:
        raise ValueError(f"`length` must be None or at least 1. Received: {length}")
    if keep not in KEEP:
        known = ", ".join(map(repr, KEEP))
        raise ValueError(f"`keep` must be one of {known}. Received: {keep!r}")
    places = tf.zeros_like(tokens, tf.int32) + tf.range(tf.shape(tokens)[1])
    if length is None:
        return tokens, places
    head = {"head": length, "tail": 0, "both": length // 4}[keep]
    lengths = tf.reduce_sum(tf.cast(tokens != "", tf.int32), axis=1, keepdims=True)
    skipped = tf.where(places < head, 0, tf.maximum(lengths - length, 0))
    places = tf.minimum((places + skipped)[:, :length], tf.shape(tokens)[1] - 1)
    return tf.gather(tokens, places, batch_dims=1), places


def valid_utf8(text):
    """Replaces every invalid byte of a string tensor by U+FFFD."""
    return tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")


def at_least_one_step(tokens):
    """Pads string `(batch, time)` with `""` to one step where time is 0."""
    batch, time = tf.unstack(tf.shape(tokens))
    return tf.concat([tokens, tf.fill([batch, tf.maximum(1 - time, 0)], "")], axis=1)
