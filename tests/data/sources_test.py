"""Tests for zoo.data.sources."""

import hashlib
import http.server
import random
import socket
import subprocess
import sys
import threading
import time

import pytest

from zoo.data import sources

_BUILDER = '''
import tensorflow_datasets.public_api as tfds


class Builder(tfds.core.GeneratorBasedBuilder):
    """Lines of a text file behind a URL."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=name)
        for name in ("whole", "broken", "absent", "deaf", "short")
    ]

    def _info(self):
        features = tfds.features.FeaturesDict({"line": tfds.features.Text()})
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager):
        host = {"deaf": "http://127.0.0.1:1"}.get(self.builder_config.name, "URL")
        path = dl_manager.download(f"{host}/{self.builder_config.name}.txt")
        return {"train": self._generate_examples(path)}

    def _generate_examples(self, path):
        for index, line in enumerate(path.read_text().splitlines()):
            yield index, {"line": line}
'''


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404 if "absent" in self.path else 200)
        self.send_header("Content-Length", "80" if "short" in self.path else "8")
        self.end_headers()
        self.wfile.write(b"one\ntwo\n")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def served_lines(tmp_path_factory):
    """A folder with the builder `served_lines`, whose files a local server holds."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    folder = tmp_path_factory.mktemp("builders") / "served_lines"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "served_lines_dataset_builder.py").write_text(_BUILDER.replace("URL", url))
    good = hashlib.sha256(b"one\ntwo\n").hexdigest()
    checksums = {"whole": good, "broken": "0" * 64}
    (folder / "checksums.tsv").write_text(
        "".join(f"{url}/{n}.txt\t8\t{sha}\t{n}.txt\n" for n, sha in checksums.items())
    )
    yield folder.parent
    server.shutdown()
    server.server_close()


@pytest.fixture
def folders(monkeypatch, served_lines):
    monkeypatch.setattr(sources, "_FOLDERS", (served_lines, *sources._FOLDERS))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


def test_loads_our_own_data_set(data_dir):
    first, again = (
        list(sources.load("grammar_text", "test[:20]", data_dir).as_numpy_iterator())
        for _ in range(2)
    )
    assert [x["text"] for x in first] == [x["text"] for x in again]
    assert len(first[0]["tokens"]) == len(first[0]["upos"]) == len(first[0]["entities"])


def test_tf_data_does_not_tune_itself(data_dir):
    options = sources.load("grammar_text", "validation", data_dir).options()
    assert options.autotune.enabled is False
    assert options.deterministic is not False


def test_data_dir_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert sources.builder("grammar_text").data_path.is_relative_to(tmp_path)
    assert sources.builder("universal_dependencies/en_ewt").data_path.is_relative_to(tmp_path)


def test_what_is_prepared_is_not_made_again(data_dir, monkeypatch):
    sources.load("grammar_text", "test", data_dir)
    own = type(sources.builder("grammar_text"))
    monkeypatch.setattr(own, "_generate_examples", lambda *_: pytest.fail("made again"))
    assert len(sources.load("grammar_text", "test", data_dir)) == 500


def test_loads_what_a_server_has(folders, tmp_path):
    examples = sources.load("served_lines/whole", "train", tmp_path).as_numpy_iterator()
    assert sorted(example["line"] for example in examples) == [b"one", b"two"]


@pytest.mark.parametrize("config", ["absent", "deaf", "short"])
def test_failed_download_names_url_and_ways_out(folders, tmp_path, config):
    start = time.monotonic()
    with pytest.raises(sources.DataUnavailableError) as info:
        sources.load(f"served_lines/{config}", "train", tmp_path)
    assert time.monotonic() - start < 10
    for part in (f"/{config}.txt", f"served_lines/{config}", "TFDS_DATA_DIR", "'grammar_text'"):
        assert part in str(info.value)


def test_broken_download_names_file_and_url(folders, tmp_path):
    with pytest.raises(sources.DataUnavailableError, match="checksum") as info:
        sources.load("served_lines/broken", "train", tmp_path)
    [path] = tmp_path.rglob("broken.txt")
    assert f"{path} from http://127.0.0.1" in str(info.value)
    assert not list(tmp_path.rglob("*incomplete*"))


def test_another_process_may_prepare_it_meanwhile(folders, tmp_path, monkeypatch):
    own = type(sources.builder("served_lines/whole", tmp_path))
    generate = own._generate_examples

    def overtaken(self, path):
        monkeypatch.setattr(own, "_generate_examples", generate)
        random.seed(0)
        sources.load("served_lines/whole", "train", tmp_path)
        return generate(self, path)

    monkeypatch.setattr(own, "_generate_examples", overtaken)
    random.seed(0)
    assert len(sources.load("served_lines/whole", "train", tmp_path)) == 2
    assert not list(tmp_path.rglob("*incomplete*"))


def test_without_a_network_real_data_fails_within_seconds(monkeypatch, tmp_path):
    def unresolved(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    start = time.monotonic()
    with pytest.raises(sources.DataUnavailableError, match="https://raw"):
        sources.load("universal_dependencies/en_ewt", "train", tmp_path)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("gramar_text", "grammar_text"),
        ("universal_dependancies", "universal_dependencies"),
        ("universal_dependencies/en_ewtt", "en_ewt"),
        ("served_lines/hole", "whole"),
        ("no such thing", "none"),
    ],
)
def test_unknown_names_get_hints(folders, tmp_path, name, hint):
    with pytest.raises(sources.UnknownDatasetError, match=f"Similar names: .*{hint}"):
        sources.builder(name, tmp_path)


def test_import_needs_no_tensorflow():
    code = "import sys, zoo.data.sources; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
