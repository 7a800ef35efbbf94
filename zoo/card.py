"""Model cards, written from a model's description and from nothing else."""

import json

TASKS = {
    "tagging": "part-of-speech tagging (UPOS)",
    "entities": "named-entity recognition",
    "classification": "text classification",
    "imdb_reviews": "sentiment analysis of film reviews",
    "glue/sst2": "sentiment analysis of sentences from film reviews",
    "trec": "sorting questions by what they ask for (the six coarse classes of TREC)",
    "forecasting": "forecasting",
}
PROTOCOLS = {
    "tagging": (
        "gold tokens, words only (multiword tokens and empty nodes are no words), everything "
        "fitted on train alone, every choice made on dev."
    ),
    "entities": (
        "gold tokens, one sentence at a time, whole entities (type and both ends must be right, "
        "counted as `conlleval` does), everything fitted on train alone, every choice made on dev."
    ),
    "classification": "labels learned from train alone, every choice made on dev.",
    "imdb_reviews": (
        "reported on the test split, 25,000 reviews of films that train does not have; dev is all "
        "reviews of one film in ten of the train split, which train has not, either. Labels "
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
    "forecasting": (
        "each channel standardized with the mean and deviation of the training part, errors of "
        "standardized values, the borders of the literature (ETT: 12, 4 and 4 months of 30 days), "
        "every window of a split counted, all channels in and out. Everything fitted on train "
        "alone, every choice made on dev."
    ),
}
LIMITS = {
    "tagging": (
        "It knows the language, the genres and the mistakes of its training data, and no other "
        "text from outside. Raw text is cut into tokens by a few rules: contractions that are "
        "spelled as one word (French *du*, Italian *della*) and words written with spaces "
        "(Vietnamese) are not taken apart or joined as the treebank does, so give tokens where "
        "you have them. One string is one sentence. Scores are for gold tokens."
    ),
    "entities": (
        "It knows the names, the genre and the years of its training data, and no other text from "
        "outside: on other text it finds less, and less surely. Raw text is cut into tokens by a "
        "few rules, which part some words that the corpus leaves whole (*Paris-based*), so give "
        "tokens where you have them. One string is one sentence, and no sentence sees its "
        "neighbours. Scores are for gold tokens."
    ),
    "classification": (
        "It knows the language, the genre and the classes of its training data, and gives one of "
        "these classes to any text, also to one that is of none."
    ),
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
    "forecasting": (
        "It knows the machine, the years and the steps of its training data, and forecasts these "
        "channels in this order and these units; to any other series it gives an answer, too, and "
        "a poor one. It knows nothing of the calendar, of weather or of plans. A window with a "
        "missing or infinite value is refused; of a constant one the answer is finite and means "
        "little."
    ),
}
NOUNS = {"tagging": "tagger", "classification": "classifier", "forecasting": "forecaster"}
EXAMPLES = {"tagging": "One sentence .", "classification": "One text ."}


def render(description):
    """Renders the card of a pretrained model.

    Args:
        description: What its `model.json` holds.

    Returns:
        Markdown.
    """
    name, recipe, files = description["name"], description["recipe"], description["files"]
    rival = description["rival"]
    task, kind = description["task"], _kind(description)
    noun, example = NOUNS[task], EXAMPLES.get(task)
    given = "history" if example is None else f'["{example}"]'
    nothing_else = "" if recipe.get("pretraining") else " and on nothing else"
    parts = [
        f"# {name}",
        f"A {_words(recipe)}{_together(description)} for {TASKS[kind]}, trained on "
        f"`{description['dataset']}` through TFDS{nothing_else}. "
        f"{description['parameters']:,} parameters." + _pretraining(description),
        "## Load it",
        "With the zoo, in one line:",
        _code(
            "python",
            f'import zoo\n\n{noun} = zoo.load("{name}")\n{noun}.predict({given})',
        ),
        *_shapes(description),
        "As a Keras model, to fine-tune:",
        _code("python", f'model = zoo.load("{name}").model'),
        "With TensorFlow alone:",
        _code(
            "python",
            f'import tensorflow as tf\n\n{noun} = tf.saved_model.load("saved_models/{name}")\n'
            + "\n".join(
                f'{noun}.signatures["{signature}"]({given})'
                for signature, given in _signatures(task, kind, example)
            ),
        ),
        "## Scores",
        _scores(description),
        f"{_seeds(description)}, {PROTOCOLS[kind]}",
    ]
    if rival:
        parts.append(f"Rival: {rival['system']}, {_rival(rival, kind)} ({rival['source']}).")
    parts += [
        "## Data and licence",
        f"`{description['dataset']}`, licence {description['licence']}. The weights were trained "
        "on it; mind its terms when you use them.",
        "## Make it again",
        _code("sh", description["command"].replace(" && ", "\n")),
        f"Took {description['seconds']:,} s of training in {description['epochs']} epochs on "
        f"{description['machine']}{', pretraining apart' if recipe.get('pretraining') else ''}. "
        + ", ".join(f"{package} {version}" for package, version in description["versions"].items())
        + ".",
        "## Limits",
        LIMITS[kind] + _length(recipe),
        "## Choices",
        _code("json", json.dumps(recipe, indent=2, ensure_ascii=False)),
        "## Files",
        "| file | sha256 |\n|---|---|\n"
        + "\n".join(f"| `{file}` | `{digest}` |" for file, digest in files.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _kind(description):
    if "tags" in description["sizes"]:
        return "entities"
    known = description["task"] == "classification" and description["dataset"] in TASKS
    return description["dataset"] if known else description["task"]


def _rival(rival, kind):
    if "mse" in rival:
        return f"MSE {rival['mse']:.3f}"
    digits = 1 if kind == "tagging" else 2  # As the sources have them.
    return f"{100 * rival.get('f1', rival.get('accuracy')):.{digits}f}"


def _shapes(description):
    """What goes into a forecaster and comes out, in original units."""
    if description["task"] != "forecasting":
        return []
    sizes, channels = description["sizes"], description["channels"]
    shape = f"{sizes['lookback']}, {len(channels)}"
    found = "`values`"
    if description["recipe"]["hyperparameters"].get("distribution"):
        found += ", the median, and `quantiles`, the same by level,"
    return [
        f"`history` is a float array `({shape})` of the last {sizes['lookback']} steps, or of many "
        f"such windows, `(batch, {shape})`, in the units of the data; the columns are "
        f"{', '.join(channels)}. The answer's {found} for the next {sizes['horizon']} steps are in "
        "the same units: the scaler travels inside."
    ]


def _signatures(task, kind, example):
    if task == "forecasting":
        yield "serving_default", "history=tf.constant(history, tf.float32)"
        return
    text = f'text=tf.constant(["{example}"])'
    yield "serving_default", text
    if task == "tagging":
        words = ", ".join(f'"{word}"' for word in example.split())
        yield "tokens", f"tokens=tf.constant([[{words}]])"
    if kind == "entities":
        yield "entities", text
    if task == "classification":
        yield "contributions", text


def _pretraining(description):
    source = description["recipe"].get("pretraining")
    if not source:
        return ""
    dataset = source.partition(".")[2]
    texts = f"`{dataset}` without their labels"
    if dataset == description["dataset"]:
        texts = "the same data set without their labels, those of dev among them and none of test"
    return (
        f" Its known words, its word vectors and whatever recurrent layers both have started from "
        f"the language model `{source}`, which was trained on the texts of {texts}."
    )


def _length(recipe):
    options = recipe["preprocessing"]
    length = options.get("length")
    if recipe["task"] != "classification" or length is None:
        return ""
    head = length // 4
    kept = {
        "head": f"the first {length:,}",
        "tail": f"the last {length:,}",
        "both": f"the first {head:,} and the last {length - head:,}",
    }[options.get("keep", "head")]
    return f" Of a text of more than {length:,} tokens it reads {kept}."


def _words(recipe):
    options = recipe["hyperparameters"]
    units = options.get("units", 1)
    layers = 1 if isinstance(units, int) else len(units)
    usual = "gru" if recipe.get("builder", "").endswith(("SegRNN", "Seq2SeqForecaster")) else "lstm"
    cell = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "simple RNN"}[options.get("cell", usual)]
    directions = "bidirectional" if options.get("bidirectional", True) else "unidirectional"
    crf = " with a CRF" if options.get("head") == "crf" else ""
    pooled = _pooling(options) if recipe["task"] == "classification" else ""
    if recipe["task"] == "forecasting":
        return _forecaster(recipe, cell, layers)
    return f"{directions} {cell} of {layers} layer{'s' * (layers > 1)}{crf}{pooled}"


def _forecaster(recipe, cell, layers):
    options = recipe["hyperparameters"]
    builder = recipe["builder"].rpartition(".")[2]
    if builder == "SegRNN":
        article = "an" if cell == "LSTM" else "a"
        built = f"SegRNN, {article} {cell} that steps over segments of {options['segment']} steps,"
    else:
        built = f"{builder}, {cell} of {layers} layer{'s' * (layers > 1)},"
    distributions = {"quantiles": "quantiles", "gaussian": "normal distributions"}
    distribution = options.get("distribution")
    if distribution:
        built += f" with {distributions.get(distribution, 'Student t distributions')}"
    return built.rstrip(",")


def _pooling(options):
    names = {"last": "last state", "max": "maximum"}
    pooling = options.get("pooling", "max")
    kinds = [pooling] if isinstance(pooling, str) else pooling
    *most, last = [names.get(kind, kind) for kind in kinds]
    return " with pooling by " + (f"{', '.join(most)} and {last}" if most else last)


def _together(description):
    seeds = description.get("seeds", [])
    return f" ({len(seeds)} of them, averaged)" if seeds else ""


def _seeds(description):
    if "seeds" in description:
        return "Seeds " + ", ".join(map(str, description["seeds"])) + " together"
    return f"Seed {description['recipe']['seed']}"


def _scores(description):
    if any("f1" in found for found in description["metrics"].values()):
        return _entity_scores(description["metrics"])
    if description["task"] == "classification":
        return _class_scores(description)
    if description["task"] == "forecasting":
        return _forecast_scores(description["metrics"])
    rows = [
        "| split | tokens | accuracy | on unknown words | whole sentences | most frequent tag |"
    ]
    rows.append("|---|---|---|---|---|---|")
    for split, found in description["metrics"].items():
        unknown = found["unknown_accuracy"]
        rows.append(
            f"| {split} | {found['tokens']:,} | **{100 * found['accuracy']:.2f}** "
            f"| {100 * unknown:.2f} ({100 * found['unknown_share']:.1f} % of tokens) "
            f"| {100 * found['sentence_accuracy']:.2f} "
            f"| {100 * found['baseline']['accuracy']:.2f} |"
        )
    return "\n".join(rows)


def _entity_scores(metrics):
    rows = ["| split | entities | precision | recall | F1 | recall of unseen | baseline F1 |"]
    rows.append("|---|---|---|---|---|---|---|")
    for split, found in metrics.items():
        rows.append(
            f"| {split} | {found['entities']:,} | {100 * found['precision']:.2f} "
            f"| {100 * found['recall']:.2f} | **{100 * found['f1']:.2f}** "
            f"| {_percent(found['unseen_recall'])} ({_percent(found['unseen_share'])} % of "
            f"entities) | {100 * found['baseline']['f1']:.2f} |"
        )
    return "\n".join(rows) + (
        "\n\nUnseen are the entities that training does not have, with that type; the baseline "
        "finds again what was an entity in training, with the type it had most often."
    )


def _class_scores(description):
    metrics = description["metrics"]
    found = next(iter(metrics.values()))
    baselines = [each["name"] for each in found["baselines"]]
    columns = ["split", "texts", "accuracy (95 % interval)", "macro F1", "calibration error"]
    rows = ["| " + " | ".join([*columns, *baselines]) + " |"]
    rows.append("|---" * len([*columns, *baselines]) + "|")
    for split, found in metrics.items():
        low, high = _percent(found["accuracy_low"]), _percent(found["accuracy_high"])
        cells = [
            split,
            f"{found['examples']:,}",
            f"**{_percent(found['accuracy'])}** ({low} to {high})",
            _percent(found["macro_f1"]),
            _percent(found["calibration_error"]),
            *(_percent(each["accuracy"]) for each in found["baselines"]),
        ]
        rows.append("| " + " | ".join(cells) + " |")
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
    return "\n".join(rows) + f"\n\n{said}"


def _forecast_scores(metrics):
    found = next(iter(metrics.values()))
    intervals = [each["share"] for each in found.get("intervals", [])]
    columns = ["split", "windows", "MSE", "MAE"]
    if intervals:
        columns += ["CRPS", *(f"{100 * share:g} % cover" for share in intervals)]
    columns += [f"{each['name']} MSE" for each in found["baselines"]]
    rows = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for split, found in metrics.items():
        cells = [split, f"{found['windows']:,}", f"**{found['mse']:.4f}**", f"{found['mae']:.4f}"]
        if intervals:
            cells.append(f"{found['crps']:.4f}")
            cells += [f"{100 * each['coverage']:.1f}" for each in found["intervals"]]
        cells += [f"{each['mse']:.4f}" for each in found["baselines"]]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + (
        f"\n\nThe last {len(found['baselines'])} columns are simple baselines, fitted in the same "
        "run; NLinear is one linear map for all channels."
    )


def _percent(share):
    return "-" if share is None else f"{100 * share:.2f}"


def _code(language, text):
    return f"```{language}\n{text}\n```"
