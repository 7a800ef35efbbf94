"""The seasonal_series dataset."""

import dataclasses

import numpy as np
import tensorflow_datasets.public_api as tfds

_HOURS = 730 * 24
_START = np.datetime64("2001-01-01", "s")  # A Monday; the two years have no leap day.
_LEVEL_SHIFTS = (3_000, 7_000, 10_000, 13_000, 16_000)


@dataclasses.dataclass(kw_only=True)
class SeasonalConfig(tfds.core.BuilderConfig):
    """What a series is made from.

    Args:
        seed: Seed of all that is drawn: levels, trends, seasons, sizes of the shifts, noise.
        noise_std: Standard deviation of the noise, one a channel.
        degrees_of_freedom: Those of Student's t, scaled to the standard deviation; above 2.
            By default the noise is Gaussian.
    """

    seed: int
    noise_std: tuple[float, ...]
    degrees_of_freedom: float | None = None


class Builder(tfds.core.GeneratorBasedBuilder):
    """Generated hourly series, with the signal that lies below the noise."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}
    BUILDER_CONFIGS = [
        SeasonalConfig(
            name="hourly", description="One channel, Gaussian noise.", seed=1, noise_std=(1.0,)
        ),
        SeasonalConfig(
            name="heavy_tails",
            description="One channel, noise of Student's t with 5 degrees of freedom.",
            seed=2,
            noise_std=(1.0,),
            degrees_of_freedom=5.0,
        ),
        SeasonalConfig(
            name="many",
            description="Eight channels, from little noise to much.",
            seed=3,
            noise_std=(0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0),
        ),
    ]

    def _info(self):
        channels = len(self.builder_config.noise_std)
        features = {
            "series": tfds.features.Tensor(shape=(None, channels), dtype=np.float32),
            "signal": tfds.features.Tensor(shape=(None, channels), dtype=np.float32),
            "timestamp": tfds.features.Tensor(shape=(None,), dtype=np.int64),
            "channels": tfds.features.Sequence(tfds.features.Text(), length=channels),
            "noise_variance": tfds.features.Tensor(shape=(channels,), dtype=np.float32),
            "level_shifts": tfds.features.Tensor(shape=(len(_LEVEL_SHIFTS),), dtype=np.int64),
        }
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"full": self._generate_examples()}

    def _generate_examples(self):
        config = self.builder_config
        rng = np.random.Generator(np.random.PCG64(config.seed))
        signal = _signal(rng, len(config.noise_std))
        noise = _noise(rng, signal.shape, config.degrees_of_freedom) * config.noise_std
        hours = np.arange(_HOURS) * np.timedelta64(1, "h")
        yield (
            config.name,
            {
                # Single precision also hides the last bits, in which machines' sines differ.
                "series": (signal + noise).astype(np.float32),
                "signal": signal.astype(np.float32),
                "timestamp": (_START + hours).astype(np.int64),
                "channels": [f"channel_{index}" for index in range(len(config.noise_std))],
                "noise_variance": np.square(config.noise_std).astype(np.float32),
                "level_shifts": np.array(_LEVEL_SHIFTS),
            },
        )


def _signal(rng, channels):
    """Level, trend, daily and weekly season and shifts of level: `(time, channels)`."""
    hours = np.arange(_HOURS)[:, np.newaxis]
    signal = rng.uniform(-5, 5, channels) + rng.uniform(-3, 3, channels) * hours / _HOURS
    for period, low, high in ((24, 2, 4), (168, 1, 2)):
        for harmonic in (1, 2):
            amplitude = rng.uniform(low, high, channels) / harmonic
            turns = harmonic * hours % period / period + rng.uniform(0, 1, channels)
            signal = signal + amplitude * np.sin(2 * np.pi * turns)
    for place in _LEVEL_SHIFTS:
        size = rng.choice((-1, 1), channels) * rng.uniform(2, 4, channels)
        signal = signal + size * (hours >= place)
    return signal


def _noise(rng, shape, degrees_of_freedom):
    """Noise of variance 1 without memory."""
    if degrees_of_freedom is None:
        return rng.standard_normal(shape)
    variance = degrees_of_freedom / (degrees_of_freedom - 2)
    return rng.standard_t(degrees_of_freedom, shape) / np.sqrt(variance)
