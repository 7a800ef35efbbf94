"""Tasks of memory: the answer is what stood where it should, and nothing else gives it away."""

import math
import subprocess
import sys

import numpy as np
import pytest

from zoo.data import memory_tasks

TASKS = [memory_tasks.adding, memory_tasks.copying, memory_tasks.recall]


@pytest.mark.parametrize("task", TASKS)
def test_a_seed_gives_the_same_again_and_another_something_else(task):
    first, again, other = task(50, 20), task(50, 20, seed=0), task(50, 20, seed=1)
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype and (a != c).any()


@pytest.mark.parametrize("distance", [2, 3, 10, 51])
def test_adding_marks_one_number_in_each_half(distance):
    x, y = memory_tasks.adding(2000, distance)
    numbers, marks = x[..., 0], x[..., 1]
    assert x.shape == (2000, distance, 2) and y.shape == (2000, 1)
    assert x.dtype == y.dtype == np.float32
    assert set(np.unique(marks)) <= {0, 1}
    half = distance // 2
    assert (marks[:, :half].sum(axis=1) == 1).all() and (marks[:, half:].sum(axis=1) == 1).all()
    assert marks.any(axis=0).all()  # Every step is marked now and then.
    np.testing.assert_array_equal((numbers * marks).sum(axis=1), y[:, 0])
    assert (
        numbers.min() >= 0 and numbers.max() < 1 and numbers.mean() == pytest.approx(0.5, abs=0.02)
    )


def test_adding_without_memory_is_a_sixth_and_with_the_later_number_a_twelfth():
    x, y = memory_tasks.adding(100_000, 10)
    assert np.mean((y - 1) ** 2) == pytest.approx(1 / 6, rel=0.02)
    later = (x[:, 5:, 0] * x[:, 5:, 1]).sum(axis=1, keepdims=True)
    assert np.mean((y - later - 0.5) ** 2) == pytest.approx(1 / 12, rel=0.02)


@pytest.mark.parametrize(("distance", "symbols", "copied"), [(1, 2, 1), (3, 4, 2), (50, 8, 10)])
def test_copying_asks_for_what_stood_first(distance, symbols, copied):
    x, y = memory_tasks.copying(500, distance, symbols=symbols, copied=copied)
    blank, sign = symbols, symbols + 1
    assert x.shape == y.shape == (500, distance + 2 * copied)
    assert x.dtype == y.dtype == np.int32
    np.testing.assert_array_equal(x[:, :copied], y[:, -copied:])
    assert set(np.unique(x[:, :copied])) == set(range(symbols))
    assert (y[:, :-copied] == blank).all()
    assert (x[:, -copied:] == blank).all() and (x[:, -copied - 1] == sign).all()
    between = x[:, copied : -copied - 1]
    assert (between == blank).all() and between.shape[1] == distance - 1


@pytest.mark.parametrize(("distance", "symbols", "noise"), [(1, 2, 1), (5, 3, 4), (50, 8, 8)])
def test_recall_asks_for_the_first_symbol(distance, symbols, noise):
    x, y = memory_tasks.recall(2000, distance, symbols=symbols, noise=noise)
    assert x.shape == (2000, distance + 1) and y.shape == (2000,)
    assert x.dtype == y.dtype == np.int32
    np.testing.assert_array_equal(x[:, 0], y)
    assert (x[:, -1] == symbols + noise).all()
    between = x[:, 1:-1]
    assert ((between >= symbols) & (between < symbols + noise)).all()
    if distance > 1:
        assert set(np.unique(between)) == set(range(symbols, symbols + noise))
    assert np.bincount(y, minlength=symbols) / 2000 == pytest.approx(1 / symbols, abs=0.05)


@pytest.mark.parametrize(
    ("task", "wrong", "least"),
    [
        (memory_tasks.adding, {"size": 0}, 1),
        (memory_tasks.adding, {"distance": 1}, 2),
        (memory_tasks.copying, {"size": 0}, 1),
        (memory_tasks.copying, {"distance": 0}, 1),
        (memory_tasks.copying, {"symbols": 1}, 2),
        (memory_tasks.copying, {"copied": 0}, 1),
        (memory_tasks.recall, {"size": 0}, 1),
        (memory_tasks.recall, {"distance": 0}, 1),
        (memory_tasks.recall, {"symbols": 1}, 2),
        (memory_tasks.recall, {"noise": 0}, 1),
    ],
)
def test_what_is_too_small_is_named(task, wrong, least):
    ((name, number),) = wrong.items()
    with pytest.raises(ValueError, match=f"`{name}` must be at least {least}. Received: {number}"):
        task(**{"size": 2, "distance": 10, **wrong})


def test_the_cross_entropy_without_memory_is_the_one_of_the_paper():
    distance, symbols, copied = 50, 8, 10
    _, y = memory_tasks.copying(20, distance, symbols=symbols, copied=copied)
    # Blank where a blank is due, and any symbol as likely as another where a symbol is.
    chances = np.where(y == symbols, 1.0, 1 / symbols)
    expected = copied * math.log(symbols) / (distance + 2 * copied)
    assert -np.log(chances).mean() == pytest.approx(expected)


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from zoo.data import memory_tasks\n"
        "import zoo; loaded = set(sys.modules)\n"
        "print(sorted(loaded & {'keras', 'tensorflow', 'tensorflow_datasets', 'pandas'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr
