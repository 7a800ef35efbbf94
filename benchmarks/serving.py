"""Speed of serving: the same model on every runtime, and taggers that people use instead.

    python benchmarks/serving.py tagging       words a second of EWT's test split, gold tokens
    python benchmarks/serving.py forecasting   histories a second, of ETTh1's test split

Each row is a process of its own, one after the other, so that its memory and its cold start are
its own; the machine should have nothing else to do. `--peers PYTHON` names a Python in which spaCy,
NLTK, Flair or Stanza are installed; without it only the rows of the zoo are measured. A peer whose
pretrained weights would have to be downloaded is timed untrained, in the architecture that it
publishes; NLTK's is trained here, before it is timed.
"""

import importlib.metadata
import itertools
import json
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Annotated

import typer

STARTED = time.perf_counter()
TAGGER, FORECASTER = "bilstm_tagger.ud_en_ewt", "segrnn.etth1"
BATCHES = (1, 64)
SECONDS = 4.0  # So long each batch size is timed.
PASSES = 3
LONGEST = 20.0  # Seconds after which the first pass over a split is broken off.
FORMATS = ("onnx", "onnx-int8", "litert")
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def keras_tagger(ask):
    """Keras's model, asked for a batch of ids."""

    def make(given):
        import zoo

        found = zoo.load(TAGGER)
        names = (found.directory / "assets" / "tags.txt").read_text().split("\n")

        def tag(sentences):
            x = {name: ids.numpy() for name, ids in found.encoder(sentences).items()}
            ids = ask(found.model, x).argmax(axis=-1)
            return [
                [names[each] for each in row[: len(tokens)]]
                for row, tokens in zip(ids, sentences, strict=True)
            ]

        return tag

    return make


def runtime_tagger(runtime):
    """The zoo's `predict` on a runtime."""

    def make(given):
        from zoo.pretrained import Pretrained

        found = Pretrained(given["directory"], runtime)
        most = 64 if runtime == "litert" else None  # For which its graph was made.

        def tag(sentences):
            cut = [tokens[:most] for tokens in sentences]
            rows = found.predict(cut, batch_size=len(sentences))
            return [[token.tag for token in row] for row in rows]

        return tag

    return make


def spacy_tagger(given):
    """spaCy's CNN, `HashEmbedCNN` of width 96 and depth 4, untrained."""
    import spacy
    from spacy.tokens import Doc

    network = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 96,
        "depth": 4,
        "embed_size": 2000,
        "window_size": 1,
        "maxout_pieces": 3,
        "subword_features": True,
    }
    pipeline = spacy.blank("en")
    model = {"@architectures": "spacy.Tagger.v2", "tok2vec": network}
    tagger = pipeline.add_pipe("tagger", config={"model": model})
    for tag in given["tags"]:
        tagger.add_label(tag)
    pipeline.initialize()

    def tag(sentences):
        docs = [Doc(pipeline.vocab, words=tokens) for tokens in sentences]
        return [[t.tag_ for t in doc] for doc in tagger.pipe(docs, batch_size=len(docs))]

    return tag


def nltk_tagger(given):
    """NLTK's averaged perceptron, trained on the same split (`perceptron`)."""
    from nltk.tag.perceptron import PerceptronTagger

    tagger = PerceptronTagger(load=False)
    tagger.decode_json_params(json.loads(pathlib.Path(given["perceptron"]).read_text()))
    return lambda sentences: [[tag for _, tag in tagger.tag(tokens)] for tokens in sentences]


def flair_tagger(given):
    """Flair's tagger over two character language models of 1,024 units (`pos-fast`), untrained."""
    import flair
    import torch
    from flair.data import Dictionary, Sentence
    from flair.embeddings import FlairEmbeddings, StackedEmbeddings
    from flair.models import LanguageModel, SequenceTagger

    flair.device = torch.device("cpu")
    characters, tags = Dictionary(), Dictionary(add_unk=False)
    for letter in sorted(
        {letter for row in given["sentences"] for token in row for letter in token}
    ):
        characters.add_item(letter)
    for tag in given["tags"]:
        tags.add_item(tag)
    readers = []
    for forward in (True, False):
        model = LanguageModel(characters, forward, hidden_size=1024, nlayers=1)
        readers.append(FlairEmbeddings(model))
    tagger = SequenceTagger(StackedEmbeddings(readers), tags, "pos", hidden_size=256)

    def tag(sentences):
        given = [Sentence(tokens) for tokens in sentences]
        tagger.predict(given, mini_batch_size=len(given))
        return [[token.get_label("pos").value for token in sentence] for sentence in given]

    return tag


def stanza_tagger(given):
    """Stanza's BiLSTM (`nocharlm`) without its table of pretrained word vectors, untrained."""
    import torch
    from stanza.models import tagger as command
    from stanza.models.common.doc import Document
    from stanza.models.pos.data import Dataset
    from stanza.models.pos.trainer import Trainer

    def document(sentences, tags=None):
        rows = zip(sentences, tags or sentences, strict=True)
        return Document(
            [
                [
                    {"id": (place,), "text": token, "upos": tag}
                    for place, (token, tag) in enumerate(zip(*pair, strict=True), start=1)
                ]
                for pair in rows
            ]
        )

    settings = command.parse_args(["--no_pretrain", "--shorthand", "en_ewt", "--cpu"])
    known = document(given["sentences"], given["gold"])
    vocabulary = Dataset.init_vocab([known], settings)
    trainer = Trainer(args=settings, vocab=vocabulary, pretrain=None, device="cpu")

    @torch.no_grad()
    def tag(sentences):
        data = Dataset(
            document(sentences),
            settings,
            None,
            vocab=vocabulary,
            evaluation=True,
            sort_during_eval=True,
        )
        batches = data.to_length_limited_loader(
            batch_size=len(sentences), maximum_tokens=settings["batch_maximum_tokens"]
        )
        rows = [row for batch in batches for row in trainer.predict(batch)]
        return [[word[0] for word in row] for row in rows]

    return tag


def keras_forecaster(ask):
    """Keras's model, asked for a batch of windows."""

    def make(given):
        import zoo

        model = zoo.load(FORECASTER).model
        return lambda histories: ask(model, histories)

    return make


def runtime_forecaster(runtime):
    """The zoo's `predict` on a runtime."""

    def make(given):
        from zoo.pretrained import Pretrained

        found = Pretrained(given["directory"], runtime)
        return lambda histories: found.predict(histories, batch_size=len(histories))

    return make


KERAS = {
    "Keras, `predict`": lambda model, x: model.predict(x, batch_size=64, verbose=0),
    "Keras, `predict_on_batch`": lambda model, x: model.predict_on_batch(x),
}
LABELS = {
    "tensorflow": "SavedModel",
    "onnx": "ONNX Runtime",
    "onnx-int8": "ONNX Runtime, 8 bits",
    "litert": "LiteRT",
}
TABLES = {
    "tagging": {
        **{label: keras_tagger(ask) for label, ask in KERAS.items()},
        **{label: runtime_tagger(runtime) for runtime, label in LABELS.items()},
        "spaCy, HashEmbedCNN 96 x 4, untrained": spacy_tagger,
        "NLTK, averaged perceptron": nltk_tagger,
        "Flair, pos-fast, untrained": flair_tagger,
        "Stanza, nocharlm, untrained": stanza_tagger,
    },
    "forecasting": {
        **{label: keras_forecaster(ask) for label, ask in KERAS.items()},
        **{label: runtime_forecaster(runtime) for runtime, label in LABELS.items()},
    },
}
PEERS = {"spaCy": "spacy", "NLTK": "nltk", "Flair": "flair", "Stanza": "stanza"}


@app.command()
def row(table: str, label: str, path: pathlib.Path):
    """Measure one row (what the other commands call): prints JSON."""
    given = json.loads(path.read_text())
    answer = TABLES[table][label](given)
    items = given.get("sentences")
    if items is None:
        import numpy as np

        items = np.load(given["histories"])
    answer(items[:1])
    found = {"cold": time.perf_counter() - STARTED, "batches": {}}
    if table == "tagging":
        order = sorted(range(len(items)), key=lambda place: len(items[place]))
        items = [items[place] for place in order]
        gold = [given["gold"][place] for place in order]
        told, start = [], time.perf_counter()
        for at in range(0, len(items), 64):
            told += answer(items[at : at + 64])
            if time.perf_counter() - start > LONGEST:
                break
        found["first"] = sum(map(len, items[: len(told)])) / (time.perf_counter() - start)
        right = [
            mine == true
            for pair in zip(told, gold, strict=False)
            for mine, true in zip(*pair, strict=False)
        ]
        if len(told) == len(gold):
            found["accuracy"] = sum(right) / sum(map(len, gold))
    for size in BATCHES:
        batches = [items[start : start + size] for start in range(0, len(items), size)]
        random.Random(0).shuffle(batches)
        for batch in batches[:10]:
            answer(batch)
        times, counted, began = [], 0, time.perf_counter()
        for batch in itertools.cycle(batches):
            start = time.perf_counter()
            answer(batch)
            times.append(time.perf_counter() - start)
            counted += sum(map(len, batch)) if table == "tagging" else len(batch)
            if time.perf_counter() - began > SECONDS:
                break
        times.sort()
        found["batches"][size] = {
            "p50": times[len(times) // 2],
            "p95": times[int(len(times) * 0.95)],
            "rate": counted / sum(times),
        }
    with open("/proc/self/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    found["memory"] = int(peak.split()[1]) / 1024
    found["versions"] = {
        name: importlib.metadata.version(name)
        for name in (
            "keras",
            "tensorflow",
            "onnxruntime",
            "ai-edge-litert",
            "spacy",
            "nltk",
            "flair",
            "stanza",
        )
        if name.replace("-", "_").replace("ai_edge_litert", "ai_edge_litert.interpreter")
        in sys.modules
    }
    print(json.dumps(found))


@app.command(hidden=True)
def perceptron(train: pathlib.Path, kept: pathlib.Path):
    """Train NLTK's tagger, for as many passes as it does by itself."""
    from nltk.tag.perceptron import PerceptronTagger

    tagger = PerceptronTagger(load=False)
    tagger.train([[tuple(pair) for pair in each] for each in json.loads(train.read_text())])
    kept.write_text(json.dumps(tagger.encode_json_obj()))


def exported(folder, name):
    """A copy of a published model with the graphs of every runtime in it."""
    import shutil

    from zoo import pretrained, publishing

    directory = pathlib.Path(folder, name)
    shutil.copytree(pretrained.CHECKOUT / name, directory)
    publishing.to_onnx(directory)
    publishing.to_onnx(directory, int8=True)
    publishing.to_litert(directory)
    return directory


def megabytes(directory, runtime):
    """What a runtime needs of a model's files."""
    weights = directory / "variables" / "variables.data-00000-of-00001"
    files = {
        "tensorflow": [
            weights,
            directory / "saved_model.pb",
            directory / "variables/variables.index",
        ],
        "onnx": [weights, directory / "model.onnx"],
        "onnx-int8": [directory / "model.int8.onnx"],
        "litert": [directory / "model.tflite"],
    }[runtime]
    return sum(path.stat().st_size for path in files) / 1e6


def installed(python, module):
    """Says whether a Python has a module."""
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def measured(table, label, path, python):
    """The figures of a row: the median of several processes, and how far they were apart."""
    passes = []
    for _ in range(PASSES):
        command = [python, __file__, "row", table, label, str(path)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        output = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout
        passes.append(json.loads(output.splitlines()[-1]))
    return passes


def middle(passes, of):
    """The median of a figure."""
    return statistics.median(map(of, passes))


def write(table, given, directory, unit, peers):
    """Measures all rows of a table, prints them and writes them."""
    columns = ["runtime", *(["first pass, batch 64: words/s"] if "gold" in given else [])]
    for size in BATCHES:
        columns += [
            f"batch {size}: {unit}/s",
            "lowest to highest",
            "p50 ms",
            "p95 ms",
            "against `predict`",
        ]
    columns += ["peak MB", "files MB", "cold start s", *(["accuracy"] if "gold" in given else [])]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    sizes = {label: f"{megabytes(directory, runtime):.1f}" for runtime, label in LABELS.items()}
    rates, versions = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "given.json")
        path.write_text(json.dumps({**given, "directory": str(directory)}))
        for label in TABLES[table]:
            module = PEERS.get(label.partition(",")[0])
            python = peers if module else sys.executable
            if python is None or not installed(python, module or "zoo"):
                print(f"Left out, for it is not installed: {label}", file=sys.stderr)
                continue
            passes = measured(table, label, path, python)
            versions |= passes[0]["versions"]
            cells = [label]
            if "gold" in given:
                cells.append(f"**{middle(passes, lambda p: p['first']):,.0f}**")
            for size in map(str, BATCHES):
                of = [each["batches"][size] for each in passes]
                rate = middle(of, lambda b: b["rate"])
                rates.setdefault(size, rate)
                spread = [each["rate"] for each in of]
                cells += [
                    f"**{rate:,.0f}**",
                    f"{min(spread):,.0f} to {max(spread):,.0f}",
                    f"{1000 * middle(of, lambda b: b['p50']):.2f}",
                    f"{1000 * middle(of, lambda b: b['p95']):.2f}",
                    f"{rate / rates[size]:.2f}",
                ]
            cells += [
                f"{middle(passes, lambda p: p['memory']):.0f}",
                sizes.get(label, ""),
                f"{middle(passes, lambda p: p['cold']):.2f}",
            ]
            if "gold" in given:
                known = "untrained" not in label and "accuracy" in passes[0]
                cells.append(f"{100 * passes[0]['accuracy']:.2f}" if known else "")
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    command = f"python benchmarks/serving.py {table}" + (" --peers PYTHON" if peers else "")
    text = "\n".join(
        [
            f"# Serving {directory.name}",
            "",
            *lines,
            "",
            f"Rates are the medians of {PASSES} processes, each of {SECONDS:.0f} s a batch size; "
            "p50 and p95 are those of a call. The cold start is from the start of the script to "
            f"the first answer. {os.cpu_count()} cores, {platform.machine()}, Python "
            f"{platform.python_version()}, "
            + ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
            + f", {time.strftime('%Y-%m-%d')}.",
            "",
            f"Command: `{command}`",
            "",
        ]
    )
    (pathlib.Path(__file__).parent / f"serving_{table}.md").write_text(text)
    print(text)


Peers = Annotated[
    str | None, typer.Option(help="A Python in which other libraries' taggers are installed.")
]


@app.command()
def tagging(peers: Peers = None):
    """Words of EWT's test split, as gold tokens."""
    from zoo.data import tagging as data

    train, test = (data.read("universal_dependencies/en_ewt", split) for split in ("train", "test"))
    with tempfile.TemporaryDirectory() as folder:
        directory = exported(folder, TAGGER)
        kept = pathlib.Path(folder, "perceptron.json")
        if peers is not None and installed(peers, "nltk"):
            pairs = pathlib.Path(folder, "train.json")
            rows = zip(train.tokens, train.tags, strict=True)
            pairs.write_text(json.dumps([list(zip(*each, strict=True)) for each in rows]))
            subprocess.run([peers, __file__, "perceptron", pairs, kept], check=True)
        given = {
            "sentences": test.tokens,
            "gold": test.tags,
            "perceptron": str(kept),
            "tags": sorted({tag for row in train.tags for tag in row}),
        }
        write("tagging", given, directory, "words", peers)


@app.command()
def forecasting():
    """Histories of ETTh1's test split."""
    import numpy as np

    from zoo import recipes

    windows = recipes.get(FORECASTER).load_data().splits["test"]
    x, _ = windows.arrays(windows.starts[:512])
    with tempfile.TemporaryDirectory() as folder:
        directory = exported(folder, FORECASTER)
        histories = pathlib.Path(folder, "histories.npy")
        np.save(histories, windows.in_original_units(x))
        given = {"histories": str(histories)}
        write("forecasting", given, directory, "histories", None)


if __name__ == "__main__":
    app()
