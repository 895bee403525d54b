# Two commands matter: `make run` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TREE := build/tree
JOBS ?= 2
GATE := examples/quality_gate
EDITOR := build/editor
YLS := $(EDITOR)/node_modules/yaml-language-server/bin/yaml-language-server
FOLDERS := cli compiler interpreter grammar schemas tests benchmarks examples setup.py

.PHONY: run test check setup format clean tree bench bench-parallel bench-durable crash laws \
	mutants mutations reference rules pre-commit corpus fuzz editor-test schemas conformance \
	cxdb-live bench-cxdb

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

# Modules are compiled once, below build/, also where the environment says that Python is to keep
# none: a third of each start of Python, and half of what collecting the tests takes.
BYTECODE := PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/build/bytecode

# Where npm is, YAML is tried in the server that editors use; elsewhere those tests are skipped.
test: check
	@command -v npm > /dev/null && $(MAKE) --silent $(YLS) || true
	if test -e $(YLS); then export ATTRACTORC_YLS=$(CURDIR)/$(YLS); fi; \
		$(BYTECODE) $(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal --quiet

# Schemas that are made from tables and types; a test fails when one is stale.
schemas: setup
	$(BIN)/python -c 'import json; from pathlib import Path; \
		from attractorc.compiler.plan.schema import plan_schema; \
		from attractorc.compiler.render.pipeline_schema import pipeline_schema_text; \
		from attractorc.interpreter.queries.outcome_schema import outcome_schema_text; \
		from attractorc.interpreter.queries.schema import query_schema_text; \
		from attractorc.interpreter.records.schema import event_schema_text; \
		from attractorc.testing.schema import case_schema_text, cases_schema_text; \
		made = dict(pipeline=pipeline_schema_text, outcome=outcome_schema_text, \
			query=query_schema_text, event=event_schema_text, \
			plan=lambda: json.dumps(plan_schema(), indent=2) + "\n", \
			test=cases_schema_text, case=case_schema_text); \
		[Path(f"schemas/{name}.schema.json").write_text(text(), "utf-8") \
			for name, text in made.items()]; \
		from attractorc.interpreter.records.registry import registry_bundle_text; \
		Path("schemas/registry.json").write_text(registry_bundle_text(), "utf-8"); \
		from tests.conformance.schemas import texts; \
		[Path(f"tests/conformance/{name}").write_text(text, "utf-8") \
			for name, text in texts().items()]'

# The suite of parallel semantics, whole, and what its tables of decisions cover.
conformance: setup
	$(BIN)/python -m tests.conformance
	$(BIN)/python -m tests.conformance --matrix

# What editors make of a YAML pipeline, in the server that they use; needs node and npm.
$(YLS):
	npm install --silent --prefix $(EDITOR) --no-save --no-audit --no-fund yaml-language-server@1.25.0

editor-test: setup $(YLS)
	ATTRACTORC_YLS=$(CURDIR)/$(YLS) $(BIN)/python -m pytest --quiet tests/editor

# What compiling costs: microseconds per node, a whole `check` against `python -c pass`, and one
# `check` of 200 real files, where the corpus is.
bench: setup
	$(BIN)/python benchmarks/compile.py
	$(BIN)/python benchmarks/check.py

# Real parallel branches: simulated ones in a store, processes, memory for each.
bench-parallel: setup
	$(BIN)/python benchmarks/parallel.py

# Durable runs: chains beside LangGraph (which this installs), tools, pages and resume of a long run.
bench-durable: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python benchmarks/durable.py

# The checks of the example are run by the same Python as the rest.
run: export PATH := $(CURDIR)/$(BIN):$(PATH)
run: setup
	$(BIN)/attractorc exec $(GATE)/quality_gate.yaml --directory $(GATE)
	$(BIN)/attractorc why last checks
	$(BIN)/attractorc why last findings

# What mirroring a run costs, on the tests' own server or on the real one that is named.
bench-cxdb: setup
	$(BIN)/python benchmarks/mirror.py

# kill -9 at every append, barrier and handler of every pipeline of the test, and while resuming.
crash: setup
	ATTRACTORC_CRASH=all $(BIN)/python -m pytest --quiet --timeout 3600 -rP tests/test_crash.py

# Every policy, every end of up to five branches, every order in which they can finish
# (docs/joins-and-merges.md). LAWS_PARTS=core walks only the parts so named.
laws: setup
	$(BIN)/python -m tests.laws

# Each law and each strategy broken on purpose, in a copy: a test must fail each time.
mutants: setup
	$(BIN)/python -m tests.mutants

# docs/reference.md is the attribute table as a page; a test fails when it is stale.
reference: setup
	$(BIN)/python -c 'from attractorc.compiler.render.reference import reference; \
		print(reference(), end="")' > docs/reference.md.new
	mv docs/reference.md.new docs/reference.md

# docs/rules.md is the pages of all rules; a test fails when it is stale.
rules: setup
	$(BIN)/attractorc explain --all > docs/rules.md.new
	mv docs/rules.md.new docs/rules.md

# The hooks of .pre-commit-hooks.yaml, run by the real pre-commit.
pre-commit: setup
	$(PYTHON) -m venv build/pre-commit
	build/pre-commit/bin/python -m pip install --quiet --disable-pip-version-check pre-commit
	ATTRACTORC_PRE_COMMIT=$(CURDIR)/build/pre-commit/bin/pre-commit \
		$(BIN)/python -m pytest --quiet tests/cli/test_pre_commit.py

# Real pipelines of other people (ATTRACTORC_CORPUS): a table, and all is as reviewed.
corpus: setup
	$(BIN)/python -m tests.corpus

# The tests of CXDB against a real server, where ATTRACTORC_CXDB_ADDR (HOST:PORT) and
# ATTRACTORC_CXDB_HTTP (a URL) name one; each is skipped otherwise, and says so.
cxdb-live: setup
	$(BIN)/python -m pytest --quiet -rs -k live tests/cxdb tests/interpreter/test_store_contract.py

# Good pipelines with one mistake each: how many are found, by kind and by rule.
mutations: setup
	$(BIN)/python -m tests.mutations

# Broken, hostile and huge inputs for FUZZ_SECONDS (300); what fails is kept in build/fuzz.
fuzz: setup
	$(BIN)/python -m tests.fuzz

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info $(VENV)
