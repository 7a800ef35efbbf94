"""What every model card holds."""

import importlib
import json

from zoo.cards.markdown import code, table


def render(description):
    """Renders the card of a pretrained model.

    Args:
        description: What its `model.json` holds.

    Returns:
        Markdown.
    """
    name, recipe, files = description["name"], description["recipe"], description["files"]
    rival, dataset = description["rival"], description["dataset"]
    task = _of(description)
    given = task.example(description)
    nothing_else = "" if recipe.get("pretraining") else " and on nothing else"
    signatures = list(task.signatures(description))
    calls = [f'{task.NOUN}.signatures["{name}"]({inputs})' for name, inputs, _ in signatures]
    parts = [
        f"# {name}",
        f"A {task.architecture(recipe)}{_together(description)} for {task.purpose(description)}, "
        f"trained on `{dataset}` through TFDS{nothing_else}. "
        f"{description['parameters']:,} parameters." + _pretraining(description),
        "## Load it",
        "With the zoo, in one line:",
        code(
            "python",
            f'import zoo\n\n{task.NOUN} = zoo.load("{name}")\n{task.NOUN}.predict({given})',
        ),
        task.details(description),
        "As a Keras model, to fine-tune:",
        code("python", f'model = zoo.load("{name}").model'),
        "With TensorFlow alone:",
        code(
            "python",
            f'import tensorflow as tf\n\n{task.NOUN} = tf.saved_model.load("saved_models/{name}")'
            + "\n".join(["", *calls]),
        ),
        table(["signature", "gives"], [[f"`{name}`", gives] for name, _, gives in signatures]),
        *_without_tensorflow(description, task.NOUN),
        "## Scores",
        task.scores(description),
        f"{_seeds(description)}, {task.protocol(description)}",
        f"Rival: {rival['system']}, {task.figure(rival, description)} ({rival['source']})."
        if rival
        else "",
        "## Data and licence",
        f"`{dataset}`, licence {description['licence']}. The weights were trained on it; mind its "
        "terms when you use them.",
        "## Make it again",
        code("sh", "\n".join(_commands(description))),
        f"Took {description['seconds']:,} s of training in {description['epochs']} epochs on "
        f"{description['machine']}{', pretraining apart' if recipe.get('pretraining') else ''}. "
        + ", ".join(f"{package} {version}" for package, version in description["versions"].items())
        + ".",
        "## Limits",
        task.limits(description),
        "## Choices",
        code("json", json.dumps(recipe, indent=2, ensure_ascii=False)),
        "## Files",
        table(["file", "sha256"], [[f"`{file}`", f"`{digest}`"] for file, digest in files.items()]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def headline(description, split="test"):
    """Gives the one figure of a model that tells most, as a string; `""` if there is none."""
    found = description["metrics"].get(split)
    return "" if found is None else _of(description).headline(found)


def _of(description):
    """What cards of the task tell."""
    return importlib.import_module(f"zoo.cards.{description['task']}")


def _commands(description):
    yield from description["command"].split(" && ")
    if _has_graphs(description):
        yield f"zoo export {description['name']} --format onnx"


def _has_graphs(description):
    return any(file.endswith(".onnx") for file in description["files"])


def _without_tensorflow(description, noun):
    if not _has_graphs(description):
        return []
    load = f'{noun} = zoo.load("{description["name"]}", runtime="onnx")'
    return [
        "On ONNX Runtime, importing neither TensorFlow nor Keras (`pip install '.[onnx]'`):",
        code("python", load),
    ]


def _pretraining(description):
    source = description["recipe"].get("pretraining")
    if not source:
        return ""
    dataset = source.partition(".")[2]
    texts = f"`{dataset}` without their labels"
    if dataset == description["dataset"]:
        texts = "the same data set without their labels, those of dev among them and none of test"
    return (
        f" Its vocabulary, its word vectors and the recurrent layers that both have come from the "
        f"language model `{source}`, which was trained on the texts of {texts}."
    )


def _together(description):
    seeds = description.get("seeds", [])
    return f" ({len(seeds)} of them, averaged)" if seeds else ""


def _seeds(description):
    if "seeds" in description:
        return "Seeds " + ", ".join(map(str, description["seeds"])) + " together"
    return f"Seed {description['recipe']['seed']}"
