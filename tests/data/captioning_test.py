"""Pictures and captions: what is read, how it becomes batches, what a model then says."""

import os
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import models
from zoo.data import captioning, sources
from zoo.data.arrays import Arrays
from zoo.data.captioning import END, CaptioningData, Pictures
from zoo.data.text import TokenEncoder

SMALL = {"filters": (4, 6), "units": 5, "embedding_dim": 4}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def shapes(folder):
    return captioning.load("shape_captions/tiny", data_dir=folder)


@pytest.fixture
def several():
    """Pictures that have one, three and two captions."""
    images = np.arange(3, dtype="uint8").reshape(3, 1, 1, 1) + np.zeros((3, 4, 4, 3), "uint8")
    captions = (("a dog",), ("a red dog runs", "dogs", "a zebra runs"), ("a cat", "the cat runs"))
    encoder = TokenEncoder([END, "a", "dog", "cat", "runs", "red"], None, lowercase=False)
    return CaptioningData(encoder, {"train": Pictures(images, captions)}, steps=5)


def test_scenes_come_with_what_is_in_them(shapes):
    assert {name: len(split) for name, split in shapes.splits.items()} == {
        "train": 200,
        "dev": 50,
        "test": 50,
        "test_unseen": 50,
    }
    split = shapes.splits["dev"]
    assert split.images.dtype == np.uint8 and split.images.shape == (50, 32, 32, 3)
    for (caption,), things, relations in zip(
        split.captions, split.objects, split.relations, strict=True
    ):
        names = [" ".join(thing) for thing in things]
        between = [f" {to} a {name}" for to, name in zip(relations, names[1:], strict=True)]
        assert caption == f"a {names[0]}" + " and".join(between)


def test_a_slice_is_of_all(shapes):
    split = shapes.splits["test"][3:5]
    assert len(split) == len(split.images) == len(split.objects) == len(split.relations) == 2
    assert split.captions[0] == shapes.splits["test"].captions[3]


def test_every_caption_stands_beside_its_picture(several):
    x, y = several.encode(several.splits["train"])
    assert [row.tolist() for row in y] == [
        [3, 4, 2],
        [3, 7, 4, 6, 2],
        [1, 2],
        [3, 1, 6, 2],
        [3, 5, 2],
        [1, 5, 6, 2],
    ]
    assert [row.tolist() for row in x["previous"]] == [[2, *row[:-1].tolist()] for row in y]
    assert [int(x["image"][row][0, 0, 0]) for row in range(6)] == [0, 1, 1, 1, 2, 2]
    assert several.text([3, 7, 4, 1, 0, 0]) == "a red dog"


def test_batches_mix_long_and_short(shapes):
    """Else batch normalization tells how many objects there are."""
    batches = shapes.batches("train", 20, seed=0)
    lengths = [weight.sum(axis=1) for _, _, weight in batches]
    assert all(len(set(each)) > 1 for each in lengths)
    assert sum(map(len, lengths)) == 200


def test_trains_on_several_captions_of_a_picture():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 8, 8, 3), "uint8")
    pictures = Pictures(images, (("a red dog", "a dog"), ("a cat", "a cat sits")) * 2)
    encoder = TokenEncoder([END, "a", "dog", "cat"], None)
    data = CaptioningData(encoder, {"train": pictures}, steps=4)
    x, y, _ = next(iter(data.batches("train", 4, seed=0)))
    assert (len(x["image"]), len(x["previous"]), len(y)) == (2, 4, 4)
    model = models.ImageCaptioner(
        "convolutional", **data.sizes, filters=(4,), units=4, embedding_dim=4
    )
    batches = data.batches("train", 4, seed=0)
    history = model.fit(batches.dataset(), epochs=2, shuffle=False, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


def test_arrays_bring_the_same_batches(shapes, tmp_path):
    Arrays.of(shapes).write(tmp_path)
    read = Arrays.read(tmp_path)
    assert read.sizes == shapes.sizes
    for split, seed in (("train", 3), ("dev", None)):
        pairs = zip(
            shapes.batches(split, 16, seed=seed), read.batches(split, 16, seed=seed), strict=True
        )
        for (x, *mine), (other_x, *other) in pairs:
            for first, second in zip(
                [*mine, x["image"], x["previous"]],
                [*other, other_x["image"], other_x["previous"]],
                strict=True,
            ):
                np.testing.assert_array_equal(first, second)
                assert first.dtype == second.dtype


TRAINED = """
import dataclasses, json, pathlib, sys
import numpy as np
import zoo
from zoo.data.arrays import Arrays
arrays, output, options = sys.argv[1:]
recipe = zoo.recipes.get("captioner.shape_captions")
hyperparameters = {"backbone": "convolutional", **json.loads(options)}
run = zoo.train(
    recipe, data=Arrays.read(arrays), output=output, epochs=1, hyperparameters=hyperparameters
)
assert np.isfinite(run.history[-1]["val_perplexity"])
"""


def test_trains_from_arrays_on_every_backend(shapes, tmp_path, backend_process):
    Arrays.of(CaptioningData(shapes.encoder, _first(shapes, 40), shapes.steps)).write(tmp_path)
    backend_process.run(TRAINED, tmp_path, tmp_path / "run", '{"filters": [4, 6], "units": 5}')
    assert (tmp_path / "run" / "best.weights.h5").exists()


def _first(data, number):
    return {name: split[:number] for name, split in data.splits.items()}


def test_words_are_those_that_papers_measure():
    assert captioning.words(" Two dogs , one black ; the other's WHITE . ") == (
        "two dogs one black the others white"
    )


def test_squares_are_cut_from_the_middle():
    image = np.zeros((6, 12, 3), "uint8")
    image[:, 3:9] = 200
    np.testing.assert_array_equal(captioning.squared(image, 3), np.full((3, 3, 3), 200, "uint8"))
    random = np.random.default_rng(0).integers(0, 256, (2, 7, 7, 3)).astype("uint8")
    np.testing.assert_array_equal(captioning.squared(tf.constant(random), 7), random)
    halved = captioning.squared(random[:, :6, :6], 3).numpy()
    blocks = random[:, :6, :6].reshape(2, 3, 2, 3, 2, 3).mean(axis=(2, 4))
    assert abs(halved - blocks).mean() < 30, "a scaled pixel is near the mean of those it covers"


def photographs(monkeypatch, features):
    """Has TFDS give three photographs of different sizes, with captions as `features` says."""
    shapes = ((9, 12, 3), (12, 9, 3), (10, 10, 3))
    examples = [
        {"image": np.full(shape, 50 * place, "uint8"), **features(place)}
        for place, shape in enumerate(shapes)
    ]
    signature = {
        name: tf.nest.map_structure(lambda value: tf.TensorSpec(None, tf.string), value)
        for name, value in features(0).items()
    }
    signature["image"] = tf.TensorSpec((None, None, 3), tf.uint8)

    def load(name, split, data_dir=None):
        return tf.data.Dataset.from_generator(lambda: examples, output_signature=signature)

    monkeypatch.setattr(sources, "load", load)
    info = types.SimpleNamespace(info=types.SimpleNamespace(features={}))
    monkeypatch.setattr(sources, "builder", lambda *_: info)


def flickr8k(place):
    said = ["A dog runs .", f"The dog number {place} runs far away .", " . "]
    return {"captions": np.array(said)}


def coco(place):
    return {"captions": {"text": flickr8k(place)["captions"]}}


@pytest.mark.parametrize(("dataset", "features"), [("flickr8k", flickr8k), ("coco_captions", coco)])
def test_photographs_are_cut_to_one_size(monkeypatch, dataset, features):
    photographs(monkeypatch, features)
    data = captioning.load(dataset, side=6, min_count=2, length=4)
    assert data.sizes["image_shape"] == [6, 6, 3]
    assert data.splits["train"].images[:, 0, 0, 0].tolist() == [0, 50, 100]
    assert data.splits["train"].captions[1] == ("a dog runs", "the dog number 1")
    assert data.splits["dev"].captions[1] == ("a dog runs", "the dog number 1 runs far away")
    assert data.splits["dev"].objects is None
    assert data.steps == 5
    known = {"a", "dog", "runs", "the", "number"}  # The digits occur but once.
    assert set(data.encoder.words) == {END, *known}
    assert len(captioning.load(dataset, side=6, limit=2).splits["test"]) == 2
    with pytest.raises(ValueError, match="of different sizes, so `side` must be given"):
        captioning.load(dataset)


def test_unknown_data_sets_are_named():
    with pytest.raises(ValueError, match="`dataset` must be one of 'shape_captions', 'flickr8k'"):
        captioning.load("flickr9k")


@pytest.fixture(scope="module")
def model(shapes):
    keras.utils.set_random_seed(0)
    model = models.ImageCaptioner("convolutional", **shapes.sizes, **SMALL)
    model.optimizer.learning_rate = 0.02
    for x, y, weight in shapes.batches("train", 32, seed=0):
        model.train_on_batch(x, y, weight)
    return model


@pytest.mark.parametrize("beams", [1, 3])
def test_predicts_what_it_describes(shapes, model, beams):
    split = shapes.splits["dev"][:7]
    found = captioning.describe(model, split.images, steps=shapes.steps, beams=beams)
    said = shapes.predict(model, split, beams=beams, batch_size=3)
    assert said == [shapes.text(row) for row in found.tokens.numpy()]
    assert any(said)


def test_one_beam_takes_the_likeliest_word(shapes, model):
    (picture,) = shapes.splits["dev"].images[:1]
    found = captioning.describe(model, picture[None], steps=4, beams=1).tokens.numpy()[0]
    previous = [2]
    for token in found:
        x = {"image": picture[None], "previous": np.array([previous], "int32")}
        logits = model.predict_on_batch(x)[0, -1]
        likeliest = 2 + int(logits[2:].argmax())  # Neither padding nor unknown.
        assert token == (0 if likeliest == 2 else likeliest)
        if likeliest == 2:
            break
        previous.append(likeliest)


def test_is_evaluated_on_seen_and_unseen(small_captioner):
    described = zoo.pretrained.read_description(small_captioner)["metrics"]
    assert described["test"]["pictures"] == described["test_unseen"]["pictures"] == 50
    for found in described.values():
        assert 0 <= found["exact_match"] <= found["numbers"] <= 1
        assert [each["name"] for each in found["baselines"]] == [
            "most frequent caption",
            "nearest picture",
        ]


@pytest.mark.slow
def test_flickr8k():
    """Needs flickr8k in TFDS_DATA_DIR. The splits are those of the benchmark."""
    if not os.path.isdir(os.path.join(os.environ.get("TFDS_DATA_DIR", ""), "flickr8k")):
        pytest.skip("needs real data: set TFDS_DATA_DIR to a folder with flickr8k")
    for split, number in (("train", 6_000), ("dev", 1_000), ("test", 1_000)):
        # A mirror may lack some photographs.
        assert number - 5 < len(sources.load("flickr8k", split)) <= number
    data = captioning.load("flickr8k", side=16, min_count=5, length=24)
    captions = [len(several) for several in data.splits["train"].captions]
    assert set(captions) == {5}
    assert data.steps == 25
