"""Training: the same seed gives the same weights, whether it was killed on the way or not."""

import csv
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

import zoo
from zoo import training

LIMIT = 160
# With dropout, early stopping and averaged weights, as the published recipes have them.
RECIPE = dataclasses.replace(
    zoo.recipes.get("bilstm_tagger.grammar_text"),
    name="bilstm_tagger.killed",
    epochs=4,
    patience=2,
    weight_averaging=0.9,
)

TRAIN = f"""
import dataclasses, sys, zoo
sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r})
from training_test import LIMIT, RECIPE
zoo.train(RECIPE, limit=LIMIT, output=sys.argv[1])
"""


def weights(directory):
    """All that a finished run keeps: the last state, optimizer included, without the clock."""
    with np.load(directory / training.CHECKPOINT) as arrays:
        return {name: arrays[name] for name in arrays if name != "history"}


def history(directory):
    with open(directory / training.HISTORY) as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "uninterrupted"
    zoo.train(RECIPE, limit=LIMIT, output=directory)
    return directory


def test_same_seed_same_weights(uninterrupted, tmp_path):
    run = zoo.train(RECIPE, limit=LIMIT, output=tmp_path / "again")
    for name, value in weights(uninterrupted).items():
        np.testing.assert_array_equal(value, weights(run.directory)[name])


def test_another_seed_gives_other_weights(uninterrupted, tmp_path):
    run = zoo.train(RECIPE, seed=1, epochs=1, limit=LIMIT, output=tmp_path / "other")
    assert any((v != weights(run.directory)[n]).any() for n, v in weights(uninterrupted).items())


def test_killed_in_mid_epoch_and_resumed(uninterrupted, tmp_path):
    """Two kills, in epoch 2 and in epoch 3, then to the end."""
    directory = tmp_path / "killed"
    for finished_epochs in (1, 2):
        process = subprocess.Popen([sys.executable, "-c", TRAIN, directory])
        table = directory / training.HISTORY
        while not (table.exists() and len(history(directory)) >= finished_epochs):
            assert process.poll() is None, "ended before it could be killed"
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert len(history(directory)) == finished_epochs, "the epoch ended before the kill"
    run = zoo.train(RECIPE, limit=LIMIT, output=directory)
    assert len(run.history) == len(history(uninterrupted))
    assert history(directory) == history(uninterrupted)
    for name, value in weights(uninterrupted).items():
        np.testing.assert_array_equal(value, weights(directory)[name])
    best = zoo.train(RECIPE, limit=LIMIT, output=uninterrupted).model
    for mine, other in zip(run.model.get_weights(), best.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_finished_run_is_not_trained_again(uninterrupted):
    before = (uninterrupted / training.CHECKPOINT).stat().st_mtime_ns
    run = zoo.train(RECIPE, limit=LIMIT, output=uninterrupted)
    assert (uninterrupted / training.CHECKPOINT).stat().st_mtime_ns == before
    assert [row["epoch"] for row in run.history] == list(range(1, len(run.history) + 1))


def test_ends_with_the_weights_that_were_best_on_dev(uninterrupted):
    run = training.read_run(RECIPE, uninterrupted, limit=LIMIT)
    found = zoo.evaluation.evaluate(RECIPE, run.model, run.data, split="dev")
    assert found["accuracy"] == pytest.approx(run.best["val_accuracy"], abs=1e-6)


def test_early_stopping(tmp_path):
    """A learning rate of nothing never improves: the run stops after `patience` epochs."""
    still = {"learning_rate": 0.0, "final_learning_rate": 0.0, "weight_averaging": 0.0}
    run = zoo.train(RECIPE, **still, limit=20, output=tmp_path / "still")
    assert len(run.history) == 1 + RECIPE.patience
    assert run.best["epoch"] == 1


@pytest.mark.parametrize(
    ("monitor", "best"), [("val_accuracy", 2), ("val_loss", 1), ("val_perplexity", 1)]
)
def test_best_is_highest_or_where_less_is_better_lowest(monitor, best, tmp_path):
    recipe = dataclasses.replace(RECIPE, monitor=monitor, epochs=9, patience=2)
    progress = training.Progress(tmp_path, recipe, None)
    inputs = keras.Input((2,))
    progress.set_model(keras.Model(inputs, keras.layers.Dense(1)(inputs)))
    kept = []
    for value in (3.0, 2.0, 4.0, 3.5, 3.0):
        progress.on_test_end({monitor.removeprefix("val_"): value})
        partial = tmp_path / training.BEST
        kept.append(partial.exists())
        partial.unlink(missing_ok=True)
        progress.history.append({"epoch": len(progress.history), monitor: value})
        if progress.finished:
            break
    run = training.Run(recipe, None, None, progress.history, tmp_path)
    assert run.best["epoch"] == best
    assert len(progress.history) == best + 1 + recipe.patience
    assert [epoch for epoch, new in enumerate(kept) if new] == {2: [0, 2], 1: [0, 1]}[best]


def test_learning_rate_falls_in_a_line(tmp_path):
    run = zoo.train(RECIPE, weight_averaging=0.0, patience=9, limit=64, output=tmp_path / "line")
    steps = 4 * 2
    assert int(run.model.optimizer.iterations) == steps
    halfway = (RECIPE.learning_rate + RECIPE.final_learning_rate) / 2
    schedule = run.model.optimizer._learning_rate
    assert float(schedule(steps / 2)) == pytest.approx(halfway)
    assert float(schedule(steps)) == pytest.approx(RECIPE.final_learning_rate)


def test_directory_of_another_run_is_refused(uninterrupted):
    with pytest.raises(ValueError, match=r"seed=1.*Found: .*seed=0"):
        zoo.train(RECIPE, seed=1, limit=LIMIT, output=uninterrupted)


def test_damaged_checkpoint_is_named(tmp_path):
    directory = tmp_path / "damaged"
    zoo.train(RECIPE, epochs=1, limit=20, output=directory)
    checkpoint = directory / training.CHECKPOINT
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"checkpoint\.npz is damaged"):
        zoo.train(RECIPE, epochs=1, limit=20, output=directory)


def test_unfinished_run_is_not_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="Train one first"):
        training.read_run(RECIPE, tmp_path / "nothing")
    directory = tmp_path / "stopped"
    zoo.train(RECIPE, epochs=1, limit=20, output=directory)
    settings = json.loads((directory / training.SETTINGS).read_text())
    (directory / training.SETTINGS).write_text(json.dumps({**settings, "epochs": 4}))
    with pytest.raises(ValueError, match="stopped after 1 of 4 epochs"):
        training.read_run(RECIPE, directory, limit=20)


def test_fit_takes_any_iterable_of_numpy_batches(tmp_path):
    """What a machine without TensorFlow data has; widths are equal here, TensorFlow asks that."""
    recipe = dataclasses.replace(RECIPE, epochs=2, weight_averaging=0.0)
    model = recipe.build({"vocabulary_size": 9, "num_tags": 2, "character_vocabulary_size": 9})
    x = {"tokens": np.ones((4, 5), "int32"), "characters": np.ones((4, 5, 3), "int32")}
    batches = [(x, np.zeros((4, 5), "int32"), np.ones((4, 5), "float32"))] * 3
    found = training.fit(model, recipe, batches, batches[:1], tmp_path / "plain")
    assert len(found) == 2
    assert found[-1]["val_accuracy"] == 1.0


ON_JAX = """
import sys
sys.modules["tensorflow"] = None
import keras, zoo
from zoo.data.arrays import Arrays
data = Arrays.read(sys.argv[1])
run = zoo.train("bilstm_tagger.grammar_text", epochs=2, data=data, output=sys.argv[2])
assert keras.backend.backend() == "jax"
print(run.history[-1]["val_accuracy"])
"""


def test_trains_on_jax_without_tensorflow_and_comes_back(tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed")
    recipe = zoo.recipes.get("bilstm_tagger.grammar_text")
    data = recipe.load_data(limit=64)
    from zoo.data.arrays import Arrays

    Arrays.of(data).write(tmp_path / "arrays")
    found = subprocess.run(
        [sys.executable, "-c", ON_JAX, tmp_path / "arrays", tmp_path / "run"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    model = recipe.build(data.sizes)
    training.without_optimizer(model).load_weights(tmp_path / "run" / training.BEST)
    here = zoo.evaluation.evaluate(recipe, model, data, split="dev")["accuracy"]
    best = max(float(row["val_accuracy"]) for row in history(tmp_path / "run"))
    assert here == pytest.approx(best, abs=2e-3)


def test_tensorboard_files_are_written_on_wish(tmp_path):
    zoo.train(RECIPE, epochs=1, limit=20, output=tmp_path / "run", tensorboard=tmp_path / "board")
    assert list((tmp_path / "board").rglob("events.out.*"))


def test_bad_override_is_refused():
    with pytest.raises(TypeError, match="learning_rat"):
        zoo.train(RECIPE, learning_rat=1.0)


def test_recipes_are_values():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RECIPE.epochs = 1
    assert (
        json.loads(json.dumps(RECIPE.to_dict()))["builder"] == "zoo.models.tagging.SequenceTagger"
    )
    assert keras.backend.backend() in ("tensorflow", "jax", "torch")
