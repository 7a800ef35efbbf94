"""Pictures of the inside of recurrent layers: what stands where."""

import types

import numpy as np
import pytest

from zoo.plots import inspection


class FakeTrace(dict):
    name, gates = "gru_1/forward", {"update": None, "reset": None}
    mask = np.array([[True, True, True, False]])


@pytest.fixture
def trace():
    rng = np.random.default_rng(0)
    arrays = {name: rng.uniform(0, 1, (1, 4, 5)) for name in ("update", "reset")}
    arrays["candidate"] = rng.uniform(-1, 1, (1, 4, 5))
    hidden = np.zeros((1, 4, 5))
    hidden[0, :, 3] = [1, -1, 1, 99]  # The padded step must not count.
    hidden[0, :, 1] = [0.5, -0.5, 0.5, 0]
    hidden[0, 3, 0] = 50
    return FakeTrace({**arrays, "hidden": hidden})


def test_a_map_for_each_array_with_the_liveliest_unit_on_top(trace):
    axes = inspection.gates(trace, ["a", "$", "c"])
    assert [ax.get_title() for ax in axes] == ["update", "reset", "candidate", "hidden"]
    shown = axes[-1].images[0].get_array()
    assert shown.shape == (5, 3)
    np.testing.assert_array_equal(shown[:2], trace["hidden"][0, :3][:, [3, 1]].T)
    assert [label.get_text() for label in axes[-1].get_xticklabels()] == ["a", r"\$", "c"]
    assert axes[0].images[0].get_clim() == (0, 1)
    assert axes[-1].images[0].get_clim() == (-1, 1)


def test_chosen_units_and_arrays(trace):
    (ax,) = inspection.gates(trace, units=[4, 0], names=["reset"])
    np.testing.assert_array_equal(ax.images[0].get_array(), trace["reset"][0, :3][:, [4, 0]].T)


def test_a_cell_has_a_scale_of_its_own(trace):
    trace["cell"] = 7 * trace["candidate"]
    ax = inspection.gates(trace, names=["cell"])[0]
    largest = abs(trace["cell"][0, :3]).max()
    assert ax.images[0].get_clim() == (-largest, largest)


def test_names_of_steps_must_be_as_many(trace):
    with pytest.raises(ValueError, match=r"each of 3 steps. Received: 2"):
        inspection.gates(trace, ["a", "b"])


def test_the_life_of_a_unit(trace):
    ax = inspection.unit(trace, 3)
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_array_equal(lines["hidden"], [1, -1, 1])
    assert "unit 3" in ax.get_title()


def test_histograms_beside_each_other():
    one = types.SimpleNamespace(counts=np.array([1, 3]), edges=np.array([0, 0.5, 1]))
    axes = inspection.saturation({"LSTM": {"input": one}, "other": {"input": one}})
    assert len(axes[0].patches) == 2
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == ["LSTM", "other"]
    np.testing.assert_array_equal(axes[0].patches[0].get_data().values, [0.25, 0.75])


def test_gradients_leave_out_what_no_sequence_reaches():
    norms = np.array([[1.0, 0.5, np.nan], [1.0, 0.3, np.nan]])
    ax = inspection.gradients({"GRU": norms})
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 1.0], [1, 0.4]])


def test_bars_add_up():
    found = {"gru": {"update": 3, "reset": 4}, "head": {"kernel": 5}}
    ax = inspection.sizes(found, what="operations")
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches if bar.get_width()]
    assert sorted(ends) == [3, 5, 7]
    assert ax.get_xlabel() == "operations"
