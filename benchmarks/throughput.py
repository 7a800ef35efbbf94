"""Words a second of a published tagger, from text to tags, and its cold start.

    python benchmarks/throughput.py [NAME]

Sentences are those that `grammar_text` generates, so nothing need be downloaded. Each row is the
median of several passes; the machine should have nothing else to do.
"""

import importlib.metadata
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import typer

HERE = pathlib.Path(__file__).parent
COLD = """
import sys, time
started = time.perf_counter()
import zoo
zoo.load(sys.argv[1]).predict("The dogs were barking .")
print(time.perf_counter() - started)
"""


def main(name: str = "bilstm_tagger.ud_en_ewt", passes: int = 5):
    """Time a tagger."""
    import zoo
    from zoo.data import tagging

    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    cold = [
        float(
            subprocess.run(
                [sys.executable, "-c", COLD, name],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for _ in range(passes)
    ]
    sentences = tagging.read("grammar_text", "train", limit=2000).tokens
    tagger = zoo.load(name)
    tables = {
        "tokens, batch 64": (sentences, 64),
        "text, batch 64": ([" ".join(sentence) for sentence in sentences], 64),
        "text, batch 1": ([" ".join(sentence) for sentence in sentences[:200]], 1),
    }
    lines = ["| what | words a second, median | lowest | highest |", "|---|---|---|---|"]
    for label, (texts, batch_size) in tables.items():
        words = sum(map(len, sentences[: len(texts)]))
        first = time.perf_counter()
        tagger.predict(texts, batch_size=batch_size)
        lines.append(f"| {label}, first pass | {words / (time.perf_counter() - first):,.0f} | | |")
        rates = []
        for _ in range(passes):
            start = time.perf_counter()
            tagger.predict(texts, batch_size=batch_size)
            rates.append(words / (time.perf_counter() - start))
        lines.append(
            f"| {label}, warm | **{statistics.median(rates):,.0f}** "
            f"| {min(rates):,.0f} | {max(rates):,.0f} |"
        )
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("keras", "tensorflow")]
    text = "\n".join(
        [
            f"# Words a second of {name}",
            "",
            *lines,
            "",
            f"Cold start, `import zoo` to the first answer: {statistics.median(cold):.1f} s "
            f"(median of {passes}; {min(cold):.1f} to {max(cold):.1f}).",
            "",
            f"{os.cpu_count()} cores, {platform.machine()}, {', '.join(versions)}. "
            f"Command: `python benchmarks/throughput.py {name}`",
            "",
        ]
    )
    (HERE / "throughput.md").write_text(text)
    print(text)


if __name__ == "__main__":
    typer.run(main)
