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
from zoo import models, training
from zoo.data import classification, language_modeling
from zoo.data.classification import ClassificationData, Texts
from zoo.data.language_modeling import LanguageModelingData, Stream
from zoo.data.text import TokenEncoder
from zoo.progress import BEST, CHECKPOINT, HISTORY, Progress, without_optimizer
from zoo.recipe import Recipe, SlantedTriangular

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
    with np.load(directory / CHECKPOINT) as arrays:
        return {name: arrays[name] for name in arrays if name != "history"}


def history(directory):
    with open(directory / HISTORY) as file:
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
        table = directory / HISTORY
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
    before = (uninterrupted / CHECKPOINT).stat().st_mtime_ns
    run = zoo.train(RECIPE, limit=LIMIT, output=uninterrupted)
    assert (uninterrupted / CHECKPOINT).stat().st_mtime_ns == before
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
    progress = Progress(tmp_path, recipe, None)
    inputs = keras.Input((2,))
    progress.set_model(keras.Model(inputs, keras.layers.Dense(1)(inputs)))
    kept = []
    for value in (3.0, 2.0, 4.0, 3.5, 3.0):
        progress.on_test_end({monitor.removeprefix("val_"): value})
        partial = tmp_path / BEST
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
    checkpoint = directory / CHECKPOINT
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
    without_optimizer(model).load_weights(tmp_path / "run" / BEST)
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


SIZES = {"cell": "gru", "units": 4, "embedding_dim": 3, "dropout": 0.3}
PRETRAINING = Recipe(
    name="bigru_lm.tiny",
    task="language_modeling",
    dataset="tiny",
    data=language_modeling.load,
    builder=models.BidirectionalLanguageModel,
    hyperparameters={**SIZES, "projection_dim": 3, "samples": 5},
    epochs=1,
    batch_size=4,
    monitor="val_loss",
    learning_rate=1e-2,
)
CLASSIFIER = Recipe(
    name="bigru_classifier.tiny",
    task="classification",
    dataset="other",
    data=classification.load,
    builder=models.SequenceClassifier,
    hyperparameters={**SIZES, "pooling": "mean"},
    epochs=4,
    patience=9,
    batch_size=8,
    learning_rate=1e-2,
    warmup=0.3,
    unfreezing=("word_embedding", "gru_1"),
    weight_averaging=0.8,
)


def texts_and_classes(words="abcdefgh"):
    rng = np.random.default_rng(0)
    rows = [" ".join(rng.choice(list("abcdefgh"), 5)) for _ in range(40)]
    texts = Texts(rows, np.array([row < "d" for row in rows], "int32"), ("no", "yes"))
    encoder = TokenEncoder(words, None)
    return ClassificationData(encoder, texts.names, {"train": texts[:32], "dev": texts[32:]})


def running_text(words="hgfedcba"):
    ids = np.random.default_rng(1).integers(2, 2 + len(words), 81).astype("int32")
    stream = Stream(ids, steps=8)
    return LanguageModelingData(TokenEncoder(words, None), {"train": stream, "dev": stream[:3]})


class Stop(keras.callbacks.Callback):
    """Ends a training as a kill between two epochs does."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


class Watch(keras.callbacks.Callback):
    """Keeps the weights of every layer as they were at the end of every epoch."""

    def on_train_begin(self, logs=None):
        self.epochs = [self.now()]

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(self.now())

    def now(self):
        return {layer.name: layer.get_weights() for layer in self.model.layers if layer.weights}

    def changed(self, epoch):
        """The layers that an epoch, counted from 1, changed."""
        before, after = self.epochs[epoch - 1 : epoch + 1]
        return [
            name
            for name in before
            if any((a != b).any() for a, b in zip(before[name], after[name], strict=True))
        ]


def fitted(directory, recipe=CLASSIFIER, callbacks=()):
    """Fits the classifier as `train` does, with callbacks."""
    data = texts_and_classes()
    keras.utils.set_random_seed(recipe.seed)
    batches = data.batches("train", recipe.batch_size, seed=recipe.seed)
    model = recipe.build(data.sizes, steps_per_epoch=len(batches))
    training.fit(model, recipe, batches, data.batches("dev", 32), directory, callbacks=callbacks)
    return model


def test_layers_thaw_from_the_top(tmp_path):
    watch = Watch()
    fitted(tmp_path, dataclasses.replace(CLASSIFIER, weight_averaging=0.0), [watch])
    head = ["logits"]
    assert [watch.changed(epoch) for epoch in (1, 2, 3, 4)] == [
        head,
        ["gru_1", *head],
        ["word_embedding", "gru_1", *head],
        ["word_embedding", "gru_1", *head],
    ]


def test_a_frozen_layer_is_not_moved_by_averaging_either(tmp_path):
    recipe = dataclasses.replace(CLASSIFIER, epochs=2)
    data = texts_and_classes()
    keras.utils.set_random_seed(recipe.seed)
    start = recipe.build(data.sizes).get_layer("word_embedding").get_weights()[0]
    model = fitted(tmp_path, recipe)
    # In two epochs it never thaws; an average that began at 0 would have shrunk it.
    found = model.get_layer("word_embedding").get_weights()[0]
    np.testing.assert_allclose(found, start, rtol=1e-5)
    assert model.get_layer("word_embedding").trainable, "the model that comes back can learn"


def test_freezing_is_refused_on_jax(monkeypatch, tmp_path):
    """Keras's optimizers fail there in the first step, and do not say why."""
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="`unfreezing` must be empty on the JAX backend"):
        training.fit(None, CLASSIFIER, None, None, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("epochs", [(1,), (1, 2, 3)])
def test_resumed_while_layers_thaw(epochs, tmp_path):
    """With warmup, unfreezing, dropout and averaged weights: killed between epochs, or not."""
    whole = fitted(tmp_path / "whole")
    for epoch in epochs:
        with pytest.raises(KeyboardInterrupt):
            fitted(tmp_path / "killed", callbacks=[Stop(epoch)])
        assert len(history(tmp_path / "killed")) == epoch
    resumed = fitted(tmp_path / "killed")
    assert history(tmp_path / "killed") == history(tmp_path / "whole")
    for name, value in weights(tmp_path / "whole").items():
        np.testing.assert_array_equal(value, weights(tmp_path / "killed")[name])
    for mine, other in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "pretrained"
    return zoo.train(PRETRAINING, data=running_text(), output=directory)


def starts(run, layer):
    """The weights of a run's layer before its first step, by training at a rate of nothing."""
    return run.model.get_layer(layer).get_weights()


STILL = {"learning_rate": 0.0, "final_learning_rate": 0.0, "weight_averaging": 0.0, "epochs": 1}


def test_starts_from_a_finished_run_by_word(pretrained, tmp_path):
    recipe = dataclasses.replace(CLASSIFIER, pretraining=PRETRAINING, **STILL)
    source = pretrained.model.get_layer("word_embedding").get_weights()[0]
    run = zoo.train(
        recipe,
        data=texts_and_classes("abcx"),
        pretrained=pretrained.directory,
        output=tmp_path / "run",
    )
    (found,) = starts(run, "word_embedding")
    # a, b and c are the last words of the other vocabulary, which knows no x.
    np.testing.assert_array_equal(found[[0, 1, 2, 3, 4]], source[[0, 1, 9, 8, 7]])
    assert not (found[5] == source).all(axis=1).any()
    for mine, other in zip(
        starts(run, "gru_1"), pretrained.model.get_layer("gru_1").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, other)
    settings = json.loads((run.directory / training.SETTINGS).read_text())
    assert settings["pretraining"] == PRETRAINING.name


def test_takes_over_the_words_of_the_same_data_set(pretrained, tmp_path):
    asked = []

    def load(dataset, *, data_dir, limit, words=None):
        asked.append(words)
        return texts_and_classes(words)

    recipe = dataclasses.replace(
        CLASSIFIER, pretraining=PRETRAINING, dataset=PRETRAINING.dataset, data=load, **STILL
    )
    assert recipe.inherits_words and not CLASSIFIER.inherits_words
    output = tmp_path / "run"
    run = zoo.train(recipe, pretrained=pretrained.directory, output=output)
    assert asked == [list("hgfedcba")] and run.data.encoder.words == asked[0]
    np.testing.assert_array_equal(
        starts(run, "word_embedding"), pretrained.model.get_layer("word_embedding").get_weights()
    )
    # What is read back later needs the other run no more.
    again = training.read_run(recipe, output)
    assert asked[1] == asked[0]
    for mine, other in zip(again.model.get_weights(), run.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_without_a_run_to_start_from(tmp_path):
    recipe = dataclasses.replace(CLASSIFIER, pretraining=PRETRAINING)
    said = rf"nothing holds no finished run of {PRETRAINING.name}.*zoo train {PRETRAINING.name}"
    with pytest.raises(FileNotFoundError, match=said):
        zoo.train(
            recipe,
            data=texts_and_classes(),
            pretrained=tmp_path / "nothing",
            output=tmp_path / "run",
        )
    assert not (tmp_path / "run").exists()


def test_a_run_that_is_refused_leaves_the_words_of_the_other(pretrained, tmp_path):
    recipe = dataclasses.replace(CLASSIFIER, **STILL)
    output = tmp_path / "run"
    zoo.train(recipe, data=texts_and_classes(), output=output)
    before = (output / training.WORDS).read_text()
    with pytest.raises(ValueError, match="other settings"):
        zoo.train(recipe, seed=1, data=texts_and_classes("hgfedcba"), output=output)
    assert (output / training.WORDS).read_text() == before


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.37])
def test_slanted_triangle_is_two_lines(warmup):
    schedule = SlantedTriangular(2.0, 50, 0.5, warmup=warmup)
    rise = warmup * 50
    steps = np.arange(61)
    expected = np.interp(steps, [0, rise, 50], [0.0, 2.0, 0.5] if rise else [2.0, 2.0, 0.5])
    found = [float(schedule(step)) for step in steps]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    copy = SlantedTriangular.from_config(schedule.get_config())
    assert [float(copy(step)) for step in steps] == found


def test_warmup_is_a_share_of_all_steps_of_a_run(tmp_path):
    run = zoo.train(CLASSIFIER, data=texts_and_classes(), output=tmp_path / "run")
    steps = 4 * 4
    assert int(run.model.optimizer.iterations) == steps
    schedule = run.model.optimizer._learning_rate
    assert float(schedule(0)) == 0
    assert float(schedule(0.3 * steps)) == pytest.approx(CLASSIFIER.learning_rate)
    assert float(schedule(steps)) == pytest.approx(CLASSIFIER.final_learning_rate)
