"""Seconds an epoch of two of the zoo's models: what its batches save, and what its layers save.

    python benchmarks/epochs.py

Each row is a process of its own that trains the same model with the same batch size on the first
batches of an epoch, whose order is random; the seconds of the epoch follow from its padded steps.
The machine should have nothing else to do.
"""

import importlib.metadata
import itertools
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import keras
import numpy as np
import typer

MODELS = {"bilstm_tagger.ud_en_ewt": 60, "bilstm_classifier.imdb": 24}  # Batches that are timed.
WAYS = {
    "Keras's layers, all texts padded to one length": ("keras", "one length"),
    "Keras's layers, each batch padded to its longest text": ("keras", "random"),
    "Keras's layers, texts of similar length together": ("keras", "buckets"),
    "the zoo: its layers, texts of similar length together": ("zoo", "buckets"),
}
PASSES = 3
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def widened(batches):
    """The same batches, every array padded to the longest text and word of the data."""
    widths = {name: np.max([row.shape for row in rows], axis=0) for name, rows in batches.x.items()}

    def pad(array, width):
        after = np.subtract(width, array.shape[1:])
        return np.pad(array, [(0, 0), *((0, steps) for steps in after)])

    for x, y, weight in batches:
        arrays = x if isinstance(x, dict) else {"tokens": x}
        arrays = {name: pad(array, widths[name]) for name, array in arrays.items()}
        if not isinstance(batches.y, np.ndarray):
            y, weight = pad(y, widths["tokens"]), pad(weight, widths["tokens"])
        yield arrays if isinstance(x, dict) else arrays["tokens"], y, weight


@app.command()
def row(name: str, layers: str, padding: str):
    """Time a model in one way (what the other command calls): prints JSON."""
    import tensorflow as tf

    import zoo
    from zoo.data.batches import Batches, without_autotune

    if layers == "keras":
        zoo.layers.LSTM.inner_loop = keras.layers.LSTM.inner_loop
    recipe = zoo.recipes.get(name)
    data = recipe.load_data()
    batches = data.batches("train", recipe.batch_size, seed=0)
    if padding == "random":
        rates = batches.unknown_rates
        batches = Batches(
            batches.x, batches.y, recipe.batch_size, seed=0, unknown_rates=rates, pool=1
        )
    real = batches.lengths.sum()
    steps = real / (1 - batches.padding)
    if padding == "one length":
        steps = len(batches.lengths) * batches.lengths.max()
    source = widened(batches) if padding == "one length" else batches
    few = MODELS[name] // (3 if padding == "one length" else 1)  # All of these take equally long.
    items = list(itertools.islice(source, few))
    timed = sum(np.prod(next(iter(keras.tree.flatten(x))).shape[:2]) for x, _, _ in items)
    model = recipe.build(data.sizes, steps_per_epoch=len(batches))
    signature = batches.dataset().element_spec

    def fit(items):
        dataset = tf.data.Dataset.from_generator(lambda: iter(items), output_signature=signature)
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(items)))
        model.fit(without_autotune(dataset.prefetch(2)), verbose=0, shuffle=False)

    fit(items[:3])
    seconds = []
    for _ in range(PASSES):
        start = time.perf_counter()
        fit(items)
        seconds.append((time.perf_counter() - start) * float(steps / timed))
    print(json.dumps({"seconds": seconds, "padding": float(1 - real / steps)}))


@app.callback(invoke_without_command=True)
def table(context: typer.Context):
    """Times every way of each model, prints the table and writes it."""
    if context.invoked_subcommand:
        return
    lines = [
        "| model | how it is trained | padding | seconds an epoch | lowest to highest | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name in MODELS:
        plain = None
        for label, (layers, padding) in WAYS.items():
            output = subprocess.run(
                [sys.executable, __file__, "row", name, layers, padding],
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout
            found = json.loads(output.splitlines()[-1])
            median = statistics.median(found["seconds"])
            plain = plain or median
            lines.append(
                f"| {name} | {label} | {found['padding']:.1%} | {median:.0f} "
                f"| {min(found['seconds']):.0f} to {max(found['seconds']):.0f} "
                f"| **{plain / median:.1f}** |"
            )
            print(lines[-1], flush=True)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("keras", "tensorflow")]
    text = "\n".join(
        [
            "# Seconds an epoch",
            "",
            *lines,
            "",
            f"Medians of {PASSES} passes. {os.cpu_count()} cores, {platform.machine()}, Python "
            f"{platform.python_version()}, {', '.join(versions)}, {time.strftime('%Y-%m-%d')}.",
            "",
            "Command: `python benchmarks/epochs.py`",
            "",
        ]
    )
    (pathlib.Path(__file__).parent / "epochs.md").write_text(text)
    print(text)


if __name__ == "__main__":
    app()
