"""From tokens to ids: the one place where words and characters are looked up.

The encoder is a TensorFlow graph, so the training pipeline and the exported model run the very
same operations.
"""

import collections

from zoo.data.token_patterns import SHAPES

PADDING, UNKNOWN = "", "[UNK]"


class TokenEncoder:
    """Looks up the ids of tokens and of their characters.

    Id 0 is padding (the empty string), id 1 is everything that was not seen in training.

    Args:
        words: The known words, normalized, without padding and unknown.
        characters: The known characters, likewise, or `None` to read words alone.
        lowercase: Whether words are looked up in lower case; characters keep theirs.
        max_characters: How many characters of a word are read; the rest of a longer one is not.
        shapes: The known shapes of words (`shape`), or `None` to read none.
        digits: Whether words are looked up with their digits; otherwise every digit is a 0.

    Example:

    >>> encoder = TokenEncoder.fit([["The", "dogs", "bark"], ["the", "cat"]], min_count=2)
    >>> encoder.words
    ['the']
    >>> encoder(["The", "cow", ""])["tokens"].numpy()
    array([2, 1, 0], dtype=int32)
    >>> encoder(["The", "cow", ""])["characters"].shape
    TensorShape([3, 3])
    >>> encoder([["The", "cow"], ["the"]])["tokens"].numpy()
    array([[2, 1],
           [2, 0]], dtype=int32)
    """

    def __init__(
        self, words, characters, *, lowercase=True, max_characters=24, shapes=None, digits=False
    ):
        self.words = list(words)
        self.characters = None if characters is None else list(characters)
        self.lowercase = lowercase
        self.digits = digits
        self.max_characters = max_characters
        self.tables = {"tokens": _lookup_table(self.words)}
        if characters is not None:
            self.tables["characters"] = _lookup_table(self.characters)
        self.shapes = None if shapes is None else list(shapes)
        if shapes is not None:
            self.tables["shapes"] = _lookup_table(self.shapes)

    @classmethod
    def fit(
        cls,
        sentences,
        *,
        min_count=1,
        characters=True,
        lowercase=True,
        max_characters=24,
        shapes=False,
    ):
        """Makes the encoder of a training split.

        Args:
            sentences: Lists of tokens.
            min_count: How often a word must occur to be known. A character must occur as often,
                or twice where that is less.
            characters: Whether to read characters, too.
            lowercase: As in `TokenEncoder`.
            max_characters: As in `TokenEncoder`.
            shapes: Whether to read the shapes of words, too. A shape must occur twice.

        Returns:
            A `TokenEncoder` whose words, characters and shapes are sorted by falling frequency,
            then by code point.
        """
        tokens = [token for sentence in sentences for token in sentence]
        words = collections.Counter(normalize(tokens, lowercase))
        letters = collections.Counter(letter for token in tokens for letter in token)
        return cls(
            frequent(words, min_count),
            frequent(letters, min(2, min_count)) if characters else None,
            lowercase=lowercase,
            max_characters=max_characters,
            shapes=frequent(collections.Counter(shape(tokens)), 2) if shapes else None,
        )

    @property
    def sizes(self):
        """Numbers of ids, counting padding and unknown, by the names that builders give them."""
        sizes = {"vocabulary_size": len(self.words) + 2}
        if self.characters is not None:
            sizes["character_vocabulary_size"] = len(self.characters) + 2
        if self.shapes is not None:
            sizes["shape_vocabulary_size"] = len(self.shapes) + 2
        return sizes

    def __call__(self, tokens):
        """Encodes tokens.

        Args:
            tokens: String tensor of any shape, `""` where padded; valid UTF-8. Or a list of lists
                of strings, one a sentence, which are padded on the right.

        Returns:
            A dictionary of int32 tensors: `tokens`, of the shape of `tokens`, and, where they are
            read, `shapes`, likewise, and `characters`, with one more axis as wide as the longest
            word, at most `max_characters`.
        """
        import tensorflow as tf

        if isinstance(tokens, list) and tokens and isinstance(tokens[0], list | tuple):
            width = max(1, *map(len, tokens))
            tokens = [[*row, *[PADDING] * (width - len(row))] for row in tokens]
        tokens = tf.convert_to_tensor(tokens, tf.string)
        words = _normalize(tokens, self.lowercase, self.digits)
        ids = {"tokens": self.tables["tokens"].lookup(words)}
        if self.characters is not None:
            letters = tf.strings.unicode_split(tf.reshape(tokens, [-1]), "UTF-8")
            letters = letters[:, : self.max_characters].to_tensor("")
            shape = tf.concat([tf.shape(tokens), tf.shape(letters)[1:]], axis=0)
            ids["characters"] = tf.reshape(self.tables["characters"].lookup(letters), shape)
        if self.shapes is not None:
            ids["shapes"] = self.tables["shapes"].lookup(_shape(tokens))
        return ids


def normalize(tokens, lowercase=True, digits=False):
    """Gives tokens the form in which they are looked up: lower case, every digit a 0.

    Args:
        tokens: A list of strings.
        lowercase: Whether to lower them.
        digits: Whether to keep their digits.

    Returns:
        A list of strings.

    Example:

    >>> normalize(["Route", "66"])
    ['route', '00']
    """
    import tensorflow as tf

    words = _normalize(tf.constant(tokens, tf.string), lowercase, digits)
    return [word.decode() for word in words.numpy()]


def shape(tokens):
    """Gives tokens their shape: X for capitals, x for other letters, 0 for digits, runs cut short.

    Example:

    >>> shape(["McDonald", "USA", "I", "1,000", "don't"])
    ['XxXx', 'XX', 'X', '0,00', "x'x"]
    """
    import tensorflow as tf

    return [word.decode() for word in _shape(tf.constant(tokens, tf.string)).numpy()]


def _shape(tokens):
    import tensorflow as tf

    for pattern, sign in SHAPES:
        tokens = tf.strings.regex_replace(tokens, pattern, sign)
    return tokens


def _normalize(tokens, lowercase, digits):
    import tensorflow as tf

    if lowercase:
        # To ICU, which lowers, a text ends at its first NUL.
        tokens = tf.strings.regex_replace(tokens, r"\x00", "\N{REPLACEMENT CHARACTER}")
        tokens = tf.strings.lower(tokens, encoding="utf-8")
    return tokens if digits else tf.strings.regex_replace(tokens, r"\d", "0")


def frequent(counts, min_count=1):
    """Lists the items that were counted often enough, by falling frequency, then by code point.

    Args:
        counts: A `collections.Counter` of strings.
        min_count: How often an item must occur.

    Returns:
        A list of strings, without padding and unknown, which have ids of their own.

    Example:

    >>> frequent(collections.Counter("banana"), min_count=2)
    ['a', 'n']
    """
    kept = {item for item, count in counts.items() if count >= min_count} - {PADDING, UNKNOWN}
    return sorted(kept, key=lambda item: (-counts[item], item))


def _lookup_table(items):
    import tensorflow as tf

    items = [PADDING, UNKNOWN, *items]
    entries = tf.lookup.KeyValueTensorInitializer(
        tf.constant(items), tf.range(len(items), dtype=tf.int32)
    )
    return tf.lookup.StaticHashTable(entries, default_value=1)
