"""Tests for the shape_captions dataset."""

import itertools
import zlib

import numpy as np
import pytest
from tensorflow_datasets import testing

from . import scenes, shape_captions_dataset_builder


class ShapeCaptionsTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS. The builder downloads nothing, so it needs no dummy files."""

    DATASET_CLASS = shape_captions_dataset_builder.Builder
    EXAMPLE_DIR = str(shape_captions_dataset_builder.Builder.code_path.parent)
    BUILDER_CONFIG_NAMES_TO_TEST = ["tiny"]
    SPLITS = {"train": 200, "dev": 50, "test": 50, "test_unseen": 50}


@pytest.fixture(scope="module")
def seen():
    return [scenes.scene([0, 0, index]) for index in range(400)]


@pytest.fixture(scope="module")
def unseen():
    return [scenes.scene([0, 3, index], unseen=True) for index in range(400)]


def test_is_the_same_everywhere(seen):
    """If this fails, NumPy has changed what it draws: raise the version of the data set."""
    captions = "\n".join(scene.caption for scene in seen)
    assert zlib.crc32(captions.encode()) == 3054098688
    pictures = [scenes.draw(scene, 64).astype("int64").sum() for scene in seen[:50]]
    assert sum(pictures) == 133429931


def test_held_out_combinations_are_in_unseen_alone(seen, unseen):
    def held_out(scene):
        return sum((thing.colour, thing.shape) in scenes.HELD_OUT for thing in scene.things)

    assert {held_out(scene) for scene in seen} == {0}
    assert {held_out(scene) for scene in unseen} == {1}
    found = {(t.colour, t.shape) for s in unseen for t in s.things}
    assert found == set(itertools.product(scenes.COLOURS, scenes.SHAPES))
    assert {t.colour for s in seen for t in s.things} == set(scenes.COLOURS)
    assert {t.shape for s in seen for t in s.things} == set(scenes.SHAPES)


def test_every_relation_and_number_occurs(seen):
    assert {to for scene in seen for to in scene.relations} == set(scenes.RELATIONS)
    assert {len(scene.things) for scene in seen} == {1, 2, 3}


def test_captions_are_right(seen, unseen):
    for scene in seen + unseen:
        first, *others = scene.things
        words = scene.caption.split(" and ")
        assert words[0].startswith(f"a {first.size} {first.colour} {first.shape}")
        assert len(words) == max(len(others), 1)
        for said, other in zip(words, others, strict=False):
            assert said.endswith(f"a {other.size} {other.colour} {other.shape}")
            across, down = other.x - first.x, other.y - first.y
            plain = {"left of": across, "right of": -across, "above": down, "below": -down}
            (to,) = (to for to in plain if f" {to} " in f" {said}")
            assert plain[to] == max(plain.values()) and plain[to] > 0.09


def test_order_of_names(seen):
    for scene in seen:
        for one, other in itertools.pairwise(scene.things):
            if one.size == other.size:
                assert one.x + one.y < other.x + other.y
            else:
                assert (one.size, other.size) == ("large", "small")


@pytest.mark.parametrize("shape", scenes.SHAPES)
def test_what_is_drawn_is_where_it_is_said_to_be(shape):
    """The centre of mass and the extent of what was drawn, measured on the pixels."""
    thing = scenes.Thing(shape, "red", "large", 0.3, 0.6, 0.16, 0.1, (200.0, 0.0, 0.0))
    picture = scenes.draw(scenes.Scene((thing,), 1.0), 100)
    cover = 1 - picture[..., 1] / 255
    assert picture[0, 0].tolist() == [255, 255, 255]
    assert picture[60, 30].tolist() == [200, 0, 0]
    centres = (np.arange(100) + 0.5) / 100
    assert abs((cover.sum(axis=0) @ centres) / cover.sum() - 0.3) < 0.02
    assert abs((cover.sum(axis=1) @ centres) / cover.sum() - 0.6) < 0.02
    rows, columns = np.nonzero(cover > 0.5)
    reach = np.hypot(centres[columns] - 0.3, centres[rows] - 0.6).max()
    assert 0.12 < reach < 0.2


def test_objects_keep_apart(seen):
    for scene in seen:
        for thing in scene.things:
            assert thing.radius < thing.x < 1 - thing.radius
            assert thing.radius < thing.y < 1 - thing.radius
        for one, other in itertools.combinations(scene.things, 2):
            assert np.hypot(one.x - other.x, one.y - other.y) > one.radius + other.radius
