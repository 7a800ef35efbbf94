"""What a training keeps, so that it survives being killed."""

import csv
import json
import os
import time
import zipfile

import keras
import numpy as np

from zoo import processes

CHECKPOINT, BEST, HISTORY = "checkpoint.npz", "best.weights.h5", "history.csv"


def without_optimizer(model):
    """Gives the same functional model, uncompiled: what it saves is its weights alone."""
    return keras.Model(model.input, model.output, name=model.name)


class Progress(keras.callbacks.Callback):
    """Makes each epoch depend on seed and number alone, and saves all that the next one needs.

    Keras's `BackupAndRestore` brings back weights and optimizer, yet not the state of dropout's
    seeds, of the order of examples, nor of early stopping, so a resumed run ends elsewhere. Here
    an interrupted epoch is simply played again from its beginning.

    Args:
        directory: Where to save.
        recipe: The `Recipe`, for its seed, patience and monitor.
        batches: The training batches, told the number of every epoch.
    """

    def __init__(self, directory, recipe, batches):
        super().__init__()
        self.directory = directory
        self.recipe = recipe
        self.batches = batches
        self.history = []

    @property
    def finished(self):
        """Whether all epochs are done or dev has not improved for too long."""
        return is_finished(self.recipe, self.history)

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()
        if hasattr(self.batches, "epoch"):
            self.batches.epoch = epoch
        for index, state in enumerate(_seed_states(self.model)):
            entropy = np.random.SeedSequence([self.recipe.seed, epoch, index])
            state.assign(entropy.generate_state(2).astype(state.dtype))
        self._unfreeze(epoch)

    def _unfreeze(self, epoch):
        names = self.recipe.unfreezing
        frozen = set(names[: max(len(names) - epoch, 0)])
        changed = False
        for name in names:
            layer = self.model.get_layer(name)
            changed = changed or layer.trainable != (name not in frozen)
            layer.trainable = name not in frozen
        if changed:
            self.model.make_train_function(force=True)

    def on_test_end(self, logs=None):
        # Averaged weights, if any, are in the model only now, while dev is measured.
        score = score_of(self.recipe, {f"val_{name}": value for name, value in logs.items()})
        better = all(score > score_of(self.recipe, epoch) for epoch in self.history)
        if better and processes.is_first():
            partial = self.directory / f"partial.{BEST}"
            without_optimizer(self.model).save_weights(partial)
            os.replace(partial, self.directory / BEST)

    def on_epoch_end(self, epoch, logs=None):
        logs = {name: float(value) for name, value in logs.items()}
        seconds = round(time.perf_counter() - self.started, 3)
        self.history.append({"epoch": epoch + 1, **logs, "seconds": seconds})
        self._save()
        self.model.stop_training = self.finished
        if self.finished:  # Keras ends with the averages of what can learn: of all, then.
            self._unfreeze(len(self.recipe.unfreezing))

    def _save(self):
        if not processes.is_first():
            return
        arrays = {str(i): _to_numpy(value) for i, value in enumerate(_state(self.model))}
        arrays["history"] = np.frombuffer(json.dumps(self.history).encode(), "uint8")
        partial = self.directory / f"partial.{CHECKPOINT}"
        with open(partial, "wb") as file:
            np.savez(file, **arrays)
        os.replace(partial, self.directory / CHECKPOINT)
        with open(self.directory / HISTORY, "w", newline="") as file:
            table = csv.DictWriter(file, self.history[0])
            table.writeheader()
            table.writerows(self.history)

    def restore(self, model):
        """Brings a freshly built model, and this object, to the last finished epoch, if any."""
        # Before any layer is frozen, so that all have their place in the optimizer.
        model.optimizer.build(model.trainable_variables)
        path = self.directory / CHECKPOINT
        if not path.exists():
            return
        try:
            with open(path, "rb") as file, np.load(file) as arrays:
                state = [arrays[str(i)] for i in range(len(arrays) - 1)]
                history = json.loads(arrays["history"].tobytes())
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"The checkpoint {path} is damaged ({error}). Delete the directory "
                f"{self.directory} to train from the start."
            ) from error
        for variable, value in zip(_state(model), state, strict=True):
            variable.assign(value)
        self.history = history


def is_finished(recipe, history):
    """Whether a training with this history is at its end."""
    scores = [score_of(recipe, epoch) for epoch in history]
    since_best = len(scores) - 1 - int(np.argmax(scores)) if scores else 0
    return len(scores) >= recipe.epochs or since_best >= recipe.patience


def score_of(recipe, epoch):
    """What the recipe's monitor says of an epoch, turned so that the highest is best."""
    value = epoch[recipe.monitor]
    return -value if recipe.monitor.endswith(("loss", "perplexity")) else value


def _state(model):
    return [*model.weights, *model.optimizer.variables]


def _seed_states(model):
    return [state for state in model.variables if state.path.endswith("seed_generator_state")]


def _to_numpy(variable):
    return keras.ops.convert_to_numpy(variable)
