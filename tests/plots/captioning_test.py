"""Pictures with captions: what stands beneath each, and where the light falls."""

import types

import numpy as np
import pytest
from matplotlib import pyplot as plt

from zoo.plots import captioning

RNG = np.random.default_rng(0)
IMAGES = [RNG.integers(0, 256, shape).astype("uint8") for shape in ((8, 8, 3), (6, 10, 3))]


def caption(text, shape=(4, 4)):
    weights = RNG.random((len(text.split()), *shape))
    weights /= weights.sum(axis=(1, 2), keepdims=True)
    return types.SimpleNamespace(text=text, log_probability=np.log(0.25), attention=weights)


def test_captions_stand_under_their_pictures():
    found = [caption("a dog that runs over a field of grass and stones"), caption("a cat")]
    axes = captioning.predictions(found, IMAGES)
    texts = [[text.get_text().replace("\n", " ") for text in ax.texts] for ax in axes]
    assert texts == [[found[0].text], ["a cat"]]
    for ax, image in zip(axes, IMAGES, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), image)


def test_the_truth_is_told_where_it_differs():
    axes = captioning.predictions(["a cat", "a dog"], IMAGES, [["a dog"], ["dogs", "a dog"]])
    assert [text.get_text() for text in axes[0].texts] == ["a cat", "a dog"]
    assert [text.get_text() for text in axes[1].texts] == ["a dog"]


def test_nothing_lies_over_another_caption():
    found = ["a small red circle above a large green square and left of a small blue cross"] * 2
    axes = captioning.predictions(found, IMAGES, [["a large purple diamond"]] * 2)
    axes[0].figure.canvas.draw()
    boxes = [[text.get_window_extent() for text in ax.texts] for ax in axes]
    for said, true in boxes:
        assert true.y1 <= said.y0 + 1 and true.y0 >= 0
    assert boxes[0][0].x1 <= boxes[1][0].x0


def test_light_falls_where_a_word_looked():
    found = caption("a dog runs", shape=(2, 2))
    axes = captioning.attention(IMAGES[1], found, columns=2)
    assert [ax.get_title() for ax in axes] == ["", "a", "dog", "runs"]
    assert len(axes[0].images) == 1
    for ax, weights in zip(axes[1:], found.attention, strict=True):
        picture, light = ax.images
        np.testing.assert_array_equal(picture.get_array(), IMAGES[1][:, 2:8])
        np.testing.assert_array_equal(light.get_array(), weights)
        assert light.get_extent() == list(picture.get_extent())


def test_attention_must_have_been_asked_for():
    found = types.SimpleNamespace(text="a dog", attention=None)
    with pytest.raises(ValueError, match="attention=True"):
        captioning.attention(IMAGES[0], found)


def test_report_draws_what_was_measured():
    scores = {"exact_match": 0.9, "colours": 0.95, "relations": None, "bleu_4": 91.0, "cider": 1.5}
    baseline = {"name": "nearest picture", **dict.fromkeys(scores, 0.0)}
    ax = captioning.report({**scores, "baselines": [baseline]})
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["whole caption", "colours", "BLEU-4", "CIDEr × 10"]
    model, other = [dots.get_offsets()[:, 0].tolist() for dots in ax.collections[1:]]
    assert model == [90, 95, 91, 15] and other == [0, 0, 0, 0]
    assert ax.get_xlim()[1] > 100


def test_terminal_names_files_and_numbers_pictures():
    found = [caption("a dog"), caption("a cat")]
    assert captioning.in_colour(found, ["x/dog.png", IMAGES[0]]).plain == (
        "x/dog.png: a dog (25 %)\npicture 2: a cat (25 %)\n"
    )


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")
