# `make demo` and `make test` work as the first command in a fresh clone: each sets up what it needs.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo test long check bench lock clean

# Tried in this order by running them: a pyenv shim may be there and exit 127.
PYTHONS := $(PYTHON) python3.13 python3.12 python3.11 python3 python \
	$(sort $(wildcard $(HOME)/.pyenv/versions/3.1[123].*/bin/python))
SUITABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

BIN := .venv/bin
STAMP := .venv/.set-up
# A second OpenID provider for tests, from npm where there is one (tests/second_issuer/README.md).
SECOND_ISSUER := tests/second_issuer/node_modules/.package-lock.json
# What the benchmarks compare with has dependencies of its own.
BENCH := .venv-bench-django
# The certificates are the system's, as for pip: a network may have an authority of its own.
SYSTEM_CERTS := $(wildcard /etc/ssl/certs/ca-certificates.crt)
NPM := $(if $(SYSTEM_CERTS),NODE_EXTRA_CA_CERTS=$${NODE_EXTRA_CA_CERTS:-$(SYSTEM_CERTS)}) npm
# Bytecode is compiled once, here: without it a start takes seconds where Python may not write its own.
UV := UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 $(BIN)/uv
UV_VERSION := 0.13.9

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## the environment, .venv, from a bare checkout

demo: $(STAMP)  ## everything on this machine, with sample people and one update sent; Ctrl-C ends it
	@$(BIN)/python -m deploy.demo.show

# A module is one process's: what its tests share is started once.
test: $(STAMP) $(SECOND_ISSUER)  ## the test suite; what cannot run for want of a program is skipped aloud
	@$(BIN)/pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(ARGS)

long: $(STAMP)  ## the long tests, an hour and more: chaos with 500 people and real leases, state machines
	@$(BIN)/pytest -m long --numprocesses=auto $(ARGS)
	@KEPT_MACHINE_TIMES=20 $(BIN)/pytest tests/deliveries/test_delivery_machine.py \
		tests/updates/test_approval_machine.py

check: $(STAMP)  ## format, lint, types, import contracts, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(UV) pip check --quiet --python $(BIN)/python
	@# The locks name no address, so that they work with whichever index a machine uses.
	@! grep -nE '://|--(extra-)?index-url|--find-links' locks/*.txt

bench: $(STAMP) $(BENCH)/.set-up  ## the benchmarks, as ratios in one run: tests/benchmarks/results.json
	@$(BIN)/python -m tests.benchmarks.run $(ARGS)

lock: $(STAMP)  ## the lock files anew, from pyproject.toml and what the benchmarks compare with
	$(UV) pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --quiet --output-file locks/production.txt
	$(UV) pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --quiet --extra embedded --extra dev --output-file locks/development.txt
	$(UV) pip compile tests/benchmarks/django-requirements.in --universal --generate-hashes \
		--no-emit-index-url --no-header --python-version 3.11 --quiet --output-file locks/bench-django.txt

# A target of its own: `make test` goes on without it where there is no npm, and says what it skips.
$(SECOND_ISSUER): tests/second_issuer/package-lock.json
	@command -v npm >/dev/null || exit 0; $(NPM) ci --prefix tests/second_issuer --silent --no-audit --no-fund

clean:  ## remove the environment and all caches; .kept, where data lies, stays
	rm -rf .venv $(BENCH) tests/second_issuer/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Done again only when the lock or the project changed, or the environment is gone.
$(STAMP): locks/development.txt pyproject.toml
	@if ! $(BIN)/python -c '$(SUITABLE)' 2>/dev/null; then \
		for python in $(PYTHONS); do \
			if "$$python" -c '$(SUITABLE)' 2>/dev/null; then found="$$python"; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo 'There is no Python 3.11, 3.12 or 3.13 here (with venv and pip). Name one: make setup PYTHON=/path/to/python' >&2; \
			exit 2; \
		fi; \
		echo "Making .venv with $$($$found --version)"; \
		"$$found" -m venv --clear .venv; \
	fi
	@$(BIN)/uv --version 2>/dev/null | grep -qF ' $(UV_VERSION) ' || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement locks/development.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(BENCH)/.set-up: locks/bench-django.txt | $(STAMP)
	@$(UV) venv --quiet --clear --python $(BIN)/python $(BENCH)
	@$(UV) pip install --quiet --python $(BENCH)/bin/python --require-hashes --requirement locks/bench-django.txt
	@touch $@
