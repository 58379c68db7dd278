# The two commands are `make run` and `make test`; `make help` lists the others.
SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
SANDBOX_PORT ?= 8001
export PORT SANDBOX_PORT PYTHON

.PHONY: help run reset test lint format translations messages lock bench clean linters tools runtime

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: runtime translations ## start the shop, its worker and the sandbox (PORT=8000, SANDBOX_PORT=8001)
	@$(BIN)/python -m marketplace.launch run

reset: runtime ## throw the local database and uploads away; the next `make run` starts afresh
	@$(BIN)/python -m marketplace.launch reset

test: lint tools ## lint, migrations check, the suite on SQLite and PostgreSQL, browser journeys
	@$(BIN)/python -m tests

lint: linters translations ## style, types and import contracts (under a minute)
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache >/dev/null 2>&1 || $(BIN)/lint-imports --no-cache

format: linters ## bring the code into shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

translations: runtime ## compile the message catalogues
	@$(BIN)/python -m marketplace.translations

messages: tools ## collect new messages of every room into its Vietnamese catalogue
	@$(BIN)/python -m marketplace.translations collect

bench: tools translations ## ratios to a bare Flask hello in the same run (needs wrk)
	@$(BIN)/python -m tests.bench

lock: tools ## resolve pyproject.toml anew into the three requirements files (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -c requirements.txt -o tests/requirements.txt
	uv pip compile --group lint --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -c tests/requirements.txt -o .ci/lint-requirements.txt

clean: ## remove caches and build output (keeps instance/)
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

runtime:
	@.ci/make-venv $(VENV) requirements.txt

linters: runtime
	@.ci/make-venv $(VENV) .ci/lint-requirements.txt

tools: runtime
	@.ci/make-venv $(VENV) tests/requirements.txt
