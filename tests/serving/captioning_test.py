"""Serving captioners: any picture in, the same caption out as of the Keras model."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import models
from zoo.data import captioning as data_module
from zoo.data.captioning import END, CaptioningData, Pictures
from zoo.data.text import TokenEncoder
from zoo.serving import captioning as serving
from zoo.serving.saved_model import captioning as saving
from zoo.serving.saved_model import load, weights

WORDS = [END, "a", "red", "blue", "dog", "cat", "runs"]


@pytest.fixture(scope="module")
def data():
    images = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype("uint8")
    captions = tuple((f"a {colour} dog runs",) for colour in ["red", "blue"] * 3)
    encoder = TokenEncoder(WORDS, None, lowercase=False, digits=True)
    splits = {"train": Pictures(images, captions), "test": Pictures(images, captions)}
    return CaptioningData(encoder, splits, steps=6)


def built(data, **options):
    defaults = {"filters": (4, 6), "blocks": 1, "units": 5, "embedding_dim": 4}
    return models.ImageCaptioner("convolutional", **data.sizes, **{**defaults, **options})


@pytest.fixture(scope="module")
def model(data):
    keras.utils.set_random_seed(1)
    model = built(data, input_feeding=True)
    model.optimizer.learning_rate = 0.05
    for _ in range(3):
        for x, y, weight in data.batches("train", 3, seed=0):
            model.train_on_batch(x, y, weight)
    return model


@pytest.fixture(scope="module")
def exported(model, data, tmp_path_factory):
    directory = tmp_path_factory.mktemp("captioner") / "model"
    told = saving.export(model, data, directory)
    assert told == {"steps": 6, "grid": [4, 4]}
    return directory


def test_captions_are_those_of_the_keras_model(model, data, exported):
    weights.restore(model, exported)  # Rounded to half precision, as they were written.
    saved = load(exported)
    images = data.splits["test"].images
    found = serving.predict(saved, images)
    assert [each.text for each in found] == data.predict(model, data.splits["test"])
    expected = data_module.describe(model, images, steps=6)
    np.testing.assert_allclose(
        [each.log_probability for each in found], expected.log_probability, rtol=1e-4
    )
    assert any(each.text for each in found)


def test_the_probability_is_that_of_the_caption(model, data, exported):
    """Teacher forcing on the caption says the same as the search that found it."""
    weights.restore(model, exported)
    for image, found in zip(
        data.splits["test"].images,
        serving.predict(load(exported), data.splits["test"].images),
        strict=True,
    ):
        (x, *_), (y, *_) = _one(data, found.text)
        logits = model({"image": image[None], "previous": x[None]})
        nats = keras.losses.sparse_categorical_crossentropy(y[None], logits, from_logits=True)
        if len(y) < 6:  # A caption that was cut has no end.
            assert float(-keras.ops.sum(nats)) == pytest.approx(found.log_probability, rel=1e-3)


def _one(data, text):
    x, y = data.encode(Pictures(np.zeros((1, 16, 16, 3), "uint8"), ((text,),)))
    return x["previous"], y


def test_tells_where_it_looked(exported, data):
    saved = load(exported)
    images = data.splits["test"].images
    plain, told = serving.predict(saved, images), serving.predict(saved, images, attention=True)
    assert [each.text for each in plain] == [each.text for each in told]
    assert plain[0].attention is None
    for each in told:
        assert each.attention.shape == (len(each.text.split()), 4, 4)
        np.testing.assert_allclose(each.attention.sum(axis=(1, 2)), 1, rtol=1e-4)


def test_a_batch_changes_nothing(exported, data):
    saved = load(exported)
    images = data.splits["test"].images
    together = serving.predict(saved, images)
    alone = [serving.predict(saved, image) for image in images]
    assert [each.text for each in together] == [each.text for each in alone]


def test_pictures_of_any_size_and_files(exported, tmp_path):
    saved = load(exported)
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, shape).astype("uint8") for shape in ((9, 31, 3), (40, 7, 3))]
    paths = []
    for place, picture in enumerate(pictures):
        paths.append(tmp_path / f"{place}.png")
        paths[-1].write_bytes(tf.io.encode_png(picture).numpy())
    found = serving.predict(saved, [pictures[0], str(paths[1]), paths[0], pictures[1]])
    assert found[0] == found[2] and found[1] == found[3]
    assert serving.predict(saved, pictures) == found[:2]
    grey = tmp_path / "grey.jpg"
    grey.write_bytes(tf.io.encode_jpeg(pictures[0][..., :1]).numpy())
    assert isinstance(serving.predict(saved, str(grey)), serving.Caption)


def test_needs_nothing_of_the_zoo(exported, data):
    script = (
        "import sys\n"
        "sys.modules['zoo'] = sys.modules['keras'] = None\n"
        "import numpy as np, tensorflow as tf\n"
        "saved = tf.saved_model.load(sys.argv[1])\n"
        "image = tf.constant(np.full((2, 20, 30, 3), 99, 'uint8'))\n"
        "out = saved.signatures['serving_default'](image=image)\n"
        "print(out['caption'].numpy().tolist(), out['log_probability'].shape)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(exported)], capture_output=True, text=True, cwd="/"
    )
    expected = serving.predict(load(exported), np.full((20, 30, 3), 99, "uint8")).text
    assert found.stdout.strip() == f"{[expected.encode()] * 2} (2,)", found.stderr


def test_without_attention(data, tmp_path):
    model = built(data, attention=None, summary="all", cell="gru")
    assert saving.export(model, data, tmp_path / "model")["grid"] is None
    saved = load(tmp_path / "model")
    images = data.splits["test"].images
    assert [e.text for e in serving.predict(saved, images)] == data.predict(
        weights.restore(model, tmp_path / "model"), data.splits["test"]
    )
    with pytest.raises(ValueError, match="`attention` needs a model that has some"):
        serving.predict(saved, images, attention=True)


def test_the_encoder_comes_back(exported):
    assert saving.read_encoder(exported, {}).words == WORDS


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (np.zeros((4, 4, 3)), ValueError, r"uint8 array .* of shape \(4, 4, 3\), float64"),
        ([np.zeros((4, 4), "uint8")], ValueError, r"Received: ndarray of shape \(4, 4\), uint8"),
        (np.zeros((0, 4, 3), "uint8"), ValueError, "must have pixels"),
        (7, ValueError, "Received: int"),
        ("nowhere.png", FileNotFoundError, "There is no picture 'nowhere.png'"),
        (__file__, ValueError, "must be a PNG, JPEG, BMP or GIF file"),
    ],
)
def test_what_is_no_picture_is_named(exported, given, error, said):
    with pytest.raises(error, match=said):
        serving.predict(load(exported), given)
