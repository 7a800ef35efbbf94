"""How far back simple RNN, GRU and LSTM remember: adding, copying and recall over a distance.

    python benchmarks/memory.py

Trains a small model for each task, cell, distance and seed, on fresh examples at every update,
until the task is solved or the updates are spent; then a simple RNN without clipping, and gates
with other biases at the start. Every finished training is kept under `runs/memory/`: called again,
the script goes on where it stopped. It writes `memory.json`, all that was measured, and
`memory.md`, the tables.
"""

import dataclasses
import json
import math
import os
import pathlib
import time
from typing import Annotated

import numpy as np
import typer

HERE = pathlib.Path(__file__).parent
TASKS = ("adding", "copying", "recall")
CELLS = {"simple_rnn": "simple RNN", "gru": "GRU", "lstm": "LSTM"}
DISTANCES = (10, 50, 100, 200, 500)
SEEDS = (0, 1, 2)
UNITS, BATCH, WINDOW = 64, 32, 50
UPDATES = 1500
COPIED = 5
SOLVED = {"adding": 0.002, "copying": 0.02, "recall": 0.02}  # Mean loss of a window of updates.
ADAM = {"simple_rnn": 3e-3, "gru": 1e-2, "lstm": 1e-2}  # Chosen at a distance of 50, seed 0.
SGD = 0.1
CLIPPED_AT, BIASED_AT, REACHED_AT = 10, (50, 200), 100
BIASES = {
    ("lstm", "zeros"): "LSTM, 0",
    ("lstm", "keras"): "LSTM, 1 (Keras)",
    ("lstm", "chrono"): "LSTM, chrono",
    ("gru", "keras"): "GRU, 0 (Keras)",
    ("gru", "chrono"): "GRU, chrono",
}
TESTED, TEST_SEED = 1000, 2**32 - 1


@dataclasses.dataclass(frozen=True)
class Training:
    """What is trained: one model on one task."""

    task: str
    cell: str
    distance: int
    seed: int
    optimizer: str = "adam"
    clip: float | None = 1.0
    bias: str = "keras"
    updates: int = UPDATES

    @property
    def name(self):
        parts = dataclasses.astuple(self)
        return "-".join("none" if part is None else str(part) for part in parts)


def trainings(distances=DISTANCES, seeds=SEEDS, updates=UPDATES):
    """Lists all trainings of the tables, each once, the short ones first."""
    clipped = CLIPPED_AT if CLIPPED_AT in distances else distances[-1]
    biased = BIASED_AT if set(BIASED_AT) <= set(distances) else distances
    found = [
        Training(task, cell, distance, seed)
        for distance in distances
        for task in TASKS
        for cell in CELLS
        for seed in seeds
    ]
    found += [
        Training("adding", "simple_rnn", clipped, seed, optimizer, clip)
        for optimizer in ("adam", "sgd")
        for clip in (1.0, None)
        for seed in seeds
    ]
    found += [
        Training("recall", cell, distance, seed, bias=bias)
        for distance in biased
        for cell, bias in BIASES
        for seed in seeds
    ]
    return [dataclasses.replace(each, updates=updates) for each in dict.fromkeys(found)]


def draw(training, size, seed):
    """Draws examples: what the model reads, and what it must say."""
    from zoo.data import memory_tasks

    if training.task != "copying":
        return getattr(memory_tasks, training.task)(size, training.distance, seed=seed)
    x, y = memory_tasks.copying(size, training.distance, copied=COPIED, seed=seed)
    return x, y[:, -COPIED:]


def build(training):
    """Builds the model of a training: from numbers or one-hot signs to sums or logits."""
    import keras

    from zoo.layers import recurrent_layer

    keras.utils.set_random_seed(training.seed)
    x, _ = draw(training, 1, 0)
    features = {"adding": 2, "copying": 10, "recall": 17}[training.task]
    read = keras.Input((x.shape[1], features))
    copies = training.task == "copying"
    layer = recurrent_layer(training.cell, UNITS, return_sequences=copies, name="recurrent")
    states = layer(read)
    if copies:
        states = states[:, -COPIED:]
    model = keras.Model(read, keras.layers.Dense(1 if training.task == "adding" else 8)(states))
    if training.bias != "keras":
        bias = np.zeros(layer.cell.bias.shape)
        if training.bias == "chrono":
            # Each unit keeps for another time, up to the distance (Tallec & Ollivier 2018).
            times = np.random.default_rng(training.seed).uniform(1, training.distance - 1, UNITS)
            if training.cell == "lstm":
                bias[:UNITS], bias[UNITS : 2 * UNITS] = -np.log(times), np.log(times)
            else:
                bias[0, :UNITS] = np.log(times)
        layer.cell.bias.assign(bias)
    return model


def train(training):
    """Trains one model and measures it.

    Returns:
        A dictionary: the training's choices, `spent` updates, whether it was `solved`, the `score`
        on test (adding: mean squared error; else accuracy), `losses` (mean of each window of
        updates), `norms` (largest finite norm of the gradient in each, before it is clipped),
        `reach` (`zoo.inspection.gradient_norms` by distance, `before` and `after` training; of
        adding alone) and `seconds`.
    """
    import keras
    import tensorflow as tf

    started = time.perf_counter()
    model = build(training)
    variables = model.trainable_variables
    if training.optimizer == "adam":
        optimizer = keras.optimizers.Adam(ADAM[training.cell], global_clipnorm=training.clip)
    else:
        optimizer = keras.optimizers.SGD(SGD, global_clipnorm=training.clip)
    optimizer.build(variables)
    adds = training.task == "adding"
    loss_of = (
        keras.losses.MeanSquaredError()
        if adds
        else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )

    def answer(x):
        return model(x if adds else keras.ops.one_hot(x, model.input_shape[-1]), training=True)

    # XLA takes two thirds of the time of TensorFlow's own loop here, for the simple RNN half.
    @tf.function(jit_compile=True)
    def update(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, answer(x))
        slopes = tape.gradient(loss, variables)
        optimizer.apply(slopes, variables)
        return loss, tf.linalg.global_norm(slopes)

    reach = {"before": reached(model, training)} if adds else {}
    losses, norms, solved = [], [], False
    for window in range(-(-training.updates // WINDOW)):
        x, y = draw(training, WINDOW * BATCH, (training.seed, window))
        seen = [
            [float(each) for each in update(x[i : i + BATCH], y[i : i + BATCH])]
            for i in range(0, len(x), BATCH)
        ]
        loss, norm = np.array(seen).T
        losses.append(float(loss.mean()))
        norms.append(float(norm[np.isfinite(norm)].max(initial=0.0)))
        solved = losses[-1] < SOLVED[training.task]
        if solved or not math.isfinite(losses[-1]):
            break
    x, y = draw(training, TESTED, TEST_SEED)
    given = keras.ops.convert_to_numpy(tf.function(answer, jit_compile=True)(x))
    score = np.mean((given - y) ** 2) if adds else np.mean(given.argmax(axis=-1) == y)
    if adds:
        reach["after"] = reached(model, training)
    return {
        **dataclasses.asdict(training),
        "spent": len(losses) * WINDOW,
        "solved": solved,
        "score": rounded(score),
        "losses": rounded(losses),
        "norms": rounded(norms),
        "reach": reach,
        "seconds": round(time.perf_counter() - started, 1),
    }


def reached(model, training):
    """Norm of the gradient by the distance that it travelled, median over eight sequences."""
    from zoo.inspection import gradient_norms

    x, _ = draw(training, 8, TEST_SEED)
    norms = np.median(gradient_norms(model, x)["recurrent"], axis=0)
    places = np.unique(np.geomspace(1, len(norms) - 1, 25).astype(int))
    return {int(place): rounded(norms[place]) for place in places}


def rounded(value):
    """Four significant digits; what is not finite becomes `None`, for JSON knows no other."""
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.4g}") if math.isfinite(value) else None


TITLES = {
    "adding": "Adding: mean squared error, by the steps of the sequence",
    "copying": f"Copying {COPIED} symbols of 8: accuracy in per cent, by the steps in between",
    "recall": "Recall of one symbol of 8: accuracy in per cent, by the steps to the question",
}
WITHOUT_MEMORY = {"adding": "0.1667", "copying": "12.5", "recall": "12.5"}


def tables(results):
    """Writes what was measured as lines of Markdown, a heading and a table each."""
    lines = []
    for task, title in TITLES.items():
        distances = sorted({row["distance"] for row in chosen(results, task=task)})
        lines += heading(title, "cell", distances)
        for cell, label in CELLS.items():
            scores = [scored(results, task=task, cell=cell, distance=each) for each in distances]
            lines.append(line(label, scores))
        lines += [line("without memory", [WITHOUT_MEMORY[task]] * len(distances)), ""]
    return lines + clipping(results) + biased(results) + reaching(results)


def chosen(results, *, optimizer="adam", clip=1.0, bias="keras", **choices):
    """The seeds of one training."""
    choices |= {"optimizer": optimizer, "clip": clip, "bias": bias}
    return [row for row in results if all(row[name] == value for name, value in choices.items())]


def line(label, cells):
    return f"| {' | '.join([label, *map(str, cells)])} |"


def heading(title, first, columns):
    return [f"## {title}", "", line(first, columns), "|---" * (1 + len(columns)) + "|"]


def scored(results, **choices):
    """A cell of a table: mean and deviation of the seeds, how many were solved, and how soon."""
    runs = chosen(results, **choices)
    broken = sum(run["score"] is None for run in runs)
    if broken:
        return f"not finite, {broken} of {len(runs)}"
    factor, digits = (1, 4) if choices["task"] == "adding" else (100, 1)
    scores = [factor * run["score"] for run in runs]
    text = f"{np.mean(scores):.{digits}f} ± {np.std(scores, ddof=1):.{digits}f}"
    solved = [run["spent"] for run in runs if run["solved"]]
    if not solved:
        return text
    text = f"**{text}**" if len(solved) == len(runs) else text
    return f"{text}, {len(solved)} solved, {np.mean(solved):,.0f}"


def clipping(results):
    """The table of the simple RNN with and without clipping."""
    distance = chosen(results, optimizer="sgd")[0]["distance"]
    title = f"Simple RNN, adding over {distance} steps, by the largest gradient norm let through"
    columns = ["mean squared error", "largest gradient norm"]
    lines = heading(title, "optimizer, norm", columns)
    for optimizer, rate in {"adam": ADAM["simple_rnn"], "sgd": SGD}.items():
        for clip in (1.0, None):
            choices = {"optimizer": optimizer, "clip": clip, "distance": distance}
            choices |= {"task": "adding", "cell": "simple_rnn"}
            runs = chosen(results, **choices)
            largest = max(norm for run in runs for norm in run["norms"])
            label = f"{optimizer} at {rate:g}, {'any' if clip is None else f'{clip:g}'}"
            cells = [scored(results, **choices), f"{largest:,.1f}"]
            lines.append(line(label, cells))
    return [*lines, ""]


def biased(results):
    """The table of the bias of the gate that keeps: forget of an LSTM, update of a GRU."""
    distances = sorted({row["distance"] for row in chosen(results, bias="chrono")})
    title = "Recall, by the bias at the start of the gate that keeps: accuracy in per cent"
    lines = heading(title, "cell, bias", distances)
    for (cell, bias), label in BIASES.items():
        choices = {"task": "recall", "cell": cell, "bias": bias}
        lines.append(line(label, [scored(results, **choices, distance=each) for each in distances]))
    return [*lines, line("without memory", [WITHOUT_MEMORY["recall"]] * len(distances)), ""]


def reaching(results):
    """The table of the gradient's norm by the steps that it travelled."""
    distance = min(REACHED_AT, max(row["distance"] for row in results))
    choices = {"task": "adding", "distance": distance}
    places = list(chosen(results, **choices)[0]["reach"]["after"])
    places = [*places[:-1:4], places[-1]]
    title = f"Norm of the gradient after so many steps back, adding over {distance} steps"
    lines = heading(title, "cell", places)
    for cell, label in CELLS.items():
        runs = chosen(results, **choices, cell=cell)
        for when in ("before", "after"):
            norms = [np.median([run["reach"][when][place] for run in runs]) for place in places]
            lines.append(line(f"{label}, {when} training", [f"{norm:.1e}" for norm in norms]))
    return [*lines, ""]


def main(
    runs: Annotated[
        pathlib.Path, typer.Option(help="Where finished trainings are kept.")
    ] = pathlib.Path("runs"),
    tiny: Annotated[bool, typer.Option(hidden=True)] = False,
):
    """Train what is not trained yet, write what was measured and the tables."""
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")  # Read when TensorFlow is imported.
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    kept = runs / ("memory_tiny" if tiny else "memory")
    kept.mkdir(parents=True, exist_ok=True)
    planned = trainings((4,), (0, 1), WINDOW) if tiny else trainings()
    results = []
    for number, training in enumerate(planned, 1):
        path = kept / f"{training.name}.json"
        if not path.exists():
            partial = path.with_suffix(".partial")
            partial.write_text(json.dumps(train(training)) + "\n")
            os.replace(partial, path)
        row = json.loads(path.read_text())
        results.append(row)
        print(
            f"{number} of {len(planned)} {training.name}: {row['score']} after {row['spent']} "
            f"updates, {row['seconds']:.0f} s",
            flush=True,
        )
    text = "\n".join(
        [
            "# How far back the cells remember",
            "",
            *tables(results),
            f"Cells of {UNITS} units under one dense layer, {planned[0].updates:,} updates of "
            f"{BATCH} fresh sequences by Adam at {ADAM['lstm']:g}, simple RNN at "
            f"{ADAM['simple_rnn']:g}, gradients clipped at a norm of 1; fewer where the mean loss "
            f"of {WINDOW} updates falls below {SOLVED['adding']:g} (adding) or "
            f"{SOLVED['recall']:g}: that is called solved, bold where all seeds are, and the "
            "number behind is the mean of their updates. Orthogonal recurrent kernels and a forget "
            "bias of 1, as Keras has them, where nothing else is said; chrono is the logarithm of "
            "numbers from 1 to the distance (Tallec & Ollivier 2018). Mean and "
            f"standard deviation of {len({row['seed'] for row in results})} seeds on "
            f"{TESTED:,} fresh sequences; gradient norms are the median of the seeds. "
            f"{sum(row['seconds'] for row in results) / 60:,.0f} minutes, one training at a time.",
            "",
            "Command: `python benchmarks/memory.py`",
            "",
        ]
    )
    place = kept if tiny else HERE
    rows = ",\n".join(json.dumps(row) for row in results)
    (place / "memory.json").write_text(f"[\n{rows}\n]\n")
    (place / "memory.md").write_text(text)
    print(text)


if __name__ == "__main__":
    typer.run(main)
