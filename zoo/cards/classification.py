"""What the cards of classifiers tell."""

from zoo.cards.markdown import directed_stack, percent, table

NOUN = "classifier"

# Of data sets that there is more to say of, by name.
PURPOSES = {
    "imdb_reviews": ("sentiment analysis of film reviews"),
    "glue/sst2": ("sentiment analysis of sentences from film reviews"),
    "trec": ("sorting questions by what they ask for (the six coarse classes of TREC)"),
}

PROTOCOLS = {
    "imdb_reviews": (
        "reported on the test split, 25,000 reviews of films that train does not have; dev is all "
        "reviews of one film in ten of the train split, none of which is in train. Labels "
        "learned from train alone, every choice made on dev."
    ),
    "glue/sst2": (
        "reported as test on GLUE's validation split, 872 sentences, for GLUE hides the labels of "
        "its test split; dev is one whole sentence in ten of its train split, and their phrases "
        "are left out of train. Labels learned from train alone, every choice made on dev."
    ),
    "trec": (
        "reported on the test split, 500 questions; dev is one question in ten of the train split. "
        "Labels learned from train alone, every choice made on dev."
    ),
}

LIMITS = {
    "imdb_reviews": (
        "It knows reviews of films, in English, as one site had them before 2011; on other things, "
        "on other kinds of text and on single sentences it is right less often. It has two answers "
        "and gives one of them to any text, also to one that is of two minds or of no opinion. The "
        "minimal pairs of `datasets/sentiment_probes` (negation, contrast, what might have been) "
        "show where it fails."
    ),
    "glue/sst2": (
        "It knows single sentences from reviews of films, in English, as the corpus has them: "
        "lower-cased, already cut into tokens, and none that is neutral. It has two answers and "
        "gives one of them to any text, also to one of no opinion. The minimal pairs of "
        "`datasets/sentiment_probes` (negation, contrast, what might have been) show where it "
        "fails. Test is small: mind the interval."
    ),
    "trec": (
        "It knows short questions about facts, in English, one at a time, and six classes, and "
        "gives one of them to any text, also to one that is no question. The questions of test are "
        "those of one evaluation, TREC 10, and few: mind the interval."
    ),
}


def purpose(description):
    """What the model is for."""
    return PURPOSES.get(description["dataset"], "text classification")


def architecture(recipe):
    """What the model is."""
    options = recipe["hyperparameters"]
    names = {"last": "last state", "max": "maximum"}
    pooling = options.get("pooling", "max")
    kinds = [pooling] if isinstance(pooling, str) else pooling
    *most, last = [names.get(kind, kind) for kind in kinds]
    pooled = f"{', '.join(most)} and {last}" if most else last
    return f"{directed_stack(options)} with pooling by {pooled}"


def example(description):
    """What `predict` is given."""
    return '["One text ."]'


def details(description):
    """What there is to know of inputs and outputs."""
    return ""


def signatures(description):
    """Signatures of the SavedModel, what each is given, and what it gives."""
    text = 'text=tf.constant(["One text ."])'
    gives = (
        "`label` `(texts,)`; `probability` `(texts, classes)`, in the order of the classes below"
    )
    yield "serving_default", text, gives
    yield (
        "contributions",
        text,
        "`tokens`, `contribution`, `start`, `end` (offsets in code points), all "
        '`(texts, tokens)`, padded with `""` and 0',
    )


def protocol(description):
    """How the scores were measured."""
    usual = "labels learned from train alone, every choice made on dev."
    return PROTOCOLS.get(description["dataset"], usual)


def limits(description):
    """What the model cannot do."""
    usual = (
        "It knows the language, the genre and the classes of its training data, and gives one of "
        "these classes to any text, also to one that is of none."
    )
    return LIMITS.get(description["dataset"], usual) + _length(description["recipe"])


def _length(recipe):
    options = recipe["preprocessing"]
    length = options.get("length")
    if length is None:
        return ""
    head = length // 4
    kept = {
        "head": f"the first {length:,}",
        "tail": f"the last {length:,}",
        "both": f"the first {head:,} and the last {length - head:,}",
    }[options.get("keep", "head")]
    return f" Of a text of more than {length:,} tokens it reads {kept}."


def headline(found):
    """The one figure that tells most of a split's."""
    return percent(found["accuracy"])


def figure(rival, description):
    """The score of a rival."""
    return percent(rival["accuracy"])


def scores(description):
    """The table of scores."""
    metrics = description["metrics"]
    found = next(iter(metrics.values()))
    baselines = [each["name"] for each in found["baselines"]]
    columns = ["split", "texts", "accuracy (95 % interval)", "macro F1", "calibration error"]
    rows = []
    for split, found in metrics.items():
        low, high = percent(found["accuracy_low"]), percent(found["accuracy_high"])
        rows.append(
            [
                split,
                f"{found['examples']:,}",
                f"**{percent(found['accuracy'])}** ({low} to {high})",
                percent(found["macro_f1"]),
                percent(found["calibration_error"]),
                *(percent(each["accuracy"]) for each in found["baselines"]),
            ]
        )
    said = (
        f"Classes: {', '.join(found['labels'])}. The last {len(baselines)} columns are accuracies "
        "of simple baselines, fitted on the same labelled texts. The calibration error is that of "
        "the Keras model."
    )
    if "temperature" in description:
        said += (
            f" The SavedModel divides its logits by {description['temperature']:.3f}, fitted on "
            "dev, before it gives probabilities."
        )
    return table([*columns, *baselines], rows) + f"\n\n{said}"
