"""Pretrained models: finding one by name, checking its files, loading it in one line."""

import dataclasses
import functools
import hashlib
import http.client
import importlib
import json
import os
import pathlib
import re
import shutil
import tempfile
import urllib.error
import urllib.request

from zoo import cards

URL = "https://raw.githubusercontent.com/rnn-zoo/rnn-zoo/main/saved_models"
RUNTIMES = ("tensorflow", "onnx", "onnx-int8", "litert")
CHECKOUT = pathlib.Path(__file__).resolve().parent.parent / "saved_models"
DESCRIPTION, CARD = "model.json", "README.md"


class DamagedModelError(RuntimeError):
    """A file of a pretrained model is missing or not the one that was published."""


class Pretrained:
    """A pretrained model.

    Attributes:
        directory: Where it lies.
        description: All that is known of it, as in its `model.json`.
        runtime: What `predict` runs on, one of `RUNTIMES`.
    """

    def __init__(self, directory, runtime="tensorflow"):
        if runtime not in RUNTIMES:
            known = ", ".join(map(repr, RUNTIMES))
            raise ValueError(f"`runtime` must be one of {known}. Received: {runtime!r}")
        self.directory = pathlib.Path(directory)
        self.description = read_description(self.directory)
        self.runtime = runtime

    def __repr__(self):
        return f"<zoo.Pretrained {self.description['name']}>"

    @property
    def name(self):
        """Its name, `<architecture>.<dataset>`."""
        return self.description["name"]

    @property
    def task(self):
        """The stem of its task, for instance `"tagging"`."""
        return self.description["task"]

    @property
    def card(self):
        """The model card, Markdown."""
        return cards.render(self.description)

    def predict(self, inputs, **options):
        """Predicts; what goes in and comes out is told by `zoo.serving.<task>.predict`."""
        return self._serving.predict(self.served, inputs, **options)

    def score(self, texts):
        """Tells how likely texts are to a language model: `zoo.serving.language_modeling.score`."""
        if self.task != "language_modeling":
            raise ValueError(
                f"`score` is for language models. Received: {self.name}, whose task is {self.task}"
            )
        return self._serving.score(self.served, texts)

    @functools.cached_property
    def served(self):
        """What `predict` asks: on TensorFlow the SavedModel, else what has the same signatures."""
        if self.runtime == "tensorflow":
            return self.saved_model
        from zoo.serving import portable

        return portable.load(self.directory, self.description, kind=self.runtime)

    @functools.cached_property
    def saved_model(self):
        """What `tf.saved_model.load` gives, with its `signatures`."""
        from zoo.serving import saved_model

        return saved_model.load(self.directory)

    @functools.cached_property
    def model(self):
        """The compiled `keras.Model` with the pretrained weights, to fine-tune or take apart."""
        from zoo import models
        from zoo.serving.saved_model import weights

        recipe = self.description["recipe"]
        builder = getattr(models, recipe["builder"].rpartition(".")[2])
        options = {**self.description["sizes"], **recipe["hyperparameters"]}
        if "seeds" in self.description:
            seeds = range(len(self.description["seeds"]))
            members = [builder(**options, name=f"member_{place}") for place in seeds]
            model = models.Ensemble(members)
        else:
            model = builder(**options)
        return weights.restore(model, self.directory)

    @functools.cached_property
    def backbone(self):
        """The `model` of a tagger or a classifier without its head (`zoo.models.backbone`)."""
        from zoo import models

        return models.backbone(self.model)

    @functools.cached_property
    def encoder(self):
        """What turns tokens into the ids that `model` reads.

        Raises:
            ValueError: If it is no model of words.
        """
        if not hasattr(self._graphs, "read_encoder"):
            raise ValueError(
                "`encoder` and `vocabulary` are for models of words. Received: "
                f"{self.name}, whose task is {self.task}"
            )
        return self._graphs.read_encoder(self.directory, self.description)

    def read(self, text):
        """Gives the tokens of a text, and what `model` reads of it; for `zoo.inspection`.

        Raises:
            ValueError: If it is no tagger, classifier or language model, or there is no token in
                the text.
        """
        if not hasattr(self._graphs, "read"):
            raise ValueError(
                "`read` is for taggers, classifiers and language models. Received: "
                f"{self.name}, whose task is {self.task}"
            )
        tokens, inputs = self._graphs.read(self.encoder, text, self.description)
        if not any(token.strip() for token in tokens):
            raise ValueError(f"`text` must have a token. Received: {text!r}")
        return tokens, inputs

    def adapt(self, data):
        """Gives the task's data the vocabulary of this model in place of its own, if it has one."""
        if not hasattr(data, "encoder"):
            return data
        return dataclasses.replace(data, encoder=self.encoder)

    @property
    def vocabulary(self):
        """The known words; a word's place is its id."""
        return ["", "[UNK]", *self.encoder.words]

    @property
    def _serving(self):
        return importlib.import_module(f"zoo.serving.{self.task}")

    @property
    def _graphs(self):
        return importlib.import_module(f"zoo.serving.saved_model.{self.task}")


def load(name, *, runtime="tensorflow"):
    """Loads a pretrained model, from the checkout, the cache or the zoo's address.

    The cache is `ZOO_HOME`, by default `~/.cache/rnn-zoo`; the address is `URL`, or `ZOO_URL`.
    Every file is checked against the sha256 in `model.json` first.

    Args:
        name: `<architecture>.<dataset>`, as `list_models` shows them.
        runtime: What `predict` runs on: `"tensorflow"`, or, without importing TensorFlow and
            Keras, `"onnx"`, ONNX Runtime; `"onnx-int8"`, the same with weights of eight bits; or
            `"litert"`, LiteRT. The last two are not published but made, for instance by
            `zoo export NAME --format litert`.

    Returns:
        A `Pretrained`.

    Raises:
        ValueError: If there is no such model.
        DamagedModelError: If a file is missing or damaged, here or as it was downloaded.

    Example:

    >>> load("bilstm_tagger.ud_en_ewt").description["dataset"]
    'universal_dependencies/en_ewt'
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(f"`name` must be <architecture>.<dataset>. Received: {name!r}")
    for home in _homes():
        if (home / name / DESCRIPTION).exists():
            check(home / name)
            return Pretrained(home / name, runtime)
    return Pretrained(_download(name), runtime)


def list_models():
    """Describes the pretrained models in the checkout and in the cache.

    Returns:
        A list of dictionaries, the `model.json` of each and `bytes`, its size on disk.

    Example:

    >>> "bilstm_tagger.ud_en_ewt" in [model["name"] for model in list_models()]
    True
    """
    found = {}
    for home in reversed(_homes()):
        for path in sorted(home.glob(f"*/{DESCRIPTION}")):
            description = read_description(path.parent)
            size = sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file())
            found[description["name"]] = {**description, "bytes": size}
    return [found[name] for name in sorted(found)]


def read_description(directory):
    """Reads `model.json`.

    Raises:
        DamagedModelError: If it is missing or not what a description is, or names a file outside
            the model's directory.
    """
    path = pathlib.Path(directory) / DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        name, files = description["name"], dict(description["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedModelError(f"{path} cannot be read ({error!r}). {_REMEDY}") from error
    for file in files:
        if not re.fullmatch(r"\w[\w.-]*(/\w[\w.-]*)*", file):
            raise DamagedModelError(f"{path} names a file outside its directory: {file!r}")
    return {**description, "name": name, "files": files}


def check(directory):
    """Compares every file of a pretrained model with the sha256 that was published.

    Raises:
        DamagedModelError: If one is missing or differs; the message names it.
    """
    directory = pathlib.Path(directory)
    for name, expected in read_description(directory)["files"].items():
        path = directory / name
        if not path.is_file():
            raise DamagedModelError(f"{path} is missing. {_REMEDY}")
        found = sha256(path)
        if found != expected:
            raise DamagedModelError(
                f"{path} is damaged. Expected sha256 {expected}, found {found}. {_REMEDY}"
            )


_REMEDY = "Delete the model's directory and load it again, or restore it (`git checkout`)."


def home():
    """Where models are published: the checkout's folder or, if there is none, the cache."""
    return CHECKOUT if CHECKOUT.is_dir() else _homes()[-1]


def _homes():
    cache = os.environ.get("ZOO_HOME") or pathlib.Path.home() / ".cache" / "rnn-zoo"
    return [CHECKOUT, pathlib.Path(cache)]


def _download(name):
    address = os.environ.get("ZOO_URL", URL).rstrip("/")
    target = _homes()[-1] / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as partial:
        partial = pathlib.Path(partial) / name
        _fetch(f"{address}/{name}/{DESCRIPTION}", partial / DESCRIPTION, name)
        try:
            for file in read_description(partial)["files"]:
                _fetch(f"{address}/{name}/{file}", partial / file, name)
            check(partial)
        except DamagedModelError as error:
            raise DamagedModelError(
                f"What {address}/{name} sent is not what was published: {error}"
            ) from error
        # Another process may have been faster: its model stays.
        if not (target / DESCRIPTION).exists():
            shutil.rmtree(target, ignore_errors=True)  # It has no description, so it is no model.
            try:
                os.replace(partial, target)
            except OSError:
                if not (target / DESCRIPTION).exists():
                    raise
    check(target)
    return target


def _fetch(url, path, name):
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with urllib.request.urlopen(url, timeout=30) as response, open(path, "wb") as file:
            shutil.copyfileobj(response, file)
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        if path.name != DESCRIPTION:
            raise DamagedModelError(f"{url} could not be downloaded: {error}") from error
        at_hand = ", ".join(model["name"] for model in list_models()) or "none"
        raise ValueError(
            f"There is no model {name!r} here, and {url} could not be downloaded ({error}). "
            f"At hand: {at_hand}. Put the model's folder into {_homes()[-1]}, or set ZOO_URL."
        ) from error


def sha256(path):
    """Gives the sha256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
