"""Norms of gradients, held against products of Jacobians and against small changes."""

import keras
import numpy as np
import pytest
from keras import layers

from zoo.inspection import equations, gradient_norms
from zoo.models import SequenceTagger

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 6, 3)).astype("float32")


def test_a_simple_rnn_by_its_jacobians():
    layer = layers.SimpleRNN(4, return_sequences=True, name="rnn")
    h = keras.ops.convert_to_numpy(layer(X)).astype("float64")
    _, U, _ = layer.get_weights()
    found = gradient_norms(layer, X, probes=4)["rnn"]
    for row in range(2):
        jacobian = np.eye(4)
        for d in range(6):
            expected = np.linalg.norm(jacobian) / np.sqrt(4)
            np.testing.assert_allclose(found[row, d], expected, rtol=1e-4)
            jacobian = U @ np.diag(1 - h[row, 5 - d] ** 2) @ jacobian


@pytest.mark.parametrize("by", ["input", "hidden", "cell"])
def test_an_lstm_by_small_changes(by):
    layer = layers.LSTM(4, name="lstm")
    layer(X)
    weights = layer.get_weights()
    found = gradient_norms(layer, X[:1], by=by, probes=4)["lstm"][0]
    x = X[:1].astype("float64")
    for distance in (0, 1, 4):
        t = 5 - distance
        columns = []
        for unit in range(3 if by == "input" else 4):
            ends = []
            for change in (-1e-5, 1e-5):
                moved = x.copy()
                if by == "input":
                    moved[0, t, unit] += change
                state = equations.start(equations.lstm, 1, 4)
                first = equations.unfold(equations.lstm, moved[:, : t + 1], state, *weights)
                h, c = (each[:, -1].copy() for each in first.state)
                if by != "input":
                    {"hidden": h, "cell": c}[by][0, unit] += change
                if distance and by != "input":
                    rest = equations.unfold(equations.lstm, x[:, t + 1 :], (h, c), *weights)
                    h = rest.hidden[:, -1]
                elif by == "input":
                    h = equations.unfold(equations.lstm, moved, state, *weights).hidden[:, -1]
                ends.append(h[0])
            columns.append((ends[1] - ends[0]) / 2e-5)
        if by == "cell" and distance == 0:
            continue  # The hidden state of that very step has been made already.
        np.testing.assert_allclose(found[distance], np.linalg.norm(columns) / 2, rtol=1e-3)


def test_fewer_probes_tell_about_the_same():
    layer = layers.GRU(32, name="gru")
    exact = gradient_norms(layer, X, probes=32)["gru"]
    np.testing.assert_allclose(gradient_norms(layer, X, probes=12)["gru"], exact, rtol=0.4)


def test_padding_and_both_directions():
    model = SequenceTagger(50, 3, cell="gru", units=4, embedding_dim=3)
    tokens = np.array([[3, 9, 4, 7], [5, 2, 0, 0]])
    found = gradient_norms(model, tokens)
    alone = gradient_norms(model, tokens[1:, :2])
    assert list(found) == ["gru_1/forward", "gru_1/backward"]
    for name, norms in found.items():
        assert np.isnan(norms).tolist() == [[False] * 4, [False, False, True, True]]
        np.testing.assert_allclose(norms[1, :2], alone[name][0], rtol=1e-4)
        np.testing.assert_allclose(norms[:, 0], 1, rtol=1e-5)


def test_an_open_forget_gate_carries_the_cell_and_a_simple_rnn_forgets():
    lstm = layers.LSTM(8, name="lstm")
    lstm(X)
    W, U, b = lstm.get_weights()
    b[8:16] = 9
    lstm.set_weights([W, 0 * U, b])
    x = RNG.normal(size=(2, 60, 3)).astype("float32")
    kept = gradient_norms(lstm, x, by="cell", probes=8)["lstm"]
    assert kept[:, 59].min() > 0.05
    plain = gradient_norms(layers.SimpleRNN(8, name="rnn"), x, probes=8)["rnn"]
    assert plain[:, 59].max() < 1e-4


def test_errors():
    with pytest.raises(ValueError, match="`by` must be one of 'input', 'hidden', 'cell'"):
        gradient_norms(layers.GRU(4), X, by="gate")
    with pytest.raises(ValueError, match="`probes` must be at least 1"):
        gradient_norms(layers.GRU(4), X, probes=0)
    with pytest.raises(ValueError, match="Only an LSTM has a cell"):
        gradient_norms(layers.GRU(4), X, by="cell")
