"""Tests for zoo.metrics.anomalies, against the benchmark's rules written out step by step."""

import math
import types

import numpy as np
import pytest

from zoo.metrics import anomalies
from zoo.metrics.anomalies import PROFILES, Profile


class Series(types.SimpleNamespace):
    def __len__(self):
        return self.steps


@pytest.fixture
def corpus():
    return [
        Series(steps=200, windows=np.array([[60, 89], [150, 169]])),
        Series(steps=100, windows=np.zeros((0, 2), int)),
        Series(steps=140, windows=np.array([[40, 40]])),
    ]


def by_hand(corpus, scores, threshold, profile):
    """The score as the paper and the benchmark's code have it: one alarm at a time."""
    total = 0.0
    for series, of in zip(corpus, scores, strict=True):
        start = min(int(0.15 * len(series)), 750)
        best = {}
        for step in range(start, len(series)):
            if of[step] < threshold:
                continue
            inside = [i for i, (a, b) in enumerate(series.windows) if a <= step <= b]
            if inside:
                first, last = series.windows[inside[0]]
                position = -(last - step + 1) / (last - first + 1)
                worth = 2 / (1 + math.exp(5 * position)) - 1
                worth /= 2 / (1 + math.exp(-5)) - 1
                best[inside[0]] = max(best.get(inside[0], -math.inf), profile.hit * worth)
                continue
            before = [(a, b) for a, b in series.windows if b < step]
            if not before:
                total -= profile.false_alarm
                continue
            first, last = before[-1]
            position = (step - last) / max(last - first, 1)
            away = -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1
            total += profile.false_alarm * away
        total += sum(best.values()) - profile.miss * (len(series.windows) - len(best))
    return total


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("seed", range(3))
def test_every_threshold_is_scored_as_by_hand(corpus, profile, seed):
    rng = np.random.default_rng(seed)
    scores = [rng.integers(0, 12, len(series)) / 12 for series in corpus]
    thresholds, totals = anomalies.sweep(corpus, scores, profile)
    assert np.isinf(thresholds[0]) and (np.diff(thresholds) < 0).all()
    expected = [by_hand(corpus, scores, threshold, profile) for threshold in thresholds]
    np.testing.assert_allclose(totals, expected, atol=1e-9)


def test_nothing_is_0_and_everything_at_once_is_100(corpus):
    perfect = []
    for series in corpus:
        perfect.append(np.zeros(len(series)))
        perfect[-1][[first for first, _ in series.windows]] = 1
    for found in anomalies.evaluate(corpus, perfect).values():
        assert found["score"] == pytest.approx(100)
        assert (found["detected"], found["windows"]) == (3, 3)
        assert (found["alarms"], found["false_alarms"]) == (3, 0)
    silent = [np.zeros(len(series)) for series in corpus]
    for found in anomalies.evaluate(corpus, silent).values():
        assert found["score"] >= 0 and found["detected"] in (0, 3)


def test_an_alarm_in_probation_counts_for_nothing(corpus):
    early = [np.zeros(len(series)) for series in corpus]
    early[0][:30] = 1
    thresholds, totals = anomalies.sweep(corpus, early, Profile(1.0, 0.11, 1.0))
    assert thresholds.tolist() == [np.inf, 0] and totals[0] == -3


def test_scores_must_be_numbers_of_every_step(corpus):
    scores = [np.zeros(len(series)) for series in corpus]
    scores[1][4] = np.nan
    with pytest.raises(ValueError, match="1 of them no number"):
        anomalies.evaluate(corpus, scores)
    with pytest.raises(ValueError, match="at least one window"):
        anomalies.evaluate(corpus[1:2], scores[1:2])
