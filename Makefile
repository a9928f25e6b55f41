# What a person types. Needs make and Python 3.11 or newer (with venv), nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --quiet

# Compiling once is what makes the second start, and every process after the first, quick.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench live look fix lock

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/installed ## put everything that is needed into .venv

run: setup ## start the service on this machine; Ctrl-C stops it
	@$(BIN)/followup serve

test: setup ## run the tests (ARGS="tests/rules -k quiet" for some of them)
	@$(BIN)/pytest --numprocesses 3 --dist loadgroup $(ARGS)

check: setup ## format, lint, types and import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## measure, beside peers (takes minutes)
	@$(BIN)/python -m benchmarks $(ARGS)

live: setup ## prove it live, beside Postfix, Redis and PostgreSQL (takes five minutes, as root)
	@$(BIN)/python -m proofs

look: setup $(VENV)/looks ## walk every page in Chromium, and take pictures (takes minutes)
	@$(BIN)/python -m proofs.look $(ARGS)

fix: setup ## format, and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup ## write both locks anew from pyproject.toml
	$(COMPILE) --group dev pyproject.toml -o requirements.lock
	$(COMPILE) --group look --constraint requirements.lock -o requirements-look.lock

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(VENV)/looks: requirements-look.lock $(VENV)/installed
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements-look.lock
	@touch $@
