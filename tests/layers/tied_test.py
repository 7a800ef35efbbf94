"""One matrix that reads and scores."""

import keras
import numpy as np
import pytest

from zoo.layers import Bias, TiedEmbedding

IDS = np.array([[3, 5, 1], [0, 8, 8]])


def test_scores_are_inner_products_with_the_vectors_that_are_read():
    layer = TiedEmbedding(9, 4)
    vectors = np.array(layer(IDS))
    (matrix,) = layer.get_weights()
    np.testing.assert_array_equal(vectors, matrix[IDS])
    states = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    scores = np.array(layer(states, reverse=True))
    assert scores.shape == (2, 3, 9)
    for row, step, word in np.ndindex(2, 3, 9):
        assert scores[row, step, word] == pytest.approx(states[row, step] @ matrix[word], abs=1e-5)


def test_the_matrix_learns_from_both_ends():
    tokens = keras.Input((None,), dtype="int32")
    embed = TiedEmbedding(9, 4)
    model = keras.Model(tokens, embed(embed(tokens), reverse=True))
    assert [tuple(weight.shape) for weight in model.weights] == [(9, 4)]
    model.compile(keras.optimizers.SGD(1.0), keras.losses.SparseCategoricalCrossentropy(True))
    before = model.get_weights()[0]
    model.train_on_batch(np.array([[3]]), np.array([[5]]))
    moved = abs(model.get_weights()[0] - before).max(axis=1)
    assert (moved > 1e-5).all(), "as a word to predict every row; 3 as the word that was read, too"
    assert moved[[3, 5]].min() > np.delete(moved, [3, 5]).max()


def test_bias_is_added_to_each_feature():
    layer = Bias()
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    np.testing.assert_array_equal(layer(x), x)
    layer.set_weights([np.arange(4.0)])
    np.testing.assert_allclose(layer(x), x + np.arange(4), atol=1e-6)


def test_reloads(tmp_path):
    tokens = keras.Input((None,), dtype="int32")
    embed = TiedEmbedding(9, 4, name="word_embedding")
    model = keras.Model(tokens, Bias(name="logits")(embed(embed(tokens), reverse=True)))
    assert model.output_shape == (None, None, 9)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict_on_batch(IDS), model.predict_on_batch(IDS))
    assert len(again.weights) == 2
