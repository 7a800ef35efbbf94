"""Training: plain `keras.Model.fit`, which goes on where it was killed."""

import csv
import dataclasses
import importlib.util
import json
import pathlib
import sys

import keras

from zoo import models, processes
from zoo.progress import BEST, HISTORY, Progress, is_finished, score_of, without_optimizer

SETTINGS, WORDS = "run.json", "words.json"


@dataclasses.dataclass(frozen=True)
class Run:
    """A finished training.

    Attributes:
        recipe: The `Recipe` that was followed.
        model: The `keras.Model` with the weights that were best on dev.
        data: The data that it was trained on.
        history: One dictionary an epoch: loss and metrics, `seconds`.
        directory: Where the run is kept.
    """

    recipe: object
    model: keras.Model
    data: object
    history: list
    directory: pathlib.Path

    @property
    def seconds(self):
        """Time spent in epochs, evaluation on dev included."""
        return sum(epoch["seconds"] for epoch in self.history)

    @property
    def padding(self):
        """Share of the steps of the first epoch's batches that were padding."""
        return self.data.batches("train", self.recipe.batch_size, seed=self.recipe.seed).padding

    @property
    def best(self):
        """The row of the history whose weights were kept."""
        return max(self.history, key=lambda epoch: score_of(self.recipe, epoch))


def train(
    recipe,
    *,
    data=None,
    data_dir=None,
    limit=None,
    output=None,
    tensorboard=None,
    pretrained=None,
    initialize=None,
    **overrides,
):
    """Trains the model of a recipe, or goes on where an interrupted training stopped.

    The same seed on the same machine gives the same weights, whether the training was killed on
    the way or not: everything random in an epoch follows from the seed and the epoch's number. It
    cannot hold across backends, versions of TensorFlow, or numbers of threads, which add in
    another order, nor on a GPU without its deterministic operations.

    Args:
        recipe: A `zoo.recipe.Recipe`.
        data: The recipe's data, where it is loaded already.
        data_dir: TFDS's data_dir; by default `TFDS_DATA_DIR`, then TFDS's own.
        limit: Use only the first so many examples of each split.
        output: Directory of the run, by default `runs/<name>`. It holds a checkpoint of the last
            finished epoch, the best weights so far and `history.csv`; call again with the same
            arguments to go on.
        tensorboard: Directory for TensorBoard's event files, if any are wanted.
        pretrained: Directory of the finished run of the recipe's `pretraining`, by default
            `runs/<its name>`.
        initialize: Function that is given the new model before its first epoch, to put weights
            that were trained elsewhere into it.
        **overrides: Fields of the recipe to replace, for instance `epochs=1`.

    Returns:
        A `Run`.

    Raises:
        ValueError: If `output` holds the run of another recipe or a damaged checkpoint, or if
            layers are to be frozen on the JAX backend.
        FileNotFoundError: If the run of the recipe's `pretraining` is not there.
        ImportError: If `tensorboard` is given and not installed.

    Example:

    >>> import tempfile, zoo
    >>> recipe = zoo.recipes.get("bigru_tagger.grammar_text")
    >>> with tempfile.TemporaryDirectory() as output:
    ...     run = train(recipe, limit=50, epochs=1, output=output)  # doctest: +ELLIPSIS
    2/2 - ...
    >>> len(run.history)
    1
    """
    recipe = dataclasses.replace(recipe, **overrides)
    directory = pathlib.Path(output or pathlib.Path("runs") / recipe.name)
    if recipe.pretraining is not None:
        pretrained = pathlib.Path(pretrained or pathlib.Path("runs") / recipe.pretraining.name)
        source_words = _read_words(pretrained, recipe.pretraining)
    if data is None:
        words = source_words if recipe.inherits_words else None
        data = recipe.load_data(data_dir=data_dir, limit=limit, words=words)
    keras.utils.set_random_seed(recipe.seed)  # After the data: preparing it draws, too.
    batches = data.batches("train", recipe.batch_size, seed=recipe.seed)
    model = recipe.build(data.sizes, steps_per_epoch=len(batches))
    if recipe.pretraining is not None:
        source = _read_model(pretrained, recipe.pretraining, source_words)
        differing = {"words": data.encoder.words, "source_words": source_words}
        models.transfer(model, source, **({} if recipe.inherits_words else differing))
    if initialize is not None:
        initialize(model)
    _claim(directory, _settings(recipe, model, limit))  # Before anything of another run is lost.
    _write_words(directory, data)
    callbacks = [_tensorboard(tensorboard)] if tensorboard and processes.is_first() else []
    history = fit(
        model,
        recipe,
        batches,
        data.batches("dev", 4 * recipe.batch_size),
        directory,
        limit=limit,
        callbacks=callbacks,
    )
    return Run(recipe, model, data, history, directory)


def read_run(recipe, directory=None, *, data_dir=None, limit=None):
    """Reads a finished run back, for instance one that was trained on another machine.

    Args:
        recipe: The `Recipe` that was followed; `epochs` and `seed` are taken from the run.
        directory: Directory of the run, by default `runs/<name>`.
        data_dir: As in `train`.
        limit: As in `train`.

    Returns:
        A `Run`.

    Raises:
        FileNotFoundError: If there is no run.
        ValueError: If it is not finished, or not this recipe's.

    Example:

    >>> import zoo
    >>> run = read_run(zoo.recipes.get("bigru_tagger.ud_en_ewt"))  # doctest: +SKIP
    """
    directory = pathlib.Path(directory or pathlib.Path("runs") / recipe.name)
    if not (directory / SETTINGS).exists():
        raise FileNotFoundError(
            f"{directory} holds no run. Train one first: zoo train {recipe.name}"
        )
    settings = json.loads((directory / SETTINGS).read_text())
    recipe = dataclasses.replace(recipe, epochs=settings["epochs"], seed=settings["seed"])
    words = _read_words(directory, recipe) if recipe.inherits_words else None
    data = recipe.load_data(data_dir=data_dir, limit=limit, words=words)
    model = recipe.build(data.sizes)
    _claim(directory, _settings(recipe, model, limit))
    progress = Progress(directory, recipe, None)
    progress.restore(model)
    if not progress.finished:
        raise ValueError(
            f"The run in {directory} stopped after {len(progress.history)} of {recipe.epochs} "
            f"epochs. Go on with it first: zoo train {recipe.name} --output {directory}"
        )
    without_optimizer(model).load_weights(directory / BEST)
    return Run(recipe, model, data, progress.history, directory)


def _write_words(directory, data):
    """Keeps the vocabulary with the run, for whatever is started from it."""
    if hasattr(data, "encoder") and processes.is_first():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / WORDS).write_text(json.dumps(data.encoder.words) + "\n")


def _read_words(directory, recipe):
    """Reads the vocabulary that a finished run keeps."""
    if all((directory / name).exists() for name in (SETTINGS, WORDS, HISTORY, BEST)):
        epochs = json.loads((directory / SETTINGS).read_text())["epochs"]
        with open(directory / HISTORY, newline="") as file:
            rows = list(csv.DictReader(file))
        history = [{name: float(cell) for name, cell in row.items()} for row in rows]
        if is_finished(dataclasses.replace(recipe, epochs=epochs), history):
            return json.loads((directory / WORDS).read_text())
    raise FileNotFoundError(
        f"{directory} holds no finished run of {recipe.name}. Train it first: "
        f"zoo train {recipe.name} --output {directory}"
    )


def _read_model(directory, recipe, words):
    """Reads the model of a finished run, without the data that it was trained on."""
    settings = json.loads((directory / SETTINGS).read_text())
    recipe = dataclasses.replace(recipe, epochs=settings["epochs"], seed=settings["seed"])
    model = recipe.build({"vocabulary_size": len(words) + 2})
    _claim(directory, _settings(recipe, model, settings["limit"]))
    without_optimizer(model).load_weights(directory / BEST)
    return model


def fit(model, recipe, train_batches, dev_batches, directory, *, limit=None, callbacks=()):
    """Fits a compiled model as a recipe says; ends with the weights that were best on dev.

    Needs neither TensorFlow nor TFDS: on any other backend it takes whatever yields NumPy batches.

    Args:
        model: A compiled `keras.Model`.
        recipe: A `zoo.recipe.Recipe`.
        train_batches: Iterable of `(x, y, sample_weight)`, anew in every epoch. If it has an
            attribute `epoch`, that is set first; if it has a method `dataset`, the TensorFlow
            backend reads the `tf.data.Dataset` that it returns.
        dev_batches: Likewise, to measure on after every epoch.
        directory: Where checkpoint, best weights and history are kept.
        limit: The limit under which the data was read; a run does not go on under another.
        callbacks: Further Keras callbacks.

    Returns:
        The history, a list with a dictionary for every epoch.

    Raises:
        ValueError: If `directory` holds the run of another recipe or a damaged checkpoint, or if
            layers are to be frozen on the JAX backend.

    Example:

    >>> import tempfile, zoo
    >>> recipe = zoo.recipes.get("bigru_tagger.grammar_text")
    >>> recipe = dataclasses.replace(recipe, epochs=1)
    >>> model = zoo.models.SequenceTagger(9, 3, cell="simple_rnn", bidirectional=False, units=4)
    >>> x, weight = np.ones((2, 5), "int32"), np.ones((2, 5), "float32")
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     history = fit(model, recipe, [(x, x, weight)], [(x, x, weight)], directory)
    1/1 - ...
    >>> len(history)
    1
    """
    if recipe.unfreezing and keras.backend.backend() == "jax":
        raise ValueError(
            "`unfreezing` must be empty on the JAX backend, where an optimizer of Keras takes all "
            f"weights or none. Received: unfreezing={recipe.unfreezing}"
        )
    directory = pathlib.Path(directory)
    _claim(directory, _settings(recipe, model, limit))
    progress = Progress(directory, recipe, train_batches)
    progress.restore(model)
    if not progress.finished:
        averaging = [keras.callbacks.SwapEMAWeights()] if recipe.weight_averaging else []
        model.fit(
            _feed(train_batches),
            validation_data=_feed(dev_batches),
            initial_epoch=len(progress.history),
            epochs=recipe.epochs,
            shuffle=False,
            callbacks=[progress, *averaging, *callbacks],
            verbose=(1 if sys.stdout.isatty() else 2) if processes.is_first() else 0,
        )
        processes.wait()  # The first one may still be writing the best weights.
    without_optimizer(model).load_weights(directory / BEST)
    return progress.history


def _tensorboard(directory):
    if importlib.util.find_spec("tensorboard") is None:
        raise ImportError("`tensorboard` must be installed for its files: pip install tensorboard")
    return keras.callbacks.TensorBoard(directory)


def _settings(recipe, model, limit):
    """All that decides where a training ends."""
    settings = {**recipe.to_dict(), "limit": limit, "parameters": model.count_params()}
    return json.loads(json.dumps(settings))


def _claim(directory, settings):
    """Writes the settings of a new run, or checks that they are those of the one that is there."""
    path = directory / SETTINGS
    if processes.is_first() and not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings, indent=2) + "\n")
    processes.wait()
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is not there, though the first process wrote it. All processes must see the "
            "same directory of the run."
        )
    found = json.loads(path.read_text())
    different = sorted(name for name in settings if settings[name] != found.get(name))
    if different:
        raise ValueError(
            f"{directory} holds a run with other settings. Expected: "
            + ", ".join(f"{name}={settings[name]!r}" for name in different)
            + ". Found: "
            + ", ".join(f"{name}={found.get(name)!r}" for name in different)
            + ". Name another output, or delete the directory."
        )


def _feed(batches):
    if keras.backend.backend() == "tensorflow" and hasattr(batches, "dataset"):
        return batches.dataset()
    return _Epochs(batches)


class _Epochs(keras.utils.PyDataset):
    """Any iterable of NumPy batches, read anew in every epoch."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches
        self.items = None

    @property
    def num_batches(self):
        return len(self.batches)

    def __getitem__(self, index):
        if self.items is None:
            self.items = list(self.batches)
        return processes.share(self.items[index])

    def on_epoch_begin(self):
        self.items = None
