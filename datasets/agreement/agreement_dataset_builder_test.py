"""Tests for the agreement dataset."""

import random

import pytest
from tensorflow_datasets import testing

from . import agreement_dataset_builder, sentences


class AgreementTest(testing.DatasetBuilderTestCase):
    """Runs the checks of TFDS. The builder downloads nothing, so it needs no dummy files."""

    DATASET_CLASS = agreement_dataset_builder.Builder
    EXAMPLE_DIR = str(agreement_dataset_builder.Builder.code_path.parent)
    SPLITS = {"train": 20_000, "validation": 1_300, "test": 8_200}


PLURALS = {"men", "are", "were", "have", "look", "seem"}


@pytest.mark.parametrize("distance", range(30))
def test_verb_and_noun_are_where_it_says_and_agree(distance):
    rng = random.Random(distance)
    for _ in range(50):
        made = sentences.sentence(rng, distance)
        noun, verb = made.tokens[made.verb - distance - 1], made.tokens[made.verb]
        plural = made.number == "plural"
        assert (noun in PLURALS or noun.endswith("s")) == plural
        assert (verb in PLURALS) == plural
        assert made.distance == distance
        assert len(made.tokens) == made.verb + 3


def test_attractors_are_nouns_of_the_other_number():
    rng = random.Random(0)
    nouns = set(sentences._PEOPLE + sentences._THINGS)
    plurals = {sentences._IRREGULAR.get(noun, noun + "s") for noun in nouns}
    for _ in range(200):
        made = sentences.sentence(rng, 12)
        between = made.tokens[made.verb - 12 : made.verb]
        others = nouns if made.number == "plural" else plurals
        assert made.attractors == sum(token in others for token in between)
