"""A built wheel works from outside the checkout, data set builders included."""

import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parent.parent

USE = """
import pathlib, sys, zoo
from zoo.data import tagging
assert pathlib.Path(zoo.__file__).is_relative_to(sys.argv[1]), zoo.__file__
print(zoo.models.SequenceTagger(vocabulary_size=9, num_tags=3, units=4).output_shape)
print(len(tagging.read("grammar_text", "test", limit=7, data_dir=sys.argv[2])))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    output = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", output]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(output.glob("*.whl"))


def test_wheel_holds_the_package_and_the_builders_and_no_more(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "zoo/cli.py" in names
    assert "zoo/datasets/grammar_text/grammar_text_dataset_builder.py" in names
    assert "zoo/datasets/grammar_text/README.md" in names
    assert "zoo/datasets/__init__.py" not in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"zoo", "rnn_zoo"}


def test_wheel_works_from_elsewhere(wheel, tmp_path):
    place, data = tmp_path / "site", tmp_path / "data"
    install = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--target", place, wheel]
    subprocess.run([sys.executable, "-m", *install], check=True, capture_output=True)
    found = subprocess.run(
        [sys.executable, "-c", USE, place, data],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
    )
    assert found.stdout.split("\n")[:2] == ["(None, None, 3)", "7"], found.stderr
