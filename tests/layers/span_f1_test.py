"""F1 of spans in the graph, against spans read and counted in Python."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import schemes
from zoo.layers import CRF, SpanF1

BATCH, STEPS = 8, 7


def counted(names, gold, predicted, lengths):
    """Counts spans that are right, predicted and gold, sentence by sentence."""
    counts = np.zeros(3)
    for true, guess, length in zip(gold, predicted, lengths, strict=True):
        true, guess = (
            set(schemes.spans([names[tag] for tag in row[:length]])) for row in (true, guess)
        )
        counts += len(true & guess), len(guess), len(true)
    return counts


def state(metric):
    return [float(count) for count in (metric.correct, metric.predicted, metric.gold)]


def draw(seed, scheme):
    """Draws tags at random, most sequences invalid, and guesses that agree with most of them."""
    rng = np.random.default_rng(seed)
    names = schemes.names(["X", "Y"], scheme)
    gold = rng.integers(len(names), size=(BATCH, STEPS))
    others = rng.integers(len(names), size=(BATCH, STEPS))
    predicted = np.where(rng.random((BATCH, STEPS)) < 0.8, gold, others)
    return rng, names, gold, predicted, rng.integers(1, STEPS + 1, BATCH)


@pytest.mark.parametrize("scheme", schemes.SCHEMES)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_any_sequences_are_counted_as_in_python(scheme, seed):
    rng, names, gold, predicted, lengths = draw(seed, scheme)
    metric = SpanF1(names)
    mask = np.arange(STEPS) < lengths[:, None]
    weights = np.where(mask, rng.uniform(0.1, 2, mask.shape), 0)
    labels = np.where(mask, gold, rng.integers(-1, len(names) + 2, mask.shape))
    metric.update_state(labels, np.eye(len(names))[predicted], sample_weight=weights)
    expected = counted(names, gold, predicted, lengths)
    assert state(metric) == expected.tolist()
    score = 2 * expected[0] / (expected[1] + expected[2]) if expected[1:].any() else 0
    assert float(metric.result()) == pytest.approx(score)


@pytest.mark.parametrize("scheme", schemes.SCHEMES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), constrained=st.booleans())
def test_potentials_are_decoded(scheme, seed, constrained):
    rng, names, gold, predicted, lengths = draw(seed, scheme)
    mask = np.arange(STEPS) < lengths[:, None]
    layer = CRF(len(names), allowed=schemes.allowed(names) if constrained else None)
    layer.build((None, None, len(names)))
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    outputs = layer(4 * np.eye(len(names))[predicted], mask=mask)
    decoded = keras.ops.convert_to_numpy(outputs["tags"])
    metric = SpanF1(names)
    metric.update_state(np.where(mask, gold, -1), outputs["potentials"])
    assert state(metric) == counted(names, gold, decoded, lengths).tolist()


def test_batches_of_any_width_add_up():
    metric, expected = SpanF1(schemes.names(["X", "Y"], "bio")), np.zeros(3)
    for seed, width in enumerate((7, 1, 4)):
        _, names, gold, predicted, _ = draw(seed, "bio")
        gold, predicted = gold[:, :width], predicted[:, :width]
        metric.update_state(gold, np.eye(len(names))[predicted])
        expected += counted(names, gold, predicted, [width] * BATCH)
    assert state(metric) == expected.tolist()
    assert expected.all()
    metric.reset_state()
    assert state(metric) == [0, 0, 0]
    assert float(metric.result()) == 0


def test_ids_may_come_in_any_order_and_types_hold_dashes():
    names = ["I-A-B", "B-C", "O", "B-A-B"]
    metric = SpanF1(names)
    gold, predicted = [[3, 0, 2, 1, 1]], [[3, 0, 2, 1, 2]]
    metric.update_state(gold, np.eye(4)[predicted])
    assert state(metric) == [2, 2, 3]


def test_config_returns():
    metric = SpanF1(("O", "B-X", "I-X"), name="spans")
    copy = SpanF1.from_config(metric.get_config())
    assert (copy.tags, copy.name) == (["O", "B-X", "I-X"], "spans")
