"""Taggers."""

import dataclasses

from zoo.data import tagging
from zoo.models import SequenceTagger
from zoo.recipe import Recipe

BILSTM_TAGGER_GRAMMAR_TEXT = Recipe(
    name="bilstm_tagger.grammar_text",
    task="tagging",
    dataset="grammar_text",
    data=tagging.load,
    builder=SequenceTagger,
    hyperparameters={
        "cell": "lstm",
        "units": 48,
        "embedding_dim": 32,
        "character_encoder": "cnn",
        "character_units": 32,
        "dropout": 0.3,
    },
    preprocessing={"rare_word_dropout": 1.0},
    batch_size=32,
    epochs=4,
    learning_rate=5e-3,
    final_learning_rate=5e-4,
    language="en",
    licence="Apache 2.0",
)
GRU_TAGGER_GRAMMAR_TEXT = dataclasses.replace(
    BILSTM_TAGGER_GRAMMAR_TEXT,
    name="bigru_tagger.grammar_text",
    hyperparameters={**BILSTM_TAGGER_GRAMMAR_TEXT.hyperparameters, "cell": "gru"},
)

UDPIPE = {
    "system": "UDPipe 1, gold tokens",
    "source": "UDPipe 1 models on UD 2.5, ufal/udpipe, doc/manual_model_ud-2.5.t2t",
}

BILSTM_TAGGER_UD_EN_EWT = Recipe(
    name="bilstm_tagger.ud_en_ewt",
    task="tagging",
    dataset="universal_dependencies/en_ewt",
    data=tagging.load,
    builder=SequenceTagger,
    hyperparameters={
        "cell": "lstm",
        "units": (200, 200),
        "embedding_dim": 100,
        "character_encoder": "cnn",
        "character_embedding_dim": 50,
        "character_units": 50,
        "character_widths": (2, 3, 4, 5),
        "dropout": 0.5,
        "variational_dropout": True,
    },
    preprocessing={"rare_word_dropout": 2.0},
    batch_size=32,
    epochs=12,
    patience=4,
    learning_rate=3e-3,
    final_learning_rate=1e-4,
    weight_averaging=0.998,
    language="en",
    licence="CC BY-SA 4.0",
    rival={**UDPIPE, "accuracy": 0.944},
)
BIGRU_TAGGER_UD_EN_EWT = dataclasses.replace(
    BILSTM_TAGGER_UD_EN_EWT,
    name="bigru_tagger.ud_en_ewt",
    hyperparameters={**BILSTM_TAGGER_UD_EN_EWT.hyperparameters, "cell": "gru"},
)


def _treebank(treebank, language, licence, accuracy, **changes):
    """The same tagger on a smaller treebank: smaller batches and more epochs."""
    return dataclasses.replace(
        BILSTM_TAGGER_UD_EN_EWT,
        name=f"bilstm_tagger.ud_{treebank}",
        dataset=f"universal_dependencies/{treebank}",
        batch_size=16,
        epochs=15,
        weight_averaging=0.99,
        language=language,
        licence=licence,
        rival={**UDPIPE, "accuracy": accuracy},
        **changes,
    )


# Half the size, and enough to be ahead of the rival on most treebanks.
SMALL = {
    "hyperparameters": {**BILSTM_TAGGER_UD_EN_EWT.hyperparameters, "units": (128, 128)},
    "preprocessing": {**BILSTM_TAGGER_UD_EN_EWT.preprocessing, "min_count": 2},
}
BILSTM_TAGGER_UD_AF_AFRIBOOMS = _treebank("af_afribooms", "af", "CC BY-SA 4.0", 0.953, **SMALL)
BILSTM_TAGGER_UD_EL_GDT = _treebank("el_gdt", "el", "CC BY-NC-SA 3.0", 0.959, **SMALL)
BILSTM_TAGGER_UD_ET_EWT = _treebank("et_ewt", "et", "CC BY-NC-SA 4.0", 0.840, **SMALL)
BILSTM_TAGGER_UD_FR_SEQUOIA = _treebank("fr_sequoia", "fr", "LGPL-LR", 0.971, **SMALL)
BILSTM_TAGGER_UD_IT_PARTUT = _treebank("it_partut", "it", "CC BY-NC-SA 4.0", 0.971)
BILSTM_TAGGER_UD_KO_GSD = _treebank("ko_gsd", "ko", "CC BY-SA 4.0", 0.937, **SMALL)
BILSTM_TAGGER_UD_TR_IMST = _treebank("tr_imst", "tr", "CC BY-NC-SA 4.0", 0.930)
BILSTM_TAGGER_UD_VI_VTB = _treebank("vi_vtb", "vi", "CC BY-SA 4.0", 0.876)

HUANG = {
    "system": "BiLSTM-CRF of Huang et al. 2015 with random embeddings, also without outside data",
    "source": "Bidirectional LSTM-CRF Models for Sequence Tagging, table 2",
    "f1": 0.8426,
}

BILSTM_CRF_CONLL2003 = Recipe(
    name="bilstm_crf.conll2003",
    task="tagging",
    dataset="conll2003",
    data=tagging.load,
    builder=SequenceTagger,
    hyperparameters={
        **BILSTM_TAGGER_UD_EN_EWT.hyperparameters,
        "head": "crf",
        "units": 200,
    },
    preprocessing={"scheme": "iobes", "shapes": True, "rare_word_dropout": 2.0},
    batch_size=32,
    epochs=12,
    patience=4,
    monitor="val_potentials_f1",
    learning_rate=3e-3,
    final_learning_rate=1e-4,
    weight_averaging=0.998,
    language="en",
    licence="Reuters Corpus: research, no redistribution of the text",
    rival=HUANG,
)
BIGRU_CRF_CONLL2003 = dataclasses.replace(
    BILSTM_CRF_CONLL2003,
    name="bigru_crf.conll2003",
    hyperparameters={**BILSTM_CRF_CONLL2003.hyperparameters, "cell": "gru"},
)
BILSTM_CRF_WNUT17 = dataclasses.replace(
    BILSTM_CRF_CONLL2003,
    name="bilstm_crf.wnut17",
    dataset="wnut17",
    preprocessing={**BILSTM_CRF_CONLL2003.preprocessing, "min_count": 2},
    batch_size=16,
    epochs=15,
    weight_averaging=0.99,
    licence="CC BY 4.0",
    rival={
        "system": "Aguilar et al. 2017, with word vectors and gazetteers from outside",
        "source": "A Multi-task Approach for Named Entity Recognition in Social Media Data",
        "f1": 0.4555,
    },
)
BILSTM_CRF_GRAMMAR_TEXT = dataclasses.replace(
    BILSTM_TAGGER_GRAMMAR_TEXT,
    name="bilstm_crf.grammar_text",
    hyperparameters={**BILSTM_TAGGER_GRAMMAR_TEXT.hyperparameters, "head": "crf"},
    preprocessing={"feature": "entities", "scheme": "iobes", "rare_word_dropout": 1.0},
    monitor="val_potentials_f1",
)
