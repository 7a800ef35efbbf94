"""The CRF against an enumeration of every sequence of tags, on each installed backend.

    python benchmarks/brute_force.py [BACKEND]

The right answers are in float64 NumPy and know nothing of dynamic programming: they list all
sequences, leave out those that the constraints forbid and add up the scores of the rest; gradients
are central finite differences of that. The table gives the greatest absolute error of each function
over random cases; the backends other than TensorFlow run with TensorFlow out of reach.
"""

import importlib.metadata
import importlib.util
import itertools
import json
import os
import pathlib
import subprocess
import sys
import types
import typing

if __name__ == "__main__" and len(sys.argv) > 1:
    os.environ["KERAS_BACKEND"] = sys.argv[1]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if sys.argv[1] != "tensorflow":
        sys.modules["tensorflow"] = None

import keras
import numpy as np

from zoo import schemes
from zoo.layers import CRF, linear_chain

HERE = pathlib.Path(__file__).parent
CASES = 200
TOLERANCE = 1e-5
# Batch, time and tags: few enough that a backend that compiles for each does not take long.
SHAPES = [(3, 1, 4), (2, 5, 1), (1, 4, 2), (3, 5, 3), (2, 4, 5)]


class Case(typing.NamedTuple):
    """A batch: scores, constraints, lengths and tags of the rows, and a weight for each step."""

    logits: np.ndarray
    transitions: np.ndarray
    start: np.ndarray
    end: np.ndarray
    allowed: np.ndarray | None
    lengths: np.ndarray
    tags: np.ndarray
    weights: np.ndarray

    @property
    def parameters(self):
        return self.logits, self.transitions, self.start, self.end

    @property
    def mask(self):
        return np.arange(self.logits.shape[1]) < self.lengths[:, None]


def installed():
    """Lists the backends that are at hand."""
    return [name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)]


def random_case(seed, batch, time, size):
    """Draws a case: with no constraints, random ones or those of a scheme of `size` tags.

    Args:
        seed: Of the random numbers.
        batch: Number of rows.
        time: Number of steps, of which a row has 1 or more.
        size: Number of tags.
    """
    rng = np.random.default_rng(seed)
    # A path through one tag is always open, so that there is a sequence of every length.
    scattered, path = rng.random((size + 1, size + 1)) < 0.6, [rng.integers(size), size]
    scattered[np.ix_(path, path)] = True
    choices = [None, scattered]
    for scheme, kinds in (("bio", ["X"]), ("bio", ["X", "Y"]), ("iobes", ["X"])):
        names = schemes.names(kinds, scheme)
        if len(names) == size:
            choices.append(np.array(schemes.allowed(names)))
    case = Case(
        logits=rng.normal(size=(batch, time, size)).astype("float32"),
        transitions=rng.normal(size=(size, size)).astype("float32"),
        start=rng.normal(size=size).astype("float32"),
        end=rng.normal(size=size).astype("float32"),
        allowed=choices[rng.integers(len(choices))],
        lengths=rng.integers(1, time + 1, batch),
        # At padded steps anything; the rest is overwritten.
        tags=rng.integers(-1, size + 2, (batch, time)),
        weights=rng.normal(size=(batch, time)).astype("float32"),
    )
    for row, length in enumerate(case.lengths):
        case.tags[row, :length] = rng.choice(sequences(case, length))
    return case


def sequences(case, length, whole=True):
    """Lists all sequences of tags that a row may begin with, or if `whole` be: `(many, length)`."""
    every = np.array(list(itertools.product(range(case.logits.shape[2]), repeat=length)))
    if case.allowed is None:
        return every
    keep = case.allowed[-1, every[:, 0]]
    keep = keep & case.allowed[every[:, :-1], every[:, 1:]].all(axis=1)
    return every[keep & case.allowed[every[:, -1], -1] if whole else keep]


def counts(tags, time, size, whole=True):
    """Counts how often sequences `(many, length)` use each parameter: `(many, parameters)`.

    The parameters are in line: the logits of one row, transitions, start, end. What a sequence
    scores is their sum, each as often as it is used.
    """
    chosen = np.eye(size)[tags]
    logits = np.pad(chosen, ((0, 0), (0, time - tags.shape[1]), (0, 0)))
    transitions = np.einsum("nti,ntj->nij", chosen[:, :-1], chosen[:, 1:])
    used = logits, transitions, chosen[:, 0], chosen[:, -1] * whole
    return np.concatenate([x.reshape(len(tags), -1) for x in used], axis=1)


def log_sum_exp(x):
    peak = x.max(axis=0)
    return peak + np.log(np.exp(x - peak).sum(axis=0))


def differences(value, parameters, step=1e-4):
    """Differentiates `value`, which takes many vectors of parameters at once, side by side."""
    nudges = step * np.eye(len(parameters))
    above, below = value(parameters[:, None] + nudges), value(parameters[:, None] - nudges)
    return (above - below) / (2 * step)


def enumerated_row(case, row):
    """Works out the answers to one row by enumeration."""
    _, time, size = case.logits.shape
    length = case.lengths[row]
    shared = case.transitions, case.start, case.end
    parameters = np.concatenate([x.ravel() for x in (case.logits[row], *shared)]).astype("float64")
    every = sequences(case, length)
    used = counts(every, time, size)
    gold = counts(case.tags[row : row + 1, :length], time, size)
    scores = used @ parameters
    share = np.exp(scores - log_sum_exp(scores))
    # At tag 0 before the first step and after the last one.
    padded = np.pad(every, ((0, 0), (1, time - length)))
    tags, pairs = np.zeros((time, size)), np.zeros((time, size, size))
    for step in range(time):
        np.add.at(tags[step], padded[:, step + 1], share)
        np.add.at(pairs[step], (padded[:, step], padded[:, step + 1]), share)

    def loss(parameters):
        return log_sum_exp(used @ parameters) - (gold @ parameters)[0]

    beginnings = [
        counts(sequences(case, n, whole=n == length), time, size, whole=n == length)
        for n in range(1, length + 1)
    ]

    def weighted_steps(parameters):
        sums = [log_sum_exp(used @ parameters) for used in beginnings]
        steps = [sums[0], *(after - before for before, after in itertools.pairwise(sums))]
        return sum(weight * step for weight, step in zip(case.weights[row], steps, strict=False))

    return {
        "log-partition": log_sum_exp(scores),
        "sequence score": (gold @ parameters)[0],
        "negative log-likelihood": loss(parameters),
        "best score (Viterbi)": scores.max(),
        "marginals": tags,
        "pairwise marginals": pairs,
        "gradient of the loss": differences(loss, parameters),
        "gradient of weighted steps": differences(weighted_steps, parameters),
    }


def enumerated(case):
    """Works out by enumeration what `computed` should find."""
    rows = [enumerated_row(case, row) for row in range(len(case.lengths))]
    answers = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    for name, found in answers.items():
        if name.startswith("gradient"):
            # Each row has logits of its own; all share the rest.
            logits, shared = np.split(found, [case.logits[0].size], axis=1)
            answers[name] = np.concatenate([logits.ravel(), shared.sum(axis=0)])
    return answers


def computed(cases):
    """Runs the functions on the active backend: a dictionary of answers for each case.

    Cases, which have one shape, make one batch: each batch is a new loop to run or to compile.
    """
    chains = compiled(linear_chain)
    parameters = [[keras.ops.convert_to_tensor(x) for x in case.parameters] for case in cases]
    tags, weights = (
        keras.ops.convert_to_tensor(np.concatenate([getattr(case, name) for case in cases]))
        for name in ("tags", "weights")
    )

    def potentials(parameters):
        found = []
        for case, (logits, *values) in zip(cases, parameters, strict=True):
            layer = CRF(logits.shape[-1], allowed=case.allowed)
            layer.build(logits.shape)
            mask = keras.ops.convert_to_tensor(case.mask)
            with keras.StatelessScope(list(zip(layer.weights, values, strict=True))):
                scores = layer.transition_scores()
                found.append(chains.chain_potentials(logits, *scores, mask))
        return keras.ops.concatenate(found)

    def loss(parameters):
        chain = potentials(parameters)
        return keras.ops.sum(chains.negative_log_likelihood(chain, tags))

    def weighted_steps(parameters):
        return keras.ops.sum(weights * chains.log_partition_steps(potentials(parameters)))

    chain = potentials(parameters)
    losses = chains.negative_log_likelihood(chain, tags)
    unary, pairs = chains.marginals(chain)
    answers = {
        "log-partition": chains.log_partition(chain),
        "sequence score": chains.sequence_score(chain, tags),
        "negative log-likelihood": keras.ops.sum(losses, axis=1),
        "best score (Viterbi)": chains.viterbi(chain),
        "marginals": unary,
        "pairwise marginals": pairs,
    }
    answers = {name: keras.ops.convert_to_numpy(answer) for name, answer in answers.items()}
    rows = np.cumsum([len(case.lengths) for case in cases])[:-1]
    found = [{} for _ in cases]
    for name, answer in answers.items():
        for one, part in zip(found, np.split(answer, rows), strict=True):
            one[name] = part
    for name, function in (
        ("gradient of the loss", loss),
        ("gradient of weighted steps", weighted_steps),
    ):
        for one, parts in zip(found, gradient(function, parameters), strict=True):
            one[name] = np.concatenate([keras.ops.convert_to_numpy(x).ravel() for x in parts])
    for one, case in zip(found, cases, strict=True):
        one["best score (Viterbi)"] = scores_of_valid(case, one["best score (Viterbi)"])
    return found


def compiled(module):
    """Compiles the functions of a module for JAX, which else compiles each operation alone."""
    if keras.backend.backend() != "jax":
        return module
    import jax

    functions = {name: item for name, item in vars(module).items() if callable(item)}
    return types.SimpleNamespace(**{name: jax.jit(item) for name, item in functions.items()})


def scores_of_valid(case, decoded):
    """Scores decoded sequences; one that the constraints forbid, or with padding not 0, -inf."""
    found = []
    for row, length in enumerate(case.lengths):
        tags = decoded[row : row + 1, :length]
        if decoded[row, length:].any() or not (sequences(case, length) == tags).all(axis=1).any():
            found.append(-np.inf)
            continue
        used = counts(tags, *case.logits.shape[1:])[0]
        shared = case.transitions, case.start, case.end
        found.append(used @ np.concatenate([x.ravel() for x in (case.logits[row], *shared)]))
    return np.array(found)


def gradient(function, parameters):
    """Differentiates a function of nested lists on the active backend."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.grad(function)(parameters)
    if backend == "torch":
        parameters = [[x.detach().clone().requires_grad_() for x in one] for one in parameters]
        function(parameters).backward()
        return [[x.grad for x in one] for one in parameters]
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(parameters)
        value = function(parameters)
    return tape.gradient(value, parameters, unconnected_gradients="zero")


def greatest_errors(cases):
    """Gives the greatest absolute error of each function in cases of one shape."""
    pairs = [*zip(computed(cases), map(enumerated, cases), strict=True)]
    # NumPy's maximum, for it does not lose sight of what is not a number.
    return {
        name: float(np.max([np.abs(a[name] - b[name]).max() for a, b in pairs]))
        for name in pairs[0][1]
    }


def all_shapes(cases=CASES):
    """Gives `greatest_errors` over random cases of every shape, on the active backend."""
    groups = [
        [random_case(seed, *shape) for seed in range(place, cases, len(SHAPES))]
        for place, shape in enumerate(SHAPES)
    ]
    found = [greatest_errors(group) for group in groups]
    return {name: float(np.max([one[name] for one in found])) for name in found[0]}


def on_backend(name):
    """Gives `all_shapes` on any backend, from a process of its own."""
    found = subprocess.run(
        [sys.executable, __file__, name],
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        capture_output=True,
        text=True,
    )
    if found.returncode:
        raise RuntimeError(f"On {name}:\n{found.stderr}")
    return json.loads(found.stdout.splitlines()[-1])


def main():
    backends = installed()
    lines = ["| backend | function | cases | greatest absolute error |", "|---|---|---|---|"]
    for backend in backends:
        for name, error in on_backend(backend).items():
            lines.append(f"| {backend} | {name} | {CASES} | {error:.1e} |")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("keras", *backends)]
    text = "\n".join(
        [
            "# The CRF against enumeration",
            "",
            *lines,
            "",
            "Batches of 1 to 3 rows, 1 to 5 steps, 1 to 5 tags, logits of order one, without "
            "constraints, with random ones and with those of BIO and IOBES; float32 against "
            f"float64. {', '.join(versions)}. Command: `python benchmarks/brute_force.py`",
            "",
        ]
    )
    (HERE / "brute_force.md").write_text(text)
    print(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(all_shapes()))
    else:
        main()
