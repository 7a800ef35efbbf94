"""What words look like to a tagger that reads their characters: found out once for each."""

import numpy as np

MOST = 1 << 16  # Words that are remembered; then all are forgotten.
AT_A_TIME = 32  # So few that what is made of their characters stays in the cache.


class WordVectors:
    """Vectors of words, which depend on nothing but their characters.

    Args:
        session: The graph, from the `characters` of words, one a row, to `vectors`.
        encoder: The `zoo.serving.portable.text.TokenEncoder`.
    """

    def __init__(self, session, encoder):
        self._session, self._encoder = session, encoder
        self._forget()

    def __call__(self, rows, width):
        """Gives the vectors of sentences.

        Args:
            rows: Lists of strings.
            width: Steps to pad each to.

        Returns:
            Float32 `(batch, width, features)`.
        """
        new = {token for row in rows for token in row if token not in self._places}
        if len(self._places) + len(new) > MOST:
            self._forget()
            new = {token for row in rows for token in row} - {""}
        self._learn(sorted(new, key=len))
        places = np.zeros((len(rows), width), int)
        for row, tokens in zip(places, rows, strict=True):
            row[: len(tokens)] = [self._places[token] for token in tokens]
        return self._vectors[places]

    def _forget(self):
        self._places, self._vectors = {}, None
        self._learn([""])

    def _learn(self, words):
        """Encodes words, those of like length together."""
        for first in range(0, len(words), AT_A_TIME):
            some = words[first : first + AT_A_TIME]
            characters = self._encoder([some])["characters"][0]
            found = self._session(characters=characters)["vectors"]
            start = len(self._places)
            end = start + len(some)
            if self._vectors is None:
                self._vectors = np.empty((AT_A_TIME, found.shape[1]), "float32")
            while end > len(self._vectors):
                self._vectors = np.concatenate([self._vectors, np.empty_like(self._vectors)])
            self._vectors[start:end] = found
            self._places.update(zip(some, range(start, end), strict=True))
