"""What the scripts share that train every row of a table: naming, training, reading scores.

Each row is a label and a recipe. Its run is kept under `runs/`, with its scores, once it was
measured: called again, a script goes on where it stopped and prints finished rows at once.
"""

import concurrent.futures
import dataclasses
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import sys

SCORES = "scores.json"
SPLITS = ("dev", "test")


def varied(recipe, name, preprocessing=None, epochs=None, **hyperparameters):
    """A recipe with some of its choices changed, under a name that says so."""
    architecture, _, dataset = recipe.name.partition(".")
    return dataclasses.replace(
        recipe,
        name=f"{architecture}_{name}.{dataset}",
        hyperparameters={**recipe.hyperparameters, **hyperparameters},
        preprocessing={**recipe.preprocessing, **(preprocessing or {})},
        epochs=epochs or recipe.epochs,
    )


def seeds(recipe, number):
    """The same recipe with each of its seeds."""
    return [dataclasses.replace(recipe, seed=seed) for seed in range(number)]


def run_directory(runs, recipe):
    """Where the run of a recipe with a seed is kept; `zoo export` finds seed 0."""
    return runs / (recipe.name if recipe.seed == 0 else f"{recipe.name}.seed{recipe.seed}")


def measure(recipe, runs, evaluate=None):
    """Trains and measures one row, once.

    Args:
        recipe: The `zoo.recipe.Recipe` of the row.
        runs: Where runs are kept.
        evaluate: Function of a `zoo.training.Run` and a split that measures it; by default
            `zoo.evaluation.evaluate`.

    Returns:
        The scores by split, with `seconds`, `epochs`, `best` and `parameters`.
    """
    from zoo import evaluation, publishing, training

    output = run_directory(runs, recipe)
    if not (output / SCORES).exists():
        run = training.train(recipe, output=output)
        scores = {
            split: evaluate(run, split)
            if evaluate
            else evaluation.evaluate(recipe, run.model, run.data, split=split)
            for split in SPLITS
        }
        scores |= {"seconds": run.seconds, "epochs": len(run.history), "best": run.best["epoch"]}
        scores["parameters"] = publishing.parameters(run.model)
        (output / SCORES).write_text(json.dumps(scores) + "\n")
    return json.loads((output / SCORES).read_text())


def measured(script, table, rows, jobs, runs, kept=False):
    """Has a script measure the rows that are not yet, and yields each with its scores.

    Args:
        script: Path of the script, whose command `row TABLE INDEX --runs RUNS` measures one row.
        table: Name of the table.
        rows: Pairs of a label and a recipe.
        jobs: Rows at a time, one thread each.
        runs: Where runs are kept.
        kept: Whether to leave out the rows that are not yet measured, in place of measuring them.

    Yields:
        Label, recipe and scores of each row.
    """
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

    def work(index):
        command = [sys.executable, script, "row", table, str(index), "--runs", runs]
        return subprocess.run(command, env={**os.environ, **one_thread}, check=True)

    found = [(*row, run_directory(runs, row[1]) / SCORES) for row in rows]
    if kept:
        found = [row for row in found if row[-1].exists()]
    else:
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(work, (i for i, row in enumerate(found) if not row[-1].exists())))
    for label, recipe, path in found:
        yield label, recipe, json.loads(path.read_text())


def by_label(found):
    """Puts the seeds of a row together: by label its pairs of recipe and scores."""
    together = {}
    for label, recipe, scores in found:
        together.setdefault(label, []).append((recipe, scores))
    return together


def write(script, table, title, lines, notes, *options):
    """Prints a table and writes it beside its script, with the command that makes it again.

    Args:
        script: Path of the script.
        table: Name of the table, which is the script's command.
        title: A heading.
        lines: The table, and others after it, in Markdown.
        notes: What is to be known of it.
        *options: What else was said to the command.
    """
    script = pathlib.Path(script)
    command = " ".join(["python", f"benchmarks/{script.name}", table, *options])
    text = "\n".join([title, "", *lines, "", notes, "", f"Command: `{command}`", ""])
    (script.parent / f"{script.stem}_{table}.md").write_text(text)
    print(text)


def write_rows(script, table, title, lines, notes, kept):
    """Writes a table of measured rows, as `write` does, with what holds of all of them."""
    notes = (
        f"{notes} Trained on the train split alone, every choice made on dev. Seconds on a 2-core "
        f"CPU with other work beside it, {versions()}."
    )
    write(script, table, title, lines, notes, *["--kept"] * kept)


def versions():
    """What the figures were made with."""
    return ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("keras", "tensorflow")
    )


def spread(scores):
    """The deviation of several scores, as a table shows it."""
    return f" ± {statistics.stdev(scores):.2f}" if len(scores) > 1 else ""
