"""Model cards, written from a model's description and from nothing else."""

import json

TASKS = {"tagging": "part-of-speech tagging (UPOS)"}
LIMITS = {
    "tagging": (
        "It knows the language, the genres and the mistakes of its training data, and no other "
        "text from outside. Raw text is cut into tokens by a few rules: contractions that are "
        "spelled as one word (French *du*, Italian *della*) and words written with spaces "
        "(Vietnamese) are not taken apart or joined as the treebank does, so give tokens where "
        "you have them. One string is one sentence. Scores are for gold tokens."
    )
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
    parts = [
        f"# {name}",
        f"A {_words(recipe)} for {TASKS[description['task']]}, trained on "
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
            'tagger.signatures["tokens"](tokens=tf.constant([["One", "sentence", "."]]))',
        ),
        "## Scores",
        _scores(description),
        f"Seed {recipe['seed']}, gold tokens, words only (multiword tokens and empty nodes are no "
        "words), everything fitted on train alone, every choice made on dev.",
    ]
    if rival:
        parts.append(
            f"Rival: {rival['system']}, {100 * rival['accuracy']:.1f} ({rival['source']})."
        )
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
        LIMITS[description["task"]],
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
    return f"{directions} {cell} of {layers} layer{'s' * (layers > 1)}"


def _scores(description):
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


def _code(language, text):
    return f"```{language}\n{text}\n```"
