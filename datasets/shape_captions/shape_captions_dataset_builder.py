"""The shape_captions dataset."""

import dataclasses

import numpy as np
import tensorflow_datasets.public_api as tfds

from . import scenes

_SPLITS = ("train", "dev", "test", "test_unseen")


@dataclasses.dataclass(kw_only=True)
class ShapeConfig(tfds.core.BuilderConfig):
    """How large the pictures are, and how many.

    Args:
        side: Pixels a side.
        examples: Numbers of pictures of `train`, `dev`, `test` and `test_unseen`.
        seed: Seed of all that is drawn.
    """

    side: int
    examples: tuple[int, int, int, int]
    seed: int = 0


class Builder(tfds.core.GeneratorBasedBuilder):
    """Drawn scenes of one to three coloured shapes, and what they show."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    BUILDER_CONFIGS = [
        ShapeConfig(
            name="scenes",
            description="Pictures of 64 by 64 pixels.",
            side=64,
            examples=(16_000, 1_000, 2_000, 2_000),
        ),
        ShapeConfig(
            name="tiny",
            description="Few pictures of 32 by 32 pixels, for tests.",
            side=32,
            examples=(200, 50, 50, 50),
        ),
    ]

    def _info(self):
        side = self.builder_config.side
        shape, colour, size, relation = (
            tfds.features.ClassLabel(names=names)
            for names in (scenes.SHAPES, scenes.COLOURS, scenes.SIZES, scenes.RELATIONS)
        )
        thing = {
            "shape": shape,
            "colour": colour,
            "size": size,
            "x": np.float32,
            "y": np.float32,
            "radius": np.float32,
        }
        features = {
            "image": tfds.features.Image(shape=(side, side, 3), encoding_format="png"),
            "caption": tfds.features.Text(),
            "objects": tfds.features.Sequence(thing),
            "relations": tfds.features.Sequence(relation),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("image", "caption"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in _SPLITS}

    def _generate_examples(self, split):
        config = self.builder_config
        place = _SPLITS.index(split)
        for index in range(config.examples[place]):
            scene = scenes.scene([config.seed, place, index], unseen=split == "test_unseen")
            things = [thing._asdict() for thing in scene.things]
            kept = ("shape", "colour", "size", "x", "y", "radius")
            example = {
                "image": scenes.draw(scene, config.side),
                "caption": scene.caption,
                "objects": [{name: thing[name] for name in kept} for thing in things],
                "relations": scene.relations,
            }
            yield f"{split}_{index:05}", example
