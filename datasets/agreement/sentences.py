"""Sentences whose verb agrees with a noun that may stand far before it."""

import typing

NUMBERS = ("singular", "plural")

_PEOPLE = [
    "man", "boy", "girl", "farmer", "teacher", "doctor", "neighbour", "driver", "nurse", "pilot",
    "writer", "singer",
]  # fmt: skip
_THINGS = [
    "dog", "cat", "hat", "car", "house", "garden", "picture", "letter", "table", "window", "boat",
    "tree", "bird", "horse", "bottle", "basket", "lamp", "road", "bridge", "coat",
]  # fmt: skip
_IRREGULAR = {"man": "men"}
_ADJECTIVES = ["old", "young", "red", "small", "quiet", "tall", "famous", "strange", "green", "new"]
_PREPOSITIONS = ["near", "behind", "beside", "above", "opposite", "before", "with", "without"]
_SAW = ["saw", "liked", "painted", "followed", "found", "missed", "called", "remembered"]
_ADVERBS = ["often", "still", "now", "probably", "rarely", "always"]
_VERBS = [("is", "are"), ("was", "were"), ("has", "have"), ("looks", "look"), ("seems", "seem")]
_ENDS = {
    "is": ["ready", "here", "lost"], "was": ["ready", "here", "lost"], "has": ["gone", "vanished"],
    "looks": ["tired", "fine"], "seems": ["tired", "fine"],
}  # fmt: skip


class Sentence(typing.NamedTuple):
    """A sentence, and what its verb depends on.

    `verb` is the verb's place; between it and its noun stand `distance` words, among them
    `attractors` nouns of the other number.
    """

    tokens: list
    number: str
    verb: int
    distance: int
    attractors: int


def sentence(rng, distance):
    """Makes a sentence with so many words between noun and verb.

    Args:
        rng: A `random.Random`.
        distance: Number of words.

    Example:

    >>> import random
    >>> " ".join(sentence(random.Random(1), 7).tokens)
    'the teacher without the birds that the driver saw looks fine .'
    """
    number = rng.choice(NUMBERS)
    subject = ["the", *_adjective(rng, 0.3), _noun(rng, _PEOPLE + _THINGS, number)]
    between, numbers = _between(rng, distance)
    forms = rng.choice(_VERBS)
    end = rng.choice(_ENDS[forms[0]])
    tokens = [*subject, *between, forms[NUMBERS.index(number)], end, "."]
    attractors = sum(each != number for each in numbers)
    return Sentence(tokens, number, len(subject) + distance, distance, attractors)


def _between(rng, length):
    """Words that part a noun from its verb, and the numbers of the nouns among them."""
    tokens, numbers = [], []
    while length >= 3:
        phrase = _phrase if length < 4 or rng.random() < 0.5 else _clause
        found, its_numbers = phrase(rng, length)
        tokens += found
        numbers += its_numbers
        length -= len(found)
    return tokens + rng.sample(_ADVERBS, length), numbers


def _phrase(rng, most):
    """`near the old house`."""
    number = rng.choice(NUMBERS)
    adjective = _adjective(rng, 0.5 if most > 3 else 0)
    return [rng.choice(_PREPOSITIONS), "the", *adjective, _noun(rng, _THINGS, number)], [number]


def _clause(rng, most):
    """`that the man near the old house saw`; its verb has one form for both numbers."""
    number = rng.choice(NUMBERS)
    within, numbers = [], []
    if most >= 7 and rng.random() < 0.5:
        within, numbers = _phrase(rng, most - 4)
    noun = _noun(rng, _PEOPLE, number)
    return ["that", "the", noun, *within, rng.choice(_SAW)], [number, *numbers]


def _adjective(rng, share):
    return [rng.choice(_ADJECTIVES)] if rng.random() < share else []


def _noun(rng, nouns, number):
    noun = rng.choice(nouns)
    return noun if number == "singular" else _IRREGULAR.get(noun, noun + "s")
