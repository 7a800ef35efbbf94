"""The classifier: what its adversaries compute, what it starts from, and what it says of itself."""

import pathlib

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as to_numpy

from zoo import models
from zoo.models.classification import AdversarialClassifier

ROOT = pathlib.Path(__file__).parent.parent.parent
WORDS, CLASSES = 12, 3
TOKENS = np.array([[3, 5, 2, 7, 9], [4, 3, 0, 0, 0], [8, 1, 6, 0, 0]], "int32")
LABELS = np.array([2, 0, 1], "int32")
PERTURBATION = 3.0


def classifier(**options):
    defaults = {"cell": "gru", "units": 4, "embedding_dim": 3, "dropout": 0.0, "pooling": "mean"}
    return models.SequenceClassifier(WORDS, CLASSES, **{**defaults, **options})


def adversarial(adversary, **options):
    model = classifier(adversary=adversary, perturbation=PERTURBATION, **options)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def from_vectors(model):
    """The same model from word vectors to log-probabilities, in NumPy, padding by `TOKENS`."""
    (table,) = model.get_layer("word_embedding").get_weights()
    stock = keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True))
    stock.build((None, None, 3))
    stock.set_weights(model.get_layer("gru_1").get_weights())
    kernel, bias = model.get_layer("logits").get_weights()

    def log_probabilities(vectors):
        """Of `(..., batch, time, width)`: many batches at a time."""
        rows = vectors.reshape(-1, *TOKENS.shape[1:], 3).astype("float32")
        real = np.tile(TOKENS != 0, (len(rows) // len(TOKENS), 1))
        states = to_numpy(stock(rows, mask=real)).astype("float64")
        pooled = (states * real[..., None]).sum(axis=1) / real.sum(axis=1, keepdims=True)
        logits = (pooled @ kernel + bias).reshape(*vectors.shape[:-2], CLASSES)
        return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))

    return table[TOKENS].astype("float64"), log_probabilities


def slopes(function, x, step):
    """The gradient, by central differences, of a function of many `x` at a time."""
    moved = step * np.eye(x.size).reshape(-1, *x.shape)
    return ((function(x + moved) - function(x - moved)) / (2 * step)).reshape(x.shape)


def directions(x):
    return x / np.maximum(np.sqrt((x**2).sum(axis=(1, 2), keepdims=True)), 1e-12)


def root_mean_square(vectors):
    return np.sqrt((vectors[TOKENS != 0] ** 2).mean())


def losses(model, weight=None, y=LABELS, x=TOKENS):
    """The loss that training minimizes, and that without an adversary."""
    weight = None if weight is None else np.array(weight, "float32")
    y_pred = model(x, training=True)
    stock = keras.Model.compute_loss
    arguments = {"x": keras.ops.convert_to_tensor(x), "y": y, "y_pred": y_pred}
    found = model.compute_loss(**arguments, sample_weight=weight, training=True)
    return float(found), float(stock(model, **arguments, sample_weight=weight, training=True))


def moves(model, monkeypatch):
    """Records each move of the word vectors."""
    recorded = []
    layer = model.get_layer("perturbation")
    moved_by = layer.moved_by

    def record(move):
        recorded.append(move)
        return moved_by(move)

    monkeypatch.setattr(layer, "moved_by", record)
    return recorded


@pytest.mark.parametrize("weight", [None, (1.0, 1.0, 0.0), (2.0, 0.5, 1.0)])
def test_labels_are_argued_with_where_the_loss_grows_fastest(weight):
    model = adversarial("labels")
    vectors, log_probabilities = from_vectors(model)
    each = np.ones(3) if weight is None else np.array(weight)

    def loss(x):
        return -(log_probabilities(x)[..., np.arange(3), LABELS] @ each) / each.sum()

    slope = slopes(loss, vectors, 1e-2) * (TOKENS != 0)[..., None]
    move = PERTURBATION * root_mean_square(vectors) * directions(slope)
    found, plain = losses(model, weight)
    assert plain == pytest.approx(loss(vectors), abs=1e-5)
    assert found - plain == pytest.approx(loss(vectors + move), rel=5e-3)
    # It is for the worse: better than a random move, and than the opposite one.
    assert loss(vectors + move) > max(plain, loss(vectors - move))


def test_a_virtual_adversary_changes_the_answer_where_it_changes_fastest(monkeypatch):
    model = adversarial("virtual")
    vectors, log_probabilities = from_vectors(model)
    recorded = moves(model, monkeypatch)
    found, plain = losses(model)
    first, last = (to_numpy(move).astype("float64") for move in (recorded[0], recorded[-1]))
    answer = np.exp(log_probabilities(vectors))

    def divergence(x):
        return (answer * (np.log(answer) - log_probabilities(x))).sum(axis=-1).mean(axis=-1)

    real = (TOKENS != 0)[..., None]
    unit = root_mean_square(vectors)
    lengths = np.sqrt((first**2).sum(axis=(1, 2)))
    np.testing.assert_allclose(lengths, 1e-2 * unit, rtol=1e-4)
    assert (first * ~real == 0).all()
    # So close to the answer single precision is all noise; further out the direction is the same.
    slope = slopes(divergence, vectors + 5 * first, 1e-2) * real
    expected = PERTURBATION * unit * directions(slope)
    cosine = (directions(last) * directions(expected)).sum(axis=(1, 2))
    assert (cosine > 0.97).all(), cosine
    assert found - plain == pytest.approx(divergence(vectors + last), rel=1e-3)
    assert divergence(vectors + last) > 10 * divergence(vectors + first)


@pytest.mark.parametrize("adversary", ["labels", "virtual"])
def test_a_text_moves_by_perturbation_times_root_mean_square(adversary, monkeypatch):
    model = adversarial(adversary)
    vectors, _ = from_vectors(model)
    recorded = moves(model, monkeypatch)
    losses(model)
    last = to_numpy(recorded[-1])
    assert (last[TOKENS == 0] == 0).all()
    lengths = np.sqrt((last**2).sum(axis=(1, 2)))
    np.testing.assert_allclose(lengths, PERTURBATION * root_mean_square(vectors), rtol=1e-4)


@pytest.mark.parametrize("adversary", ["labels", "virtual"])
def test_a_text_moves_as_far_in_half_precision(adversary, monkeypatch):
    """So wide that half precision cannot count the numbers of the word vectors."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = classifier(adversary=adversary, perturbation=PERTURBATION, embedding_dim=8000)
    finally:
        keras.config.set_dtype_policy(policy)
    (table,) = model.get_layer("word_embedding").get_weights()
    recorded = moves(model, monkeypatch)
    found, plain = losses(model)
    lengths = np.sqrt((to_numpy(recorded[-1]).astype("float64") ** 2).sum(axis=(1, 2)))
    expected = PERTURBATION * root_mean_square(table[TOKENS].astype("float64"))
    np.testing.assert_allclose(lengths, expected, rtol=1e-2)
    assert np.isfinite(found) and found > plain


def test_padding_does_not_change_the_loss_against_labels():
    model = adversarial("labels")
    found, _ = losses(model)
    longer, _ = losses(model, x=np.pad(TOKENS, ((0, 0), (0, 4))))
    assert longer == pytest.approx(found, rel=1e-4)


@pytest.mark.parametrize("adversary", [None, "labels", "virtual"])
def test_only_a_virtual_adversary_learns_from_texts_without_labels(adversary):
    options = {} if adversary is None else {"perturbation": PERTURBATION}
    # Another order of the same words: the unit of the move, which all share, stays.
    other = np.concatenate([TOKENS[:2], TOKENS[2:, [1, 2, 0, 3, 4]]])
    found = []
    for tokens in (TOKENS, other):
        model = classifier(adversary=adversary, **options)
        rng = np.random.default_rng(0)
        model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
        model.compile(keras.optimizers.SGD(0.1), loss=model.loss)
        if adversary is not None:
            model.noise.state.assign(np.array([1, 2], "uint32"))
        model.train_on_batch(tokens, LABELS, np.array([1.0, 1.0, 0.0], "float32"))
        found.append(np.concatenate([weight.ravel() for weight in model.get_weights()]))
    difference = abs(found[0] - found[1]).max()
    assert difference > 1e-3 if adversary == "virtual" else difference < 1e-6


def test_there_is_no_adversary_outside_of_training():
    model, plain = adversarial("labels", dropout=0.5), classifier()
    plain.set_weights(model.get_weights())
    found = model.evaluate(TOKENS, LABELS, verbose=0)
    np.testing.assert_allclose(found, plain.evaluate(TOKENS, LABELS, verbose=0), rtol=1e-5)
    assert isinstance(model, AdversarialClassifier) and not isinstance(plain, AdversarialClassifier)


def test_a_copy_keeps_its_adversary():
    model = adversarial("virtual")
    copy = AdversarialClassifier.from_config(model.get_config())
    assert (copy.adversary, copy.perturbation) == ("virtual", PERTURBATION)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict_on_batch(TOKENS), model.predict_on_batch(TOKENS))


def test_loss_is_the_weighted_mean_of_nats():
    model = classifier()
    logits = model.predict_on_batch(TOKENS).astype("float64")
    nats = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(3), LABELS]
    for weight in (np.ones(3), np.array([1.0, 0.0, 1.0]), np.array([2.0, 0.5, 1.0])):
        found, accuracy = model.evaluate(TOKENS, LABELS, sample_weight=weight, verbose=0)
        assert found == pytest.approx((nats * weight).sum() / weight.sum(), rel=1e-5)
        right = logits.argmax(axis=1) == LABELS
        assert accuracy == pytest.approx((right * weight).sum() / weight.sum(), abs=1e-6)


def test_vectors_start_the_embedding():
    vectors = np.random.default_rng(0).normal(size=(WORDS, 3)).astype("float32")
    model = classifier(embeddings=vectors)
    np.testing.assert_array_equal(model.get_layer("word_embedding").get_weights()[0], vectors)
    with pytest.raises(ValueError, match="shape"):
        classifier(embeddings=vectors[:-1])


def test_a_pretrained_model_starts_the_layers_of_its_names_and_vectors_come_last():
    source = models.BidirectionalLanguageModel(
        WORDS, cell="gru", units=4, embedding_dim=3, projection_dim=2
    )
    model = classifier(pretrained=source, head_units=5)
    for name in ("word_embedding", "gru_1"):
        for mine, theirs in zip(
            model.get_layer(name).get_weights(), source.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
    vectors = np.ones((WORDS, 3), "float32")
    both = classifier(pretrained=source, embeddings=vectors)
    assert (both.get_layer("word_embedding").get_weights()[0] == 1).all()
    with pytest.raises(ValueError, match="Layer 'word_embedding' must have the same shapes"):
        classifier(pretrained=source, embedding_dim=7)


def test_weights_of_the_words_can_be_read_out():
    model = classifier(pooling=("max", "attention"), dropout=0.3)
    weights = keras.Model(model.input, model.get_layer("attention").output[1])
    found = weights.predict_on_batch(TOKENS)
    assert found.shape == TOKENS.shape
    assert (found[TOKENS == 0] == 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("pooling", ["last", "max"])
def test_pooling_is_that_of_the_stock_layers(pooling):
    model = classifier(pooling=pooling, units=(4, 5), head_units=6)
    states = model.get_layer("word_embedding")(TOKENS)
    mask = TOKENS != 0
    for depth, units in ((1, 4), (2, 5)):
        ends = keras.layers.GRU(units, return_sequences=depth == 1 or pooling == "max")
        stock = keras.layers.Bidirectional(ends)
        stock.build(states.shape)
        stock.set_weights(model.get_layer(f"gru_{depth}").get_weights())
        states = stock(states, mask=mask)
    pooled = to_numpy(states)
    if pooling == "max":
        pooled = np.where(mask[..., None], pooled, -np.inf).max(axis=1)
    kernel, bias = model.get_layer("head").get_weights()
    out, out_bias = model.get_layer("logits").get_weights()
    expected = np.maximum(pooled @ kernel + bias, 0) @ out + out_bias
    np.testing.assert_allclose(model.predict_on_batch(TOKENS), expected, atol=1e-5)


def test_heads_dropout_is_that_of_the_encoder_unless_told():
    rates = [
        classifier(dropout=0.4, head_dropout=rate).get_layer("head_dropout").rate
        for rate in (None, 0.0, 0.2)
    ]
    assert rates == [0.4, 0.0, 0.2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"num_classes": 1}, "`num_classes` must be at least 2. Received: 1"),
        ({"adversary": "noise"}, "`adversary` must be one of None, 'labels', 'virtual'. Received"),
        ({"pooling": "median"}, "`pooling` must be one of 'last', 'mean', 'max', 'attention' or"),
        ({"pooling": ()}, "`pooling` must be one of .* Received: "),
        ({"cell": "rnn"}, "`cell` must be one of"),
        ({"embedding_dropout": 1.0}, "`rate` must be in"),
    ],
)
def test_bad_arguments_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        models.SequenceClassifier(WORDS, **{"num_classes": 3, "units": 4, **options})


FIT = """
import sys
import keras, numpy as np
from zoo import models
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
tokens = rng.integers(2, 12, (32, 6)) * (np.arange(6) < rng.integers(2, 7, (32, 1)))
labels = (tokens[:, 0] > 6).astype("int32")
weight = np.array([1.0] * 24 + [0.0] * 8, "float32")
found = {}
for adversary in (None, "labels"):
    model = models.SequenceClassifier(
        12, 2, cell="simple_rnn", units=4, embedding_dim=3, pooling=("last", "attention"),
        dropout=0.1, embedding_dropout=0.1, adversary=adversary, perturbation=0.5,
    )
    model.optimizer.learning_rate = 0.03
    tokens = tokens.astype("int32")
    history = model.fit(
        tokens, labels, sample_weight=weight, batch_size=32, epochs=25, verbose=0
    ).history
    assert history["loss"][-1] < 0.7 * history["loss"][0], history["loss"]
    found[adversary] = model.evaluate(tokens[:24], labels[:24], verbose=0)
    assert found[adversary][1] > 0.8, found
    path = f"{sys.argv[1]}/{adversary}.keras"
    model.save(path)
    again = keras.saving.load_model(path)
    assert type(again) is type(model)
    np.testing.assert_allclose(
        again.predict_on_batch(tokens), model.predict_on_batch(tokens), atol=1e-5
    )
    assert np.isfinite(again.train_on_batch(tokens, labels, weight)).all()
"""


@pytest.mark.parametrize("backend_process", ["jax", "torch"], indirect=True)
def test_fits_on_other_backends(backend_process, tmp_path):
    backend_process.run(FIT, tmp_path)
