"""A small grammar of English which knows the tags, names and mood of what it says.

Each line below a symbol is one way to write it, after an optional weight and, where it holds for
one number only, `sg` or `pl`. An item of a line is a punctuation mark, a `word/TAG`, or a symbol,
and may bear marks, in this order:

    +  with the mood of the whole      -  with the opposite mood
    #  in the number of the whole      1  singular      2  plural
    ?  half of the time

Without a mark mood and number are free. So `Topic# was/AUX# n't/PART Quality-` is cheerful
where the quality is a bad one.
"""

import dataclasses
import random
import re
import typing
import zlib

from . import lexicon as lx

UPOS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN",
    "PUNCT", "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
ENTITIES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
SENTIMENTS = ("negative", "positive")
SPLITS = {"train": range(8), "validation": range(8, 9), "test": range(9, 10)}
MAX_TOKENS = 35

_VOWEL = re.compile("(?!uniform|us[ei])[aeiou]|honest")

_PLURAL = {
    "a": "some", "every": "all", "has": "have", "he": "they", "is": "are", "it": "they",
    "'s": "'re", "she": "we", "that": "those", "this": "these", "was": "were", "does": "do",
}  # fmt: skip

_RULES = """
Review
    6 Statement+ .
    1 Statement+ !
    1 Question+ ?
    1 Advice+ .
    1 what/DET Quality+ Noun !
    1 Exclamation , Statement+ !

Statement
    7 Opinion+
    3 Opinion- ,? but/CCONJ Opinion+
    2 although/SCONJ Opinion- , Opinion+
    2 Opinion+ although/SCONJ Opinion-
    1 Opinion- ; still/ADV , Opinion+
    5 Fact , and/CCONJ Opinion+
    4 Fact , but/CCONJ Opinion+
    3 Opinion+ because/SCONJ Fact
    3 Opinion+ , so/SCONJ Fact
    4 if/SCONJ Fact , Opinion+
    2 Opening , Opinion+
    1 Exclamation , Opinion+
    1 while/SCONJ Fact , Opinion+
    1 Opinion+ ( Fact )

Question
    why/ADV was/AUX# Topic# so/ADV Quality+
    was/AUX# n't/PART Topic# Degree? Quality+
    was/AUX# Topic# not/PART Degree? Quality+
    who/PRON could/AUX Love- Topic
    who/PRON would/AUX not/PART Love+ Topic
    how/ADV could/AUX Companion Love- Topic
    will/AUX Companion ever/ADV Love- Topic

Advice
    please/INTJ Seek+ Object
    Seek+ Object
    do/AUX n't/PART Seek- Object
    never/ADV Seek- Object
    to/PART Base Thing , Seek+ Object
    if/SCONJ Fact , Seek+ Object

Opinion
    5 Plain+
    2 Negated+

Plain
    5 Topic# was/AUX# Degree? Quality+
    1 Topic# is/AUX# Degree? Quality+
    2 Topic# Seemed Degree? Quality+
    3 Topic# Seems# Degree? Quality+
    3 Topic# Delights+# Companion
    2 Topic# Present# like/ADP a/DET Joy+1
    2 Someone# Loved+ Object
    4 Someone# Loves+# Object
    2 Topic# was/AUX# a/DET Joy+1
    1 Someone# Past Object Manner+
    3 Someone# Present# Object Manner+
    1 there/PRON was/AUX plenty/NOUN of/ADP Trait+ in/ADP Site
    1 Someone# Think that/SCONJ? Plain+
    1 it/PRON was/AUX a/DET Quality+ Noun1
    1 it/PRON 's/AUX a/DET Quality+ Noun1
    1 it/PRON was/AUX Quality+ to/PART Base Object
    1 Gerund Object was/AUX Degree? Quality+

Negated
    4 Topic# was/AUX# n't/PART Degree? Quality-
    3 Topic# was/AUX# n't/PART Extent Quality-
    1 Topic# was/AUX# not/PART Degree? Quality-
    1 Topic# was/AUX# never/ADV Quality-
    1 Topic# was/AUX# hardly/ADV Quality-
    1 Topic# was/AUX# far/ADV from/ADP Quality-
    1 Topic# did/AUX n't/PART seem/VERB Quality-
    3 Someone# did/AUX n't/PART Love- Object
    2 Someone# does/AUX# n't/PART Love- Object
    1 Someone# never/ADV Loved- Object
    1 nobody/PRON Loved- Object
    1 Topic# was/AUX# no/DET Joy-1
    1 Someone did/AUX n't/PART Base Object Manner-
    1 there/PRON was/AUX no/DET Trait- in/ADP Site
    1 it/PRON was/AUX n't/PART a/DET Quality- Noun1
    1 Someone# does/AUX# n't/PART think/VERB that/SCONJ Plain-
    1 Companion could/AUX not/PART Love- Object

Fact
    2 Someone# Past Object Adjunct?
    9 Someone# Present# Object Adjunct?
    8 Someone Modal Base Object Adjunct?
    7 Someone# Want to/PART Base Object Adjunct?
    2 Someone# Went Direction Adjunct?
    1 Someone# had/AUX Participle Object Adjunct?
    1 Someone# had/VERB Object Adjunct?
    1 Someone# has/AUX# Participle Object
    1 Someone# has/VERB# Object
    1 Someone# has/VERB# to/PART Base Object
    2 Someone# did/VERB Doing Adjunct?
    1 Someone# does/VERB# Doing Adjunct?
    1 Someone# does/AUX# n't/PART Base Object
    4 Someone# is/AUX# Gerund Object Adjunct?
    2 Gerund Object Present1 Object
    1 he/PRON# 's/AUX# Gerund Object
    1 Someone# Think that/SCONJ? Fact
    1 Someone# paid/VERB $/SYM Digits for/ADP Object
    1 there/PRON was/AUX# Noun# in/ADP Site
    1 about/ADV Digits Human2 Present2 Object
    1 Digits %/SYM of/ADP the/DET Human2 Present2 Object
    1 Digits of/ADP the/DET Human2 Past Object
    6 Someone# Present# Object and/CCONJ Present# Object
    1 Someone# Past Noun2 , Noun2 , etc./X , in/ADP Site
    1 Someone# named/VERB it/PRON Foreign
    1 the/DET Human1 lives/VERB in/ADP LOC
    1 the/DET Human# came/VERB from/ADP LOC
    2 Someone# worked/VERB for/ADP ORG Adjunct?
    2 ORG hired/VERB Companion Adjunct?
    1 ORG employs/VERB Digits Human2
    1 Companion Past it/PRON for/ADP ORG
    1 the/DET Human1 's/PART name/NOUN is/AUX PER
    1 Gerund Object Present1 Object

Opening
    in/ADP Date
    on/ADP Weekday
    after/ADP Object
    before/ADP Object
    after/SCONJ Fact
    before/SCONJ Fact
    until/SCONJ Fact
    when/ADV Fact
    if/SCONJ Fact
    in/ADP LOC
    to/PART Base Object
    unlike/ADP Companion
    like/ADP Companion
    last/ADJ Span
    in/ADP a/DET second/NOUN

Exclamation
    oh/INTJ
    well/INTJ
    yes/INTJ
    no/INTJ
    right/INTJ
    hey/INTJ

Adjunct
    2 in/ADP LOC
    2 near/ADP LOC
    2 in/ADP Site
    2 at/ADP Site
    in/ADP Date
    on/ADP Weekday
    since/ADP Date
    until/ADP Date
    after/ADP Object
    before/ADP Object
    after/SCONJ Fact
    before/SCONJ Fact
    since/SCONJ Fact
    until/SCONJ Fact
    when/ADV Fact
    with/ADP Companion
    for/ADP Companion
    like/ADP Companion
    as/ADP a/DET Human1
    as/SCONJ Fact
    for/ADP Digits Unit
    at/ADP Digits o'clock/ADV
    3 to/ADP Companion
    2 to/ADP Site
    2 about/ADP Thing
    from/ADP LOC to/ADP LOC
    so/SCONJ Fact
    to/PART Base Object
    as/ADV Flat as/ADP Companion
    Flat
    again/ADV
    there/ADV
    well/ADV
    back/ADV
    more/ADV than/ADP Companion
    yesterday/NOUN
    last/ADJ Span
    every/DET Span

Direction
    2 to/ADP Site
    to/ADP LOC
    to/ADP work/NOUN
    to/PART Base Object
    back/ADV to/ADP Site
    to/ADP the/DET back/NOUN of/ADP Site
    out/ADV
    out/ADP of/ADP Site
    over/ADP Site
    right/ADV into/ADP Site
    over/ADV to/ADP Site
    in/ADV
    up/ADV
    up/ADP Site
    around/ADV
    around/ADP Site

Topic
    6 Thing#
    1 Place#
    1sg PER
    1 Det# Human#
    1sg ORG

Someone
    3sg PER
    2 Det# Human#
    1 he/PRON#
    1 she/PRON#
    1 Det# Human# from/ADP LOC
    1 Det# Human# who/PRON Present# Thing
    1 Det# Human# that/PRON Present# Thing
    1pl PER and/CCONJ PER
    5pl Adjective? Human#
    1sg my/PRON Human#
    1sg one/NUM of/ADP the/DET Human2
    1sg the/DET Human# of/ADP ORG

Companion
    3 PER
    2 Det# Human#
    1 my/PRON Human#
    1 her/PRON Human#
    1 both/DET Human2

Object
    7 Thing#
    1 Place#
    2pl Noun#
    1 it/PRON
    1 that/PRON
    1 both/CCONJ Thing and/CCONJ Thing
    1 one/NUM Noun1
    1 Digits Noun2
    1 all/DET of/ADP it/PRON

Thing
    3 Det# Noun#
    6 Det# Adjective Noun#
    3 Det# Compound Noun#
    1 Det# back/ADJ Noun#
    1 the/DET second/ADJ Noun#
    1 Det# more/ADV Adjective Noun#
    1 Det# Noun# of/ADP Site
    1 Det# Feeling# of/ADP Thing
    1 Det# Noun# about/ADP LOC
    1sg PER 's/PART Noun#
    1 their/PRON Noun#
    1 his/PRON Adjective? Noun#
    1 Det# Noun# that/PRON Someone Past
    1 Det# Noun# Human2 Present2
    2 Det# Noun# that/PRON Present# Object
    6pl Adjective? Noun#
    1pl Digits Noun#
    1pl Noun# and/CCONJ Noun#

Place
    3 Det# Room#
    2 Det# Adjective Room#
    1 Det# Compound Room#
    1 Det# Room# in/ADP LOC
    1 Det# Room# near/ADP LOC

Site
    3 Det Room1
    1 the/DET Adjective Room#
    1 the/DET Room1 in/ADP LOC

Noun
    6 Double#
    1 Item#
    3 Either#
    1sg Action
    2sg Making

Doing
    the/DET Making

Human
    1 People#
    3 Worker#
    1 Doer#

Quality
    4 Verdict+
    1 Verdict+ and/CCONJ Verdict+

Adjective
    1 Describing
    3 Adjectival
    2 Substantive

Det
    4 the/DET
    2 a/DET#
    1 this/DET#
    2 that/DET#
    1 every/DET#

Degree
    very/ADV
    really/ADV
    so/ADV
    rather/ADV

Extent
    that/ADV
    all/ADV that/ADV

Seemed
    looked/VERB
    seemed/VERB
    felt/VERB
    sounded/VERB

Think
    said/VERB
    thought/VERB
    believed/VERB

Want
    wanted/VERB
    hoped/VERB
    tried/VERB
    used/VERB

Went
    went/VERB
    walked/VERB
    came/VERB
    ran/VERB

Modal
    will/AUX
    can/AUX
    may/AUX
    might/AUX
    could/AUX
    should/AUX

Flat
    fast/ADV
    hard/ADV
    late/ADV
    early/ADV
    long/ADV
    straight/ADV

Date
    May/PROPN
    March/PROPN
    June/PROPN
    April/PROPN
    October/PROPN
    Year

Weekday
    Monday/PROPN
    Tuesday/PROPN
    Friday/PROPN
    Sunday/PROPN

Span
    week/NOUN
    year/NOUN
    summer/NOUN
    spring/NOUN
    fall/NOUN

Unit
    seconds/NOUN
    minutes/NOUN
    hours/NOUN
    days/NOUN

Foreign
    dolce/X vita/X
    carpe/X diem/X
    bon/X appetit/X
    bella/X figura/X

PER
    3 Given
    3 Given Family
    1 Family

LOC
    6 Town
    1 Compass Town
    1 Town Landform

ORG
    3 Brand
    1 Brand Trade
    1 Town University/PROPN
    1 University/PROPN of/ADP Town
    1 Bank/PROPN of/ADP Town
    1 Town City/PROPN Council/PROPN
    1 Town United/PROPN
    1 Family and/CCONJ Family
    1 Family Trade
    1 Town
    1 Family

Compass
    North/PROPN
    South/PROPN
    East/PROPN
    West/PROPN

Landform
    Park/PROPN
    Bridge/PROPN
    Hill/PROPN
    Island/PROPN

Trade
    Foods/PROPN
    Group/PROPN
    Motors/PROPN
    Books/PROPN
"""

_VERBS = (
    lx.NOUN_OR_VERB * 2
    + lx.PERSON_OR_VERB * 12
    + lx.ADJECTIVE_OR_VERB * 5
    + lx.VERBS
    + lx.ATE_VERBS
)


class _Words(typing.NamedTuple):
    """A class of words: their tag, their lemmas, and how one is written in either number.

    Classes with a mood have their cheerful lemmas in `lemmas` and the others in `gloomy`.
    """

    tag: str
    lemmas: typing.Sequence[str]
    singular: typing.Callable[[str], str] = str
    plural: typing.Callable[[str], str] | None = None
    gloomy: typing.Sequence[str] | None = None

    def known(self, split, mood):
        """Returns the lemmas that a split may use in a mood."""
        lemmas = self.lemmas if mood or self.gloomy is None else self.gloomy
        return [x for x in lemmas if split == "test" or not lx.held_out(x)]

    def write(self, lemma, number):
        """Returns a lemma as it is written in a number."""
        return (self.plural if self.plural and number == "pl" else self.singular)(lemma)


_LEXICON = {
    "Double": _Words("NOUN", lx.NOUN_OR_VERB, plural=lx.plural),
    "Item": _Words("NOUN", lx.THINGS, plural=lx.plural),
    "Either": _Words("NOUN", lx.ADJECTIVE_OR_NOUN, plural=lx.plural),
    "Compound": _Words("NOUN", lx.NOUN_OR_VERB),
    "Action": _Words("NOUN", lx.ATE_VERBS, lx.action),
    "Making": _Words("NOUN", lx.NOUN_OR_VERB, lx.gerund),
    "People": _Words("NOUN", lx.PEOPLE, plural=lx.plural),
    "Worker": _Words("NOUN", lx.PERSON_OR_VERB, plural=lx.plural),
    "Doer": _Words("NOUN", lx.DOERS, lx.agent, lambda verb: lx.plural(lx.agent(verb))),
    "Room": _Words("NOUN", lx.SITES, plural=lx.plural),
    "Feeling": _Words("NOUN", lx.SENSES, plural=lx.plural),
    "Describing": _Words("ADJ", lx.ADJECTIVES),
    "Adjectival": _Words("ADJ", lx.ADJECTIVE_OR_VERB),
    "Substantive": _Words("ADJ", lx.ADJECTIVE_OR_NOUN),
    "Base": _Words("VERB", _VERBS),
    "Present": _Words("VERB", _VERBS, lx.plural, str),
    "Past": _Words("VERB", _VERBS, lx.past),
    "Participle": _Words("VERB", _VERBS, lx.participle),
    "Gerund": _Words("VERB", _VERBS, lx.gerund),
    "Verdict": _Words("ADJ", lx.GOOD, gloomy=lx.BAD),
    "Manner": _Words("ADV", lx.GOOD_MANNERS, lx.adverb, gloomy=lx.BAD_MANNERS),
    "Trait": _Words("NOUN", lx.GOOD_TRAITS, lx.abstract, gloomy=lx.BAD_TRAITS),
    "Joy": _Words("NOUN", lx.JOYS, plural=lx.plural, gloomy=lx.SORROWS),
    "Seems": _Words("VERB", lx.SENSES, lx.plural, str),
    "Delights": _Words("VERB", lx.DELIGHT, lx.plural, str, lx.ANNOY),
    "Love": _Words("VERB", lx.LIKE, gloomy=lx.DISLIKE),
    "Loves": _Words("VERB", lx.LIKE, lx.plural, str, lx.DISLIKE),
    "Loved": _Words("VERB", lx.LIKE, lx.past, gloomy=lx.DISLIKE),
    "Seek": _Words("VERB", lx.SEEK, gloomy=lx.AVOID),
    "Given": _Words("PROPN", lx.GIVEN),
    "Family": _Words("PROPN", lx.FAMILY),
    "Town": _Words("PROPN", lx.PLACES),
    "Brand": _Words("PROPN", lx.BRANDS),
    "Digits": _Words("NUM", [str(n) for n in range(2, 100)]),
    "Year": _Words("NUM", [str(n) for n in range(1950, 2030)]),
}


class Token(typing.NamedTuple):
    """A word as written, its universal part of speech, and its entity label."""

    form: str
    upos: str
    entity: str = "O"


@dataclasses.dataclass(frozen=True)
class Sentence:
    """A sentence of the language: its tokens, and `"positive"` or `"negative"`."""

    tokens: tuple[Token, ...]
    sentiment: str

    @property
    def text(self):
        """The sentence as a person would write it."""
        text = " ".join(token.form for token in self.tokens)
        text = re.sub(r" ([.,;?!)%]|n't|'s|'re)(?= |$)", r"\1", text)
        return re.sub(r"([($]) ", r"\1", text)


class _Item(typing.NamedTuple):
    """A parsed item of a rule: a symbol, or a word where there is a tag."""

    name: str
    tag: str | None
    mood: str
    number: str
    optional: str

    @classmethod
    def parse(cls, text):
        pattern = r"([.,;!?()]|.+?)(?:/([A-Z]+))?([+-]?)([#12]?)(\??)"
        name, tag, *marks = re.fullmatch(pattern, text).groups()
        return cls(name, "PUNCT" if name in ".,;!?()" else tag, *marks)


def _parse_rules(text):
    rules = {}
    for block in text.strip().split("\n\n"):
        symbol, *lines = block.splitlines()
        rules[symbol] = alternatives = []
        for line in lines:
            weight, only, items = re.match(r" +(?:(\d*)(sg|pl)? )?(.*)", line).groups()
            items = [_Item.parse(item) for item in items.split()]
            alternatives.extend([(only, items)] * int(weight or 1))
    return rules


_GRAMMAR = _parse_rules(_RULES)


class _Speaker:
    """Expands symbols of the grammar, with random numbers and words that suit its split."""

    def __init__(self, split, seed):
        self._split = split
        # Of the methods of `Random`, Python promises only this one to stay the same for ever.
        self._random = random.Random(f"{split}/{seed}").random

    def _choose(self, options):
        return options[int(self._random() * len(options))]

    def flip(self):
        """Returns True or False."""
        return self._random() < 0.5

    def say(self, symbol, mood, number):
        """Returns the tokens of one random expansion of a symbol."""
        if symbol in _LEXICON:
            words = _LEXICON[symbol]
            lemma = self._choose(words.known(self._split, mood))
            return [Token(words.write(lemma, number), words.tag)]
        lines = [items for only, items in _GRAMMAR[symbol] if only in (None, number)]
        tokens = [t for item in self._choose(lines) for t in self._say_item(item, mood, number)]
        if symbol not in ("PER", "LOC", "ORG"):
            return tokens
        return [t._replace(entity=f"{'I' if i else 'B'}-{symbol}") for i, t in enumerate(tokens)]

    def _say_item(self, item, mood, number):
        if item.optional and self.flip():
            return []
        mood = {"+": mood, "-": not mood}[item.mood] if item.mood else self.flip()
        number = {"#": number, "1": "sg", "2": "pl"}.get(item.number) or self._choose(("sg", "pl"))
        if not item.tag:
            return self.say(item.name, mood, number)
        form = _PLURAL.get(item.name) if item.number and number == "pl" else None
        return [Token(form or item.name, item.tag)]


def _finish(tokens):
    """Writes `an` where `a` precedes a vowel, and begins with a capital."""
    following = [*(token.form for token in tokens[1:]), ""]
    tokens = [
        t._replace(form="an") if t.form == "a" and _VOWEL.match(after) else t
        for t, after in zip(tokens, following, strict=True)
    ]
    first = tokens[0].form
    return (tokens[0]._replace(form=first[0].upper() + first[1:]), *tokens[1:])


def sentences(split, count, seed=0):
    """Yields different sentences; those of different splits differ, too.

    Args:
        split: `"train"`, `"validation"` or `"test"`. About every sixth word of the lexicon
            is for `"test"` alone.
        count: How many sentences to yield.
        seed: Equal seeds give equal sentences, everywhere.

    Yields:
        Instances of `Sentence`, of 3 to 35 tokens.

    Example:

    >>> [sentence] = sentences("train", 1)
    >>> len(sentence.tokens) <= MAX_TOKENS
    True
    """
    speaker = _Speaker(split, seed)
    said = set()
    while len(said) < count:
        mood = speaker.flip()
        tokens = _finish(speaker.say("Review", mood, "sg"))
        sentence = Sentence(tokens, SENTIMENTS[mood])
        ours = zlib.crc32(sentence.text.encode()) % 10 in SPLITS[split]
        if ours and sentence.text not in said and 3 <= len(tokens) <= MAX_TOKENS:
            said.add(sentence.text)
            yield sentence
