"""Publishing: a finished run becomes a pretrained model."""

import dataclasses
import importlib
import importlib.metadata
import json
import math
import os
import pathlib
import platform
import tempfile

from zoo import cards, evaluation, training
from zoo.pretrained import CARD, DESCRIPTION, home, sha256
from zoo.serving.portable.sessions import imported


def publish(run, directory=None):
    """Writes a finished run as a pretrained model: SavedModel, description and card.

    It is measured on every split of dev and of test, such as `test_unseen`.

    Args:
        run: A `zoo.training.Run`; or several of one recipe and different seeds, which become one
            `zoo.models.Ensemble`.
        directory: Where to write, in place of the model that may be there; by default the model's
            place in the checkout, or in the cache where there is no checkout.

    Returns:
        The directory.

    Raises:
        ValueError: If several runs are not of one recipe and different seeds, or `directory` holds
            what is no pretrained model.
    """
    from zoo.serving.saved_model import weights

    runs = [run] if isinstance(run, training.Run) else list(run)
    run = runs[0]
    recipe = run.recipe
    directory = pathlib.Path(directory or home() / recipe.name)
    _spare(directory)
    model = run.model if len(runs) == 1 else ensemble(runs)
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
            "command": " && ".join(_commands(runs)),
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
        _put(partial, directory)
    return directory


def to_onnx(directory, *, int8=False):
    """Writes a pretrained model's ONNX graphs beside its SavedModel, whose weights they share.

    Args:
        directory: Where the pretrained model lies. Its description and card will tell of them.
        int8: Whether to write those with weights of their own, in eight bits.

    Returns:
        Their paths.

    Raises:
        ImportError: If ONNX is not installed or, for eight bits, ONNX Runtime.
    """
    imported("onnx", "ONNX", "onnx")
    if int8:
        imported("onnxruntime", "ONNX Runtime", "onnx")
    from zoo.onnx import parts, quantized, share
    from zoo.pretrained import Pretrained

    found = Pretrained(directory)
    graphs = {}
    for name, graph in parts(found.model, found.task, found.saved_model).items():
        graph = quantized(graph) if int8 else share(graph, found.directory)
        graphs[f"{name}{'.int8' if int8 else ''}.onnx"] = graph.SerializeToString()
    found.description["versions"]["onnx"] = importlib.metadata.version("onnx")
    return _add(found, graphs)


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
    (path,) = _add(found, {"model.tflite": litert.convert(found)})
    return path


def _add(found, contents):
    """Writes further files of a pretrained model, of which description and card then tell."""
    paths = [_write(found.directory / name, content) for name, content in contents.items()]
    files = found.description["files"] | {path.name: sha256(path) for path in paths}
    _describe(found.directory, {**found.description, "files": dict(sorted(files.items()))})
    return paths


def _describe(directory, description):
    _write(directory / DESCRIPTION, f"{json.dumps(description, indent=1)}\n".encode())
    _write(directory / CARD, cards.render(description).encode())


def _write(path, content):
    """Writes a file whole or not at all, and gives its path."""
    with tempfile.TemporaryDirectory(dir=path.parent) as partial:
        partial = pathlib.Path(partial) / path.name
        partial.write_bytes(content)
        os.replace(partial, path)
    return path


def _spare(directory):
    """Refuses to write where something lies that is not a pretrained model."""
    if (directory / DESCRIPTION).exists() or not directory.exists():
        return
    if not directory.is_dir() or any(directory.iterdir()):
        raise ValueError(
            f"{directory} must be new, empty, or a pretrained model, which is replaced. It is not: "
            f"there is no {DESCRIPTION} in it. Name another directory."
        )


def _put(partial, directory):
    """Moves a finished directory to its place; the one that was there is lost only after that."""
    with tempfile.TemporaryDirectory(dir=directory.parent) as aside:
        old = pathlib.Path(aside) / directory.name
        if directory.exists():
            os.replace(directory, old)
        try:
            os.replace(partial, directory)
        except OSError:
            if old.exists():
                os.replace(old, directory)
            raise


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


def _commands(runs):
    """The commands that train and publish the same again."""
    recipe, export = runs[0].recipe, f"zoo export {runs[0].recipe.name}"
    if recipe.pretraining is not None:
        yield f"zoo train {recipe.pretraining.name}"
    for run in runs:
        train, seed = f"zoo train {recipe.name}", run.recipe.seed
        place = f"runs/{recipe.name}" + (f".seed{seed}" if seed else "")
        if seed:
            train += f" --seed {seed} --output {place}"
        if seed or len(runs) > 1:
            export += f" --run {place}"
        yield train + _limit(run)
    yield export + _limit(runs[0])


def _limit(run):
    settings = run.directory / training.SETTINGS
    limit = json.loads(settings.read_text("utf-8"))["limit"] if settings.exists() else None
    return f" --limit {limit}" if limit else ""


def _versions():
    packages = ("keras", "tensorflow", "tensorflow-datasets", "numpy")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}
