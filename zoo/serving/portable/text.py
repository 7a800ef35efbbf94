"""From texts to ids in plain Python: what `zoo.data` does in TensorFlow graphs, token by token.

The rules are the same (`zoo.data.token_patterns`), read by another engine; tests hold both against
each other on treebanks and on any Unicode.
"""

import functools

import numpy as np
import regex

from zoo.data.token_patterns import CUT, CUTS, SHAPES, SPACE, TAGS, TOKEN

PADDING_ID, UNKNOWN_ID, END_ID = 0, 1, 2
WORD_START = "▁"
MOST_WORDS = 1 << 16  # Whose ids are remembered.


def compiled(pattern):
    r"""Compiles a regular expression of RE2, to which `\w`, `\d`, `\s` and `\b` are ASCII's.

    Example:

    >>> compiled(r"\x{2D}\d+\b").findall("-12 -٣")
    ['-12']
    """
    pattern = regex.sub(r"\\x\{(\w+)\}", lambda found: rf"\U{found[1]:0>8}", pattern)
    word = "0-9A-Za-z_"
    edge = f"(?<=[{word}])(?![{word}])|(?<![{word}])(?=[{word}])"
    pattern = pattern.replace(r"\b", f"(?-i:{edge})")
    # Inside of brackets, and outside.
    for sign, letters in ((r"\w", word), (r"\d", "0-9"), (r"\s", r"\t\n\f\r ")):
        pattern = regex.sub(
            r"\[(?:\\.|[^\]\\])*\]", lambda m, s=sign, x=letters: m[0].replace(s, x), pattern
        )
        pattern = pattern.replace(sign, f"[{letters}]")
    return regex.compile(pattern.replace("$", r"\Z"), regex.VERSION0)


_SPACE = compiled(SPACE)
_CUTS = {language: [compiled(each) for each in rules] for language, rules in CUTS.items()}
_TOKEN = compiled(f"([ {CUT}]*)({TOKEN})")
_TAGS = [(compiled(f"(?i){pattern}"), " " * length) for length, pattern in TAGS.items()]
_SHAPES = [(compiled(pattern), sign) for pattern, sign in SHAPES]
# Letters whose lower case is younger than TensorFlow's tables of Unicode stay as they are.
_OLD = regex.compile("[^\u2c2f\ua7c0\ua7cb-\ua7dc\U00010570-\U00010595\U00010d50-\U00010d65]+")
_DIGIT = regex.compile("[0-9]")


def decoded(text):
    """Reads bytes of UTF-8; what is none becomes U+FFFD, byte for byte."""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def tokenize(text, language=""):
    """Cuts a text into tokens, as `zoo.data.tokenizer.tokenize` does.

    Args:
        text: A string, or its bytes.
        language: ISO code whose contractions are cut.

    Returns:
        Tokens, where each starts and where each ends: lists, of strings and of numbers.

    Example:

    >>> tokenize("I don't, do I?", "en")
    (['I', 'do', "n't", ',', 'do', 'I', '?'], [0, 2, 4, 7, 9, 12, 13], [1, 4, 7, 8, 11, 13, 14])
    """
    text = _SPACE.sub(" ", decoded(text))
    for pattern in _CUTS.get(language, ()):
        text = pattern.sub(rf"\1{CUT}\2", text)
    tokens, starts, ends, place, end = [], [], [], 0, 0
    for found in _TOKEN.finditer(text):
        # What no token holds, in front of this one, is skipped.
        place += len(text[end : found.start(2)].replace(CUT, ""))
        token = found[2].replace(CUT, "")
        end = found.end()
        if token:
            tokens.append(token)
            starts.append(place)
            ends.append(place + len(token))
        place += len(token)
    return tokens, starts, ends


def without_tags(text):
    """Replaces the commonest tags of HTML by as many spaces."""
    text = decoded(text)
    for pattern, spaces in _TAGS:
        text = pattern.sub(spaces, text)
    return text


def kept_places(number, length, keep):
    """Places of the tokens that are read of so many, as `zoo.data.tokenizer.truncate` has it.

    Example:

    >>> kept_places(6, 4, "both")
    [0, 3, 4, 5]
    """
    if length is None or number <= length:
        return list(range(number))
    head = {"head": length, "tail": 0, "both": length // 4}[keep]
    return [*range(head), *range(number - length + head, number)]


class TokenEncoder:
    """Looks up the ids of tokens and of their characters, as `zoo.data.text.TokenEncoder` does.

    Args:
        words: As there.
        characters: As there.
        lowercase: As there.
        max_characters: As there.
        shapes: As there.
        digits: As there.

    Example:

    >>> encoder = TokenEncoder(["the"], ["T", "e", "h"])
    >>> {name: ids.tolist() for name, ids in encoder([["The", "cow"], ["the"]]).items()}
    {'tokens': [[2, 1], [2, 0]], 'characters': [[[2, 4, 3], [1, 1, 1]], [[1, 4, 3], [0, 0, 0]]]}
    """

    def __init__(
        self, words, characters, *, lowercase=True, max_characters=24, shapes=None, digits=False
    ):
        self.words = list(words)
        self._ids = _numbered(words)
        self._characters = None if characters is None else _numbered(characters)
        self._shapes = None if shapes is None else _numbered(shapes)
        self._lowercase, self._digits = lowercase, digits
        self._most = max_characters
        self._known = functools.lru_cache(MOST_WORDS)(self._look_up)

    def __call__(self, rows, *, characters=True):
        """Encodes sentences.

        Args:
            rows: A list of lists of strings, `""` where there is no token.
            characters: Whether to read characters, if the encoder knows some.

        Returns:
            A dictionary of int32 arrays, at least one step wide: `tokens` `(batch, time)` and,
            where they are read, `shapes`, likewise, and `characters`, with one more axis.
        """
        width = max(1, *map(len, rows)) if rows else 1
        found = [[self._known(token) for token in row] for row in rows]
        ids = {"tokens": np.zeros((len(rows), width), "int32")}
        characters = characters and self._characters is not None
        if characters:
            longest = max((len(each[1]) for row in found for each in row), default=0)
            ids["characters"] = np.zeros((len(rows), width, max(1, longest)), "int32")
        if self._shapes is not None:
            ids["shapes"] = np.zeros_like(ids["tokens"])
        for i, row in enumerate(found):
            ids["tokens"][i, : len(row)] = [each[0] for each in row]
            if self._shapes is not None:
                ids["shapes"][i, : len(row)] = [each[2] for each in row]
            if characters:
                for j, (_, letters, _) in enumerate(row):
                    ids["characters"][i, j, : len(letters)] = letters
        return ids

    def _look_up(self, token):
        """Ids of a token, of its characters and of its shape."""
        word, letters, shape = token, (), token
        if self._lowercase:
            word = word.replace("\0", "\N{REPLACEMENT CHARACTER}")
            word = _OLD.sub(lambda found: found[0].lower(), word)
        if not self._digits:
            word = _DIGIT.sub("0", word)
        if self._characters is not None:
            letters = tuple(self._characters.get(each, UNKNOWN_ID) for each in token[: self._most])
        if self._shapes is not None:
            for pattern, sign in _SHAPES:
                shape = pattern.sub(sign, shape)
            shape = self._shapes.get(shape, UNKNOWN_ID)
        return self._ids.get(word, UNKNOWN_ID), letters, shape


class SubwordEncoder:
    """Cuts texts into pieces and writes texts of ids, as `zoo.data.subwords.SubwordEncoder` does.

    Args:
        words: The known pieces, `"</s>"` first.

    Example:

    >>> encoder = SubwordEncoder(["</s>", "▁a", "▁d", "og"])
    >>> encoder.cut("a dog"), encoder(["a dog", "a"]).tolist(), encoder.text([3, 4, 5, 2, 0])
    (['▁a', '▁d', 'og'], [[3, 4, 5, 2], [3, 2, 0, 0]], 'a dog')
    """

    def __init__(self, words):
        self.written = ["", "", "", *words[1:]]
        self._ids = _numbered(words)
        self._longest = max(map(len, words))
        self._cut_word = functools.lru_cache(MOST_WORDS)(self._pieces)

    def cut(self, text):
        """Cuts a text into a list of pieces, the end not among them."""
        text = _SPACE.sub(" ", decoded(text)).replace(WORD_START, " ")
        return [piece for word in text.split(" ") if word for piece in self._cut_word(word)]

    def _pieces(self, word):
        word, found, place = WORD_START + word, [], 0
        while place < len(word):
            sizes = range(min(self._longest, len(word) - place), 1, -1)
            known = (n for n in sizes if self._ids.get(word[place : place + n], 0) > END_ID)
            size = next(known, 1)
            found.append(word[place : place + size])
            place += size
        return found

    def __call__(self, texts):
        """Encodes texts: int32 `(batch, time)`, ids of the pieces, the end, then padding."""
        rows = [[*(self._ids.get(p, UNKNOWN_ID) for p in self.cut(t)), END_ID] for t in texts]
        ids = np.zeros((len(rows), max(map(len, rows), default=1)), "int32")
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
        return ids

    def text(self, ids):
        """Writes the text of ids; padding, the end and what is unknown write nothing."""
        text = "".join(self.written[each] for each in ids).replace(WORD_START, " ")
        return text.strip("\t\n\v\f\r ")


def _numbered(items):
    known = {"": PADDING_ID, "[UNK]": UNKNOWN_ID}
    return known | {item: place + 2 for place, item in enumerate(items)}
