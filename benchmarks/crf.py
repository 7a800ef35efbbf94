"""Times the CRF: likelihood with gradients, and decoding, on every backend, beside pytorch-crf.

    python benchmarks/crf.py

Batch 32, 20 tags, lengths 50 to 400, float32, compiled where the backend compiles. Each
implementation runs in a process of its own; the lowest and the median of 30 calls after two that
warm up. Run it on a quiet machine.
"""

import importlib.metadata
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).parent
BATCH, TAGS, LENGTHS, CALLS = 32, 20, (50, 100, 200, 400), 30
IMPLEMENTATIONS = {
    "tensorflow": ("ours on TensorFlow", "tensorflow"),
    "jax": ("ours on JAX", "jax"),
    "torch": ("ours on PyTorch, not compiled", "torch"),
    "pytorch-crf": ("pytorch-crf", "torchcrf"),
}


def milliseconds(call):
    """The lowest and the median time of a call."""
    found = []
    for _ in range(CALLS + 2):
        started = time.perf_counter()
        call()
        found.append(1e3 * (time.perf_counter() - started))
    return min(found[2:]), statistics.median(found[2:])


def case(length):
    """Logits, transitions, start, end, mask and tags."""
    rng = np.random.default_rng(0)
    shapes = ((BATCH, length, TAGS), (TAGS, TAGS), (TAGS,), (TAGS,))
    scores = [rng.normal(size=shape).astype("float32") for shape in shapes]
    return scores, np.ones((BATCH, length), bool), rng.integers(0, TAGS, (BATCH, length))


def on_tensorflow(length):
    import tensorflow as tf

    from zoo.layers import linear_chain

    scores, mask, tags = case(length)
    variables = [tf.Variable(array) for array in scores]

    @tf.function
    def learn():
        with tf.GradientTape() as tape:
            potentials = linear_chain.chain_potentials(*variables, tf.constant(mask))
            loss = tf.reduce_sum(linear_chain.negative_log_likelihood(potentials, tags))
        return tape.gradient(loss, variables)

    @tf.function
    def decode():
        return linear_chain.viterbi(linear_chain.chain_potentials(*variables, tf.constant(mask)))

    return learn, decode


def on_jax(length):
    import jax

    from zoo.layers import linear_chain

    scores, mask, tags = case(length)

    def loss(scores):
        potentials = linear_chain.chain_potentials(*scores, mask)
        return linear_chain.negative_log_likelihood(potentials, tags).sum()

    gradient = jax.jit(jax.grad(loss))
    best = jax.jit(lambda s: linear_chain.viterbi(linear_chain.chain_potentials(*s, mask)))
    return (
        lambda: jax.block_until_ready(gradient(scores)),
        lambda: jax.block_until_ready(best(scores)),
    )


def on_torch(length):
    import torch

    from zoo.layers import linear_chain

    scores, mask, tags = case(length)
    scores = [torch.tensor(array, requires_grad=True) for array in scores]
    mask, tags = torch.tensor(mask), torch.tensor(tags)

    def learn():
        potentials = linear_chain.chain_potentials(*scores, mask)
        linear_chain.negative_log_likelihood(potentials, tags).sum().backward()

    def decode():
        with torch.no_grad():
            linear_chain.viterbi(linear_chain.chain_potentials(*scores, mask))

    return learn, decode


def on_pytorch_crf(length):
    import torch
    import torchcrf

    scores, mask, tags = case(length)
    crf = torchcrf.CRF(TAGS, batch_first=True)
    logits = torch.tensor(scores[0], requires_grad=True)
    mask, tags = torch.tensor(mask), torch.tensor(tags)

    def learn():
        (-crf(logits, tags, mask=mask)).backward()

    def decode():
        with torch.no_grad():
            crf.decode(logits, mask)

    return learn, decode


MAKERS = {
    "tensorflow": on_tensorflow,
    "jax": on_jax,
    "torch": on_torch,
    "pytorch-crf": on_pytorch_crf,
}


def main():
    """Times all implementations that are installed, prints the table and writes it."""
    lines = [
        "| CRF | length | likelihood and gradients, ms: lowest (median) "
        "| decoding, ms: lowest (median) |",
        "|---|---|---|---|",
    ]
    for name, (label, module) in IMPLEMENTATIONS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{label}: not installed", file=sys.stderr)
            continue
        backend = name if name in ("jax", "torch") else "tensorflow"
        environment = {**os.environ, "KERAS_BACKEND": backend}
        command = [sys.executable, __file__, name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        for length, (learning, decoding) in json.loads(done.stdout.splitlines()[-1]):
            cells = [f"{low:.1f} ({median:.1f})" for low, median in (learning, decoding)]
            lines.append(f"| {label} | {length} | {cells[0]} | {cells[1]} |")
    packages = ("keras", "tensorflow", "jax", "torch", "pytorch-crf")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    notes = [
        f"Batch {BATCH}, {TAGS} tags, float32, {os.cpu_count()} cores, {CALLS} calls, {versions}.",
        "Command: `python benchmarks/crf.py`",
    ]
    text = "\n".join(["# The CRF's time", "", *lines, "", "\n\n".join(notes), ""])
    (HERE / "crf.md").write_text(text)
    print(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        made = [(length, MAKERS[sys.argv[1]](length)) for length in LENGTHS]
        print(json.dumps([(length, list(map(milliseconds, calls))) for length, calls in made]))
    else:
        main()
