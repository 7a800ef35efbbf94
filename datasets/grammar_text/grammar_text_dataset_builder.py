"""The grammar_text dataset."""

import tensorflow_datasets.public_api as tfds

from . import grammar

_SIZES = {"train": 4000, "validation": 500, "test": 500}


class Builder(tfds.core.GeneratorBasedBuilder):
    """Sentences of a small English grammar, with tags, entities and sentiment."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        upos, entities, sentiment = (
            tfds.features.ClassLabel(names=names)
            for names in (grammar.UPOS, grammar.ENTITIES, grammar.SENTIMENTS)
        )
        features = {
            "text": tfds.features.Text(),
            "tokens": tfds.features.Sequence(tfds.features.Text()),
            "upos": tfds.features.Sequence(upos),
            "entities": tfds.features.Sequence(entities),
            "sentiment": sentiment,
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("text", "sentiment"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split, size) for split, size in _SIZES.items()}

    def _generate_examples(self, split, size):
        for index, sentence in enumerate(grammar.sentences(split, size)):
            tokens, upos, entities = zip(*sentence.tokens, strict=True)
            example = {
                "text": sentence.text,
                "tokens": tokens,
                "upos": upos,
                "entities": entities,
                "sentiment": sentence.sentiment,
            }
            yield f"{split}_{index:04}", example
