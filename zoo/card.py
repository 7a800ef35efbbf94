"""Model cards, written from a model's description and from nothing else."""

import json

TASKS = {
    "tagging": "part-of-speech tagging (UPOS)",
    "entities": "named-entity recognition",
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
}


def render(description):
    """Renders the card of a pretrained model.

    Args:
        description: What its `model.json` holds.

    Returns:
        Markdown.
    """
    name, recipe, files = description["name"], description["recipe"], description["files"]
    rival = description["rival"]
    kind = "entities" if "tags" in description["sizes"] else description["task"]
    parts = [
        f"# {name}",
        f"A {_words(recipe)}{_together(description)} for {TASKS[kind]}, trained on "
        f"`{description['dataset']}` through TFDS and on nothing else. "
        f"{description['parameters']:,} parameters.",
        "## Load it",
        "With the zoo, in one line:",
        _code(
            "python",
            f'import zoo\n\ntagger = zoo.load("{name}")\ntagger.predict(["One sentence ."])',
        ),
        "As a Keras model, to fine-tune:",
        _code("python", f'model = zoo.load("{name}").model'),
        "With TensorFlow alone:",
        _code(
            "python",
            f'import tensorflow as tf\n\ntagger = tf.saved_model.load("saved_models/{name}")\n'
            'tagger.signatures["serving_default"](text=tf.constant(["One sentence ."]))\n'
            'tagger.signatures["tokens"](tokens=tf.constant([["One", "sentence", "."]]))'
            + ('\ntagger.signatures["entities"](text=tf.constant(["One sentence ."]))')
            * (kind == "entities"),
        ),
        "## Scores",
        _scores(description),
        f"{_seeds(description)}, {PROTOCOLS[kind]}",
    ]
    if rival:
        score = f"{100 * rival['f1']:.2f}" if "f1" in rival else f"{100 * rival['accuracy']:.1f}"
        parts.append(f"Rival: {rival['system']}, {score} ({rival['source']}).")
    parts += [
        "## Data and licence",
        f"`{description['dataset']}`, licence {description['licence']}. The weights were trained "
        "on it; mind its terms when you use them.",
        "## Make it again",
        _code("sh", description["command"].replace(" && ", "\n")),
        f"Took {description['seconds']:,} s of training in {description['epochs']} epochs on "
        f"{description['machine']}. "
        + ", ".join(f"{package} {version}" for package, version in description["versions"].items())
        + ".",
        "## Limits",
        LIMITS[kind],
        "## Choices",
        _code("json", json.dumps(recipe, indent=2, ensure_ascii=False)),
        "## Files",
        "| file | sha256 |\n|---|---|\n"
        + "\n".join(f"| `{file}` | `{digest}` |" for file, digest in files.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _words(recipe):
    options = recipe["hyperparameters"]
    units = options["units"]
    layers = 1 if isinstance(units, int) else len(units)
    cell = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "simple RNN"}[options.get("cell", "lstm")]
    directions = "bidirectional" if options.get("bidirectional", True) else "unidirectional"
    crf = " with a CRF" if options.get("head") == "crf" else ""
    return f"{directions} {cell} of {layers} layer{'s' * (layers > 1)}{crf}"


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


def _percent(share):
    return "-" if share is None else f"{100 * share:.2f}"


def _code(language, text):
    return f"```{language}\n{text}\n```"
