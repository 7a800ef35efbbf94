"""Served language models: what they write, and how likely they say that texts are."""

import itertools
import subprocess
import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import evaluation, models
from zoo.data.lanes import Lanes
from zoo.data.language_modeling import LanguageModelingData, Stream
from zoo.data.text import TokenEncoder
from zoo.layers import decoding
from zoo.metrics import language_modeling as metrics
from zoo.serving import language_modeling as serving
from zoo.serving.saved_model import language_modeling as saving
from zoo.serving.saved_model import load, weights

LINE = "the old sea sings to the stone,\nand the stone to the sea.\n"


def made(unit, tokens, **options):
    """A small language model, trained for a moment on a text of our own, and its data."""
    keras.utils.set_random_seed(0)
    encoder = TokenEncoder(sorted(set(tokens)), None, lowercase=False, digits=True)
    ids = encoder(["\n", *tokens * 12])["tokens"].numpy()
    splits = {"train": Stream(ids, 16), "test": Stream(ids[:101], 7)}
    data = LanguageModelingData(encoder, splits, unit, options.get("lanes"))
    model = models.LanguageModel(
        **data.sizes, units=12, embedding_dim=6, dropout=0.1, optimizer="adam", **options
    )
    model.optimizer.learning_rate = 0.02
    for seed in range(3):
        for x, y, weight in data.batches("train", 4, seed=seed):
            model.train_on_batch(x, y, weight)
    return model, data


def words():
    return LINE.replace("\n", " \n ").split(" ")[:-1]


@pytest.fixture(scope="module")
def characters():
    return made("characters", list(LINE), lanes=4, cell="lstm", weight_dropout=0.2)


@pytest.fixture(scope="module")
def exported(characters, tmp_path_factory):
    directory = tmp_path_factory.mktemp("language_model") / "model"
    assert saving.export(*characters, directory) == {"unit": "characters"}
    return directory


@pytest.fixture(scope="module")
def saved(exported):
    return load(exported)


@pytest.fixture(scope="module")
def of_words(tmp_path_factory):
    directory = tmp_path_factory.mktemp("language_model") / "words"
    model, data = made("tokens", words(), cell="gru")
    saving.export(model, data, directory)
    return weights.restore(model, directory), data, load(directory)


def by_hand(model, data, prompt, length, temperature, seed, place=0):
    """What the model writes, taken token by token with the Keras model itself."""
    known = ["", "", *data.encoder.words]
    read = ["\n", *prompt]
    draws = tf.random.stateless_uniform([length], seed=[seed, place]).numpy()
    for draw in draws:
        ids = data.encoder([read])["tokens"].numpy()
        x = {"tokens": ids, "begins": np.array([True])} if data.lanes else ids
        logits = model.predict_on_batch(x)[0, -1].astype("float64") / temperature
        logits[:2] = -np.inf
        share = np.exp(logits - logits.max())
        read.append(known[int(np.searchsorted(np.cumsum(share) / share.sum(), draw, "right"))])
    return read[1 + len(prompt) :]


def test_writes_what_the_keras_model_would(characters, exported, saved):
    model, data = characters
    weights.restore(model, exported)  # Rounded to half precision, as they were written.
    prompts = ["the s", "", "and"]
    found = serving.predict(saved, prompts, length=15, temperature=0.7, seed=5)
    for place, (prompt, text) in enumerate(zip(prompts, found, strict=True)):
        assert text == prompt + "".join(by_hand(model, data, prompt, 15, 0.7, 5, place))


def test_the_same_seed_writes_the_same_text(saved):
    texts = [serving.predict(saved, "the ", length=60, seed=seed) for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) == len("the ") + 60
    several = serving.predict(saved, ["the "] * 3, length=60, seed=3)
    assert several[0] == texts[0], "what else is in the batch changes nothing"
    assert len(set(several)) == 3, "yet every place draws for itself"
    longer = serving.predict(saved, ["a long prompt"] * 2 + ["the "], length=60, seed=3)
    assert longer[2] == several[2]


def test_a_shorter_text_is_the_beginning_of_a_longer_one(saved):
    texts = [serving.predict(saved, "the", length=n, seed=1) for n in (0, 1, 7, 30)]
    assert texts[0] == "the"
    assert all(long.startswith(short) for short, long in itertools.pairwise(texts))


def test_cold_and_cut_off_it_takes_the_likeliest(characters, exported, saved):
    model, data = characters
    weights.restore(model, exported)
    expected = "the" + "".join(by_hand(model, data, "the", 20, 1e-3, 0))
    for options in ({"temperature": 0}, {"top_k": 1}, {"top_p": 1e-3}):
        assert serving.predict(saved, "the", length=20, seed=9, **options) == expected
    plain = serving.predict(saved, "the", length=20, seed=9)
    loose = serving.predict(saved, "the", length=20, seed=9, top_k=1000)
    # The order of the draws' shares differs where they are sorted: as likely, another text.
    assert len(loose) == len(plain)


def test_cutting_off_is_that_of_decoding(characters, exported, saved):
    model, data = characters
    weights.restore(model, exported)
    step, start = models.language_modeling.stepwise(model)
    draws = tf.random.stateless_uniform([25], seed=[2, 0])[None]
    ids = data.encoder(["\n"])["tokens"].numpy()
    options = {"top_k": 3, "top_p": 0.8}
    found = decoding.sample(
        step, ids, start(1), draws, temperature=1.5, forbidden=(0, 1), **options
    )
    known = ["", "", *data.encoder.words]
    expected = "".join(known[index] for index in found.tokens.numpy()[0])
    assert serving.predict(saved, "", length=25, temperature=1.5, seed=2, **options) == expected


def test_score_is_what_evaluation_says_of_the_same_text(characters, exported, saved):
    model, data = characters
    weights.restore(model, exported)
    stream = data.splits["test"]
    known = ["", "?", *data.encoder.words]
    text = "".join(known[index] for index in stream.ids[1:])
    found = serving.score(saved, text)
    assert [each.text for each in found.tokens] == list(text)
    np.testing.assert_allclose(
        [-each.nats for each in found.tokens], data.predict(model, stream), atol=1e-5
    )
    recipe = types.SimpleNamespace(task="language_modeling")
    report = evaluation.evaluate(recipe, model, data)
    assert found.log_probability == pytest.approx(-report["nats"] * stream.tokens, rel=1e-5)
    assert found.perplexity == pytest.approx(report["perplexity"], rel=1e-5)


@pytest.mark.parametrize("steps", [1, 7, 16, 100, 1000])
@pytest.mark.parametrize("lanes", [None, 4])
def test_perplexity_counts_every_token_once(characters, steps, lanes):
    """Windows that do not divide the text, and lanes that do not either, change no count."""
    model, data = characters
    ids = data.splits["test"].ids[:99]
    one_by_one = Lanes(ids, 1, 1)
    counted = sum(int(weight.sum()) for *_, weight in Lanes(ids, lanes or 1, steps))
    assert counted == one_by_one.tokens == 98
    found = data.predict(model, Stream(ids, steps))
    assert metrics.report(found)["tokens"] == 98
    np.testing.assert_allclose(found, data.predict(model, Stream(ids, 1)), atol=1e-5)
    total = sum(float(-nats) for nats in found.astype("float64"))
    assert metrics.report(found)["perplexity"] == pytest.approx(np.exp(total / 98))


def test_scores_of_a_batch_are_those_of_its_rows(saved, monkeypatch):
    texts = ["the sea", "", "a stone\nand the old, old sea.", "Ω\ufffdx", " "]
    out = saved.signatures["score"](text=tf.constant(texts))
    assert out["tokens"].numpy().tolist() == [len(text) for text in texts]
    alone = serving.score(saved, texts)
    np.testing.assert_allclose(
        out["log_probability"], [each.log_probability for each in alone], rtol=1e-5, atol=1e-5
    )
    assert alone[1].log_probability == 0 and alone[1].tokens == () and alone[1].perplexity == 1
    nothing = saved.signatures["score"](text=tf.constant([""]))
    assert nothing["log_probability"].numpy().tolist() == [0]


def test_a_text_longer_than_a_window_is_read_on(saved):
    text = LINE * 9
    assert len(text) > 2 * saving.WINDOW - 50
    whole = serving.score(saved, text)
    step = serving.score(saved, text[: saving.WINDOW + 1])
    np.testing.assert_allclose(
        [each.nats for each in step.tokens],
        [each.nats for each in whole.tokens[: saving.WINDOW + 1]],
        atol=1e-5,
    )


def test_broken_bytes_become_one_character(saved):
    given = tf.constant([b"the \xff sea"])
    assert saved.signatures["score"](text=given)["tokens"].numpy().tolist() == [9]
    options = {"length": 2, "temperature": 1.0, "seed": 0}
    options = {name: tf.constant(value) for name, value in options.items()}
    (text,) = saved.signatures["serving_default"](prompt=given, **options)["text"].numpy()
    assert text.decode().startswith("the \ufffd sea")
    assert serving.predict(saved, "the \ud800", length=0) == "the ?"


def test_words_are_written_with_spaces(of_words):
    model, data, saved = of_words
    prompts = ["the old", "", "the sea. ", "the old sea ,\n", "zebras"]
    found = serving.predict(saved, prompts, length=12, temperature=0.5)
    for place, (prompt, text) in enumerate(zip(prompts, found, strict=True)):
        assert text.startswith(prompt)
        cut = prompt.replace("\n", " \n ").split(" ")
        expected = by_hand(model, data, [each for each in cut if each], 12, 0.5, 0, place)
        assert text[len(prompt) :].replace("\n", " \n ").split() == " ".join(expected).split()
        assert " \n" not in text[len(prompt) :] and "\n " not in text[len(prompt) :]
        assert not text.startswith(" ") and "  " not in text
    scored = serving.score(saved, "the old sea")
    assert [each.text for each in scored.tokens] == ["the", "old", "sea"]
    assert scored.separator == " "


def test_needs_nothing_of_the_zoo(exported, saved):
    script = (
        "import sys, tensorflow as tf\n"
        "saved = tf.saved_model.load(sys.argv[1])\n"
        "out = saved.signatures['serving_default'](prompt=tf.constant(['the ']), "
        "length=tf.constant(20), temperature=tf.constant(0.8), seed=tf.constant(1))\n"
        "assert 'zoo' not in sys.modules, 'imported'\n"
        "print(out['text'].numpy()[0].decode().encode())\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(exported)], capture_output=True, text=True, cwd="/"
    )
    expected = serving.predict(saved, "the ", length=20, temperature=0.8, seed=1)
    assert found.stdout.strip() == str(expected.encode()), found.stderr


def test_no_text_that_was_read_last_goes_with_it(exported, characters):
    model, _ = characters
    for state in weights.restore(model, exported).get_layer("carried_state").kept:
        assert not keras.ops.convert_to_numpy(state).any()


def test_the_encoder_comes_back(characters, exported):
    description = {"recipe": {"preprocessing": {"unit": "characters"}}}
    encoder = saving.read_encoder(exported, description)
    assert encoder.words == characters[1].encoder.words and "\n" in encoder.words
    assert not encoder.lowercase and encoder.digits


def test_a_model_that_cannot_write_is_refused(characters, tmp_path):
    both = models.BidirectionalLanguageModel(9, units=4, samples=4)
    with pytest.raises(ValueError, match=r"must be a `zoo.models.LanguageModel`, .* to start"):
        saving.export(both, characters[1], tmp_path / "model")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"prompts": 7}, TypeError, "`prompts` must be a string or an iterable of strings"),
        ({"prompts": ["a", b"b"]}, TypeError, r"Received: b'b' \(bytes\)"),
        ({"length": -1}, ValueError, "`length` must be 0 or more. Received: -1"),
        ({"length": 1.5}, TypeError, "float"),
        ({"temperature": -0.1}, ValueError, "`temperature` must be 0 or more"),
        ({"temperature": float("nan")}, ValueError, "`temperature` must be 0 or more"),
        ({"seed": 2**31}, ValueError, "`seed` must be a number of 32 bits"),
        ({"top_k": 0}, ValueError, "`top_k` must be at least 1"),
        ({"top_p": 1.5}, ValueError, "`top_p` must be above 0 and at most 1"),
    ],
)
def test_what_cannot_be_meant_is_named(saved, options, error, said):
    with pytest.raises(error, match=said):
        serving.predict(saved, **options)


def test_no_prompts_no_texts(saved):
    assert serving.predict(saved, []) == [] == serving.score(saved, [])
    with pytest.raises(TypeError, match="`texts` must be a string"):
        serving.score(saved, None)
