"""Pairs of texts: ids of both sides, buckets, and decoding that is the model's own."""

import os

import keras
import numpy as np
import pytest

from zoo.data import sources, translation
from zoo.data.arrays import Arrays
from zoo.data.subwords import END_ID, SubwordEncoder
from zoo.data.translation import Pairs, TranslationData
from zoo.models import Seq2Seq

SOURCES = ("walk", "jump twice", "walk and jump", "jump and walk twice", "walk twice")
TARGETS = ("W", "J J", "W J", "J W W", "W W")


@pytest.fixture(scope="module")
def data():
    pairs = Pairs(SOURCES, TARGETS)
    encoder = SubwordEncoder.fit([*SOURCES, *TARGETS])
    return TranslationData(encoder, {"train": pairs, "dev": pairs[:2]}, steps=8)


def test_previous_is_the_target_one_step_later(data):
    x, y = data.encode(data.splits["train"])
    assert len(x["previous"]) == len(x["source"]) == len(y) == 5
    for previous, source, target, text in zip(x["previous"], x["source"], y, TARGETS, strict=True):
        assert previous[0] == target[-1] == source[-1] == END_ID
        np.testing.assert_array_equal(previous[1:], target[:-1])
        assert data.encoder.text([target]) == [text]


def test_both_sides_are_padded_on_their_own(data):
    for x, y, weight in data.batches("train", 2, seed=1):
        assert x["previous"].shape == y.shape == weight.shape
        np.testing.assert_array_equal(weight, x["previous"] != 0)
        assert (x["source"] != 0).any(axis=0).all() and (y != 0).any(axis=0).all()


def test_one_vocabulary_sizes_both_sides(data):
    assert data.sizes == {"source_vocabulary_size": 9, "target_vocabulary_size": 9}


def test_slices_of_pairs():
    pairs = Pairs(SOURCES, TARGETS)
    assert len(pairs[1:3]) == 2 and pairs[1:3].targets == TARGETS[1:3]


def test_arrays_give_the_same_batches(data, tmp_path):
    Arrays.of(data).write(tmp_path)
    read = Arrays.read(tmp_path)
    assert read.sizes == data.sizes
    for seed in (None, 3):
        pairs = (each.batches("train", 2, seed=seed) for each in (data, read))
        for (x, *rest), (other_x, *others) in zip(*pairs, strict=True):
            for one, other in zip([*x.values(), *rest], [*other_x.values(), *others], strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def model(data):
    keras.utils.set_random_seed(3)
    made = Seq2Seq(**data.sizes, units=6, embedding_dim=5, bidirectional=False)
    for weight in made.trainable_variables:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.5))
    return made


def likelihood(model, data, source, target):
    """The log-probability of a translation, by teacher forcing."""
    x, y = data.encode(Pairs((source,), (target,)))
    logits = model({name: arrays[0][None] for name, arrays in x.items()})
    nats = keras.losses.sparse_categorical_crossentropy(y[0][None], logits, from_logits=True)
    return -float(keras.ops.sum(nats))


def test_greedy_takes_the_likeliest_step_by_step(model, data):
    ids = data.encoder(list(SOURCES)).numpy()
    found = translation.translate(model, ids, steps=5)
    for row, source in enumerate(SOURCES):
        previous = [END_ID]
        for step in range(5):
            x = {"source": data.encoder([source]).numpy(), "previous": np.array([previous])}
            logits = np.array(model(x))[0, -1]
            logits[:2] = -np.inf
            best = int(logits.argmax())
            if best == END_ID:
                assert not found.tokens.numpy()[row, step:].any()
                break
            assert found.tokens.numpy()[row, step] == best
            previous.append(best)


def test_beam_search_is_the_best_of_all(model, data):
    """With as many beams as there are beginnings it finds the likeliest of all short answers."""
    words = data.encoder.words[1:]
    every = ["", *words, *(f"{a} {b}" for a in words for b in words)]
    every = [text.replace("▁", "") for text in every]
    likely = {text: likelihood(model, data, "jump twice", text) for text in every}
    ids = data.encoder(["jump twice"]).numpy()
    options = {"steps": 3, "beams": 64, "length_penalty": 0.0}
    found = translation.translate(model, ids, **options)
    text = data.encoder.text(found.tokens)[0]
    if len(text.split()) < 3:  # Else it was cut, and has no end that could be compared.
        assert text == max(likely, key=likely.get)
        assert float(found.log_probability[0]) == pytest.approx(likely[text], rel=1e-4)
    assert float(found.log_probability[0]) >= max(likely.values()) - 1e-4


def test_predict_keeps_the_order_of_pairs(model, data):
    pairs = data.splits["train"]
    found = data.predict(model, pairs, batch_size=2)
    alone = [data.predict(model, pairs[k : k + 1])[0] for k in range(len(pairs))]
    assert found == alone


def test_unknown_data_sets_are_named():
    with pytest.raises(ValueError, match="`dataset` must be one of 'scan/simple'"):
        translation.load("scan")
    with pytest.raises(ValueError, match="`dataset` must be one of 'scan/simple'"):
        translation.read("scan/none", "train")
    with pytest.raises(ValueError, match="`split` must be one of 'train', 'dev', 'test'"):
        translation.read("scan/simple", "valid")


@pytest.fixture
def made_up(monkeypatch):
    """SCAN's features, made up."""
    import tensorflow as tf

    def load(name, split, data_dir=None):
        count = {"train[:95%]": 4, "train[95%:]": 1, "test": 2}[split]
        examples = {"commands": SOURCES[:count], "actions": TARGETS[:count]}
        return tf.data.Dataset.from_tensor_slices({k: list(v) for k, v in examples.items()})

    monkeypatch.setattr(sources, "load", load)


def test_load(made_up):
    data = translation.load("scan/simple", beams=3)
    assert {name: len(split) for name, split in data.splits.items()} == {
        "train": 4,
        "dev": 1,
        "test": 2,
    }
    assert data.beams == 3 and data.steps == 2 * 4
    assert len(translation.load("scan/simple", limit=2).splits["train"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("split", ["simple", "length", "addprim_jump"])
def test_scan(split):
    """Needs SCAN in TFDS_DATA_DIR. The numbers of pairs are those of its README."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with scan")
    data = translation.load(f"scan/{split}")
    train, dev, test = (data.splits[name] for name in ("train", "dev", "test"))
    train_pairs, test_pairs = {
        "simple": (16728, 4182),
        "length": (16990, 3920),
        "addprim_jump": (14670, 7706),
    }[split]
    assert (len(train) + len(dev), len(test)) == (train_pairs, test_pairs)
    assert data.sizes["source_vocabulary_size"] == 3 + 13 + 6
    assert set(data.encoder(list(test.sources)).numpy().ravel()).isdisjoint({1})
    if split == "length":
        assert max(len(text.split()) for text in train.targets) == 22
        assert max(len(text.split()) for text in test.targets) == 48 > 22
    assert data.steps > max(len(text.split()) for text in test.targets) or split == "length"


@pytest.mark.slow
def test_multi30k():
    """Needs multi30k in TFDS_DATA_DIR."""
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with multi30k")
    data = translation.load("multi30k/en_de", pieces=4000, min_count=5)
    numbers = {name: len(split) for name, split in data.splits.items()}
    assert numbers == {"train": 29000, "dev": 1014, "test": 1000, "test_2017": 1000}
    assert 3500 < data.sizes["target_vocabulary_size"] <= 4000
    dev = data.splits["dev"].targets
    ids = data.encoder(list(dev))
    back = [" ".join(text.split()) for text in dev]
    assert np.mean([a == b for a, b in zip(data.encoder.text(ids), back, strict=True)]) > 0.99
