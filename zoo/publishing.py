"""Publishing: a finished run becomes a pretrained model."""

import dataclasses
import importlib
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import shutil
import tempfile

from zoo import cards, evaluation, training
from zoo.pretrained import CARD, CHECKOUT, DESCRIPTION, sha256


def publish(run, directory=None):
    """Writes a finished run as a pretrained model: SavedModel, description and card.

    It is measured on every split of dev and of test, such as `test_unseen`.

    Args:
        run: A `zoo.training.Run`; or several of one recipe and different seeds, which become one
            `zoo.models.Ensemble`.
        directory: Where to write; by default the model's place in the checkout.

    Returns:
        The directory.

    Raises:
        ValueError: If several runs are not of one recipe and different seeds.
    """
    from zoo.serving.saved_model import weights

    runs = [run] if isinstance(run, training.Run) else list(run)
    run = runs[0]
    recipe = run.recipe
    model = run.model if len(runs) == 1 else ensemble(runs)
    training_commands = [_command(each.recipe) for each in runs]
    if recipe.pretraining is not None:
        training_commands.insert(0, _command(recipe.pretraining))
    export_command = f"zoo export {recipe.name}"
    if len(runs) > 1:
        export_command += "".join(f" --run {_place(each.recipe)}" for each in runs)
    directory = pathlib.Path(directory or CHECKOUT / recipe.name)
    serving = importlib.import_module(f"zoo.serving.saved_model.{recipe.task}")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent) as partial:
        partial = pathlib.Path(partial) / recipe.name
        exported = serving.export(model, run.data, partial, language=recipe.language)
        weights.restore(model, partial)  # What is measured is what was written.
        description = {
            "name": recipe.name,
            "task": recipe.task,
            "dataset": recipe.dataset,
            "language": recipe.language,
            "recipe": recipe.to_dict(),
            "sizes": run.data.sizes,
            "parameters": parameters(model),
            **(exported or {}),
            **({"seeds": [each.recipe.seed for each in runs]} if len(runs) > 1 else {}),
            "metrics": {
                split: evaluation.evaluate(recipe, model, run.data, split=split)
                for split in run.data.splits
                if split.startswith(("dev", "test"))
            },
            "epochs": len(run.history),
            "rival": dict(recipe.rival),
            "licence": recipe.licence,
            "command": " && ".join([*training_commands, export_command]),
            "seconds": round(sum(each.seconds for each in runs)),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "versions": _versions(),
            "files": {
                path.relative_to(partial).as_posix(): sha256(path)
                for path in sorted(partial.rglob("*"))
                if path.is_file()
            },
        }
        _describe(partial, description)
        shutil.rmtree(directory, ignore_errors=True)
        os.replace(partial, directory)
    return directory


def to_onnx(directory, *, int8=False):
    """Writes a pretrained model's ONNX graphs beside its SavedModel, whose weights they share.

    Args:
        directory: Where the pretrained model lies. Its description and card will tell of them.
        int8: Whether to write those with weights of their own, in eight bits.

    Returns:
        Their paths.
    """
    from zoo.onnx import parts, quantized, share
    from zoo.pretrained import Pretrained

    found = Pretrained(directory)
    paths = []
    for name, graph in parts(found.model, found.task, found.saved_model).items():
        graph = quantized(graph) if int8 else share(graph, found.directory)
        paths.append(found.directory / f"{name}{'.int8' if int8 else ''}.onnx")
        paths[-1].write_bytes(graph.SerializeToString())
    found.description["versions"]["onnx"] = importlib.metadata.version("onnx")
    _tell_of(found, paths)
    return paths


def to_litert(directory):
    """Writes a pretrained model as a LiteRT graph beside its SavedModel.

    Args:
        directory: Where the pretrained model lies. Its description and card will tell of it.

    Returns:
        Its path.

    Raises:
        NotImplementedError: If the model decodes step by step.
    """
    from zoo.pretrained import Pretrained
    from zoo.serving.saved_model import litert

    found = Pretrained(directory)
    path = found.directory / "model.tflite"
    path.write_bytes(litert.convert(found))
    _tell_of(found, [path])
    return path


def _tell_of(found, paths):
    """Has description and card of a pretrained model tell of further files."""
    files = found.description["files"] | {path.name: sha256(path) for path in paths}
    _describe(found.directory, {**found.description, "files": dict(sorted(files.items()))})


def _describe(directory, description):
    (directory / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n")
    (directory / CARD).write_text(cards.render(description))


def ensemble(runs):
    """Builds one model of finished runs of one recipe and different seeds.

    Args:
        runs: `zoo.training.Run`s.

    Returns:
        A `zoo.models.Ensemble`.

    Raises:
        ValueError: If they are not that.
    """
    from zoo import models

    first = dataclasses.replace(runs[0].recipe, seed=0)
    seeds = {each.recipe.seed for each in runs}
    if len(seeds) < len(runs) or any(dataclasses.replace(r.recipe, seed=0) != first for r in runs):
        raise ValueError(
            "Runs that are published as one model must be of one recipe and of different seeds. "
            f"Received: {[(each.recipe.name, each.recipe.seed) for each in runs]}"
        )
    sizes, options = runs[0].data.sizes, first.hyperparameters
    members = []
    for place, each in enumerate(runs):
        members.append(first.builder(**sizes, **options, name=f"member_{place}"))
        members[-1].set_weights(each.model.get_weights())
    return models.Ensemble(members)


def parameters(model):
    """Counts what a model has learned: not the states that it carries, nor the seeds of dropout.

    Example:

    >>> from zoo.models import LanguageModel
    >>> model = LanguageModel(9, units=2, embedding_dim=3, lanes=4)
    >>> parameters(model), model.count_params()
    (102, 118)
    """
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def _place(recipe):
    return f"runs/{recipe.name}" + (f".seed{recipe.seed}" if recipe.seed else "")


def _command(recipe):
    if not recipe.seed:
        return f"zoo train {recipe.name}"
    return f"zoo train {recipe.name} --seed {recipe.seed} --output {_place(recipe)}"


def _versions():
    packages = ("keras", "tensorflow", "tensorflow-datasets", "numpy")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}
