"""What the cards of translators tell."""

from zoo.cards.markdown import CELLS, percent, stack, table

NOUN = "translator"

LANGUAGES = {"en": "English", "de": "German", "fr": "French"}
EXAMPLES = {"en": "A dog runs .", "de": "Ein Hund rennt .", "fr": "Un chien court ."}
CAPTIONS = (
    "It knows one sentence at a time, and what captions of photographs say: people, animals and "
    "what they do in plain sight, in the present tense. Of all else it makes such a caption, too, "
    "fluently and wrongly, and it may leave things out, repeat them or make them up. The words of "
    "captions take for granted what people are; so does what it writes. Nothing may rest on it."
)
COMMANDS = (
    "It knows the commands of SCAN, word by word, and nothing else. It fails where commands are "
    "longer, or combined otherwise, than those that it was trained on: that is what the splits "
    "`length` and `addprim_jump` are there to show."
)


def purpose(description):
    """What the model is for."""
    if _commands(description):
        return "turning commands into actions"
    source, target = _languages(description)
    return f"translation from {source} to {target}"


def architecture(recipe):
    """What the model is."""
    options = recipe["hyperparameters"]
    reads = "bidirectional " if options.get("bidirectional", True) else ""
    cells = f"{reads}{stack(options, cell='gru')} and {CELLS[options.get('cell', 'gru')]}"
    kind = options.get("attention", "additive")
    looks = f"with {kind} attention" if kind else "without attention"
    fed = " and input feeding" if options.get("input_feeding") else ""
    return f"sequence to sequence model, {cells} {looks}{fed},"


def example(description):
    """What `predict` is given."""
    return f'["{_example(description)}"]'


def details(description):
    """What there is to know of inputs and outputs."""
    search = "the likeliest piece at each step"
    if description["beams"] > 1:
        search = f"beam search with {description['beams']} beams"
    said = (
        "Strings in, strings out, one sentence each, as they are: neither tokenized nor "
        f"lower-cased. A translation is found by {search}, inside the graph, and has at most "
        f"{description['steps'] - 1} pieces."
    )
    if description["attention"]:
        said += (
            " With `attention=True` the answer has `text`, `log_probability` in nats, the pieces "
            "`source` and `target`, and `attention`, where each piece of the one looked in the "
            "other."
        )
    return said


def signatures(description):
    """Signatures of the SavedModel, what each is given, and what it gives."""
    text = f'text=tf.constant(["{_example(description)}"])'
    gives = "`text`, `log_probability` in nats, both `(texts,)`"
    yield "serving_default", text, gives
    if description["attention"]:
        yield (
            "attention",
            text,
            f"{gives}; the pieces `source` and `target` `(texts, pieces)`, padded with "
            '`""`; `attention` `(texts, target, source)`',
        )


def protocol(description):
    """How the scores were measured."""
    found = next(iter(description["metrics"].values()))
    return (
        f"raw text. BLEU is sacrebleu's, `{found['signature']}`, chrF too, "
        f"`{found['chrf_signature']}`; exact match and the accuracy of tokens go by words that "
        "spaces part. Everything fitted on train alone, every choice made on dev."
    )


def limits(description):
    """What the model cannot do."""
    return COMMANDS if _commands(description) else CAPTIONS


def headline(found):
    """The one figure that tells most of a split's."""
    if found["exact_match"] > 0.5:
        return percent(found["exact_match"])
    return f"BLEU {found['bleu']:.1f}"


def figure(rival, description):
    """The score of a rival."""
    if "bleu" in rival:
        return f"BLEU {rival['bleu']:.1f}"
    return f"{percent(rival['exact_match'])} % exact match"


def scores(description):
    """The table of scores."""
    rows = []
    for split, found in description["metrics"].items():
        rows.append([split, f"{found['pairs']:,}", *_cells(found, "**")])
        rows += [["", each["name"], *_cells(each)] for each in found["baselines"]]
    columns = ["split", "pairs", "BLEU", "chrF", "exact match", "tokens"]
    return table(columns, rows) + (
        "\n\nBeneath each split are simple baselines on the same texts: the source as it is, and "
        "the translation of the most similar source of train, by the words that both have (TF-IDF)."
    )


def _cells(found, mark=""):
    return [
        f"{mark}{found['bleu']:.2f}{mark}",
        f"{found['chrf']:.2f}",
        percent(found["exact_match"]),
        percent(found["token_accuracy"]),
    ]


def _commands(description):
    return description["dataset"].startswith("scan/")


def _languages(description):
    codes = description["dataset"].partition("/")[2].split("_")
    return [LANGUAGES[code] for code in codes]


def _example(description):
    if _commands(description):
        return "jump twice and walk"
    return EXAMPLES[description["language"]]
