"""Model cards: made of `model.json` alone, and holding what a reader must know."""

import copy
import json
import pathlib

import pytest

from zoo import cards

SAVED_MODELS = pathlib.Path(__file__).resolve().parent.parent / "saved_models"
PUBLISHED = sorted(path.parent for path in SAVED_MODELS.glob("*/model.json"))


@pytest.fixture
def description(published):
    return json.loads((published / "model.json").read_text())


@pytest.mark.skipif(not PUBLISHED, reason="saved_models/ holds no model")
@pytest.mark.parametrize("directory", PUBLISHED, ids=lambda directory: directory.name)
def test_card_is_that_of_its_description(directory):
    description = json.loads((directory / "model.json").read_text())
    assert description["name"] == directory.name
    assert (directory / "README.md").read_text() == cards.render(description)


def test_fresh_card_is_that_of_its_description(published, description):
    assert (published / "README.md").read_text() == cards.render(description)


def test_depends_on_nothing_else(description, monkeypatch, tmp_path):
    first = cards.render(description)
    untouched = copy.deepcopy(description)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZOO_HOME", str(tmp_path))
    assert cards.render(description) == first
    assert description == untouched


def test_says_of_a_forecaster(small_forecaster):
    description = json.loads((small_forecaster / "model.json").read_text())
    rendered = cards.render(description)
    found = description["metrics"]["test"]
    covered = next(each for each in found["intervals"] if each["share"] == 0.95)["coverage"]
    for said in (
        "A SegRNN, a GRU that steps over segments of 12 steps, with quantiles for forecasting, "
        "trained on `waves` through TFDS and on nothing else.",
        'forecaster = zoo.load("segrnn.small")\nforecaster.predict(history)\n',
        "`history` is a float array `(48, 2)` of the last 48 steps",
        "the columns are low, high. The answer's `values`, the median, and `quantiles`",
        'signatures["serving_default"](history=tf.constant(history, tf.float32))',
        f"| test | {found['windows']} | **{found['mse']:.4f}** | {found['mae']:.4f} "
        f"| {found['crps']:.4f} | {100 * covered:.1f} |",
        "| repeat last MSE | seasonal naive MSE | NLinear MSE |\n",
        "Seed 0, each channel standardized",
    ):
        assert said in rendered
    recipe = description["recipe"]
    other = {**recipe, "hyperparameters": {**recipe["hyperparameters"], "cell": "lstm"}}
    assert "A SegRNN, an LSTM that steps" in cards.render({**description, "recipe": other})
    told = {**description, "rival": {"system": "A Rival", "mse": 0.3681, "source": "A Paper"}}
    assert "Rival: A Rival, MSE 0.368 (A Paper)." in cards.render(told)


def test_says_of_an_autoencoder(small_autoencoder):
    description = json.loads((small_autoencoder / "model.json").read_text())
    rendered = cards.render(description)
    found = description["metrics"]["test"]
    for said in (
        "A sequence autoencoder, GRU of 1 layer, with a code of 3 numbers and a decoder that reads "
        "it at every step, for reconstructing windows of a series, so that what it reconstructs "
        "badly stands out, trained on `waves` through TFDS and on nothing else.",
        'autoencoder = zoo.load("autoencoder.small")\nautoencoder.predict(series)\n',
        "`series` is a float array `(steps, 1)` of at least 12 steps",
        'signatures["latent"](window=tf.constant(window, tf.float32))',
        f"| test | 189 | **autoencoder** | {found['mse']:.4f} | {found['mse_marked']:.4f} "
        f"| {found['roc_auc']:.3f} | {found['found']} of 1 |",
        "| dev | 89 | 4 principal components | ",
        "Seed 0, standardized with the mean and deviation of the training part",
    ):
        assert said in rendered
    assert cards.headline(description) == f"ROC AUC {found['roc_auc']:.3f}"
    assert cards.headline(description, "dev").startswith("MSE ")


def test_says_of_a_captioner(small_captioner):
    description = json.loads((small_captioner / "model.json").read_text())
    rendered = cards.render(description)
    assert list(description["metrics"]) == ["dev", "test", "test_unseen"]
    for said in (
        "A captioner, LSTM of 1 layer with additive attention to what a small residual network "
        "sees, for describing pictures, trained on `shape_captions/tiny`",
        'captioner = zoo.load("captioner.small")\ncaptioner.predict(["picture.png"])\n',
        "its middle square is scaled to 32 by 32 pixels.",
        "where each word looked, `(words, 8, 8)`",
        'captioner.signatures["attention"](image=tf.constant(images))\n',
        "| split | pictures | whole caption | number of objects | sizes | colours | shapes |",
        "\n| test_unseen | 50 | **",
        "\n|  | most frequent caption | ",
        "Seed 0, captions found by beam search, at most ",
        "coloured shapes as `datasets/shape_captions` has them",
    ):
        assert said in rendered
    exact = description["metrics"]["test_unseen"]["exact_match"]
    assert cards.headline(description, "test_unseen") == f"{100 * exact:.2f}"
    photographs = {**description["metrics"]["test"], "bleu_1": 61.25, "bleu_4": 9.75, "cider": 0.5}
    del photographs["numbers"]
    told = {
        **description,
        "dataset": "flickr8k",
        "metrics": {"test": {**photographs, "baselines": []}},
        "grid": None,
        "rival": {"system": "A Rival", "bleu_4": 19.5, "source": "A Paper"},
    }
    rendered = cards.render(told)
    assert "| split | pictures | BLEU-1 | BLEU-2 | BLEU-3 | BLEU-4 | CIDEr × 100 |" in rendered
    assert "\n| test | 50 | **61.2** |" in rendered and " | 50.0 |\n" in rendered
    assert "Rival: A Rival, BLEU-4 19.5 (A Paper)." in rendered
    assert cards.headline(told) == "BLEU-4 9.8"
    assert "Nothing may rest on what it says." in rendered and "each word looked" not in rendered


def test_says_of_a_translator(small_translator):
    description = json.loads((small_translator / "model.json").read_text())
    rendered = cards.render(description)
    found = description["metrics"]["test"]
    for said in (
        "A sequence to sequence model, bidirectional LSTM of 1 layer and LSTM with additive "
        "attention, for translation from English to German, trained on `multi30k/en_de`",
        'translator = zoo.load("seq2seq.small")\ntranslator.predict(["A dog runs ."])\n',
        "found by beam search with 2 beams, inside the graph, and has at most 5 pieces.",
        "With `attention=True` the answer has `text`, `log_probability` in nats",
        'translator.signatures["attention"](text=tf.constant(["A dog runs ."]))\n',
        f"| test | 6 | **{found['bleu']:.2f}** | {found['chrf']:.2f} |",
        "\n|  | nearest source of train | ",
        " | 100.00 | 100.00 |\n",
        "Seed 0, raw text. BLEU is sacrebleu's, `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|",
        "Rival: conditional GRU with attention, text alone, tokenized and lower-cased, one run, "
        "BLEU 39.0",
        "captions of photographs",
    ):
        assert said in rendered
    told = {**description, "dataset": "scan/length", "attention": False, "beams": 1}
    told["rival"] = {"system": "A Rival", "exact_match": 0.138, "source": "A Paper"}
    rendered = cards.render(told)
    assert "turning commands into actions" in rendered and "where commands are longer" in rendered
    assert "Rival: A Rival, 13.80 % exact match (A Paper)." in rendered
    assert 'predict(["jump twice and walk"])' in rendered and "attention=True" not in rendered
    exact = {**description["metrics"], "test": {**found, "exact_match": 0.995}}
    assert cards.headline({**description, "metrics": exact}) == "99.50"
    assert cards.headline(description).startswith("BLEU ")


def test_says_of_a_language_model(small_language_model):
    description = json.loads((small_language_model / "model.json").read_text())
    rendered = cards.render(description)
    found = description["metrics"]["test"]
    for said in (
        "A language model, LSTM of 1 layer, for language modelling, character by character, "
        "trained on `sea` through TFDS and on nothing else.",
        'model = zoo.load("lstm_lm.small")\n'
        'model.predict("One prompt", length=200, temperature=0.8, seed=1)\n',
        "`model.score(text)` tells how likely a text is, character by character.",
        "`zoo generate lstm_lm.small`",
        'signatures["serving_default"](\n    prompt=tf.constant(["One prompt"]),\n    length=tf.',
        'signatures["score"](text=tf.constant(["One text ."]))',
        f"| test | 50 | **{found['nats']:.4f}** | {found['bits']:.4f} | {found['perplexity']:.2f} "
        f"| {found['baseline']['nats']:.4f} | {found['unigram']['nats']:.4f} |",
        "| nats a character | bits a character | perplexity | Kneser-Ney 5-gram, nats |",
        "Seed 0, every token of a split predicted once",
        "Rival: a transformer of 10.7 million parameters, 1.4697 nats a character (nanoGPT's",
    ):
        assert said in rendered
    words = {**description, "unit": "tokens", "rival": {"system": "X", "perplexity": 57.3}}
    words["rival"]["source"] = "A Paper"
    rendered = cards.render(words)
    assert "word by word" in rendered and "Rival: X, perplexity 57.3 (A Paper)." in rendered


@pytest.fixture
def made_up(description):
    """A description whose every figure can be recognized."""
    test = {
        **description["metrics"]["test"],
        "tokens": 12_345,
        "accuracy": 0.98765,
        "unknown_accuracy": 0.87654,
        "unknown_share": 0.0712,
        "sentence_accuracy": 0.65432,
        "baseline": {"name": "most frequent tag", "accuracy": 0.54321},
    }
    return {
        **description,
        "parameters": 1_234_567,
        "metrics": {"test": test},
        "rival": {"system": "A Rival", "accuracy": 0.944, "source": "A Paper, 1997"},
        "licence": "CC BY-NC 9.9",
        "command": "zoo train x.y && zoo export x.y",
        "seconds": 4321,
        "epochs": 17,
        "machine": "abacus, 3 rods",
        "versions": {"python": "3.99", "keras": "9.8.7"},
        "files": {"assets/words.txt": "0123abcd"},
    }


@pytest.mark.parametrize(
    "said",
    [
        "# bilstm_tagger.small\n",
        "`grammar_text`",
        "1,234,567 parameters",
        "licence CC BY-NC 9.9",
        "```sh\nzoo train x.y\nzoo export x.y\n```",
        "| test | 12,345 | **98.77** | 87.65 (7.1 % of tokens) | 65.43 | 54.32 |",
        "Rival: A Rival, 94.4 (A Paper, 1997).",
        "Took 4,321 s of training in 17 epochs on abacus, 3 rods.",
        "python 3.99, keras 9.8.7.",
        "| `assets/words.txt` | `0123abcd` |",
        'zoo.load("bilstm_tagger.small")',
        "bidirectional LSTM of 1 layer ",
        '"rare_word_dropout": 1.0',
        "## Limits",
    ],
)
def test_says(made_up, said):
    assert said in cards.render(made_up)


def test_without_a_rival(made_up):
    assert "Rival" not in cards.render({**made_up, "rival": {}})


@pytest.mark.parametrize(
    ("hyperparameters", "words"),
    [
        ({"cell": "gru", "units": [8, 4]}, "A bidirectional GRU of 2 layers for"),
        ({"units": 8}, "A bidirectional LSTM of 1 layer for"),
        ({"cell": "simple_rnn", "units": [8]}, "A bidirectional simple RNN of 1 layer for"),
        ({"units": 8, "bidirectional": False}, "A unidirectional LSTM of 1 layer for"),
    ],
)
def test_describes_the_architecture(made_up, hyperparameters, words):
    recipe = {**made_up["recipe"], "hyperparameters": hyperparameters}
    assert words in cards.render({**made_up, "recipe": recipe})


def test_tables_and_code_blocks_are_whole(description):
    rendered = cards.render(description)
    assert rendered.count("```") % 2 == 0
    for table in (block for block in rendered.split("\n\n") if block.startswith("|")):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    assert rendered.endswith("\n") and not rendered.endswith("\n\n")


def classified(accuracy):
    """What an evaluation of a classifier found, as far as a card tells of it."""
    rates = {
        "accuracy": accuracy,
        "accuracy_low": accuracy - 0.01,
        "accuracy_high": accuracy + 0.01,
    }
    return {
        **rates,
        "examples": 25_000,
        "macro_f1": 0.7654,
        "calibration_error": 0.0123,
        "labels": ["neg", "pos"],
        "baselines": [{"name": "majority class", "accuracy": 0.5}, {"name": "X", "accuracy": 0.8}],
    }


@pytest.fixture
def classifier():
    """A description of a classifier whose every figure can be recognized."""
    hyperparameters = {"cell": "gru", "units": [8, 8], "pooling": ["last", "mean", "max"]}
    return {
        "name": "bigru_classifier.imdb",
        "task": "classification",
        "dataset": "imdb_reviews",
        "recipe": {
            "task": "classification",
            "hyperparameters": hyperparameters,
            "preprocessing": {"length": 1000, "keep": "both"},
            "seed": 3,
        },
        "sizes": {"vocabulary_size": 9, "num_classes": 2},
        "parameters": 1_234_567,
        "temperature": 1.23456,
        "metrics": {"dev": classified(0.91), "test": classified(0.90123)},
        "rival": {"system": "A Rival", "accuracy": 0.912, "source": "A Paper, 2012"},
        "licence": "none stated",
        "command": "zoo train x.y && zoo export x.y",
        "seconds": 4321,
        "epochs": 4,
        "machine": "abacus, 3 rods",
        "versions": {"python": "3.99"},
        "files": {"assets/labels.txt": "0123abcd"},
    }


@pytest.mark.parametrize(
    "said",
    [
        "A bidirectional GRU of 2 layers with pooling by last state, mean and maximum for "
        "sentiment analysis of film reviews, trained on `imdb_reviews` through TFDS and on nothing "
        "else. 1,234,567 parameters.\n",
        'classifier = zoo.load("bigru_classifier.imdb")\nclassifier.predict(["One text ."])\n',
        'classifier.signatures["serving_default"](text=tf.constant(["One text ."]))\n'
        'classifier.signatures["contributions"](text=tf.constant(["One text ."]))\n```',
        "| split | texts | accuracy (95 % interval) | macro F1 | calibration error "
        "| majority class | X |\n",
        "| test | 25,000 | **90.12** (89.12 to 91.12) | 76.54 | 1.23 | 50.00 | 80.00 |\n",
        "Classes: neg, pos.",
        "divides its logits by 1.235, fitted on dev,",
        "Seed 3, reported on the test split, 25,000 reviews of films that train does not have;",
        "reviews of one film in ten",
        "Rival: A Rival, 91.20 (A Paper, 2012).",
        "epochs on abacus, 3 rods. python 3.99.",
        "`datasets/sentiment_probes`",
        "Of a text of more than 1,000 tokens it reads the first 250 and the last 750.\n",
    ],
)
def test_says_of_a_classifier(classifier, said):
    assert said in cards.render(classifier)


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        ("glue/sst2", ("sentences from film reviews", "872 sentences", "lower-cased")),
        ("trec", ("six coarse classes of TREC", "500 questions", "TREC 10")),
        ("toy", ("for text classification, trained on `toy`", "learned from train alone")),
    ],
)
def test_says_what_the_data_set_is(classifier, dataset, said):
    recipe = {**classifier["recipe"], "preprocessing": {}}
    rendered = cards.render({**classifier, "dataset": dataset, "recipe": recipe})
    assert all(each in rendered for each in said)
    assert "25,000 reviews" not in rendered and "tokens it reads" not in rendered


def test_says_where_a_classifier_started(classifier):
    recipe = {**classifier["recipe"], "pretraining": "bilstm_lm.imdb_reviews", "unfreezing": []}
    rendered = cards.render({**classifier, "recipe": recipe})
    assert "nothing else" not in rendered and "3 rods, pretraining apart." in rendered
    assert "the language model `bilstm_lm.imdb_reviews`, which was trained on" in rendered
    assert "the same data set without their labels, those of dev among them and none of" in rendered
    elsewhere = cards.render({**classifier, "dataset": "trec", "recipe": recipe})
    assert "on the texts of `imdb_reviews` without their labels." in elsewhere


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "pooling by maximum for"),
        ({"pooling": "attention", "bidirectional": False}, "A unidirectional GRU of 2 layers with"),
        ({"pooling": ["attention"]}, "pooling by attention for"),
        ({"pooling": ["max", "mean"]}, "pooling by maximum and mean for"),
    ],
)
def test_describes_the_pooling(classifier, changes, words):
    hyperparameters = {"cell": "gru", "units": [8, 8], **changes}
    recipe = {**classifier["recipe"], "hyperparameters": hyperparameters}
    assert words in cards.render({**classifier, "recipe": recipe})


@pytest.mark.parametrize(
    ("keep", "reads"), [("head", "the first 1,000."), ("tail", "the last 1,000.")]
)
def test_says_what_is_read_of_a_long_text(classifier, keep, reads):
    recipe = {**classifier["recipe"], "preprocessing": {"length": 1000, "keep": keep}}
    assert f"it reads {reads}" in cards.render({**classifier, "recipe": recipe})


def test_the_card_of_a_classifier_is_whole(classifier):
    test_tables_and_code_blocks_are_whole(classifier)
    before = cards.render({**classifier, "temperature": 1.0})
    del classifier["temperature"]
    assert "divides its logits" in before and "divides" not in cards.render(classifier)
