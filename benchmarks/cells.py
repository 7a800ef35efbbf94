"""Which cell, and how arranged: small models of the zoo's tasks that differ in one thing.

    python benchmarks/cells.py scores         LSTM, GRU and simple RNN, as wide and as large
    python benchmarks/cells.py arrangements   depth, width, directions, dropout, norms
    python benchmarks/cells.py cost           time and memory of the rows of `scores`, one at a time

A row is trained with each learning rate from seed 0; the rate that is best on dev is trained from
the other seeds. Test is measured once a training, and nothing is chosen by it. `scores` and
`arrangements` train on one thread, `--jobs` rows at a time, and keep every training under `runs/`:
called again, they go on where they stopped. `cost` needs Linux, and a machine that has nothing else
to do. Each writes `cells_<table>.md`, and the raw results of every training beside it, in
`cells_<table>.csv`, which the notebook `lstm_or_gru` draws.
"""

import concurrent.futures
import csv
import dataclasses
import importlib
import itertools
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
import typing
from typing import Annotated

import scipy.stats
import typer
from rows import versions, write

HERE = pathlib.Path(__file__).parent
SEEDS = 5
RATES = (1e-3, 3e-3, 1e-2)
HIGHER = (3e-2, 1e-1)  # Each is tried where the rate before it is best.
LARGE = " as large"  # With as many weights as the first row of its group.
WARM, TIMED, TIMES, ASKED = 20, 60, 3, 200
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Jobs = Annotated[int, typer.Option(help="Rows at a time, one thread each.")]
Runs = Annotated[pathlib.Path, typer.Option(help="Where trainings are kept.")]


class Task(typing.NamedTuple):
    """What is learned, and what counts.

    Attributes:
        title: What a table calls it.
        recipe: The `zoo.recipe.Recipe` of the LSTM of one layer.
        measure: The measure that counts.
        scale: What a table multiplies it by.
        better: 1 if more of it is better, -1 if less is.
        limit: How many examples of a split are used, or `None` for all.
    """

    title: str
    recipe: object
    measure: str
    scale: int = 100
    better: int = 1
    limit: int | None = None


class Row(typing.NamedTuple):
    """A model of a task.

    Attributes:
        label: What a table calls it.
        changes: Hyperparameters in which it differs from the task's recipe.
        like: Hyperparameters of the model whose number of weights its units are chosen to have, or
            `None` to leave the units as they are.
    """

    label: str
    changes: dict
    like: dict | None = None


def tasks():
    """The tasks by name, each a recipe of the zoo made small."""
    from zoo import models, recipes

    def small(name, epochs, hyperparameters, batch_size=32, preprocessing=None, **changes):
        recipe = recipes.get(name)
        return dataclasses.replace(
            recipe,
            hyperparameters={"cell": "lstm", **hyperparameters},
            preprocessing={**recipe.preprocessing, **(preprocessing or {})},
            epochs=epochs,
            patience=epochs,
            batch_size=batch_size,
            warmup=0.05,
            weight_averaging=0.0,
            pretraining=None,
            **changes,
        )

    words = {"units": 64, "embedding_dim": 64, "dropout": 0.3}
    return {
        "pos": Task(
            "parts of speech (EWT), accuracy",
            small("bilstm_tagger.ud_en_ewt", 5, words, preprocessing={"characters": False}),
            "accuracy",
        ),
        "ner": Task(
            "entities (CoNLL-2003), F1",
            small(
                "bilstm_crf.conll2003",
                5,
                words,
                preprocessing={"characters": False},
                monitor="val_f1",
            ),
            "f1",
        ),
        "imdb": Task(
            "sentiment (5,000 reviews of IMDb), accuracy",
            small(
                "bilstm_classifier.imdb",
                6,
                {**words, "bidirectional": False, "pooling": "last"},
                batch_size=64,
                preprocessing={"length": 100, "max_vocabulary": 10_000},
            ),
            "accuracy",
            limit=5000,
        ),
        "etth1": Task(
            "electricity (ETTh1, 96 hours), MSE",
            small(
                "segrnn.etth1",
                6,
                {"units": 64, "dropout": 0.1, "normalization": "last"},
                batch_size=64,
                builder=models.Forecaster,
            ),
            "mse",
            scale=1,
            better=-1,
        ),
        "shakespeare": Task(
            "characters (tiny_shakespeare), nats",
            small(
                "lstm_lm.tiny_shakespeare",
                3,
                {"units": 128, "embedding_dim": 32, "dropout": 0.1, "lanes": 32},
            ),
            "nats",
            scale=1,
            better=-1,
        ),
        "scan": Task(
            "commands (SCAN simple), exact match",
            small(
                "seq2seq.scan_simple",
                8,
                {
                    "units": 64,
                    "embedding_dim": 32,
                    "attention": "multiplicative",
                    "dropout": 0.1,
                },
                batch_size=64,
            ),
            "exact_match",
        ),
    }


def cells(hyperparameters):
    """Rows with each cell: as wide as the LSTM, and with as many weights."""
    lstm, gru, simple = ({"cell": cell} for cell in ("lstm", "gru", "simple_rnn"))
    return [
        Row("LSTM", lstm),
        Row("GRU", gru),
        Row("simple RNN", simple),
        Row("GRU" + LARGE, gru, like=lstm),
        Row("simple RNN" + LARGE, simple, like=lstm),
    ]


def arrangements(hyperparameters):
    """Rows of the LSTM, arranged in other ways."""
    units = hyperparameters["units"]
    both = hyperparameters.get("bidirectional", True)
    turned = "one direction" if both else "both directions"
    two, four = {"units": (units,) * 2}, {"units": (units,) * 4}
    rows = [
        Row("one layer", {}),
        Row(turned + LARGE, {"bidirectional": not both}, like={}),
        Row("two layers", two),
        Row("one layer" + LARGE, {}, like=two),
        Row("one layer, no dropout", {"dropout": 0.0}),
        Row("one layer, dropout 0.5", {"dropout": 0.5}),
    ]
    deep = [
        Row("four layers", four),
        Row("four layers, residual", {**four, "residual": True}),
        Row("four layers, layer norm", {**four, "normalization": "layer"}),
        Row("four layers, batch norm", {**four, "normalization": "batch"}),
    ]
    return rows + deep if both else rows  # Four layers of reviews are more than two cores can pay.


SHORTER = {"pos": 3, "imdb": 4}  # Epochs of `arrangements`.
TABLES = {
    "scores": (cells, ("pos", "ner", "imdb", "etth1", "shakespeare", "scan")),
    "arrangements": (arrangements, tuple(SHORTER)),
}


def recipe_of(task, row, sizes):
    """The recipe of a row, for data of the given sizes."""

    def changed(**changes):
        merged = {**task.recipe.hyperparameters, **changes}
        return dataclasses.replace(task.recipe, hyperparameters=merged)

    if row.like is None:
        return changed(**row.changes)
    target = weights(changed(**row.like), sizes)

    def missed(units):
        return weights(changed(**row.changes, units=units), sizes) - target

    low, high = 1, 2
    while missed(high) < 0:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if missed(middle) < 0 else (low, middle)
    return changed(**row.changes, units=min(low, high, key=lambda units: abs(missed(units))))


def weights(recipe, sizes):
    """Counts the weights that training changes."""
    return sum(int(weight.shape.num_elements()) for weight in recipe.build(sizes).trainable_weights)


def directory_of(runs, table, name, row):
    """Where the trainings of a row are kept."""
    return runs / "cells" / table / name / row.label.replace(",", "").replace(" ", "_")


@app.command(hidden=True)
def row(table: str, name: str, index: int, runs: Runs = pathlib.Path("runs")):
    """Train one row with each rate, and with the best of them from each seed."""
    import keras

    from zoo import training

    task = tasks()[name]
    data = task.recipe.load_data(limit=task.limit)
    metrics = importlib.import_module(f"zoo.metrics.{task.recipe.task}")
    train = data.splits["train"]
    # Linear models are the same beside every training.
    fitted = [metrics.baselines(train)] if task.recipe.task == "classification" else []
    chosen = TABLES[table][0](task.recipe.hyperparameters)[index]
    recipe = recipe_of(task, chosen, data.sizes)
    if table == "arrangements":
        recipe = dataclasses.replace(recipe, epochs=SHORTER[name])
    directory = directory_of(runs, table, name, chosen)

    def measured(run, split):
        gold = data.splits[split]
        found = metrics.evaluate(gold, data.predict(run.model, gold), train, *fitted)
        simple = found["baseline"] if "baseline" in found else found["baselines"][-1]
        return {
            split: found[task.measure],
            f"{split}_baseline": simple[task.measure],
            "baseline": simple["name"],
        }

    def trained(rate, seed):
        output = directory / f"rate{rate}.seed{seed}"
        kept = output / "found.json"
        if not kept.exists():
            keras.backend.clear_session()
            one = dataclasses.replace(
                recipe, learning_rate=rate, final_learning_rate=rate / 20, seed=seed
            )
            run = training.train(one, data=data, limit=task.limit, output=output)
            found = {
                "task": name,
                "model": chosen.label,
                "units": recipe.hyperparameters["units"],
                "weights": weights(recipe, data.sizes),
                "rate": rate,
                "seed": seed,
                **measured(run, "dev"),
                **measured(run, "test"),
                "updates": converged(run, recipe.monitor),
            }
            kept.write_text(json.dumps(found) + "\n")
        return json.loads(kept.read_text())

    def better(found):
        return task.better * found["dev"]

    best = max((trained(rate, 0) for rate in RATES), key=better)
    for highest, higher in itertools.pairwise((RATES[-1], *HIGHER)):
        if best["rate"] == highest:
            best = max(best, trained(higher, 0), key=better)
    others = [trained(best["rate"], seed) for seed in range(1, SEEDS)]
    (directory / "seeds.json").write_text(json.dumps([best, *others]) + "\n")


def converged(run, monitor):
    """Updates after which dev is within a hundredth of its best."""
    falls = monitor.endswith(("loss", "perplexity"))
    values = [epoch[monitor] for epoch in run.history]
    best = min(values) if falls else max(values)
    near = [value <= 1.01 * best if falls else value >= 0.99 * best for value in values]
    updates = len(run.data.batches("train", run.recipe.batch_size, seed=0))
    return updates * (1 + near.index(True))


def measure(table, jobs, runs):
    """Has every row measured that is not yet, and reads all trainings that count."""
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

    def work(name, index):
        command = [sys.executable, __file__, "row", table, name, str(index), "--runs", runs]
        subprocess.run(command, env={**os.environ, **one_thread}, check=True)

    listed, names = TABLES[table]
    of_task, missing = tasks(), []
    files = {}
    for name in names:
        for index, each in enumerate(listed(of_task[name].recipe.hyperparameters)):
            path = directory_of(runs, table, name, each) / "seeds.json"
            files[name, each.label] = path
            if not path.exists():
                missing.append((name, index))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda pair: work(*pair), missing))
    return {pair: json.loads(path.read_text()) for pair, path in files.items()}


def interval(values):
    """Mean, and half of its 95 % interval after Student."""
    spread = statistics.stdev(values) / len(values) ** 0.5
    return statistics.mean(values), float(scipy.stats.t.ppf(0.975, len(values) - 1)) * spread


def keep(table, every):
    """Writes the raw results of a table, a dictionary each."""
    with open(HERE / f"cells_{table}.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(every[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(every)


def tabulate(table, title, found, notes):
    """Writes the raw results of a table, and the table."""
    every = [training for trainings in found.values() for training in trainings]
    keep(table, every)
    lines = [
        "| task | model | units | weights | rate | test, mean ± 95 % | dev | updates |",
        "|---|---|---|---|---|---|---|---|",
    ]
    of_task = tasks()
    for (name, label), trainings in found.items():
        task, first = of_task[name], trainings[0]

        def shown(column, task=task, trainings=trainings):
            mean, half = interval([task.scale * each[column] for each in trainings])
            digits = 2 if task.scale == 100 else 4
            return f"{mean:.{digits}f}", f"± {half:.{digits}f}"

        test, half = shown("test")
        units = first["units"]
        units = " + ".join(map(str, units)) if isinstance(units, list) else units
        updates = statistics.median(each["updates"] for each in trainings)
        lines.append(
            f"| {task.title} | {label} | {units} | {first['weights']:,} | {first['rate']:g} "
            f"| **{test}** {half} | {shown('dev')[0]} | {updates:,.0f} |"
        )
    for name in TABLES[table][1]:
        task = of_task[name]
        first = next(trainings[0] for (other, _), trainings in found.items() if other == name)
        digits = 2 if task.scale == 100 else 4
        lines.append(
            f"| {task.title} | {first['baseline']} | | | "
            f"| {task.scale * first['test_baseline']:.{digits}f} "
            f"| {task.scale * first['dev_baseline']:.{digits}f} | |"
        )
    write(__file__, table, title, lines, f"{notes} {versions()}.")


CHOSEN = (
    f"Seeds 0 to {SEEDS - 1}; of the rates {', '.join(f'{rate:g}' for rate in RATES)} the one that "
    "is best on dev with seed 0; where that is the last of them, higher ones are tried, too: "
    f"{', '.join(f'{rate:g}' for rate in HIGHER)}. "
    '"As large": as wide as it takes to have as many weights as the '
    "row that it is to be compared with. Updates: median of those after which dev is within a "
    "hundredth of its best. Each task is one of the zoo's, made small: words alone, no CRF, few "
    "epochs, the sizes of `tasks()` in the script."
)


@app.command()
def scores(jobs: Jobs = 2, runs: Runs = pathlib.Path("runs")):
    """LSTM, GRU and simple RNN."""
    tabulate("scores", "# Scores of cells", measure("scores", jobs, runs), CHOSEN)


@app.command("arrangements")
def arranged(jobs: Jobs = 2, runs: Runs = pathlib.Path("runs")):
    """Stacks, directions, dropout, normalization, residual connections."""
    found = measure("arrangements", jobs, runs)
    epochs = f"{SHORTER['pos']} epochs of tags, {SHORTER['imdb']} of reviews"
    notes = (
        f"{CHOSEN} Here {epochs}. Tags are read in both directions, reviews in one, and only tags "
        "by four layers."
    )
    tabulate("arrangements", "# Arrangements of an LSTM", found, notes)


@app.command(hidden=True)
def costs(name: str, index: int):
    """Time training and answers of one row, in a process of its own."""
    import keras

    task = tasks()[name]
    data = task.recipe.load_data(limit=task.limit)
    chosen = cells(task.recipe.hyperparameters)[index]
    recipe = recipe_of(task, chosen, data.sizes)
    keras.utils.set_random_seed(0)
    model = recipe.build(data.sizes)
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # The peak is counted from here on.
    before = memory("VmRSS")
    batches = data.batches("train", recipe.batch_size, seed=0)
    feed = batches.dataset()
    model.fit(feed.take(WARM), shuffle=False, verbose=0)
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        model.fit(feed.take(TIMED), shuffle=False, verbose=0)
        seconds.append(time.perf_counter() - started)
    update = statistics.median(seconds) / min(TIMED, len(batches))
    peak = memory("VmHWM")
    answers = data.batches("dev", recipe.batch_size)  # The shortest first.
    x, _, _ = next(itertools.islice(answers, len(answers) // 2, None))
    print(
        json.dumps(
            {
                "task": name,
                "model": chosen.label,
                "units": recipe.hyperparameters["units"],
                "weights": weights(recipe, data.sizes),
                "seconds_an_epoch": update * len(batches),
                "ms_an_update": 1000 * update,
                "ms_a_batch": 1000 * answered(model, x),
                "mb_before": before,
                "mb_peak": peak,
            }
        )
    )


def memory(field):
    """Memory of this process, in MB, after Linux: `"VmRSS"` is now, `"VmHWM"` the most."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def answered(model, x):
    """Seconds that a model takes to answer a batch, the median of several."""
    seconds = []
    for _ in range(ASKED):
        started = time.perf_counter()
        model.predict_on_batch(x)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


@app.command()
def cost():
    """Time and memory of LSTM, GRU and simple RNN."""
    lines = [
        "| task | model | weights | s an epoch | ms an update | ms a batch | MB before | most |",
        "|---|---|---|---|---|---|---|---|",
    ]
    every, of_task = [], tasks()
    for name in TABLES["scores"][1]:
        for index in range(len(cells(of_task[name].recipe.hyperparameters))):
            command = [sys.executable, __file__, "costs", name, str(index)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found = json.loads(done.stdout.splitlines()[-1])
            every.append(found)
            lines.append(
                f"| {of_task[name].title} | {found['model']} | {found['weights']:,} "
                f"| {found['seconds_an_epoch']:.1f} | {found['ms_an_update']:.1f} "
                f"| {found['ms_a_batch']:.1f} | {found['mb_before']:,.0f} "
                f"| {found['mb_peak']:,.0f} |"
            )
            print(lines[-1], flush=True)
    keep("cost", every)
    notes = (
        f"Training: {TIMED} updates after {WARM}, with the batches of `scores`, the median of "
        f"{TIMES} times. Answering: the median of {ASKED - 1} times one batch of dev, of middling "
        "length. Memory of the process, TensorFlow and data included, before the first update and "
        "the most until the last. LSTM and GRU are the zoo's own layers, a simple RNN is Keras's. "
        f"{os.cpu_count()} cores, {platform.machine()},"
    )
    write(__file__, "cost", "# What cells cost", lines, f"{notes} {versions()}.")


if __name__ == "__main__":
    app()
