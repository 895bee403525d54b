# Two commands matter: `make run` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TREE := build/tree
JOBS ?= 2
GATE := examples/quality_gate
FOLDERS := cli compiler interpreter grammar schemas tests

.PHONY: run test check setup format clean tree crash

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# Type and layer checkers follow no import hook, so they get a tree of links to the folders.
tree:
	@rm -rf $(TREE) && mkdir -p $(TREE)/attractorc
	@for entry in cli/*; do ln -s ../../../$$entry $(TREE)/attractorc/; done
	@for house in compiler interpreter grammar schemas; do \
		ln -s ../../../$$house $(TREE)/attractorc/$$house; done

check: setup tree
	$(BIN)/ruff format --check --quiet $(FOLDERS)
	$(BIN)/ruff check --quiet $(FOLDERS)
	MYPYPATH=$(TREE) $(BIN)/mypy --package attractorc
	PYTHONPATH=$(TREE) $(BIN)/lint-imports --no-cache

format: setup
	$(BIN)/ruff check --quiet --fix $(FOLDERS)
	$(BIN)/ruff format --quiet $(FOLDERS)

test: check
	$(BIN)/python -m pytest --numprocesses $(JOBS) --quiet

# The checks of the example are run by the same Python as the rest.
run: export PATH := $(CURDIR)/$(BIN):$(PATH)
run: setup
	$(BIN)/attractorc exec $(GATE)/quality_gate.yaml --directory $(GATE)
	$(BIN)/attractorc why last checks
	$(BIN)/attractorc why last findings

# kill -9 at every record of every pipeline of the test, also while resuming.
crash: setup
	ATTRACTORC_CRASH=all $(BIN)/python -m pytest --quiet --timeout 3600 -rP tests/test_crash.py

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info $(VENV)
