"""Tests for zoo.data.reconstruction and zoo.data.anomalies."""

import os
import pathlib

import keras
import numpy as np
import pytest

from zoo.data import anomalies, reconstruction
from zoo.data.anomalies import MarkedSeries
from zoo.data.arrays import Arrays
from zoo.models import SequenceAutoencoder

PARTS = {"train": (10, 50), "dev": (50, 70), "test": (70, 120)}


@pytest.fixture
def series():
    values = np.random.default_rng(0).normal(size=120).cumsum() * 7 - 300
    return MarkedSeries("made up", np.arange(120) * 300, values, np.array([[2, 5], [90, 99]]))


def test_marked_steps_lie_within_their_windows(series):
    assert np.flatnonzero(series.marked).tolist() == [*range(2, 6), *range(90, 100)]


def test_windows_lie_within_their_splits(series):
    data = reconstruction.cut(series, PARTS, length=8)
    for split, (begin, end) in PARTS.items():
        windows = data.splits[split]
        assert windows.starts.tolist() == list(range(begin, end - 7))
        original = windows.in_original_units(windows.arrays()[..., 0])
        expected = np.stack([series.values[first : first + 8] for first in windows.starts])
        np.testing.assert_allclose(original, expected, rtol=1e-5)
    assert data.sizes == {"num_features": 1}


def test_only_training_is_fitted_on(series):
    data = reconstruction.cut(series, PARTS, length=8)
    train = series.values[10:50]
    assert data.splits["test"].mean == [train.mean()] and data.splits["test"].scale == train.std()
    changed = series.values.copy()
    changed[70:] += 1e3
    other = MarkedSeries("changed", series.seconds, changed, series.windows)
    found = reconstruction.cut(other, PARTS, length=8)
    for split in ("train", "dev"):
        assert np.array_equal(found.splits[split].arrays(), data.splits[split].arrays())


def test_each_window_is_its_own_target(series):
    data = reconstruction.cut(series, PARTS, length=8)
    batches = data.batches("train", 5, seed=1)
    rows = [(x, y, weight) for x, y, weight in batches]
    assert sum(len(x) for x, _, _ in rows) == len(data.splits["train"])
    for x, y, weight in rows:
        assert x.shape[1:] == (8, 1) and np.array_equal(x, y) and (weight == 1).all()


def test_predictions_and_codes_are_the_models_in_order(series):
    data = reconstruction.cut(series, PARTS, length=8)
    model = SequenceAutoencoder(1, cell="gru", units=3, latent_dim=2)
    windows = data.splits["test"]
    whole = model.predict(windows.arrays(), verbose=0)
    np.testing.assert_allclose(data.predict(model, windows, batch_size=16), whole, atol=1e-6)
    encoder = keras.Model(model.input, model.get_layer("latent").output)
    codes = encoder.predict(windows.arrays(), verbose=0)
    np.testing.assert_allclose(data.encode(model, windows, batch_size=16), codes, atol=1e-6)


def test_goes_to_machines_without_tensorflow(series, tmp_path):
    data = reconstruction.cut(series, PARTS, length=8)
    Arrays.of(data).write(tmp_path)
    again = Arrays.read(tmp_path)
    assert again.sizes == data.sizes
    pairs = zip(again.batches("dev", 4, seed=2), data.batches("dev", 4, seed=2), strict=True)
    assert all(
        np.array_equal(a, b) for one, other in pairs for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"train": (0, 50)}, "Nothing may be marked in train.*step 2 is marked"),
        ({"dev": (85, 95)}, "Nothing may be marked in dev.*step 90 is marked"),
        ({"test": (70, 75)}, "test must have at least one window of 8 steps"),
        ({"test": (70, 121)}, "of the 120 that there are"),
    ],
)
def test_other_parts_are_refused(series, parts, message):
    with pytest.raises(ValueError, match=message):
        reconstruction.cut(series, {**PARTS, **parts}, length=8)


def test_a_window_must_be_at_steps():
    with pytest.raises(ValueError, match="at the time of a step"):
        anomalies.places(np.array([0, 60]), np.array([[0, 61]]))


@pytest.mark.slow
def test_the_corpus_is_as_its_authors_describe_it():
    """Needs nab in TFDS_DATA_DIR."""
    folder = os.environ.get("TFDS_DATA_DIR")
    if not folder or not pathlib.Path(folder, "nab").is_dir():
        pytest.skip("needs nab in TFDS_DATA_DIR")
    corpus = anomalies.read("nab")
    assert len(corpus) == 58 and sum(map(len, corpus)) == 365_558
    assert sum(len(series.windows) for series in corpus) == 116
    with pytest.raises(ValueError, match="`series` must be one of nab: artificialNoAnomaly"):
        reconstruction.load("nab", series="none", parts=PARTS, length=8)
