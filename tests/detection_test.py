"""Tests for zoo.detection."""

import keras
import numpy as np
import pandas as pd
import pytest

import zoo
from zoo import detection, models

PROBATION = 120


def forecaster(distribution="student_t"):
    return models.Forecaster(
        8, 1, 1, cell="gru", units=4, dropout=0.0, distribution=distribution, optimizer="adam"
    )


def autoencoder():
    return models.SequenceAutoencoder(1, cell="gru", units=4, latent_dim=2)


@pytest.fixture(scope="module")
def values():
    steps = np.arange(420)
    noise = np.random.default_rng(0).normal(size=len(steps))
    values = 50 + 10 * np.sin(steps / 5) + 0.1 * noise
    values[300] = 50 - 10 * np.sin(60.0)  # Within the range of the past: only the time is wrong.
    return values


@pytest.fixture(scope="module", params=[forecaster, autoencoder])
def detector(request):
    keras.utils.set_random_seed(0)
    return detection.StreamDetector(request.param(), lookback=8, every=32, updates=2)


def test_nothing_that_comes_later_is_seen(detector, values):
    """However the stream goes on, what was said of a step stays, to the last bit."""
    scores = detector.scores(values, PROBATION)
    for step in (223, 264):  # Within a block of 32 steps after the lookback, and at its start.
        changed = values.copy()
        changed[step:] = np.random.default_rng(step).normal(scale=1e3, size=len(values) - step)
        again = detector.scores(changed, PROBATION)
        assert np.array_equal(scores[:step], again[:step])
        assert not np.array_equal(scores[step:], again[step:])
        assert np.array_equal(scores[:step], detector.scores(values[:step], PROBATION))


def test_every_stream_begins_anew(detector, values):
    first = detector.scores(values, PROBATION)
    detector.scores(values[::-1], PROBATION)
    assert np.array_equal(first, detector.scores(values, PROBATION))


ELSEWHERE = """
import keras, numpy as np
from zoo import models
from zoo.detection import StreamDetector
values = 50 + 10 * np.sin(np.arange(220) / 5)
forecaster = {"cell": "gru", "units": 3, "dropout": 0.0, "distribution": "student_t"}
for model in (
    models.Forecaster(8, 1, 1, **forecaster),
    models.SequenceAutoencoder(1, cell="gru", units=3, latent_dim=2),
):
    detector = StreamDetector(model, lookback=8, every=60, updates=1)
    scores = detector.scores(values, 60)
    changed = np.where(np.arange(220) < 150, values, 0)
    assert np.array_equal(detector.scores(changed, 60)[:150], scores[:150])
    assert np.array_equal(detector.scores(values, 60), scores)
"""


def test_on_every_backend(backend_process):
    backend_process.run(ELSEWHERE)


def test_units_make_no_difference(values):
    plain = detection.StreamDetector(None)
    scores = plain.scores(values, PROBATION)
    np.testing.assert_allclose(plain.scores(-1e6 * values + 7, PROBATION), scores, atol=1e-6)


def test_network_finds_what_values_do_not_tell(values):
    keras.utils.set_random_seed(0)
    options = {"lookback": 8, "every": 32, "updates": 20}
    model = forecaster()
    model.optimizer.learning_rate = 0.02
    found = detection.StreamDetector(model, **options).scores(values, PROBATION)
    alone = detection.StreamDetector(None).scores(values, PROBATION)
    after = slice(PROBATION, None)
    assert alone[295:305].max() == 0
    assert PROBATION + found[after].argmax() == 300


def test_errors_are_the_networks(values):
    """With learning switched off: as worked out from the forecasts themselves."""
    keras.utils.set_random_seed(0)
    model = forecaster("quantiles")
    detector = detection.StreamDetector(model, lookback=8, every=300, updates=0)
    errors, sure = detector.errors(values, PROBATION)
    first = 8 + 300  # The second block: standardized by all before it.
    mean, scale = values[:first].mean(), values[:first].std()
    seen = (values - mean) / scale
    windows = np.stack([seen[end - 8 : end] for end in range(first, len(values))])
    said = model.predict(windows[..., None], verbose=0)[:, 0, 0] * scale
    levels = {layer.name: layer for layer in model.layers}["distribution"].levels
    low, middle, high = (said[:, levels.index(level)] for level in (0.1, 0.5, 0.9))
    np.testing.assert_allclose(errors[first:], values[first:] - middle - mean, rtol=1e-4)
    np.testing.assert_allclose(sure[first:], errors[first:] / (high - low), rtol=1e-4)
    assert not errors[: detection.SETTLING].any()


def test_novelty_against_a_loop():
    stream = np.random.default_rng(3).normal(size=60).cumsum()
    expected = [0.0]
    for step in range(1, len(stream)):
        low, high = stream[:step].min(), stream[:step].max()
        outside = max(stream[step] - high, low - stream[step], 0)
        expected.append(outside / (high - low) * step / 10 if high > low else 0.0)
    np.testing.assert_allclose(detection.novelty(stream, 10), expected)


def test_uniform_values_lie_one_gap_outside():
    stream = np.random.default_rng(0).uniform(size=(400, 2_000))
    sums = np.array([detection.novelty(each, 1)[1_000:].sum() for each in stream])
    # Of each step n the chance of a new extreme is 2 / n, and it lies about a gap outside.
    expected = (2 / np.arange(1_000, 2_000)).sum()
    assert abs(sums.mean() - expected) < 4 * sums.std() / np.sqrt(len(sums))


@pytest.mark.parametrize("level", [0.1, 45.0, 1e9 / 3])
def test_nothing_is_new_where_nothing_changes(level):
    values = np.full(1_000, level)
    assert not detection.StreamDetector(None).scores(values, 150).any()


def test_rested_against_a_loop():
    scores = np.random.default_rng(5).integers(0, 9, size=80).astype(float)
    expected = [
        x if i == 0 or x > max(scores[max(0, i - 7) : i]) else 0.0 for i, x in enumerate(scores)
    ]
    assert detection.rested(scores, 7).tolist() == expected
    assert np.array_equal(detection.rested(scores, 0), scores)


@pytest.mark.parametrize("values", [[[1.0]], [1.0, np.nan], 3.0])
def test_values_must_be_a_stream(values):
    with pytest.raises(ValueError, match="finite numbers of shape"):
        detection.StreamDetector(None).scores(values, 1)


@pytest.mark.parametrize("probation", [0, -1])
def test_probation_is_a_step_at_least(probation):
    with pytest.raises(ValueError, match=f"must be at least 1 step. Received: {probation}"):
        zoo.detect(pd.DataFrame({"x": np.arange(200.0)}), cell=None, probation=probation)


@pytest.mark.parametrize(
    "model",
    [
        lambda: forecaster(None),
        lambda: models.Forecaster(8, 2, 1, units=2, distribution="gaussian"),
        lambda: models.SequenceAutoencoder(2, units=2, latent_dim=2),
    ],
)
def test_other_models_are_refused(model):
    with pytest.raises(ValueError, match="output has the shape"):
        detection.StreamDetector(model())


def test_a_series_is_watched_without_looking_ahead():
    hours = np.arange(300)
    values = np.stack([np.sin(hours / 8), hours % 5], axis=-1)
    values[150, 0], values[[40, 220], 1] = 4.0, np.nan
    found = zoo.detect(pd.DataFrame(values, columns=["wave", "saw"]), cell=None)
    assert found.report["missing"] == 2 and found.probation == 45
    assert found.series.values[[40, 220], 1].tolist() == [39 % 5, 219 % 5]
    assert found.scores.argmax(axis=0)[0] == 150 and not found.scores[:45].any()
    changed = np.where(hours[:, None] < 200, values, 7)
    again = zoo.detect(pd.DataFrame(changed), cell=None)
    assert np.array_equal(again.scores[:200], found.scores[:200])
    assert found.table().columns.tolist() == ["wave", "saw", "wave score", "saw score"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.ones((100, 1)), "must have more than 100 steps. Received: 100"),
        (np.full((200, 1), np.nan), "Each channel must have a value. Received: none in '0'"),
    ],
)
def test_a_series_that_cannot_be_watched(values, said):
    with pytest.raises(ValueError, match=said):
        zoo.detect(pd.DataFrame(values))
