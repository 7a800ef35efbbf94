"""What several tests share: one small published model, trained once a session."""

import dataclasses

import keras
import pytest

import zoo


@pytest.fixture(autouse=True)
def _same_seed():
    keras.utils.set_random_seed(0)


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
