"""Accuracy of the classifiers: trains every row of a table, measures it, writes the table.

    python benchmarks/classification.py imdb     sentiment of reviews: what pretraining is worth
    python benchmarks/classification.py sst2     sentiment of sentences
    python benchmarks/classification.py trec     types of questions

The linear models are fitted in the same run, by scikit-learn. Each row is kept under `runs/`:
called again, the script goes on where it stopped and prints finished rows at once. Every choice was
made on dev; test is measured once, at the end of a row. The rows of `imdb` that are pretrained
start from the run of `zoo train bilstm_lm.imdb_reviews`, whose time is in the table, too.
"""

import dataclasses
import functools
import json
import pathlib
import statistics
from typing import Annotated

import typer
from rows import SCORES, run_directory, seeds, spread, varied, write

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
Runs = Annotated[pathlib.Path, typer.Option(help="Where runs are kept.")]

TABLES = {
    "imdb": (
        "# Accuracy on IMDb, test split of 25,000 reviews",
        "Dev is the reviews of one film in ten of train (2,737); the language model reads all of "
        "train and the 50,000 unlabelled reviews.",
        (
            ("bidirectional LSTM of the tutorials (keras.io)", 84.28),
            ("LSTM, tuned (Dai & Le 2015)", 86.5),
            ("NB-SVM, bigrams (Wang & Manning 2012)", 91.22),
            ("LM-LSTM of 1,024 units, pretrained on the same reviews (Dai & Le 2015)", 92.36),
            ("SA-LSTM likewise (Dai & Le 2015)", 92.76),
            ("LSTM of 1,024 units, pretrained, virtual adversary (Miyato et al. 2017)", 94.09),
        ),
    ),
    "sst2": (
        "# Accuracy on SST-2, the 872 sentences of GLUE's validation split",
        "Dev is one whole sentence in ten of train (725), and none of its phrases is in train. The "
        "published figures are for the original test split, whose labels GLUE does not give.",
        (("LSTM (Tai et al. 2015, GloVe)", 84.9), ("BiLSTM (Tai et al. 2015, GloVe)", 87.5)),
    ),
    "trec": (
        "# Accuracy on TREC, 500 test questions, 6 classes",
        "Dev is one question in ten of train (527).",
        (),
    ),
}


def rows(table):
    """Lists the recipes of a table, each with the label of its row."""
    from zoo import recipes

    if table == "imdb":
        pretrained = recipes.get("bilstm_classifier.imdb")
        scratch = varied(pretrained, "scratch", {"max_vocabulary": 20_000})
        return [
            ("BiLSTM, pretrained", pretrained, 1),
            ("BiLSTM, from scratch", dataclasses.replace(scratch, pretraining=None), 1),
        ]
    gru = recipes.get(f"gru_classifier.{table}")
    if gru.hyperparameters.get("adversary"):
        label, other = "without adversary", varied(gru, "plain", adversary=None)
    else:
        label = "with adversary"
        other = varied(gru, "adversarial", adversary="labels", perturbation=0.5)
    scratch = dataclasses.replace(varied(gru, "scratch"), pretraining=None)
    number = 3 if table == "trec" else 1  # Where an epoch takes seconds.
    found = [
        ("BiGRU, pretrained word vectors (in the zoo)", gru, 3),
        (f"the same {label}", other, number),
        ("the same from scratch", scratch, number),
    ]
    if table == "trec":
        lstm = varied(gru, "lstm", cell="lstm", units=256)
        found.append(("BiLSTM, all of it pretrained", lstm, number))
    return found


def train(recipe, runs, fitted):
    """Trains and measures one row, once."""
    from zoo import training
    from zoo.metrics import classification

    output = run_directory(runs, recipe)
    if (output / SCORES).exists():
        return json.loads((output / SCORES).read_text())
    source = recipe.pretraining and runs / recipe.pretraining.name
    run = training.train(recipe, output=output, pretrained=source)
    scores = {"seconds": run.seconds, "epochs": len(run.history), "best": run.best["epoch"]}
    scores["parameters"] = run.model.count_params()
    for split in ("dev", "test"):
        gold = run.data.splits[split]
        logits = run.data.predict(run.model, gold)
        scores[split] = classification.evaluate(gold, logits, run.data.splits["train"], fitted())
    (output / SCORES).write_text(json.dumps(scores) + "\n")
    return scores


def history_seconds(directory):
    """Seconds that a finished run took, from its history."""
    lines = (directory / "history.csv").read_text().splitlines()
    place = lines[0].split(",").index("seconds")
    return sum(float(line.split(",")[place]) for line in lines[1:])


def table(name, runs):
    """Trains what is not trained yet, prints the table and writes it."""
    from zoo.data import classification as data
    from zoo.metrics import classification as metrics

    title, protocol, published = TABLES[name]
    found = rows(name)
    dataset = found[0][1].dataset
    fitted = functools.cache(lambda: metrics.baselines(data.read(dataset, "train")))
    lines = [
        "| model | parameters | dev | test, mean ± sd | test by seed | calibration error | s |",
        "|---|---|---|---|---|---|---|",
    ]
    for label, recipe, number in found:
        scores = [train(each, runs, fitted) for each in seeds(recipe, number)]
        test = [100 * each["test"]["accuracy"] for each in scores]
        dev = statistics.mean(100 * each["dev"]["accuracy"] for each in scores)
        calibration = statistics.mean(100 * each["test"]["calibration_error"] for each in scores)
        seconds = statistics.mean(each["seconds"] for each in scores)
        lines.append(
            f"| {label} | {scores[0]['parameters']:,} | {dev:.2f} "
            f"| **{statistics.mean(test):.2f}**{spread(test)} "
            f"| {' '.join(f'{each:.2f}' for each in test)} | {calibration:.1f} | {seconds:,.0f} |"
        )
    for dev, test in zip(
        scores[0]["dev"]["baselines"], scores[0]["test"]["baselines"], strict=True
    ):
        lines.append(
            f"| {test['name']} | | {100 * dev['accuracy']:.2f} | {100 * test['accuracy']:.2f} "
            f"| | {100 * test['calibration_error']:.1f} | {test['seconds']:,.0f} |"
        )
    lines += [f"| {label} (published) | | | {score:.2f} | | | |" for label, score in published]
    source = found[0][1].pretraining
    hours = history_seconds(runs / source.name) / 3600
    notes = (
        f"Seeds from 0. {protocol} Everything is fitted on train, every choice made on dev. "
        f"`{source.name}`, from which pretrained rows start, took {hours:.1f} hours more. "
        "Seconds of training on 2 cores with other work beside it; calibration error in per "
        "cent, before the temperature."
    )
    write(__file__, name, title, lines, notes)


@app.command()
def imdb(runs: Runs = pathlib.Path("runs")):
    """Sentiment of reviews."""
    table("imdb", runs)


@app.command()
def sst2(runs: Runs = pathlib.Path("runs")):
    """Sentiment of sentences."""
    table("sst2", runs)


@app.command()
def trec(runs: Runs = pathlib.Path("runs")):
    """Types of questions."""
    table("trec", runs)


if __name__ == "__main__":
    app()
