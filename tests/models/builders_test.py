"""One table over every builder: each must build, learn, be saved and mind its padding."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from zoo import models

WORDS, TAGS, CHARACTERS, SHAPES = 20, 3, 9, 5
NAMES = ["O", "B-PER", "I-PER"]
SIZES = {"vocabulary_size": WORDS, "num_tags": TAGS, "character_vocabulary_size": CHARACTERS}


def tagger(**options):
    defaults = {"units": 4, "embedding_dim": 5, "dropout": 0.2}
    return models.SequenceTagger(**SIZES, **{**defaults, **options})


def classifier(num_classes=2, **options):
    defaults = {"units": 4, "embedding_dim": 5, "dropout": 0.1}
    return models.SequenceClassifier(WORDS, num_classes, **{**defaults, **options})


BUILDERS = {
    "lstm": lambda: tagger(cell="lstm"),
    "gru": lambda: tagger(cell="gru"),
    "simple_rnn": lambda: tagger(cell="simple_rnn"),
    "one direction": lambda: tagger(bidirectional=False),
    "stacked": lambda: tagger(units=(4, 6)),
    "residual, layer normalization": lambda: tagger(
        units=(4, 4, 4), residual=True, normalization="layer"
    ),
    "batch normalization": lambda: tagger(units=(4, 4), normalization="batch"),
    "variational and word dropout": lambda: tagger(variational_dropout=True, word_dropout=0.3),
    "character cnn": lambda: tagger(character_encoder="cnn", character_widths=(2, 3)),
    "character rnn": lambda: tagger(character_encoder="rnn", cell="gru"),
    "crf": lambda: tagger(head="crf"),
    "crf with constraints, shapes, character dropout": lambda: tagger(
        head="crf",
        tags=NAMES,
        character_encoder="cnn",
        character_dropout=0.2,
        shape_vocabulary_size=SHAPES,
    ),
    "ensemble of crfs": lambda: models.Ensemble(
        [tagger(head="crf", cell="gru", name=f"member_{i}") for i in range(2)]
    ),
    "classifier": lambda: classifier(),
    "ensemble of adversarial classifiers": lambda: models.Ensemble(
        [classifier(adversary="labels", name=f"member_{i}") for i in range(2)]
    ),
    "stacked classifier of one direction, six classes": lambda: classifier(
        6,
        cell="gru",
        units=(4, 6),
        bidirectional=False,
        pooling=("last", "mean"),
        head_units=8,
        embedding_dropout=0.1,
    ),
    "classifier with attention, against labels": lambda: classifier(
        cell="simple_rnn", pooling="attention", adversary="labels", perturbation=0.5
    ),
    "classifier by its last state, against a virtual adversary": lambda: classifier(
        cell="gru", pooling="last", adversary="virtual", perturbation=0.5
    ),
    "bidirectional language model": lambda: models.BidirectionalLanguageModel(
        WORDS, units=16, embedding_dim=8, projection_dim=8, samples=30, dropout=0.0
    ),
    "language model": lambda: models.LanguageModel(WORDS, units=4, embedding_dim=5),
    "autoencoder": lambda: models.SequenceAutoencoder(
        vocabulary_size=WORDS, units=4, latent_dim=3, embedding_dim=5
    ),
    "sequence to sequence": lambda: models.Seq2Seq(WORDS, WORDS, units=4, embedding_dim=5),
    "captions of features": lambda: models.CaptionDecoder(
        WORDS, (2, 3, 4), units=4, embedding_dim=5
    ),
    "captions of images": lambda: models.ImageCaptioner(
        "convolutional", WORDS, (8, 8, 3), filters=(4, 4), units=4, embedding_dim=5
    ),
}
every_builder = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)


def example(model, batch=4, time=6, padding=2, more=0, seed=0):
    """Random sentences, the last one of one word; `more` steps of padding beyond."""
    rng = np.random.default_rng(seed)
    lengths = [time - padding] * (batch - 1) + [1]
    real = np.arange(time + more) < np.array(lengths)[:, None]
    tokens = rng.integers(1, WORDS, (batch, time)) * real[:, :time]
    characters = rng.integers(1, CHARACTERS, (batch, time, 5)) * real[:, :time, None]
    characters[:, :, 3:] = 0
    x = {
        "tokens": np.pad(tokens, ((0, 0), (0, more))).astype("int32"),
        "characters": np.pad(characters, ((0, 0), (0, more), (0, more))).astype("int32"),
        "shapes": np.pad(tokens % SHAPES, ((0, 0), (0, more))).astype("int32"),
    }
    x |= {"source": x["tokens"], "previous": x["tokens"]}
    if isinstance(model.input, dict) and "image" in model.input:
        image = model.input["image"]
        x["image"] = rng.integers(0, 256, (batch, *image.shape[1:])).astype(image.dtype)
    x = {name: x[name] for name in model.input} if isinstance(model.input, dict) else x["tokens"]
    # The tag is to be read off the word before: a task for a recurrent layer.
    tags = np.roll(np.pad(tokens, ((0, 0), (0, more))), 1, axis=1) % 2
    if isinstance(model.output, dict) or len(model.output_shape) > 2:
        return x, tags, real.astype("float32")
    return x, tokens[:, 0] % 2, np.ones(batch, "float32")  # One class a text.


def outputs(model, **options):
    x, _, weight = example(model, **options)
    return scores(model.predict_on_batch(x)), weight.astype(bool)


def scores(predicted):
    """The scores of a prediction, one axis after time: logits, or a CRF's potentials."""
    if isinstance(predicted, dict):
        predicted = predicted["potentials"].reshape(*predicted["tags"].shape, -1)
    return predicted


@every_builder
def test_builds_compiled_and_learns(build):
    keras.utils.set_random_seed(0)
    model = build()
    assert model.compiled
    x, y, weight = example(model, batch=16, time=8)
    assert scores(model.predict_on_batch(x)).shape[: y.ndim] == y.shape
    model.optimizer.learning_rate = 0.03
    data = {"x": x, "y": y, "sample_weight": weight, "verbose": 0}
    losses = model.fit(**data, epochs=25, batch_size=16).history["loss"]
    assert losses[-1] < 0.9 * losses[0]


def padding_changes(model):
    """How much six more steps of padding change the outputs at real tokens, and the loss."""
    short, real = outputs(model)
    long, real_long = outputs(model, more=6)
    x, y, weight = example(model)
    losses = [model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)["loss"]]
    x, y, weight = example(model, more=6)
    losses.append(model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)["loss"])
    return abs(short[real] - long[real_long]).max(), abs(losses[0] - losses[1])


@every_builder
def test_padding_changes_nothing(build):
    outputs_changed, loss_changed = padding_changes(build())
    assert outputs_changed < 1e-5
    assert loss_changed < 1e-5


def test_padding_test_fails_where_the_mask_is_dropped(monkeypatch):
    stacked = models.encoding.stacked

    def without_mask(*args, **options):
        return lambda x, mask: stacked(*args, **options)(x)

    monkeypatch.setattr(models.encoding, "stacked", without_mask)
    outputs_changed, _ = padding_changes(tagger(units=(4, 6)))
    assert outputs_changed > 1e-3


RELOAD = """
import pathlib, sys, keras, numpy as np, zoo.models
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.keras"), key=lambda path: path.stem):
    model = keras.models.load_model(path)
    stored = dict(np.load(path.with_suffix(".npz")))
    x = {name[2:]: array for name, array in stored.items() if name.startswith("x.")}
    x = x if len(x) > 1 else x["tokens"]
    predicted = model.predict_on_batch(x)
    if isinstance(predicted, dict):
        predicted = predicted["potentials"].reshape(*predicted["tags"].shape, -1)
    assert abs(predicted - stored["expected"]).max() < 1e-5, path.stem
    model.run_eagerly = True  # One step each: building their graphs would take minutes.
    fitted = model.fit(x, stored["y"], sample_weight=stored["weight"], verbose=0)
    assert np.isfinite(fitted.history["loss"][0]), path.stem
    print(path.stem)
"""


def test_all_reload_in_a_fresh_process(tmp_path):
    for name, build in BUILDERS.items():
        model = build()
        x, y, weight = example(model)
        inputs = x if isinstance(x, dict) else {"tokens": x}
        inputs = {f"x.{input}": array for input, array in inputs.items()}
        expected = scores(model.predict_on_batch(x))
        model.save(tmp_path / f"{name}.keras")
        np.savez(tmp_path / f"{name}.npz", **inputs, y=y, weight=weight, expected=expected)
    found = subprocess.run([sys.executable, "-c", RELOAD, tmp_path], capture_output=True, text=True)
    assert found.stdout.splitlines() == sorted(BUILDERS), found.stderr


@pytest.mark.parametrize("name", ["lstm", "crf", "classifier", "bidirectional language model"])
def test_fits_plain_targets(name):
    model = BUILDERS[name]()
    x, y, _ = example(model, padding=0)
    history = model.fit(x, y, verbose=0).history
    assert np.isfinite(history["loss"][0])


@pytest.mark.parametrize("names", [None, NAMES])
def test_a_crf_takes_weights_of_whole_sequences(names):
    """A sequence of weight 0 counts neither in the loss nor in the metric."""
    model = tagger(head="crf", tags=names, dropout=0.0)
    x, y, _ = example(model, padding=0)
    x, y = x[:3], y[:3]
    kept = model.evaluate(x[:2], y[:2], sample_weight=np.ones(2), verbose=0)
    found = model.evaluate(x, y, sample_weight=np.array([1.0, 1.0, 0.0]), verbose=0)
    np.testing.assert_allclose(found, kept, rtol=1e-5)


def test_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = tagger(units=(4, 4), character_encoder="cnn", normalization="layer")
    finally:
        keras.config.set_dtype_policy(policy)
    assert model.get_layer("logits").compute_dtype == "float32"
    recurrent = next(layer for layer in model.layers if layer.name.startswith("lstm"))
    assert recurrent.compute_dtype == "float16"
    x, y, weight = example(model)
    assert np.isfinite(model.train_on_batch(x, y, sample_weight=weight)).all()
    assert padding_changes(model)[0] < 1e-2


@pytest.mark.parametrize(
    "build",
    [
        lambda: tagger(character_encoder="rnn"),
        lambda: tagger(character_encoder="cnn"),
        lambda: classifier(pooling="attention"),
        lambda: models.Seq2Seq(WORDS, WORDS, units=4, embedding_dim=5, sampling=0.5, tied=True),
        lambda: models.SequenceAutoencoder(
            vocabulary_size=WORDS, units=4, embedding_dim=5, decoder="autoregressive"
        ),
    ],
    ids=["character rnn", "character cnn", "attention", "sequence to sequence", "autoencoder"],
)
def test_a_mixed_model_comes_back_under_another_policy(build, tmp_path):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build()
    finally:
        keras.config.set_dtype_policy(policy)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    x, _, _ = example(model)
    found, expected = (scores(keras.ops.convert_to_numpy(each(x))) for each in (again, model))
    np.testing.assert_array_equal(found, expected)


def test_encoder_under_a_head_of_ones_own():
    encoder = models.RecurrentEncoder(WORDS, units=(4, 6), cell="gru")
    pooled = keras.layers.GlobalAveragePooling1D()(encoder.output, mask=encoder.input != 0)
    model = keras.Model(encoder.input, keras.layers.Dense(1)(pooled))
    model.compile("sgd", "mse")
    x = np.ones((3, 5), "int32")
    assert encoder.output_shape == (None, None, 12)
    assert np.isfinite(model.train_on_batch(x, np.zeros((3, 1))))


def test_the_reference_is_the_stock_layer():
    model = tagger(units=(4, 6), dropout=0.0)
    x, _, _ = example(model)
    states = model.get_layer("word_embedding")(x)
    mask = x != 0
    for index in (1, 2):
        stock = keras.layers.Bidirectional(
            keras.layers.LSTM((4, 6)[index - 1], return_sequences=True)
        )
        stock.build(states.shape)
        stock.set_weights(model.get_layer(f"lstm_{index}").get_weights())
        states = stock(states, mask=mask)
    logits = model.get_layer("logits")(states)
    assert abs(keras.ops.convert_to_numpy(logits) - model.predict_on_batch(x)).max() < 1e-6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cell": "rnn"}, "`cell` must be one of 'lstm', 'gru', 'simple_rnn'. Received: 'rnn'"),
        ({"units": ()}, "`units` must be a positive int or a tuple"),
        ({"units": (4, 0)}, "`units` must be a positive int or a tuple"),
        ({"units": (4, 6), "residual": True}, "`residual` needs layers of one width"),
        ({"normalization": "group"}, "`normalization` must be None or one of"),
        ({"character_encoder": "lstm"}, "`character_encoder` must be None, 'cnn' or 'rnn'"),
        ({"word_dropout": 1.5}, "`rate` must be in"),
        ({"head": "hmm"}, "`head` must be 'softmax' or 'crf'. Received: 'hmm'"),
        ({"tags": ["O"]}, "`tags` must have num_tags=3 names"),
        ({"tags": ["O", "PER", "LOC"]}, "A tag must be 'O', or B-, I-, E- or S-"),
        ({"head": "crf", "tags": ["O", "PER", "LOC"]}, "A tag must be 'O', or B-, I-, E- or S-"),
        ({"tags": ["B-X", "I-X", "B-Y"]}, "`tags` must have 'O' among them"),
    ],
)
def test_bad_arguments_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        tagger(**options)


def test_character_vocabulary_must_be_given():
    with pytest.raises(ValueError, match="`character_vocabulary_size` must be given"):
        models.SequenceTagger(WORDS, TAGS, character_encoder="cnn")


@pytest.mark.parametrize("head", ["softmax", "crf"])
def test_an_ensemble_says_the_mean_of_its_members(head):
    members = [tagger(head=head, tags=NAMES, name=f"member_{i}") for i in range(3)]
    x, _, weight = example(members[0])
    real = weight.astype(bool)
    expected = np.mean([scores(each.predict_on_batch(x))[real] for each in members], axis=0)
    found = scores(models.Ensemble(members).predict_on_batch(x))[real]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("heads", [(), ("crf", "softmax")])
def test_an_ensemble_must_have_one_kind_of_members(heads):
    members = [tagger(head=head, name=f"{head}_member") for head in heads]
    with pytest.raises(ValueError, match="`members` must be at least one model"):
        models.Ensemble(members)
    members = [tagger(units=4), classifier(TAGS)]
    with pytest.raises(ValueError, match="all with the same head and classes"):
        models.Ensemble(members)


def test_a_crf_never_leaves_its_scheme():
    model = tagger(head="crf", tags=NAMES)
    rng = np.random.default_rng(0)
    tags = model.predict_on_batch(rng.integers(1, WORDS, (64, 9)))["tags"]
    inside = np.argwhere(tags == NAMES.index("I-PER"))
    assert len(inside) and (inside[:, 1] > 0).all()
    assert (tags[inside[:, 0], inside[:, 1] - 1] > 0).all()
