"""The exchange_rate dataset."""

import numpy as np
import tensorflow_datasets.public_api as tfds

_URL = (
    "https://raw.githubusercontent.com/laiguokun/multivariate-time-series-data/master/"
    "exchange_rate/exchange_rate.txt.gz"
)
_CHANNELS = (
    "Australia", "Britain", "Canada", "Switzerland", "China", "Japan", "New Zealand", "Singapore",
)  # fmt: skip


class Builder(tfds.core.GeneratorBasedBuilder):
    """Daily exchange rates of eight currencies to the US dollar."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}

    def _info(self):
        features = {
            "series": tfds.features.Tensor(shape=(None, len(_CHANNELS)), dtype=np.float32),
            "timestamp": tfds.features.Tensor(shape=(None,), dtype=np.int64),
            "channels": tfds.features.Sequence(tfds.features.Text(), length=len(_CHANNELS)),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features),
            homepage="https://github.com/laiguokun/multivariate-time-series-data",
        )

    def _split_generators(self, dl_manager):
        return {"full": self._generate_examples(dl_manager.download_and_extract(_URL))}

    def _generate_examples(self, path):
        with path.open(encoding="utf-8") as lines:
            series = np.loadtxt(lines, delimiter=",", comments=None, ndmin=2)
        if series.shape[1] != len(_CHANNELS):
            raise ValueError(
                f"Expected {len(_CHANNELS)} columns, but there are {series.shape[1]}. Is this "
                "exchange_rate.txt? Delete the download, then run again."
            )
        # The file tells no dates; the literature counts days from the first of January 1990.
        days = np.datetime64("1990-01-01", "s") + np.arange(len(series)) * np.timedelta64(1, "D")
        yield (
            "exchange_rate",
            {
                "series": series.astype(np.float32),
                "timestamp": days.astype(np.int64),
                "channels": _CHANNELS,
            },
        )
