"""The tests that Keras ships of its LSTM, GRU and Bidirectional, with our layers in their place."""

import keras
import pytest
from keras.src.layers.rnn import bidirectional_test, gru_test, lstm_test

from zoo import layers

# A test of the kind asks `fit` to shuffle a generator.
pytestmark = pytest.mark.filterwarnings("ignore:.shuffle=True.:UserWarning")


class Substituted:
    """Keras's layers, ours where there is one."""

    LSTM, GRU = layers.LSTM, layers.GRU

    def __getattr__(self, name):
        return getattr(keras.layers, name)


@pytest.fixture(autouse=True)
def _ours_in_their_place(monkeypatch):
    for module in (lstm_test, gru_test, bidirectional_test):
        monkeypatch.setattr(module, "layers", Substituted())


class TestLSTM(lstm_test.LSTMTest):
    pass


class TestGRU(gru_test.GRUTest):
    pass


class TestBidirectional(bidirectional_test.SimpleRNNTest):
    pass


def test_they_are_ours():
    assert lstm_test.layers.LSTM is layers.LSTM
    assert lstm_test.layers.Dense is keras.layers.Dense
