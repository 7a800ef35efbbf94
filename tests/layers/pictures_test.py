"""What lies between pixels and a decoder."""

import keras
import numpy as np
import pytest

from zoo.layers.pictures import ApplicationPreprocessing, PlaceEmbedding

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 3, 3, 3)).astype("float32")


@pytest.mark.parametrize(
    ("application", "expected"),
    [
        ("MobileNetV2", lambda x: x / 127.5 - 1),
        ("EfficientNetB0", lambda x: x),
        ("ResNet50", lambda x: x[..., ::-1] - [103.939, 116.779, 123.68]),
        ("DenseNet121", lambda x: (x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]),
    ],
)
def test_each_network_reads_what_it_was_trained_on(application, expected):
    layer = ApplicationPreprocessing(application)
    np.testing.assert_allclose(layer(PIXELS), expected(PIXELS), rtol=1e-4, atol=1e-4)
    again = ApplicationPreprocessing.from_config(layer.get_config())
    np.testing.assert_array_equal(again(PIXELS), layer(PIXELS))


@pytest.mark.parametrize("name", ["ResNet51", "resnet", "preprocess_input"])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="`application` must be a network"):
        ApplicationPreprocessing(name)


def test_every_place_has_a_vector_of_its_own():
    layer = PlaceEmbedding()
    found = keras.ops.convert_to_numpy(layer(np.zeros((2, 5, 4), "float32")))
    np.testing.assert_array_equal(found[0], found[1])
    assert len({tuple(row) for row in found[0]}) == 5
