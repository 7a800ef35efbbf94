"""Publishing: a finished run becomes a pretrained model."""

import importlib
import importlib.metadata
import json
import os
import pathlib
import platform
import shutil
import tempfile

from zoo import card, evaluation, training
from zoo.pretrained import CARD, CHECKOUT, DESCRIPTION, WEIGHTS, sha256


def publish(run, directory=None, *, splits=("dev", "test")):
    """Writes a finished run as a pretrained model: SavedModel, weights, description and card.

    Args:
        run: A `zoo.training.Run`.
        directory: Where to write; by default the model's place in the checkout.
        splits: The splits to measure it on.

    Returns:
        The directory.
    """
    recipe = run.recipe
    directory = pathlib.Path(directory or CHECKOUT / recipe.name)
    serving = importlib.import_module(f"zoo.serving.{recipe.task}")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent) as partial:
        partial = pathlib.Path(partial) / recipe.name
        serving.export(run.model, run.data, partial, language=recipe.language)
        _save_half_precision(run.model, partial / WEIGHTS)
        training.without_optimizer(run.model).load_weights(partial / WEIGHTS)
        description = {
            "name": recipe.name,
            "task": recipe.task,
            "dataset": recipe.dataset,
            "language": recipe.language,
            "recipe": recipe.to_dict(),
            "sizes": run.data.sizes,
            "parameters": run.model.count_params(),
            "metrics": {
                split: evaluation.evaluate(recipe, run.model, run.data, split=split)
                for split in splits
            },
            "epochs": len(run.history),
            "rival": dict(recipe.rival),
            "licence": recipe.licence,
            "command": f"zoo train {recipe.name} && zoo export {recipe.name}",
            "seconds": round(run.seconds),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "versions": _versions(),
            "files": {
                path.relative_to(partial).as_posix(): sha256(path)
                for path in sorted(partial.rglob("*"))
                if path.is_file()
            },
        }
        (partial / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n")
        (partial / CARD).write_text(card.render(description))
        shutil.rmtree(directory, ignore_errors=True)
        os.replace(partial, directory)
    return directory


def _save_half_precision(model, path):
    import h5py

    whole = path.with_name(f"whole.{path.name}")
    training.without_optimizer(model).save_weights(whole)
    with h5py.File(whole, "r") as source, h5py.File(path, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                written = target.require_group(name)
            else:
                values = item[()]
                halved = values.astype("float16") if values.dtype == "float32" else values
                written = target.create_dataset(name, data=halved)
            written.attrs.update(item.attrs)

        source.visititems(copy)
        target.attrs.update(source.attrs)
    whole.unlink()


def _versions():
    packages = ("keras", "tensorflow", "tensorflow-datasets", "numpy")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}
