"""Tests for zoo.plots.reconstruction."""

import numpy as np
import pytest

from zoo.plots import reconstruction as plots


def test_report_without_marked_steps_has_no_second_errors():
    ax = plots.report({"mse": 0.5, "baselines": [{"name": "mean", "mse": 1.0}]})
    assert len(ax.collections) == 1
    assert ax.collections[0].get_offsets()[:, 0].tolist() == [0.5, 1.0]


def test_alarms_and_marks_lie_where_they_are():
    times = np.datetime64("2031-01-01", "s") + 300 * np.arange(50)
    values = np.sin(np.arange(50.0))
    scores = np.arange(50.0)
    above, below = plots.anomalies(
        values,
        scores,
        np.array([[10, 14], [40, 42]]),
        alarms=[12, 49],
        reconstruction=values * 0.9,
        times=times,
    )
    assert len(above.patches) == len(below.patches) == 2
    assert above.collections[-1].get_offsets()[:, 1].tolist() == values[[12, 49]].tolist()
    assert below.collections[-1].get_offsets()[:, 1].tolist() == [12, 49]
    told = [text.get_text() for text in above.get_legend().get_texts()]
    assert told == ["series", "reconstructed", "marked by people", "alarm"]


def test_scores_must_be_as_many_as_values():
    with pytest.raises(ValueError, match="as many as `values`"):
        plots.anomalies(np.zeros(4), np.zeros(5))


def test_the_map_keeps_distances_of_two_dimensions():
    codes = np.random.default_rng(0).normal(size=(30, 2)) * [1, 5]
    ax = plots.latent(codes, np.arange(30), label="hour")
    drawn = ax.collections[0].get_offsets()
    distance = np.linalg.norm(drawn[3] - drawn[20])
    assert distance == pytest.approx(np.linalg.norm(codes[3] - codes[20]))
    shares = [float(label.split(" ")[0]) for label in (ax.get_xlabel(), ax.get_ylabel())]
    assert sum(shares) == pytest.approx(100, abs=1)


def test_codes_of_a_kind_lie_above_the_others():
    codes = np.random.default_rng(0).normal(size=(30, 3))
    ax = plots.latent(codes, np.arange(30) < 4, label="odd ones")
    below, above = ax.collections
    assert len(below.get_offsets()) == 26 and len(above.get_offsets()) == 4
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["odd ones"]
    assert len(ax.figure.axes) == 1  # There is no scale of two colours.
