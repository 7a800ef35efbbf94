"""An exported tagger: the serving contract, kept in a process that has TensorFlow alone."""

import base64
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.data import tagging as data_module
from zoo.serving import tagging
from zoo.serving.saved_model import load
from zoo.serving.saved_model import tagging as saving
from zoo.serving.tagging import Token

# Reads a SavedModel where neither the zoo nor Keras can be imported; answers calls from stdin.
BARE = """
import base64, json, sys
sys.modules["zoo"] = sys.modules["keras"] = None
import tensorflow as tf

def plain(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value

def plainly(values):
    return [plainly(v) for v in values] if isinstance(values, list) else plain(values)

model = tf.saved_model.load(sys.argv[1])
answers = {"signatures": {
    name: [
        {key: [list(spec.shape), spec.dtype.name] for key, spec in specs.items()}
        for specs in (function.structured_input_signature[1], function.structured_outputs)
    ]
    for name, function in model.signatures.items()
}}
for case, (signature, argument, shape, values) in json.load(sys.stdin).items():
    values = [base64.b64decode(value) for value in values]
    given = tf.reshape(tf.constant(values, tf.string), shape)
    out = model.signatures[signature](**{argument: given})
    answers[case] = {
        name: [list(value.shape), value.dtype.name, plainly(value.numpy().tolist())]
        for name, value in out.items()
    }
loaded = [name for name in ("zoo", "keras") if sys.modules.get(name) is not None]
json.dump({"answers": answers, "loaded": loaded}, open(sys.argv[2], "w"))
"""

LONG = "the dog barks " * 3333 + "."
MIXED = ["", "The dogs were barking .", "  ", "A dog sleeps ."]
STRANGE = "字典 مرحبا नमस्ते ᚠᛇᚻ 👨‍👩‍👧‍👦 🇩🇪"
TEXTS = {
    "nothing": [""],
    "mixed": MIXED,
    "no texts": [],
    "long": [LONG],
    "strange": [STRANGE],
    "damaged": [b"a \xff dog\xc3 barks", "a dog barks"],
    **{f"alone {place}": [text] for place, text in enumerate(MIXED)},
}
TOKENS = {
    "no steps": np.empty((2, 0), object),
    "no sentences": np.empty((0, 3), object),
    "neither": np.empty((0, 0), object),
    "nothing as token": np.array([[""]], object),
    "tokens": np.array([["The", "dogs", "bark"], ["A", "", ""], ["", "", ""]], object),
    "damaged token": np.array([[b"\xff", "dog"]], object),
    "tokens of mixed": np.array([["The", "dogs", "were", "barking", "."]], object),
}


def encoded(values):
    utf8 = (value.encode() if isinstance(value, str) else value for value in values)
    return [base64.b64encode(value).decode() for value in utf8]


@pytest.fixture(scope="module")
def bare(published, tmp_path_factory):
    """What the SavedModel answers in a process of bare TensorFlow."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    calls = {
        name: ["serving_default", "text", [len(texts)], encoded(texts)]
        for name, texts in TEXTS.items()
    }
    for name, tokens in TOKENS.items():
        calls[name] = ["tokens", "tokens", tokens.shape, encoded(tokens.ravel())]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    found = subprocess.run(
        [sys.executable, "-c", BARE, published, elsewhere / "answers.json"],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        cwd=elsewhere,
        env=environment,
    )
    assert found.returncode == 0, found.stderr
    stored = json.loads((elsewhere / "answers.json").read_text())
    assert stored["loaded"] == []
    return stored["answers"]


def unpacked(values):
    if isinstance(values, list):
        return [unpacked(value) for value in values]
    return base64.b64decode(values).decode() if isinstance(values, str) else values


def answer(bare, name):
    """The outputs of a call, once shapes and types are those of the contract."""
    shapes = {tuple(shape) for shape, _, _ in bare[name].values()}
    assert len(shapes) == 1
    kinds = {"tokens": "string", "tags": "string", "probability": "float32"}
    kinds |= {"start": "int32", "end": "int32"}
    found = {output: kind for output, (_, kind, _) in bare[name].items()}
    assert found == {output: kinds[output] for output in found}
    return {output: unpacked(values) for output, (_, _, values) in bare[name].items()}


def shape(bare, name):
    return bare[name]["tags"][0]


def test_signatures(bare):
    row, rows = [None], [None, None]
    text, ids = [rows, "string"], [rows, "int32"]
    tags = {"tags": text, "probability": [rows, "float32"]}
    assert bare["signatures"] == {
        "serving_default": [
            {"text": [row, "string"]},
            {"tokens": text, "start": ids, "end": ids, **tags},
        ],
        "tokens": [{"tokens": text}, tags],
    }


def test_a_sentence(bare, small_run):
    found = answer(bare, "alone 1")
    assert found["tokens"] == [["The", "dogs", "were", "barking", "."]]
    assert found["start"] == [[0, 4, 9, 14, 22]]
    assert found["end"] == [[3, 8, 13, 21, 23]]
    assert set(found["tags"][0]) <= set(small_run.data.tags)
    assert all(1 / len(small_run.data.tags) <= p <= 1 for p in found["probability"][0])


def test_nothing_alone(bare):
    empty = {"tokens": [[""]], "tags": [[""]], "probability": [[0.0]], "start": [[0]], "end": [[0]]}
    assert answer(bare, "nothing") == empty
    assert answer(bare, "alone 2") == empty
    assert answer(bare, "nothing as token") == {"tags": [[""]], "probability": [[0.0]]}


def test_nothing_in_a_mixed_batch(bare):
    found = answer(bare, "mixed")
    assert shape(bare, "mixed") == [4, 5]
    for place in (0, 2):
        assert found["tokens"][place] == found["tags"][place] == [""] * 5
        assert found["probability"][place] == [0.0] * 5
        assert found["start"][place] == found["end"][place] == [0] * 5
    assert found["tokens"][3] == ["A", "dog", "sleeps", ".", ""]


def test_a_padded_row_is_as_alone(bare):
    together = answer(bare, "mixed")
    for place in range(len(MIXED)):
        alone = answer(bare, f"alone {place}")
        width = len(alone["tokens"][0])
        for name in ("tokens", "tags", "start", "end"):
            assert together[name][place][:width] == alone[name][0]
        np.testing.assert_allclose(
            together["probability"][place][:width], alone["probability"][0], atol=1e-5
        )
        assert not any(together["probability"][place][width:])


def test_tokens_are_tagged_as_their_text(bare):
    text, tokens = answer(bare, "alone 1"), answer(bare, "tokens of mixed")
    assert tokens["tags"] == text["tags"]
    np.testing.assert_allclose(tokens["probability"], text["probability"], atol=1e-5)


def test_ten_thousand_tokens(bare):
    found = answer(bare, "long")
    assert shape(bare, "long") == [1, 10_000]
    assert found["tokens"][0] == LONG.split()
    assert all(found["tags"][0]) and np.isfinite(found["probability"]).all()
    assert found["end"][0][-1] == len(LONG)


def test_unseen_scripts_and_emoji(bare, small_run):
    found = answer(bare, "strange")
    assert found["tokens"] == [STRANGE.split()]
    assert set(found["tags"][0]) <= set(small_run.data.tags)


def test_invalid_bytes(bare):
    found = answer(bare, "damaged")
    assert found["tokens"][0] == ["a", "\ufffd", "dog", "\ufffd", "barks"]
    assert found["start"][0] == [0, 2, 4, 7, 9]
    assert all(found["tags"][0])
    assert all(answer(bare, "damaged token")["tags"][0])


def test_sizes_of_nothing(bare):
    assert shape(bare, "no texts") == [0, 1]
    assert shape(bare, "no steps") == [2, 1]
    assert answer(bare, "no steps") == {"tags": [[""], [""]], "probability": [[0.0], [0.0]]}
    assert shape(bare, "no sentences") == [0, 3]
    assert shape(bare, "neither") == [0, 1]


def test_padded_tokens_have_no_tag(bare):
    found = answer(bare, "tokens")
    assert [[bool(tag) for tag in row] for row in found["tags"]] == [
        [True, True, True],
        [True, False, False],
        [False, False, False],
    ]
    assert [[p > 0 for p in row] for row in found["probability"]] == [
        [bool(tag) for tag in row] for row in found["tags"]
    ]


def expected(run, sentences):
    """Tags and probabilities by the Keras model and NumPy, a sentence at a time."""
    for tokens in sentences:
        x = {name: ids.numpy()[None] for name, ids in run.data.encoder(tokens).items()}
        logits = run.model.predict_on_batch(x if len(x) > 1 else x["tokens"])[0]
        exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
        shares = exponents / exponents.sum(axis=-1, keepdims=True)
        yield [run.data.tags[place] for place in shares.argmax(-1)], shares.max(-1)


@pytest.fixture(scope="module")
def saved_model(published):
    return load(published)


def test_is_the_keras_model(saved_model, small_run):
    # The model in hand has the weights that were published: publishing rounds both.
    sentences = small_run.data.splits["test"].tokens[:50]
    found = tagging.predict(saved_model, sentences)
    for row, (tags, shares) in zip(found, expected(small_run, sentences), strict=True):
        assert [token.tag for token in row] == tags
        np.testing.assert_allclose([token.probability for token in row], shares, atol=1e-3)
    assert len({token.tag for row in found for token in row}) > 2


def test_assets(published, small_run):
    def lines(name):
        return (published / "assets" / f"{name}.txt").read_text("utf-8").split("\n")

    assert lines("tags") == small_run.data.tags
    assert lines("words") == small_run.data.encoder.words
    assert lines("characters") == small_run.data.encoder.characters


def test_a_model_without_characters(tmp_path):
    # It has one input instead of two, and must keep the same contract.
    data = data_module.load("grammar_text", limit=20, characters=False)
    model = zoo.models.SequenceTagger(**data.sizes, units=4, embedding_dim=4)
    saving.export(model, data, tmp_path / "model")
    found = tagging.predict(load(tmp_path / "model"), ["", "The dog barks .", "A"])
    assert [len(row) for row in found] == [0, 4, 1]
    encoder = saving.read_encoder(tmp_path / "model", {"recipe": {"preprocessing": {}}})
    assert encoder.words == data.encoder.words and encoder.characters is None


class TestPredict:
    def test_one_text(self, saved_model):
        found = tagging.predict(saved_model, "A dog  barks.")
        assert all(type(token) is Token for token in found)
        assert [token.text for token in found] == ["A", "dog", "barks", "."]
        assert [(token.start, token.end) for token in found] == [(0, 1), (2, 5), (7, 12), (12, 13)]
        assert all(isinstance(token.tag, str) and 0 < token.probability <= 1 for token in found)

    def test_texts(self, saved_model):
        found = tagging.predict(saved_model, ("A dog barks.", "", "Stop!"))
        assert [[token.text for token in row] for row in found] == [
            ["A", "dog", "barks", "."],
            [],
            ["Stop", "!"],
        ]

    def test_lists_of_tokens_stay_as_they_are(self, saved_model):
        sentences = [["A", "ping - pong", "table"], [], ("don't",), ["x", "", "y"]]
        found = tagging.predict(saved_model, sentences)
        assert [[token.text for token in row] for row in found] == [list(row) for row in sentences]
        assert [bool(token.tag) for token in found[3]] == [True, False, True]
        assert all(token.start is None and token.end is None for row in found for token in row)

    @pytest.mark.parametrize("nothing", [[], ()])
    def test_nothing(self, saved_model, nothing):
        assert tagging.predict(saved_model, nothing) == []

    def test_empty_sentences_only(self, saved_model):
        assert tagging.predict(saved_model, "") == []
        assert tagging.predict(saved_model, [[], []]) == [[], []]

    @pytest.mark.parametrize(
        "wrong",
        [
            5,
            None,
            b"A dog",
            ["A dog", 5],
            ["A dog", ["A", "dog"]],
            [["A", 5]],
            [b"A dog"],
            [[["A"]]],
        ],
    )
    def test_wrong_types(self, saved_model, wrong):
        said = r"`texts` must be a sentence or a list of sentences.*Received"
        with pytest.raises(TypeError, match=said):
            tagging.predict(saved_model, wrong)

    def test_lone_surrogates(self, saved_model):
        # No UTF-8 can hold them; the offsets still fit the text.
        text = "a \ud800dog \udfff."
        found = tagging.predict(saved_model, text)
        assert found[0].text == "a" and found[-1].end == len(text)
        assert all("\ud800" not in token.text for token in found)
        tokens = tagging.predict(saved_model, [["a", "\ud800"]])[0]
        assert [token.text for token in tokens] == ["a", "\ud800"]

    @pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
    def test_order_over_several_batches(self, saved_model, batch_size):
        texts = ["a b c d e", "f", "", "g h", "i j k", "l", "m n"]
        found = tagging.predict(saved_model, texts, batch_size=batch_size)
        assert [[token.text for token in row] for row in found] == [text.split() for text in texts]
        found = tagging.predict(
            saved_model, [text.split() for text in texts], batch_size=batch_size
        )
        assert [[token.text for token in row] for row in found] == [text.split() for text in texts]

    def test_batches_change_nothing(self, saved_model, small_run):
        sentences = small_run.data.splits["dev"].tokens[:20]
        together = tagging.predict(saved_model, sentences)
        for row, tokens in zip(together, sentences, strict=True):
            alone = tagging.predict(saved_model, [tokens])[0]
            assert [token.tag for token in row] == [token.tag for token in alone]
            np.testing.assert_allclose(
                [token.probability for token in row],
                [token.probability for token in alone],
                atol=1e-5,
            )


def test_half_precision_weights(published):
    # The exported variables are what makes the file half as large.
    index = tf.train.load_checkpoint(str(published / "variables" / "variables"))
    kinds = {
        kind.name for name, kind in index.get_variable_to_dtype_map().items() if "values" in name
    }
    assert "float16" in kinds and "float32" not in kinds
