"""Tests for zoo.metrics.reconstruction."""

import types

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from zoo.metrics import reconstruction as metrics


@pytest.fixture
def gold():
    series = np.random.default_rng(0).normal(size=(80, 2)).cumsum(axis=0)
    marked = np.zeros(80, bool)
    marked[20:26] = marked[60:70] = True
    return types.SimpleNamespace(series=series, starts=np.arange(5, 70), length=6, marked=marked)


def test_step_errors_against_a_loop(gold):
    predicted = np.random.default_rng(1).normal(size=(65, 6, 2))
    errors = metrics.step_errors(gold, predicted)
    for step in range(80):
        held = [
            ((predicted[place, step - first] - gold.series[step]) ** 2).mean()
            for place, first in enumerate(gold.starts)
            if first <= step < first + 6
        ]
        assert np.isnan(errors[step]) if not held else errors[step] == pytest.approx(np.mean(held))


def test_report_against_scikit_learn(gold):
    predicted = metrics.cut(gold) * 0.9
    found = metrics.report(gold, predicted)
    errors = metrics.step_errors(gold, predicted)
    covered = ~np.isnan(errors)
    expected = roc_auc_score(gold.marked[covered], errors[covered])
    assert found["roc_auc"] == pytest.approx(expected)
    assert found["marked"] == 2 and found["steps"] == covered.sum() == 70
    assert found["mse"] == pytest.approx(errors[covered & ~gold.marked].mean())
    assert found["mse_marked"] == pytest.approx(errors[covered & gold.marked].mean())


def test_ties_count_half():
    rng = np.random.default_rng(0)
    positive, negative = rng.integers(0, 5, 50), rng.integers(0, 4, 70)
    labels = np.r_[np.ones(50), np.zeros(70)]
    expected = roc_auc_score(labels, np.r_[positive, negative])
    assert metrics.roc_auc(positive, negative) == pytest.approx(expected)


def test_a_stretch_is_found_by_its_worst_step(gold):
    windows = metrics.cut(gold)
    predicted = windows.copy()
    place = 62 - gold.starts[:, None] - np.arange(6)
    predicted[place == 0] += 100
    found = metrics.report(gold, predicted)
    assert found["found"] == 1
    assert metrics.report(gold, windows)["found"] == 0


@pytest.mark.parametrize("components", [1, 3])
def test_principal_components_are_those_of_scikit_learn(gold, components):
    windows = metrics.cut(gold)
    flat = windows.reshape(len(windows), -1)
    fitted = PCA(components, svd_solver="full").fit(flat[:40])
    expected = fitted.inverse_transform(fitted.transform(flat)).reshape(windows.shape)
    np.testing.assert_allclose(metrics.principal(windows[:40], windows, components), expected)


def test_evaluates_beside_baselines(gold):
    found = metrics.evaluate(gold, metrics.cut(gold), gold)
    assert found["mse"] == 0 and found["train_windows"] == 65
    names = [each["name"] for each in found["baselines"]]
    assert names == [
        "training mean",
        "mean of the window",
        *(f"{n} principal components" for n in (2, 4, 8)),
    ]
    errors = [each["mse"] for each in found["baselines"]]
    assert errors[2] > errors[3] > errors[4] > 0
    ((title, columns, rows),) = metrics.tables({**found, "split": "test"})
    assert title == "test: 65 windows, 70 steps"
    assert columns == ["", "MSE", "MSE where marked", "ROC AUC", "found of 2"]
    assert rows[0][:2] == ["model", "0.0000"] and all(len(row) == 5 for row in rows)


def test_where_nothing_is_marked_only_errors_are_told(gold):
    gold.marked[:] = False
    found = metrics.evaluate(gold, metrics.cut(gold), gold)
    assert "roc_auc" not in found
    ((_, columns, _),) = metrics.tables({**found, "split": "dev"})
    assert columns == ["", "MSE"]


def test_other_shapes_are_refused(gold):
    with pytest.raises(ValueError, match=r"must be of shape \(65, 6, 2\)"):
        metrics.report(gold, np.zeros((65, 6, 1)))
