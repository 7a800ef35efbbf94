"""Exported translators: strings in, the same strings out as in training, and where they looked."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from zoo.data.subwords import SubwordEncoder
from zoo.data.translation import Pairs, TranslationData
from zoo.models import Seq2Seq
from zoo.serving import translation as serving
from zoo.serving.saved_model import load, weights
from zoo.serving.saved_model import translation as saving

SOURCES = ("a dog runs", "the old dog sleeps", "a cat", "the cat runs , the dog sleeps")
TARGETS = ("ein Hund rennt", "der alte Hund schläft", "eine Katze", "die Katze rennt")
TEXTS = [*SOURCES, "a  cat\u00a0sleeps ", "the 🐶 dog", "the"]


@pytest.fixture(scope="module")
def data():
    pairs = Pairs(SOURCES, TARGETS)
    encoder = SubwordEncoder.fit([*SOURCES, *TARGETS] * 2, pieces=120)
    return TranslationData(encoder, {"train": pairs, "test": pairs}, steps=20, beams=3)


@pytest.fixture(scope="module")
def model(data):
    """One that has learned enough of its sentences to end them."""
    keras.utils.set_random_seed(0)
    options = {"attention": "multiplicative", "dropout": 0.0}
    optimizer = keras.optimizers.Adam(0.02)
    made = Seq2Seq(**data.sizes, units=16, embedding_dim=12, **options, optimizer=optimizer)
    x, y, weight = next(iter(data.batches("train", 4)))
    made.fit(x, y, sample_weight=weight, epochs=60, verbose=0)
    return made


@pytest.fixture(scope="module")
def exported(model, data, tmp_path_factory):
    directory = tmp_path_factory.mktemp("translator") / "model"
    told = saving.export(model, data, directory)
    assert told == {"steps": 20, "beams": 3, "attention": True}
    return directory


@pytest.fixture(scope="module")
def saved(exported):
    return load(exported)


def test_strings_come_out_as_in_training(model, data, exported, saved):
    weights.restore(model, exported)  # In half precision, as they were written.
    found = serving.predict(saved, TEXTS)
    assert found == data.predict(model, Pairs(tuple(TEXTS), ("",) * len(TEXTS)))
    assert all(found) and len(set(found)) > 1
    assert serving.predict(saved, TEXTS[0]) == found[0]
    assert serving.predict(saved, []) == []


def test_tells_where_it_looked(model, data, exported, saved):
    weights.restore(model, exported)
    told = serving.predict(saved, TEXTS, attention=True)
    assert [each.text for each in told] == serving.predict(saved, TEXTS)
    for text, each in zip(TEXTS, told, strict=True):
        assert each.source[-1] == "</s>"
        assert "".join(each.source[:-1]).replace("▁", " ").split() == text.split()
        assert "".join(each.target).replace("▁", " ").strip() == each.text
        assert each.attention.shape == (len(each.target), len(each.source))
        np.testing.assert_allclose(each.attention.sum(axis=1), 1, rtol=1e-4)


def test_the_probability_is_that_of_the_translation(model, data, exported, saved):
    """Teacher forcing on the translation says the same as the search that found it."""
    weights.restore(model, exported)
    told = serving.predict(saved, TEXTS, attention=True)
    for text, each in zip(TEXTS[: len(TARGETS)], told, strict=False):
        ids = [2 + data.encoder.words.index(piece) for piece in each.target]
        x = {"source": data.encoder([text]).numpy(), "previous": np.array([[2, *ids]])}
        nats = keras.losses.sparse_categorical_crossentropy(
            np.array([[*ids, 2]]), model(x), from_logits=True
        )
        assert float(-keras.ops.sum(nats)) == pytest.approx(each.log_probability, rel=1e-3)


def test_nothing_becomes_nothing(saved):
    for signature in ("serving_default", "attention"):
        out = saved.signatures[signature](text=[b"", b"a dog", b" \xc2\xa0\n", b"\xff"])
        assert out["text"].numpy()[[0, 2]].tolist() == [b"", b""]
        assert out["log_probability"].numpy()[[0, 2]].tolist() == [0, 0]
        assert np.isfinite(out["log_probability"]).all() and out["log_probability"][1] < 0
        alone = saved.signatures[signature](text=[b""])
        assert alone["text"].numpy().tolist() == [b""]
    empty = serving.predict(saved, "", attention=True)
    assert empty.source == ("</s>",) and empty.target == () and empty.attention.shape == (0, 1)


def test_a_batch_changes_nothing(saved):
    together = serving.predict(saved, TEXTS, attention=True)
    alone = [serving.predict(saved, text, attention=True) for text in TEXTS]
    assert [each.text for each in together] == [each.text for each in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, rel=1e-4)
        np.testing.assert_allclose(one.attention, other.attention, atol=1e-5)


def test_needs_nothing_of_the_zoo(exported, saved):
    script = (
        "import sys\n"
        "sys.modules['zoo'] = sys.modules['keras'] = None\n"
        "import tensorflow as tf\n"
        "saved = tf.saved_model.load(sys.argv[1])\n"
        "out = saved.signatures['serving_default'](text=tf.constant(['a dog runs', '']))\n"
        "print(out['text'].numpy().tolist(), out['log_probability'].shape)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(exported)], capture_output=True, text=True, cwd="/"
    )
    expected = [serving.predict(saved, "a dog runs").encode(), b""]
    assert found.stdout.strip() == f"{expected} (2,)", found.stderr


def test_without_attention(data, tmp_path):
    keras.utils.set_random_seed(0)
    model = Seq2Seq(**data.sizes, units=8, embedding_dim=6, attention=None, bidirectional=False)
    assert not saving.export(model, data, tmp_path / "model")["attention"]
    saved = load(tmp_path / "model")
    weights.restore(model, tmp_path / "model")
    assert serving.predict(saved, SOURCES) == data.predict(model, data.splits["test"])
    with pytest.raises(ValueError, match="`attention` needs a model that has some"):
        serving.predict(saved, SOURCES, attention=True)


def test_the_encoder_comes_back(exported, data):
    assert saving.read_encoder(exported, {}).words == data.encoder.words


@pytest.mark.parametrize("given", [7, None, [b"a dog"], ["a", 7]])
def test_what_is_no_text_is_named(saved, given):
    with pytest.raises(TypeError, match="`texts` must be a string or an iterable of strings"):
        serving.predict(saved, given)
