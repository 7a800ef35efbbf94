"""The encoder without its head, and the head taken off a model that has learned."""

import keras
import numpy as np
import pytest

from zoo import models

WORDS = 12
OPTIONS = {"units": (4, 4), "embedding_dim": 5, "residual": True, "normalization": "layer"}
TOKENS = np.array([[3, 4, 5, 6], [7, 2, 0, 0]], "int32")


@pytest.mark.parametrize(
    "model",
    [
        models.SequenceTagger(WORDS, 3, **OPTIONS),
        models.SequenceTagger(WORDS, 3, head="crf", **OPTIONS),
        models.SequenceClassifier(WORDS, 2, pooling=("last", "attention", "max"), **OPTIONS),
        models.SequenceClassifier(WORDS, 2, pooling="mean", adversary="labels", **OPTIONS),
    ],
    ids=["tagger", "crf", "three ways of pooling", "adversarial classifier"],
)
def test_backbone_is_the_encoder_with_the_models_weights(model):
    encoder = models.RecurrentEncoder(WORDS, **OPTIONS)
    models.transfer(encoder, model)
    found = models.backbone(model)
    expected = encoder.predict_on_batch(TOKENS)
    np.testing.assert_allclose(found.predict_on_batch(TOKENS), expected, atol=1e-6)
    assert found.count_params() == encoder.count_params()


def test_backbone_shares_its_layers_and_can_be_frozen():
    tagger = models.SequenceTagger(WORDS, 3, **OPTIONS)
    encoder = models.backbone(tagger)
    encoder.trainable = False
    head = keras.layers.Dense(2)
    model = keras.Model(encoder.input, head(encoder(encoder.input, training=False)))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert len(model.trainable_weights) == 2
    before = [encoder.get_weights(), head.get_weights()]
    model.train_on_batch(TOKENS, TOKENS % 2)
    for old, new in zip(before[0], models.backbone(tagger).get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert abs(before[1][0] - head.get_weights()[0]).max() > 0


def test_what_has_no_such_head_is_refused():
    with pytest.raises(ValueError, match=r"`model` must be a tagger or a classifier\. Received"):
        models.backbone(models.LanguageModel(WORDS, units=4, embedding_dim=4, tied=True))
    with pytest.raises(ValueError, match=r"`model` must be a tagger or a classifier\. Received"):
        models.backbone(models.LanguageModel(WORDS, units=4))
    members = [models.SequenceTagger(WORDS, 3, units=4, name=f"member_{i}") for i in range(2)]
    with pytest.raises(ValueError, match=r"one of its parts: `model.get_layer\('member_0'\)`"):
        models.backbone(models.Ensemble(members))
