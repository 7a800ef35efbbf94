"""Labelled texts: what is in which split, what is read of them, and in what order."""

import collections
import hashlib
import os
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.data import classification, sources
from zoo.data.arrays import Arrays
from zoo.data.classification import ClassificationData, Texts, phrases
from zoo.data.text import TokenEncoder

NAMES = ["neg", "pos"]
REVIEWS = {
    "train": [
        ("A good film<br />", 1),
        ("Bad .", 0),
        ("bad bad bad\nplot", 0),
        ("1999 was good", 1),
    ],
    "test": [("Not good", 0), ("fine", 1), ("plot", 0)],
    "unsupervised": [("who knows", -1), ("no one", -1)],
}
SENTENCES = {
    "train": [
        ("a fine old film ", 1),
        ("fine old ", 1),
        ("old", 1),
        ("old fine", 1),
        ("a film", 0),
        ("no film at all ", 0),
    ],
    "validation": [("a film", 1)],
}
QUESTIONS = {
    "train": [(f"What is number {n} ?", n % 6) for n in range(400)],
    "test": [("Who ?", 3), ("Why ?", 1), ("Where ?", 4), ("When ?", 5)],
}
CORPORA = {"imdb_reviews": REVIEWS, "glue/sst2": SENTENCES, "trec": QUESTIONS}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.fixture
def corpora(monkeypatch, tmp_path):
    """The three data sets by their names, made up here, with lists of what is held out."""

    def load(name, split, data_dir=None):
        text, label = classification.FEATURES[name]
        texts, labels = zip(*CORPORA[name][split], strict=True)
        return tf.data.Dataset.from_tensor_slices({text: list(texts), label: list(labels)})

    def builder(name, data_dir=None):
        _, label = classification.FEATURES[name]
        features = {label: types.SimpleNamespace(names=NAMES)}
        return types.SimpleNamespace(info=types.SimpleNamespace(features=features))

    monkeypatch.setattr(sources, "load", load)
    monkeypatch.setattr(sources, "builder", builder)
    monkeypatch.setattr(classification, "TEXTS_AT_A_TIME", 2)
    for name, held_out in (("imdb_reviews", "Bad ."), ("glue/sst2", "a fine old film ")):
        path = tmp_path / f"{digest(name)}.txt"
        path.write_text(digest(held_out) + "\n")
        monkeypatch.setitem(classification.HELD_OUT, name, str(path))


def test_dev_is_what_is_listed_and_train_the_rest(corpora):
    dev, train = (classification.read("imdb_reviews", split) for split in ("dev", "train"))
    assert dev.texts == ["Bad ."] and dev.labels.tolist() == [0]
    assert train.texts == [text for text, _ in REVIEWS["train"] if text != "Bad ."]
    assert train.labels.tolist() == [1, 0, 1]
    assert train.names == ("neg", "pos")


def test_phrases_of_a_sentence_of_dev_are_nowhere(corpora):
    assert classification.read("glue/sst2", "dev").texts == ["a fine old film "]
    train = classification.read("glue/sst2", "train").texts
    assert train == ["old fine", "a film", "no film at all "], (
        "only what is one of its phrases goes"
    )
    assert classification.read("glue/sst2", "test").texts == ["a film"]


def test_a_tenth_of_the_questions_is_dev_always_the_same(corpora):
    dev, train = (classification.read("trec", split) for split in ("dev", "train"))
    assert len(dev) + len(train) == 400 and 20 < len(dev) < 60
    assert not set(dev.texts) & set(train.texts)
    assert dev.texts == [
        text for text, _ in QUESTIONS["train"] if int(digest(text), 16) < 0.1 * 2**64
    ]
    for texts in (dev, train):
        assert [int(text.split()[3]) % 6 for text in texts.texts] == texts.labels.tolist()


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_limit_is_of_the_split_itself(corpora, split):
    whole = classification.read("trec", split)
    some = classification.read("trec", split, limit=3)
    assert some.texts == whole.texts[:3] and some.labels.tolist() == whole.labels[:3].tolist()


def test_unlabelled_texts_are_those_of_imdb_alone(corpora):
    found = classification.read("imdb_reviews", "unlabelled")
    assert found.texts == ["who knows", "no one"] and found.labels.tolist() == [-1, -1]
    with pytest.raises(ValueError, match=r"`split` must be one of 'train', 'dev', 'test'\."):
        classification.read("trec", "unlabelled")
    with pytest.raises(ValueError, match="`dataset` must be one of 'imdb_reviews'"):
        classification.read("yelp", "train")


def test_phrases_are_all_runs_of_words():
    words = ["a", "b", "c", "b"]
    expected = set()
    for length in range(1, 5):
        expected.update(" ".join(words[i : i + length]) for i in range(5 - length))
    assert phrases(" a  b c b ") == expected
    assert phrases("") == set()


def test_texts_are_sliced_and_added():
    texts = Texts(["a", "b", "c"], np.array([1, 0, -1]), ("n", "p"))
    assert (
        len(texts) == 3 and texts[1:].texts == ["b", "c"] and texts[1:].labels.tolist() == [0, -1]
    )
    both = texts[:1] + texts[2:]
    assert (both.texts, both.labels.tolist(), both.names) == (["a", "c"], [1, -1], ("n", "p"))
    kept = texts.where([True, False, True])
    assert (kept.texts, kept.labels.tolist()) == (["a", "c"], [1, -1])


def test_words_are_counted_in_train_alone(corpora):
    data = classification.load("imdb_reviews")
    assert data.encoder.words == ["bad", "good", "1999", "a", "film", "plot", "was"]
    assert data.sizes == {"vocabulary_size": 9, "num_classes": 2}
    assert set(data.splits) == {"train", "dev", "test"}
    assert classification.load("imdb_reviews", min_count=2).encoder.words == ["bad", "good"]
    assert classification.load("imdb_reviews", max_vocabulary=3).encoder.words == ["bad"]
    assert "Bad" not in classification.load("imdb_reviews", lowercase=False).encoder.words
    assert "A" in classification.load("imdb_reviews", lowercase=False).encoder.words


def test_words_may_be_given_and_the_end_of_a_text_is_none_of_them(corpora):
    data = classification.load("imdb_reviews", words=["\n", "plot", "good"])
    assert len(data.encoder.words) == 3 and data.encoder.words[1:] == ["plot", "good"]
    x, _ = data.encode(Texts(["good\nplot", "\n"], np.array([0, 0]), data.names))
    assert [row.tolist() for row in x["tokens"]] == [[4, 3], [1]]


def data(texts=("A good film", "Bad !", "", "a b c d e f g h"), labels=(1, 0, 0, 1), **options):
    encoder = TokenEncoder(["good", "film", "bad", *"abcdefgh"], None)
    train = Texts(list(texts), np.array(labels, "int32"), ("neg", "pos"))
    return ClassificationData(encoder, train.names, {"train": train, "dev": train}, **options)


@pytest.mark.parametrize(
    ("options", "last"),
    [
        ({}, [5, 6, 7, 8, 9, 10, 11, 12]),
        ({"length": 4}, [5, 6, 7, 8]),
        ({"length": 4, "keep": "tail"}, [9, 10, 11, 12]),
        ({"length": 4, "keep": "both"}, [5, 10, 11, 12]),
    ],
)
def test_ids_are_those_of_what_is_kept(options, last):
    made = data(**options)
    x, y = made.encode(made.splits["train"])
    # A text of nothing is one unknown word, since a row must have a step.
    assert [row.tolist() for row in x["tokens"]] == [[5, 2, 3], [4, 1], [1], last]
    assert all(row.dtype == np.int32 for row in x["tokens"])
    assert y.tolist() == [1, 0, 0, 1]


def with_unlabelled():
    made = data()
    made.splits["unlabelled"] = Texts(["h g", "bad"], np.array([-1, -1], "int32"), made.names)
    return made


def test_unlabelled_texts_are_in_train_and_weigh_nothing():
    weights = {}
    for tokens, y, weight in with_unlabelled().batches("train", 4, seed=0):
        for row, label, each in zip(tokens.tolist(), y, weight, strict=True):
            weights[tuple(id for id in row if id)] = (label, each)
    assert weights[12, 11] == (0, 0) and weights[4,] == (0, 0)
    assert len(weights) == 6 and sum(each for _, each in weights.values()) == 4
    assert weights[5, 2, 3] == (1, 1)
    assert sum(len(x) for x, _, _ in with_unlabelled().batches("dev", 4)) == 4


def test_arrays_hold_the_same_batches(tmp_path):
    made = with_unlabelled()
    Arrays.of(made).write(tmp_path)
    read = Arrays.read(tmp_path)
    assert read.sizes == made.sizes
    for split, seed in (("train", 3), ("dev", None)):
        pairs = zip(
            made.batches(split, 2, seed=seed), read.batches(split, 2, seed=seed), strict=True
        )
        for mine, other in pairs:
            for first, second in zip(mine, other, strict=True):
                np.testing.assert_array_equal(first, second)
                assert first.dtype == second.dtype


def counting_model():
    """Its logits are how many real tokens a text has, and the sum of their ids."""
    tokens = keras.Input((None,), dtype="int32")
    ids = keras.ops.cast(tokens, "float32")
    real = keras.ops.cast(tokens != 0, "float32")
    logits = keras.ops.stack([keras.ops.sum(real, axis=1), keras.ops.sum(ids, axis=1)], axis=-1)
    return keras.Model(tokens, logits)


def test_predictions_come_in_the_order_of_the_texts(monkeypatch):
    monkeypatch.setattr(classification, "TEXTS_AT_A_TIME", 7)
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), rng.integers(1, 12))) for _ in range(23)]
    ids = {letter: place for place, letter in enumerate("abcdefgh", start=5)}
    expected = [[len(text.split()), sum(ids[each] for each in text.split())] for text in texts]
    made, model = data(), counting_model()
    for given in (texts, Texts(texts, np.zeros(23), made.names), iter(texts)):
        found = made.predict(model, given, batch_size=3)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected)
    assert made.predict(model, []).shape == (0, 2)


def test_a_stream_is_read_piece_by_piece(monkeypatch):
    monkeypatch.setattr(classification, "TEXTS_AT_A_TIME", 5)
    drawn, seen = [], []

    def stream():
        for number in range(17):
            drawn.append(number)
            yield "a b"

    class Model:
        def predict_on_batch(self, x):
            seen.append(len(drawn))
            return np.zeros((len(x), 2), "float32")

    assert data().predict(Model(), stream(), batch_size=5).shape == (17, 2)
    assert seen == [5, 10, 15, 17]


def needs(name):
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip(f"needs real data: set TFDS_DATA_DIR to a folder with {name}")


def sizes(dataset):
    splits = {each: classification.read(dataset, each) for each in ("train", "dev", "test")}
    assert all(set(texts.labels) == set(range(len(texts.names))) for texts in splits.values())
    return splits, [len(texts) for texts in splits.values()]


@pytest.mark.slow
def test_trec():
    """Needs trec in TFDS_DATA_DIR."""
    needs("trec")
    splits, counts = sizes("trec")
    assert counts == [4925, 527, 500]
    assert not set(splits["dev"].texts) & set(splits["train"].texts)
    assert set(splits["train"].names) == {"ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"}
    where = splits["train"].where([text.startswith("Where") for text in splits["train"].texts])
    assert np.mean(where.labels == where.names.index("LOC")) > 0.9


@pytest.mark.slow
def test_sst2():
    """Needs glue/sst2 in TFDS_DATA_DIR, and half a minute."""
    needs("glue")
    splits, counts = sizes("glue/sst2")
    assert counts == [58_994, 725, 872]
    train = collections.Counter(" ".join(text.split()) for text in splits["train"].texts)
    for sentence in splits["dev"].texts:
        words = sentence.split()
        for end in range(1, len(words) + 1):
            assert not any(" ".join(words[start:end]) in train for start in range(end)), sentence


@pytest.mark.slow
def test_imdb_reviews():
    """Needs imdb_reviews in TFDS_DATA_DIR, and half a minute."""
    needs("imdb_reviews")
    splits, counts = sizes("imdb_reviews")
    assert counts == [22_263, 2737, 25_000]
    assert not set(splits["dev"].texts) & set(splits["train"].texts)
    # Neither of both parts may be one class for the most part.
    for part in ("train", "dev"):
        assert 0.45 < splits[part].labels.mean() < 0.55
