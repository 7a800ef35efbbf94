"""Models that turn one sequence into another."""

import dataclasses

from zoo.data import translation
from zoo.models import Seq2Seq
from zoo.recipe import Recipe

SEQ2SEQ_MULTI30K_EN_DE = Recipe(
    name="seq2seq.multi30k_en_de",
    task="translation",
    dataset="multi30k/en_de",
    data=translation.load,
    builder=Seq2Seq,
    hyperparameters={
        "cell": "gru",
        "units": 256,
        "embedding_dim": 192,
        "attention": "multiplicative",
        "input_feeding": True,
        "tied": True,
        "dropout": 0.25,
        "label_smoothing": 0.1,
    },
    preprocessing={"pieces": 4000, "min_count": 5, "beams": 5},
    batch_size=64,
    epochs=8,
    patience=4,
    monitor="val_accuracy",
    learning_rate=2e-3,
    final_learning_rate=2e-5,
    warmup=0.05,
    weight_averaging=0.998,
    language="en",
    licence="none stated; captions of Flickr30k, for research; cite Elliott et al. 2016",
    rival={
        "system": "conditional GRU with attention, text alone, tokenized and lower-cased, one run",
        "bleu": 39.0,
        "source": "README of the LIUM-CVC WMT17 systems; Caglayan et al. 2017",
    },
)

SEQ2SEQ_SCAN_SIMPLE = Recipe(
    name="seq2seq.scan_simple",
    task="translation",
    dataset="scan/simple",
    data=translation.load,
    builder=Seq2Seq,
    hyperparameters={
        "cell": "lstm",
        "units": 128,
        "embedding_dim": 64,
        "attention": "multiplicative",
        "dropout": 0.1,
    },
    batch_size=64,
    epochs=30,
    patience=30,
    monitor="val_perplexity",
    learning_rate=2e-3,
    final_learning_rate=2e-5,
    warmup=0.05,
    language="en",
    licence="BSD",
    rival={
        "system": "the better networks of Lake and Baroni 2018, LSTM or GRU: 99 per cent and more",
        "exact_match": 0.99,
        "source": "Generalization without Systematicity, experiment 1",
    },
)
SEQ2SEQ_SCAN_LENGTH = dataclasses.replace(
    SEQ2SEQ_SCAN_SIMPLE,
    name="seq2seq.scan_length",
    dataset="scan/length",
)
SEQ2SEQ_SCAN_ADDPRIM_JUMP = dataclasses.replace(
    SEQ2SEQ_SCAN_SIMPLE,
    name="seq2seq.scan_addprim_jump",
    dataset="scan/addprim_jump",
)
