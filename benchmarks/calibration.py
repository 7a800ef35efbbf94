"""How far to trust the probabilities of a published tagger of entities: its calibration.

    python benchmarks/calibration.py [NAME]

Measured on the dev split, whose sentences are given as the tokens of the corpus. An entity is right
if its boundaries and its type are.
"""

import pathlib
from typing import Annotated

import typer

HERE = pathlib.Path(__file__).parent
EDGES = (0, 0.5, 0.7, 0.9, 0.99, 1)
LEAST = (0, 0.5, 0.7, 0.9)


def main(
    name: Annotated[str, typer.Argument(help="A published tagger.")] = "bilstm_crf.conll2003",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N sentences.")] = None,
    output: Annotated[pathlib.Path, typer.Option(help="Where table and picture go.")] = HERE,
):
    """Measure how often a tagger is right that says how sure it is."""
    import zoo
    from zoo import schemes
    from zoo.data import tagging
    from zoo.metrics import entities
    from zoo.plots import entities as plots

    tagger = zoo.load(name)
    dataset = tagger.description["dataset"]
    preprocessing = tagger.description["recipe"]["preprocessing"]
    if preprocessing.get("scheme") is None:
        raise typer.BadParameter(f"{name} finds no entities: its tags are of no scheme.")
    gold = tagging.read(dataset, "dev", feature=preprocessing.get("feature"), limit=limit)
    true = sum(len(schemes.spans(tags)) for tags in gold.tags)
    pairs = entities.judged(tagger.predict(gold.tokens), gold.tags)
    probabilities, right = [list(column) for column in zip(*pairs, strict=True)] or ([], [])

    lines = ["| confidence | entities | mean confidence | share right |", "|---|---|---|---|"]
    for low, high, count, confidence, share in plots.binned(probabilities, right, EDGES):
        means = f"{confidence:.3f} | {share:.3f}" if count else "- | -"
        lines.append(f"| {low:g} to {high:g} | {count:,} | {means} |")
    error = plots.calibration_error(plots.binned(probabilities, right))
    kept = ["| at least | entities kept | precision | recall |", "|---|---|---|---|"]
    for least in LEAST:
        chosen = [fine for probability, fine in pairs if probability >= least]
        share = len(chosen) / max(1, len(pairs))
        precision, recall = sum(chosen) / max(1, len(chosen)), sum(chosen) / max(1, true)
        kept.append(
            f"| {least:g} | {len(chosen):,} ({share:.1%}) | {precision:.1%} | {recall:.1%} |"
        )
    limited = f" --limit {limit}" if limit else ""
    text = "\n".join(
        [
            f"# How sure and how right {name} is",
            "",
            *lines,
            "",
            "Keeping only the entities that it is surer of:",
            "",
            *kept,
            "",
            f"Expected calibration error, over ten bins of equal width: {error:.4f}. "
            f"Dev split of {dataset}, {len(gold):,} sentences with {true:,} entities, "
            f"{len(pairs):,} found. Picture: [calibration.png](calibration.png). "
            f"Command: `python benchmarks/calibration.py {name}{limited}`",
            "",
        ]
    )
    output.mkdir(parents=True, exist_ok=True)
    (output / "calibration.md").write_text(text)
    ax = plots.reliability(probabilities, right)
    ax.figure.savefig(output / "calibration.png", dpi=110)
    print(text)


if __name__ == "__main__":
    typer.run(main)
