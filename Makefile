# `make demo` and `make test` set everything up by themselves; the rest does too.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test lint notebooks train

demo: $(STAMP)
	$(BIN)/zoo demo

test: $(STAMP)
	$(BIN)/pytest -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

notebooks: $(STAMP)
	$(BIN)/python notebooks/build.py

train: $(STAMP)
	@test -n "$(MODEL)" || { echo "Say which: make train MODEL=bilstm_tagger.ud_en_ewt"; exit 2; }
	$(BIN)/zoo train $(MODEL)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, found: $$($(PYTHON) --version). Try make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@
