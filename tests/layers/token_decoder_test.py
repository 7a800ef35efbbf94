"""The decoder of tokens: all at once, and step by step, are the same."""

import keras
import numpy as np
import pytest
from keras import ops

from zoo.layers.decoding import beam_search, greedy
from zoo.layers.token_decoder import TokenDecoder

SIZE, STEPS = 9, 6

VARIANTS = {
    "gru, additive": {},
    "lstm, multiplicative": {"cell": "lstm", "attention": "multiplicative"},
    "lstm, two layers": {"cell": "lstm", "units": (5, 4)},
    "no attention": {"cell": "simple_rnn", "attention": None},
    "input feeding": {"cell": "lstm", "units": (5, 4), "input_feeding": True},
    "feeding alone": {"input_feeding": True, "attention": None},
    "sampling": {"sampling": 0.5, "attention": "multiplicative"},
}
every_variant = pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)


def decoder(**options):
    keras.utils.set_random_seed(0)
    made = TokenDecoder(SIZE, **{"units": 4, "embedding_dim": 3, **options})
    made(*arguments())
    for weight in made.trainable_variables:  # Far enough from nothing that all of it matters.
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3))
    return made


def arguments(rows=3):
    rng = np.random.default_rng(0)
    previous = rng.integers(2, SIZE, (rows, STEPS)).astype("int32")
    memory = rng.normal(size=(rows, 5, 7)).astype("float32")
    mask = np.arange(5) < np.array([[5], [3], [1]])[:rows]
    return previous, memory, rng.normal(size=(rows, 6)).astype("float32"), mask


def stepwise(layer):
    previous, memory, summary, mask = arguments()
    state, found = layer.start(memory, summary, mask), []
    for place in range(STEPS):
        logits, state = layer.step(previous[:, place], state)
        found.append(ops.convert_to_numpy(logits))
    return np.stack(found, axis=1)


@every_variant
def test_step_by_step_is_the_same_as_all_at_once(options):
    layer = decoder(**options)
    at_once = ops.convert_to_numpy(layer(*arguments()))
    assert at_once.dtype == np.float32
    np.testing.assert_allclose(stepwise(layer), at_once, atol=1e-5)


@every_variant
def test_it_sees_the_memory_only_where_it_is_real(options):
    layer = decoder(**options)
    previous, memory, summary, mask = arguments()
    other = np.where(mask[..., None], memory, 99.0).astype("float32")
    before, after = (layer(previous, each, summary, mask) for each in (memory, other))
    np.testing.assert_allclose(before, after, atol=1e-5)
    if layer.attention is not None:
        moved = np.where(mask[..., None], memory + 1, memory).astype("float32")
        assert abs(layer(previous, moved, summary, mask) - before).numpy().max() > 1e-3


@every_variant
def test_it_sees_no_token_that_comes_later(options):
    layer = decoder(**options)
    previous, *rest = arguments()
    other = previous.copy()
    other[:, 3:] = 2
    before, after = (ops.convert_to_numpy(layer(each, *rest)) for each in (previous, other))
    np.testing.assert_allclose(before[:, :3], after[:, :3], atol=1e-6)


@pytest.mark.parametrize("feeding", [False, True])
def test_steps_look_where_whole_sequences_do(feeding):
    layer = decoder(attention="additive", input_feeding=feeding)
    previous, memory, summary, mask = arguments()
    expected = ops.convert_to_numpy(layer.attend(previous, memory, summary, mask))
    state = layer.start(memory, summary, mask)
    for step in range(STEPS):
        weights, state = layer.look(previous[:, step], state)
        np.testing.assert_allclose(weights, expected[:, step], atol=1e-5)


@pytest.mark.parametrize("attention", ["additive", "multiplicative"])
def test_attention_is_what_the_equations_say(attention):
    layer = decoder(attention=attention)
    previous, memory, summary, mask = arguments()
    weights = ops.convert_to_numpy(layer.attend(previous, memory, summary, mask))
    first = np.tanh(summary @ layer.bridge.kernel.numpy() + layer.bridge.bias.numpy())
    states = layer.recurrent[0](layer.embedding(previous), initial_state=first).numpy()
    sublayer = layer.attention
    key = memory @ sublayer.key.kernel.numpy() + sublayer.key.bias.numpy()
    for row in range(3):
        for step in range(STEPS):
            state = states[row, step]
            if attention == "additive":
                hidden = np.tanh(key[row] + state @ sublayer.query.kernel.numpy())
                scores = hidden @ sublayer.score.kernel.numpy()[:, 0]
            else:
                scores = key[row] @ state
            expected = np.where(mask[row], np.exp(scores), 0)
            np.testing.assert_allclose(weights[row, step], expected / expected.sum(), atol=1e-5)


def test_learns_to_copy_and_decodes_what_it_learned():
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    source = rng.integers(3, SIZE, (256, 4)).astype("int32")
    target = np.concatenate([source, np.full((256, 1), 2)], axis=1).astype("int32")
    previous = np.concatenate([np.full((256, 1), 2), source], axis=1).astype("int32")
    memory_in = keras.Input((None,), dtype="int32", name="source")
    previous_in = keras.Input((None,), dtype="int32", name="previous")
    encoder = keras.layers.GRU(32, return_sequences=True)
    memory = encoder(keras.layers.Embedding(SIZE, 16)(memory_in))
    layer = TokenDecoder(SIZE, units=32, embedding_dim=16, attention="multiplicative")
    logits = layer(previous_in, memory, memory[:, -1])
    model = keras.Model({"source": memory_in, "previous": previous_in}, logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    model.fit({"source": source, "previous": previous}, target, epochs=25, verbose=0)
    seen = keras.Model(memory_in, memory)(source)
    start = layer.start(seen, seen[:, -1])
    firsts = np.full(256, 2, "int32")
    plain = greedy(layer.step, firsts, start, steps=6, end=2)
    wide = beam_search(layer.step, firsts, start, steps=6, end=2, beams=3)
    for found in (plain.tokens, wide.tokens[:, 0]):
        right = (ops.convert_to_numpy(found)[:, :4] == source).all(axis=1)
        assert right.mean() > 0.9


def test_sampling_comes_slowly_and_only_in_training():
    layer = decoder(sampling=1.0, sampling_steps=2)
    calm = ops.convert_to_numpy(layer(*arguments()))
    np.testing.assert_array_equal(layer(*arguments(), training=True), calm)  # A share of 0 yet.
    for _ in range(2):
        sampled = ops.convert_to_numpy(layer(*arguments(), training=True))
    assert abs(sampled[:, 0] - calm[:, 0]).max() < 1e-5  # The first step has nothing of its own.
    own = [arguments()[0][:, 0]]  # All later ones read what they said themselves.
    _, memory, summary, mask = arguments()
    state = layer.start(memory, summary, mask)
    for place in range(STEPS):
        logits, state = layer.step(own[-1], state)
        np.testing.assert_allclose(sampled[:, place], logits, atol=1e-5)
        own.append(ops.convert_to_numpy(ops.argmax(logits, axis=-1)))
    np.testing.assert_allclose(layer(*arguments()), calm, atol=1e-6)


def test_sampling_counts_its_batches_in_half_precision_too():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        layer = decoder(sampling=1.0, sampling_steps=5000)
    finally:
        keras.config.set_dtype_policy(policy)
    layer.batches.assign(3000)
    assert np.isfinite(layer(*arguments(), training=True)).all()
    assert float(layer.batches) == 3001


def test_penalty_is_that_of_places_not_seen_once():
    layer = decoder(attention_penalty=0.5)
    previous, memory, summary, mask = arguments()
    previous[1, 3:] = 0
    layer(previous, memory, summary, mask, training=True)
    weights = ops.convert_to_numpy(layer.attend(previous, memory, summary, mask))
    seen = np.where(previous[..., None] != 0, weights, 0).sum(axis=1)
    expected = 0.5 * np.mean(np.sum((1 - seen) ** 2, axis=-1))
    np.testing.assert_allclose(float(layer.losses[0]), expected, rtol=1e-5)
    layer(previous, memory, summary, mask)
    assert not layer.losses


@every_variant
def test_reloads_from_its_config(options):
    layer = decoder(**options)
    again = TokenDecoder.from_config(layer.get_config())
    again(*arguments())
    again.set_weights(layer.get_weights())
    np.testing.assert_allclose(again(*arguments()), layer(*arguments()), atol=1e-6)


ELSEWHERE = """
import sys
sys.path.insert(0, "tests/layers")
import token_decoder_test as t
for options in t.VARIANTS.values():
    t.test_step_by_step_is_the_same_as_all_at_once(options)
t.test_penalty_is_that_of_places_not_seen_once()
"""


def test_on_every_backend(backend_process):
    backend_process.run(ELSEWHERE)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cell": "rnn"}, "`cell` must be one of"),
        ({"attention": "dot"}, "`attention` must be one of 'additive', 'multiplicative'"),
        ({"sampling": 2}, "`sampling` must be None or in"),
        ({"attention": None, "attention_penalty": 1.0}, "`attention_penalty` needs `attention`"),
    ],
)
def test_bad_arguments_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        TokenDecoder(SIZE, **options)
    with pytest.raises(ValueError, match="`attend` needs a decoder with `attention`"):
        decoder(attention=None).attend(*arguments())
