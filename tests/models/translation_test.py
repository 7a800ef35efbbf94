"""Sequence to sequence: it learns to turn sequences round, and padding is nothing."""

import keras
import numpy as np
import pytest
from keras import ops

from zoo import models, recipes
from zoo.layers.recurrent import STATES
from zoo.models import Seq2Seq

SOURCE, TARGET, END = 11, 9, 2


def built(**options):
    return Seq2Seq(SOURCE, TARGET, **{"units": 6, "embedding_dim": 5, "dropout": 0.1, **options})


MODELS = {
    "lstm, multiplicative, input feeding": lambda: built(
        cell="lstm", attention="multiplicative", input_feeding=True
    ),
    "no attention, one direction": lambda: built(attention=None, bidirectional=False),
    "lstm of two layers, a decoder of its own size": lambda: built(
        cell="lstm", units=(4, 6), decoder_units=7, dropout=0.0
    ),
    "scheduled sampling": lambda: built(cell="simple_rnn", sampling=0.5, sampling_steps=10),
    "tied, smoothed labels": lambda: built(tied=True, label_smoothing=0.1),
}
every_model = pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)


def example(batch=6, time=5, more=0, more_source=0):
    """Sources, and in the target their ids from back to front; the last is of one token."""
    rng = np.random.default_rng(0)
    lengths = np.array([time] * (batch - 1) + [1])
    source = np.zeros((batch, time + more_source), "int32")
    y = np.zeros((batch, time + 1 + more), "int32")
    for row, length in enumerate(lengths):
        source[row, :length] = rng.integers(3, TARGET, length)
        y[row, : length + 1] = [*source[row, :length][::-1], END]
    real = y != 0
    previous = np.concatenate([np.full((batch, 1), END), y[:, :-1]], axis=1) * real
    x = {"source": source, "previous": previous.astype("int32")}
    return x, y, real.astype("float32")


@every_model
def test_learns_to_turn_a_sequence_round(build):
    keras.utils.set_random_seed(0)
    model = build()
    assert model.compiled and model.output_shape == (None, None, TARGET)
    model.optimizer.learning_rate = 0.02
    x, y, weight = example(batch=32)
    losses = [float(model.train_on_batch(x, y, weight)[0]) for _ in range(30)]
    assert losses[-1] < 0.85 * losses[0]


@every_model
def test_padding_changes_nothing(build):
    model = build()
    x, y, weight = example()
    longer, longer_y, longer_weight = example(more=3, more_source=4)
    short, long = (ops.convert_to_numpy(model(each, training=False)) for each in (x, longer))
    assert abs(short[weight > 0] - long[longer_weight > 0]).max() < 1e-5
    losses = [
        model.evaluate(*each[:2], sample_weight=each[2], verbose=0, return_dict=True)["loss"]
        for each in ((x, y, weight), (longer, longer_y, longer_weight))
    ]
    assert abs(losses[0] - losses[1]) < 1e-5


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
def test_the_summary_is_where_each_direction_ends(cell, bidirectional):
    model = built(cell=cell, units=(4, 3), bidirectional=bidirectional)
    x, _, _ = example()
    memory, summary = map(ops.convert_to_numpy, model.get_layer("encoder")(x["source"]))
    last = (x["source"] != 0).sum(axis=1) - 1
    rows = np.arange(len(last))
    expected = memory[rows, last, :3]
    if bidirectional:
        expected = np.concatenate([expected, memory[rows, 0, 3:]], axis=1)
    np.testing.assert_allclose(summary, expected, atol=1e-6)
    assert len(model.get_layer("decoder").state_sizes) == 2 * STATES[cell]


def test_without_attention_only_the_summary_is_seen():
    model = built(attention=None)
    assert model.get_layer("decoder").attention is None
    x, _, _ = example()
    memory, summary = model.get_layer("encoder")(x["source"])
    decoder = model.get_layer("decoder")
    np.testing.assert_allclose(
        decoder(x["previous"], 0 * memory, summary), model(x), rtol=1e-4, atol=1e-5
    )


def test_tied_vectors_are_read_and_score():
    model = built(tied=True, units=8)
    decoder = model.get_layer("decoder")
    x, _, _ = example()
    before = ops.convert_to_numpy(model(x))
    vectors = decoder.embedding.embeddings.numpy()
    vectors[7] = 0  # A token without a vector scores its bias, 0, wherever it is not read.
    decoder.embedding.embeddings.assign(vectors)
    after = ops.convert_to_numpy(model(x))
    assert abs(before[..., 7]).max() > 0 and abs(after[..., 7]).max() == 0
    assert vectors.size == TARGET * 5
    assert sum(weight.shape == vectors.shape for weight in decoder.weights) == 1


def test_smoothed_labels_cost_what_keras_says():
    model = built(label_smoothing=0.2, dropout=0.0)
    x, y, weight = example()
    found = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)["loss"]
    stock = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.2, reduction="none"
    )
    nats = stock(ops.one_hot(y, TARGET), model(x))
    assert found == pytest.approx(float(ops.sum(nats * weight) / weight.sum()), rel=1e-5)


RELOADED = """
import sys
import keras, numpy as np, zoo.models
model = keras.models.load_model(sys.argv[1])
stored = dict(np.load(sys.argv[2]))
x = {name: stored[name] for name in ("source", "previous")}
assert abs(model.predict_on_batch(x) - stored["expected"]).max() < 1e-4
fitted = model.fit(x, stored["y"], sample_weight=stored["weight"], verbose=0)
assert np.isfinite(fitted.history["loss"][0])
"""


def test_reloads_and_fits_on_every_backend(tmp_path, backend_process):
    options = {"cell": "lstm", "units": (4, 6), "input_feeding": True, "tied": True}
    model = built(**options, label_smoothing=0.1)
    x, y, weight = example()
    model.save(tmp_path / "model.keras")
    expected = model(x, training=False)
    np.savez(tmp_path / "model.npz", **x, y=y, weight=weight, expected=expected)
    backend_process.run(RELOADED, tmp_path / "model.keras", tmp_path / "model.npz")


@pytest.mark.parametrize(
    "name",
    [name for name in recipes.names() if recipes.get(name).task == "translation"],
)
def test_recipes_build(name):
    recipe = recipes.get(name)
    model = recipe.build({"source_vocabulary_size": SOURCE, "target_vocabulary_size": TARGET})
    assert model.output_shape == (None, None, TARGET)
    assert recipe.preprocessing.keys() <= {"pieces", "min_count", "beams", "length_penalty"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cell": "rnn"}, "`cell` must be one of"),
        ({"units": ()}, "`units` must be a positive int or a tuple"),
        ({"attention": "dot"}, "`attention` must be one of 'additive', 'multiplicative'"),
        ({"sampling": 2}, "`sampling` must be None or in"),
        ({"label_smoothing": 1}, r"`label_smoothing` must be in \[0, 1\). Received: 1"),
    ],
)
def test_bad_arguments_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        built(**options)


def test_the_builder_is_public():
    assert "Seq2Seq" in models.__all__
