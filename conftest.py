"""What tests and doctests share: NumPy, seeds, and one small published model."""

import dataclasses

import keras
import matplotlib.pyplot
import numpy as np
import pytest

import zoo

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
