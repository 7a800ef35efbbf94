"""The layer and its loss in a model: what they mean, and that it trains, is saved and trains on."""

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as to_numpy

from benchmarks import brute_force
from zoo import schemes
from zoo.layers import CRF, CRFLoss, SpanF1, StepAccuracy, linear_chain

ROOT = pathlib.Path(__file__).parent.parent.parent
TAGS = ["O", "B-X", "I-X"]
LENGTHS = np.array([5, 1, 3, 2, 5, 4])
MASK = np.arange(5) < LENGTHS[:, None]
TOKENS = np.where(MASK, np.random.default_rng(0).integers(1, 9, (6, 5)), 0)
# `I-X` after an even token, so that what comes before tells.
LABELS = np.where(MASK, 1 + (np.roll(TOKENS, 1, axis=1) % 2 == 0), -1)


def tagger(allowed=None):
    tokens = keras.Input((None,), dtype="int32")
    states = keras.layers.Dense(3)(keras.layers.Embedding(9, 4)(tokens))
    outputs = CRF(3, allowed=allowed, name="crf")(states, mask=tokens != 0)
    model = keras.Model(tokens, outputs)
    model.compile(
        keras.optimizers.Adam(0.1),
        loss={"potentials": CRFLoss()},
        metrics={"potentials": [SpanF1(TAGS), StepAccuracy()]},
    )
    return model


def random_crf(allowed=None, seed=0, size=3):
    layer = CRF(size, allowed=allowed)
    layer.build((None, None, size))
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    return layer


def test_a_new_layer_is_a_softmax_at_every_step():
    logits = np.random.default_rng(1).normal(size=(6, 5, 3)).astype("float32")
    outputs = CRF(3)(logits, mask=MASK)
    stock = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    expected = stock(np.maximum(LABELS, 0), logits, sample_weight=MASK)
    found = CRFLoss()(LABELS, outputs["potentials"])
    assert float(found) == pytest.approx(float(expected), rel=1e-6)
    np.testing.assert_array_equal(to_numpy(outputs["tags"]), np.where(MASK, logits.argmax(-1), 0))
    marginals = to_numpy(linear_chain.marginals(outputs["potentials"])[0])
    softmax = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(marginals[MASK], softmax[MASK], atol=1e-6)


def test_loss_is_that_of_whole_sequences_per_step():
    logits = np.random.default_rng(2).normal(size=(6, 5, 3)).astype("float32")
    layer = random_crf()
    case = brute_force.Case(
        logits, *(to_numpy(w) for w in layer.weights), None, LENGTHS, LABELS, np.zeros((6, 5))
    )
    sequences = brute_force.enumerated(case)["negative log-likelihood"]
    potentials = layer(logits, mask=MASK)["potentials"]
    found = float(CRFLoss()(LABELS, potentials))
    assert found == pytest.approx(sequences.sum() / LENGTHS.sum(), rel=1e-5)
    summed = float(CRFLoss(reduction="sum")(LABELS, potentials))
    assert summed == pytest.approx(sequences.sum(), rel=1e-5)
    weights = np.array([1.0, 2.0, 0.0, 0.5, 3.0, 1.0])
    expected = (weights * sequences).sum() / (weights * LENGTHS).sum()
    for given in (
        weights,
        weights[:, None],
        weights[:, None] * MASK,
        weights[:, None] * np.ones(5),
    ):
        found = float(CRFLoss()(LABELS, potentials, sample_weight=given))
        assert found == pytest.approx(expected, rel=1e-5), given.shape


def test_labels_at_padding_do_not_matter():
    logits = np.random.default_rng(3).normal(size=(6, 5, 3)).astype("float32")
    potentials = random_crf()(logits, mask=MASK)["potentials"]
    losses = [
        float(CRFLoss()(np.where(MASK, LABELS, other), potentials))
        for other in (-1, 0, 2, 3, 99, -100)
    ]
    assert len(set(losses)) == 1


def test_one_tag_is_certain():
    """Whatever stands at padding, and without a warning."""
    outputs = random_crf(size=1)(np.ones((6, 5, 1)), mask=MASK)
    assert (to_numpy(outputs["tags"]) == 0).all()
    labels = np.where(MASK, 0, -1)
    assert float(CRFLoss()(labels, outputs["potentials"])) == pytest.approx(0, abs=1e-6)
    assert (to_numpy(linear_chain.marginals(outputs["potentials"])[0]) == 1).all()


@pytest.mark.parametrize("scheme", schemes.SCHEMES)
def test_decoding_never_breaks_constraints(scheme):
    names = schemes.names(["X", "Y"], scheme)
    allowed = schemes.allowed(names)
    rng = np.random.default_rng(4)
    layer = random_crf(allowed, size=len(names))
    for scale in (1, 100, 1e4):
        logits = scale * rng.normal(size=(40, 7, len(names)))
        lengths = rng.integers(1, 8, 40)
        mask = np.arange(7) < lengths[:, None]
        outputs = layer(logits, mask=mask)
        tags = to_numpy(outputs["tags"])
        for row, length in zip(tags, lengths, strict=True):
            text = [names[tag] for tag in row[:length]]
            assert schemes.convert(text, scheme) == text
            assert (row[length:] == 0).all()
        pairs = to_numpy(linear_chain.marginals(outputs["potentials"])[1])
        forbidden = ~np.array(allowed)[:-1, :-1]
        assert (pairs[:, 1:][mask[:, 1:]][:, forbidden] == 0).all()
        # Without the constraints these sequences would be broken.
        free = np.array(names)[logits.argmax(-1)].tolist()
        assert any(schemes.convert(row, scheme) != row for row in free)


def test_everything_is_float32_also_under_a_mixed_policy():
    logits = np.random.default_rng(5).normal(size=(6, 5, 3)).astype("float16")
    layer = random_crf()
    expected = layer(logits.astype("float32"), mask=MASK)
    loss = float(CRFLoss()(LABELS, expected["potentials"]))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        mixed = random_crf()
        found = mixed(logits, mask=MASK)
        mixed_loss = CRFLoss()(LABELS, found["potentials"])
        copy = CRF.from_config(mixed.get_config())
    finally:
        keras.config.set_dtype_policy(before)
    assert {weight.dtype for weight in mixed.weights} == {"float32"}
    assert copy.compute_dtype == "float32"
    assert keras.backend.standardize_dtype(found["potentials"].dtype) == "float32"
    assert keras.backend.standardize_dtype(mixed_loss.dtype) == "float32"
    np.testing.assert_array_equal(to_numpy(found["potentials"]), to_numpy(expected["potentials"]))
    assert float(mixed_loss) == loss


def test_without_a_mask_all_steps_are_real():
    logits, layer = np.random.default_rng(6).normal(size=(2, 4, 3)), random_crf()
    found, expected = layer(logits), layer(logits, mask=np.ones((2, 4), bool))
    np.testing.assert_array_equal(to_numpy(found["potentials"]), to_numpy(expected["potentials"]))
    np.testing.assert_array_equal(to_numpy(found["tags"]), to_numpy(expected["tags"]))


def test_the_mask_of_an_embedding_is_taken():
    tokens = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(9, 3, mask_zero=True)(tokens)
    layer = CRF(3)
    model = keras.Model(tokens, layer(states))
    potentials = model(TOKENS)["potentials"]
    np.testing.assert_array_equal(to_numpy(linear_chain.real_steps(potentials)), MASK)


def test_batch_and_length_may_be_unknown():
    model = tagger()
    assert {name: x.shape for name, x in model.output.items()} == {
        "tags": (None, None),
        "potentials": (None, None, 3, 3),
    }
    for batch, time in ((1, 1), (2, 1), (1, 4), (3, 2)):
        found = model.predict(np.ones((batch, time), "int32"), verbose=0)
        assert found["tags"].shape == (batch, time)
        assert found["tags"].dtype == "int32"
        assert found["potentials"].shape == (batch, time, 3, 3)


def test_config_returns():
    allowed = np.array(schemes.allowed(TAGS))
    layer = CRF(3, allowed=allowed, name="chain")
    copy = CRF.from_config(layer.get_config())
    assert (copy.num_tags, copy.allowed, copy.name) == (3, allowed.tolist(), "chain")
    loss = CRFLoss.from_config(CRFLoss(reduction="sum").get_config())
    assert (loss.reduction, loss.name) == ("sum", "crf_loss")


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"4 by 4. Received: 3 rows of lengths \[3\]"):
        CRF(3, allowed=np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"4 by 4. Received: 4 rows of lengths \[3, 4\]"):
        CRF(3, allowed=[[True] * 4] * 3 + [[True] * 3])
    with pytest.raises(ValueError, match=r"num_tags=3 entries. Received: shape \(2, 5, 4\)"):
        CRF(3)(np.zeros((2, 5, 4)))


def test_fit_does_not_look_at_labels_at_padding():
    model = tagger()
    model.compile("sgd", loss={"potentials": CRFLoss()})
    before, found = model.get_weights(), []
    for other in (-1, 7):
        model.set_weights(before)
        model.fit(TOKENS, np.where(MASK, LABELS, other), shuffle=False, verbose=0)
        found.append(model.get_weights())
    for old, first, second in zip(before, *found, strict=True):
        np.testing.assert_array_equal(first, second)
        assert (first != old).any()


LIFE = """
import os, sys
if os.environ["KERAS_BACKEND"] != "tensorflow":
    sys.modules["tensorflow"] = None
import keras, numpy as np
import zoo.layers
assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
folder, output = sys.argv[1:]
data = np.load(folder + "/data.npz")
model = keras.saving.load_model(folder + "/before.keras")
found = model.predict(data["tokens"], verbose=0)
np.testing.assert_array_equal(found["tags"], data["tags"])
np.testing.assert_allclose(found["potentials"], data["potentials"], atol=1e-5)
measured = model.evaluate(data["tokens"], data["labels"], verbose=0, return_dict=True)
for name, value in measured.items():
    np.testing.assert_allclose(value, data[name], atol=1e-5)
crf = model.get_layer("crf")
losses = []
for weight in (None, data["weight"], data["weight"][:, None] * data["mask"]):
    before = crf.get_weights()
    fitted = model.fit(data["tokens"], data["labels"], sample_weight=weight, epochs=4, verbose=0)
    losses += fitted.history["loss"]
    for old, new in zip(before, crf.get_weights()):
        assert np.isfinite(new).all() and (old != new).any(), (old, new)
assert losses[-1] < losses[0] / 2, losses
tags = model.predict(data["tokens"], verbose=0)["tags"]
model.save(output + "/after.keras")
np.save(output + "/tags.npy", tags)
loaded = {name for name, module in sys.modules.items() if module}
assert os.environ["KERAS_BACKEND"] == "tensorflow" or "tensorflow" not in loaded
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a model trained here, `before.keras`, and what it finds, `data.npz`."""
    folder = tmp_path_factory.mktemp("crf")
    model = tagger(allowed=schemes.allowed(TAGS))
    labels = np.where(MASK & (np.arange(5) == 0), 1, LABELS)  # `I-X` may not come first.
    model.fit(TOKENS, labels, epochs=2, verbose=0)
    assert (model.get_layer("crf").get_weights()[0] != 0).any()
    model.save(folder / "before.keras")
    weight = np.array([1.0, 2.0, 0.5, 1.0, 1.0, 1.0])
    data = {"tokens": TOKENS, "labels": labels, "mask": MASK, "weight": weight}
    measured = model.evaluate(TOKENS, labels, verbose=0, return_dict=True)
    assert len(measured) == 3
    np.savez(folder / "data.npz", **data, **model.predict(TOKENS, verbose=0), **measured)
    return folder


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_trains_is_saved_and_trains_on_in_a_fresh_process(backend, saved, tmp_path):
    if backend not in brute_force.installed():
        pytest.skip(f"{backend} is not installed")
    ran = subprocess.run(
        [sys.executable, "-c", LIFE, saved, tmp_path],
        env={**os.environ, "KERAS_BACKEND": backend},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    # The optimizer of one backend is not that of another.
    model = keras.saving.load_model(tmp_path / "after.keras", compile=False)
    found = to_numpy(model(TOKENS)["tags"])
    np.testing.assert_array_equal(found, np.load(tmp_path / "tags.npy"))
