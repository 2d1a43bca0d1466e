# Every command of the project. `make` prints this list.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := $(VENV)/peers
PEERS_STAMP := $(PEERS)/.installed
DASHBOARD := services/api/dashboard
DASHBOARD_STAMP := $(DASHBOARD)/dist/.built
DASHBOARD_SOURCES := $(shell find $(DASHBOARD) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/tests/*' 2>/dev/null)
EXAMPLES := $(VENV)/examples
EXAMPLES_STAMP := $(EXAMPLES)/.installed
ARGS ?=
LOCKED := ingest grpc pricer rollup api oidc prices local wheel dev
ROUNDS ?= 12
WORKERS ?= 2

.PHONY: help setup peers examples dashboard demo down test lint type wheel bench mutants faults schemas lock format

help: ## Print what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## Create .venv from the hashed lock (nothing else is touched)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0] + ": set PYTHON=python3.12") if not (3, 11) <= sys.version_info[:2] <= (3, 13) else None'
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) (about a minute the first time) ..."
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

peers: setup $(PEERS_STAMP) ## Install the libraries we are compared with, into an environment of their own

$(PEERS_STAMP): requirements-peers.lock $(STAMP)
	@test -x $(PEERS)/bin/python || $(RUN)/python -m venv $(PEERS)
	@echo "Installing the price libraries to compare with into $(PEERS) ..."
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.lock
	@touch $(PEERS_STAMP)

examples: setup $(EXAMPLES_STAMP) ## Install the libraries of docs/examples, apart from ours
	@$(RUN)/python -m deploy.dashboard examples

$(EXAMPLES_STAMP): requirements-examples.lock $(STAMP)
	@test -x $(EXAMPLES)/bin/python || $(RUN)/python -m venv $(EXAMPLES)
	@echo "Installing the libraries of docs/examples into $(EXAMPLES) (a minute or two the first time) ..."
	@$(RUN)/uv pip install --quiet --python $(EXAMPLES)/bin/python --require-hashes -r requirements-examples.lock
	@touch $(EXAMPLES_STAMP)

dashboard: $(DASHBOARD_STAMP) ## Build the dashboard (Node of this machine, else from PyPI)

$(DASHBOARD_STAMP): $(STAMP) $(DASHBOARD_SOURCES)
	@$(RUN)/python -m deploy.dashboard build

demo: setup dashboard ## Start everything, replay real traffic, check every figure (ARGS=--exit ends by itself)
	@$(RUN)/python -m deploy.demo $(ARGS)

down: setup ## Stop everything the demo started, and nothing else
	@$(RUN)/python -m deploy.demo --down

test: setup peers examples dashboard lint type ## Set up, lint, check types, run all tests
	@$(RUN)/python -m deploy.dashboard check
	@FAULT_ROUNDS=$(ROUNDS) $(RUN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup ## Style, import contracts
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check --quiet . || (echo "run: make format"; exit 1)
	@$(RUN)/lint-imports --no-cache | tail -n 12

type: setup ## Static types, strict
	@$(RUN)/mypy

wheel: setup dashboard ## Build dist/tracetally-*.whl for this platform, its hot cores compiled (needs gcc)
	@$(RUN)/python -m deploy.wheel

bench: setup peers ## Measure, as ratios in one run; figures go to BENCHMARKS.md by hand
	@$(RUN)/python -m tests.bench $(ARGS)

mutants: setup ## Change the pricing core in one place at a time: do its tests notice?
	@$(RUN)/python -m tests.mutants $(ARGS)

faults: setup ## Kill everything at random instants under load, ROUNDS times
	@FAULT_ROUNDS=$(ROUNDS) COUNTING_SCHEDULES=120000 $(RUN)/python -m pytest -m faults -s --timeout 3600 $(ARGS)

schemas: setup ## Write schemas/json from the models
	@$(RUN)/python -m deploy.schemas

lock: setup ## Resolve pyproject.toml into requirements.lock, with hashes, without addresses
	@$(RUN)/uv pip compile pyproject.toml $(foreach e,$(LOCKED),--extra $(e)) --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet -o requirements.lock
	@$(RUN)/uv pip compile --group pyproject.toml:peers --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet -o requirements-peers.lock
	@$(RUN)/uv pip compile --group pyproject.toml:node --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet -o requirements-node.lock
	@$(RUN)/uv pip compile --group pyproject.toml:examples --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --quiet -o requirements-examples.lock

format: setup ## Put the code into its one form
	@$(RUN)/ruff check --fix --quiet . ; $(RUN)/ruff format --quiet .
