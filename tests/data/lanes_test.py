"""Running text side by side: nothing is lost, nothing counted twice, and each row goes on."""

import numpy as np
import pytest

from zoo.data.lanes import Lanes


def read(lanes):
    """Each lane's tokens, and those that follow, put together again."""
    before = after = None
    for place, (x, y, weight) in enumerate(lanes):
        assert x["begins"].tolist() == [place == 0] * len(y)
        assert x["tokens"].shape == y.shape == weight.shape
        rows = [[row[real > 0] for row, real in zip(each, weight, strict=True)] for each in
                (x["tokens"], y)]  # fmt: skip
        if before is None:
            before, after = rows
        else:
            before = [np.concatenate(pair) for pair in zip(before, rows[0], strict=True)]
            after = [np.concatenate(pair) for pair in zip(after, rows[1], strict=True)]
    return before, after


@pytest.mark.parametrize("tokens", [1, 5, 24, 25, 31, 100])
@pytest.mark.parametrize(("rows", "steps"), [(1, 7), (4, 3), (4, 6), (8, 100)])
def test_every_token_is_predicted_once_after_the_one_before_it(tokens, rows, steps):
    ids = np.arange(1, tokens + 2)
    lanes = Lanes(ids, rows, steps)
    before, after = read(lanes)
    np.testing.assert_array_equal(np.concatenate(before), ids[:-1])
    np.testing.assert_array_equal(np.concatenate(after), ids[1:])
    assert len(after) == lanes.lanes == min(rows, tokens)
    assert lanes.tokens == tokens
    batches = list(lanes)
    assert len(batches) == len(lanes)
    weights = np.concatenate([weight.ravel() for *_, weight in batches])
    assert lanes.padding == pytest.approx(1 - weights.mean())


def test_a_rotation_is_that_of_its_seed_and_epoch():
    ids = np.arange(1, 42)
    lanes = Lanes(ids, 3, 4, seed=5)
    first = np.concatenate(read(lanes)[1])
    assert sorted(first) == sorted(ids[1:]), "all of them, once"
    assert (np.concatenate(read(lanes)[1]) == first).all()
    assert (np.diff(first) == 1).sum() == len(first) - 2, "in order but for one place"
    lanes.epoch = 1
    assert (np.concatenate(read(lanes)[1]) != first).any()
    again = Lanes(ids, 3, 4, seed=5)
    assert (np.concatenate(read(again)[1]) == first).all()


def test_nothing_to_predict_is_refused():
    with pytest.raises(ValueError, match="at least one token to predict"):
        Lanes(np.array([1]), 2, 3)
