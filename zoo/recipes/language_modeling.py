"""Language models."""

import dataclasses

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
    rival={
        "system": "a transformer of 10.7 million parameters",
        "nats": 1.4697,
        "source": "nanoGPT's README; measured on the last tenth of the text, which is dev and test "
        "here",
    },
)

# As many parameters as the LSTM has.
GRU_LM_TINY_SHAKESPEARE = dataclasses.replace(
    LSTM_LM_TINY_SHAKESPEARE,
    name="gru_lm.tiny_shakespeare",
    hyperparameters={**LSTM_LM_TINY_SHAKESPEARE.hyperparameters, "cell": "gru", "units": 600},
)

# For a computer without a GPU.
LSTM_LM_PENN_TREEBANK = Recipe(
    name="lstm_lm.penn_treebank",
    task="language_modeling",
    dataset="penn_treebank",
    data=language_modeling.load,
    builder=LanguageModel,
    hyperparameters={
        "cell": "lstm",
        "units": (256, 256),
        "embedding_dim": 256,
        "lanes": 32,
        "tied": True,
        "dropout": 0.3,
        "input_dropout": 0.2,
        "output_dropout": 0.4,
        "variational_dropout": True,
        "weight_dropout": 0.1,
        "embedding_dropout": 0.05,
    },
    preprocessing={"unit": "tokens", "steps": 35, "lanes": 32, "frequencies": True},
    batch_size=32,
    epochs=14,
    monitor="val_perplexity",
    learning_rate=2e-3,
    final_learning_rate=1e-4,
    warmup=0.05,
    language="en",
    licence="of the Linguistic Data Consortium; the files state none, and nothing is published",
    rival={
        "system": "LSTM of 2 x 200 units, without dropout",
        "perplexity": 115.9,
        "source": "Zaremba et al. 2014, small",
    },
)

# Sizes, rates of dropout and penalties of Merity et al. 2018. They trained with SGD and then with
# averaged SGD for 750 epochs, on windows of varying length; here it is Adam, averaged weights and
# windows of 70 tokens. Days on a CPU: for a GPU, and not trained by us.
AWD_LSTM_PENN_TREEBANK = Recipe(
    name="awd_lstm.penn_treebank",
    task="language_modeling",
    dataset="penn_treebank",
    data=language_modeling.load,
    builder=LanguageModel,
    hyperparameters={
        "cell": "lstm",
        "units": (1150, 1150, 400),
        "embedding_dim": 400,
        "lanes": 20,
        "tied": True,
        "dropout": 0.25,
        "input_dropout": 0.4,
        "output_dropout": 0.4,
        "variational_dropout": True,
        "weight_dropout": 0.5,
        "embedding_dropout": 0.1,
        "activation_regularization": (2.0, 1.0),
    },
    preprocessing={"unit": "tokens", "steps": 70, "lanes": 20},
    batch_size=20,
    epochs=200,
    patience=20,
    monitor="val_perplexity",
    learning_rate=1e-3,
    final_learning_rate=1e-5,
    clipnorm=0.25,
    weight_averaging=0.999,
    language="en",
    licence="of the Linguistic Data Consortium; the files state none, and nothing is published",
    rival={"system": "AWD-LSTM", "perplexity": 57.3, "source": "Merity et al. 2018"},
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
