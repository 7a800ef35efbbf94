"""Parameters and arithmetic by part."""

import keras
import numpy as np
import pytest
from keras import layers

from zoo.inspection import flops, parameters
from zoo.models import Ensemble, SequenceClassifier, SequenceTagger


def model(cell="lstm", **options):
    return SequenceTagger(50, 3, cell=cell, units=(6, 5), embedding_dim=4, **options)


@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
@pytest.mark.parametrize("characters", [None, "cnn", "rnn"])
def test_the_parts_add_up_to_the_model(cell, characters):
    built = model(
        cell, character_encoder=characters, character_vocabulary_size=20, normalization="layer"
    )
    found = parameters(built)
    assert sum(sum(parts.values()) for parts in found.values()) == built.count_params()
    assert len(set(found[f"{cell}_1/forward"].values())) == 1
    assert found["word_embedding"] == {"embeddings": 200}


@pytest.mark.parametrize("reset_after", [True, False])
def test_gates_of_a_gru(reset_after):
    layer = layers.GRU(6, reset_after=reset_after, name="gru")
    layer.build((None, None, 4))
    assert parameters(layer) == {
        "gru": dict.fromkeys(("update", "reset", "candidate"), 6 * (4 + 6 + 1 + reset_after))
    }


def test_ensembles_and_models_in_models():
    members = [SequenceClassifier(20, 3, units=3, name=f"member_{i}") for i in range(2)]
    built = Ensemble(members)
    found = parameters(built)
    assert sum(sum(parts.values()) for parts in found.values()) == built.count_params()
    assert found["member_0/logits"] == found["member_1/logits"]


def test_a_layer_with_weights_of_its_own_and_a_shared_one():
    x = keras.Input((5, 4))
    dense = layers.Dense(4, name="dense")
    built = keras.Model(x, layers.RNN(layers.LSTMCell(4), name="rnn")(dense(dense(x))))
    assert parameters(built)["dense"] == {"kernel": 16, "bias": 4}
    assert sum(parameters(built)["rnn"].values()) == built.get_layer("rnn").count_params()


def test_flops_by_hand():
    layer = layers.SimpleRNN(1, use_bias=False, name="rnn")
    layer.build((None, None, 1))
    # Two products of one number, each with an addition to its sum; their sum; the activation.
    assert flops(layer, time=1) == {"rnn": {"hidden": 2 + 2 + 1 + 1}}
    assert flops(layer, time=7) == {"rnn": {"hidden": 42}}


@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
def test_flops_are_mostly_those_of_the_matrices(cell):
    built = SequenceTagger(50, 3, cell=cell, units=200, embedding_dim=100)
    (row, other) = flops(built, time=10).values()
    assert row == other
    gates = {"lstm": 4, "gru": 3, "simple_rnn": 1}[cell]
    np.testing.assert_allclose(sum(row.values()), 10 * gates * 2 * 200 * 300, rtol=0.02)
    assert set(row) - {"state"} == set(parameters(built)[f"{cell}_1/forward"])


def test_errors():
    with pytest.raises(ValueError, match="`time` must be at least 1"):
        flops(model(), time=0)
    with pytest.raises(ValueError, match="has no weights yet"):
        flops(layers.LSTM(3), time=1)
