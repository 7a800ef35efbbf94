"""Dropout of words, by counting."""

import keras
import numpy as np
import pytest

from zoo.layers import EmbeddingDropout, WordDropout


def test_drops_its_share_in_training_only_and_never_padding():
    tokens = np.tile(np.array([0, 5, 6, 7], "int32"), (500, 10))
    layer = WordDropout(0.3, unknown_id=1, seed=0)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(tokens)), tokens)
    dropped = keras.ops.convert_to_numpy(layer(tokens, training=True))
    assert (dropped[tokens == 0] == 0).all()
    changed = dropped != tokens
    assert (dropped[changed] == 1).all()
    assert changed[tokens != 0].mean() == pytest.approx(0.3, abs=0.02)
    again = keras.ops.convert_to_numpy(layer(tokens, training=True))
    assert (again != dropped).any()


TOKENS = np.random.default_rng(0).integers(1, 60, (8, 30)).astype("int32")
VECTORS = np.random.default_rng(1).normal(1, 0.1, (60, 5)).astype("float32")[TOKENS]


def factors(layer):
    """What each word of the batch was multiplied by, `(batch, time)`."""
    found = keras.ops.convert_to_numpy(layer(VECTORS, TOKENS, training=True)) / VECTORS
    np.testing.assert_allclose(found, found[..., :1] * np.ones(5), rtol=1e-5)
    return found[..., 0]


def test_a_dropped_word_is_missing_wherever_it_occurs():
    layer = EmbeddingDropout(0.4, vocabulary_size=60, seed=0)
    found = factors(layer)
    fates = {word: set(found[word == TOKENS].round(5)) for word in np.unique(TOKENS)}
    assert all(len(fate) == 1 for fate in fates.values())
    assert set().union(*fates.values()) == {0.0, np.float32(1 / 0.6).round(5)}
    assert (factors(layer) != found).any(), "each call draws anew"


def test_embedding_dropout_drops_its_share_and_keeps_the_expectation():
    layer = EmbeddingDropout(0.4, vocabulary_size=60, seed=1)
    draws = np.array([factors(layer) for _ in range(150)])
    assert (draws == 0).mean() == pytest.approx(0.4, abs=0.03)
    assert draws.mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("rate", "training"), [(0.4, False), (0.0, True)])
def test_embedding_dropout_leaves_alone(rate, training):
    layer = EmbeddingDropout(rate, vocabulary_size=60)
    found = layer(VECTORS, TOKENS, training=training)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(found), VECTORS)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5])
def test_rates_are_checked(rate):
    for make in (WordDropout, lambda rate: EmbeddingDropout(rate, vocabulary_size=9)):
        with pytest.raises(ValueError, match=rf"`rate` must be in \[0, 1\). Received: rate={rate}"):
            make(rate)


def test_embedding_dropout_config_returns():
    config = EmbeddingDropout(0.4, 60, seed=3, name="drop").get_config()
    assert EmbeddingDropout.from_config(config).get_config() == config
    assert (config["rate"], config["vocabulary_size"], config["seed"]) == (0.4, 60, 3)
