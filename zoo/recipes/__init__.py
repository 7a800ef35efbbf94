"""The recipes of the zoo: choices, no logic."""

import difflib

from zoo.recipe import Recipe
from zoo.recipes import (
    captioning,
    classification,
    forecasting,
    language_modeling,
    reconstruction,
    tagging,
    translation,
)

_TASKS = (
    tagging,
    language_modeling,
    classification,
    forecasting,
    captioning,
    translation,
    reconstruction,
)


def names():
    """Lists the names of all recipes.

    Example:

    >>> "bilstm_tagger.ud_en_ewt" in names()
    True
    """
    return list(_by_name())


def get(name):
    """Finds the recipe of a name.

    Args:
        name: `<architecture>.<dataset>`, one of `names()`.

    Returns:
        A `zoo.recipe.Recipe`.

    Raises:
        ValueError: If there is no recipe of that name; the message says which come close.

    Example:

    >>> get("bilstm_tagger.ud_en_ewt").dataset
    'universal_dependencies/en_ewt'
    """
    known = _by_name()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or list(known)
        raise ValueError(
            f"There is no recipe {name!r}. Did you mean {' or '.join(close)}? "
            "`zoo list` shows them all."
        )
    return known[name]


def _by_name():
    values = (value for task in _TASKS for value in vars(task).values())
    return {value.name: value for value in values if isinstance(value, Recipe)}
