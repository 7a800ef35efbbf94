"""Scores of the taggers: trains every row of a table, measures it, writes the table.

    python benchmarks/tagging.py ewt          LSTM and GRU, with and without characters, 3 seeds
    python benchmarks/tagging.py languages    the same recipe on eight other treebanks
    python benchmarks/tagging.py conll2003    entities: CRF and softmax, cells, layers
    python benchmarks/tagging.py wnut17       entities that are new by design, 3 seeds

Each row is trained on one thread, `--jobs` rows at a time, and kept under `runs/`: called again,
the script goes on where it stopped and prints finished rows at once. Weights are chosen on dev;
test is measured once, at the end of a row.
"""

import dataclasses
import pathlib
import statistics
from typing import Annotated

import typer
from rows import SPLITS, by_label, measure, measured, run_directory, spread, varied, versions, write

SEEDS_OF_VARIATIONS = 1  # Of the rows of entities that are there to be compared with the first.
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def rows(table):
    """Lists the recipes of a table, each with the label of its row."""
    from zoo import recipes

    if table == "languages":
        names = [name for name in recipes.names() if name.startswith("bilstm_tagger.ud_")]
        return [(name, recipes.get(name)) for name in names if not name.endswith("en_ewt")]
    if table in ("conll2003", "wnut17"):
        return [
            (label, dataclasses.replace(recipe, seed=seed))
            for place, (label, recipe) in enumerate(ENTITY_ROWS[table](recipes))
            for seed in range(3 if place == 0 else SEEDS_OF_VARIATIONS)
        ]
    found = []
    for characters in (True, False):
        for cell in ("lstm", "gru"):
            recipe = recipes.get(f"bi{cell}_tagger.ud_en_ewt")
            label = f"{cell.upper()}, characters and words"
            if not characters:
                recipe = words_alone(recipe)
                label = f"{cell.upper()}, words alone"
            found += [(label, dataclasses.replace(recipe, seed=seed)) for seed in range(3)]
    return found


def words_alone(recipe):
    """The same recipe for a model that reads no characters; it is done learning sooner."""
    without = {"characters": False}
    return varied(recipe, "words", without, epochs=8, character_encoder=None)


def conll2003_rows(recipes):
    """One choice changed at a time, from the published model."""
    crf = recipes.get("bilstm_crf.conll2003")
    softmax = varied(crf, "softmax", head="softmax")
    words = varied(crf, "words", {"characters": False}, character_encoder=None)
    return [
        ("LSTM, CRF, characters, 1 layer", crf),
        ("softmax in place of the CRF", dataclasses.replace(softmax, monitor="val_f1")),
        ("without characters", words),
        ("GRU in place of the LSTM", recipes.get("bigru_crf.conll2003")),
        ("2 layers", varied(crf, "stacked", units=(200, 200))),
    ]


ENTITY_ROWS = {
    "conll2003": conll2003_rows,
    "wnut17": lambda recipes: [("LSTM, CRF, characters", recipes.get("bilstm_crf.wnut17"))],
}


@app.command()
def row(table: str, index: int, runs: pathlib.Path = pathlib.Path("runs")):
    """Train and measure one row (what the other commands call)."""
    measure(rows(table)[index][1], runs)


Jobs = Annotated[int, typer.Option(help="Rows at a time, one thread each.")]


@app.command()
def ewt(jobs: Jobs = 2, runs: pathlib.Path = pathlib.Path("runs")):
    """LSTM and GRU on English EWT."""
    found = by_label(measured(__file__, "ewt", rows("ewt"), jobs, runs))
    lines = [
        "| model | parameters | dev | test, mean ± sd | test by seed | unknown | s an epoch |",
        "|---|---|---|---|---|---|---|",
    ]
    for label, seeds in found.items():
        dev = [100 * scores["dev"]["accuracy"] for _, scores in seeds]
        test = [100 * scores["test"]["accuracy"] for _, scores in seeds]
        unknown = [100 * scores["test"]["unknown_accuracy"] for _, scores in seeds]
        speed = [scores["seconds"] / scores["epochs"] for _, scores in seeds]
        lines.append(
            f"| {label} | {seeds[0][1]['parameters']:,} | {statistics.mean(dev):.2f} "
            f"| **{statistics.mean(test):.2f}** ± {statistics.stdev(test):.2f} "
            f"| {' '.join(f'{score:.2f}' for score in test)} "
            f"| {statistics.mean(unknown):.2f} | {statistics.median(speed):.0f} |"
        )
    baseline = seeds[0][1]["test"]["baseline"]
    lines += [
        f"| most frequent tag | | | {100 * baseline['accuracy']:.2f} | "
        f"| {100 * baseline['unknown_accuracy']:.2f} | |",
        "| UDPipe 1 (published, UD 2.5) | | | 94.4 | | | |",
    ]
    title = "# UPOS accuracy on English EWT, gold tokens, seeds 0, 1, 2"
    finish("ewt", title, lines)


@app.command()
def languages(jobs: Jobs = 2, runs: pathlib.Path = pathlib.Path("runs")):
    """The tagger on eight other treebanks."""
    lines = [
        "| treebank | training words | dev | test | unknown words | most frequent tag | UDPipe 1 "
        "| ahead by |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for _, recipe, scores in measured(__file__, "languages", rows("languages"), jobs, runs):
        dev, test = scores["dev"], scores["test"]
        rival = recipe.rival["accuracy"]
        lines.append(
            f"| {recipe.dataset.partition('/')[2]} | {test['train_tokens']:,} "
            f"| {100 * dev['accuracy']:.2f} | **{100 * test['accuracy']:.2f}** "
            f"| {100 * test['unknown_accuracy']:.2f} "
            f"| {100 * test['baseline']['accuracy']:.2f} | {100 * rival:.1f} "
            f"| {100 * (test['accuracy'] - rival):+.2f} |"
        )
    finish("languages", "# UPOS accuracy on eight treebanks, gold tokens, seed 0", lines)


@app.command()
def conll2003(jobs: Jobs = 2, runs: pathlib.Path = pathlib.Path("runs")):
    """Entities on CoNLL-2003 English."""
    entities("conll2003", jobs, runs, "# Entity F1 on CoNLL-2003 English, gold tokens", PUBLISHED)


@app.command()
def wnut17(jobs: Jobs = 2, runs: pathlib.Path = pathlib.Path("runs")):
    """Emerging entities on WNUT-17."""
    entities("wnut17", jobs, runs, "# Entity F1 on WNUT-17, gold tokens", EMERGING)


PUBLISHED = (
    ("anaGo (Keras)", 80.2),
    ("Ma & Hovy 2016, random embeddings", 80.76),
    ("Huang et al. 2015, random embeddings", 84.26),
    ("Klein et al. 2003, feature-engineered", 86.31),
)
EMERGING = (
    ("Aguilar et al. 2017, outside vectors and gazetteers", 45.55),
    ("Akbik et al. 2018 (Flair), outside language model", 49.59),
)


def entities(table, jobs, runs, title, published):
    """Lays out a table of entity scores: rows of three seeds, the seeds together, the rivals."""
    from zoo import evaluation, publishing, training

    found = by_label(measured(__file__, table, rows(table), jobs, runs))
    lines = [
        "| model | parameters | dev F1 | test F1, mean ± sd | test by seed | precision | recall "
        "| recall of unseen | s an epoch |",
        "|---|---|---|---|---|---|---|---|---|",
    ]

    def mean(seeds, split, name):
        return 100 * statistics.mean(scores[split][name] for _, scores in seeds)

    for label, seeds in found.items():
        test = [100 * scores["test"]["f1"] for _, scores in seeds]
        speed = statistics.median(scores["seconds"] / scores["epochs"] for _, scores in seeds)
        lines.append(
            f"| {label} | {seeds[0][1]['parameters']:,} | {mean(seeds, 'dev', 'f1'):.2f} "
            f"| **{statistics.mean(test):.2f}**{spread(test)} "
            f"| {' '.join(f'{score:.2f}' for score in test)} "
            f"| {mean(seeds, 'test', 'precision'):.2f} | {mean(seeds, 'test', 'recall'):.2f} "
            f"| {mean(seeds, 'test', 'unseen_recall'):.2f} | {speed:.0f} |"
        )
    together = next(iter(found.values()))
    finished = [training.read_run(recipe, run_directory(runs, recipe)) for recipe, _ in together]
    recipe, data, model = finished[0].recipe, finished[0].data, publishing.ensemble(finished)
    scores = {split: evaluation.evaluate(recipe, model, data, split=split) for split in SPLITS}
    test = scores["test"]
    lines.append(
        f"| the three seeds of the first row, averaged | {model.count_params():,} "
        f"| {100 * scores['dev']['f1']:.2f} | **{100 * test['f1']:.2f}** | "
        f"| {100 * test['precision']:.2f} | {100 * test['recall']:.2f} "
        f"| {100 * test['unseen_recall']:.2f} | |"
    )
    baseline = test["baseline"]
    lines.append(
        f"| {baseline['name']} | | | {100 * baseline['f1']:.2f} | "
        f"| {100 * baseline['precision']:.2f} | {100 * baseline['recall']:.2f} "
        f"| {100 * baseline['unseen_recall']:.2f} | |"
    )
    lines += [f"| {name} (published) | | | {score} | | | | | |" for name, score in published]
    finish(table, f"{title}, seeds from 0", lines)


def finish(table, title, lines):
    """Writes a table with what holds of all."""
    protocol = (
        "Trained on the train split alone, every choice made on dev, nothing from outside; one "
        "sentence at a time; whole entities, counted as `conlleval` does."
        if table in ENTITY_ROWS
        else "Trained on the train split of UD 2.10 alone, every choice made on dev; words only "
        "(multiword tokens and empty nodes are no words)."
    )
    notes = (
        f"{protocol} One thread of a 2-core CPU a row, seconds with other work beside it, "
        f"{versions()}."
    )
    write(__file__, table, title, lines, notes)


if __name__ == "__main__":
    app()
