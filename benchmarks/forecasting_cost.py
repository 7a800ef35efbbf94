"""Time and memory of training a forecaster: SegRNN beside the plain GRU.

    python benchmarks/forecasting_cost.py

First an epoch on ETTm1 with the batches of its recipe, then batches of 64 windows of noise, whose
lookback and number of channels grow. Each row is a process of its own, on all cores; the machine
should have nothing else to do. Its peak memory includes TensorFlow and the data.
"""

import importlib.metadata
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import time

import numpy as np
import typer

HERE = pathlib.Path(__file__).parent
HORIZON = 96
MODELS = ("SegRNN", "GRU")
LOOKBACKS = (96, 336, 720)
CHANNELS = (1, 7, 21, 321)
BATCH_SIZE, BATCHES = 64, 6
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def build(model, sizes):
    """Builds one of the two with as many units."""
    from zoo import models

    if model == "SegRNN":
        segment = 48 if sizes["lookback"] % 48 == 0 else 24
        return models.SegRNN(**sizes, segment=segment, units=128)
    return models.Forecaster(**sizes, cell="gru", units=128)


@app.command(hidden=True)
def epoch(model: str):
    """Times epochs on ETTm1, the first of which compiles."""
    from zoo.data import forecasting

    data = forecasting.load("ett/m1", lookback=96, horizon=HORIZON)
    built = build(model, data.sizes)
    batches = data.batches("train", 256, seed=0)
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        built.fit(batches.dataset(), verbose=0)
        seconds.append(time.perf_counter() - started)
    tell(seconds[1:], windows=len(data.splits["train"]), parameters=built.count_params())


@app.command(hidden=True)
def grown(model: str, lookback: int, channels: int):
    """Times batches of noise."""
    sizes = {"lookback": lookback, "horizon": HORIZON, "num_channels": channels}
    built = build(model, sizes)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH_SIZE, lookback, channels)).astype("float32")
    y = rng.normal(size=(BATCH_SIZE, HORIZON, channels)).astype("float32")
    seconds = []
    for _ in range(BATCHES):
        started = time.perf_counter()
        built.train_on_batch(x, y)
        seconds.append(time.perf_counter() - started)
    tell(seconds[1:], windows=BATCH_SIZE, parameters=built.count_params())


def tell(seconds, **found):
    """Prints what a process has found, for the one that asked."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": statistics.median(seconds), "peak": peak, **found}))


def ask(*arguments):
    """Runs a row in a process of its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    found = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(found.stdout.splitlines()[-1])


@app.callback(invoke_without_command=True)
def main(context: typer.Context):
    """Ask for all rows, print and write the tables."""
    if context.invoked_subcommand:
        return
    lines = [
        "| model | parameters | s an epoch | windows a second | peak memory, MB |",
        "|---|---|---|---|---|",
    ]
    for model in MODELS:
        found = ask("epoch", model)
        lines.append(
            f"| {model} | {found['parameters']:,} | {found['seconds']:.1f} "
            f"| {found['windows'] / found['seconds']:,.0f} | {found['peak']:,.0f} |"
        )
        print(lines[-1], flush=True)
    grid = [(lookback, 7) for lookback in LOOKBACKS] + [(96, each) for each in CHANNELS if each - 7]
    growth = [
        "| lookback | channels | " + " | ".join(f"{m}, ms a window | MB" for m in MODELS) + " |",
        "|---" * (2 + 2 * len(MODELS)) + "|",
    ]
    for lookback, channels in grid:
        cells = []
        for model in MODELS:
            found = ask("grown", model, lookback, channels)
            cells.append(f"{1000 * found['seconds'] / found['windows']:.2f} | {found['peak']:,.0f}")
        growth.append(f"| {lookback} | {channels} | " + " | ".join(cells) + " |")
        print(growth[-1], flush=True)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("keras", "tensorflow")]
    text = "\n".join(
        [
            "# Time and memory of training forecasters",
            "",
            f"An epoch on ETTm1, lookback 96, horizon {HORIZON}, batches of 256:",
            "",
            *lines,
            "",
            f"Batches of {BATCH_SIZE} windows of noise, horizon {HORIZON}:",
            "",
            *growth,
            "",
            "128 units each. Medians of two epochs or of five batches, compiling apart; peak "
            "memory of the process, TensorFlow and data included. "
            f"{os.cpu_count()} cores, {platform.machine()}, {', '.join(versions)}. "
            "Command: `python benchmarks/forecasting_cost.py`",
            "",
        ]
    )
    (HERE / "forecasting_cost.md").write_text(text)
    print(text)


if __name__ == "__main__":
    app()
