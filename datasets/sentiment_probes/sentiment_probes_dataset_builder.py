"""The sentiment_probes dataset."""

import csv
import pathlib
import re

import numpy as np
import tensorflow_datasets.public_api as tfds

_PAIRS = pathlib.Path(__file__).with_name("probes.tsv")
_LABELS = ("neg", "pos")
_PHENOMENA = (
    "negation",
    "negated_negative",
    "contrast",
    "scope",
    "concession",
    "comparison",
    "irrealis",
    "quantity",
    "opinion_holder",
)


class Builder(tfds.core.GeneratorBasedBuilder):
    """Minimal pairs of sentences on films, alike in their words and opposite in sentiment."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        features = {
            "text": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=_LABELS),
            "phenomenon": tfds.features.ClassLabel(names=_PHENOMENA),
            "pair": np.int32,
            "same_words": np.bool_,
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("text", "label"),
            disable_shuffling=True,  # The sentences of a pair stay side by side.
        )

    def _split_generators(self, dl_manager):
        return {"test": self._generate_examples(_PAIRS)}

    def _generate_examples(self, path):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            for pair, row in enumerate(rows):
                texts = {label: row[label] for label in _LABELS}
                same_words = _words(texts["neg"]) == _words(texts["pos"])
                for label, text in texts.items():
                    yield (
                        f"{pair:04}_{label}",
                        {
                            "text": text,
                            "label": label,
                            "phenomenon": row["phenomenon"],
                            "pair": pair,
                            "same_words": same_words,
                        },
                    )


def _words(text):
    return sorted(re.findall(r"[\w']+", text.lower()))
