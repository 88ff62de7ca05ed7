# `make` alone lists the targets. Everything is installed into .venv; nothing is installed globally.
#
# A distribution's own Python was built with profile-guided optimization. One that was compiled by hand, as version
# managers do, mostly was not, and the service takes a third longer on it.
PYTHON ?= $(lastword python3 $(sort $(wildcard /usr/bin/python3.1[1-9])))
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
UV     := .artefacts/uv/bin/uv

# What is imported is compiled once, not at each start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-stores test-services check model campaign demo bench profile study lock docs format clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

run: $(READY) ## Create the environment, start the embedded database, migrate, and serve on http://127.0.0.1:8000
	@$(BIN)/python -m entrypoints serve

test: $(READY) ## Lint, strict types, import contracts, and every test
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) test-stores test-services

# Two halves at a time, each on a server of its own: one core would take twice as long.
test-stores: $(READY)
	$(BIN)/pytest tests/contract tests/integration

test-services: $(READY)
	$(BIN)/pytest --ignore=tests/contract --ignore=tests/integration

check: $(READY) ## Lint, format, strict types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

model: $(READY) ## Walk every state of larger shops than the tests do, in search of a broken rule (ten minutes)
	@$(BIN)/python -m tests.model

EFFORT ?= 40
SEED   := $(or $(SEED),$(shell date +%s))
campaign: $(READY) ## Do anything to shops, from a seed that is told, in search of a broken rule: SEED=1, EFFORT=40 (ten minutes)
	@echo "SEED=$(SEED) EFFORT=$(EFFORT)"
	@STEELYARD_TEST_EFFORT=$(EFFORT) $(BIN)/pytest --hypothesis-seed=$(SEED) tests/unit/application/test_lifecycle_machine.py tests/integration/postgres/test_lifecycle_machine.py tests/integration/worker

demo: $(READY) ## Import the Northwind shop, place its 830 orders over HTTP, pay, ship and refund some, and reconcile every cent
	@$(BIN)/python -m entrypoints demo

bench: $(READY) ## Measure the service beside Node, Go and the tutorial way (installs wrk, Go and npm packages; ten minutes)
	@benchmarks/install.sh
	@$(BIN)/python -m benchmarks run --keep
	@$(BIN)/python -m benchmarks plot

WORKLOAD ?= place
profile: $(READY) ## Draw a flame graph of the service under a workload: WORKLOAD=product, page, order, place, hot or health
	@$(BIN)/python -m benchmarks profile $(WORKLOAD)

STUDY ?= --help
study: $(READY) ## Measure one claim: STUDY=growth, idle, memory, logins, starts or overload (with its options in quotes)
	@$(BIN)/python -m benchmarks study $(STUDY)

docs: $(READY) ## Make those pages of the docs anew that are made from the code
	@$(BIN)/python -m entrypoints lifecycle export docs/lifecycle.md

format: $(READY) ## Format the code and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY) | $(UV) ## Resolve the dependencies anew into the two lock files
	$(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements-dev.lock

clean: ## Remove the environment and the caches, and keep the data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .artefacts

$(UV):
	@python3 -m venv .artefacts/uv
	@.artefacts/uv/bin/pip install --quiet --disable-pip-version-check uv

$(READY): requirements-dev.lock | $(UV)
	@echo "Creating the environment in $(VENV) (once, some ten seconds)"
	@test -x $(BIN)/python || $(UV) venv --quiet --no-python-downloads --python $(PYTHON) $(VENV)
	@VIRTUAL_ENV=$(VENV) $(UV) pip sync --quiet --require-hashes --compile-bytecode requirements-dev.lock
	@touch $@
