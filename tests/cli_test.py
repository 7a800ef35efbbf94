"""The command line, through the script that a user calls."""

import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import types

import keras
import numpy as np
import pytest

from zoo import cli, printing
from zoo.data import translation
from zoo.data.arrays import Arrays
from zoo.data.classification import ClassificationData
from zoo.data.text import TokenEncoder
from zoo.models import SequenceClassifier
from zoo.pretrained import CHECKOUT
from zoo.serving.saved_model import classification as saving

ZOO = pathlib.Path(sys.executable).with_name("zoo")
NAME = "bilstm_tagger.grammar_text"
CLASSIFIER = "lstm_classifier.toy"
COMMANDS = (
    "list",
    "show",
    "train",
    "evaluate",
    "export",
    "predict",
    "generate",
    "inspect",
    "forecast",
    "detect",
    "data",
    "demo",
)


def call(*arguments, cwd, status=0, **environment):
    """Runs `zoo` with its standard streams apart; in a wide terminal without colours."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("TF_CPP")}
    known |= {"COLUMNS": "200", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    found = subprocess.run(
        [ZOO, *map(str, arguments)],
        cwd=cwd,
        env={**known, "ZOO_URL": "http://127.0.0.1:9", **environment},
        capture_output=True,
        encoding="utf-8",
    )
    assert found.returncode == status, found.stderr
    return found


@pytest.fixture
def quick(monkeypatch, capsys):
    """Calls the command line as `call` does, but in this process, for time's sake."""

    def quick(*arguments, cwd, status=0, **environment):
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            for name, value in {"COLUMNS": "200", "NO_COLOR": "1", **environment}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["zoo", *map(str, arguments)])
            with pytest.raises(SystemExit) as stopped:
                cli.main()
        captured = capsys.readouterr()
        assert stopped.value.code == status, captured.err
        return subprocess.CompletedProcess([], status, captured.out, captured.err)

    return quick


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where all of it happens."""
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def run(place):
    """What `zoo train` printed; the run is in `<place>/run`."""
    return call("train", NAME, "--limit", 50, "--epochs", 1, "--output", "run", cwd=place)


@pytest.fixture(scope="module")
def exported(place, run):
    """What `zoo export` printed; the model is in `<place>/home`."""
    home = pathlib.Path("home") / NAME
    return call("export", NAME, "--limit", 50, "--run", "run", "--output", home, cwd=place)


@pytest.fixture(scope="module")
def zoo(place, exported):
    """Calls the command line where that model is in the cache."""
    return lambda *arguments, **options: call(
        *arguments, cwd=place, **{"ZOO_HOME": str(place / "home"), **options}
    )


def error(found):
    """The one line that tells what went wrong."""
    first, second = found.stderr.splitlines()
    assert first.startswith("Error: ")
    assert "ZOO_TRACEBACK" in second
    assert "Traceback" not in found.stderr
    assert found.stdout == ""
    return first


def history(directory):
    with open(directory / "history.csv", newline="") as file:
        return [
            {key: value for key, value in row.items() if key != "seconds"}
            for row in csv.DictReader(file)
        ]


def test_help(tmp_path):
    call("--help", cwd=tmp_path)  # Now its files are read and compiled.
    before = time.perf_counter()
    found = call("--help", cwd=tmp_path)
    assert time.perf_counter() - before < 3
    shown = [line.split()[1] for line in found.stdout.splitlines() if line.startswith("│ ")]
    assert set(COMMANDS) <= set(shown)
    assert found.stderr == ""


def test_help_without_arguments(tmp_path):
    found = call(cwd=tmp_path, status=2)
    assert all(command in found.stdout + found.stderr for command in COMMANDS)


def test_importing_is_light_and_silent(tmp_path):
    heavy = "import sys, zoo, zoo.cli; sys.exit(bool({'tensorflow', 'keras'} & {*sys.modules}))"
    found = subprocess.run(
        [sys.executable, "-c", heavy], capture_output=True, text=True, cwd=tmp_path
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_train(place, run):
    (row,) = history(place / "run")
    assert (place / "run" / "best.weights.h5").exists()
    last = run.stdout.splitlines()[-1]
    best = f"{100 * float(row['val_accuracy']):.2f}"
    assert last.startswith(f"Best on dev: accuracy {best} after epoch 1 of 1, ")
    assert last.endswith(" in run")
    assert run.stderr == ""


def test_export(place, exported):
    directory = place / "home" / NAME
    assert exported.stdout.endswith(f"Written: {pathlib.Path('home') / NAME}\n")
    assert exported.stderr == ""
    description = json.loads((directory / "model.json").read_text())
    assert f"{100 * description['metrics']['test']['accuracy']:.2f}" in exported.stdout
    assert (description["name"], description["epochs"]) == (NAME, 1)
    assert (directory / "README.md").read_text().startswith(f"# {NAME}\n")


def test_export_to_onnx(place, zoo):
    directory = place / "home" / NAME
    found = zoo("export", NAME, "--format", "onnx")
    assert found.stdout.splitlines() == [
        f"Written: {directory / f'{name}.onnx'}" for name in ("words", "model")
    ]
    assert 'runtime="onnx"' in (directory / "README.md").read_text()


def test_export_of_graphs_elsewhere(refused):
    said = refused("export", NAME, "--format", "litert", "--output", "elsewhere")
    assert "--output is for --format savedmodel; litert is written of the published" in said
    said = refused("export", NAME, "--format", "onnx", "--limit", "5")
    assert "--limit is for --format savedmodel" in said


def test_export_to_onnx_without_onnx(refused, exported, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    said = refused("export", NAME, "--format", "onnx")
    assert said.endswith("This needs ONNX. Install it, in the zoo's folder: pip install '.[onnx]'")


def test_list(zoo):
    found = zoo("list")
    rows = {
        cells[0]: cells
        for cells in map(str.split, found.stdout.replace("│", " ").splitlines())
        if cells
    }
    assert "MB" in rows[NAME]
    assert rows[NAME][1:3] == ["tagging", "grammar_text"]
    assert "Apache" in rows[NAME]
    assert "bigru_tagger.grammar_text" in rows
    assert found.stderr == ""


def test_show(zoo):
    found = zoo("show", NAME)
    assert NAME in found.stdout and "Data and licence" in found.stdout
    assert f"zoo train {NAME}" in found.stdout
    assert found.stderr == ""


def test_predict(zoo):
    found = zoo("predict", NAME, "The dogs don't bark.", "日本 [bold]", "")
    lines = found.stdout.splitlines()
    assert lines[0].split() == ["The", "dogs", "do", "n't", "bark", "."]
    assert len(lines[1].split()) == 6
    assert lines[2].split() == ["日本", "[", "bold", "]"]
    assert found.stderr == ""


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory):
    """A cache that holds one small classifier, with no more of a description than is needed."""
    home = tmp_path_factory.mktemp("classifiers")
    data = ClassificationData(TokenEncoder(["good", "film"], None), ("neg", "pos"), {})
    model = SequenceClassifier(**data.sizes, units=3, embedding_dim=3)
    saving.export(model, data, home / CLASSIFIER)
    description = {"name": CLASSIFIER, "task": "classification", "files": {}}
    (home / CLASSIFIER / "model.json").write_text(json.dumps(description))
    return home


def test_predict_with_contributions(quick, tmp_path, classifiers):
    texts = "A good<br />film 🙂 [bold]", ""
    options = {"cwd": tmp_path, "ZOO_HOME": str(classifiers)}
    found = quick("predict", CLASSIFIER, *texts, "--contributions", **options)
    first, second = found.stdout.splitlines()[:2]
    assert re.fullmatch(rf"(neg|pos) \d+ %  {re.escape(texts[0])}", first)
    assert re.fullmatch(r"(neg|pos) \d+ %  ", second)
    assert found.stderr == ""


def test_predict_carries_a_table_on(quick, tmp_path, small_forecaster):
    rows = [f"{low},{1000 + low}" for low in range(60)]
    (tmp_path / "waves.csv").write_text("\n".join(["low,high", *rows]) + "\n")
    options = {"cwd": tmp_path, "ZOO_HOME": str(small_forecaster.parent)}
    found = call("predict", "segrnn.small", "waves.csv", **options)
    lines = found.stdout.splitlines()
    assert lines[0].split()[:2] == ["low", "low"]
    assert lines[2].split()[0] == "60" and lines[-1].split()[0] == "83"
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    refused = quick("predict", "segrnn.small", "other.csv", status=1, **options)
    assert "must have the columns that segrnn.small knows: low, high. Received: a, b" in error(
        refused
    )
    listed = quick("list", **options)
    assert re.search(r"segrnn.small +forecasting +waves +MSE \d\.\d{3}", listed.stdout)


def test_predict_shows_what_is_unlike_the_rest(quick, tmp_path, small_autoencoder):
    description = json.loads((small_autoencoder / "model.json").read_text())
    channels = description["channels"]
    values = [[50 + step % 7] * len(channels) for step in range(60)]
    values[40] = [500] * len(channels)
    rows = [",".join(map(str, row)) for row in values]
    (tmp_path / "series.csv").write_text("\n".join([",".join(channels), *rows]) + "\n")
    options = {"cwd": tmp_path, "ZOO_HOME": str(small_autoencoder.parent)}
    found = quick("predict", description["name"], "series.csv", **options)
    header, worst, *rest = found.stdout.splitlines()
    assert header.split() == [*channels, "score"] and worst.split()[0] == "40" and len(rest) == 9


def test_forecast(quick, tmp_path):
    days = [f"2024-{1 + day // 28:02}-{1 + day % 28:02},{day % 7}" for day in range(300)]
    (tmp_path / "sold.csv").write_text("\n".join(["day,sold", *days]) + "\n")
    arguments = ("forecast", "sold.csv", "--horizon", 7, "--epochs", 1)
    found = call(*arguments, cwd=tmp_path)
    assert "300 steps of sold; missing and filled: 0; steps of another length: 10" in found.stdout
    assert "Best on dev and used: " in found.stdout
    rows = (tmp_path / "runs" / "sold" / "forecast.csv").read_text().splitlines()
    assert rows[0].startswith("time,sold,sold 2.5 %")
    assert len(rows) == 8
    picture = tmp_path / "runs" / "sold" / "forecast.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    wrong = quick("forecast", "no.csv", "--horizon", 7, cwd=tmp_path, status=1)
    assert "no.csv" in error(wrong)


def test_detect(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"2024-01-{1 + step // 24:02} {step % 24:02}:00,{step % 7}," for step in range(240)]
    rows[200] = rows[200].replace(f",{200 % 7},", ",90,")
    rows[30] = rows[30].replace(",2,", ",,")
    rows = [row + ("" if step == 100 else "4") for step, row in enumerate(rows)]
    pathlib.Path("load.csv").write_text("\n".join(["hour,load,still", *rows]) + "\n")
    arguments = ["detect", "load.csv", "--steps", "2", "--probation", "40"]
    cli.app(arguments, standalone_mode=False)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("240 steps of load, still; missing: 2; the first 40 are learned from")
    assert said[1].split() == ["load", "still", "load", "score", "still", "score"]
    assert said[3].startswith("2024-01-09 08:00:00  90.0    4.0 ")
    scores = pathlib.Path("runs/load/anomalies.csv").read_text().splitlines()
    assert scores[0] == "time,load,still,load score,still score" and len(scores) == 241
    for channel in ("load", "still"):
        picture = pathlib.Path(f"runs/load/anomalies_{channel}.png")
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_evaluate(zoo, place):
    found = zoo("evaluate", NAME, "--limit", 50, "--output", "scores")
    scores = json.loads((place / "scores" / "test.json").read_text())
    assert scores["split"] == "test"
    assert f"{100 * scores['accuracy']:.2f}" in found.stdout
    assert f"{100 * scores['baseline']['accuracy']:.2f}" in found.stdout
    assert (place / "scores" / "test.png").read_bytes().startswith(b"\x89PNG")
    assert found.stderr == ""
    if not (CHECKOUT / NAME).exists():  # It would be looked for there first.
        described = json.loads((place / "home" / NAME / "model.json").read_text())
        for measure in ("accuracy", "tokens", "per_tag", "confusion"):
            assert scores[measure] == described["metrics"]["test"][measure]


def test_trains_the_same_on_exported_arrays(place, run):
    found = call("data", "export", NAME, "arrays", "--limit", 50, cwd=place)
    assert found.stdout == "Written: arrays\n"
    options = ("--arrays", "arrays", "--epochs", 1, "--limit", 50, "--output", "run_on_arrays")
    call("train", NAME, *options, cwd=place)
    assert history(place / "run_on_arrays") == history(place / "run")


def test_trains_a_translator_on_exported_arrays(tmp_path, monkeypatch, capsys):
    pairs = translation.Pairs(("jump twice", "walk", "run once"), ("JUMP JUMP", "WALK", "RUN"))
    monkeypatch.setattr(translation, "read", lambda *_, **__: pairs)
    arrays, name = tmp_path / "arrays", "seq2seq.scan_simple"
    cli.app(["data", "export", name, str(arrays)], standalone_mode=False)
    assert capsys.readouterr().out == f"Written: {arrays}\n"
    options = ["--epochs", "1", "--output", str(tmp_path / "run")]
    cli.app(["train", name, "--arrays", str(arrays), *options], standalone_mode=False)
    assert "Best on dev: perplexity" in capsys.readouterr().out
    data = translation.load("scan/simple")
    assert Arrays.read(arrays).sizes == data.sizes
    written, made = (each.batches("train", 2, seed=0) for each in (Arrays.read(arrays), data))
    for found, expected in zip(written, made, strict=True):
        keras.tree.map_structure(np.testing.assert_array_equal, found, expected)


def test_unknown_model(refused, exported):
    found = refused("predict", "bilstm_tagger.nowhere", "A dog.")
    assert "There is no model 'bilstm_tagger.nowhere'" in found and NAME in found


def test_unknown_recipe(quick, tmp_path):
    found = error(quick("train", "bilstm_tagger.grammar_txt", cwd=tmp_path, status=1))
    assert f"Did you mean {NAME}" in found
    assert list(tmp_path.iterdir()) == []


def test_generate(quick, tmp_path, small_language_model):
    options = {"cwd": tmp_path, "ZOO_HOME": str(small_language_model.parent)}
    wanted = ("--prompt", "the sea", "--length", 60, "--temperature", 0.8, "--top-k", 20)
    first, second = (
        run("generate", "lstm_lm.small", *wanted, "--seed", seed, **options)
        for seed, run in ((1, call), (2, quick))
    )
    assert first.stdout != second.stdout
    assert first.stdout.startswith("the sea") and first.stderr == ""
    assert len(first.stdout) == len("the sea") + 60 + 1, "nothing but the text and a newline"
    said = error(quick("generate", "lstm_lm.small", "--top-p", 2, status=1, **options))
    assert "`top_p` must be above 0 and at most 1" in said
    listed = quick("list", **options)
    assert re.search(r"lstm_lm.small +language_modeling +sea +\d\.\d{3} nats", listed.stdout)


def test_inspect(zoo, refused, place):
    found = zoo("inspect", NAME, "The guards watch the plans .", "--output", "inside")
    assert re.search(r"lstm_1/forward +. forget +. +\d+\.\d% +. +\d+\.\d%", found.stdout)
    files = {path.name for path in (place / "inside").iterdir()}
    assert {"gates_lstm_1_forward.png", "gates_lstm_1_backward.png"} <= files
    assert {"saturation.png", "gradients.png", "parameters.png"} <= files
    assert "Received: ' '" in refused("inspect", NAME, " ")


def test_inspect_a_language_model(quick, tmp_path, small_language_model):
    options = {"cwd": tmp_path, "ZOO_HOME": str(small_language_model.parent)}
    found = quick("inspect", "lstm_lm.small", "the sea", **options)
    assert re.search(r"runs/lstm_lm.small/gates_lstm_1\w*\.png", found.stdout)


def test_inspect_what_reads_no_text(quick, tmp_path, small_forecaster):
    options = {"cwd": tmp_path, "ZOO_HOME": str(small_forecaster.parent)}
    said = error(quick("inspect", "segrnn.small", "a text", status=1, **options))
    assert "language models. Received: segrnn.small, whose task is forecasting" in said


def test_no_text_of_a_tagger(refused, exported):
    said = refused("generate", NAME)
    assert f"`generate` is for language models. Received: {NAME}, whose task is tagging" in said


def test_traceback_for_those_who_want_it(tmp_path):
    found = call("train", "no.recipe", cwd=tmp_path, status=1, ZOO_TRACEBACK="1")
    assert "Traceback" in found.stderr and "There is no recipe 'no.recipe'" in found.stderr


@pytest.fixture
def refused(quick, place):
    """Calls the command line where that model is in the cache; gives the error that it tells."""
    home = str(place / "home")
    return lambda *arguments: error(quick(*arguments, cwd=place, status=1, ZOO_HOME=home))


def test_wrong_split(refused, exported):
    said = refused("evaluate", NAME, "--split", "exam", "--limit", 5)
    assert "`split` must be one of 'train', 'dev', 'test'. Received: 'exam'" in said


@pytest.mark.parametrize("name", ["../x", "..", ""])
def test_name_that_is_a_path(refused, name):
    assert "`name` must be <architecture>.<dataset>" in refused("show", name)


def test_no_contributions_of_a_tagger(refused, exported):
    said = refused("predict", NAME, "A dog.", "--contributions")
    assert f"--contributions is for classifiers. Received: {NAME}, whose task is tagging" in said


@pytest.mark.parametrize("options", [(), ("--contributions",)])
def test_contributions_are_shown_in_colour(classifiers, monkeypatch, options):
    monkeypatch.setenv("ZOO_HOME", str(classifiers))
    printed = []
    console = types.SimpleNamespace(print=lambda text, **_: printed.append(text))
    monkeypatch.setattr(printing, "console", lambda: console)
    cli.app(["predict", CLASSIFIER, "good film", *options], standalone_mode=False)
    (shown,) = printed
    coloured = {shown.plain[each.start : each.end] for each in shown.spans if " on " in each.style}
    assert coloured <= {"good", "film"} and bool(coloured) == bool(options)


def test_another_run_in_the_way(refused, run):
    said = refused("train", NAME, "--limit", 50, "--epochs", 2, "--output", "run")
    assert "run holds a run with other settings. Expected: epochs=2. Found: epochs=1" in said


def test_unfinished_run(refused, run, place):
    settings = json.loads((place / "run" / "run.json").read_text())
    shutil.copytree(place / "run", place / "unfinished")
    (place / "unfinished" / "run.json").write_text(json.dumps({**settings, "epochs": 3}))
    said = refused("export", NAME, "--limit", 50, "--run", "unfinished")
    assert "The run in unfinished stopped after 1 of 3 epochs" in said


def test_no_run_to_export(refused):
    said = refused("export", NAME, "--run", "none")
    assert f"none holds no run. Train one first: zoo train {NAME}" in said


def test_no_arrays_to_train_on(refused):
    assert "nowhere does not hold sizes.json" in refused("train", NAME, "--arrays", "nowhere")


def test_damaged_model(refused, exported, place):
    broken = place / "home" / "bilstm_tagger.broken"
    broken.mkdir()
    try:
        (broken / "model.json").write_text("{")
        assert "model.json cannot be read" in refused("show", "bilstm_tagger.broken")
    finally:
        shutil.rmtree(broken)
