"""A zoo of recurrent models for Keras: builders, recipes, pretrained models.

Nothing heavy is imported before it is used.

>>> import zoo
>>> model = zoo.models.SequenceTagger(vocabulary_size=100, num_tags=5)
>>> model.output_shape
(None, None, 5)
"""

import importlib
import os

# Read when TensorFlow is first imported, by whomever.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

__version__ = "0.1.0"

_MODULES = {
    "data",
    "detection",
    "evaluation",
    "inspection",
    "layers",
    "metrics",
    "models",
    "onnx",
    "outlook",
    "plots",
    "pretrained",
    "publishing",
    "recipes",
    "serving",
    "training",
}


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"zoo.{name}")
    raise AttributeError(f"module 'zoo' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_MODULES])


def list_models():
    """Lists the pretrained models that are at hand; see `zoo.pretrained.list_models`."""
    from zoo import pretrained

    return pretrained.list_models()


def load(name, *, runtime="tensorflow"):
    """Loads a pretrained model by name; see `zoo.pretrained.load`.

    Example:

    >>> tagger = load("bilstm_tagger.ud_en_ewt")
    >>> [token.tag for token in tagger.predict("The dogs were barking .")]
    ['DET', 'NOUN', 'AUX', 'VERB', 'PUNCT']
    """
    from zoo import pretrained

    return pretrained.load(name, runtime=runtime)


def train(recipe, **options):
    """Trains a model by the name of its recipe, or by a `Recipe`; see `zoo.training.train`."""
    from zoo import training

    return training.train(_recipe(recipe), **options)


def evaluate(name, *, split="test", data_dir=None, limit=None):
    """Measures a pretrained model on a split of its data; see `zoo.evaluation.evaluate`."""
    from zoo import evaluation, pretrained

    recipe = _recipe(name)
    model = pretrained.load(recipe.name)
    words = model.encoder.words if recipe.inherits_words else None
    data = model.adapt(recipe.load_data(data_dir=data_dir, words=words))
    return evaluation.evaluate(recipe, model.model, data, split=split, limit=limit)


def export(run, directory=None):
    """Publishes a finished `zoo.training.Run`, or several as one; see `zoo.publishing.publish`."""
    from zoo import publishing

    return publishing.publish(run, directory)


def forecast(table, horizon, *, time=None, known=(), calendar=False, **options):
    """Forecasts a table of one's own; see `zoo.outlook.forecast` for what comes back.

    Args:
        table: A `pandas.DataFrame`, or the path of a CSV file (`zoo.data.forecasting.from_table`).
        horizon: Steps to forecast.
        time: Name of the column that tells when, where it is not the first that holds no numbers.
        known: Names of columns that are known ahead of time, `horizon` rows farther than the rest.
        calendar: Whether the model is told the time of day, week and year.
        **options: Those of `zoo.outlook.forecast`.

    Returns:
        A `zoo.outlook.Outlook`.
    """
    from zoo import outlook, recipes
    from zoo.data import forecasting

    series = forecasting.from_table(table, time=time, known=known)
    if calendar:
        series = series.with_calendar(ahead=horizon)
    return outlook.forecast(series, recipes.get("segrnn.table"), horizon, **options)


def detect(table, *, time=None, **options):
    """Finds what is new in a table of one's own; see `zoo.detection.detect` for what comes back.

    Args:
        table: A `pandas.DataFrame`, or the path of a CSV file (`zoo.data.forecasting.from_table`).
        time: Name of the column that tells when, where it is not the first that holds no numbers.
        **options: Those of `zoo.detection.detect`.

    Returns:
        A `zoo.detection.Detection`.

    Example:

    >>> import pandas as pd
    >>> table = pd.DataFrame({"load": np.sin(np.arange(400) / 8)})
    >>> table.loc[300, "load"] = 3.0
    >>> int(detect(table, cell=None).table()["load score"].idxmax())
    300
    """
    from zoo import detection
    from zoo.data import forecasting

    return detection.detect(forecasting.from_table(table, time=time), **options)


def _recipe(recipe):
    from zoo import recipes

    return recipes.get(recipe) if isinstance(recipe, str) else recipe
