"""Holds the imports against the drawing of the house: they only point down."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
SOURCES = sorted(path for path in (ROOT / "zoo").rglob("*.py"))

FLOORS = {
    "zoo": 6,
    "zoo.cli": 6,
    "zoo.demo": 6,
    "zoo.printing": 6,
    "zoo.recipes": 5,
    "zoo.training": 4,
    "zoo.progress": 4,
    "zoo.processes": 4,
    "zoo.evaluation": 4,
    "zoo.pretrained": 4,
    "zoo.publishing": 4,
    "zoo.outlook": 4,
    "zoo.detection": 4,
    "zoo.serving": 3,
    "zoo.onnx": 3,
    "zoo.models": 2,
    "zoo.data": 2,
    "zoo.metrics": 2,
    "zoo.plots": 2,
    "zoo.inspection": 2,
    "zoo.layers": 1,
    "zoo.recipe": 1,
    "zoo.cards": 1,
    "zoo.schemes": 0,
}
SEE_TENSORFLOW = {"zoo.data", "zoo.serving"}
SEES_THE_ACTIVE_BACKEND = "zoo.layers.backend"  # For what keras.ops lacks.


def room(module):
    """The room that a module lies in: `zoo.data.text` lies in `zoo.data`."""
    return ".".join(module.split(".")[:2])


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            # `from zoo import cards` names a room, `from zoo.recipe import Recipe` what is in one.
            names = [f"zoo.{alias.name}" for alias in node.names]
            yield from names if node.module == "zoo" else [node.module]


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_imports_point_down(path):
    here = room(module_of(path))
    assert here in FLOORS, f"{here} has no floor yet"
    for name in imports(path):
        there = room(name)
        if not name.startswith("zoo") or there == here or there not in FLOORS:
            continue
        sideways_allowed = FLOORS[here] in (4, 6)
        assert FLOORS[there] < FLOORS[here] or (
            sideways_allowed and FLOORS[there] == FLOORS[here]
        ), f"{here} (floor {FLOORS[here]}) imports {name} (floor {FLOORS[there]})"


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_only_data_and_serving_see_tensorflow(path):
    seen = {name.partition(".")[0] for name in imports(path)}
    if room(module_of(path)) not in SEE_TENSORFLOW and module_of(path) != SEES_THE_ACTIVE_BACKEND:
        assert not seen & {"tensorflow", "tensorflow_datasets"}


def test_the_test_itself_sees_a_wrong_import(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from zoo.training import fit\n")
    assert list(imports(wrong)) == ["zoo.training"]
    assert FLOORS["zoo.training"] > FLOORS["zoo.models"]


WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = None
import numpy as np
import keras
assert keras.backend.backend() == "jax"
import zoo
from zoo import layers, models, recipes, training
model = models.SequenceTagger(
    20, 3, units=(4, 4), character_encoder="cnn", character_vocabulary_size=9,
    word_dropout=0.1, variational_dropout=True, normalization="layer", residual=True,
)
x = {"tokens": np.ones((2, 5), "int32"), "characters": np.ones((2, 5, 4), "int32")}
before = model.get_weights()
loss, _ = model.train_on_batch(x, np.zeros((2, 5), "int32"), np.ones((2, 5), "float32"))
assert np.isfinite(loss)
assert any((a != b).any() for a, b in zip(before, model.get_weights()))
assert "tensorflow" not in {name for name, module in sys.modules.items() if module}
print("trained")
"""


def test_jax_without_tensorflow():
    pytest.importorskip("jax", reason="JAX is not installed")
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW],
        env={"KERAS_BACKEND": "jax", "PATH": "", "HOME": str(pathlib.Path.home())},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == "trained", found.stderr
