"""How well language models foretell text: trains every row of a table, measures it, writes it.

    python benchmarks/language_modeling.py tiny_shakespeare   nats a character
    python benchmarks/language_modeling.py penn_treebank      perplexity a word
    python benchmarks/language_modeling.py dynamic            what learning while reading is worth

Every token of a split is predicted once, after all before it. The n-gram models are fitted in the
same run, their order chosen on dev. Each row is kept under `runs/`: called again, the script goes
on where it stopped and prints finished rows at once. Every choice was made on dev; test is measured
once, at the end of a row.
"""

import functools
import pathlib
import statistics
from typing import Annotated

import numpy as np
import typer
from rows import SPLITS, by_label, measure, measured, run_directory, seeds, versions, write

ORDERS = {"tiny_shakespeare": range(4, 11), "penn_treebank": (3, 4)}
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Runs = Annotated[pathlib.Path, typer.Option(help="Where runs are kept.")]
Jobs = Annotated[int, typer.Option(help="Rows at a time, one thread each.")]
Seeds = Annotated[int, typer.Option(min=1, help="Seeds of the first row.")]


def rows(table, number):
    """Lists the recipes of a table, each with the label of its row."""
    from zoo import recipes

    if table == "penn_treebank":
        lstm = recipes.get("lstm_lm.penn_treebank")
        return [("LSTM, 2 layers, tied weights", each) for each in seeds(lstm, number)]
    lstm, gru = (recipes.get(f"{cell}_lm.{table}") for cell in ("lstm", "gru"))
    found = [("LSTM, 1 layer", each) for each in seeds(lstm, number)]
    # Second, so that `row` finds the same row by its number, however many seeds there are.
    return [found[0], ("GRU of as many parameters", gru), *found[1:]]


def together(scores):
    """Nats a token of dev and test as one text."""
    tokens = sum(scores[split]["tokens"] for split in SPLITS)
    return sum(scores[split]["nats"] * scores[split]["tokens"] for split in SPLITS) / tokens


def n_grams(recipe):
    """The Kneser-Ney model whose order is best on dev, and the unigrams: labels and scores."""
    from zoo.metrics.language_modeling import KneserNey, report

    data = recipe.load_data()

    @functools.cache
    def measured(order):
        model = KneserNey(data.splits["train"].ids, order)
        return {split: report(model.predict(data.splits[split].ids)) for split in SPLITS}

    best = min(ORDERS[recipe.dataset], key=lambda order: measured(order)["dev"]["nats"])
    return [(f"Kneser-Ney {best}-gram", measured(best)), ("unigram", measured(1))]


def averaged(recipes, runs):
    """Scores of the mean of what the runs of several seeds give each token."""
    from zoo import training
    from zoo.metrics.language_modeling import report

    finished = [training.read_run(recipe, run_directory(runs, recipe)) for recipe in recipes]
    found = {}
    for split in SPLITS:
        likely = [each.data.predict(each.model, each.data.splits[split]) for each in finished]
        found[split] = report(np.logaddexp.reduce(likely) - np.log(len(likely)))
    return found


def several(values, digits):
    """Mean and deviation, and the values themselves, as a table shows them."""
    mean = f"**{statistics.mean(values):.{digits}f}**"
    if len(values) > 1:
        mean += f" ± {statistics.stdev(values):.{digits}f}"
    return f"{mean} | {' '.join(f'{value:.{digits}f}' for value in values)}"


@app.command()
def row(table: str, index: int, runs: Runs = pathlib.Path("runs")):
    """Train and measure one row (what the other commands call)."""
    measure(rows(table, index + 1)[index][1], runs)


@app.command("tiny_shakespeare")
def tiny_shakespeare(jobs: Jobs = 1, runs: Runs = pathlib.Path("runs"), seeds: Seeds = 3):
    """Characters of plays."""
    trained = rows("tiny_shakespeare", seeds)
    found = by_label(measured(__file__, "tiny_shakespeare", trained, jobs, runs))
    lines = [
        "| model | parameters | dev | test, mean ± sd | test by seed | bits "
        "| dev and test together | s an epoch |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, of_seeds in found.items():
        scores = [each for _, each in of_seeds]
        dev, bits, last = (
            statistics.mean(of(each) for each in scores)
            for of in (lambda s: s["dev"]["nats"], lambda s: s["test"]["bits"], together)
        )
        speed = statistics.median(each["seconds"] / each["epochs"] for each in scores)
        lines.append(
            f"| {label} | {scores[0]['parameters']:,} | {dev:.4f} "
            f"| {several([each['test']['nats'] for each in scores], 4)} | {bits:.4f} "
            f"| {last:.4f} | {speed:.0f} |"
        )
    others = n_grams(trained[0][1])
    if seeds > 1:
        first = [recipe for recipe, _ in next(iter(found.values()))]
        others.insert(0, (f"the {seeds} seeds of the first row, averaged", averaged(first, runs)))
    for label, scores in others:
        lines.append(
            f"| {label} | | {scores['dev']['nats']:.4f} | {scores['test']['nats']:.4f} | "
            f"| {scores['test']['bits']:.4f} | {together(scores):.4f} | |"
        )
    rival = trained[0][1].rival
    lines.append(f"| {rival['system']} (nanoGPT, published) | | | | | | {rival['nats']:.4f} | |")
    finish(
        "tiny_shakespeare",
        "# Nats a character on tiny_shakespeare, splits of TFDS",
        lines,
        "Dev and test are the last two twentieths of the text, so both together are the last "
        "tenth, on which nanoGPT reports its best loss",
        seeds,
    )


@app.command("penn_treebank")
def penn_treebank(jobs: Jobs = 1, runs: Runs = pathlib.Path("runs"), seeds: Seeds = 1):
    """Words of the Wall Street Journal."""
    trained = rows("penn_treebank", seeds)
    found = by_label(measured(__file__, "penn_treebank", trained, jobs, runs))
    lines = [
        "| model | parameters | dev | test, mean ± sd | test by seed | s an epoch |",
        "|---|---|---|---|---|---|",
    ]
    for label, of_seeds in found.items():
        scores = [each for _, each in of_seeds]
        dev = statistics.mean(each["dev"]["perplexity"] for each in scores)
        speed = statistics.median(each["seconds"] / each["epochs"] for each in scores)
        lines.append(
            f"| {label} | {scores[0]['parameters']:,} | {dev:.2f} "
            f"| {several([each['test']['perplexity'] for each in scores], 2)} | {speed:.0f} |"
        )
    for label, scores in n_grams(trained[0][1]):
        dev, test = (f"{scores[split]['perplexity']:.2f}" for split in SPLITS)
        lines.append(f"| {label} | | {dev} | {test} | | |")
    lines += [f"| {label} (published) | | | {figure} | | |" for label, figure in PUBLISHED]
    finish(
        "penn_treebank",
        "# Perplexity a word on the Penn Treebank, in Mikolov's preparation",
        lines,
        "The end of each sentence is a token, as in the published figures",
        seeds,
    )


def while_reading(pretrained, ids, steps=32, learning_rate=1e-4):
    """Nats a token of a pretrained model that takes a step of training after every window.

    A window is predicted before the model learns from it, so nothing is foretold that was seen.
    """
    import keras

    from zoo import models
    from zoo.data.lanes import Lanes

    description = pretrained.description
    still = {"dropout": 0.0, "weight_dropout": 0.0}
    options = {**description["sizes"], **description["recipe"]["hyperparameters"], **still}
    optimizer = keras.optimizers.Adam(learning_rate, clipnorm=1.0)
    model = models.LanguageModel(**options, optimizer=optimizer)
    model.set_weights(pretrained.model.get_weights())
    total = 0.0
    for x, y, weight in Lanes(ids, 1, steps):
        model.reset_metrics()
        total += float(model.train_on_batch(x, y, weight)[0]) * weight.sum()
    return total / (len(ids) - 1)


@app.command()
def dynamic():
    """The published model as it is, and learning from what it has read."""
    import zoo

    pretrained = zoo.load("lstm_lm.tiny_shakespeare")
    recipe = zoo.recipes.get(pretrained.name)
    data, metrics = recipe.load_data(), pretrained.description["metrics"]
    adapting = {}
    for split in SPLITS:
        nats = while_reading(pretrained, data.splits[split].ids)
        adapting[split] = {"nats": nats, "tokens": metrics[split]["tokens"]}
    found = [
        (f"`{pretrained.name}`, as published", metrics),
        ("the same, learning from what it has read", adapting),
        *n_grams(recipe),
    ]
    lines = ["| model | dev | test | dev and test together |", "|---|---|---|---|"]
    for label, scores in found:
        dev, test = (f"{scores[split]['nats']:.4f}" for split in SPLITS)
        lines.append(f"| {label} | {dev} | {test} | {together(scores):.4f} |")
    lines.append(
        f"| {recipe.rival['system']} (nanoGPT, published) | | | {recipe.rival['nats']:.4f} |"
    )
    finish(
        "dynamic",
        "# Nats a character on tiny_shakespeare, with and without learning while reading",
        lines,
        "The second row predicts 32 characters, then takes one step of Adam (1e-4) on them, and so "
        "on (dynamic evaluation, Krause et al. 2018); each split starts from the published weights",
        1,
    )


PUBLISHED = (
    ("LSTM, 2 x 200, without dropout (Zaremba et al. 2014, small)", 115.9),
    ("LSTM, 2 x 650 (Zaremba et al. 2014, medium)", 82.1),
    ("LSTM, 2 x 1,500 (Zaremba et al. 2014, large)", 78.3),
    ("AWD-LSTM (Merity et al. 2018)", 57.3),
    ("Mogrifier LSTM (Melis et al. 2020)", 50.1),
)


def finish(table, title, lines, protocol, number):
    """Writes a table with what holds of all."""
    timed = lines[0].endswith("s an epoch |")
    usual = 3 if table == "tiny_shakespeare" else 1
    notes = (
        f"{'Seeds from 0. ' * timed}Every token of a split is predicted once, after all that "
        f"stand before it in that split. {protocol}. Everything is fitted on train, every "
        "choice made on dev, the order of the n-grams likewise. "
        f"{'Seconds on 2 cores with other work beside it, ' * timed}{versions()}."
    )
    options = () if number == usual else ("--seeds", str(number))
    write(__file__, table, title, lines, notes, *options)


if __name__ == "__main__":
    app()
