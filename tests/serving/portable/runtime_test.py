"""Published models on ONNX Runtime: what TensorFlow answers, without TensorFlow."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

import zoo
from zoo import pretrained, publishing
from zoo.serving import reconstruction as reconstructing

TEXTS = [
    "The dogs didn't bark at Ada Lovelace in London.",
    "",
    "  ",
    "Dr. Müller 👨‍👩‍👧 reads http://x.org/a?b=c every day, doesn't he?",
    "A small, wonderful film.<br /><br />But the ending: oh my! " + "It is long. " * 60,
    "\ud800 a" + "b" * 300,
]
RNG = np.random.default_rng(0)
CASES = {
    "bilstm_tagger.ud_en_ewt": [(TEXTS, {}), ([*map(str.split, TEXTS), []], {})],
    "bilstm_crf.conll2003": [(TEXTS, {}), ([*map(str.split, TEXTS), []], {})],
    "bilstm_classifier.imdb": [(TEXTS, {}), (TEXTS, {"contributions": True})],
    "segrnn_quantiles.etth1": [(RNG.normal(size=(3, 96, 7)) * 5, {})],
    "autoencoder.nab_machine_temperature": [(RNG.normal(size=(70, 1)) * 5 + 80, {})],
    "seq2seq.multi30k_en_de": [(TEXTS[:4], {}), (TEXTS[:4], {"attention": True})],
    "captioner.shape_captions": [
        (RNG.integers(0, 256, (2, 64, 64, 3), "uint8"), options)
        for options in ({}, {"attention": True})
    ],
    "lstm_lm.tiny_shakespeare": [
        (["ROMEO:\n", "", "the \ud800"], {"length": 30, "temperature": 0.8, "seed": 3}),
        (["the ", "a"], {"length": 30, "seed": 4, "top_k": 5}),
        (["the ", "a"], {"length": 30, "seed": 4, "top_p": 0.7}),
        ("the ", {"length": 20, "temperature": 0}),
    ],
}


def assert_same(found, expected):
    """What is decoded is the same; numbers are within 1e-4."""
    if isinstance(expected, float | np.ndarray | np.floating):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name, each in expected.items():
            assert_same(found[name], each)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    else:
        assert found == expected


@pytest.mark.parametrize("name", CASES)
def test_answers_are_those_of_tensorflow(name):
    here, there = zoo.load(name, runtime="onnx"), zoo.load(name)
    for given, options in CASES[name]:
        assert_same(here.predict(given, **options), there.predict(given, **options))


def test_texts_are_judged_alike():
    here, there = (zoo.load("lstm_lm.tiny_shakespeare", runtime=r) for r in ("onnx", "tensorflow"))
    texts = ["the king", "", "a\0b", "To be, or not to be. " * 30]
    assert_same(here.score(texts), there.score(texts))


def test_codes_are_alike():
    name = "autoencoder.nab_machine_temperature"
    here, there = (zoo.load(name, runtime=each).served for each in ("onnx", "tensorflow"))
    windows = RNG.normal(size=(4, 48, 1)) * 5 + 80
    assert_same(reconstructing.encode(here, windows), reconstructing.encode(there, windows))


WITHOUT = """
import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
import numpy as np
import zoo
given = {
    "tagging": "The dogs bark .",
    "classification": "A fine film .",
    "forecasting": np.zeros((96, 7)),
    "reconstruction": np.full((48, 1), 80.0),
    "translation": "A man .",
    "captioning": np.zeros((64, 64, 3), "uint8"),
    "language_modeling": "the",
}
seen = set()
for each in zoo.list_models():
    model = zoo.load(each["name"], runtime="onnx")
    assert model.predict(given[model.task]) is not None
    seen.add(model.task)
assert seen == set(given)
print("answered")
"""


def test_nothing_needs_tensorflow_or_keras():
    found = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True)
    assert found.stdout.strip() == "answered", found.stderr


@pytest.fixture
def exported(published, tmp_path):
    directory = shutil.copytree(published, tmp_path / published.name)
    publishing.to_onnx(directory)
    return directory


def test_the_graph_holds_no_weight_a_second_time(exported):
    pretrained.check(exported)
    assert "model.onnx" in json.loads((exported / "model.json").read_text())["files"]
    assert "model.onnx" in (exported / "README.md").read_text()
    graph, weights = (
        (exported / name).stat().st_size
        for name in ("model.onnx", "variables/variables.data-00000-of-00001")
    )
    assert graph < 40_000 < weights
    here, there = (pretrained.Pretrained(exported, each) for each in ("onnx", "tensorflow"))
    assert_same(here.predict(TEXTS), there.predict(TEXTS))


def test_a_model_without_graphs(published):
    model = pretrained.Pretrained(published, "onnx")
    with pytest.raises(FileNotFoundError, match=r"zoo export bilstm_tagger\.small --format onnx"):
        model.predict("A dog .")


def test_eight_bits(exported):
    paths = publishing.to_onnx(exported, int8=True)
    assert [path.name for path in paths] == ["words.int8.onnx", "model.int8.onnx"]
    pretrained.check(exported)
    here, there = (pretrained.Pretrained(exported, kind) for kind in ("onnx-int8", "tensorflow"))
    text = "The dog barks at the old cat ."
    tags = [[token.tag for token in model.predict(text)] for model in (here, there)]
    assert tags[0] == tags[1]


@pytest.mark.parametrize("name", ["bilstm_crf.conll2003", "segrnn_quantiles.etth1"])
def test_litert(name, tmp_path):
    directory = shutil.copytree(pretrained.CHECKOUT / name, tmp_path / name)
    path = publishing.to_litert(directory)
    assert path.name == "model.tflite"
    pretrained.check(directory)
    here, there = (pretrained.Pretrained(directory, kind) for kind in ("litert", "tensorflow"))
    ((given, _), *_) = CASES[name]
    given = given[:4]  # The others are longer than the graph.
    assert_same(here.predict(given), there.predict(given))
    if name == "bilstm_crf.conll2003":
        with pytest.raises(ValueError, match=r"must be of the shape \(64, .*at most"):
            here.predict("a " * 65)


def test_litert_is_for_what_answers_at_once():
    model = zoo.load("seq2seq.multi30k_en_de")
    with pytest.raises(NotImplementedError, match="whose task is translation"):
        publishing.to_litert(model.directory)


def test_an_unknown_runtime():
    with pytest.raises(ValueError, match="`runtime` must be one of 'tensorflow', 'onnx'"):
        zoo.load("bilstm_tagger.ud_en_ewt", runtime="caffe")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*CASES, "bigru_tagger.ud_en_ewt", "segrnn.etth1"])
def test_answers_on_real_data(name):
    """Needs the data in TFDS_DATA_DIR. The first 200 examples of test."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with the data")
    recipe = zoo.recipes.get(name)
    here, there = zoo.load(name, runtime="onnx"), zoo.load(name)
    data = recipe.load_data(limit=200)
    split = data.splits["test"]
    if here.task == "language_modeling":
        text = "".join(data.encoder.words[each - 2] for each in split.ids[1:2000])
        assert_same(here.score(text), there.score(text))
        return
    if here.task == "forecasting":
        given = split.in_original_units(split.arrays(split.starts[:200])[0])
    elif here.task == "reconstruction":
        given = split.in_original_units(split.arrays())[:200]
    else:
        attributes = {
            "tagging": "tokens",
            "classification": "texts",
            "translation": "sources",
            "captioning": "images",
        }
        given = getattr(split, attributes[here.task])[:200]
    assert_same(here.predict(given), there.predict(given))
