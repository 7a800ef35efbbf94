"""The published models: what their cards say must come out again."""

import json
import os
import pathlib

import pytest

import zoo
from zoo import pretrained
from zoo.data import tagging

NAMES = sorted(path.parent.name for path in pretrained.CHECKOUT.glob("*/model.json"))
MEGABYTE = 1_000_000


def test_the_promised_models_are_there():
    assert {"bilstm_tagger.ud_en_ewt", "bigru_tagger.ud_en_ewt"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_whole_and_small(name):
    pretrained.check(pretrained.CHECKOUT / name)
    files = pathlib.Path(pretrained.CHECKOUT / name).rglob("*")
    assert sum(file.stat().st_size for file in files if file.is_file()) < 20 * MEGABYTE


@pytest.mark.parametrize("name", NAMES)
def test_recipe_is_the_one_that_was_followed(name):
    described = zoo.load(name).description["recipe"]
    recipe = zoo.recipes.get(name).to_dict()
    assert described == json.loads(json.dumps(recipe))


def test_tags_what_a_user_types():
    tagger = zoo.load("bilstm_tagger.ud_en_ewt")
    tokens = tagger.predict("The dogs didn't bark at their own shadows.")
    assert [token.text for token in tokens][2:4] == ["did", "n't"]
    assert [token.tag for token in tokens] == (
        ["DET", "NOUN", "AUX", "PART", "VERB", "ADP", "PRON", "ADJ", "NOUN", "PUNCT"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_card_is_reproduced_on_test(name):
    """Needs the treebank in TFDS_DATA_DIR. Asks the SavedModel itself, in half precision."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with the treebanks")
    model = zoo.load(name)
    sentences = tagging.read(model.description["dataset"], "test")
    predicted = model.predict(sentences.tokens)
    right = sum(
        token.tag == gold
        for tokens, tags in zip(predicted, sentences.tags, strict=True)
        for token, gold in zip(tokens, tags, strict=True)
    )
    card = model.description["metrics"]["test"]
    accuracy = 100 * right / card["tokens"]
    assert accuracy == pytest.approx(100 * card["accuracy"], abs=0.05)
