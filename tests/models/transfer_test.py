"""Weights that move from one model to another: by name, by word, or not at all."""

import keras
import numpy as np
import pytest

from zoo import models

SIZES = {"units": 4, "embedding_dim": 3}


def language_model(words=8, **options):
    return models.BidirectionalLanguageModel(words, **{**SIZES, "projection_dim": 2, **options})


def classifier(words=8, **options):
    return models.SequenceClassifier(words, 2, **{**SIZES, **options})


def weights(model):
    return {layer.name: layer.get_weights() for layer in model.layers if layer.weights}


def same(first, second):
    return all((a == b).all() for a, b in zip(first, second, strict=True))


def test_layers_move_by_name_and_the_head_stays():
    model, source = classifier(units=(4, 5)), language_model()
    before, theirs = weights(model), weights(source)
    assert models.transfer(model, source) == ["word_embedding", "lstm_1"]
    after = weights(model)
    for name in after:
        moved = name in ("word_embedding", "lstm_1")
        assert same(after[name], theirs[name] if moved else before[name]), name
    assert not same(before["lstm_1"], after["lstm_1"])
    assert {"lstm_2", "logits"} < after.keys()


def test_rows_move_by_word_where_vocabularies_differ():
    words, source_words = ["good", "film", "new", "bad"], ["film", "a", "bad", "the", "good"]
    model, source = classifier(len(words) + 2), language_model(len(source_words) + 2)
    (before,), (theirs,) = weights(model)["word_embedding"], weights(source)["word_embedding"]
    models.transfer(model, source, words=words, source_words=source_words)
    (after,) = weights(model)["word_embedding"]
    expected = [theirs[0], theirs[1], theirs[6], theirs[2], before[4], theirs[4]]
    np.testing.assert_array_equal(after, expected)
    assert same(weights(model)["lstm_1"], weights(source)["lstm_1"])


@pytest.mark.parametrize(
    ("options", "layer"), [({"units": 5}, "lstm_1"), ({"words": 9}, "word_embedding")]
)
def test_other_shapes_are_refused_and_nothing_moves(options, layer):
    model, source = classifier(), language_model(**options)
    before = weights(model)
    with pytest.raises(ValueError, match=rf"Layer '{layer}' must have the same shapes"):
        models.transfer(model, source)
    assert all(same(before[name], values) for name, values in weights(model).items())


def test_vectors_of_another_width_are_refused_also_by_word():
    model, source = classifier(4), language_model(4, embedding_dim=7)
    with pytest.raises(ValueError, match="Layer 'word_embedding' must have the same shapes"):
        models.transfer(model, source, words=["a", "b"], source_words=["a", "b"])


def test_no_layer_in_common_is_refused():
    model, source = classifier(cell="gru"), language_model()
    source.get_layer("word_embedding").name = "embedding"
    with pytest.raises(ValueError, match=r"must share layers by name.*gru_1.*has embedding, lstm"):
        models.transfer(model, source)


def test_a_language_model_starts_a_tagger_too():
    tagger = models.SequenceTagger(8, 5, **SIZES)
    source = language_model()
    before = weights(tagger)
    assert models.transfer(tagger, source) == ["word_embedding", "lstm_1"]
    assert same(weights(tagger)["lstm_1"], weights(source)["lstm_1"])
    assert same(weights(tagger)["logits"], before["logits"])


@pytest.mark.parametrize("build", [models.SequenceTagger, models.SequenceClassifier])
def test_a_language_model_of_one_direction_leaves_another_head_alone(build):
    """Both heads are called `logits`; one says words and one tags or classes."""
    model = build(8, 3, bidirectional=False, **SIZES)
    source = models.LanguageModel(8, **SIZES)
    before = weights(model)
    assert models.transfer(model, source) == ["word_embedding", "lstm_1"]
    assert same(weights(model)["logits"], before["logits"])


def test_a_head_that_answers_the_same_question_moves():
    model, source = classifier(), classifier(bidirectional=True)
    assert models.transfer(model, source) == ["word_embedding", "lstm_1", "logits"]
    x = np.array([[3, 5, 2]])
    np.testing.assert_allclose(model.predict_on_batch(x), source.predict_on_batch(x), atol=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("build", [models.SequenceClassifier, models.SequenceTagger])
def test_a_language_model_that_writes_starts_what_reads_in_one_direction(build, cell):
    """Tied, with dropped weights and carried states: none of it stands in the way."""
    options = {"cell": cell, "units": (4, 3), "embedding_dim": 3}
    source = models.LanguageModel(8, **options, tied=True, weight_dropout=0.5, lanes=2)
    model = build(8, 2, **options, bidirectional=False)
    layers = ["word_embedding", f"{cell}_1", f"{cell}_2"]
    assert models.transfer(model, source) == layers
    tokens = np.array([[2, 5, 3, 7], [4, 4, 6, 2]])
    given = [{"tokens": tokens, "begins": np.array([True, True])}, tokens]
    states = [
        keras.Model(each.input, keras.tree.flatten(each.get_layer(layers[-1]).output)[0])(x)
        for each, x in zip((source, model), given, strict=True)
    ]
    np.testing.assert_allclose(*states, atol=1e-6)
