"""The language models: the table's demands on every builder, and what its own task asks."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from zoo import models

WORDS = 12


def language_model(**options):
    defaults = {"units": 6, "embedding_dim": 5, "dropout": 0.1}
    return models.LanguageModel(WORDS, **{**defaults, **options})


BUILDERS = {
    "lstm": lambda: language_model(),
    "stacked gru, projection": lambda: language_model(
        cell="gru", units=(6, 4), projection_dim=3, variational_dropout=True
    ),
    "simple_rnn, residual": lambda: language_model(
        cell="simple_rnn", units=(5, 5), residual=True, normalization="layer"
    ),
    "tied, dropped everywhere": lambda: language_model(
        units=(20, 16),
        embedding_dim=16,
        tied=True,
        variational_dropout=True,
        weight_dropout=0.1,
        embedding_dropout=0.05,
        word_dropout=0.05,
        input_dropout=0.05,
        output_dropout=0.05,
    ),
    "tied gru, projected": lambda: language_model(cell="gru", tied=True, weight_dropout=0.1),
}
every_builder = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)


def example(batch=4, time=6, more=0):
    """Rows that count upwards from a random id, the last one of one token; then padding."""
    starts = np.random.default_rng(0).integers(0, WORDS - 2, (batch, 1))
    stream = 2 + (starts + np.arange(time + 1 + more)) % (WORDS - 2)
    real = np.arange(time + more) < np.array([time] * (batch - 1) + [1])[:, None]
    return (stream[:, :-1] * real).astype("int32"), stream[:, 1:] * real, real.astype("float32")


@every_builder
def test_builds_compiled_and_learns(build):
    model = build()
    assert model.compiled
    x, y, weight = example(batch=16)
    assert model.predict_on_batch(x).shape == (16, 6, WORDS)
    model.optimizer.learning_rate = 0.03
    options = {"sample_weight": weight, "epochs": 50, "batch_size": 16, "verbose": 0}
    history = model.fit(x, y, **options).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    for loss, perplexity in zip(history["loss"], history["perplexity"], strict=True):
        assert perplexity == pytest.approx(np.exp(loss), rel=1e-4)


@every_builder
def test_padding_changes_nothing(build):
    model = build()
    (x, y, weight), (long_x, long_y, long_weight) = example(), example(more=6)
    real, real_long = weight.astype(bool), long_weight.astype(bool)
    change = model.predict_on_batch(x)[real] - model.predict_on_batch(long_x)[real_long]
    assert abs(change).max() < 1e-5
    short = model.evaluate(x, y, sample_weight=weight, verbose=0)
    long = model.evaluate(long_x, long_y, sample_weight=long_weight, verbose=0)
    np.testing.assert_allclose(short, long, rtol=1e-5)


@every_builder
def test_no_logit_knows_a_later_token(build):
    model = build()
    x, _, _ = example(batch=3)
    x = x[:2]
    changed = x.copy()
    changed[:, 3] = 2 + (changed[:, 3] - 1) % (WORDS - 2)
    difference = abs(model.predict_on_batch(x) - model.predict_on_batch(changed)).max(axis=(0, 2))
    assert (difference[:3] < 1e-6).all()
    assert (difference[3:] > 1e-6).all()


def test_weights_move_by_name_into_an_encoder_of_one_direction():
    model = language_model(units=(6, 4))
    options = {"units": (6, 4), "embedding_dim": 5, "bidirectional": False}
    tagger = models.SequenceTagger(WORDS, 3, **options)
    shared = [layer.name for layer in tagger.layers if layer.weights and layer.name != "logits"]
    assert shared == ["word_embedding", "lstm_1", "lstm_2"]
    for name in shared:
        tagger.get_layer(name).set_weights(model.get_layer(name).get_weights())
    x, _, _ = example()
    outputs = [keras.tree.flatten(m.get_layer("lstm_2").output)[0] for m in (model, tagger)]
    states = [keras.Model(m.input, out) for m, out in zip((model, tagger), outputs, strict=True)]
    np.testing.assert_allclose(*(m.predict_on_batch(x) for m in states), atol=1e-6)


@every_builder
def test_step_by_step_it_says_the_same(build):
    model = build()
    x = np.random.default_rng(0).integers(2, WORDS, (3, 7))
    expected = model.predict_on_batch(x)
    step, start = models.language_modeling.stepwise(model)
    state = start(3)
    for place in range(4):
        logits, state = step(x[:, place], state)
        np.testing.assert_allclose(logits, expected[:, place], atol=1e-5)
    rest, last = step(x[:, 4:], state)
    np.testing.assert_allclose(rest, expected[:, 4:], atol=1e-5)
    assert len(last) == len(state)


def carrying(**options):
    return language_model(lanes=4, weight_dropout=0.2, tied=True, units=(7, 5), **options)


def test_with_lanes_it_learns_and_step_by_step_it_says_the_same():
    model = carrying()
    x, y, weight = example(batch=4)
    given = {"tokens": x, "begins": np.ones(4, bool)}
    whole = model.predict_on_batch(given)
    on = model.predict_on_batch({**given, "begins": np.zeros(4, bool)})
    assert abs(on - whole).max() > 1e-5
    step, start = models.language_modeling.stepwise(model)
    logits, state = step(x[:, 0], start(4))
    np.testing.assert_allclose(logits, whole[:, 0], atol=1e-5)
    np.testing.assert_allclose(step(x[:, 1:], state)[0], whole[:, 1:], atol=1e-5)
    kept = [keras.ops.copy(each) for each in model.get_layer("carried_state").kept]
    step(x, start(4))
    for before, now in zip(kept, model.get_layer("carried_state").kept, strict=True):
        np.testing.assert_array_equal(before, now, "taking steps leaves what is carried alone")
    model.optimizer.learning_rate = 0.03
    losses = [model.train_on_batch(given, y, weight)[0] for _ in range(60)]
    assert losses[-1] < 0.6 * losses[0]


def test_penalties_add_to_the_loss_and_not_to_the_perplexity():
    x, y, weight = example(batch=4)
    plain, penalized = (
        language_model(dropout=0.0, activation_regularization=rates)
        for rates in ((0.0, 0.0), (20.0, 10.0))
    )
    penalized.set_weights(plain.get_weights())
    (loss, perplexity), (more, same) = (
        each.train_on_batch(x, y, weight) for each in (plain, penalized)
    )
    assert more > loss and same == pytest.approx(perplexity)
    found = penalized.evaluate(x, y, sample_weight=weight, verbose=0)
    assert found[1] == pytest.approx(np.exp(found[0]), rel=1e-4)


def test_padding_is_not_regularized():
    model = language_model(dropout=0.0, activation_regularization=(2.0, 1.0))
    penalties = []
    for more in (0, 5):
        model(example(more=more)[0], training=True)
        penalties.append(float(sum(model.losses)))
    assert penalties[1] == pytest.approx(penalties[0], rel=1e-5)


RELOAD = """
import sys, keras, numpy as np, zoo.models
model = keras.models.load_model(sys.argv[1] + "/model.keras")
stored = np.load(sys.argv[1] + "/stored.npz")
assert abs(model.predict_on_batch(stored["x"]) - stored["expected"]).max() < 1e-5
loss, perplexity = model.evaluate(
    stored["x"], stored["y"], sample_weight=stored["weight"], verbose=0
)
assert abs(perplexity - np.exp(loss)) < 1e-3 * perplexity
print("reloaded")
"""


@pytest.mark.parametrize(
    "build", [lambda: language_model(projection_dim=3), BUILDERS["tied, dropped everywhere"]]
)
def test_reloads_in_a_fresh_process(tmp_path, build):
    model = build()
    x, y, weight = example()
    model.save(tmp_path / "model.keras")
    expected = model.predict_on_batch(x)
    np.savez(tmp_path / "stored.npz", x=x, y=y, weight=weight, expected=expected)
    found = subprocess.run([sys.executable, "-c", RELOAD, tmp_path], capture_output=True, text=True)
    assert found.stdout.strip() == "reloaded", found.stderr


def test_logits_stay_in_single_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = language_model(projection_dim=3)
    finally:
        keras.config.set_dtype_policy(policy)
    assert model.get_layer("logits").compute_dtype == "float32"
    assert model.get_layer("projection").compute_dtype == "float16"
    x, y, weight = example()
    assert np.isfinite(model.train_on_batch(x, y, sample_weight=weight)).all()


def test_projection_makes_a_large_vocabulary_cheap():
    sizes = {"units": 32, "embedding_dim": 8}
    plain = models.LanguageModel(1000, **sizes).get_layer("logits").count_params()
    projected = models.LanguageModel(1000, **sizes, projection_dim=8)
    assert plain == 1000 * 33
    assert projected.get_layer("logits").count_params() == 1000 * 9


def test_tied_weights_are_one_matrix():
    model = language_model(tied=True, units=5)
    assert [layer.name for layer in model.layers if layer.weights] == [
        *("word_embedding", "lstm_1", "logits")
    ]
    assert model.get_layer("logits").count_params() == WORDS
    projected = language_model(tied=True, units=6)
    assert projected.get_layer("projection").units == 5
    with pytest.raises(ValueError, match="`projection_dim` must be None or `embedding_dim`"):
        language_model(tied=True, projection_dim=3)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="`cell` must be one of"):
        language_model(cell="rnn")
    with pytest.raises(TypeError, match="bidirectional"):
        language_model(bidirectional=True)


def bidirectional(**options):
    """With random weights everywhere, biases too: a bias of 0 would hide what it does."""
    defaults = {"units": 5, "embedding_dim": 4, "projection_dim": 3, "samples": 8, "dropout": 0.1}
    model = models.BidirectionalLanguageModel(WORDS, **{**defaults, **options})
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


CELLS = pytest.mark.parametrize("cell", ["lstm", "gru"])


@CELLS
def test_a_token_is_judged_by_what_is_left_of_it_and_by_what_is_right_of_it(cell):
    model = bidirectional(cell=cell)
    x = np.random.default_rng(0).integers(2, WORDS, (3, 7))
    changed = x.copy()
    changed[:, 3] = 2 + (changed[:, 3] - 1) % (WORDS - 2)
    difference = abs(model.predict_on_batch(x) - model.predict_on_batch(changed)).max(axis=0)
    forward, backward = difference.T
    assert (forward[:3] < 1e-6).all() and (forward[4:] > 1e-6).all()
    assert (backward[:3] > 1e-6).all() and (backward[4:] < 1e-6).all()
    assert forward[3] > 1e-3 and backward[3] > 1e-3, "the token itself is what is judged"


def test_probabilities_over_the_vocabulary_add_up_to_one():
    """At the end of a row: there any id may stand, 0 too, and no context changes."""
    model = bidirectional()
    every = np.tile(np.random.default_rng(0).integers(1, WORDS, 6), (WORDS, 1))
    every[:, 5] = np.arange(WORDS)
    found = np.exp(model.predict_on_batch(every)[:, 5]).sum(axis=0)
    np.testing.assert_allclose(found, 1, rtol=1e-5)


@CELLS
def test_padding_changes_nothing_in_either_direction(cell):
    model = bidirectional(cell=cell)
    (x, y, weight), (long_x, long_y, long_weight) = example(), example(more=6)
    change = model.predict_on_batch(x) - model.predict_on_batch(long_x)[:, :6]
    assert abs(change[weight.astype(bool)]).max() < 1e-5
    short = model.evaluate(x, y, sample_weight=weight, verbose=0)
    long = model.evaluate(long_x, long_y, sample_weight=long_weight, verbose=0)
    assert short == pytest.approx(long, rel=1e-5)


def test_loss_of_both_directions_is_the_mean_of_their_nats():
    model = bidirectional()
    x, y, weight = example()
    nats = -model.predict_on_batch(x)
    expected = nats[weight.astype(bool)].mean()
    found = model.evaluate(x, y, sample_weight=weight, verbose=0)
    assert found == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(x, 0 * y, sample_weight=weight, verbose=0) == found


def test_both_directions_are_the_stock_layers():
    model = bidirectional(cell="gru")
    x = np.random.default_rng(0).integers(1, WORDS, (2, 5))
    states = model.get_layer("word_embedding")(x)
    stock = keras.layers.Bidirectional(keras.layers.GRU(5, return_sequences=True))
    stock.build(states.shape)
    stock.set_weights(model.get_layer("gru_1").get_weights())
    states = keras.ops.convert_to_numpy(stock(states))
    nothing = np.zeros((2, 1, 5), "float32")
    contexts = {
        "forward": np.concatenate([nothing, states[:, :-1, :5]], axis=1),
        "backward": np.concatenate([states[:, 1:, 5:], nothing], axis=1),
    }
    kernel, bias = model.get_layer("softmax").get_weights()
    found = model.predict_on_batch(x)
    for index, (direction, context) in enumerate(contexts.items()):
        weights, offset = model.get_layer(f"projection_{direction}").get_weights()
        logits = (context @ weights + offset) @ kernel.T + bias
        exact = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        expected = np.take_along_axis(exact, x[..., None], -1)[..., 0]
        np.testing.assert_allclose(found[..., index], expected, atol=1e-4)


def test_several_layers_would_see_what_they_are_to_predict():
    with pytest.raises(ValueError, match=r"`units` must be an int: one layer. Received: \(4, 4\)"):
        bidirectional(units=(4, 4))


def test_words_are_read_without_their_characters_and_shapes():
    with pytest.raises(ValueError, match=r"The encoder must read tokens alone.* shape_vocabulary"):
        bidirectional(shape_vocabulary_size=5)
    with pytest.raises(TypeError, match="layers"):
        bidirectional(layers=2)
