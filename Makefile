# The first commands a newcomer runs. Everything lives in .venv and .build; nothing else is touched.
PY := .venv/bin/python

.PHONY: help setup demo test test-slow test-all lint bench clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: .venv/.setup  ## prepare .venv (and Node, when this machine has none that fits)

.venv/.setup: pyproject.toml constraints.txt scripts/setup.sh
	scripts/setup.sh
	@touch $@

.venv/.dev: pyproject.toml constraints.txt scripts/setup.sh
	scripts/setup.sh dev
	@touch $@ .venv/.setup

demo: setup  ## the page of a sample app, on the emulated Convex: no account, no key
	@scripts/demo.sh

lint: .venv/.dev  ## style, types, import contracts
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

test: lint  ## every check that needs nothing but Python, Node and the package registries
	$(PY) -m pytest -n 2 --dist loadgroup -m "not slow"

test-slow: .venv/.dev  ## only what takes long: a whole npm install
	$(PY) -m pytest -n 2 --dist loadgroup -m slow

test-all: test test-slow  ## every check

bench: .venv/.dev  ## print the benchmarks' tables
	@for f in benchmarks/*.py; do echo "== $$f"; $(PY) $$f || exit 1; done

clean:  ## remove what the commands above made
	rm -rf .venv .build .mypy_cache .ruff_cache .pytest_cache
