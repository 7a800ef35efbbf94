"""The weather dataset."""

import numpy as np
import tensorflow_datasets.public_api as tfds

_URL = "https://huggingface.co/datasets/thuml/Time-Series-Library/resolve/main/weather/weather.csv"
_CHANNELS = (
    "p (mbar)", "T (degC)", "Tpot (K)", "Tdew (degC)", "rh (%)", "VPmax (mbar)", "VPact (mbar)",
    "VPdef (mbar)", "sh (g/kg)", "H2OC (mmol/mol)", "rho (g/m**3)", "wv (m/s)", "max. wv (m/s)",
    "wd (deg)", "rain (mm)", "raining (s)", "SWDR (W/m²)", "PAR (µmol/m²/s)",
    "max. PAR (µmol/m²/s)", "Tlog (degC)", "OT",
)  # fmt: skip
_BROKEN = str.maketrans("²µ", "\ufffd\ufffd")


class Builder(tfds.core.GeneratorBasedBuilder):
    """What a weather station in Jena measured every ten minutes of 2020."""

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
            homepage="https://www.bgc-jena.mpg.de/wetter/",
        )

    def _split_generators(self, dl_manager):
        return {"full": self._generate_examples(dl_manager.download(_URL))}

    def _generate_examples(self, path):
        with path.open(encoding="utf-8") as lines:
            table = np.loadtxt(lines, dtype=str, delimiter=",", comments=None, ndmin=2)
        header, rows = table[0], table[1:]
        # The header lost its "²" and "µ" on the way to that address.
        if tuple(header) != ("date", *(name.translate(_BROKEN) for name in _CHANNELS)):
            raise ValueError(
                f"Expected a date and the channels {', '.join(_CHANNELS)}, but the columns are "
                f"{', '.join(header)}. Is this weather.csv? Delete the download, then run again."
            )
        yield (
            "weather",
            {
                "series": rows[:, 1:].astype(np.float32),
                "timestamp": rows[:, 0].astype("datetime64[s]").astype(np.int64),
                "channels": _CHANNELS,
            },
        )
