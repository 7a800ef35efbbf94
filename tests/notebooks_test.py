"""The committed notebooks are what their sources say, were run whole, and show no corpus."""

import html
import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

from zoo.data import classification, sources, tagging

nbformat = pytest.importorskip("nbformat", reason="the extra `notebooks` is not installed")
pytest.importorskip("jupytext", reason="the extra `notebooks` is not installed")

FOLDER = pathlib.Path(__file__).parent.parent / "notebooks"
_SPEC = importlib.util.spec_from_file_location("build", FOLDER / "build.py")
build = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(build)
NAMES = build.sources()
# Corpora that nothing stands in for in the notebook.
REVIEWS = ("imdb_reviews", "classification_sentiment")
PLAYS = ("tiny_shakespeare", "language_modeling_shakespeare")
STREAMS = ("nab", "reconstruction_anomalies")


def committed(name):
    path = FOLDER / f"{name}.ipynb"
    if not path.exists():
        pytest.skip(f"{path.name} is not built; test_source_and_notebook_agree fails for it")
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def texts(notebook):
    """Every text that the cells put out, without HTML tags."""
    for output in outputs(notebook):
        if output.output_type == "stream":
            yield output.text
        for kind, data in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield html.unescape(re.sub(r"<[^>]*>", " ", data)) if kind == "text/html" else data


def words(text):
    return re.findall(r"\w+", text.lower())


def shown(sentences, text, least=5):
    """Those of the sentences that occur in a text, however it is spaced and punctuated."""
    text = f" {' '.join(words(text))} "
    found = []
    for sentence in sentences:
        plain = words(sentence)
        if len(plain) >= least and f" {' '.join(plain)} " in text:
            found.append(sentence)
    return found


def needs(corpus):
    folder = os.environ.get("TFDS_DATA_DIR")
    if not folder or not pathlib.Path(folder, corpus).is_dir():
        pytest.skip(f"needs {corpus} in TFDS_DATA_DIR")


def check_run(notebook):
    """Holds that a notebook was executed once from top to bottom, without an error."""
    code = code_cells(notebook)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for output in outputs(notebook) if output.output_type == "error"]
    assert not [output for output in outputs(notebook) if output.get("name") == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs(notebook))


def test_there_are_notebooks():
    assert "tagging_pos" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_source_and_notebook_agree(name):
    path = FOLDER / f"{name}.ipynb"
    assert path.exists(), f"{path.name} is missing. Build it: python notebooks/build.py {name}"
    source, notebook = build.read(FOLDER / f"{name}.py"), nbformat.read(path, as_version=4)
    expected = [(cell.cell_type, cell.source, cell.metadata) for cell in source.cells]
    assert [(cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells] == expected, (
        f"{path.name} is older than its source. Build it: python notebooks/build.py {name}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_notebook_was_run_from_top_to_bottom(name):
    check_run(committed(name))


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_light_and_names_no_home(name):
    notebook = committed(name)
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 1_000_000
    text = "\n".join([*texts(notebook), *(cell.source for cell in notebook.cells)])
    assert not re.findall(r"/(?:home|Users|root|work|tmp)/[\w./-]*", text)


def test_pictures_are_those_of_the_notebooks():
    expected = {}
    for name in NAMES:
        expected |= build.pictures(committed(name))
    found = {path.stem: path.read_bytes() for path in FOLDER.glob("pictures/*.png")}
    assert found == expected
    readme = (FOLDER.parent / "README.md").read_text()
    assert set(re.findall(r"notebooks/pictures/(\w+)\.png", readme)) == set(expected)


def test_shown_finds_a_sentence_however_it_is_spaced():
    sentence = "One small dog , it seems , barks ."
    assert shown([sentence], "He said: one small dog,\nit seems, barks!") == [sentence]
    assert shown([sentence], "one small dog it seems barked") == []
    assert shown(["Dogs bark ."], "Dogs bark .") == []


@pytest.mark.slow  # The corpora, prepared in TFDS_DATA_DIR.
@pytest.mark.parametrize("corpus", ["universal_dependencies/en_ewt", "conll2003"])
@pytest.mark.parametrize("name", NAMES)
def test_outputs_show_no_sentence_of_the_corpus(name, corpus):
    needs(corpus)
    text = "\n".join(texts(committed(name)))
    for split in ("train", "dev", "test"):
        sentences = tagging.read(corpus, split).tokens
        joined = [" ".join(sentence) for sentence in sentences]
        assert shown(joined, joined[0] + " " + text, least=1), "the search itself finds nothing"
        assert shown(joined, text) == []


@pytest.mark.slow  # The corpus, prepared in TFDS_DATA_DIR.
def test_outputs_show_no_sentence_of_the_reviews():
    corpus, name = REVIEWS
    needs(corpus)
    text = "\n".join(texts(committed(name)))
    for split in ("train", "dev", "test"):
        reviews = " . ".join(classification.read(corpus, split).texts)
        sentences = [part for part in re.split(r"<br />|[.!?;:]", reviews) if part.strip()]
        assert shown(sentences, sentences[0] + " " + text, least=1), "the search finds nothing"
        assert shown(sentences, text) == []


def lines_of(text, least=25):
    """Lines of so many characters at least."""
    return {line.strip() for line in text.splitlines() if len(line.strip()) >= least}


@pytest.mark.slow  # The corpus, prepared in TFDS_DATA_DIR.
def test_outputs_show_no_line_of_the_plays():
    """What a language model wrote is its own, as long as it is no line of the corpus."""
    corpus, name = PLAYS
    needs(corpus)
    text = "\n".join(texts(committed(name)))
    plays = "\n".join(
        row["text"].decode()
        for split in ("train", "validation", "test")
        for row in sources.load(corpus, split).as_numpy_iterator()
    )
    assert len(lines_of(plays)) > 20_000, "the search itself finds nothing"
    assert [line for line in lines_of(plays) if line in text] == []
    assert [line for line in lines_of(text) if line in plays] == []


@pytest.mark.slow  # A minute or two a notebook; real data where they are prepared.
@pytest.mark.parametrize("name", NAMES)
def test_notebook_runs_shortened(name, tmp_path):
    for corpus, of in (REVIEWS, PLAYS, STREAMS):
        if name == of:
            needs(corpus)
    command = [sys.executable, FOLDER / "build.py", name, "--short", "--output", tmp_path]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr[-3000:]
    check_run(nbformat.read(tmp_path / f"{name}.ipynb", as_version=4))


def test_a_failing_cell_leaves_the_notebook_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "HERE", tmp_path)
    source, target = tmp_path / "wrong.py", tmp_path / "wrong.ipynb"
    source.write_text("# %%\nprint(1)\n\n# %%\n1 / 0\n")
    target.write_text("what was there")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        build.build("wrong", tmp_path)
    assert target.read_text() == "what was there"
    assert {path.name for path in tmp_path.iterdir()} == {"wrong.py", "wrong.ipynb"}


def test_tidy_keeps_one_line_an_epoch_and_no_noise(capsys):
    cell = nbformat.v4.new_code_cell("fit()")
    fitted = "Epoch 1/2\n3/3 - 5s - loss: 1.0\nEpoch 2/2\n3/3 - 4s - loss: 0.5\n"
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="a banner"),
        nbformat.v4.new_output("stream", name="stdout", text=fitted),
        nbformat.v4.new_output("stream", name="stdout", text="Downloading data from afar\n"),
        nbformat.v4.new_output(
            "display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
        ),
    ]
    cell.metadata["execution"] = {"iopub.execute_input": "now"}
    (tidied,) = build.tidy(nbformat.v4.new_notebook(cells=[cell])).cells
    assert [output.text for output in tidied.outputs] == [
        "Epoch 1/2 - loss: 1.0\nEpoch 2/2 - loss: 0.5\n"
    ]
    assert tidied.metadata == {}
    assert "a banner" in capsys.readouterr().err
