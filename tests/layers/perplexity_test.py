"""Perplexity over steps, against NumPy."""

import keras
import numpy as np
import pytest

from zoo.layers import Perplexity


def batch(rng, rows, steps, classes=5):
    """Random logits, gold classes, and weights that end each row in padding."""
    logits = rng.normal(size=(rows, steps, classes)).astype("float32")
    weight = (np.arange(steps) < rng.integers(1, steps + 1, (rows, 1))).astype("float32")
    return rng.integers(0, classes, (rows, steps)), logits, weight


def nats(gold, logits):
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return -np.log(np.take_along_axis(probabilities, gold[..., None], -1)[..., 0])


def test_every_step_counts_once_whatever_the_widths():
    rng = np.random.default_rng(0)
    batches = [batch(rng, 3, 2), batch(rng, 2, 11), batch(rng, 1, 1)]
    metric = Perplexity()
    for gold, logits, weight in batches:
        metric.update_state(gold, logits, weight)
    steps = np.concatenate([nats(g, x)[w.astype(bool)] for g, x, w in batches])
    assert float(metric.result()) == pytest.approx(np.exp(steps.mean()), rel=1e-5)
    by_batch = np.exp(np.mean([nats(g, x)[w.astype(bool)].mean() for g, x, w in batches]))
    assert float(metric.result()) != pytest.approx(by_batch, rel=1e-2), "the test can tell"


def test_without_weights_and_after_reset():
    gold, logits, _ = batch(np.random.default_rng(1), 3, 4)
    metric = Perplexity()
    metric.update_state(gold, -logits)
    metric.reset_state()
    metric.update_state(gold, logits)
    assert float(metric.result()) == pytest.approx(np.exp(nats(gold, logits).mean()), rel=1e-5)


def test_comes_back_from_its_config():
    metric = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(Perplexity(name="how_unsure"))
    )
    assert isinstance(metric, Perplexity)
    assert metric.name == "how_unsure"
