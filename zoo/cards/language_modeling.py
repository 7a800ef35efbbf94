"""What the cards of language models tell."""

from zoo.cards.markdown import stack, table

NOUN = "model"

# What a token is, by `unit`.
TOKENS = {"characters": "character", "words": "word", "tokens": "word"}


def purpose(description):
    """What the model is for."""
    return f"language modelling, {TOKENS[description['unit']]} by {TOKENS[description['unit']]}"


def architecture(recipe):
    """What the model is."""
    options = recipe["hyperparameters"]
    tied = " with tied weights" if options.get("tied") else ""
    return f"language model, {stack(options)}{tied},"


def example(description):
    """What `predict` is given."""
    return '"One prompt", length=200, temperature=0.8, seed=1'


def details(description):
    """What there is to know of inputs and outputs."""
    noun = TOKENS[description["unit"]]
    return (
        f"It writes `length` {noun}s after the prompt; the same seed writes the same text. "
        f"`{NOUN}.score(text)` tells how likely a text is, {noun} by {noun}. From a shell: "
        f"`zoo generate {description['name']}`."
    )


def signatures(description):
    """Signatures of the SavedModel, what each is given, and what it gives."""
    inputs = (
        'prompt=tf.constant(["One prompt"])',
        "length=tf.constant(200)",
        "temperature=tf.constant(0.8)",
        "seed=tf.constant(1)",
    )
    cuts = ("top_k=tf.constant(40)", "top_p=tf.constant(0.9)")
    text, gives = 'text=tf.constant(["One text ."])', "`text` `(prompts,)`, prompts and all"
    yield "serving_default", _lines(inputs), gives
    yield "cut_off", _lines(inputs + cuts), gives
    yield "score", text, "`log_probability` in nats and the number of `tokens`, both `(texts,)`"
    yield (
        "surprise",
        text,
        '`tokens` and `log_probability`, both `(texts, tokens)`, padded with `""` and 0',
    )


def _lines(inputs):
    return "".join(f"\n    {each}," for each in inputs) + "\n"


def protocol(description):
    """How the scores were measured."""
    return (
        "every token of a split predicted once, after all that stand before it in that split, in "
        "one pass from its beginning to its end; a newline stands before the first. Vocabulary, "
        "weights and baselines fitted on train alone, every choice made on dev."
    )


def limits(description):
    """What the model cannot do."""
    return (
        "It knows one corpus and writes in its manner: the form holds for a line or two, and the "
        "sense for less. What it writes is not true, not checked, and may repeat pieces of its "
        "training data. A token that training does not have is read as unknown and never written. "
        "Texts of another kind are as surprising to it as they are foreign to its corpus."
    )


def headline(found):
    """The one figure that tells most of a split's."""
    return f"{found['nats']:.3f} nats"


def figure(rival, description):
    """The score of a rival."""
    if "nats" in rival:
        return f"{rival['nats']:.4f} nats a {TOKENS[description['unit']]}"
    return f"perplexity {rival['perplexity']:.1f}"


def scores(description):
    """The table of scores."""
    noun = TOKENS[description["unit"]]
    found = next(iter(description["metrics"].values()))
    names = [found[key]["name"] for key in ("baseline", "unigram")]
    columns = ["split", f"{noun}s", f"nats a {noun}", f"bits a {noun}", "perplexity"]
    rows = [
        [
            split,
            f"{found['tokens']:,}",
            f"**{found['nats']:.4f}**",
            f"{found['bits']:.4f}",
            f"{found['perplexity']:,.2f}",
            *(f"{found[key]['nats']:.4f}" for key in ("baseline", "unigram")),
        ]
        for split, found in description["metrics"].items()
    ]
    return table([*columns, *(f"{name}, nats" for name in names)], rows)
