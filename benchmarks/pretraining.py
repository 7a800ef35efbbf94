"""What pretraining of our own is worth: word vectors of the IMDb reviews under the taggers.

    python benchmarks/pretraining.py table

Skip-gram vectors (gensim) are trained on the train and unsupervised reviews, in minutes, and
initialize the word embedding of the same recipe; words that only the reviews have become known.
The rows without are those of `benchmarks/tagging.py`, which must have been trained before. Rows
are kept under `runs/`, as there.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from typing import Annotated

import numpy as np
import typer
from rows import SCORES, SPLITS, run_directory, spread, varied

HERE = pathlib.Path(__file__).parent
VECTORS = "vectors.imdb_reviews.npz"
DIMENSIONS = 100
SPREAD = 0.1  # Standard deviation of the vectors' entries as the taggers get them.
SEEDS = {"bilstm_crf.conll2003": 2, "bilstm_tagger.ud_en_ewt": 1}
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def train_vectors(path):
    """Trains the vectors; keeps the words that occur at least five times."""
    from gensim.models import Word2Vec

    from zoo.data import language_modeling

    started = time.perf_counter()
    data = language_modeling.load("imdb_reviews", lowercase=True, min_count=5)
    names = np.array(["", "", *data.encoder.words], dtype=object)
    ids = data.splits["train"].ids
    ends = np.flatnonzero(names[ids] == language_modeling.END)
    reviews = [names[review[review > 1]].tolist() for review in np.split(ids, ends)]
    options = {"vector_size": DIMENSIONS, "sg": 1, "window": 5, "min_count": 5, "epochs": 5}
    vectors = Word2Vec(reviews, workers=2, seed=0, **options).wv
    np.savez(
        path,
        words=np.array(vectors.index_to_key),
        vectors=vectors.vectors,
        tokens=len(ids),
        seconds=time.perf_counter() - started,
    )


def rows():
    """Lists the recipes, each with the label of its row."""
    from zoo import recipes

    return [
        (label, dataclasses.replace(varied(recipes.get(name), "vectors"), seed=seed))
        for label, name in LABELS
        for seed in range(SEEDS[name])
    ]


LABELS = (
    ("CoNLL-2003, entity F1", "bilstm_crf.conll2003"),
    ("English EWT, UPOS accuracy", "bilstm_tagger.ud_en_ewt"),
)


@app.command()
def row(index: int, runs: pathlib.Path = pathlib.Path("runs")):
    """Train and measure one row (what the other command calls)."""
    from zoo import evaluation, training

    _, recipe = rows()[index]
    output = run_directory(runs, recipe)
    with np.load(runs / VECTORS) as stored:
        scaled = stored["vectors"] * (SPREAD / stored["vectors"].std())
        vectors = dict(zip(stored["words"].tolist(), scaled, strict=True))
    data = recipe.load_data().with_words(vectors)

    def initialize(model):
        layer = model.get_layer("word_embedding")
        matrix = layer.get_weights()[0]
        for place, word in enumerate(data.encoder.words, start=2):
            if word in vectors:
                matrix[place] = vectors[word]
        layer.set_weights([matrix])

    run = training.train(recipe, data=data, output=output, initialize=initialize)
    scores = {split: evaluation.evaluate(recipe, run.model, data, split=split) for split in SPLITS}
    scores |= {"seconds": run.seconds, "epochs": len(run.history)}
    (output / SCORES).write_text(json.dumps(scores) + "\n")


@app.command()
def table(
    jobs: Annotated[int, typer.Option(help="Rows at a time, one thread each.")] = 2,
    runs: pathlib.Path = pathlib.Path("runs"),
):
    """Train what is not trained yet, print the table and write it."""
    from zoo import recipes

    if not (runs / VECTORS).exists():
        train_vectors(runs / VECTORS)
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

    def work(index):
        command = [sys.executable, __file__, "row", str(index), "--runs", runs]
        return subprocess.run(command, env={**os.environ, **one_thread}, check=True)

    paths = [run_directory(runs, recipe) / SCORES for _, recipe in rows()]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(work, (index for index, path in enumerate(paths) if not path.exists())))
    lines = [
        "| task | word embedding | dev | test, mean ± sd | test by seed | on the unseen |",
        "|---|---|---|---|---|---|",
    ]
    for label, name in LABELS:
        for start, vectors in (("random", False), ("vectors of the reviews", True)):
            recipe = varied(recipes.get(name), "vectors") if vectors else recipes.get(name)
            number = SEEDS[name] if vectors else 3
            seeds = [dataclasses.replace(recipe, seed=seed) for seed in range(number)]
            found = [json.loads((run_directory(runs, s) / SCORES).read_text()) for s in seeds]
            lines.append(f"| {label} | {start} | {summary(found)} |")
    with np.load(runs / VECTORS) as stored:
        size, tokens, seconds = len(stored["words"]), int(stored["tokens"]), stored["seconds"]
    note = (
        f"Seeds from 0; the protocols of `benchmarks/tagging.py`. Skip-gram vectors, {DIMENSIONS} "
        f"dimensions, {size:,} words, from {tokens:,} tokens of IMDb's train and unsupervised "
        f"reviews, reading and 5 epochs in {seconds:.0f} s on 2 cores with other work beside it. "
        "Unseen: entities that training does not have, words that it does not have."
    )
    title = "# Word vectors of our own under the taggers"
    command = "Command: `python benchmarks/pretraining.py table`"
    text = "\n".join([title, "", *lines, "", note, "", command, ""])
    (HERE / "pretraining.md").write_text(text)
    print(text)


def summary(found):
    """The cells of a row: dev, test, seeds, what training did not have."""
    score = "f1" if "f1" in found[0]["test"] else "accuracy"
    unseen = "unseen_recall" if score == "f1" else "unknown_accuracy"
    dev = statistics.mean(100 * scores["dev"][score] for scores in found)
    test = [100 * scores["test"][score] for scores in found]
    others = statistics.mean(100 * scores["test"][unseen] for scores in found)
    return (
        f"{dev:.2f} | **{statistics.mean(test):.2f}**{spread(test)} "
        f"| {' '.join(f'{each:.2f}' for each in test)} | {others:.2f}"
    )


if __name__ == "__main__":
    app()
