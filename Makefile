# Each target sets up what it needs, once. `make demo` installs the package alone; the others
# install the tools of its developers, too.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint notebooks train

demo: .venv/.package
	$(BIN)/zoo demo

test: .venv/.developer
	$(BIN)/pytest -m "not slow" --numprocesses auto --dist loadfile

lint: .venv/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

notebooks: .venv/.developer
	$(BIN)/python notebooks/build.py

train: .venv/.package
	@test -n "$(MODEL)" || { echo "Say which: make train MODEL=bilstm_tagger.ud_en_ewt"; exit 2; }
	$(BIN)/zoo train $(MODEL)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Expected Python 3.11 or newer, found $$($(PYTHON) --version 2>&1)." \
	    "Name one: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.package: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable .
	touch $@

.venv/.developer: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[dev]'
	touch $@ .venv/.package
