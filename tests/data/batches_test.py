"""Batches: every example once, little padding, and an order that seed and epoch decide."""

import numpy as np
import pytest

from zoo.data.batches import Batches, Shared, pad


def batches(lengths, batch_size=4, **options):
    """Examples whose tokens all are their own number, from 1."""
    x = {
        "tokens": [np.full(n, i, "int32") for i, n in enumerate(lengths, start=1)],
        "characters": [np.full((n, 1 + i % 3), i, "int32") for i, n in enumerate(lengths, start=1)],
    }
    return Batches(
        x, [np.full(n, i, "int32") for i, n in enumerate(lengths)], batch_size, **options
    )


LENGTHS = np.random.default_rng(0).integers(1, 30, 203).tolist()


@pytest.mark.parametrize("seed", [None, 0])
def test_every_example_once(seed):
    found = []
    for x, y, weight in batches(LENGTHS, seed=seed):
        assert x["tokens"].shape == y.shape == weight.shape == x["characters"].shape[:2]
        for tokens, tags, real in zip(x["tokens"], y, weight.astype(bool), strict=True):
            assert (tokens[~real] == 0).all()
            assert (tags[real] == tokens[real] - 1).all()
            assert real.tolist() == sorted(real, reverse=True), "padding is on the right"
            found.append((tokens[0], real.sum()))
    assert sorted(found) == [(i, n) for i, n in enumerate(LENGTHS, start=1)]


def test_length_is_the_number_of_batches():
    assert len(batches(LENGTHS)) == len(list(batches(LENGTHS))) == 51


def test_order_tells_which_examples_come():
    shuffled = batches(LENGTHS, seed=3)
    seen = [row[0] - 1 for x, _, _ in shuffled for row in x["tokens"]]
    assert seen == shuffled.order.tolist()


def test_padding_is_measured_as_it_is():
    for some in (batches(LENGTHS), batches(LENGTHS, seed=1), batches([5, 5, 5])):
        real = sum(weight.sum() for _, _, weight in some)
        steps = sum(weight.size for _, _, weight in some)
        assert some.padding == pytest.approx(1 - float(real) / steps, abs=1e-6)
    assert batches([5, 5, 5]).padding == 0


def test_same_seed_and_epoch_same_batches():
    def ids(seed, epoch):
        some = batches(LENGTHS, seed=seed)
        some.epoch = epoch
        return [x["tokens"].tolist() for x, _, _ in some]

    assert ids(0, 5) == ids(0, 5)
    assert ids(0, 5) != ids(0, 6)
    assert ids(0, 5) != ids(1, 5)


def test_tensorflow_reads_the_same_and_follows_the_epoch():
    some = batches(LENGTHS, seed=0)
    dataset = some.dataset()
    assert int(dataset.cardinality()) == len(some)
    assert not dataset.options().autotune.enabled
    for epoch in (0, 1):
        some.epoch = epoch
        for mine, other in zip(some, dataset.as_numpy_iterator(), strict=True):
            np.testing.assert_array_equal(mine[0]["characters"], other[0]["characters"])
            np.testing.assert_array_equal(mine[2], other[2])


def test_one_input_comes_without_its_name():
    x, _, _ = next(iter(Batches({"tokens": [np.ones(3, "int32")]}, [np.ones(3, "int32")], 1)))
    assert x.shape == (1, 3)


def test_unknown_rates():
    rates = np.array([0.0, 0.0, 1.0, 0.0])
    tokens = [np.array([2, 3, 2], "int32")] * 2
    some = Batches({"tokens": tokens}, tokens, 2, seed=0, unknown_rates=rates)
    x, _, _ = next(iter(some))
    assert x.tolist() == [[1, 3, 1]] * 2


def test_empty_examples_are_refused():
    with pytest.raises(ValueError, match="empty example at index 1"):
        batches([3, 0, 2])
    with pytest.raises(ValueError, match="at least one example"):
        Batches({"tokens": []}, [], 2)


def test_pad_in_two_axes():
    padded = pad([np.ones((1, 3), "int32"), np.ones((2, 1), "int32")])
    assert padded.tolist() == [[[1, 1, 1], [0, 0, 0]], [[1, 0, 0], [1, 0, 0]]]


def test_one_value_an_example_weighs_nothing_where_it_is_negative():
    labels = np.random.default_rng(1).integers(-1, 6, len(LENGTHS)).astype("int32")
    assert (labels < 0).sum() > 10
    tokens = [np.full(n, i, "int32") for i, n in enumerate(LENGTHS, start=1)]
    for seed in (None, 0):
        some = Batches({"tokens": tokens}, labels, 4, seed=seed)
        assert len(some) == 51
        seen = []
        for x, y, weight in some:
            places = x[:, 0] - 1
            assert y.shape == weight.shape == (len(x),)
            assert (y.dtype, weight.dtype) == ("int32", "float32")
            assert (weight == (labels[places] >= 0)).all()
            assert (y == np.where(labels[places] >= 0, labels[places], 0)).all()
            seen += places.tolist()
        assert sorted(seen) == list(range(len(LENGTHS)))
        for mine, other in zip(some, some.dataset().as_numpy_iterator(), strict=True):
            for first, second in zip(mine, other, strict=True):
                np.testing.assert_array_equal(first, second)


def test_a_pool_of_one_batch_mixes_lengths():
    """Without it a batch of 4 has lengths that differ by one at most, as often as not."""
    sorted_, mixed = batches(LENGTHS, seed=0), batches(LENGTHS, seed=0, pool=1)
    assert sorted_.padding < 0.1 < 0.2 < mixed.padding
    assert sorted(mixed.order) == list(range(len(LENGTHS)))


def test_examples_that_share_stay_together():
    images = np.arange(4)
    x = {
        "previous": [np.full(1 + i % 3, 1 + i) for i in range(8)],
        "image": Shared(images, np.repeat(images, 2)),
    }
    batches = Batches(x, x["previous"], batch_size=5, seed=0)
    assert batches.batch_size == 4
    assert len(batches) == len(list(batches)) == 2
    seen = []
    for given, _, _ in batches:
        first = given["previous"][:, 0]
        np.testing.assert_array_equal(
            first, 1 + np.stack([2 * given["image"]] * 2, 1).ravel() + [0, 1] * 2
        )
        seen += given["image"].tolist()
    assert sorted(seen) == images.tolist()
    assert [given["image"].tolist() for given, _, _ in Batches(x, x["previous"], 4)] == [
        [0, 1],
        [2, 3],
    ]


def test_examples_of_which_one_shares_more_come_as_they_will():
    shared = Shared(np.arange(2), np.array([0, 0, 1]))
    assert shared.together == 1
    assert shared.of(np.array([2, 0])).tolist() == [1, 0]
