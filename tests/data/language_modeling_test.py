"""The pipeline of running text: every token is predicted once, after what stands before it."""

import os

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.data import language_modeling, sources
from zoo.data.arrays import Arrays
from zoo.data.language_modeling import LanguageModelingData, Stream
from zoo.data.text import TokenEncoder

REVIEWS = {
    "train": ["Good film.<br /><br />I don't mind 1999.", "", "A good  film\nis rare."],
    "dev": ["A bad film."],
    "test": ["Good 1998."],
}
PLAY = {"train": "To be,\nor not to be: 42", "dev": "To bee!", "test": "Née 2"}


@pytest.fixture
def corpora(monkeypatch):
    """Two data sets by the names of the real ones, made up here."""
    monkeypatch.setattr(language_modeling, "TEXTS_AT_A_TIME", 2)

    def load(name, split, data_dir=None):
        (ours,) = (key for key, its in language_modeling.SPLITS[name].items() if its == split)
        texts = REVIEWS[ours] if name == "imdb_reviews" else [PLAY[ours]]
        return tf.data.Dataset.from_tensor_slices({"text": texts})

    monkeypatch.setattr(sources, "load", load)


def read_back(data, stream):
    """The tokens behind the ids of a stream."""
    known = ["", "[UNK]", *data.encoder.words]
    return [known[index] for index in stream.ids]


def test_reviews_are_closed_by_a_newline(corpora):
    data = language_modeling.load("imdb_reviews", lowercase=True)
    train = " ".join(read_back(data, data.splits["train"]))
    # The second review is empty.
    assert train == "\n good film . i do n't mind 1999 . \n \n a good film is rare . \n"
    assert read_back(data, data.splits["dev"]) == ["\n", "a", "[UNK]", "film", ".", "\n"]
    assert read_back(data, data.splits["test"]) == ["\n", "good", "[UNK]", ".", "\n"]
    assert data.splits["train"].ids.dtype == np.int32


def test_characters_are_the_text_and_nothing_else(corpora):
    data = language_modeling.load("tiny_shakespeare", unit="characters")
    train = read_back(data, data.splits["train"])
    assert train[0] == "\n"
    assert "".join(train[1:]) == PLAY["train"]
    assert data.splits["train"].tokens == len(PLAY["train"])
    assert read_back(data, data.splits["test"]) == ["\n", "[UNK]", "[UNK]", "e", " ", "2"]
    assert set(data.encoder.words) == set(PLAY["train"]), "digits and case are kept"
    assert data.encoder.words[:2] == [" ", "o"], "sorted by falling frequency"


def test_vocabulary_is_of_train_and_no_larger_than_asked(corpora):
    data = language_modeling.load("imdb_reviews", lowercase=True, max_vocabulary=6)
    assert data.sizes == {"vocabulary_size": 6}
    assert data.encoder.words == ["\n", ".", "film", "good"]
    assert language_modeling.load("imdb_reviews", min_count=3).encoder.words == ["\n", "."]
    cased = language_modeling.load("imdb_reviews").encoder.words
    assert {"Good", "good", "1999"} <= set(cased)
    assert not {"bad", "1998", "0000"} & set(cased)


def test_limit_is_a_number_of_windows(corpora):
    whole = language_modeling.load("imdb_reviews", steps=2)
    data = language_modeling.load("imdb_reviews", steps=2, limit=2)
    assert [len(data.splits[split]) for split in ("train", "dev", "test")] == [2, 2, 2]
    assert read_back(data, data.splits["train"]) == read_back(whole, whole.splits["train"])[:5]


@pytest.mark.parametrize("tokens", [1, 6, 7, 8, 203])
@pytest.mark.parametrize("seed", [None, 0])
def test_every_token_is_predicted_exactly_once(tokens, seed):
    ids = np.arange(1, tokens + 2, dtype="int32")
    data = LanguageModelingData(TokenEncoder([], None), {"train": Stream(ids, steps=7)})
    predicted = []
    for x, y, weight in data.batches("train", 4, seed=seed):
        real = weight.astype(bool)
        assert (x[real] == y[real] - 1).all(), "the token before is read"
        assert (x[~real] == 0).all()
        predicted += y[real].tolist()
    assert sorted(predicted) == ids[1:].tolist()


def test_a_slice_is_a_stream_of_those_windows():
    stream = Stream(np.arange(1, 20, dtype="int32"), steps=4)
    assert len(stream) == 5
    pieces = [stream[:2], stream[2:4], stream[4:]]
    assert [len(piece) for piece in pieces] == [2, 2, 1]
    assert np.concatenate([piece.ids[1:] for piece in pieces]).tolist() == stream.ids[1:].tolist()
    assert [piece.ids[0] for piece in pieces] == [1, 9, 17]
    assert stream[:None].tokens == stream[:99].tokens == 18
    assert stream[5:].tokens == 0


def test_predict_gives_each_token_its_probability_in_order(monkeypatch):
    """A model whose logits follow from the token that it reads, asked in small batches."""
    rng = np.random.default_rng(0)
    encoder = TokenEncoder(list("abcdef"), None, lowercase=False, digits=True)
    size = encoder.sizes["vocabulary_size"]
    table = rng.normal(size=(size, size)).astype("float32")
    stream = Stream(rng.integers(1, size, 100).astype("int32"), steps=7)
    data = LanguageModelingData(encoder, {"test": stream})
    widths = []

    class Model:
        def predict_on_batch(self, x):
            widths.append(len(x))
            return table[x]

    probabilities = np.exp(table) / np.exp(table).sum(axis=1, keepdims=True)
    expected = np.log(probabilities[stream.ids[:-1], stream.ids[1:]])
    found = data.predict(Model(), stream, batch_size=4)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert max(widths) == 4
    widths.clear()
    monkeypatch.setattr(language_modeling, "LARGEST_LOGITS", 2 * 7 * size)
    np.testing.assert_allclose(data.predict(Model(), stream), expected, atol=1e-5)
    assert max(widths) == 2, "a large vocabulary makes the batches smaller"


def test_trains_and_is_evaluated(corpora, tmp_path):
    recipe = zoo.recipes.get("lstm_lm.tiny_shakespeare")
    small = {"units": 4, "embedding_dim": 3}
    changes = {"hyperparameters": small, "preprocessing": {"unit": "characters", "steps": 5}}
    run = zoo.train(recipe, **changes, epochs=2, output=tmp_path / "run")
    assert run.best["val_perplexity"] == min(row["val_perplexity"] for row in run.history)
    found = zoo.evaluation.evaluate(run.recipe, run.model, run.data, split="dev")
    assert found["perplexity"] == pytest.approx(run.best["val_perplexity"], rel=1e-4)
    assert found["tokens"] == len(PLAY["dev"])
    limited = zoo.evaluation.evaluate(run.recipe, run.model, run.data, split="dev", limit=1)
    assert limited["tokens"] == 5


def test_frequencies_are_those_of_train():
    encoder = TokenEncoder(list("abc"), None, lowercase=False, digits=True)
    stream = Stream(np.array([2, 2, 3, 2, 1]), 2)
    data = LanguageModelingData(encoder, {"train": stream}, "characters", frequencies=True)
    np.testing.assert_allclose(np.exp(data.sizes["output_bias"]), np.array([1, 2, 4, 2, 1]) / 10)
    model = zoo.models.LanguageModel(**data.sizes, units=4, embedding_dim=4, tied=True)
    np.testing.assert_allclose(model.get_layer("logits").bias, data.sizes["output_bias"], 1e-6)


def test_arrays_bring_the_same_batches(corpora, tmp_path):
    data = language_modeling.load("tiny_shakespeare", unit="characters", steps=5)
    Arrays.of(data).write(tmp_path)
    read = Arrays.read(tmp_path)
    assert read.sizes == data.sizes
    for mine, other in zip(
        data.batches("train", 2, seed=0), read.batches("train", 2, seed=0), strict=True
    ):
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_unknown_names_are_told():
    with pytest.raises(ValueError, match="`dataset` must be one of 'tiny_shakespeare', 'penn_tr"):
        language_modeling.load("shakespeare")
    with pytest.raises(ValueError, match="`unit` must be one of 'words', 'characters', 'tokens'"):
        language_modeling.load("tiny_shakespeare", unit="bytes")


@pytest.mark.slow
def test_tiny_shakespeare():
    """Needs tiny_shakespeare in TFDS_DATA_DIR. The splits are 90, 5 and 5 % of 1,115,394."""
    _needs_real_data()
    data = language_modeling.load("tiny_shakespeare", unit="characters", steps=128)
    tokens = {split: stream.tokens for split, stream in data.splits.items()}
    assert tokens == {"train": 1_003_854, "dev": 55_770, "test": 55_770}
    assert data.sizes == {"vocabulary_size": 65 + 2}
    assert all((stream.ids > 1).all() for stream in data.splits.values()), "all are known"


@pytest.mark.slow
def test_splits_of_imdb_reviews():
    """Needs imdb_reviews in TFDS_DATA_DIR. No review is in two splits; the tokens are read once."""
    _needs_real_data()
    sizes = {"train": 74_250, "dev": 750, "test": 25_000}
    for split, its in language_modeling.SPLITS["imdb_reviews"].items():
        assert len(sources.load("imdb_reviews", its)) == sizes[split]
    data = language_modeling.load("imdb_reviews", lowercase=True, steps=64, limit=50)
    words = read_back(data, data.splits["train"])
    assert len(words) == 1 + 50 * 64
    assert "<br" not in words and "the" in words and "\n" in words[1:]


def _needs_real_data():
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with the data sets")
