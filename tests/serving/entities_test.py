"""An exported tagger of entities: spans, offsets, and the probability of each."""

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest

import zoo
from zoo import schemes
from zoo.data import tagging as data_module
from zoo.serving import tagging
from zoo.serving.saved_model import load
from zoo.serving.saved_model import tagging as saving
from zoo.serving.tagging import Entity

TEXTS = [
    "Ann Smith met Oliver in Rome.",
    "",
    "  \U0001f642 Größe: Zoe's dogs bark at Georgia Mason and at nobody else.",
    "Stop!",
]


@pytest.fixture(scope="module")
def directory(small_entities_run, tmp_path_factory):
    home = tmp_path_factory.mktemp("saved_models")
    return zoo.export(small_entities_run, home / "bilstm_crf.small")


@pytest.fixture(scope="module")
def saved_model(directory):
    return load(directory)


def test_offsets_are_those_of_the_text(saved_model):
    found = tagging.predict(saved_model, TEXTS)
    assert [bool(entities) for entities in found] == [True, False, True, False]
    for text, entities in zip(TEXTS, found, strict=True):
        for entity in entities:
            assert type(entity) is Entity
            assert entity.text == text[entity.start : entity.end] != ""
            assert entity.type in {"PER", "LOC", "ORG"}
            assert 0 < entity.probability <= 1 + 1e-6
        assert [entity.start for entity in entities] == sorted(e.start for e in entities)


def test_one_text_and_tokens(saved_model):
    text = "Ann Smith met Oliver ."
    of_text = tagging.predict(saved_model, text)
    of_tokens = tagging.predict(saved_model, [text.split(), []])
    assert of_tokens[1] == []
    assert [entity.text for entity in of_text] == [entity.text for entity in of_tokens[0]] != []
    for entity in of_tokens[0]:
        assert " ".join(text.split()[entity.start : entity.end]) == entity.text


def test_entities_are_the_spans_of_the_tags(saved_model, small_entities_run):
    sentences = small_entities_run.data.splits["test"].tokens[:60]
    signature = saved_model.signatures["tokens"]
    for tokens, entities in zip(sentences, tagging.predict(saved_model, sentences), strict=True):
        out = signature(tokens=np.array([tokens]))
        tags = [tag.decode() for tag in out["tags"].numpy()[0]]
        assert {tag[0] for tag in tags} <= set("OBI")
        assert schemes.spans(tags) == [schemes.Span(e.type, e.start, e.end) for e in entities]


@pytest.mark.parametrize("scheme", ["bio", "iobes"])
def test_probability_is_the_sum_over_all_sequences_with_the_span(scheme, tmp_path):
    """One type, so that every sequence of tags of a short sentence can be enumerated."""
    data = data_module.load("grammar_text", feature="entities", scheme=scheme, limit=60)
    kept = schemes.names(["PER"], scheme)
    data = type(data)(data.encoder, kept, data.splits, scheme=scheme)
    model = zoo.models.SequenceTagger(
        **data.sizes, head="crf", units=6, embedding_dim=6, character_encoder="cnn"
    )
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) * 0.9 for w in model.get_weights()])
    saving.export(model, data, tmp_path / "model")
    saved_model = load(tmp_path / "model")
    sentences = [tokens[:4] for tokens in data.splits["train"].tokens[:40]]
    checked = 0
    for tokens, entities in zip(sentences, tagging.predict(saved_model, sentences), strict=True):
        if not entities:
            continue
        probabilities = by_enumeration(model, data, tokens)
        for entity in entities:
            span = schemes.Span(entity.type, entity.start, entity.end)
            assert entity.probability == pytest.approx(probabilities[span], abs=0.01)
            checked += 1
    assert checked > 5


def by_enumeration(model, data, tokens):
    """The probability of each span, from the scores of all sequences of tags."""
    x = {name: ids.numpy()[None] for name, ids in data.encoder(tokens).items()}
    steps = model.predict_on_batch(x)["potentials"][0].astype("float64")
    found = {}
    for sequence in itertools.product(range(len(data.tags)), repeat=len(tokens)):
        places = zip(itertools.chain([0], sequence), sequence, strict=False)
        score = sum(step[i, j] for step, (i, j) in zip(steps, places, strict=True))
        found[sequence] = score
    largest = max(found.values())
    total = sum(np.exp(score - largest) for score in found.values())
    probabilities = {}
    for sequence, score in found.items():
        for span in schemes.spans([data.tags[place] for place in sequence]):
            share = np.exp(score - largest) / total
            probabilities[span] = probabilities.get(span, 0) + share
    return probabilities


def test_a_softmax_gives_entities_too(tmp_path):
    data = data_module.load(
        "grammar_text", feature="entities", scheme="bio", limit=60, characters=False
    )
    model = zoo.models.SequenceTagger(**data.sizes, units=6, embedding_dim=6)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    saving.export(model, data, tmp_path / "model")
    found = tagging.predict(load(tmp_path / "model"), data.splits["train"].tokens[:40])
    probabilities = [entity.probability for entities in found for entity in entities]
    assert probabilities and 0 < min(probabilities) <= max(probabilities) <= 1 + 1e-6


BARE = """
import json, sys
sys.modules["zoo"] = sys.modules["keras"] = None
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
out = model.signatures["entities"](text=tf.constant(json.loads(sys.argv[2])))
plain = {name: value.numpy().tolist() for name, value in out.items()}
plain["text"] = [[item.decode() for item in row] for row in plain["text"]]
plain["type"] = [[item.decode() for item in row] for row in plain["type"]]
json.dump(plain, open(sys.argv[3], "w"))
"""


def test_the_bare_saved_model_gives_the_same(directory, saved_model, tmp_path):
    arguments = [directory, json.dumps(TEXTS), tmp_path / "out.json"]
    done = subprocess.run(
        [sys.executable, "-c", BARE, *arguments], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    out = json.loads((tmp_path / "out.json").read_text())
    columns = [out[name] for name in ("text", "type", "start", "end", "probability")]
    for row, entities in zip(
        zip(*columns, strict=True), tagging.predict(saved_model, TEXTS), strict=True
    ):
        found = [Entity(*cells) for cells in zip(*row, strict=True) if cells[0]]
        assert [entity[:4] for entity in found] == [entity[:4] for entity in entities]
        np.testing.assert_allclose(
            [entity.probability for entity in found],
            [entity.probability for entity in entities],
            atol=1e-5,
        )


def test_runs_of_different_seeds_become_one_model(small_entities_run, tmp_path):
    other = zoo.train(small_entities_run.recipe, limit=400, epochs=1, seed=1, output=tmp_path / "1")
    first = zoo.train(small_entities_run.recipe, limit=400, epochs=1, seed=0, output=tmp_path / "0")
    with pytest.raises(ValueError, match="of one recipe and of different seeds"):
        zoo.export([first, first], tmp_path / "twice")
    directory = zoo.export([first, other], tmp_path / "both")
    both = zoo.pretrained.Pretrained(directory)
    assert both.description["seeds"] == [0, 1]
    assert "zoo train bilstm_crf.small --seed 1" in both.description["command"]
    assert "(2 of them, averaged)" in both.card
    x, _, weight = next(iter(first.data.batches("dev", 8)))
    real = weight.astype(bool)
    members = [run.model.predict_on_batch(x)["potentials"][real] for run in (first, other)]
    found = both.model.predict_on_batch(x)["potentials"][real]
    finite = members[0] > -1e20
    np.testing.assert_allclose(found[finite], np.mean(members, axis=0)[finite], atol=0.05)
    entities = both.predict(first.data.splits["test"].tokens[:5])
    assert len(entities) == 5
