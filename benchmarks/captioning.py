"""Scores of the captioners: trains every row of a table, measures it, writes the table.

    python benchmarks/captioning.py shapes      drawn scenes: LSTM and GRU, with attention and not
    python benchmarks/captioning.py flickr8k    photographs, from scratch, likewise

Each row is trained on one thread, `--jobs` rows at a time, and kept under `runs/`: called again,
the script goes on where it stopped and prints finished rows at once; with `--kept` it trains
nothing. Weights are chosen on dev; test is measured once, at the end of a row.
"""

import pathlib
from typing import Annotated

import typer
from rows import measure, measured, varied, write_rows

ATTRIBUTES = ("numbers", "sizes", "colours", "shapes", "relations")
BLEU = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")
PUBLISHED = (
    ("Xu et al. 2015, soft attention, CNN pretrained on ImageNet", (67.0, 44.8, 29.9, 19.5)),
    ("Xu et al. 2015, hard attention, CNN pretrained on ImageNet", (67.0, 45.7, 31.4, 21.3)),
)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def rows(table):
    """Lists the recipes of a table, each with the label of its row."""
    from zoo import recipes

    lstm = recipes.get(
        {"shapes": "captioner.shape_captions", "flickr8k": "captioner.flickr8k"}[table]
    )
    blind = {"attention": None, "input_feeding": False, "attention_penalty": 0.0}
    return [
        ("LSTM, attention", lstm),
        ("GRU, attention", varied(lstm, "gru", cell="gru")),
        ("LSTM, without attention", varied(lstm, "blind", **blind)),
        ("GRU, without attention", varied(lstm, "gru_blind", cell="gru", **blind)),
    ]


def with_unseen(run, split):
    """Measures a run on a split; with test, also on scenes of unseen combinations."""
    from zoo import evaluation

    found = evaluation.evaluate(run.recipe, run.model, run.data, split=split)
    if split == "test" and "test_unseen" in run.data.splits:
        unseen = evaluation.evaluate(run.recipe, run.model, run.data, split="test_unseen")
        found["test_unseen"] = unseen
    return found


@app.command()
def row(table: str, index: int, runs: pathlib.Path = pathlib.Path("runs")):
    """Train and measure one row (what the other commands call)."""
    measure(rows(table)[index][1], runs, with_unseen)


Jobs = Annotated[int, typer.Option(help="Rows at a time, one thread each.")]
Kept = Annotated[bool, typer.Option("--kept", help="Only rows that were measured already.")]


@app.command()
def shapes(jobs: Jobs = 2, kept: Kept = False, runs: pathlib.Path = pathlib.Path("runs")):
    """Drawn scenes, with combinations of colour and shape that training has and has not."""
    lines = [
        "| model | parameters | dev | test | unseen | numbers of objects | sizes | colours "
        "| shapes | relations | s an epoch |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]

    def cells(seen, unseen):
        return [f"{100 * seen[name]:.1f} / {100 * unseen[name]:.1f}" for name in ATTRIBUTES]

    for label, _, scores in measured(__file__, "shapes", rows("shapes"), jobs, runs, kept):
        dev, test = scores["dev"], scores["test"]
        unseen, speed = test["test_unseen"], scores["seconds"] / scores["epochs"]
        lines.append(
            f"| {label} | {scores['parameters']:,} | {100 * dev['exact_match']:.2f} "
            f"| **{100 * test['exact_match']:.2f}** | {100 * unseen['exact_match']:.2f} "
            f"| {' | '.join(cells(test, unseen))} | {speed:.0f} |"
        )
    for here, there in zip(test["baselines"], unseen["baselines"], strict=True):
        lines.append(
            f"| {here['name']} | | | {100 * here['exact_match']:.2f} "
            f"| {100 * there['exact_match']:.2f} | {' | '.join(cells(here, there))} | |"
        )
    notes = (
        "Per cent. The first three columns of figures are whole captions that are right; the "
        "others are seen / unseen. Each unseen scene has one object whose combination of colour "
        "and shape training never shows. Beam search with 4 beams."
    )
    write_rows(
        __file__, "shapes", "# Captions of drawn scenes that are right, seed 0", lines, notes, kept
    )


@app.command()
def flickr8k(jobs: Jobs = 2, kept: Kept = False, runs: pathlib.Path = pathlib.Path("runs")):
    """Photographs, from scratch."""
    lines = [
        "| model | parameters | dev BLEU-4 | BLEU-1 | BLEU-2 | BLEU-3 | BLEU-4 | CIDEr "
        "| different captions, % | s an epoch |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]

    def cells(of):
        *most, last = [f"{of[name]:.1f}" for name in BLEU]
        return f"{' | '.join(most)} | **{last}** | {of['cider']:.3f} | {100 * of['distinct']:.1f}"

    for label, _, scores in measured(__file__, "flickr8k", rows("flickr8k"), jobs, runs, kept):
        dev, test = scores["dev"], scores["test"]
        lines.append(
            f"| {label} | {scores['parameters']:,} | {dev['bleu_4']:.1f} | {cells(test)} "
            f"| {scores['seconds'] / scores['epochs']:.0f} |"
        )
    lines += [f"| {each['name']} | | | {cells(each)} | |" for each in test["baselines"]]
    lines += [
        f"| {name} (published) | | | {' | '.join(map(str, bleu))} | | | |"
        for name, bleu in PUBLISHED
    ]
    notes = (
        f"Official test split of 1,000 photographs, five captions each. BLEU: "
        f"`{test['signature']}`, words in lower case without punctuation; CIDEr-D from 0 to 10. "
        "Beam search with 4 beams. The encoder is trained from scratch on the 6,000 photographs "
        "of train, at 96 by 96 pixels; that of the published figures saw the million of ImageNet "
        "first."
    )
    write_rows(__file__, "flickr8k", "# Captions of Flickr8k, seed 0", lines, notes, kept)


if __name__ == "__main__":
    app()
