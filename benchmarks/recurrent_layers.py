"""Speed of the zoo's LSTM and GRU beside Keras's own and PyTorch's, on each backend.

    python benchmarks/recurrent_layers.py

A bidirectional layer of 256 units reads 40 steps of 128 features, and a layer of 64 units 40 steps
of 64, in one direction. A training step is the forward pass and the gradients with respect to all
weights and to the input. Each backend is a process of its own in which the layers are called in
turn, so that what slows the machine down slows all of them; the machine should have nothing else to
do.
"""

import importlib.metadata
import itertools
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import typer

BACKENDS = ("tensorflow", "jax", "torch")
STEPS = 40
SIZES = {"2 x 256": (256, 128, (1, 32, 128)), "64": (64, 64, (1, 32, 64))}
SECONDS = 2.0  # So long every layer and way of calling it is timed.
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def calls_of_tensorflow(layer, x):
    """Inference and a training step, as functions without arguments."""
    import tensorflow as tf

    @tf.function
    def infer(x):
        return layer(x)

    @tf.function
    def train(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x, training=True) ** 2)
        return tape.gradient(loss, [x, *(each.value for each in layer.trainable_variables)])

    x = tf.constant(x)
    return {
        "inference": lambda: infer(x).numpy(),
        "training step": lambda: tf.nest.map_structure(lambda each: each.numpy(), train(x)),
    }


def calls_of_jax(layer, x):
    """Likewise."""
    import jax
    from jax import numpy as jnp

    others = [each.value for each in layer.non_trainable_variables]

    def infer(weights, x):
        return layer.stateless_call(weights, others, x)[0]

    def loss(weights, x):
        return jnp.sum(layer.stateless_call(weights, others, x, training=True)[0] ** 2)

    run, train = jax.jit(infer), jax.jit(jax.grad(loss, argnums=(0, 1)))
    weights, x = [each.value for each in layer.trainable_variables], jnp.asarray(x)
    return {
        "inference": lambda: jax.block_until_ready(run(weights, x)),
        "training step": lambda: jax.block_until_ready(train(weights, x)),
    }


def calls_of_torch(layer, x):
    """Likewise, of a layer of Keras or of PyTorch."""
    import torch

    given = torch.from_numpy(x)
    learned = torch.from_numpy(x).requires_grad_()

    def output(x):
        found = layer(x)
        return found[0] if isinstance(found, tuple) else found

    def infer():
        with torch.no_grad():
            return output(given)

    def train():
        for weight in layer.parameters():
            weight.grad = None
        learned.grad = None
        (output(learned) ** 2).sum().backward()

    return {"inference": infer, "training step": train}


@app.command()
def row(backend: str):
    """Measure a backend (what the other command calls): prints JSON."""
    import keras
    import numpy as np

    from zoo import layers

    calls = {"tensorflow": calls_of_tensorflow, "jax": calls_of_jax, "torch": calls_of_torch}
    found = []
    for cell, (size, (units, features, batches)) in itertools.product(
        ("LSTM", "GRU"), SIZES.items()
    ):
        for batch in batches:
            x = np.random.default_rng(0).normal(size=(batch, STEPS, features)).astype("float32")
            both = size.startswith("2")
            made = {
                name: getattr(of, cell)(units, return_sequences=True)
                for name, of in {"Keras": keras.layers, "zoo": layers}.items()
            }
            if both:
                made = {name: keras.layers.Bidirectional(layer) for name, layer in made.items()}
            for layer in made.values():
                layer.build(x.shape)
            if backend == "torch":
                import torch

                kind = getattr(torch.nn, cell)
                made["torch.nn"] = kind(features, units, bidirectional=both, batch_first=True)
            ways = {name: calls[backend](layer, x) for name, layer in made.items()}
            for what in ("inference", "training step"):
                times = {name: [] for name in ways}
                for name in ways:
                    for _ in range(3):
                        ways[name][what]()
                began = time.perf_counter()
                while time.perf_counter() - began < SECONDS * len(ways):
                    for name in ways:
                        start = time.perf_counter()
                        ways[name][what]()
                        times[name].append(1000 * (time.perf_counter() - start))
                each = {"cell": cell, "units": size, "batch": batch, "what": what, "ms": times}
                found.append(each)
    packages = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
    version = importlib.metadata.version(packages[backend])
    print(json.dumps({"found": found, "version": f"{packages[backend]} {version}"}))


@app.callback(invoke_without_command=True)
def table(context: typer.Context):
    """Measures every backend that is installed, prints the table and writes it."""
    if context.invoked_subcommand:
        return
    lines = [
        "| backend | cell | units | batch | what | Keras, ms | zoo, ms | torch.nn, ms "
        "| Keras / zoo | torch.nn / zoo |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    versions, measured = [f"keras {importlib.metadata.version('keras')}"], {}
    for backend in BACKENDS:
        environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
        output = subprocess.run(
            [sys.executable, __file__, "row", backend],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        measured[backend] = json.loads(output.splitlines()[-1])
        versions.append(measured[backend]["version"])
    reference = {_key(each): each["ms"]["torch.nn"] for each in measured["torch"]["found"]}
    for backend in BACKENDS:
        for each in measured[backend]["found"]:
            ours, others = each["ms"]["zoo"], (each["ms"]["Keras"], reference[_key(each)])
            stock, native = (statistics.median(times) / statistics.median(ours) for times in others)
            cells = [
                backend,
                *map(str, _key(each)),
                *map(_spread, (others[0], ours, others[1])),
                f"**{stock:.2f}**",
                f"{native:.2f}",
            ]
            lines.append("| " + " | ".join(cells) + " |")
    text = "\n".join(
        [
            f"# Layers of two directions and of one, {STEPS} steps",
            "",
            *lines,
            "",
            "Medians, the fastest tenth in brackets; above 1 the zoo's layer is the faster one. "
            f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
            f"{', '.join(versions)}, {time.strftime('%Y-%m-%d')}.",
            "",
            "Command: `python benchmarks/recurrent_layers.py`",
            "",
        ]
    )
    (pathlib.Path(__file__).parent / "recurrent_layers.md").write_text(text)
    print(text)


def _key(each):
    return each["cell"], each["units"], each["batch"], each["what"]


def _spread(times):
    times = sorted(times)
    return f"{statistics.median(times):.2f} ({times[len(times) // 10]:.2f})"


if __name__ == "__main__":
    app()
