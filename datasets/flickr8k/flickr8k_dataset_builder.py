"""The flickr8k dataset."""

import collections

import tensorflow_datasets.public_api as tfds
from absl import logging

_URL = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/"
_CAPTIONS = "Flickr8k.token.txt"
_CAPTIONS_AN_IMAGE = 5


class Builder(tfds.core.GeneratorBasedBuilder):
    """Photographs of people and animals in action, each with five captions."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
            "filename": tfds.features.Text(),
            "captions": tfds.features.Sequence(tfds.features.Text(), length=_CAPTIONS_AN_IMAGE),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://hockenmaier.cs.illinois.edu/8k-pictures.html",
        )

    def _split_generators(self, dl_manager):
        archives = {"images": "Flickr8k_Dataset.zip", "text": "Flickr8k_text.zip"}
        paths = dl_manager.download_and_extract({k: _URL + name for k, name in archives.items()})
        images, text = paths["images"] / "Flicker8k_Dataset", paths["text"]
        captions = _captions(text / _CAPTIONS)
        return {
            split: self._generate_examples(images, captions, text / f"Flickr_8k.{split}Images.txt")
            for split in ("train", "dev", "test")
        }

    def _generate_examples(self, images, captions, names):
        absent = []
        for name in names.read_text(encoding="utf-8").split():
            if len(captions[name]) != _CAPTIONS_AN_IMAGE:
                raise ValueError(
                    f"Expected {_CAPTIONS_AN_IMAGE} captions of {name} in {_CAPTIONS}, found "
                    f"{len(captions[name])}. Delete the download, then run again."
                )
            if not (images / name).exists():
                absent.append(name)
                continue
            yield name, {"image": images / name, "filename": name, "captions": captions[name]}
        if absent:
            logging.warning("Absent from the archive, and skipped: %s", ", ".join(absent))


def _captions(path):
    """Reads the captions of every image, in the order of the file: that of their numbers."""
    captions = collections.defaultdict(list)
    for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        name, tab, caption = line.partition("\t")
        name, sign, number = name.partition("#")
        if not (tab and sign and number.isdigit() and caption.strip()):
            raise ValueError(
                f"Expected a file name, a # and a number, a tab and a caption in {_CAPTIONS}, "
                f"found {line!r}. Delete the download, then run again."
            )
        captions[name].append(caption.strip())
    return captions
