"""What the README tells a reader to type."""

import pathlib
import re
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SCORES = (ROOT / "benchmarks" / "README.md").read_text()
TABLES = sorted(set((ROOT / "benchmarks").glob("*.md")) - {ROOT / "benchmarks" / "README.md"})
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
PYTHON = [text for language, text in BLOCKS if language == "python"]
LINES = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
COMMANDS = [shlex.split(line, comments=True) for line in LINES]
ZOO = str(pathlib.Path(sys.executable).parent / "zoo")
QUICK = ("list", "show", "predict")


def test_there_is_something_to_test():
    assert len(PYTHON) >= 3
    assert ["make", "demo"] in COMMANDS
    assert ["make", "test"] in COMMANDS


def test_python_blocks_run_one_after_another():
    found = subprocess.run(
        [sys.executable, "-c", "\n".join(PYTHON)], cwd=ROOT, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c[0] == "zoo" and c[1] in QUICK], ids=" ".join
)
def test_quick_commands_answer(command, tmp_path):
    found = subprocess.run([ZOO, *command[1:]], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip()


@pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c[0] == "zoo" and c[1] not in QUICK], ids=" ".join
)
def test_other_commands_are_understood(command):
    """Parsed for real, with `--help` so that nothing is trained: an unknown option fails first."""
    found = subprocess.run([ZOO, *command[1:], "--help"], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    options = [word for word in command if word.startswith("--")]
    assert all(option in found.stdout for option in options)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c[0] == "make"], ids=" ".join)
def test_make_knows_its_targets(command):
    found = subprocess.run([*command, "--dry-run"], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_what_it_links_to_is_there():
    for folder, text in ((ROOT, README), (ROOT / "benchmarks", SCORES)):
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (folder / target).exists(), target


@pytest.mark.parametrize("model", sorted((ROOT / "saved_models").iterdir()), ids=lambda m: m.name)
def test_models_are_listed_with_their_sizes(model):
    (row,) = [line for line in README.splitlines() if line.startswith(f"| [{model.name}]")]
    megabytes = sum(file.stat().st_size for file in model.rglob("*") if file.is_file()) / 1e6
    assert f"| {megabytes:.{0 if megabytes >= 0.5 else 1}f} MB |" in row


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_figures_are_those_of_the_tables(table):
    """Their README quotes every row of every table that a script wrote, beside its command."""
    rows = [line for line in table.read_text().splitlines() if line.startswith("|")]
    command = re.search(r"`(python benchmarks/.*?)`", table.read_text()).group(1)
    assert len(rows) > 2
    assert command in SCORES
    missing = [row for row in rows if row not in SCORES]
    assert not missing
