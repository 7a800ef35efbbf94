"""The wnut17 dataset."""

import itertools

import tensorflow_datasets.public_api as tfds

_URL = "https://raw.githubusercontent.com/leondz/emerging_entities_17/master/"
_FILES = {
    "train": "wnut17train.conll",
    "dev": "emerging.dev.conll",
    "test": "emerging.test.annotated",
}
_KINDS = ("corporation", "creative-work", "group", "location", "person", "product")
_TAGS = ("O", *(f"{position}-{kind}" for kind in _KINDS for position in "BI"))


class Builder(tfds.core.GeneratorBasedBuilder):
    """Noisy English of the social web, with its new and rare named entities."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        features = {
            "tokens": tfds.features.Sequence(tfds.features.Text()),
            "ner": tfds.features.Sequence(tfds.features.ClassLabel(names=_TAGS)),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://github.com/leondz/emerging_entities_17",
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download({split: _URL + name for split, name in _FILES.items()})
        return {split: self._generate_examples(path) for split, path in paths.items()}

    def _generate_examples(self, path):
        with path.open(encoding="utf-8") as lines:
            for index, words in enumerate(_sentences(lines)):
                tokens, ner = zip(*words, strict=True)
                yield index, {"tokens": tokens, "ner": ner}


def _sentences(lines):
    # Between most sentences of the training file stands a tab, not an empty line.
    for between, sentence in itertools.groupby(lines, key=str.isspace):
        if not between:
            yield [_word(line) for line in sentence]


def _word(line):
    token, _, tag = line.removesuffix("\n").partition("\t")
    if not token.strip() or tag not in _TAGS:
        raise ValueError(
            f"Expected a token, a tab and one of the tags {', '.join(_TAGS)}, but a line is "
            f"{line!r}. Is this a file of WNUT-17? Delete the download, then run again."
        )
    return token, tag
