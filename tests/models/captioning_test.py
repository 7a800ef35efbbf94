"""Captioners: what they read, that padding is nothing, and what lies under them."""

import os
import pathlib

import keras
import numpy as np
import pytest

from zoo import models, recipes
from zoo.models import CaptionDecoder, ConvolutionalBackbone, ImageCaptioner

WORDS, SIDE = 12, 16
SHAPE = (SIDE, SIDE, 3)


def captioner(**options):
    defaults = {"filters": (4, 6), "units": 5, "embedding_dim": 4}
    return ImageCaptioner("convolutional", WORDS, SHAPE, **{**defaults, **options})


def of_features(shape, **options):
    return CaptionDecoder(WORDS, shape, **{"units": 5, "embedding_dim": 4, **options})


MODELS = {
    "convolutional": lambda: captioner(),
    "without attention, all of it seen at once": lambda: captioner(
        attention=None, summary="all", cell="gru"
    ),
    "input feeding, every place looked at": lambda: captioner(
        input_feeding=True, attention="multiplicative", attention_penalty=0.01
    ),
    "scheduled sampling, stacked, a projection, no places": lambda: captioner(
        sampling=0.5, units=(4, 6), projection_dim=5, places=False, cell="gru"
    ),
    "places of features": lambda: of_features((6, 7), summary="all"),
    "vector of features": lambda: of_features((7,), attention=None, cell="simple_rnn"),
}
every_model = pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)


def example(model, batch=6, time=5, more=0):
    """Pictures that are bright or dark, and captions that tell which; the last has one word."""
    shape = model.input["image"].shape[1:]
    rng = np.random.default_rng(0)
    bright = np.arange(batch) % 2
    image = rng.random((batch, *shape)) + bright.reshape(-1, *[1] * len(shape))
    if model.input["image"].dtype == "uint8":
        image = 100 * image
    lengths = np.array([time] * (batch - 1) + [2])
    real = np.arange(time + more) < lengths[:, None]
    y = np.where(np.arange(time + more) == 0, 3 + bright[:, None], 5) * real
    y[np.arange(batch), lengths - 1] = 2
    previous = np.concatenate([np.full((batch, 1), 2), y[:, :-1]], axis=1) * real
    x = {"image": image.astype(model.input["image"].dtype), "previous": previous.astype("int32")}
    return x, y, real.astype("float32")


@every_model
def test_learns_what_a_picture_shows(build):
    keras.utils.set_random_seed(0)
    model = build()
    model.optimizer.learning_rate = 0.02
    x, y, weight = example(model, batch=32)
    losses = [float(model.train_on_batch(x, y, weight)[0]) for _ in range(25)]
    assert losses[-1] < 0.6 * losses[0]


@every_model
def test_padding_changes_nothing(build):
    model = build()
    x, _, weight = example(model)
    longer, _, longer_weight = example(model, more=3)
    short, long = (keras.ops.convert_to_numpy(model(each, training=False)) for each in (x, longer))
    assert abs(short[weight > 0] - long[longer_weight > 0]).max() < 1e-5


RELOADED = """
import sys
import keras, numpy as np, zoo.models
model = keras.models.load_model(sys.argv[1], compile=False)
stored = dict(np.load(sys.argv[2]))
found = model.predict_on_batch({name: stored[name] for name in ("image", "previous")})
assert abs(found - stored["expected"]).max() < 1e-4
"""


def test_a_picture_is_seen_once_for_all_its_captions():
    model = captioner()
    x, _, _ = example(model)
    again = {"image": np.repeat(x["image"][:3], 2, axis=0), "previous": x["previous"]}
    once = {"image": x["image"][:3], "previous": x["previous"]}
    np.testing.assert_allclose(model(once), model(again), atol=1e-6)


def test_reloads_on_every_backend(tmp_path, backend_process):
    model = MODELS["input feeding, every place looked at"]()
    x, *_ = example(model)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "model.npz", **x, expected=model(x, training=False))
    backend_process.run(RELOADED, tmp_path / "model.keras", tmp_path / "model.npz")


def test_attention_looks_at_the_grid_of_the_backbone():
    model = captioner()
    assert model.get_layer("encoder").get_layer("places").input.shape[1:] == (4, 4, 6)
    x, *_ = example(model)
    weights = model.get_layer("decoder").attend(
        x["previous"], *model.get_layer("encoder")(x["image"])
    )
    assert weights.shape == (6, 5, 16)
    np.testing.assert_allclose(keras.ops.sum(weights, axis=-1), 1, rtol=1e-5)


def test_places_tell_where_something_is():
    """Without them a grid is a bag: who moves what it holds changes nothing."""
    features = np.random.default_rng(0).random((1, 3, 2, 7)).astype("float32")
    moved = features[:, ::-1, ::-1]
    previous = np.array([[2, 3]], "int32")
    for places in (True, False):
        model = of_features((3, 2, 7), places=places)
        here, there = (
            model.predict_on_batch({"image": each, "previous": previous})
            for each in (features, moved)
        )
        assert (abs(here - there).max() > 1e-4) == places


def test_a_penalty_has_every_place_looked_at():
    model = captioner(attention_penalty=1.0)
    x, *_ = example(model)
    model(x, training=True)
    (penalty,) = model.losses
    weights = model.get_layer("decoder").attend(
        x["previous"], *model.get_layer("encoder")(x["image"], training=True)
    )
    real = x["previous"] != 0
    seen = (keras.ops.convert_to_numpy(weights) * real[..., None]).sum(axis=1)
    assert float(penalty) == pytest.approx(((1 - seen) ** 2).sum(axis=-1).mean(), rel=0.2)


def test_pictures_are_turned_in_training_alone():
    keras.utils.set_random_seed(0)
    model, plain = captioner(flip=True), captioner()
    plain.set_weights(model.get_weights()[: len(plain.get_weights())])
    x, *_ = example(model)
    np.testing.assert_allclose(model.predict_on_batch(x), model.predict_on_batch(x))
    layer = model.get_layer("encoder").get_layer("flip")
    assert np.array_equal(layer(x["image"].astype("float32"), training=False), x["image"])
    turned = np.array(layer(x["image"].astype("float32"), training=True))
    same = (turned == x["image"]).all(axis=(1, 2, 3))
    mirrored = (turned == x["image"][:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same | mirrored).all() and mirrored.any()


def test_a_network_of_keras_applications_stays_as_it_is():
    model = ImageCaptioner("MobileNet", WORDS, (32, 32, 3), weights=None, units=5)
    encoder = model.get_layer("encoder")
    backbone = encoder.get_layer("backbone")
    assert not backbone.trainable_weights
    x, *_ = example(model, batch=4)
    memory, _ = encoder(x["image"], training=True)  # Nor are its means those of the batch.
    features = backbone(keras.applications.mobilenet.preprocess_input(x["image"] * 1.0))
    expected = (
        keras.ops.reshape(features, (4, 1, 1024)) + encoder.get_layer("place_embedding").vectors
    )
    np.testing.assert_allclose(memory, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("learns", [False, True])
def test_a_backbone_of_ones_own_may_learn(learns):
    own = ConvolutionalBackbone(SHAPE, filters=(3,), blocks=0)
    model = ImageCaptioner(own, WORDS, SHAPE, trainable_backbone=learns, units=5)
    assert bool(own.trainable_weights) == learns
    assert model.get_layer("encoder").get_layer("backbone") is own


@pytest.mark.parametrize(
    "name", ["captioner.shape_captions", "captioner.flickr8k", "captioner_imagenet.flickr8k"]
)
def test_recipes_build(name):
    recipe = recipes.get(name)
    options = {**recipe.hyperparameters, "weights": None}
    side = recipe.preprocessing.get("side", 64)
    model = recipe.builder(vocabulary_size=WORDS, image_shape=(side, side, 3), **options)
    grid = model.get_layer("encoder").get_layer("places").input.shape[1:3]
    assert grid in ((6, 6), (7, 7), (8, 8))


@pytest.mark.slow
def test_imagenet_weights():
    """Needs the weights that keras.applications downloads."""
    home = os.environ.get("KERAS_HOME", pathlib.Path.home() / ".keras")
    if not list(pathlib.Path(home, "models").glob("mobilenet_v2*224_no_top.h5")):
        pytest.skip("needs the ImageNet weights of MobileNetV2 in Keras's cache")
    model = ImageCaptioner("MobileNetV2", WORDS, (224, 224, 3), units=5)
    assert model.get_layer("encoder").get_layer("places").input.shape[1:] == (7, 7, 1280)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: captioner(summary="max"), "`summary` must be one of 'mean', 'all'"),
        (lambda: captioner(attention="dot"), "`attention` must be one of"),
        (lambda: of_features((7,)), "Attention needs a grid of features"),
        (lambda: captioner(attention=None, attention_penalty=1.0), "needs `attention`"),
        (lambda: captioner(sampling=0.5, sampling_steps=0), "`sampling_steps` must be at least 1"),
        (
            lambda: ImageCaptioner("convolutional", WORDS, (None, None, 3)),
            r"`image_shape` must be \(height, width, 3\), no None. Received: \(None, None, 3\)",
        ),
        (
            lambda: ImageCaptioner("ResNet51", WORDS),
            "`application` must be a network of keras.applications",
        ),
    ],
)
def test_bad_arguments_are_named(build, said):
    with pytest.raises(ValueError, match=said):
        build()


def test_the_builders_are_public():
    assert {"CaptionDecoder", "ConvolutionalBackbone", "ImageCaptioner"} <= set(models.__all__)
