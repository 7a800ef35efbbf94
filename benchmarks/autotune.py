"""How late `fit` returns when tf.data tunes itself, and how it returns when it does not.

    python benchmarks/autotune.py

The thread that tunes sleeps in doubling periods (10 ms x 2^n) and is waited for when the pipeline
is torn down, so a training that takes s seconds may return up to s seconds late, the processor
idle. `zoo.data.batches.without_autotune` switches it off. It happens in some calls, not in all.
"""

import pathlib
import statistics
import time

import keras
import numpy as np
import tensorflow as tf
import typer

from zoo.data.batches import without_autotune

HERE = pathlib.Path(__file__).parent


class Ended(keras.callbacks.Callback):
    """Takes the time at which the training itself ended."""

    def on_train_end(self, logs=None):
        self.at = time.perf_counter()


def main(calls: int = 8, epochs: int = 6):
    """Print how many seconds after `on_train_end` each call of `fit` returned."""
    x = np.random.default_rng(0).normal(size=(2000, 30, 16)).astype("float32")
    data = tf.data.Dataset.from_tensor_slices((x, x[:, -1])).batch(32).prefetch(2)
    lines = ["| autotuning | seconds of training | seconds late, sorted |", "|---|---|---|"]
    for label, dataset in {"on": data, "off": without_autotune(data)}.items():
        trained, late = [], []
        for _ in range(calls):
            model = keras.Sequential([keras.layers.GRU(64), keras.layers.Dense(16)])
            model.compile("adam", "mse", jit_compile=False)
            ended, start = Ended(), time.perf_counter()
            model.fit(dataset, epochs=epochs, verbose=0, callbacks=[ended])
            late.append(time.perf_counter() - ended.at)
            trained.append(ended.at - start)
        delays = " ".join(f"{seconds:.1f}" for seconds in sorted(late))
        lines.append(f"| {label} | {statistics.median(trained):.1f} | {delays} |")
    text = "\n".join(
        ["# `fit` returns late", "", *lines, "", "`python benchmarks/autotune.py`", ""]
    )
    (HERE / "autotune.md").write_text(text)
    print(text)


if __name__ == "__main__":
    typer.run(main)
