"""Language models."""

from zoo.data import language_modeling
from zoo.models import BidirectionalLanguageModel, LanguageModel
from zoo.recipe import Recipe

LSTM_LM_TINY_SHAKESPEARE = Recipe(
    name="lstm_lm.tiny_shakespeare",
    task="language_modeling",
    dataset="tiny_shakespeare",
    data=language_modeling.load,
    builder=LanguageModel,
    hyperparameters={
        "cell": "lstm",
        "units": 512,
        "embedding_dim": 64,
        "lanes": 32,
        "dropout": 0.4,
        "input_dropout": 0.0,
        "weight_dropout": 0.3,
    },
    preprocessing={"unit": "characters", "steps": 64, "lanes": 32},
    batch_size=32,
    epochs=20,
    monitor="val_perplexity",
    learning_rate=2e-3,
    final_learning_rate=1e-4,
    language="en",
    licence="public domain",
)

# Its weights start the classifiers of the same reviews, and whatever reads English.
BILSTM_LM_IMDB_REVIEWS = Recipe(
    name="bilstm_lm.imdb_reviews",
    task="language_modeling",
    dataset="imdb_reviews",
    data=language_modeling.load,
    builder=BidirectionalLanguageModel,
    hyperparameters={
        "cell": "lstm",
        "units": 256,
        "embedding_dim": 128,
        "projection_dim": 128,
        "samples": 1024,
        "dropout": 0.1,
    },
    preprocessing={"unit": "words", "steps": 200, "max_vocabulary": 20_000, "lowercase": True},
    batch_size=32,
    epochs=2,
    monitor="val_loss",
    learning_rate=3e-3,
    final_learning_rate=1e-4,
    language="en",
    licence="none stated; cite Maas et al. 2011",
)
