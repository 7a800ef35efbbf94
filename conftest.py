"""What tests and doctests share: seeds, a small published model, processes on each backend."""

import dataclasses
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import keras
import matplotlib.pyplot
import numpy as np
import pytest

import zoo
from zoo.data import reconstruction
from zoo.data.anomalies import MarkedSeries
from zoo.data.forecasting import Series, cut
from zoo.data.language_modeling import LanguageModelingData, Stream
from zoo.data.subwords import SubwordEncoder
from zoo.data.text import TokenEncoder
from zoo.data.translation import Pairs, TranslationData

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def _same_start(doctest_namespace):
    keras.utils.set_random_seed(0)
    doctest_namespace.update(np=np, keras=keras)
    yield
    matplotlib.pyplot.close("all")


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """A finished run of the smallest recipe, on few sentences."""
    recipe = dataclasses.replace(
        zoo.recipes.get("bilstm_tagger.grammar_text"), name="bilstm_tagger.small"
    )
    output = tmp_path_factory.mktemp("runs") / "small"
    return zoo.train(recipe, limit=400, epochs=2, output=output)


@pytest.fixture(scope="session")
def published(small_run, tmp_path_factory):
    """The directory of that run as a published model, `<home>/bilstm_tagger.small`."""
    home = tmp_path_factory.mktemp("saved_models")
    return zoo.export(small_run, home / "bilstm_tagger.small")


@pytest.fixture(scope="session")
def small_entities_run(tmp_path_factory):
    """A finished run of a small tagger of entities with a CRF."""
    recipe = dataclasses.replace(
        zoo.recipes.get("bilstm_crf.grammar_text"), name="bilstm_crf.small"
    )
    output = tmp_path_factory.mktemp("runs") / "small_entities"
    return zoo.train(recipe, limit=400, epochs=12, learning_rate=1e-2, output=output)


@pytest.fixture(scope="session")
def small_forecaster(tmp_path_factory):
    """The directory of a small forecaster of a made-up series, `<home>/segrnn.small`."""
    hours = np.arange(600)
    waves = np.sin(2 * np.pi * hours[:, None] / [24, 12]) * [1, 200] + [0, 1000]
    series = Series(waves, hours * 3600, ("low", "high"))
    recipe = dataclasses.replace(
        zoo.recipes.get("segrnn_quantiles.etth1"),
        name="segrnn.small",
        dataset="waves",
        hyperparameters={"segment": 12, "units": 8, "distribution": "quantiles"},
        preprocessing={"lookback": 48, "horizon": 24},
        epochs=2,
    )
    data = cut(series, [400, 480, 600], lookback=48, horizon=24)
    run = zoo.train(recipe, data=data, output=tmp_path_factory.mktemp("runs") / "forecaster")
    return zoo.export(run, tmp_path_factory.mktemp("saved_models") / "segrnn.small")


@pytest.fixture(scope="session")
def small_autoencoder(tmp_path_factory):
    """The directory of a small autoencoder of a made-up series, `<home>/autoencoder.small`."""
    steps = np.arange(600)
    values = 50 + 10 * np.sin(steps / 6)
    values[480:500] = 75
    series = MarkedSeries("made up", steps * 300, values, np.array([[475, 505]]))
    recipe = dataclasses.replace(
        zoo.recipes.get("autoencoder.nab_machine_temperature"),
        name="autoencoder.small",
        dataset="waves",
        hyperparameters={"cell": "gru", "units": 8, "latent_dim": 3},
        preprocessing={},
        epochs=2,
    )
    parts = {"train": (0, 300), "dev": (300, 400), "test": (400, 600)}
    data = reconstruction.cut(series, parts, length=12)
    run = zoo.train(recipe, data=data, output=tmp_path_factory.mktemp("runs") / "autoencoder")
    return zoo.export(run, tmp_path_factory.mktemp("saved_models") / "autoencoder.small")


@pytest.fixture(scope="session")
def small_translator(tmp_path_factory):
    """The directory of a translator that was hardly trained, `<home>/seq2seq.small`."""
    sources = [f"{verb} {often}" for verb in ("jump", "walk", "run") for often in ("once", "twice")]
    targets = [text.split()[0].upper() + (" AGAIN" * ("twice" in text)) for text in sources]
    pairs = Pairs(tuple(sources), tuple(targets))
    recipe = dataclasses.replace(
        zoo.recipes.get("seq2seq.multi30k_en_de"),
        name="seq2seq.small",
        hyperparameters={"cell": "lstm", "units": 8, "embedding_dim": 4},
        preprocessing={},
        epochs=1,
    )
    splits = dict.fromkeys(("train", "dev", "test"), pairs)
    data = TranslationData(SubwordEncoder.fit([*sources, *targets]), splits, steps=6, beams=2)
    run = zoo.train(recipe, data=data, output=tmp_path_factory.mktemp("runs") / "translator")
    return zoo.export(run, tmp_path_factory.mktemp("saved_models") / "seq2seq.small")


@pytest.fixture(scope="session")
def small_captioner(tmp_path_factory):
    """The directory of a captioner that was hardly trained, `<home>/captioner.small`."""
    recipe = dataclasses.replace(
        zoo.recipes.get("captioner.shape_captions"),
        name="captioner.small",
        dataset="shape_captions/tiny",
        hyperparameters={
            "backbone": "convolutional",
            "filters": (4, 6),
            "units": 8,
            "embedding_dim": 4,
        },
        epochs=1,
    )
    data = recipe.load_data(data_dir=tmp_path_factory.mktemp("data"))
    run = zoo.train(recipe, data=data, output=tmp_path_factory.mktemp("runs") / "captioner")
    return zoo.export(run, tmp_path_factory.mktemp("saved_models") / "captioner.small")


@pytest.fixture(scope="session")
def small_language_model(tmp_path_factory):
    """The directory of a small language model of a made-up text, `<home>/lstm_lm.small`."""
    text = list("the old sea sings to the stone,\nand the stone to the sea.\n" * 12)
    encoder = TokenEncoder(sorted(set(text)), None, lowercase=False, digits=True)
    ids = encoder(["\n", *text])["tokens"].numpy()
    streams = {"train": ids, "dev": ids[:101], "test": ids[:51]}
    splits = {split: Stream(of_split, steps=16) for split, of_split in streams.items()}
    recipe = dataclasses.replace(
        zoo.recipes.get("lstm_lm.tiny_shakespeare"),
        name="lstm_lm.small",
        dataset="sea",
        hyperparameters={"units": 12, "embedding_dim": 6, "lanes": 4, "weight_dropout": 0.1},
        preprocessing={"unit": "characters", "steps": 16, "lanes": 4},
        batch_size=4,
        epochs=3,
        learning_rate=2e-2,
    )
    data = LanguageModelingData(encoder, splits, "characters", lanes=4)
    run = zoo.train(recipe, data=data, output=tmp_path_factory.mktemp("runs") / "lm")
    return zoo.export(run, tmp_path_factory.mktemp("saved_models") / "lstm_lm.small")


WORKER = """
import json, os, sys, traceback
if os.environ["KERAS_BACKEND"] != "tensorflow":
    sys.modules["tensorflow"] = None
import keras
assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
for line in sys.stdin:
    script, *sys.argv[1:] = json.loads(line)
    try:
        exec(script, {"__name__": "__main__"})
        assert os.environ["KERAS_BACKEND"] == "tensorflow" or not sys.modules["tensorflow"]
        answer = None
    except BaseException:
        answer = traceback.format_exc()
    print(json.dumps(["answer", answer]), flush=True)
"""


# For JAX: the graphs of tests run a few times each, and take longest to be compiled.
QUICKLY_COMPILED = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


class BackendProcess:
    """A process on another backend, without TensorFlow unless that is the backend, for scripts."""

    def __init__(self, backend):
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env={**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": QUICKLY_COMPILED},
            cwd=pathlib.Path(__file__).parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, script, *arguments):
        """Runs a script; an error in it is one here."""
        self.process.stdin.write(json.dumps([script, *map(str, arguments)]) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith('["answer"'):
                _, error = json.loads(line)
                assert error is None, error
                return
        raise RuntimeError("The process ended.")

    def close(self):
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="session", params=["tensorflow", "jax", "torch"])
def backend_process(request):
    """One `BackendProcess` a backend for the whole session, for each backend that is installed."""
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    process = BackendProcess(request.param)
    yield process
    process.close()
