"""Character encoders, against what NumPy works out word by word."""

import keras
import numpy as np
import pytest

from zoo.layers import CharacterCNN, CharacterRNN

CHARACTERS = np.array([[[3, 1, 4, 0], [2, 0, 0, 0]], [[5, 5, 0, 0], [0, 0, 0, 0]]], "int32")


def vectors(layer, word):
    table = keras.ops.convert_to_numpy(layer.embedding.embeddings)
    return table[[character for character in word if character]]


def test_cnn_is_the_maximum_of_each_filter_over_the_word():
    layer = CharacterCNN(6, embedding_dim=4, filters=3, widths=(2, 3))
    found = keras.ops.convert_to_numpy(layer(CHARACTERS))
    for word, answer in zip(CHARACTERS.reshape(4, 4), found.reshape(4, 6), strict=True):
        x = vectors(layer, word)
        if not len(x):
            assert (answer == 0).all()
            continue
        expected = []
        for convolution, width in zip(layer.convolutions, (2, 3), strict=True):
            kernel, bias = (keras.ops.convert_to_numpy(w) for w in convolution.weights)
            left = (width - 1) // 2
            padded = np.pad(x, ((left, width - 1 - left), (0, 0)))
            scores = [
                np.einsum("wd,wdf->f", padded[i : i + width], kernel) + bias for i in range(len(x))
            ]
            expected.append(np.max(scores, axis=0))
        np.testing.assert_allclose(answer, np.tanh(np.concatenate(expected)), atol=1e-6)


def test_rnn_is_the_stock_layer_on_each_word_alone():
    layer = CharacterRNN(6, embedding_dim=4, units=3, cell="gru")
    found = keras.ops.convert_to_numpy(layer(CHARACTERS))
    for word, answer in zip(CHARACTERS.reshape(4, 4), found.reshape(4, 6), strict=True):
        x = vectors(layer, word)
        expected = layer.recurrent(x[None])[0] if len(x) else np.zeros(6)
        np.testing.assert_allclose(answer, keras.ops.convert_to_numpy(expected), atol=1e-6)


@pytest.mark.parametrize(
    "make", [lambda: CharacterCNN(6, 4, 3, (2, 3)), lambda: CharacterRNN(6, 4, 3)]
)
def test_wider_padding_changes_nothing_and_config_returns(make):
    layer = make()
    found = keras.ops.convert_to_numpy(layer(CHARACTERS))
    wider = np.pad(CHARACTERS, ((0, 0), (0, 2), (0, 3)))
    again = keras.ops.convert_to_numpy(layer(wider))
    np.testing.assert_allclose(again[:, :2], found, atol=1e-6)
    assert (again[:, 2:] == 0).all()
    assert layer.compute_output_shape(CHARACTERS.shape) == found.shape
    copy = type(layer).from_config(layer.get_config())
    copy.build(CHARACTERS.shape)
    copy.set_weights(layer.get_weights())
    np.testing.assert_allclose(keras.ops.convert_to_numpy(copy(CHARACTERS)), found, atol=1e-6)
