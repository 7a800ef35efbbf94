"""Evaluation: a model on a split, beside the simple baseline, in one run."""

import importlib


def evaluate(recipe, model, data, *, split="test", limit=None):
    """Measures a model on a split of its recipe's data, and the task's baseline beside it.

    Args:
        recipe: The `zoo.recipe.Recipe` of the model.
        model: The `keras.Model`.
        data: The recipe's data, as `recipe.load_data()` gives it.
        split: `"dev"` to choose by, `"test"` to report.
        limit: Measure only the first so many examples.

    Returns:
        What the task's `zoo.metrics.<task>.evaluate` returns, with `split`: a dictionary of
        measures and, under `baseline`, the same measures of the simple baseline and its `name`.

    Raises:
        ValueError: If the data has no such split.

    Example:

    >>> import zoo
    >>> recipe = zoo.recipes.get("bilstm_tagger.grammar_text")
    >>> data = recipe.load_data(limit=50)
    >>> found = evaluate(recipe, recipe.build(data.sizes), data)
    >>> 0 <= found["accuracy"] <= 1, found["baseline"]["name"]
    (True, 'most frequent tag')
    """
    if split not in data.splits:
        known = ", ".join(map(repr, data.splits))
        raise ValueError(f"`split` must be one of {known}. Received: {split!r}")
    metrics = importlib.import_module(f"zoo.metrics.{recipe.task}")
    gold = data.splits[split][:limit]
    predicted = data.predict(model, gold)
    return {"split": split, **metrics.evaluate(gold, predicted, data.splits["train"])}
