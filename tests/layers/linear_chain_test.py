"""Sums and maxima over all sequences of tags, against enumeration, on every backend."""

import time

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import brute_force
from zoo.layers import linear_chain

OTHERS = [name for name in ("tensorflow", "jax", "torch") if name != keras.backend.backend()]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 3), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**31))
def test_every_function_and_gradient_against_enumeration(batch, steps, size, seed):
    cases = [brute_force.random_case(seed + place, batch, steps, size) for place in range(4)]
    for name, error in brute_force.greatest_errors(cases).items():
        assert error <= brute_force.TOLERANCE, name


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 4), st.integers(0, 2**31))
def test_constraints_of_the_schemes_against_enumeration(steps, seed):
    cases = [brute_force.random_case(seed + place, 3, steps, 5) for place in range(6)]
    for name, error in brute_force.greatest_errors(cases).items():
        assert error <= brute_force.TOLERANCE, name


@pytest.mark.parametrize("backend", OTHERS)
def test_other_backends_against_enumeration(backend):
    if backend not in brute_force.installed():
        pytest.skip(f"{backend} is not installed")
    for name, error in brute_force.on_backend(backend).items():
        assert error <= brute_force.TOLERANCE, name


@pytest.mark.parametrize("make", [np.asarray, np.sign], ids=["spread", "tied"])
def test_huge_logits(make):
    cases = [brute_force.random_case(seed, 3, 4, 4) for seed in range(30)]
    cases = [case._replace(logits=1e4 * make(case.logits)) for case in cases]
    for case, found in zip(cases, brute_force.computed(cases), strict=True):
        expected = brute_force.enumerated(case)
        for name in ("log-partition", "sequence score", "negative log-likelihood"):
            # Where 1e4 is taken from 1e4, the rest is no more exact than they are in float32.
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-2)
        for name in ("gradient of the loss", "gradient of weighted steps", "marginals"):
            assert np.isfinite(found[name]).all(), name
        assert np.abs(found["gradient of the loss"]).max() <= 2 * case.mask.sum()


def test_the_sum_over_a_long_sequence():
    """Of 300 steps with 4 tags for nothing there are 4**300 sequences."""
    zeros = [np.zeros(shape, "float32") for shape in ((1, 320, 4), (4, 4), 4, 4)]
    potentials = linear_chain.chain_potentials(*zeros, np.arange(320)[None] < 300)
    assert float(linear_chain.log_partition(potentials)[0]) == pytest.approx(300 * np.log(4))


def test_more_padding_changes_nothing():
    case = brute_force.random_case(3, 3, 5, 4)
    wider = case._replace(
        logits=np.pad(case.logits, ((0, 0), (0, 3), (0, 0)), constant_values=1e3),
        tags=np.pad(case.tags, ((0, 0), (0, 3)), constant_values=77),
        weights=np.pad(case.weights, ((0, 0), (0, 3)), constant_values=5),
    )
    (found,), (again,) = brute_force.computed([case]), brute_force.computed([wider])
    for name in ("log-partition", "sequence score", "negative log-likelihood"):
        np.testing.assert_array_equal(again[name], found[name])
    np.testing.assert_array_equal(again["marginals"][:, :5], found["marginals"])
    logits, shared = case.logits.size, 4 * 4 + 4 + 4
    for name in ("gradient of the loss", "gradient of weighted steps"):
        np.testing.assert_allclose(again[name][-shared:], found[name][-shared:], atol=1e-6)
        in_logits = again[name][:-shared].reshape(wider.logits.shape)
        np.testing.assert_allclose(in_logits[:, :5].ravel(), found[name][:logits], atol=1e-6)
        assert (in_logits[:, 5:] == 0).all()


def test_padded_steps_add_nothing():
    case = brute_force.random_case(5, 3, 5, 3)
    parameters = [keras.ops.convert_to_tensor(x) for x in case.parameters]
    chain = linear_chain.chain_potentials(*parameters, keras.ops.convert_to_tensor(case.mask))
    real = keras.ops.convert_to_numpy(linear_chain.real_steps(chain))
    np.testing.assert_array_equal(real, case.mask)
    assert not real.all()
    for steps in (
        linear_chain.step_scores(chain, case.tags),
        linear_chain.log_partition_steps(chain),
        linear_chain.negative_log_likelihood(chain, case.tags),
    ):
        assert np.abs(keras.ops.convert_to_numpy(steps)[~case.mask]).max() < 1e-6


def test_time_is_linear_in_length():
    logits = keras.Input((None, 5))
    mask = keras.Input((None,), dtype="bool")
    zeros = np.zeros((5, 5), "float32"), np.zeros(5, "float32"), np.zeros(5, "float32")

    class Functions(keras.layers.Layer):
        def call(self, logits, mask):
            chain = linear_chain.chain_potentials(logits, *zeros, mask)
            tags, _ = linear_chain.marginals(chain)
            return linear_chain.log_partition(chain), linear_chain.viterbi(chain), tags

        def compute_output_spec(self, logits, mask):
            batch, steps, size = logits.shape
            shapes = (batch,), (batch, steps), (batch, steps, size)
            return tuple(keras.KerasTensor(shape) for shape in shapes)

    model = keras.Model([logits, mask], Functions()(logits, mask))
    seconds = []
    for steps in (100, 800):
        x = [np.zeros((2, steps, 5), "float32"), np.ones((2, steps), bool)]
        tries = []
        for _ in range(5):
            start = time.perf_counter()
            model.predict_on_batch(x)
            tries.append(time.perf_counter() - start)
        seconds.append(min(tries))
    # Eight times as long; were it quadratic, it would take 64 times as long.
    assert seconds[1] < 16 * seconds[0]
