"""The sampled softmax against the full one in NumPy, and its draws by counting."""

import pathlib

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as to_numpy

from zoo.layers import LogLikelihoodLoss, SampledSoftmax

ROOT = pathlib.Path(__file__).parent.parent.parent
CLASSES, WIDTH = 9, 4
SHARES = np.log1p(1 / np.arange(1, CLASSES)) / np.log(CLASSES)  # Of the classes from 1 on.
RNG = np.random.default_rng(0)
KERNEL = RNG.normal(size=(CLASSES, WIDTH)).astype("float32")
BIAS = RNG.normal(size=CLASSES).astype("float32")
STATES = RNG.normal(size=(2, 3, WIDTH)).astype("float32")
# Class 1 is drawn most of all, so what happens to targets among the drawn is seen.
TARGETS = np.array([[1, 1, 8], [3, 2, 1]], "int32")


def layer(samples=4, seed=0):
    made = SampledSoftmax(CLASSES, samples, seed=seed)
    made.build(STATES.shape)
    made.set_weights([KERNEL, BIAS])
    return made


def probabilities(allowed=slice(None)):
    """Softmax over all classes, or over some: `(batch, time, classes)`."""
    e = np.exp(STATES @ KERNEL.T + BIAS, dtype="float64")
    mask = np.zeros(CLASSES)
    mask[allowed] = 1
    return e * mask / (e * mask).sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("samples", [None, 4])
def test_all_classes_compete_outside_of_training(samples):
    expected = np.log(np.take_along_axis(probabilities(), TARGETS[..., None], -1)[..., 0])
    np.testing.assert_allclose(to_numpy(layer(samples)(STATES, TARGETS)), expected, atol=1e-5)


def test_without_samples_all_compete_in_training_too():
    exact = layer(None)
    np.testing.assert_array_equal(
        to_numpy(exact(STATES, TARGETS, training=True)), to_numpy(exact(STATES, TARGETS))
    )


def test_draws_are_log_uniform_and_never_padding():
    drawn = np.concatenate([to_numpy(layer(20_000, seed=seed).draw()) for seed in range(3)])
    assert drawn.dtype == "int32"
    counts = np.bincount(drawn, minlength=CLASSES)
    assert len(counts) == CLASSES and counts[0] == 0
    np.testing.assert_allclose(counts[1:] / len(drawn), SHARES, atol=0.01)
    assert SHARES.sum() == pytest.approx(1)


def test_expected_count_is_that_of_the_draws():
    found = np.exp(to_numpy(layer(50).log_expected_count(np.arange(1, CLASSES))))
    np.testing.assert_allclose(found, 50 * SHARES, rtol=1e-5)


def test_each_call_draws_anew_and_a_seed_draws_again():
    first, second = layer(seed=3), layer(seed=3)
    found = [to_numpy(first(STATES, TARGETS, training=True)) for _ in range(2)]
    assert (found[0] != found[1]).any()
    np.testing.assert_array_equal(to_numpy(second(STATES, TARGETS, training=True)), found[0])


@pytest.mark.parametrize("drawn", [[1, 1, 3], [8, 8, 8], [2, 5, 7], [1, 1, 1]])
def test_what_is_drawn_competes_by_how_rare_it_is_and_a_target_but_once(drawn, monkeypatch):
    """By hand, step by step: with a draw that is known."""
    sampled = layer(len(drawn))
    monkeypatch.setattr(sampled, "draw", lambda: keras.ops.convert_to_tensor(drawn, "int32"))
    found = to_numpy(sampled(STATES, TARGETS, training=True))
    for place in np.ndindex(TARGETS.shape):
        e = np.exp(KERNEL @ STATES[place] + BIAS, dtype="float64")
        target = TARGETS[place]
        total = e[target]
        for other in drawn:
            if other != target:
                total += e[other] / (len(drawn) * SHARES[other - 1])
        assert found[place] == pytest.approx(np.log(e[target] / total), abs=1e-5)


ESTIMATE = """
import sys
import keras, numpy as np
from keras import ops
from keras.ops import convert_to_numpy as to_numpy
from zoo.layers import LogLikelihoodLoss, SampledSoftmax, gradient
folder, output = sys.argv[1:]
data = np.load(folder + "/data.npz")
layer = SampledSoftmax(9, 256, seed=0)
layer.build(data["states"].shape)
layer.set_weights([data["kernel"], data["bias"]])
states, targets = ops.convert_to_tensor(data["states"]), ops.convert_to_tensor(data["targets"])
exact = to_numpy(layer(states, targets))
sampled = [to_numpy(layer(states, targets, training=True)) for _ in range(60)]
drawn = np.concatenate([to_numpy(layer.draw()) for _ in range(60)])
draws = [layer.draw() for _ in range(60)]
gradients = []
for draw in draws:
    layer.draw = lambda draw=draw: draw
    moved = lambda x: ops.sum(layer(x, targets, training=True))
    gradients.append(to_numpy(gradient(moved, states)))
del layer.draw
np.savez(output + "/found.npz", exact=exact, sampled=sampled, drawn=drawn, gradients=gradients)

inputs = keras.Input((None, 4)), keras.Input((None,), dtype="int32")
model = keras.Model(inputs, SampledSoftmax(9, 64, name="softmax")(*inputs))
model.compile(keras.optimizers.SGD(0.1), loss=LogLikelihoodLoss())
model.get_layer("softmax").set_weights([data["kernel"], data["bias"]])
x = [data["states"], data["targets"]]
before = model.predict(x, verbose=0)
np.testing.assert_allclose(before, exact, atol=1e-5)
losses = model.fit(x, np.zeros((2, 3)), epochs=30, verbose=0).history["loss"]
assert model.predict(x, verbose=0).mean() > before.mean() + 0.5, losses
model.save(output + "/model.keras")
np.save(output + "/after.npy", model.predict(x, verbose=0))
"""


def test_estimates_the_full_softmax_on_every_backend(backend_process, tmp_path):
    data = {"states": STATES, "targets": TARGETS, "kernel": KERNEL, "bias": BIAS}
    np.savez(tmp_path / "data.npz", **data)
    backend_process.run(ESTIMATE, tmp_path, tmp_path)
    found = np.load(tmp_path / "found.npz")
    p = probabilities()
    exact = np.log(np.take_along_axis(p, TARGETS[..., None], -1)[..., 0])
    np.testing.assert_allclose(found["exact"], exact, atol=1e-5)
    # Padding, class 0, competes in the full softmax and is never drawn.
    p = probabilities(slice(1, None))
    exact = np.log(np.take_along_axis(p, TARGETS[..., None], -1)[..., 0])
    np.testing.assert_allclose(found["sampled"].mean(axis=0), exact, atol=0.05)
    gradient = KERNEL[TARGETS] - p @ KERNEL
    np.testing.assert_allclose(found["gradients"].mean(axis=0), gradient, atol=0.05)
    shares = np.bincount(found["drawn"], minlength=CLASSES)[1:] / len(found["drawn"])
    np.testing.assert_allclose(shares, SHARES, atol=0.02)
    # The optimizer of one backend is not that of another.
    model = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(
        to_numpy(model([STATES, TARGETS])), np.load(tmp_path / "after.npy"), atol=1e-5
    )


def test_a_mixed_policy_changes_nothing():
    mixed = SampledSoftmax(CLASSES, 4, seed=0, dtype="mixed_float16")
    mixed.build(STATES.shape)
    mixed.set_weights([KERNEL, BIAS])
    found = to_numpy(mixed(STATES, TARGETS, training=True))
    np.testing.assert_array_equal(found, to_numpy(layer()(STATES, TARGETS, training=True)))


def test_config_returns():
    copy = SampledSoftmax.from_config(SampledSoftmax(CLASSES, 7, seed=5, name="s").get_config())
    assert (copy.vocabulary_size, copy.samples, copy.seed, copy.name) == (CLASSES, 7, 5, "s")
    assert SampledSoftmax.from_config(SampledSoftmax(CLASSES, None).get_config()).samples is None


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"`vocabulary_size` must be at least 2\. Received: 1"):
        SampledSoftmax(1)
    with pytest.raises(ValueError, match=r"`samples` must be None or at least 1\. Received: 0"):
        SampledSoftmax(CLASSES, 0)


def test_loss_is_the_weighted_mean_of_minus_the_logarithms():
    found = np.random.default_rng(1).normal(size=(4, 5, 2)).astype("float32")
    weight = np.arange(5) < np.array([5, 1, 3, 2])[:, None]
    expected = -found.mean(axis=-1)[weight].mean()
    loss = LogLikelihoodLoss.from_config(LogLikelihoodLoss().get_config())
    for y in (np.zeros((4, 5)), np.full((4, 5), 7)):
        assert float(loss(y, found, sample_weight=weight)) == pytest.approx(expected, rel=1e-5)
