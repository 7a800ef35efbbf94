"""Pretrained models: found, downloaded, checked, refused, and the same as what was trained."""

import contextlib
import dataclasses
import functools
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import threading

import numpy as np
import pytest

import zoo
from zoo import cards, pretrained, publishing
from zoo.pretrained import DamagedModelError

NAME = "bilstm_tagger.small"
VARIABLES = "variables/variables.data-00000-of-00001"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache; the checkout is elsewhere and empty, and there is no network."""
    monkeypatch.setattr(pretrained, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setenv("ZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZOO_URL", "http://127.0.0.1:9")
    return tmp_path / "home"


@pytest.fixture
def copy(home, published):
    """A copy of the published model in the cache, to damage."""
    return shutil.copytree(published, home / NAME)


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves files; what stands in `lies` by the end of its path is given another answer."""

    lies = {}

    def do_GET(self):
        for end, lie in self.lies.items():
            if self.path.endswith(end):
                return lie(self)
        return super().do_GET()

    def say(self, body, length=None):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def content(self):
        with open(self.translate_path(self.path), "rb") as file:
            return file.read()

    def log_message(self, *arguments):
        pass


def gone(server):
    server.send_error(404)


def truncated(server):
    # All that was announced never comes.
    body = server.content()
    server.say(body[: len(body) // 2], length=len(body))


def shorter(server):
    server.say(server.content()[:-1])


def corrupted(server):
    body = bytearray(server.content())
    body[len(body) // 2] ^= 1
    server.say(bytes(body))


def broken(server):
    server.wfile.write(b"this is not HTTP\r\n\r\n")


def chunked(server):
    # A chunk of 100 bytes is announced, and the connection closed after 3.
    server.send_response(200)
    server.send_header("Transfer-Encoding", "chunked")
    server.end_headers()
    server.wfile.write(b"64\r\nabc")


def saying(text):
    def said(server):
        server.say(text.encode())

    return said


@pytest.fixture
def serve(home, published, monkeypatch):
    """Starts an HTTP server of the published model on this machine; gives the lies it tells."""
    lies = {}
    handler = type("Liar", (Server,), {"lies": lies, "protocol_version": "HTTP/1.1"})
    handler = functools.partial(handler, directory=published.parent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("ZOO_URL", f"http://127.0.0.1:{server.server_port}/")
    yield lies
    server.shutdown()
    thread.join()
    server.server_close()


def files(directory):
    return {path.relative_to(directory) for path in directory.rglob("*") if path.is_file()}


@contextlib.contextmanager
def described(directory):
    """Lets a test change a `model.json`."""
    path = directory / "model.json"
    description = json.loads(path.read_text())
    yield description
    path.write_text(json.dumps(description))


class TestWhereItLooks:
    def test_checkout(self, home, published, monkeypatch):
        monkeypatch.setattr(pretrained, "CHECKOUT", published.parent)
        assert zoo.load(NAME).directory == published
        assert not home.exists()

    def test_cache(self, copy):
        assert zoo.load(NAME).directory == copy

    def test_checkout_before_cache(self, copy, published, monkeypatch):
        monkeypatch.setattr(pretrained, "CHECKOUT", published.parent)
        assert zoo.load(NAME).directory == published

    def test_default_cache(self, home, published, monkeypatch, tmp_path):
        monkeypatch.delenv("ZOO_HOME")
        monkeypatch.setenv("HOME", str(tmp_path / "user"))
        monkeypatch.setenv("USERPROFILE", str(tmp_path / "user"))
        there = tmp_path / "user" / ".cache" / "rnn-zoo" / NAME
        shutil.copytree(published, there)
        assert zoo.load(NAME).directory == there

    def test_download(self, serve, home, published):
        model = zoo.load(NAME)
        assert model.directory == home / NAME
        wanted = {pathlib.Path(file) for file in model.description["files"]}
        assert files(home) == {NAME / file for file in wanted | {pathlib.Path("model.json")}}
        assert all((home / NAME / f).read_bytes() == (published / f).read_bytes() for f in wanted)
        assert [token.text for token in model.predict("A dog barks.")] == ["A", "dog", "barks", "."]

    def test_downloads_once(self, serve):
        zoo.load(NAME)
        serve[""] = gone
        assert zoo.load(NAME).name == NAME


@pytest.mark.parametrize("last", [False, True], ids=["while it is sent", "as it is moved"])
def test_another_process_is_faster(serve, home, published, monkeypatch, last):
    def first():
        shutil.copytree(published, home / NAME)
        (home / NAME / "of the other").touch()

    def sent(server):
        first()
        server.say(server.content())

    def moved(*_):
        first()
        raise OSError("Directory not empty")

    if last:
        monkeypatch.setattr(os, "replace", moved)
    else:
        serve[VARIABLES] = sent
    assert zoo.load(NAME).directory == home / NAME
    assert (home / NAME / "of the other").exists()
    assert [path.name for path in home.iterdir()] == [NAME]


LIES = [
    (VARIABLES, truncated, VARIABLES),
    (VARIABLES, shorter, VARIABLES),
    (VARIABLES, corrupted, VARIABLES),
    ("words.txt", corrupted, "assets/words.txt"),
    ("saved_model.pb", gone, "saved_model.pb"),
    (VARIABLES, broken, VARIABLES),
    ("tags.txt", chunked, "assets/tags.txt"),
    ("model.json", saying("{'name': 5"), "model.json"),
    ("model.json", saying("[]"), "model.json"),
    ("model.json", saying("{}"), "model.json"),
    ("model.json", truncated, "model.json"),
]


@pytest.mark.parametrize(
    ("path", "lie", "named"), LIES, ids=[f"{lie.__name__} {path}" for path, lie, _ in LIES]
)
def test_what_a_dishonest_server_sends_is_refused(serve, home, path, lie, named):
    serve[path] = lie
    with pytest.raises(DamagedModelError) as error:
        zoo.load(NAME)
    assert named in str(error.value)
    assert "http://127.0.0.1" in str(error.value)
    assert list(home.iterdir()) == []
    serve.clear()
    assert zoo.load(NAME).directory == home / NAME


@pytest.mark.parametrize("lie", [gone, broken])
def test_no_such_model_there(serve, home, lie):
    serve["model.json"] = lie
    with pytest.raises(ValueError, match=f"(?s)There is no model '{NAME}'.*At hand: none.*ZOO_URL"):
        zoo.load(NAME)
    assert list(home.iterdir()) == []


def test_nobody_answers(home):
    with pytest.raises(ValueError, match=r"no model 'bilstm.x' here, and http://127.0.0.1:9/"):
        zoo.load("bilstm.x")


def test_names_what_is_at_hand(copy):
    with pytest.raises(ValueError, match=f"At hand: {NAME}"):
        zoo.load("bilstm_tagger.smaller")


def test_what_was_left_of_a_model_gives_way_to_a_download(serve, home):
    (home / NAME).mkdir(parents=True)
    (home / NAME / "saved_model.pb").write_text("half")
    assert zoo.load(NAME).directory == home / NAME


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "../small", "a/b", "/etc", "a\\b", ".hidden", "a b", "a?b", "a\n"]
)
def test_names_that_are_paths_are_refused(home, published, name):
    # Were it followed, ".." would find a model here.
    home.mkdir()
    shutil.copytree(published, home.parent, dirs_exist_ok=True)
    with pytest.raises(ValueError, match=r"`name` must be <architecture>\.<dataset>\. Received"):
        zoo.load(name)


ESCAPES = ["../x", "assets/../../x", "/x", "..", ".", "", "a//x", "..\\x", "c:/x", "a/.."]


@pytest.mark.parametrize("path", ESCAPES)
def test_files_outside_the_directory_are_refused(serve, home, published, path):
    evil = b"evil"
    description = json.loads((published / "model.json").read_text())
    description["files"] = {path: hashlib.sha256(evil).hexdigest()}
    serve["model.json"] = saying(json.dumps(description))
    serve[""] = saying(evil.decode())
    before = files(home.parent)
    with pytest.raises(DamagedModelError, match="names a file outside its directory"):
        zoo.load(NAME)
    assert files(home.parent) == before


@pytest.mark.parametrize("path", ESCAPES)
def test_local_files_outside_the_directory_are_refused(copy, path):
    with described(copy) as description:
        description["files"][path] = hashlib.sha256(b"").hexdigest()
    with pytest.raises(DamagedModelError, match="names a file outside its directory"):
        zoo.load(NAME)


@pytest.mark.parametrize("file", [VARIABLES, "assets/words.txt", "saved_model.pb"])
def test_damaged_local_files_are_named(copy, file):
    content = bytearray((copy / file).read_bytes())
    content[-1] ^= 1
    (copy / file).write_bytes(content)
    with pytest.raises(DamagedModelError, match=f"{file} is damaged. Expected sha256 "):
        zoo.load(NAME)
    (copy / file).unlink()
    with pytest.raises(DamagedModelError, match=f"{file} is missing"):
        zoo.load(NAME)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": "x"}', '{"name": 1, "files": 2}'])
def test_damaged_description_is_named(copy, text):
    (copy / "model.json").write_text(text)
    with pytest.raises(DamagedModelError, match=r"model.json cannot be read"):
        zoo.load(NAME)


def test_list_models(copy, published):
    (found,) = zoo.list_models()
    assert (found["name"], found["task"], found["dataset"]) == (NAME, "tagging", "grammar_text")
    assert found["licence"] == "Apache 2.0"
    assert found["bytes"] == sum((published / file).stat().st_size for file in files(published))


def test_list_models_of_both_places(copy, published, monkeypatch, tmp_path):
    checkout = tmp_path / "models"
    shutil.copytree(published, checkout / NAME)
    shutil.copytree(published, checkout / "another")
    with described(checkout / "another") as description:
        description["name"] = "another"
    with described(checkout / NAME) as description:
        description["licence"] = "that of the checkout"
    monkeypatch.setattr(pretrained, "CHECKOUT", checkout)
    found = zoo.list_models()
    assert [model["name"] for model in found] == ["another", NAME]
    assert found[1]["licence"] == "that of the checkout"


class TestPublished:
    @pytest.fixture
    def model(self, copy):
        return zoo.load(NAME)

    def test_description(self, model, small_run, published):
        description = model.description
        assert description == json.loads((published / "model.json").read_text())
        contract = {"name", "task", "dataset", "recipe", "metrics", "rival", "command", "seconds"}
        assert contract | {"machine", "versions", "licence", "files"} <= description.keys()
        assert description["metrics"]["test"] == json.loads(
            json.dumps(zoo.evaluation.evaluate(small_run.recipe, small_run.model, small_run.data))
        )
        assert set(description["metrics"]) == {"dev", "test"}
        assert (
            description["command"]
            == f"zoo train {NAME} --limit 400 && zoo export {NAME} --limit 400"
        )
        digests = {
            file.as_posix(): hashlib.sha256((published / file).read_bytes()).hexdigest()
            for file in files(published)
            if file.name not in ("model.json", "README.md")
        }
        assert description["files"] == digests
        assert model.name == NAME and model.task == "tagging"
        assert description["parameters"] == small_run.model.count_params()

    def test_card(self, model, published):
        assert model.card == (published / "README.md").read_text()
        assert model.card == cards.render(model.description)

    def test_vocabulary_and_encoder(self, model, small_run):
        assert model.vocabulary == ["", "[UNK]", *small_run.data.encoder.words]
        tokens = ["The", "dogs", "quxly", "42", ""]
        expected = small_run.data.encoder(tokens)
        for name, ids in model.encoder(tokens).items():
            assert ids.numpy().tolist() == expected[name].numpy().tolist()
        ids = model.encoder(tokens)["tokens"].numpy()
        assert ids[2] == 1 and ids[4] == 0
        assert model.vocabulary[ids[0]] == "the"

    def test_model_is_compiled_and_trainable(self, model, small_run):
        assert model.model is model.model
        assert model.model.compiled
        assert len(model.model.trainable_variables) == len(small_run.model.trainable_variables)
        assert model.model.count_params() == small_run.model.count_params()

    def test_backbone_is_the_model_without_its_head(self, model):
        head = model.model.get_layer("logits")
        x = model.encoder([["The", "dogs", "bark"], ["Sing"]])
        states = model.backbone(x, training=False)
        np.testing.assert_allclose(head(states), model.model(x, training=False), atol=1e-6)

    def test_model_equals_saved_model(self, model, small_run):
        sentences = small_run.data.splits["test"].tokens[:30]
        for tokens, row in zip(sentences, model.predict(sentences), strict=True):
            x = {name: ids.numpy()[None] for name, ids in model.encoder(tokens).items()}
            logits = model.model.predict_on_batch(x)[0].astype("float64")
            exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
            shares = exponents / exponents.sum(axis=-1, keepdims=True)
            tags = [small_run.data.tags[place] for place in shares.argmax(axis=-1)]
            assert [token.tag for token in row] == tags
            probabilities = [token.probability for token in row]
            np.testing.assert_allclose(probabilities, shares.max(axis=-1), atol=1e-5)

    def test_fine_tunes(self, model, small_run):
        batch = next(iter(small_run.data.batches("train", 64, seed=0)))
        before = model.model.evaluate(*batch[:2], sample_weight=batch[2], verbose=0)[0]
        weights = [variable.numpy() for variable in model.model.trainable_variables]
        for _ in range(10):
            assert np.isfinite(model.model.train_on_batch(*batch)).all()
        changed = [
            not np.array_equal(old, new.numpy())
            for old, new in zip(weights, model.model.trainable_variables, strict=True)
        ]
        assert all(changed)
        after = model.model.evaluate(*batch[:2], sample_weight=batch[2], verbose=0)[0]
        assert after < before

    def test_repr(self, model):
        assert repr(model) == f"<zoo.Pretrained {NAME}>"


def test_a_language_model_writes_and_scores(small_language_model):
    model = zoo.pretrained.Pretrained(small_language_model)
    text = model.predict("the sea", length=30, seed=3)
    assert text.startswith("the sea") and len(text) == len("the sea") + 30
    found = model.score(["the sea", text])
    assert [len(each.tokens) for each in found] == [7, 37]
    assert model.vocabulary[0] == "" and "\n" in model.vocabulary
    assert model.model.get_layer("carried_state").lanes == 4


def test_what_a_model_cannot_be_asked_is_named(home):
    for task in ("forecasting", "translation"):
        (home / task).mkdir(parents=True)
        description = {"name": f"a.{task}", "task": task, "files": {}}
        (home / task / "model.json").write_text(json.dumps(description))
    forecaster, translator = (
        pretrained.Pretrained(home / task) for task in ("forecasting", "translation")
    )
    with pytest.raises(ValueError, match=r"for models of words\. Received: a\.forecasting"):
        assert forecaster.vocabulary
    assert forecaster.adapt(data := object()) is data
    with pytest.raises(ValueError, match=r"`read` is for taggers.* Received: a\.translation"):
        translator.read("A dog.")


def test_publishes_into_the_cache_where_there_is_no_checkout(home):
    assert pretrained.home() == home
    pretrained.CHECKOUT.mkdir()
    assert pretrained.home() == pretrained.CHECKOUT


def test_only_language_models_score(published):
    with pytest.raises(ValueError, match=r"`score` is for language models. Received: bilstm_tagg"):
        pretrained.Pretrained(published).score("A dog.")


def test_publishes_stacked_layers(small_run, home):
    # JSON turns the tuple of units into a list; the builder must take it back.
    hyperparameters = {"units": (4, 6), "embedding_dim": 4, "normalization": "batch"}
    recipe = dataclasses.replace(
        small_run.recipe, name="stacked.small", hyperparameters=hyperparameters
    )
    preprocessed = dataclasses.replace(recipe, preprocessing={"characters": False})
    data = preprocessed.load_data(limit=20)
    run = dataclasses.replace(
        small_run, recipe=preprocessed, model=preprocessed.build(data.sizes), data=data
    )
    zoo.export(run, home / recipe.name)
    model = zoo.load(recipe.name)
    assert "characters" not in model.encoder(["a"])
    tokens = data.splits["dev"].tokens[0]
    (row,) = model.predict([tokens])
    logits = model.model.predict_on_batch(model.encoder(tokens)["tokens"].numpy()[None])[0]
    assert [token.tag for token in row] == [data.tags[place] for place in logits.argmax(axis=-1)]


def test_publishing_again_replaces(small_run, tmp_path):
    directory = tmp_path / NAME
    directory.mkdir()
    for name in ("old", "model.json"):
        (directory / name).write_text("left over")
    zoo.export(small_run, directory)
    pretrained.check(directory)
    assert not (directory / "old").exists()
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_what_is_no_model_is_not_replaced(small_run, tmp_path, monkeypatch):
    (tmp_path / "mine").write_text("for years")
    monkeypatch.setattr(zoo.evaluation, "evaluate", lambda *_, **__: pytest.fail("too late"))
    for place in (tmp_path, tmp_path / "mine"):
        with pytest.raises(ValueError, match=r"must be new, empty, or a .*no model\.json in it"):
            zoo.export(small_run, place)
    assert (tmp_path / "mine").read_text() == "for years"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_model_stays_where_another_cannot_take_its_place(tmp_path, monkeypatch):
    old, new = tmp_path / NAME, tmp_path / "new"
    for directory in (old, new):
        directory.mkdir()
        (directory / "model.json").write_text(directory.name)
    replace = os.replace

    def full(source, target):
        if source == new:
            raise OSError("No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        publishing._put(new, old)
    assert (old / "model.json").read_text() == NAME
    monkeypatch.undo()
    publishing._put(new, old)
    assert (old / "model.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_file_is_written_whole_or_not_at_all(copy, monkeypatch):
    before = {file: (copy / file).read_bytes() for file in files(copy)}

    def half(path, content):
        with open(path, "wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError("No space left on device")

    monkeypatch.setattr(pathlib.Path, "write_bytes", half)
    found = pretrained.Pretrained(copy)
    with pytest.raises(OSError, match="No space"):
        publishing._describe(copy, {**found.description, "seconds": 1})
    assert {file: (copy / file).read_bytes() for file in files(copy)} == before


def test_evaluates_with_the_vocabulary_of_the_model(copy, small_run):
    # Fewer sentences make another vocabulary, whose ids the model does not know.
    found = zoo.evaluate(small_run.recipe, limit=50)
    gold = small_run.data.splits["test"]
    rows = zoo.load(NAME).predict(gold.tokens[:50])
    right = [
        token.tag == tag
        for row, tags in zip(rows, gold.tags[:50], strict=True)
        for token, tag in zip(row, tags, strict=True)
    ]
    assert found["tokens"] == len(right)
    assert found["accuracy"] == pytest.approx(sum(right) / len(right), abs=1e-9)
