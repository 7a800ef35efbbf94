"""Measures of captions, against counts made by hand and against the COCO evaluation."""

import types

import numpy as np
import pytest

from zoo.metrics import captioning

from .cider_test import GOLD, PREDICTED

OBJECTS = (
    (("large", "red", "square"), ("small", "blue", "circle")),
    (("small", "green", "cross"),),
    (("large", "red", "circle"), ("large", "red", "cross"), ("small", "blue", "circle")),
)
RELATIONS = (("left of",), (), ("above", "right of"))
TRUE = [
    ["a large red square left of a small blue circle"],
    ["a small green cross"],
    ["a large red circle above a large red cross and right of a small blue circle"],
]


def test_bleu_is_that_of_the_coco_evaluation():
    found = captioning.report(GOLD, PREDICTED)
    expected = [80.49580496530322, 66.63743422089561, 36.37208180949305]
    np.testing.assert_allclose([found[f"bleu_{n}"] for n in (1, 2, 3)], expected, rtol=1e-8)
    assert found["bleu_4"] == 0  # No four words in a row; COCO's says 0.005.
    assert found["cider"] == pytest.approx(np.mean([1.75917512, 3.0155545, 0.21410178]))
    assert "tok:none|smooth:none" in found["signature"] and "nrefs:3" in found["signature"]


def test_pictures_may_have_different_numbers_of_captions():
    found = captioning.report([["a dog runs"], ["a cat", "the cat"]], ["a dog runs", "the cat"])
    assert found["bleu_2"] == pytest.approx(100)
    assert found["exact_match"] == 1 and found["pictures"] == 2


def test_attributes():
    said = [
        "a large red square right of a small green circle",  # A relation and a colour wrong.
        "a small green cross above a large red cross",  # One object too many.
        "a large red circle above a small red cross",  # A size wrong, an object missing.
    ]
    found = captioning.report(TRUE, said, objects=OBJECTS, relations=RELATIONS)
    assert found["exact_match"] == 0
    assert found["numbers"] == pytest.approx(1 / 3)
    assert found["sizes"] == pytest.approx(4 / 6)
    assert found["colours"] == pytest.approx(4 / 6)
    assert found["shapes"] == pytest.approx(5 / 6)
    assert found["relations"] == pytest.approx(1 / 3)


def test_the_true_captions_are_right_in_all():
    found = captioning.report(
        TRUE, [each[0] for each in TRUE], objects=OBJECTS, relations=RELATIONS
    )
    names = ("exact_match", "numbers", "sizes", "colours", "shapes", "relations", "distinct")
    assert [found[name] for name in names] == [1.0] * 7


def test_nonsense_is_wrong_and_no_error():
    for said in ("", "a", "a a a a", "above"):
        found = captioning.report(TRUE, [said] * 3, objects=OBJECTS, relations=RELATIONS)
        assert found["exact_match"] == found["shapes"] == 0


def test_baselines():
    images = np.zeros((3, 16, 16, 3), "uint8")
    images[1], images[2, :8] = 255, 255
    captions = (("night", "a dark night"), ("snow",), ("snow", "a horizon"))
    train = types.SimpleNamespace(images=images, captions=captions)
    gold = types.SimpleNamespace(
        images=images[::-1] // 2, captions=captions[::-1], objects=None, relations=None
    )
    found = captioning.evaluate(gold, ["snow", "snow", "night"], train)
    assert found["exact_match"] == 1 and "sizes" not in found
    first, second = found["baselines"]
    assert (first["name"], first["exact_match"]) == ("most frequent caption", pytest.approx(2 / 3))
    assert second == found["baseline"] and second["name"] == "nearest picture"
    (title, columns, rows), *_ = captioning.tables({**found, "split": "dev"})
    assert title == "dev: 3 pictures" and len(columns) == len(rows[0]) == 4


def test_the_caption_that_agrees_best():
    nearest = captioning.NearestPicture(
        np.zeros((1, 8, 8, 3)), [["a cat", "a dog runs", "a big dog runs", "snow"]]
    )
    assert nearest.predict(np.ones((1, 8, 8, 3))) == ["a dog runs"]
