"""Classifiers of texts."""

import dataclasses

from zoo.data import classification
from zoo.models import SequenceClassifier
from zoo.recipe import Recipe
from zoo.recipes.language_modeling import BILSTM_LM_IMDB_REVIEWS

BILSTM_CLASSIFIER_IMDB = Recipe(
    name="bilstm_classifier.imdb",
    task="classification",
    dataset="imdb_reviews",
    data=classification.load,
    builder=SequenceClassifier,
    hyperparameters={
        "cell": "lstm",
        "units": 256,
        "embedding_dim": 128,
        "pooling": ("last", "mean", "max"),
        "dropout": 0.4,
        "variational_dropout": True,
    },
    preprocessing={"length": 400, "keep": "both", "lowercase": True},
    batch_size=32,
    epochs=3,
    learning_rate=1e-3,
    final_learning_rate=1e-5,
    warmup=0.1,
    pretraining=BILSTM_LM_IMDB_REVIEWS,
    weight_averaging=0.998,
    language="en",
    licence="none stated; cite Maas et al. 2011",
    rival={
        "system": "LSTM of 1,024 units, pretrained on the same reviews, with a virtual adversary",
        "accuracy": 0.9409,
        "source": "Miyato et al. 2017; the same test split. The best linear model, NB-SVM with "
        "bigrams, has 91.22: Wang and Manning 2012",
    },
)

GRU_CLASSIFIER_SST2 = Recipe(
    name="gru_classifier.sst2",
    task="classification",
    dataset="glue/sst2",
    data=classification.load,
    builder=SequenceClassifier,
    hyperparameters={
        "cell": "gru",
        "units": 128,
        "embedding_dim": 128,
        "pooling": ("last", "max"),
        "dropout": 0.4,
        "variational_dropout": True,
        "word_dropout": 0.05,
    },
    preprocessing={"min_count": 2, "lowercase": True},
    batch_size=64,
    epochs=6,
    learning_rate=2e-3,
    final_learning_rate=1e-4,
    warmup=0.05,
    pretraining=BILSTM_LM_IMDB_REVIEWS,
    weight_averaging=0.998,
    language="en",
    licence="none stated; cite Socher et al. 2013 and Wang et al. 2019 (GLUE)",
    rival={
        "system": "bidirectional LSTM with GloVe vectors from outside",
        "accuracy": 0.875,
        "source": "Tai et al. 2015, on the original test split, whose labels GLUE hides",
    },
)

GRU_CLASSIFIER_TREC = dataclasses.replace(
    GRU_CLASSIFIER_SST2,
    name="gru_classifier.trec",
    dataset="trec",
    hyperparameters={
        **GRU_CLASSIFIER_SST2.hyperparameters,
        "dropout": 0.5,
        "adversary": "labels",
        "perturbation": 2.0,
    },
    preprocessing={"min_count": 1, "lowercase": True},
    batch_size=32,
    epochs=10,
    patience=10,
    weight_averaging=0.99,
    licence="none stated; cite Li and Roth 2002",
    rival={
        "system": "convolutional network with word2vec vectors from outside",
        "accuracy": 0.936,
        "source": "Kim 2014; the same test split",
    },
)
