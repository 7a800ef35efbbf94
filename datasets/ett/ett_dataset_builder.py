"""The ett dataset."""

import numpy as np
import tensorflow_datasets.public_api as tfds

_URL = "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/"
_CHANNELS = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
_DESCRIPTIONS = {
    "h1": "First transformer, hourly.",
    "h2": "Second transformer, hourly.",
    "m1": "First transformer, every 15 minutes.",
    "m2": "Second transformer, every 15 minutes.",
}


class Builder(tfds.core.GeneratorBasedBuilder):
    """Load and oil temperature of two electricity transformers over two years."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=name, description=description)
        for name, description in _DESCRIPTIONS.items()
    ]

    def _info(self):
        features = {
            "series": tfds.features.Tensor(shape=(None, len(_CHANNELS)), dtype=np.float32),
            "timestamp": tfds.features.Tensor(shape=(None,), dtype=np.int64),
            "channels": tfds.features.Sequence(tfds.features.Text(), length=len(_CHANNELS)),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://github.com/zhouhaoyi/ETDataset",
        )

    def _split_generators(self, dl_manager):
        path = dl_manager.download(f"{_URL}ETT{self.builder_config.name}.csv")
        return {"full": self._generate_examples(path)}

    def _generate_examples(self, path):
        with path.open(encoding="utf-8") as lines:
            table = np.loadtxt(lines, dtype=str, delimiter=",", comments=None, ndmin=2)
        header, rows = table[0], table[1:]
        if tuple(header) != ("date", *_CHANNELS):
            raise ValueError(
                f"Expected a date and the channels {', '.join(_CHANNELS)}, but the columns are "
                f"{', '.join(header)}. Is this a file of ETT? Delete the download, then run again."
            )
        yield (
            self.builder_config.name,
            {
                "series": rows[:, 1:].astype(np.float32),
                "timestamp": rows[:, 0].astype("datetime64[s]").astype(np.int64),
                "channels": _CHANNELS,
            },
        )
