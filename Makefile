# Everything runs in .venv, which is made on first use. `make help` lists the targets.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# Much of the tests' time is waiting for processes, so two workers for each processor; and a file's tests stay
# together, because some share a daemon.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 2)
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# The slow tests of a file may run side by side, but for those that share something costly (xdist_group).
PYTEST_SLOW := $(BIN)/pytest -n $(WORKERS) --dist loadgroup
SOURCES := nemowatch tests benchmarks docs
# Compiled once, not by each worker and each daemon that a test starts.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: picture help demo test test-all soak check format lint types contracts generate generated fix bench wheel clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# constraints.txt pins what was tested; pyproject.toml says what would do.
$(VENV)/.run: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "NemoWatch needs Python 3.11 or later: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing NemoWatch into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing the development tools into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(VENV)/.run ## the whole job on this machine: no account, no network (ARGS="--keep DIR FILE ...")
	@$(BIN)/nemowatch demo $(ARGS)

test: $(VENV)/.dev ## the default tests (under 90 seconds)
	@$(PYTEST) -m "not slow" $(ARGS)

test-all: $(VENV)/.dev ## the slow tests too: crashes, the contract in all forms, the built wheel, the whole demo
	@$(PYTEST_SLOW) $(ARGS)

soak: $(VENV)/.dev ## hours of a failing service in minutes, with figures (CYCLES=240: a cycle is five minutes)
	@NEMOWATCH_SOAK_CYCLES=$(or $(CYCLES),24) $(BIN)/pytest -s tests/soak

check: format lint types contracts generated test ## what must be green before a commit

format: $(VENV)/.dev ## is everything formatted? (make fix formats it)
	@$(BIN)/ruff format --check $(SOURCES)

lint: $(VENV)/.dev ## ruff
	@$(BIN)/ruff check $(SOURCES)

types: $(VENV)/.dev ## mypy, strict
	@$(BIN)/mypy

contracts: $(VENV)/.dev ## who may import whom
	@$(BIN)/lint-imports

generated: $(VENV)/.dev ## are rules.example.yaml, docs/rules.md and systemd/ what the code says?
	@$(BIN)/python -m nemowatch.generate --check

generate: $(VENV)/.dev ## write rules.example.yaml, docs/rules.md and systemd/ from the code
	@$(BIN)/python -m nemowatch.generate

picture: $(VENV)/.dev ## draw the README's pictures from a real run of the demo
	@$(BIN)/python docs/make_picture.py

fix: $(VENV)/.dev ## format, and mend what ruff can mend
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.dev ## the benchmarks: ratios against a peer, medians of repeats
	@$(BIN)/python -m benchmarks $(ARGS)

wheel: $(VENV)/.dev ## build the wheel into dist/
	@$(BIN)/python -m build --wheel --outdir dist

clean: ## remove what was made, .venv too
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
