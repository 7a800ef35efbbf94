"""What `grammar_text` is for: a recurrent tagger has something true to learn from it."""

import dataclasses

import numpy as np

import zoo
from zoo.data.tagging import Sentences


def shuffled(sentences, seed):
    """The same sentences with their words, and the words' tags, in random order."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(tokens)) for tokens in sentences.tokens]
    return Sentences(
        *(
            [[row[i] for i in order] for row, order in zip(rows, orders, strict=True)]
            for rows in (sentences.tokens, sentences.tags)
        )
    )


def test_word_order_matters_to_a_bilstm(tmp_path):
    recipe = zoo.recipes.get("bilstm_tagger.grammar_text")
    data = recipe.load_data()
    splits = {name: shuffled(rows, seed) for seed, (name, rows) in enumerate(data.splits.items())}
    scores = {}
    for name, some in {"order": data, "bag": dataclasses.replace(data, splits=splits)}.items():
        run = zoo.train(recipe, data=some, epochs=2, output=tmp_path / name)
        found = zoo.evaluation.evaluate(recipe, run.model, some)
        scores[name] = found["accuracy"]
        assert found["baseline"]["accuracy"] < 0.9
    assert scores["order"] > 0.95
    assert scores["order"] - scores["bag"] > 0.05
