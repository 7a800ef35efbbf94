"""An exported classifier: the serving contract, and what it says of every word."""

import base64
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp, softmax

import zoo
from zoo import training
from zoo.data.classification import ClassificationData, Texts
from zoo.data.text import TokenEncoder
from zoo.metrics.classification import temperature
from zoo.recipe import Recipe
from zoo.serving import classification
from zoo.serving.classification import Classification, Contribution
from zoo.serving.saved_model import classification as saving
from zoo.serving.saved_model import load

WORDS = ["a", "fine", "film", "bad", "not", "good", "the", "plot", "was", "dull", "ca", "n't"]
NAMES = ("neg", "neutral", "pos")
LENGTH = 100
OPTIONS = {"units": 5, "embedding_dim": 6, "pooling": ("last", "mean", "max", "attention")}

# Reads a SavedModel where neither the zoo nor Keras can be imported; answers calls from stdin.
BARE = """
import base64, json, sys
sys.modules["zoo"] = sys.modules["keras"] = None
import tensorflow as tf

def plain(value):
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value

model = tf.saved_model.load(sys.argv[1])
answers = {"signatures": {
    name: [
        {key: [list(spec.shape), spec.dtype.name] for key, spec in specs.items()}
        for specs in (function.structured_input_signature[1], function.structured_outputs)
    ]
    for name, function in model.signatures.items()
}}
answers["temperature"] = float(model.temperature)
for case, texts in json.load(sys.stdin).items():
    given = tf.constant([base64.b64decode(text) for text in texts], tf.string, [len(texts)])
    answers[case] = {
        name: plain(value.numpy().tolist())
        for function in model.signatures.values()
        for name, value in function(text=given).items()
    }
json.dump(answers, open(sys.argv[2], "w"))
"""

LONG = "the plot was not good " * 23  # 115 tokens, of which the model reads a hundred.
MIXED = ["", "A fine film", " \N{NO-BREAK SPACE}<br /> ", "not dull", LONG]
HTML = "<b>Fine</b> film.<br /><br />You can't"
CASES = {
    "mixed": MIXED,
    "nothing": [""],
    "no texts": [],
    "html": [HTML],
    "damaged": [b"a \xff<br />dull\xc3 film", "good"],
    **{f"alone {place}": [text] for place, text in enumerate(MIXED)},
}


def random_texts(count, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice([*WORDS, "zzz"], rng.integers(1, 15))) for _ in range(count)]


def random_model(sizes, seed=0, **options):
    """A model of weights that half precision can hold, so that saving rounds nothing."""
    model = zoo.models.SequenceClassifier(**sizes, **{**OPTIONS, **options})
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=weight.shape) for weight in model.get_weights()]
    model.set_weights([weight.astype("float16").astype("float32") for weight in weights])
    return model


def labelled(model, data, texts, seed):
    """Texts of the classes that a model gives them, but for one in five."""
    labels = data.predict(model, texts).argmax(axis=-1)
    wrong = np.random.default_rng(seed).random(len(texts)) < 0.2
    return Texts(texts, np.where(wrong, (labels + 1) % 3, labels).astype("int32"), NAMES)


def small(**options):
    """A random classifier and its data: what a training would have left."""
    encoder = TokenEncoder(WORDS, None, digits=True)
    data = ClassificationData(encoder, NAMES, {}, length=LENGTH, keep="both")
    model = random_model(data.sizes, **options)
    for seed, split in enumerate(("train", "dev", "test")):
        data.splits[split] = labelled(model, data, random_texts(60, seed), seed)
    return model, data


@pytest.fixture(scope="module")
def made():
    return small()


@pytest.fixture(scope="module")
def directory(made, tmp_path_factory):
    home = tmp_path_factory.mktemp("saved_models") / "lstm_classifier.toy"
    saving.export(*made, home)
    return home


@pytest.fixture(scope="module")
def saved_model(directory):
    return load(directory)


@pytest.fixture(scope="module")
def bare(directory, tmp_path_factory):
    """What the SavedModel answers in a process of bare TensorFlow."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    cases = {
        name: [
            base64.b64encode(text.encode() if isinstance(text, str) else text).decode()
            for text in texts
        ]
        for name, texts in CASES.items()
    }
    found = subprocess.run(
        [sys.executable, "-c", BARE, directory, elsewhere / "answers.json"],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        cwd=elsewhere,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    assert found.returncode == 0, found.stderr
    return json.loads((elsewhere / "answers.json").read_text())


def ids_of(tokens):
    """Ids by a dictionary, where the module has a table in its graph."""
    return np.array([2 + WORDS.index(t.lower()) if t.lower() in WORDS else 1 for t in tokens])


def read_by_hand(text, length=LENGTH, keep="both"):
    """The tokens that are read of a text in which spaces separate all of them."""
    tokens = text.split()
    if len(tokens) <= length:
        return tokens
    head = {"head": length, "tail": 0, "both": length // 4}[keep]
    return tokens[:head] + tokens[len(tokens) - (length - head) :]


def ask(model, rows):
    """Logits; with a step of padding, for Keras warns where attention chooses among one step."""
    return model.predict_on_batch(np.pad(rows, ((0, 0), (0, 1))))


def log_odds(logits, label):
    return logits[..., label] - logsumexp(np.delete(logits, label, axis=-1), axis=-1)


def occluded(model, ids, heat):
    """What every word speaks for the label: one model call for all, and one without each."""
    logits = ask(model, ids[None])[0] / heat
    label = logits.argmax()
    without = np.where(np.eye(len(ids), dtype=bool), 1, ids)
    return log_odds(logits, label) - log_odds(ask(model, without) / heat, label)


def test_signatures(bare):
    row, rows = [None], [None, None]
    assert bare["signatures"] == {
        "serving_default": [
            {"text": [row, "string"]},
            {"label": [row, "string"], "probability": [[None, 3], "float32"]},
        ],
        "contributions": [
            {"text": [row, "string"]},
            {
                "tokens": [rows, "string"],
                "start": [rows, "int32"],
                "end": [rows, "int32"],
                "contribution": [rows, "float32"],
            },
        ],
    }


def test_tokens_and_offsets_where_there_is_html(bare):
    found = bare["html"]
    assert found["tokens"] == [["Fine", "film", ".", "You", "ca", "n't"]]
    assert [HTML[a:b] for a, b in zip(found["start"][0], found["end"][0], strict=True)] == (
        found["tokens"][0]
    )


def test_nothing_is_read_as_one_unknown_word(bare, made):
    model, _ = made
    expected = softmax(ask(model, [[1]])[0] / bare["temperature"])
    for case in ("nothing", "alone 0", "alone 2"):
        np.testing.assert_allclose(bare[case]["probability"], [expected], atol=1e-5)
        assert bare[case]["label"] == [NAMES[expected.argmax()]]
        assert bare[case]["tokens"] == [[""]]
        assert bare[case]["start"] == bare[case]["end"] == [[0]]
        assert bare[case]["contribution"] == [[0.0]]


def test_no_texts(bare):
    nothing = {"label": [], "probability": [], "tokens": [], "start": [], "end": []}
    assert bare["no texts"] == {**nothing, "contribution": []}


def test_a_padded_row_is_as_alone(bare):
    together = bare["mixed"]
    assert [len(row) for row in together["tokens"]] == [LENGTH] * len(MIXED)
    for place in range(len(MIXED)):
        alone = {name: rows[0] for name, rows in bare[f"alone {place}"].items()}
        assert together["label"][place] == alone["label"]
        np.testing.assert_allclose(together["probability"][place], alone["probability"], atol=1e-5)
        for name, nothing in (("tokens", ""), ("start", 0), ("end", 0)):
            padded = alone[name] + [nothing] * (LENGTH - len(alone[name]))
            assert together[name][place] == padded
        width = len(alone["tokens"])
        values = np.array(together["contribution"][place])
        np.testing.assert_allclose(values[:width], alone["contribution"], atol=1e-4)
        assert not values[width:].any()


def test_invalid_bytes(bare):
    found = bare["damaged"]
    assert found["tokens"][0] == ["a", "\ufffd", "dull", "\ufffd", "film"]
    assert found["start"][0] == [0, 2, 9, 13, 15]
    assert found["tokens"][1] == ["good", "", "", "", ""]


def test_is_the_keras_model(saved_model, made):
    # One by one, and by the zoo's own data with its padded batches.
    model, data = made
    texts = [*data.splits["test"].texts, LONG]
    heat = float(saved_model.temperature)
    found = classification.predict(saved_model, texts)
    of_data = softmax(data.predict(model, texts) / heat, axis=-1)
    for text, prediction, row in zip(texts, found, of_data, strict=True):
        logits = ask(model, ids_of(read_by_hand(text))[None])[0]
        shares = list(prediction.probabilities.values())
        np.testing.assert_allclose(shares, softmax(logits / heat), atol=1e-3)
        np.testing.assert_allclose(shares, row, atol=1e-3)
        assert prediction.label == NAMES[logits.argmax()]
        assert prediction.probability == max(shares)
    assert {prediction.label for prediction in found} == set(NAMES)


def test_contributions_are_those_of_occlusion(saved_model, made):
    # 115 tokens are more than one chunk holds, and chunks go across texts.
    model, data = made
    texts = [*data.splits["test"].texts[:12], "", LONG, "fine zzz film"]
    heat = float(saved_model.temperature)
    predictions = classification.predict(saved_model, texts, contributions=True)
    for text, found in zip(texts, predictions, strict=True):
        tokens = read_by_hand(text)
        assert [word.text for word in found.words] == tokens
        if tokens:
            expected = occluded(model, ids_of(tokens), heat)
            values = [word.value for word in found.words]
            np.testing.assert_allclose(values, expected, atol=1e-3)
            assert np.abs(expected).max() > 0.01
    fine, unknown, film = predictions[-1].words
    assert unknown.value == 0.0 and fine.value and film.value


@pytest.mark.parametrize("keep", ["head", "tail", "both"])
def test_truncation(made, keep):
    model, data = made
    module = saving.ClassificationModule(model, data.encoder, NAMES, length=4, keep=keep)
    texts = ["a fine film was not good at all", "dull plot", ""]
    tokens, start, end, ids = (value.numpy() for value in module.read(tf.constant(texts)))
    assert tokens.shape == start.shape == end.shape == ids.shape == (3, 4)
    for text, row, *offsets, given in zip(texts, tokens, start, end, ids, strict=True):
        kept = read_by_hand(text, 4, keep)
        assert [token.decode() for token in row if token] == kept
        assert [text[a:b] for a, b in zip(*offsets, strict=True) if b] == kept
        assert given[given > 0].tolist() == (ids_of(kept).tolist() or [1])


def test_every_batch_that_can_be_asked_for():
    # Another model: one direction, and the last state, which is looked up by its place.
    model, data = small(cell="gru", pooling="last", bidirectional=False, adversary="labels")
    module = saving.ClassificationModule(model, data.encoder, NAMES)
    for texts in ([], [""], ["a zzz", "", "bad film"]):
        given = tf.constant(texts, tf.string, [len(texts)])
        assert module.serving_default(given)["probability"].shape == (len(texts), 3)
        assert np.isfinite(module.contributions(given)["contribution"]).all()


class TestTemperature:
    def test_is_fitted_on_dev(self, made, directory, bare, saved_model):
        model, data = made
        dev = data.splits["dev"]
        expected = temperature(data.predict(model, dev), dev.labels)
        assert not 0.9 < expected < 1.1
        assert bare["temperature"] == pytest.approx(expected)
        assert float(saved_model.temperature) == pytest.approx(expected)

    def test_is_1_without_dev(self, made, monkeypatch):
        saved = []
        monkeypatch.setattr(tf.saved_model, "save", lambda module, *_, **__: saved.append(module))
        model, data = made
        data = ClassificationData(data.encoder, NAMES, {}, language="en")
        assert saving.export(model, data, "nowhere") == {"temperature": 1.0}
        (module,) = saved
        assert float(module.temperature) == 1.0
        tokens, *_ = module.read(tf.constant(["can't"]))  # As the language of the data has it.
        assert tokens.numpy().tolist() == [[b"ca", b"n't"]]


def test_assets(directory):
    def lines(name):
        return (directory / "assets" / f"{name}.txt").read_text("utf-8").split("\n")

    assert lines("labels") == list(NAMES)
    assert lines("words") == WORDS


@pytest.mark.parametrize("lowercase", [True, False])
def test_the_encoder_can_be_read(directory, lowercase):
    preprocessing = {"length": 8} if lowercase else {"lowercase": False, "min_count": 2}
    description = {"recipe": {"preprocessing": preprocessing}}
    encoder = saving.read_encoder(directory, description)
    assert encoder.words == WORDS and encoder.digits and encoder.characters is None
    assert encoder(["Good", "good"])["tokens"].numpy().tolist() == [7 if lowercase else 1, 7]


class TestPredict:
    def test_one_text(self, saved_model):
        text = "A fine<br />film \N{SLIGHTLY SMILING FACE} ca"
        found = classification.predict(saved_model, text)
        assert type(found) is Classification
        assert found == classification.predict(saved_model, [text])[0]
        assert tuple(found.probabilities) == NAMES
        assert sum(found.probabilities.values()) == pytest.approx(1)
        assert found.probability == found.probabilities[found.label]
        assert found.words is None
        words = classification.predict(saved_model, text, contributions=True).words
        assert all(type(word) is Contribution for word in words)
        assert [word.text for word in words] == [text[word.start : word.end] for word in words]
        assert [word.text for word in words][1:3] == ["fine", "film"]

    @pytest.mark.parametrize("nothing", [[], (), iter([])])
    def test_nothing(self, saved_model, nothing):
        assert classification.predict(saved_model, nothing, contributions=True) == []

    def test_empty_texts(self, saved_model):
        found = classification.predict(saved_model, ["", " "], contributions=True)
        assert found[0].label == found[1].label and found[0].words == found[1].words == ()
        assert found[0].probability == pytest.approx(found[1].probability)

    @pytest.mark.parametrize("wrong", [5, None, b"film", ["film", 5], [b"film"], [["film"]]])
    def test_wrong_types(self, saved_model, wrong):
        said = r"`texts` must be a string or an iterable of strings\. Received"
        with pytest.raises(TypeError, match=said):
            classification.predict(saved_model, wrong)

    def test_lone_surrogates(self, saved_model):
        # No UTF-8 can hold them; the offsets still fit the text.
        text = "a \ud800 fine \udfff film"
        words = classification.predict(saved_model, text, contributions=True).words
        assert words[0].text == "a" and words[-1].end == len(text)
        assert all("\ud800" not in word.text for word in words)

    @pytest.mark.parametrize("batch_size", [1, 3, 64])
    def test_order(self, saved_model, monkeypatch, batch_size):
        monkeypatch.setattr(classification, "TEXTS_AT_A_TIME", 4)
        texts = ["a b c d e", "fine", "", "not dull", "x y z", "bad", "the plot was good"]
        found = classification.predict(
            saved_model, texts, contributions=True, batch_size=batch_size
        )
        assert [[word.text for word in row.words] for row in found] == [t.split() for t in texts]

    def test_a_stream_is_read_piece_by_piece(self, saved_model, monkeypatch):
        taken, seen = [], []
        classify = classification._classify

        def watched(*arguments):
            seen.append(len(taken))
            return classify(*arguments)

        monkeypatch.setattr(classification, "_classify", watched)
        monkeypatch.setattr(classification, "TEXTS_AT_A_TIME", 4)
        texts = (taken.append(text) or text for text in ["good film"] * 10)
        assert len(classification.predict(saved_model, texts)) == 10
        assert seen == [4, 8, 10]


def toy_run(output, seed=0, pretraining=None, **options):
    """A finished run, but for the training."""
    model, data = small(**options, seed=seed)
    recipe = Recipe(
        name="lstm_classifier.toy",
        task="classification",
        dataset="toy",
        data=small,
        builder=zoo.models.SequenceClassifier,
        hyperparameters={**OPTIONS, **options},
        preprocessing={"length": LENGTH, "keep": "both", "lowercase": True},
        pretraining=pretraining,
        seed=seed,
        language="en",
        licence="ours",
    )
    return training.Run(recipe, model, data, [{"epoch": 1, "seconds": 9.0}], output)


def test_published(tmp_path):
    pretraining = zoo.recipes.get("bilstm_lm.imdb_reviews")
    options = {"adversary": "virtual", "pooling": ("last", "max")}
    run = toy_run(tmp_path, seed=3, pretraining=pretraining, **options)
    pretrained = zoo.pretrained.Pretrained(zoo.export(run, tmp_path / "published"))
    texts = run.data.splits["test"]
    data = pretrained.adapt(run.data)
    assert pretrained.vocabulary == ["", "[UNK]", *WORDS]
    expected = run.data.predict(run.model, texts)
    np.testing.assert_allclose(data.predict(pretrained.model, texts), expected, atol=1e-4)
    assert type(pretrained.model) is type(run.model)
    heat = pretrained.description["temperature"]
    shares = [list(each.probabilities.values()) for each in pretrained.predict(texts.texts)]
    np.testing.assert_allclose(shares, softmax(expected / heat, axis=-1), atol=1e-3)
    assert 0.6 < pretrained.description["metrics"]["test"]["accuracy"] < 0.95
    assert pretrained.card == (tmp_path / "published" / "README.md").read_text()
    assert pretrained.description["command"].split(" && ") == [
        "zoo train bilstm_lm.imdb_reviews",
        "zoo train lstm_classifier.toy --seed 3 --output runs/lstm_classifier.toy.seed3",
        "zoo export lstm_classifier.toy --run runs/lstm_classifier.toy.seed3",
    ]


def test_runs_of_different_seeds_become_one_model(tmp_path):
    runs = [toy_run(tmp_path / str(seed), seed, pooling="max") for seed in (0, 1)]
    pretrained = zoo.pretrained.Pretrained(zoo.export(runs, tmp_path / "both"))
    assert pretrained.description["seeds"] == [0, 1]
    assert "(2 of them, averaged)" in pretrained.card
    texts = runs[0].data.splits["test"]
    expected = np.mean([run.data.predict(run.model, texts) for run in runs], axis=0)
    found = pretrained.adapt(runs[0].data).predict(pretrained.model, texts)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    labels = [each.label for each in pretrained.predict(texts.texts)]
    assert labels == [NAMES[place] for place in expected.argmax(axis=-1)]
