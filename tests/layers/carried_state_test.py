"""States between one batch and the next."""

import keras
import numpy as np
import pytest

from zoo.layers import CarriedState


def test_each_row_goes_on_unless_it_begins():
    layer = CarriedState([3, 2], lanes=2)
    first = layer(np.array([True, True]))
    assert [tuple(state.shape) for state in first] == [(2, 3), (2, 2)]
    assert all(not np.array(state).any() for state in first)
    ends = [np.arange(6.0).reshape(2, 3), np.arange(4.0).reshape(2, 2) + 10]
    x = np.ones((2, 1))
    np.testing.assert_array_equal(layer(x, ends), x)
    for found, end in zip(layer(np.array([False, False])), ends, strict=True):
        np.testing.assert_array_equal(found, end)
    for found, end in zip(layer(np.array([True, False])), ends, strict=True):
        np.testing.assert_array_equal(found, end * np.array([[0], [1]]))


def test_fewer_rows_leave_the_other_lanes_alone():
    layer = CarriedState([2], lanes=3)
    layer(np.array([True] * 3))
    layer(np.zeros((3, 1)), [np.full((3, 2), 5.0)])
    layer(np.zeros((1, 1)), [np.full((1, 2), 7.0)])
    (found,) = layer(np.array([False] * 3))
    np.testing.assert_array_equal(found[:, 0], [7, 5, 5])
    with pytest.raises(ValueError, match=r"as many rows as the model has lanes, 3\. Received: 4"):
        layer(np.array([False] * 4))


def test_without_lanes_nothing_is_kept():
    layer = CarriedState([2])
    assert layer.lanes is None and layer.weights == []
    layer(np.zeros((4, 6)))
    layer(np.zeros((4, 1)), [np.ones((4, 2))])
    (found,) = layer(np.zeros((4, 6)))
    assert found.shape == (4, 2) and not np.array(found).any()


def test_holding_gives_takes_and_keeps_nothing():
    layer = CarriedState([2], lanes=2)
    layer(np.array([True, True]))
    layer(np.zeros((2, 1)), [np.full((2, 2), 5.0)])
    with layer.holding([np.full((7, 2), 3.0)]) as last:
        (given,) = layer(np.array([False] * 7))
        np.testing.assert_array_equal(given, np.full((7, 2), 3.0))
        layer(np.zeros((7, 1)), [np.array(given) + 1])
        np.testing.assert_array_equal(last[0], np.full((7, 2), 4.0))
    np.testing.assert_array_equal(layer(np.array([False, False]))[0], np.full((2, 2), 5.0))


def test_what_is_kept_is_no_weight_to_learn():
    layer = CarriedState([2], lanes=2)
    layer(np.array([True, True]))
    assert layer.trainable_weights == [] and len(layer.non_trainable_weights) == 1


def test_config_and_errors():
    layer = CarriedState.from_config(CarriedState([3, 2], lanes=4).get_config())
    assert (layer.sizes, layer.lanes) == ([3, 2], 4)
    with pytest.raises(ValueError, match=r"`lanes` must be None or at least 1\. Received: 0"):
        CarriedState([3], lanes=0)


SCRIPT = """
import keras, numpy as np
from zoo.models import LanguageModel
ids = np.random.default_rng(0).integers(2, 9, (2, 12))
for cell in ("lstm", "gru"):
    model = LanguageModel(9, cell=cell, units=(5, 4), embedding_dim=3, lanes=2, dropout=0.0)
    def read(start, stop, begins):
        given = {"tokens": ids[:, start:stop], "begins": np.array(begins)}
        return model.predict_on_batch(given)
    whole = read(0, 12, [True, True])
    pieces = [read(0, 5, [True, True]), read(5, 6, [False, False]), read(6, 12, [False, False])]
    assert abs(np.concatenate(pieces, axis=1) - whole).max() < 1e-5
    anew = read(6, 12, [True, False])
    assert abs(anew[0] - whole[0, 6:]).max() > 1e-4, "the first row began anew"
    x = {"tokens": ids, "begins": np.array([True, True])}
    losses = [float(model.train_on_batch(x, ids)[0]) for _ in range(5)]
    assert losses[-1] < losses[0]
"""


def test_windows_read_as_one_text_on_every_backend(backend_process):
    """Also through `predict` and `fit`, which are compiled."""
    backend_process.run(SCRIPT)


def test_keeps_what_it_carries_across_saving(tmp_path):
    begins, x = keras.Input((), dtype="bool"), keras.Input((2,))
    layer = CarriedState([2], lanes=2)
    (state,) = layer(begins)
    model = keras.Model([begins, x], [layer(x, [state + x]), state])
    ones = np.ones((2, 2), "float32")
    model([np.array([True, True]), ones])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again([np.array([False, False]), ones])[1], ones)
