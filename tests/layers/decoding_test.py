"""Decoding, held against a search through everything there is."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from zoo.layers.decoding import beam_search, greedy, sample

SIZE, END, STEPS = 5, 4, 4


def table(seed=0):
    """Logits for each pair of ids: a model of tokens that depend on the two before."""
    return np.random.default_rng(seed).normal(size=(SIZE, SIZE, SIZE)).astype("float32") * 2


def model(logits):
    """A `step` whose state is the id before the last, and how often it was called."""

    def step(tokens, state):
        before, calls = state
        pair = ops.take(ops.reshape(logits, (-1, SIZE)), before * SIZE + tokens, axis=0)
        return pair, (tokens, calls + 1)

    return step


def start(tokens):
    tokens = np.asarray(tokens, "int32")
    return tokens, (np.zeros_like(tokens), np.zeros_like(tokens))


def likelihood(logits, sequence, first):
    """Log-probability of a sequence of ids, worked out one by one."""
    total, before, last = 0.0, 0, first
    for token in sequence:
        row = logits[before, last].astype("float64")
        total += row[token] - np.log(np.exp(row).sum())
        before, last = last, token
    return total


def every_sequence():
    """All sequences of at most `STEPS` ids: ended ones, and those that are cut off."""
    body = [1, 2, 3]
    for length in range(STEPS):
        yield from ((*each, END) for each in itertools.product(body, repeat=length))
    yield from itertools.product(body, repeat=STEPS)


def shown(sequence):
    kept = [token for token in sequence if token != END]
    return kept + [0] * (STEPS - len(kept))


@pytest.mark.parametrize("penalty", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_the_best_of_all(penalty, seed):
    logits = table(seed)
    firsts = [1, 2, 3]
    tokens, state = start(firsts)
    options = {"steps": STEPS, "end": END, "beams": 90, "length_penalty": penalty}
    found = beam_search(model(logits), tokens, state, **options)
    for row, first in enumerate(firsts):
        scored = [(likelihood(logits, each, first), each) for each in every_sequence()]
        scored.sort(key=lambda pair: -pair[0] / len(pair[1]) ** penalty)
        for place, (expected, sequence) in enumerate(scored[:5]):
            assert ops.convert_to_numpy(found.tokens)[row, place].tolist() == shown(sequence)
            assert abs(float(found.log_probability[row, place]) - expected) < 1e-4


def test_one_beam_is_greedy():
    logits = table()
    tokens, state = start([1, 2, 3])
    one = beam_search(model(logits), tokens, state, steps=STEPS, end=END, beams=1)
    plain = greedy(model(logits), tokens, state, steps=STEPS, end=END)
    np.testing.assert_array_equal(one.tokens[:, 0], plain.tokens)
    np.testing.assert_allclose(one.log_probability[:, 0], plain.log_probability, atol=1e-5)


def test_greedy_takes_the_likeliest_and_tells_its_probability():
    logits = table(1)
    tokens, state = start([1, 2, 3])
    found = greedy(model(logits), tokens, state, steps=STEPS, end=END)
    for row, first in enumerate([1, 2, 3]):
        sequence, before, last = [], 0, first
        while len(sequence) < STEPS and last != END:
            choice = int(np.argmax(np.where(np.arange(SIZE) == 0, -np.inf, logits[before, last])))
            sequence.append(choice)
            before, last = last, choice
        assert ops.convert_to_numpy(found.tokens)[row].tolist() == shown(sequence)
        expected = likelihood(logits, sequence, first)
        assert abs(float(found.log_probability[row]) - expected) < 1e-4


def test_rows_end_at_different_steps_and_do_not_touch_each_other():
    logits = table(2)
    together_tokens, together_state = start([1, 2, 3])
    options = {"steps": STEPS, "end": END, "beams": 3}
    together = beam_search(model(logits), together_tokens, together_state, **options)
    for row in range(3):
        alone = beam_search(model(logits), *start([row + 1]), **options)
        np.testing.assert_array_equal(alone.tokens[0], together.tokens[row])


def test_a_wider_beam_is_never_worse():
    for seed in range(20):
        logits = table(seed)
        scores = []
        for beams in (1, 90):
            options = {"steps": STEPS, "end": END, "beams": beams, "length_penalty": 0.0}
            found = beam_search(model(logits), *start([1]), **options)
            scores.append(float(found.log_probability[0, 0]))
        assert scores[1] >= scores[0] - 1e-5


def test_it_stops_once_all_have_ended():
    logits = np.zeros((SIZE, SIZE, SIZE), "float32")
    logits[..., END] = 9
    called = []

    def step(tokens, state):
        called.append(1)
        return model(logits)(tokens, state)

    with_eager_loop = greedy(step, *start([1]), steps=50, end=END)
    assert with_eager_loop.tokens.shape == (1, 50)
    assert len(called) <= 2


@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}, {"top_k": 2}, {"top_p": 0.7}])
def test_samples_come_as_often_as_they_are_probable(options):
    logits = np.array([0.0, 1.0, 0.5, -0.5, 0.2], "float32")

    def step(tokens, state):
        return ops.broadcast_to(logits, (ops.shape(tokens)[0], SIZE)), state

    number = 40_000
    draws = (np.arange(number) + 0.5)[:, None] / number
    found = sample(step, np.ones(number, "int32"), (), draws, **options)
    expected = np.exp(logits[1:].astype("float64") / options.get("temperature", 1.0))
    expected /= expected.sum()
    order = np.argsort(-expected)
    if "top_k" in options:
        expected[order[2:]] = 0
    if "top_p" in options:
        expected[order[np.cumsum(expected[order]) - expected[order] >= 0.7]] = 0
    counts = np.bincount(ops.convert_to_numpy(found.tokens)[:, 0], minlength=SIZE)[1:] / number
    np.testing.assert_allclose(counts, expected / expected.sum(), atol=1e-3)


def test_a_cold_sample_is_greedy():
    logits = table()
    draws = np.random.default_rng(0).random((3, STEPS))
    cold = sample(model(logits), *start([1, 2, 3]), draws, end=END, temperature=1e-3)
    plain = greedy(model(logits), *start([1, 2, 3]), steps=STEPS, end=END)
    np.testing.assert_array_equal(cold.tokens, plain.tokens)
    np.testing.assert_allclose(cold.log_probability, plain.log_probability, atol=1e-4)


def test_forbidden_ids_never_come():
    logits = table()
    options = {"forbidden": (0, 1, 2)}
    draws = np.random.default_rng(0).random((3, 30))
    for found in (
        sample(model(logits), *start([1, 2, 3]), draws, **options).tokens,
        greedy(model(logits), *start([1, 2, 3]), steps=30, **options).tokens,
    ):
        assert set(np.unique(found)) <= {3, 4}


@pytest.mark.parametrize("backend", ["tensorflow"])
def test_inside_a_graph_with_unknown_shapes(backend):
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != backend:
        pytest.skip("graphs of TensorFlow")
    logits = table()

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)],
        autograph=False,
    )
    def decode(tokens, steps):
        state = (tf.zeros_like(tokens), tf.zeros_like(tokens))
        return beam_search(model(logits), tokens, state, steps=steps, end=END, beams=3)

    expected = beam_search(model(logits), *start([1, 2]), steps=STEPS, end=END, beams=3)
    found = decode(np.array([1, 2], "int32"), STEPS)
    np.testing.assert_array_equal(found.tokens, expected.tokens)
    np.testing.assert_allclose(found.log_probability, expected.log_probability, atol=1e-5)


ELSEWHERE = """
import sys
sys.path.insert(0, "tests/layers")
import decoding_test as t
t.test_one_beam_is_greedy()
t.test_a_wide_beam_finds_the_best_of_all(0.7, 0)
t.test_a_cold_sample_is_greedy()
"""


def test_on_every_backend(backend_process):
    backend_process.run(ELSEWHERE)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"temperature": 0}, "`temperature`"), ({"top_k": 0}, "`top_k`"), ({"top_p": -1}, "`top_p`")],
)
def test_bad_arguments_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        sample(model(table()), *start([1]), np.zeros((1, 2)), **options)
    with pytest.raises(ValueError, match="`beams` must be positive"):
        beam_search(model(table()), *start([1]), steps=2, end=END, beams=0)
