"""What a classifier loses when it reads less of a review.

    python benchmarks/truncation.py

Measures the published `bilstm_classifier.imdb` on dev (reviews of 2,737 that are longer than each
length also by themselves), cut to fewer tokens in three ways. The model was trained on 400 tokens,
the first hundred and the last three hundred of longer reviews.
"""

import dataclasses
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
LENGTHS = (25, 50, 100, 200, 400, 800)
NAME = "bilstm_classifier.imdb"


def main():
    """Measure, print and write the table."""
    import zoo
    from zoo.data import classification
    from zoo.data.tokenizer import KEEP

    published = zoo.load(NAME)
    gold = classification.read("imdb_reviews", "dev")
    data = classification.ClassificationData(published.encoder, gold.names, {"dev": gold})
    read = np.array([len(row) for row in data.encode(gold)[0]["tokens"]])
    lines = [
        "| tokens read | reviews that are longer | " + " | ".join(KEEP) + " |",
        "|---|---|" + "---|" * len(KEEP),
    ]
    for length in LENGTHS:
        longer = read > length
        cells = []
        for keep in KEEP:
            cut = dataclasses.replace(data, length=length, keep=keep)
            right = cut.predict(published.model, gold).argmax(axis=1) == gold.labels
            cells.append(f"{100 * right.mean():.2f} ({100 * right[longer].mean():.2f})")
        lines.append(f"| {length} | {100 * longer.mean():.0f} % | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    text = "\n".join(
        [
            f"# Accuracy of `{NAME}` on dev, by how much of a review it reads",
            "",
            *lines,
            "",
            "In brackets the accuracy on those reviews alone that are longer and so lose "
            "something. `both` keeps a quarter from the head, the rest from the tail.",
            "",
            "Command: `python benchmarks/truncation.py`",
            "",
        ]
    )
    (HERE / "truncation.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
