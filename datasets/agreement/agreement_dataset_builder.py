"""The agreement dataset."""

import random
import zlib

import numpy as np
import tensorflow_datasets.public_api as tfds

from . import sentences

_NEAR, _FAR = 12, 40  # Words between noun and verb: most of them in training, and in test.


class Builder(tfds.core.GeneratorBasedBuilder):
    """Generated sentences whose verb agrees with a noun that may stand far before it."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        features = {
            "tokens": tfds.features.Sequence(tfds.features.Text()),
            "number": tfds.features.ClassLabel(names=sentences.NUMBERS),
            "verb": tfds.features.Scalar(dtype=np.int64),
            "distance": tfds.features.Scalar(dtype=np.int64),
            "attractors": tfds.features.Scalar(dtype=np.int64),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {
            "train": self._generate_examples(range(8), 20_000, _NEAR),
            "validation": self._generate_examples((8,), 1_300, _NEAR),
            "test": self._generate_examples((9,), 8_200, _FAR),
        }

    def _generate_examples(self, tenths, size, farthest):
        """Makes sentences that fall into some tenths of all; the splits share none."""
        rng, seen = random.Random(0), set()
        while len(seen) < size:
            made = sentences.sentence(rng, len(seen) % (farthest + 1))
            text = " ".join(made.tokens)
            if zlib.crc32(text.encode()) % 10 in tenths and text not in seen:
                yield f"{len(seen):05}", made._asdict()
                seen.add(text)
