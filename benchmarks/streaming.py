"""Memory while reviews stream from TFDS through tokenizer, lookup and buckets to batches.

    python benchmarks/streaming.py

All 100,000 IMDb reviews pass twice, in batches of 32 of similar length, and none is kept. Prints
the peak memory of the process as more and more of them have passed: after the first pass, which
fills TensorFlow's own buffers, it must stay what it was.
"""

import pathlib
import platform
import resource
import time

import numpy as np

HERE = pathlib.Path(__file__).parent
MILESTONES = (1_000, 10_000, 25_000, 50_000, 100_000, 200_000)


def texts():
    """Yields all texts of the data set, one at a time, and all of them again."""
    from zoo.data import sources

    for split in 2 * ("train", "test", "unsupervised"):
        for example in sources.load("imdb_reviews", split).as_numpy_iterator():
            yield example["text"].decode()


def main():
    """Stream, print and write the table."""
    from zoo.data.classification import ClassificationData
    from zoo.data.text import TokenEncoder

    words = [f"word{number}" for number in range(20_000)]
    data = ClassificationData(TokenEncoder(words, None), ("neg", "pos"), {}, 400, "both")
    lines = ["| reviews | tokens read | peak memory, MB | s |", "|---|---|---|---|"]
    started, seen, tokens, milestones = time.perf_counter(), 0, 0, list(MILESTONES)
    for x, places in data.stream(texts(), batch_size=32):
        seen += len(places)
        tokens += int(np.count_nonzero(x))
        if seen >= milestones[0]:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            seconds = time.perf_counter() - started
            lines.append(f"| {milestones.pop(0):,} | {tokens:,} | {peak:,.0f} | {seconds:,.0f} |")
            print(lines[-1], flush=True)
        if not milestones:
            break
    text = "\n".join(
        [
            "# Memory of the data pipeline, streaming IMDb",
            "",
            *lines,
            "",
            "Reviews cut to 400 tokens, a quarter of them from the head; the process, TensorFlow "
            f"included, on {platform.machine()}, 2 cores with other work beside it.",
            "",
            "Command: `python benchmarks/streaming.py`",
            "",
        ]
    )
    (HERE / "streaming.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
