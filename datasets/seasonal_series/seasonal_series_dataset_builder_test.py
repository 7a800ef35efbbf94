"""Tests for the seasonal_series dataset."""

import pathlib
import zlib

import numpy as np
import pytest
from tensorflow_datasets import testing

from . import seasonal_series_dataset_builder


class SeasonalSeriesTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS. The builder downloads nothing, so it needs no dummy files."""

    DATASET_CLASS = seasonal_series_dataset_builder.Builder
    EXAMPLE_DIR = str(pathlib.Path(__file__).parent)
    SPLITS = {"full": 1}


def _example(config, data_dir):
    builder = seasonal_series_dataset_builder.Builder(config=config, data_dir=data_dir)
    [(_, example)] = builder._generate_examples()
    return example


@pytest.mark.parametrize(
    ("config", "signal", "series"),
    [
        ("hourly", 1439658380, 3517701969),
        ("heavy_tails", 2978060721, 860810449),
        ("many", 3685562069, 2895769502),
    ],
)
def test_is_the_same_to_the_bit(tmp_path, config, signal, series):
    """If this fails, NumPy has changed what it draws: raise the version of the data set."""
    example = _example(config, tmp_path)
    found = [zlib.crc32(example[name].astype("<f4").tobytes()) for name in ("signal", "series")]
    assert found == [signal, series]


def test_a_configuration_of_ones_own(tmp_path):
    config = seasonal_series_dataset_builder.SeasonalConfig(
        name="mine", seed=4, noise_std=(0.0, 0.5)
    )
    example = _example(config, tmp_path)
    assert example["series"].shape == (17_520, 2)
    np.testing.assert_array_equal(example["series"][:, 0], example["signal"][:, 0])
    assert example["noise_variance"].tolist() == [0.0, 0.25]


def test_another_seed_gives_another_series(tmp_path):
    signals = [
        _example(
            seasonal_series_dataset_builder.SeasonalConfig(
                name="mine", seed=seed, noise_std=(1.0,)
            ),
            tmp_path,
        )["signal"]
        for seed in (5, 6)
    ]
    assert not np.allclose(*signals, atol=1)
