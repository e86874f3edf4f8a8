# `make run` serves the product, `make quick` and `make test` check it. All need only python3, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
TEST_PROCESSES ?= 3
QUICK_TESTS := tests/test_core tests/test_reading tests/test_docs.py tests/test_house.py tests/test_start.py
INSTALL := $(BIN)/uv pip install --python $(BIN)/python --quiet --compile-bytecode --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11
SELF := $(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --build-constraints requirements-build.lock --editable .

NPM := PATH=$(CURDIR)/$(BIN):$$PATH npm --prefix web
NPM_FACE := PATH=$(CURDIR)/$(BIN):$$PATH npm --prefix clients/face
NPM_CLIENT := PATH=$(CURDIR)/$(BIN):$$PATH npm --prefix clients/typescript

.PHONY: help run quick test lint types contracts unit models page lock clean fuzz openapi image-steps audit sbom

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gwansang needs Python 3.11 or newer; try: make PYTHON=python3.12 ...")'
	@echo "· creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv

$(VENV)/.run: requirements.lock requirements-build.lock pyproject.toml | $(BIN)/uv
	@echo "· installing what the service needs"
	@$(INSTALL) -r requirements.lock
	@$(SELF)
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "· installing the development tools"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

$(VENV)/.models: requirements-models.lock $(VENV)/.run
	@echo "· installing what fetches and converts the face models"
	@$(INSTALL) -r requirements-models.lock
	@touch $@

$(VENV)/.audit: requirements-audit.lock $(VENV)/.run
	@echo "· installing what audits the dependencies"
	@$(INSTALL) -r requirements-audit.lock
	@touch $@

models: $(VENV)/.models ## fetch, convert and verify the face models
	@$(BIN)/gwansang models fetch
	@$(BIN)/python -m tools.convert_face_network

run: models ## serve the product at http://localhost:8000
	@$(BIN)/gwansang db upgrade
	@$(BIN)/gwansang serve --host $(HOST) --port $(PORT)

quick: lint ## lint, types of changed files, and the tests that need no server and no model: under a minute
	@changed=$$(git ls-files --modified --others --exclude-standard --deduplicate -- 'src/*.py' | xargs -r ls 2>/dev/null); \
		[ -z "$$changed" ] || $(BIN)/mypy $$changed
	@$(BIN)/pytest --numprocesses $(TEST_PROCESSES) --dist worksteal $(QUICK_TESTS)

test: lint types contracts unit ## everything that must pass before a merge

lint: web/node_modules/.installed clients/face/node_modules/.installed clients/typescript/node_modules/.installed
	@$(BIN)/ruff check src tests benchmarks calibration clients tools
	@$(BIN)/ruff format --check src tests benchmarks calibration clients tools
	@$(NPM_FACE) run --silent lint
	@$(NPM_CLIENT) run --silent lint
	@$(NPM) run --silent lint

types: $(VENV)/.dev
	@$(BIN)/mypy

web/node_modules/.installed: web/package-lock.json web/package.json $(VENV)/.dev
	@echo "· installing what checks and builds the page"
	@$(NPM) ci --silent
	@touch $@

clients/typescript/node_modules/.installed: clients/typescript/package-lock.json clients/typescript/package.json $(VENV)/.dev
	@echo "· installing what checks and builds the TypeScript client"
	@$(NPM_CLIENT) ci --silent --ignore-scripts
	@touch $@

clients/face/node_modules/.installed: clients/face/package-lock.json clients/face/package.json $(VENV)/.dev
	@echo "· installing what checks and builds the package that finds faces"
	@$(NPM_FACE) ci --silent --ignore-scripts
	@touch $@

page: web/node_modules/.installed ## build the page from web/ into the package
	@$(NPM) run --silent build -- --logLevel warn

contracts: $(VENV)/.dev
	@$(BIN)/lint-imports --no-logo

unit: $(VENV)/.dev models web/node_modules/.installed
	@$(BIN)/pytest --numprocesses $(TEST_PROCESSES) --dist worksteal

fuzz: $(VENV)/.dev models ## send 12,000 generated requests, valid and invalid, to a real service (minutes)
	@$(BIN)/python -m benchmarks.fuzz

image-steps: $(VENV)/.dev ## run the build steps of the Dockerfile in a folder, and the command of the image
	@IMAGE_STEPS=1 $(BIN)/pytest tests/test_docker.py

openapi: $(VENV)/.dev clients/typescript/node_modules/.installed ## update the OpenAPI document, and what the clients generate from it
	@$(BIN)/python clients/openapi.py clients/openapi.json
	@$(NPM_CLIENT) run --silent generate
	@$(BIN)/python -m tools.python_client

audit: $(VENV)/.audit ## look the pinned dependencies up in a database of known vulnerabilities, if one can be reached
	@$(BIN)/python -m tools.audit

sbom: $(VENV)/.audit ## write dist/sbom.json: packages and models of the service with licences, CycloneDX
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python dist/sbom-environment
	@$(BIN)/uv pip install --python dist/sbom-environment/bin/python --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m tools.sbom dist/sbom-environment/bin/python dist/sbom.json
	@rm -rf dist/sbom-environment

lock: $(BIN)/uv ## update the pinned dependencies
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	@$(COMPILE) --group pyproject.toml:models -c requirements.lock -o requirements-models.lock
	@$(COMPILE) --group pyproject.toml:calibration -c requirements.lock -o requirements-calibration.lock
	@$(COMPILE) --group pyproject.toml:audit -c requirements.lock -c requirements-dev.lock -o requirements-audit.lock
	@$(COMPILE) pyproject.toml --extra otel -c requirements.lock -c requirements-dev.lock -o requirements-otel.lock
	@echo 'hatchling' | $(COMPILE) - -o requirements-build.lock

clean: ## remove the environment, the models and all caches
	rm -rf $(VENV) .models web/node_modules clients/face/node_modules clients/typescript/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
