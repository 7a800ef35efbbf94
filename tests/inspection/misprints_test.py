"""What the formulas that circulate with errors do."""

import inspect

import numpy as np
import pytest

from zoo.inspection import equations, misprints

RNG = np.random.default_rng(1)


def weights(gates, units=4, features=3):
    sizes = ((features, gates * units), (units, gates * units), (gates * units,))
    return [RNG.normal(size=size) for size in sizes]


def run(step, W, U, b, x=None, state=None):
    x = RNG.normal(size=(2, 30, 3)) if x is None else x
    state = equations.start(step, len(x), U.shape[0]) if state is None else state
    return equations.unfold(step, x, state, W, U, b)


@pytest.mark.parametrize("wrong", misprints.MISPRINTS, ids=lambda step: step.__name__)
def test_each_differs_from_the_right_one_and_says_how(wrong):
    right = misprints.MISPRINTS[wrong]
    W, U, b = weights(4 if right is equations.lstm else 3)
    x = RNG.normal(size=(2, 30, 3))
    assert np.abs(run(wrong, W, U, b, x).hidden - run(right, W, U, b, x).hidden).max() > 0.05
    assert "What is wrong:" in inspect.getdoc(wrong)


def test_swapped_gates_are_the_same_family():
    W, U, b = weights(3)
    x = RNG.normal(size=(2, 30, 3))
    W_other, U_other, b_other = (each.copy() for each in (W, U, b))
    for each in (W_other, U_other, b_other):
        each[..., :4] *= -1
    found = run(misprints.gru_swapped, W_other, U_other, b_other, x).hidden
    np.testing.assert_allclose(found, run(equations.gru, W, U, b, x).hidden, atol=1e-12)


def test_misplaced_reset_is_the_other_variant_of_keras():
    W, U, b = weights(3)
    x = RNG.normal(size=(2, 30, 3))
    found = run(misprints.gru_reset_misplaced, W, U, b, x)
    both = np.stack([b, 0 * b])
    expected = equations.unfold(equations.gru_reset_after, x, (np.zeros((2, 4)),), W, U, both)
    np.testing.assert_allclose(found.hidden, expected.hidden, atol=1e-12)


def open_gates():
    """Weights of one unit with which an LSTM keeps all, shows all and adds tanh(x) / 2 to it."""
    W = np.array([[0.0, 0, 1, 0]])
    return W, np.zeros((1, 4)), np.array([0.0, 99, 0, 99])


def test_only_the_right_lstm_keeps():
    state = np.full((1, 1), 0.5), np.full((1, 1), 0.5)
    x = np.zeros((1, 50, 1))
    assert run(equations.lstm, *open_gates(), x, state).cell[0, -1, 0] == pytest.approx(0.5)
    kept = run(misprints.lstm_forgets_hidden, *open_gates(), x, state).cell[0, -1, 0]
    assert kept < 0.2
    assert run(misprints.lstm_leaks, *open_gates(), x, state).cell[0, -1, 0] < 1e-9


def test_a_leak_cannot_count():
    x = np.full((1, 50, 1), 9.0)
    assert run(equations.lstm, *open_gates(), x).cell[0, -1, 0] == pytest.approx(25)
    assert run(misprints.lstm_leaks, *open_gates(), x).cell.max() <= 1
    shown = run(misprints.lstm_without_output_tanh, *open_gates(), x).hidden[0, -1, 0]
    assert shown == pytest.approx(25)


def test_comparison():
    rows = misprints.compare(units=8, time=20, sequences=4)
    assert [row.name for row in rows] == [step.__name__ for step in misprints.MISPRINTS]
    for row in rows:
        assert row.difference > 0.01
        assert row.survival.shape == row.survival_right.shape == (20,)
    found = {row.name: row for row in rows}
    assert found["lstm_forgets_hidden"].survival[-1] < found["lstm_leaks"].survival_right[-1]
    assert found["gru_swapped"].survival[0] == pytest.approx(0.5, abs=0.15)
