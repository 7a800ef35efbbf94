"""Normalization of windows: it can be undone, and knows nothing of other windows."""

import numpy as np
import pytest

from zoo.layers import InstanceDenormalization, InstanceNormalization
from zoo.layers.instance_normalization import KINDS


def window(seed=0):
    draw = np.random.default_rng(seed)
    return (draw.normal(size=(3, 8, 2)) * [1, 50] + [3, -200]).astype("float32")


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_be_undone(kind):
    history = window()
    normalized, shift, scale = InstanceNormalization(kind)(history)
    again = np.asarray(InstanceDenormalization()(normalized, shift, scale))
    np.testing.assert_allclose(again, history, rtol=1e-4, atol=1e-3)


def test_reversible_windows_have_mean_0_and_deviation_1():
    normalized = np.asarray(InstanceNormalization("reversible")(window())[0])
    np.testing.assert_allclose(normalized.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(normalized.std(axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("kind", ["last", "reversible"])
def test_level_of_a_window_does_not_matter(kind):
    layer = InstanceNormalization(kind)
    one, other = (np.asarray(layer(window() + more)[0]) for more in (0, 1000))
    np.testing.assert_allclose(one, other, atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_window_is_defined(kind):
    normalized, shift, scale = InstanceNormalization(kind)(np.full((1, 5, 1), 7.0, "float32"))
    forecast = np.asarray(InstanceDenormalization()(np.asarray(normalized)[:, :2], shift, scale))
    np.testing.assert_allclose(forecast, 7.0, atol=1e-5)


def test_widths_are_scaled_and_shapes_left():
    found = np.ones((1, 4, 1, 3), "float32")
    shift, scale = np.full((1, 1, 1), 10.0), np.full((1, 1, 1), 2.0)
    moved = np.asarray(InstanceDenormalization("student_t")(found, shift, scale))
    assert moved[0, 0, 0].tolist() == [12.0, 2.0, 1.0]


def test_what_is_no_kind_is_named():
    with pytest.raises(ValueError, match="`kind` must be one of 'none', 'last', 'reversible'"):
        InstanceNormalization("batch")
