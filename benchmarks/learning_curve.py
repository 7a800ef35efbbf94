"""When to use which: accuracy on IMDb against the number of labelled reviews.

    python benchmarks/learning_curve.py

NB-SVM, and the bidirectional LSTM from scratch and pretrained on the reviews without labels (the
recipe of `bilstm_classifier.imdb`), each trained on the first so many reviews of train in an order
that the seed shuffles. Of dev 250 reviews choose the epoch, the other 2,487 are what is reported;
test is not touched. Those trained on all of train are the rows of
`python benchmarks/classification.py imdb`, which must have run before. Every point is kept in
`learning_curve.json`: called again, the script goes on where it stopped.
"""

import dataclasses
import json
import math
import pathlib
import statistics
import tempfile
from typing import Annotated

import numpy as np
import typer
from classification import rows
from rows import run_directory

HERE = pathlib.Path(__file__).parent
POINTS = HERE / "learning_curve.json"
# Labelled reviews: epochs, batch size and seeds. The last are all there are, as the recipe says.
AMOUNTS = {100: (20, 8, 3), 1_000: (8, 16, 2), 3_000: (5, 16, 1), 22_263: (None, None, 1)}
FOR_CHOICE = 250
MODELS = ("NB-SVM", "BiLSTM, from scratch", "BiLSTM, pretrained")


def accuracy(model, recipe, data, train, runs):
    """Trains one model on some reviews and measures it on the larger part of dev."""
    from zoo import training
    from zoo.metrics import bag_of_words

    dev = data.splits["dev"]
    reported = dev[FOR_CHOICE:]
    if recipe is None:
        logits = bag_of_words.NaiveBayesSVM(train.texts, train.labels, 2).predict(reported.texts)
    elif len(train) == len(data.splits["train"]):
        run = training.read_run(recipe, run_directory(runs, recipe))
        logits = run.data.predict(run.model, reported)
    else:
        splits = {"train": train, "dev": dev[:FOR_CHOICE]}
        with tempfile.TemporaryDirectory() as output:
            run = training.train(
                recipe,
                data=dataclasses.replace(data, splits=splits),
                output=output,
                pretrained=runs / "bilstm_lm.imdb_reviews",
            )
        logits = run.data.predict(run.model, reported)
    return float(np.mean(logits.argmax(axis=1) == reported.labels))


def main(
    runs: Annotated[pathlib.Path, typer.Option(help="Where runs are kept.")] = pathlib.Path("runs"),
):
    """Train what is missing, print and write the table."""
    from zoo import training

    points = json.loads(POINTS.read_text()) if POINTS.exists() else {}
    recipes = {label: recipe for label, recipe, _ in rows("imdb")} | {"NB-SVM": None}
    data = None
    for amount, (epochs, batch_size, seeds) in AMOUNTS.items():
        for seed in range(seeds):
            for model in MODELS:
                key = f"{model}|{amount}|{seed}"
                if key in points:
                    continue
                if data is None:
                    recipe = recipes["BiLSTM, pretrained"]
                    source = runs / recipe.pretraining.name
                    words = json.loads((source / training.WORDS).read_text())
                    data = recipe.load_data(words=words)
                order = np.random.default_rng(seed).permutation(len(data.splits["train"]))
                train = data.splits["train"].where(np.argsort(order) < amount)
                recipe = recipes[model]
                if recipe is not None and epochs:
                    # So few steps would leave an average of weights where it began.
                    recipe = dataclasses.replace(
                        recipe,
                        seed=seed,
                        epochs=epochs,
                        patience=epochs,
                        batch_size=batch_size,
                        weight_averaging=0.0,
                    )
                points[key] = accuracy(model, recipe, data, train, runs)
                POINTS.write_text(json.dumps(points, indent=1) + "\n")
    lines = [
        "| labelled reviews | " + " | ".join(MODELS) + " |",
        "|---|" + "---|" * len(MODELS),
    ]
    for amount, (*_, seeds) in AMOUNTS.items():
        cells = []
        for model in MODELS:
            found = [100 * points[f"{model}|{amount}|{seed}"] for seed in range(seeds)]
            spread = f" ± {statistics.stdev(found):.1f}" if seeds > 1 else ""
            cells.append(f"{statistics.mean(found):.1f}{spread}")
        lines.append(f"| {amount:,} | " + " | ".join(cells) + " |")
    fewer = [(amount, *of) for amount, of in AMOUNTS.items() if of[0]]
    steps = ", ".join(
        f"{epochs * math.ceil(amount / batch_size)} steps of {batch_size}"
        for amount, epochs, batch_size, _ in fewer
    )
    numbers = ", ".join(f"{seeds}" for *_, seeds in AMOUNTS.values())
    text = "\n".join(
        [
            "# Accuracy on IMDb by the number of labelled reviews",
            "",
            *lines,
            "",
            "On 2,487 reviews of dev; 250 others chose the epoch, all of dev that of the last row. "
            f"The LSTMs took {steps} reviews, and those of the last row what the recipe says. "
            f"Seeds from 0, so many of each row: {numbers}; mean and deviation over them.",
            "",
            "Command: `python benchmarks/learning_curve.py`",
            "",
        ]
    )
    (HERE / "learning_curve.md").write_text(text)
    print(text)


if __name__ == "__main__":
    typer.run(main)
