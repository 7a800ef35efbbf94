"""From raw text to pieces of words and back, inside a TensorFlow graph.

A word is read as the longest known pieces from left to right. A space is part of the piece after
it, written `▁`, so pieces put together again are the text.
"""

import collections
import heapq
import itertools

import numpy as np

from zoo.data.text import frequent

SPACE = "▁"
END, END_ID = "</s>", 2
TEXTS_AT_A_TIME = 2000


class SubwordEncoder:
    """Cuts texts into pieces and looks up their ids, and writes texts of ids.

    Id 0 is padding, id 1 is a character that was not seen in training, id 2 ends a text, or begins
    what is to be written.

    Args:
        words: The known pieces, `"</s>"` first; those that begin a word begin with `▁`.

    Reference:
        Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", for
        how `fit` finds pieces; Kudo and Richardson 2018, "SentencePiece", for the mark of spaces;
        Uzan et al. 2024, "Greed is All You Need: An Evaluation of Tokenizer Inference Methods",
        for the longest piece first.

    Example:

    >>> encoder = SubwordEncoder.fit(["a dog barks", "a cat", "dogs bark"], pieces=16)
    >>> ids = encoder(["a dog barks", "a dark dog"])
    >>> ids.shape[0], encoder.text(ids)
    (2, ['a dog barks', 'a dark dog'])
    """

    def __init__(self, words):
        import tensorflow as tf

        if not words or words[0] != END:
            raise ValueError(f"`words` must begin with {END!r}. Received: {words[:3]}")
        self.words = list(words)
        self._longest = max(map(len, self.words))
        entries = tf.lookup.KeyValueTensorInitializer(
            tf.constant(self.words), tf.range(2, len(self.words) + 2, dtype=tf.int32)
        )
        self.table = tf.lookup.StaticHashTable(entries, default_value=1)
        self._written = tf.constant(["", "", "", *self.words[1:]])

    @classmethod
    def fit(cls, texts, *, pieces=None, min_count=1):
        """Makes the encoder of a training split.

        Args:
            texts: A list of strings.
            pieces: Most ids, counting padding and unknown, for pieces that are found by merging the
                most frequent pair of neighbours again and again, within words; or `None` to know
                whole words, which spaces part, and nothing smaller.
            min_count: How often a piece, or a word, must occur to be known; single characters, if
                there are any, must occur twice.

        Returns:
            A `SubwordEncoder`, its pieces sorted by falling frequency.

        Raises:
            ValueError: If `pieces` are too few for the single characters that are known.
        """
        if pieces is None:
            counts = collections.Counter(SPACE + word for text in texts for word in text.split())
            return cls([END, *frequent(counts, min_count)])
        counts = _marked_words(texts)
        letters = collections.Counter()
        for word, count in counts.items():
            for letter in word:
                letters[letter] += count
        kept = frequent(letters, 2)
        if pieces < 3 + len(kept):
            raise ValueError(
                f"`pieces` must be at least {3 + len(kept)}, for padding, unknown, the end and the "
                f"{len(kept)} characters that occur twice. Received: {pieces}"
            )
        found = _merge(counts, set(kept), pieces - 3 - len(kept))
        # Some pieces were but a step to longer ones, and are read no more.
        used = cls([END, *kept, *found]).count(texts)
        rare = {piece for piece in found if used[piece] < min_count}
        if rare:
            used = cls([END, *kept, *(piece for piece in found if piece not in rare)]).count(texts)
        return cls([END, *frequent(used | collections.Counter(kept))])

    @property
    def sizes(self):
        """Number of ids, counting padding and unknown, by the name that builders give it."""
        return {"vocabulary_size": len(self.words) + 2}

    def cut(self, texts):
        """Cuts texts into pieces.

        Args:
            texts: Strings `(batch,)`.

        Returns:
            A ragged string tensor `(batch, pieces)`, the end not among them.
        """
        import tensorflow as tf

        from zoo.data import tokenizer

        texts = tf.strings.regex_replace(tokenizer.valid_utf8(texts), tokenizer.SPACE, " ")
        words = tf.strings.split(tf.strings.regex_replace(texts, SPACE, " "))
        different, places = tf.unique(SPACE + words.flat_values)
        pieces = tf.gather(self._cut_words(different), places)
        return words.with_flat_values(pieces).merge_dims(1, 2)

    def _cut_words(self, words):
        """Cuts words `(words,)` into a ragged tensor of pieces."""
        import tensorflow as tf

        from zoo.data.tokenizer import at_least_one_step

        # A loop over nothing cannot be stacked inside a graph.
        letters = at_least_one_step(tf.strings.unicode_split(words, "UTF-8").to_tensor(""))
        count, width = tf.unstack(tf.shape(letters))
        after = tf.concat([letters, tf.fill([count, self._longest], "")], axis=1)
        piece = longest = letters  # At each letter.
        size = tf.ones_like(letters, tf.int32)
        for length in range(2, self._longest + 1):
            last = after[:, length - 1 : length - 1 + width]
            piece += last
            known = (last != "") & (self.table.lookup(piece) > END_ID)
            longest, size = tf.where(known, piece, longest), tf.where(known, length, size)

        def walk(before, column):
            place, of_longest = column
            begins = before[0] == place
            return tf.where(begins, place + of_longest, before[0]), begins

        start = tf.zeros([count], tf.int32), tf.zeros([count], tf.bool)
        _, begins = tf.scan(walk, (tf.range(width), tf.transpose(size)), start)
        return tf.ragged.boolean_mask(longest, tf.transpose(begins) & (letters != ""))

    def __call__(self, texts):
        """Encodes texts.

        Args:
            texts: Strings `(batch,)`.

        Returns:
            int32 `(batch, time)`: ids of the pieces, then the end, then padding.
        """
        import tensorflow as tf

        ids = self.table.lookup(self.cut(texts))
        ids = tf.concat([ids, tf.fill([ids.nrows(), 1], END_ID)], axis=1).to_tensor(0)
        # Of no texts, too, one step.
        return tf.pad(ids, [[0, 0], [0, tf.maximum(1 - tf.shape(ids)[1], 0)]])

    def write(self, ids):
        """Writes the texts of ids, `(batch, time)`, as a string tensor `(batch,)`.

        Padding, the end and what is unknown write nothing.
        """
        import tensorflow as tf

        texts = tf.strings.reduce_join(tf.gather(self._written, ids), axis=-1)
        return tf.strings.strip(tf.strings.regex_replace(texts, SPACE, " "))

    def text(self, ids):
        """Writes the texts of ids, `(batch, time)`, as a list of strings."""
        return [text.decode() for text in self.write(ids).numpy()]

    def count(self, texts):
        """Counts the pieces of texts."""
        counts, words = collections.Counter(), collections.Counter()
        for text in texts:
            words.update(text.split())
        different = list(words)
        for first in range(0, len(different), TEXTS_AT_A_TIME):
            several = different[first : first + TEXTS_AT_A_TIME]
            for word, pieces in zip(several, self.cut(several).to_list(), strict=True):
                for piece in pieces:
                    counts[piece.decode()] += words[word]
        known = set(self.words)
        return collections.Counter({key: count for key, count in counts.items() if key in known})


def _marked_words(texts):
    """Counts words and signs, those after a space with its mark."""
    from zoo.data.tokenizer import tokenize

    counts = collections.Counter()
    for first in range(0, len(texts), TEXTS_AT_A_TIME):
        tokens, start, end = map(np.array, tokenize(texts[first : first + TEXTS_AT_A_TIME]))
        apart = np.ones_like(tokens, bool)
        apart[:, 1:] = start[:, 1:] > end[:, :-1]
        for mark, which in ((SPACE, apart), ("", ~apart)):
            counts.update(mark + token.decode() for token in tokens[which & (tokens != b"")])
    return counts


def _merge(counts, letters, merges):
    """Finds pieces: merges, so many times, the pair of neighbours that is most frequent."""
    words, numbers = [list(word) for word in counts], list(counts.values())
    pairs, places = collections.Counter(), collections.defaultdict(set)

    def tally(place, sign):
        for pair in itertools.pairwise(words[place]):
            if letters.issuperset("".join(pair)):
                pairs[pair] += sign * numbers[place]
                places[pair].add(place)
                changed.add(pair)

    changed = set()
    for place in range(len(words)):
        tally(place, 1)
    queue, found = [], {}
    while len(found) < merges:
        for pair in changed:
            heapq.heappush(queue, (-pairs[pair], pair))
        changed.clear()
        # The queue still holds what pairs counted before other merges.
        while queue and -queue[0][0] != pairs[queue[0][1]]:
            heapq.heappop(queue)
        if not queue or queue[0][0] > -2:
            break
        _, best = heapq.heappop(queue)
        found["".join(best)] = None
        for place in places.pop(best):
            tally(place, -1)
            words[place] = _merged(words[place], best)
            tally(place, 1)
    return list(found)


def _merged(word, pair):
    """Puts a pair together wherever a word has it.

    Example:

    >>> _merged(list("banana"), ("a", "n"))
    ['b', 'an', 'an', 'a']
    """
    found = []
    for piece in word:
        if found and (found[-1], piece) == pair:
            found[-1] += piece
        else:
            found.append(piece)
    return found
