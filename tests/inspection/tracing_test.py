"""Gates and states, held against the answers of the layers themselves."""

import keras
import numpy as np
import pytest
from keras import layers

from zoo.inspection import recurrent_layers, trace
from zoo.layers import CharacterRNN
from zoo.models import Ensemble, SequenceClassifier, SequenceTagger

RNG = np.random.default_rng(0)
CELLS = {
    "lstm": lambda *a, **k: layers.LSTM(*a, **k),
    "gru": lambda *a, **k: layers.GRU(*a, **k),
    "gru_reset_before": lambda *a, **k: layers.GRU(*a, reset_after=False, **k),
    "simple_rnn": lambda *a, **k: layers.SimpleRNN(*a, **k),
}
NAMES = {
    "lstm": ["input", "forget", "output", "candidate", "cell", "hidden"],
    "gru": ["update", "reset", "candidate", "hidden"],
    "gru_reset_before": ["update", "reset", "candidate", "hidden"],
    "simple_rnn": ["hidden"],
}


def trained(model):
    """Gives every weight a value that training might have given it."""
    model.set_weights([w + RNG.normal(size=w.shape, scale=0.3) for w in model.get_weights()])
    return model


def numbers(*shape):
    return RNG.normal(size=shape).astype("float32")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"use_bias": False}])
def test_a_layer_alone(cell, options):
    layer = CELLS[cell](6, return_sequences=True, return_state=True, name="it", **options)
    x = numbers(3, 20, 5)
    layer(x)
    trained(layer)
    answer, *states = map(keras.ops.convert_to_numpy, layer(x))
    (found,) = trace(layer, x).values()
    assert list(found) == NAMES[cell]
    assert (found.name, found.cell) == ("it", cell.removesuffix("_reset_before"))
    assert found.backward == options.get("go_backwards", False)
    ahead = slice(None, None, -1 if found.backward else 1)
    np.testing.assert_allclose(found["hidden"][:, ahead], answer, atol=1e-6)
    last = 0 if found.backward else -1
    for name, state in zip(["hidden", "cell"], states, strict=False):
        np.testing.assert_allclose(found[name][:, last], state, atol=1e-6)
    assert found.error < 1e-6
    np.testing.assert_array_equal(found.inputs, x)


def test_traces_can_be_compared_though_their_arrays_cannot():
    layer, x = layers.GRU(2), numbers(1, 3, 2)
    layer(x)
    (one,), (other,) = (trace(layer, x).values() for _ in range(2))
    assert one != other and len({one, other}) == 2


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "ave", "mul", None])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_both_directions_with_a_mask(cell, merge_mode, return_sequences):
    inner = CELLS[cell](4, return_sequences=return_sequences)
    x = keras.Input((None, 5))
    mask = keras.Input((None,), dtype="bool")
    y = layers.Bidirectional(inner, merge_mode=merge_mode, name="both")(x, mask=mask)
    model = trained(keras.Model([x, mask], y))
    given = numbers(3, 9, 5)
    lengths = np.arange(9) < np.array([[9], [4], [1]])
    found = trace(model, [given, lengths])
    assert list(found) == ["both/forward", "both/backward"]
    assert [each.backward for each in found.values()] == [False, True]
    for each in found.values():
        assert each.error < 1e-6
        np.testing.assert_array_equal(each.mask, lengths)
        np.testing.assert_array_equal(np.isnan(each["hidden"]), False)
        for gate in each.gates.values():
            np.testing.assert_array_equal(np.isnan(gate).all(axis=-1), ~lengths)
    # The backward state at a place is what reading the rest alone from its end would give.
    if return_sequences and merge_mode == "concat":
        short = keras.ops.convert_to_numpy(model([given[1:2, 2:4], lengths[1:2, 2:4]]))
        np.testing.assert_allclose(
            found["both/backward"]["hidden"][1, 2], short[0, 0, 4:], atol=1e-6
        )


@pytest.mark.parametrize("builder", [SequenceTagger, SequenceClassifier])
@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
def test_models_of_the_zoo(builder, cell):
    model = builder(
        50, 3, cell=cell, units=(6, 5), embedding_dim=4, dropout=0.5, bidirectional=True
    )
    tokens = np.array([[3, 9, 4, 7], [5, 2, 0, 0]])
    found = trace(model, tokens)
    assert list(found) == [f"{cell}_{i}/{way}" for i in (1, 2) for way in ("forward", "backward")]
    assert list(found) == list(recurrent_layers(model))
    assert max(each.error for each in found.values()) < 1e-6
    lower = [found[f"{cell}_1/{way}"]["hidden"] for way in ("forward", "backward")]
    read = np.concatenate(lower, axis=-1)[tokens != 0]
    np.testing.assert_allclose(found[f"{cell}_2/forward"].inputs[tokens != 0], read, atol=1e-6)
    one = trace(model, tokens[1:, :2])
    for name, each in found.items():
        np.testing.assert_allclose(each["hidden"][1, :2], one[name]["hidden"][0], atol=1e-6)


def test_inside_layers_and_models():
    words = keras.Input((None, None), dtype="int32")
    characters = CharacterRNN(30, 4, 3, name="characters")(words)
    inner = keras.Sequential([keras.Input((None, 6)), layers.GRU(4, name="gru")], name="inner")
    model = keras.Model(words, inner(characters))
    given = RNG.integers(1, 30, size=(2, 5, 7))
    found = trace(model, given)
    assert list(found) == [
        "characters/recurrent/forward",
        "characters/recurrent/backward",
        "inner/gru",
    ]
    assert found["characters/recurrent/forward"]["hidden"].shape == (10, 7, 3)
    assert max(each.error for each in found.values()) < 1e-6


def test_members_of_an_ensemble_have_names_of_their_own():
    members = [SequenceTagger(20, 3, units=3, name=f"member_{i}") for i in range(2)]
    found = trace(Ensemble(members), np.array([[3, 4, 5]]))
    assert [name for name in found if name.endswith("forward")] == [
        "member_0/lstm_1/forward",
        "member_1/lstm_1/forward",
    ]


def test_a_layer_called_twice():
    layer = layers.LSTM(4, return_sequences=True, name="twice")
    x = keras.Input((None, 4))
    model = keras.Model(x, layer(layer(x)))
    found = trace(model, numbers(2, 5, 4))
    assert list(found) == ["twice", "twice#2"]
    np.testing.assert_allclose(found["twice#2"].inputs, found["twice"]["hidden"], atol=1e-6)


def test_a_cell_in_a_plain_rnn():
    layer = layers.RNN(layers.GRUCell(4), name="plain")
    assert trace(layer, numbers(2, 5, 3))["plain"].error < 1e-6


def test_from_an_initial_state():
    x, h = keras.Input((None, 3)), keras.Input((4,))
    y = layers.GRU(4, name="gru")(x, initial_state=h)
    found = trace(keras.Model([x, h], y), [numbers(2, 5, 3), numbers(2, 4)])
    assert found["gru"].error < 1e-6


@pytest.mark.parametrize("wrap", [False, True])
def test_a_stateful_layer_goes_on_from_where_it_was_and_stays_there(wrap):
    layer = layers.LSTM(4, stateful=True, name="lstm")
    layer = layers.Bidirectional(layer) if wrap else layer
    x = numbers(2, 5, 3)
    layer(x)
    inner = layer.forward_layer if wrap else layer
    before = [keras.ops.convert_to_numpy(state).copy() for state in inner.states]
    found = next(iter(trace(layer, x).values()))
    assert found.error < 1e-6
    for state, kept in zip(inner.states, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(state), kept)


@pytest.mark.parametrize("activation", ["relu", "hard_sigmoid", "linear"])
def test_other_activations(activation):
    layer = layers.LSTM(4, activation=activation, recurrent_activation="hard_sigmoid", name="it")
    assert trace(layer, numbers(2, 5, 3))["it"].error < 1e-6


def test_half_precision_is_followed_as_far_as_it_goes():
    layer = layers.GRU(4, dtype="mixed_float16", name="it")
    assert trace(layer, numbers(2, 5, 3))["it"].error < 1e-2


def test_the_model_is_not_changed():
    model = SequenceTagger(20, 3, units=3, embedding_dim=3)
    tokens = np.array([[3, 4, 5]])
    before = model.get_weights(), model.to_json(), model.predict(tokens, verbose=0)
    inside = [dict(layer.__dict__) for layer in recurrent_layers(model).values()]
    trace(model, tokens)
    assert [dict(layer.__dict__) for layer in recurrent_layers(model).values()] == inside
    for w, kept in zip(model.get_weights(), before[0], strict=True):
        np.testing.assert_array_equal(w, kept)
    assert model.to_json() == before[1]
    np.testing.assert_array_equal(model.predict(tokens, verbose=0), before[2])
    outer = model.get_layer("lstm_1")
    with pytest.raises(Exception, match=r"."):
        trace(model, np.zeros((1, 2, 3, 4)))
    assert "call" not in outer.__dict__


class Counting(layers.Layer):
    """Remembers how often it was called, as a layer that carries states from batch to batch."""

    def build(self, shape):
        self.calls = self.add_weight((), initializer="zeros", trainable=False)

    def call(self, x):
        self.calls.assign(self.calls + 1)
        return x


def test_what_other_layers_remember_is_put_back():
    x = keras.Input((None, 3))
    model = keras.Model(x, layers.GRU(4, name="gru")(Counting(name="counting")(x)))
    model(numbers(2, 5, 3))
    before = float(model.get_layer("counting").calls)
    trace(model, numbers(2, 5, 3))
    assert float(model.get_layer("counting").calls) == before == 1


class Derived(layers.LSTM):
    """As the layers of others: it computes the same in another way."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        return 1.0 * super().call(sequences, initial_state, mask, training)


class Unlike(layers.LSTM):
    """It computes something else."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        return 2.0 * super().call(sequences, initial_state, mask, training)


def test_derived_layers():
    x = numbers(2, 5, 3)
    assert trace(Derived(4, name="it"), x)["it"].error < 1e-6
    with pytest.raises(
        ValueError, match=r"it must compute what the equations .* Unlike, which differs by"
    ):
        trace(Unlike(4, name="it"), x)


def test_nothing_to_look_into():
    with pytest.raises(ValueError, match="must call an LSTM, a GRU or a simple RNN"):
        trace(keras.Sequential([layers.Dense(3, name="d")], name="plain"), numbers(2, 3))


def test_a_layer_for_every_row():
    x = keras.Input((2, 4, 3))
    model = keras.Model(x, layers.TimeDistributed(layers.GRU(4, name="gru"), name="each")(x))
    found = trace(model, numbers(5, 2, 4, 3))
    assert list(found) == ["each/gru", "each/gru#2"]
    assert max(each.error for each in found.values()) < 1e-6


class Compiled(layers.Layer):
    """Calls a layer where there are no numbers yet."""

    def __init__(self):
        super().__init__()
        self.gru = layers.GRU(4, name="gru")

    def call(self, x):
        return keras.ops.vectorized_map(self.gru, x)


def test_inside_a_compiled_loop():
    with pytest.raises(ValueError, match="gru is called inside a compiled loop"):
        trace(Compiled(), numbers(5, 2, 4, 3))


def test_a_trace_tells_what_it_has():
    found = trace(layers.GRU(4, name="it"), numbers(2, 5, 3))["it"]
    assert dict(found).keys() == found.arrays.keys()
    with pytest.raises(KeyError, match="A trace of gru has 'update', 'reset'"):
        found["forget"]


@pytest.mark.parametrize(("dtype", "most"), [("float64", 1e-12), ("float32", 1e-5)])
def test_over_long_sequences_only_the_rounding_of_the_layer_differs(dtype, most):
    layer = layers.LSTM(16, return_sequences=True, dtype=dtype, name="it")
    layer.build((None, None, 3))
    trained(layer)
    assert trace(layer, RNG.normal(size=(2, 500, 3)))["it"].error < most


ON_ANY_BACKEND = """
import keras, numpy as np
from zoo.inspection import gradient_norms, trace
from zoo.models import SequenceTagger
for cell in ("lstm", "gru"):
    model = SequenceTagger(50, 3, cell=cell, units=4, embedding_dim=4)
    tokens = np.array([[3, 9, 4, 7], [5, 2, 0, 0]])
    before = np.array(keras.ops.convert_to_numpy(model(tokens)))
    found = trace(model, tokens)
    assert len(found) == 2
    assert max(each.error for each in found.values()) < 1e-6
    norms = gradient_norms(model, tokens)[f"{cell}_1/backward"]
    assert norms.shape == (2, 4)
    assert abs(norms[:, 0] - 1).max() < 1e-5 and 0 < norms[1, 1] < 1, norms
    assert np.isnan(norms[1, 2:]).all()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(tokens)), before)
"""


def test_on_any_backend(backend_process):
    backend_process.run(ON_ANY_BACKEND)
