# rtserver: `make help` lists what a person can do here.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/.dev-$(shell cat requirements-dev.lock | cksum | cut -d' ' -f1)
RUN := $(VENV)/.run-$(shell cat requirements.lock | cksum | cut -d' ' -f1)

.PHONY: help install run web test check bench bench-store bench-hub bench-web bench-upload bench-media generate format lock clean
.DEFAULT_GOAL := help

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: $(RUN) web ## Start the server on http://localhost:8080; a new database gets a demo school, whose sign-in links it prints
	$(BIN)/python -m rtserver serve --demo

install: $(RUN) web ## Set up what the server needs to run, and nothing else
	@echo 'Ready: $(BIN)/python -m rtserver serve'

web: $(VENV)/bin/python ## Build the web client, when its sources have changed
	$(BIN)/python clients/web/build.py

test: $(DEV) web ## Unit and integration tests, against SQLite and PostgreSQL
	bash .ci/debian.sh
	! command -v npm >/dev/null || npm ci --silent --no-audit --no-fund --prefix tests/e2e/node
	$(BIN)/python -m pytest

check: $(DEV) ## Lint, types, import contracts, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=.:clients/python:clients/load $(BIN)/lint-imports
	$(BIN)/python -m rtserver.wire.export --check
	$(BIN)/python -m rtserver.auth.diagram --check
	$(BIN)/python -m tests.requirements_table --check
	$(BIN)/python clients/web/build.py --check

bench: bench-store bench-hub bench-web bench-upload bench-media ## Every benchmark

bench-hub: $(DEV) ## The hub beside Node's Socket.IO, in one run; the last line is JSON
	npm ci --silent --no-audit --no-fund --prefix tests/bench/peer
	$(BIN)/python -m tests.bench.bench_hub

bench-upload: $(DEV) ## Uploads beside @tus/server (and tusd where Go is) on a real disk; the last line is JSON
	npm ci --silent --no-audit --no-fund --prefix tests/bench/peer
	$(BIN)/python -m tests.bench.bench_upload

bench-media: $(DEV) ## The media worker beside Janus, a lecture of 100, lessons of 30; the last line is JSON
	PYTHONPATH=.:clients/python $(BIN)/python -m tests.bench.bench_media

bench-store: $(DEV) ## Durable messages a second; the last line is JSON
	$(BIN)/python -m tests.bench.bench_store

bench-web: $(DEV) web ## The web client in Chromium: scrolling, switching, memory; the last line is JSON
	$(BIN)/python -m tests.bench.bench_web

generate: $(DEV) ## Write the generated files anew: protocol reference, Python calls, table of requirements
	$(BIN)/python -m rtserver.wire.export
	$(BIN)/python -m tests.requirements_table

format: $(DEV) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(DEV) ## Lock the dependencies anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --group dev pyproject.toml -o requirements-dev.lock

clean: ## Remove what the commands made, but no data
	rm -rf $(VENV) .tools clients/web/node_modules rtserver/static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo 'Python 3.11 or newer is needed: sudo apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04 or newer)'; echo 'Another one: make run PYTHON=/path/to/python3.11'; exit 1; }
	@$(PYTHON) -m venv $(VENV) >$(VENV).log 2>&1 || { cat $(VENV).log; rm -rf $(VENV) $(VENV).log; echo; echo 'Python came without its venv module. Install it, then run make again: sudo apt-get install python3-venv'; exit 1; }
	@rm -f $(VENV).log

$(RUN): $(VENV)/bin/python requirements.lock
	@echo 'Setting up, once: about a minute.'
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@rm -f $(VENV)/.run-*; touch $@

$(DEV): $(RUN) requirements-dev.lock
	@echo 'Setting up the tools of tests and checks, once: about a minute.'
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@rm -f $(VENV)/.dev-*; touch $@
