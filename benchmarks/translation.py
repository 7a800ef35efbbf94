"""Scores of sequence to sequence: trains every row of a table, measures it, writes the table.

    python benchmarks/translation.py scan        three splits, LSTM and GRU, with attention and not
    python benchmarks/translation.py multi30k    English to German, LSTM and GRU, and no attention

Each row is trained on one thread, `--jobs` rows at a time, and kept under `runs/`: called again,
the script goes on where it stopped and prints finished rows at once; with `--kept` it trains
nothing. Weights are chosen on dev; test is measured once, at the end of a row.
"""

import pathlib
from typing import Annotated

import typer
from rows import measure, measured, varied, write_rows

SCAN = ("simple", "length", "addprim_jump")
BEAMS = {"dev": (1, 5, 10), "test": (1,)}
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def rows(table):
    """Lists the recipes of a table, each with the label of its row."""
    from zoo import recipes

    if table == "scan":
        found = []
        for split in SCAN:
            lstm = recipes.get(f"seq2seq.scan_{split}")
            found += [
                ("LSTM, multiplicative attention", lstm),
                ("GRU, multiplicative attention", varied(lstm, "gru", cell="gru")),
                ("LSTM, no attention", varied(lstm, "no_attention", attention=None)),
            ]
        return found
    gru = recipes.get("seq2seq.multi30k_en_de")
    return [
        ("GRU, multiplicative attention, input feeding", gru),
        ("LSTM in place of the GRU", varied(gru, "lstm", cell="lstm")),
        ("without attention", varied(gru, "no_attention", attention=None)),
    ]


def with_beams(run, split):
    """Measures a run on a split, also with other numbers of beams."""
    from zoo import evaluation
    from zoo.metrics import translation

    gold = run.data.splits[split]
    by_beams = {
        beams: translation.report(gold.targets, run.data.predict(run.model, gold, beams=beams))
        for beams in BEAMS[split]
    }
    found = evaluation.evaluate(run.recipe, run.model, run.data, split=split)
    if split == "test":
        found["test_2017"] = evaluation.evaluate(run.recipe, run.model, run.data, split="test_2017")
    return {**found, "by_beams": by_beams}


@app.command()
def row(table: str, index: int, runs: pathlib.Path = pathlib.Path("runs")):
    """Train and measure one row (what the other commands call)."""
    measure(rows(table)[index][1], runs, with_beams if table == "multi30k" else None)


Jobs = Annotated[int, typer.Option(help="Rows at a time, one thread each.")]
Kept = Annotated[bool, typer.Option("--kept", help="Only rows that were measured already.")]


@app.command()
def scan(jobs: Jobs = 2, kept: Kept = False, runs: pathlib.Path = pathlib.Path("runs")):
    """SCAN: a random split, longer actions than in training, a verb that training has alone."""
    found = {}
    for label, recipe, scores in measured(__file__, "scan", rows("scan"), jobs, runs, kept):
        found.setdefault(label, {})[recipe.dataset.partition("/")[2]] = scores
    lines = [
        "| model | parameters | simple | length | addprim_jump | the same on dev | s an epoch |",
        "|---|---|---|---|---|---|---|",
    ]

    def cells(of, name="exact_match"):
        return [f"{100 * of[split][name]:.2f}" if split in of else "-" for split in SCAN]

    for label, by_split in found.items():
        test = {split: scores["test"] for split, scores in by_split.items()}
        dev = {split: scores["dev"] for split, scores in by_split.items()}
        one = next(iter(by_split.values()))
        first, *rest = cells(test)
        lines.append(
            f"| {label} | {one['parameters']:,} | **{first}** | {' | '.join(rest)} "
            f"| {', '.join(cells(dev))} | {one['seconds'] / one['epochs']:.0f} |"
        )
    baselines = {split: scores["test"]["baseline"] for split, scores in by_split.items()}
    lines += [
        f"| {one['test']['baseline']['name']} | | {' | '.join(cells(baselines))} | | |",
        "| Lake & Baroni 2018 (published) | | 99 and more | 13.8 | 0.1 to 1.2 | | |",
    ]
    notes = (
        "Test splits of TFDS's `scan`; dev is the last twentieth of train, so where test is unlike "
        "train dev does not show it. Greedy decoding; an answer may be twice as long as the "
        "longest of train."
    )
    write_rows(__file__, "scan", "# Exact match on SCAN, seed 0", lines, notes, kept)


@app.command()
def multi30k(jobs: Jobs = 2, kept: Kept = False, runs: pathlib.Path = pathlib.Path("runs")):
    """Multi30k, English to German."""
    lines = [
        "| model | parameters | dev | test 2016 | the same, greedy | chrF | test 2017 "
        "| s an epoch |",
        "|---|---|---|---|---|---|---|---|",
    ]
    found = list(measured(__file__, "multi30k", rows("multi30k"), jobs, runs, kept))
    for label, _, scores in found:
        test, speed = scores["test"], scores["seconds"] / scores["epochs"]
        lines.append(
            f"| {label} | {scores['parameters']:,} | {scores['dev']['bleu']:.2f} "
            f"| **{test['bleu']:.2f}** | {test['by_beams']['1']['bleu']:.2f} "
            f"| {test['chrf']:.2f} | {test['test_2017']['bleu']:.2f} | {speed:.0f} |"
        )
    _, recipe, scores = found[0]
    for here, there in zip(
        scores["test"]["baselines"], scores["test"]["test_2017"]["baselines"], strict=True
    ):
        lines.append(
            f"| {here['name']} | | | {here['bleu']:.2f} | | {here['chrf']:.2f} "
            f"| {there['bleu']:.2f} | |"
        )
    rival = recipe.rival
    lines += [
        f"| {rival['system']} (published, {rival['source']}) | | | {rival['bleu']} | | | | |",
        "",
        "| beams, first row | dev BLEU | dev chrF |",
        "|---|---|---|",
        *(
            f"| {beams} | {each['bleu']:.2f} | {each['chrf']:.2f} |"
            for beams, each in scores["dev"]["by_beams"].items()
        ),
    ]
    notes = (
        f"BLEU of raw text: `{scores['test']['signature']}`; chrF: "
        f"`{scores['test']['chrf_signature']}`. {recipe.preprocessing['beams']} beams where it is "
        "not said otherwise. The published figure is of tokenized, lower-cased text, so it is not "
        "to be compared digit by digit."
    )
    write_rows(
        __file__, "multi30k", "# BLEU on Multi30k, English to German, seed 0", lines, notes, kept
    )


if __name__ == "__main__":
    app()
