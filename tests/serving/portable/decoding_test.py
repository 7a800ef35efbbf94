"""The loops in NumPy, held against those in Keras's operations."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from zoo.data import captioning
from zoo.layers import decoding as reference
from zoo.layers import linear_chain
from zoo.serving.portable import decoding
from zoo.serving.portable.captioning import squared
from zoo.serving.portable.chain import marginals, viterbi
from zoo.serving.portable.philox import uniform

VOCABULARY, WIDTH = 9, 5


@pytest.fixture
def steps():
    """A step of a random network, for each of both."""
    rng = np.random.default_rng(0)
    vectors, weights, scores = (
        rng.normal(size=shape).astype("float32") * 1.5
        for shape in ((VOCABULARY, WIDTH), (WIDTH, WIDTH), (WIDTH, VOCABULARY))
    )

    def step(tokens, state):
        new = ops.tanh(ops.take(vectors, tokens, axis=0) + ops.matmul(state[0], weights) + state[1])
        return ops.matmul(new, scores), [new, state[1]]

    def named(tokens, state_0, state_1):
        new = np.tanh(vectors[tokens] + state_0 @ weights + state_1)
        return {"logits": new @ scores, "next_0": new}

    states = rng.normal(size=(2, 6, WIDTH)).astype("float32")
    return step, list(states), named, {"state_0": states[0], "state_1": states[1]}


@pytest.mark.parametrize("beams", [1, 2, 5])
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.0])
def test_beam_search(steps, beams, length_penalty):
    step, states, named, by_name = steps
    start = np.full(6, 2, "int32")
    options = {"steps": 8, "end": 2, "forbidden": (0, 1), "length_penalty": length_penalty}
    expected = reference.beam_search(step, start, states, beams=beams, **options)
    found, likely = decoding.beam_search(named, start, by_name, beams=beams, **options)
    np.testing.assert_array_equal(found, expected.tokens[:, 0])
    np.testing.assert_allclose(likely, expected.log_probability[:, 0], rtol=1e-5)


@pytest.mark.parametrize("cuts", [{}, {"top_k": 3}, {"top_p": 0.6}, {"top_k": 4, "top_p": 0.9}])
@pytest.mark.parametrize("temperature", [0.5, 1.3])
def test_sampling(steps, cuts, temperature):
    step, states, named, by_name = steps
    start = np.full(6, 2, "int32")
    draws = np.random.default_rng(1).uniform(size=(6, 12)).astype("float32")
    options = {"temperature": temperature, "forbidden": (0, 1), **cuts}
    expected = reference.sample(step, start, states, draws, **options)
    found = decoding.sample(named, start, by_name, draws, **options)
    np.testing.assert_array_equal(found, expected.tokens)


@pytest.mark.parametrize("tags", [1, 2, 5])
def test_chains(tags):
    rng = np.random.default_rng(0)
    logits, transitions = rng.normal(size=(3, 7, tags)), rng.normal(size=(tags, tags))
    if tags > 1:
        transitions[1, 0] = linear_chain.FORBIDDEN
    mask = np.arange(7) < np.array([[7], [4], [1]])
    given = [ops.convert_to_tensor(each, "float32") for each in (logits, transitions)]
    ends = [ops.convert_to_tensor(each, "float32") for each in rng.normal(size=(2, tags))]
    potentials = linear_chain.chain_potentials(*given, *ends, ops.convert_to_tensor(mask))
    np.testing.assert_array_equal(
        viterbi(ops.convert_to_numpy(potentials)), linear_chain.viterbi(potentials)
    )
    for found, expected in zip(
        marginals(ops.convert_to_numpy(potentials)), linear_chain.marginals(potentials), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("seed", [(0, 0), (5, 3), (-7, 2), (2**31 - 1, 9)])
@pytest.mark.parametrize("length", [0, 1, 10])
def test_random_numbers_are_those_of_tensorflow(seed, length):
    expected = tf.random.stateless_uniform([length], seed=tf.constant(seed))
    np.testing.assert_array_equal(uniform(length, *seed), expected)


@pytest.mark.parametrize("size", [(64, 64), (100, 70), (33, 90), (1, 5)])
def test_pictures_are_scaled_as_in_training(size):
    images = keras.random.uniform((2, *size, 3), 0, 256, seed=0)
    images = ops.convert_to_numpy(images).astype("uint8")
    found = squared(images, 64).astype(int)
    off = np.abs(found - captioning.squared(images, 64).numpy())
    assert off.max() <= 1 and off.mean() < 0.01  # Where a half is rounded up or down.
