"""The multi30k dataset."""

import tensorflow_datasets.public_api as tfds

_URL = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
_FILES = {
    "train": "train",
    "dev": "val",
    "test_2016": "test_2016_flickr",
    "test_2017": "test_2017_flickr",
}
_PAIRS = ("en_de", "de_en", "en_fr", "fr_en")


class Builder(tfds.core.GeneratorBasedBuilder):
    """Captions of photographs in English, and their translations."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=pair, description="From {} to {}.".format(*pair.split("_")))
        for pair in _PAIRS
    ]

    @property
    def _languages(self):
        return self.builder_config.name.split("_")

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.Translation(languages=self._languages),
            supervised_keys=tuple(self._languages),
            homepage="https://github.com/multi30k/dataset",
        )

    def _split_generators(self, dl_manager):
        urls = {
            split: {language: f"{_URL}{name}.{language}.gz" for language in self._languages}
            for split, name in _FILES.items()
        }
        paths = dl_manager.download_and_extract(urls)
        return {split: self._generate_examples(of_split) for split, of_split in paths.items()}

    def _generate_examples(self, paths):
        texts = {language: _lines(path) for language, path in paths.items()}
        (one, first), (other, second) = texts.items()
        if len(first) != len(second):
            raise ValueError(
                "Expected as many lines in each language, one translation a line. Received: "
                f"{len(first)} in {one!r}, {len(second)} in {other!r}. Delete the downloads, then "
                "run again."
            )
        for index, pair in enumerate(zip(first, second, strict=True)):
            yield index, dict(zip(texts, pair, strict=True))


def _lines(path):
    # Only a newline ends a sentence: `splitlines` would also cut at what some sentences contain.
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
