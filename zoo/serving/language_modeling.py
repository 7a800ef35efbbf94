"""Serving language models: a prompt in, what they write after it out; and how likely texts are."""

import json
import math
import operator
import typing

from zoo.serving.signatures import ask, asset
from zoo.serving.strings import strings

WINDOW = 256  # Tokens of a text that are judged at a time; the state goes on to the next ones.
COLDEST = 1e-4  # A temperature at which nothing but the likeliest is drawn.
NEVER_WRITTEN = (0, 1)  # Padding and unknown.


class Surprise(typing.NamedTuple):
    """A token, and how surprising it was after all before it: minus log-probability, in nats."""

    text: str
    nats: float


class Score(typing.NamedTuple):
    """How likely a text is.

    `log_probability` is in nats, of all `tokens` together, which are `Surprise`s; `separator`
    stands between them in the text: nothing where they are characters, else a space.
    """

    log_probability: float
    tokens: tuple
    separator: str

    @property
    def perplexity(self):
        """Between how many equally likely tokens the model wavered, on average."""
        return math.exp(-self.log_probability / max(1, len(self.tokens)))


def predict(served, prompts="", *, length=200, temperature=1.0, seed=0, top_k=None, top_p=None):
    """Has a loaded model write on after prompts.

    The same seed writes the same text. A prompt's text depends on the seed, on its place among the
    prompts and on nothing else: that of a smaller `length` is the beginning of that of a larger.

    Args:
        served: A loaded model: a SavedModel, or what `zoo.serving.portable.load` returned.
        prompts: A string, or an iterable of strings, each of which is read from its beginning, as
            if it opened a text.
        length: Tokens to write after each.
        temperature: What the logits are divided by: below 1 the likely becomes likelier, and at 0
            nothing is drawn but the likeliest token taken.
        seed: Seed of the draws.
        top_k: Draw only from so many of the likeliest tokens; by default from all.
        top_p: Draw only from the fewest of the likeliest tokens that are so probable together; by
            default from all.

    Returns:
        For one prompt the text, prompt included; for several a list of them.

    Raises:
        TypeError: If `prompts` is neither.
        ValueError: If a number is not one that can be meant.
    """
    if isinstance(prompts, str):
        options = {"length": length, "temperature": temperature, "seed": seed}
        return predict(served, [prompts], **options, top_k=top_k, top_p=top_p)[0]
    prompts = strings("prompts", prompts)
    length, seed = operator.index(length), operator.index(seed)
    if length < 0:
        raise ValueError(f"`length` must be 0 or more. Received: {length}")
    if not 0 <= temperature < math.inf:
        raise ValueError(f"`temperature` must be 0 or more. Received: {temperature}")
    if not -(2**31) <= seed < 2**31:
        raise ValueError(f"`seed` must be a number of 32 bits. Received: {seed}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"`top_k` must be at least 1, or None. Received: {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"`top_p` must be above 0 and at most 1, or None. Received: {top_p}")
    if not prompts:
        return []
    given = {
        "prompt": prompts,
        "length": length,
        "temperature": temperature,
        "seed": seed,
    }
    if top_k is None and top_p is None:
        found = ask(served, "serving_default", **given)
    else:
        given["top_k"] = 2**31 - 1 if top_k is None else operator.index(top_k)
        given["top_p"] = 2.0 if top_p is None else top_p  # No sum reaches 2.
        found = ask(served, "cut_off", **given)
    return [text.decode() for text in found["text"]]


def score(served, texts):
    """Asks a loaded model how likely texts are, token by token.

    Args:
        served: A loaded model: a SavedModel, or what `zoo.serving.portable.load` returned.
        texts: A string, or an iterable of strings, of any length.

    Returns:
        For one text its `Score`, for several a list of them.

    Raises:
        TypeError: If `texts` is neither.
    """
    if isinstance(texts, str):
        return score(served, [texts])[0]
    characters = json.loads(asset(served, "tokens"))["unit"] == "characters"
    separator = "" if characters else " "
    found = []
    for text in strings("texts", texts):
        out = ask(served, "surprise", text=[text])
        tokens = [token.decode() for token in out["tokens"][0] if token]
        likely = out["log_probability"][0][: len(tokens)].astype("float64")
        surprises = (Surprise(*pair) for pair in zip(tokens, (-likely).tolist(), strict=True))
        found.append(Score(float(likely.sum()), tuple(surprises), separator))
    return found
