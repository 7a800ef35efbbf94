"""Model cards: made of `model.json` alone, and holding what a reader must know."""

import copy
import json
import pathlib

import pytest

from zoo import card

SAVED_MODELS = pathlib.Path(__file__).resolve().parent.parent / "saved_models"
PUBLISHED = sorted(path.parent for path in SAVED_MODELS.glob("*/model.json"))


@pytest.fixture
def description(published):
    return json.loads((published / "model.json").read_text())


@pytest.mark.skipif(not PUBLISHED, reason="saved_models/ holds no model")
@pytest.mark.parametrize("directory", PUBLISHED, ids=lambda directory: directory.name)
def test_card_is_that_of_its_description(directory):
    description = json.loads((directory / "model.json").read_text())
    assert description["name"] == directory.name
    assert (directory / "README.md").read_text() == card.render(description)


def test_fresh_card_is_that_of_its_description(published, description):
    assert (published / "README.md").read_text() == card.render(description)


def test_depends_on_nothing_else(description, monkeypatch, tmp_path):
    first = card.render(description)
    untouched = copy.deepcopy(description)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZOO_HOME", str(tmp_path))
    assert card.render(description) == first
    assert description == untouched


@pytest.fixture
def made_up(description):
    """A description whose every figure can be recognized."""
    test = {
        **description["metrics"]["test"],
        "tokens": 12_345,
        "accuracy": 0.98765,
        "unknown_accuracy": 0.87654,
        "unknown_share": 0.0712,
        "sentence_accuracy": 0.65432,
        "baseline": {"name": "most frequent tag", "accuracy": 0.54321},
    }
    return {
        **description,
        "parameters": 1_234_567,
        "metrics": {"test": test},
        "rival": {"system": "A Rival", "accuracy": 0.944, "source": "A Paper, 1997"},
        "licence": "CC BY-NC 9.9",
        "command": "zoo train x.y && zoo export x.y",
        "seconds": 4321,
        "epochs": 17,
        "machine": "abacus, 3 rods",
        "versions": {"python": "3.99", "keras": "9.8.7"},
        "files": {"assets/words.txt": "0123abcd"},
    }


@pytest.mark.parametrize(
    "said",
    [
        "# bilstm_tagger.small\n",
        "`grammar_text`",
        "1,234,567 parameters",
        "licence CC BY-NC 9.9",
        "```sh\nzoo train x.y\nzoo export x.y\n```",
        "| test | 12,345 | **98.77** | 87.65 (7.1 % of tokens) | 65.43 | 54.32 |",
        "Rival: A Rival, 94.4 (A Paper, 1997).",
        "Took 4,321 s of training in 17 epochs on abacus, 3 rods.",
        "python 3.99, keras 9.8.7.",
        "| `assets/words.txt` | `0123abcd` |",
        'zoo.load("bilstm_tagger.small")',
        "bidirectional LSTM of 1 layer ",
        '"rare_word_dropout": 1.0',
        "## Limits",
    ],
)
def test_says(made_up, said):
    assert said in card.render(made_up)


def test_without_a_rival(made_up):
    assert "Rival" not in card.render({**made_up, "rival": {}})


@pytest.mark.parametrize(
    ("hyperparameters", "words"),
    [
        ({"cell": "gru", "units": [8, 4]}, "A bidirectional GRU of 2 layers for"),
        ({"units": 8}, "A bidirectional LSTM of 1 layer for"),
        ({"cell": "simple_rnn", "units": [8]}, "A bidirectional simple RNN of 1 layer for"),
        ({"units": 8, "bidirectional": False}, "A unidirectional LSTM of 1 layer for"),
    ],
)
def test_describes_the_architecture(made_up, hyperparameters, words):
    recipe = {**made_up["recipe"], "hyperparameters": hyperparameters}
    assert words in card.render({**made_up, "recipe": recipe})


def test_tables_and_code_blocks_are_whole(description):
    rendered = card.render(description)
    assert rendered.count("```") % 2 == 0
    for table in (block for block in rendered.split("\n\n") if block.startswith("|")):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    assert rendered.endswith("\n") and not rendered.endswith("\n\n")
