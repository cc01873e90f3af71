# Every target works on a fresh clone: it makes .venv and installs what it needs first. `make help` lists the targets.

SHELL := bash
# The suite starts many processes: without kept bytecode each would compile the package again.
unexport PYTHONDONTWRITEBYTECODE
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The first Python that is new enough; `make PYTHON=... test` takes another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
WORKERS ?= 2
ARGS ?=
BIN := .venv/bin
DEV := .venv/.installed-dev
DEMO := .venv/.installed-demo
BENCH := .venv/.installed-bench
TYPED := src tools $(wildcard tests/typing examples)
DEV_EXTRAS := postgresql,mysql,redis,cli,testing,demo

.PHONY: help demo test check coverage lint types docs reference bench sync api proof build clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(DEMO)  ## Load a real cohort into a local SQLite file, book a year of appointments, draw an agenda
	$(BIN)/telemed-store demo $(ARGS)

test: $(DEV)  ## Run the whole suite on SQLite, PostgreSQL and MariaDB (real servers, started by the tests)
	@tools/ensure_mariadb.sh
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(DEV)  ## The contributor's loop: quick tests on SQLite only, under a minute
	TELEMED_TEST_ENGINES=sqlite $(BIN)/python -m pytest -n $(WORKERS) -q -m "not slow" $(ARGS)

coverage: $(DEV)  ## Run the suite and report uncovered lines and branches
	@tools/ensure_mariadb.sh
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) $(ARGS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

lint: $(DEV)  ## Style, import floors, generated files, nothing of one machine
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/python tools/sync.py --check
	$(BIN)/python tools/exports.py --check
	$(BIN)/python tools/public_api.py --check
	$(BIN)/python tools/reference.py --check
	$(BIN)/python tools/check_tree.py

types: $(DEV)  ## mypy and pyright, both strict, and nothing public without a type
	$(BIN)/mypy $(TYPED)
	$(BIN)/pyright $(TYPED)
	$(BIN)/python tools/type_completeness.py

docs: $(DEV)  ## Build the documentation strictly into build/site; its generated pages must be as the code says
	$(BIN)/python tools/reference.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

reference: $(DEV)  ## Write the generated pages of the documentation anew, after a change that they show
	$(BIN)/python tools/reference.py

bench: $(BENCH)  ## Measure against the bare drivers and other libraries: five runs, some minutes, on a quiet machine
	$(BIN)/python -m benchmarks $(ARGS)

sync: $(DEV)  ## Generate the synchronous shells and their tests from the asynchronous ones, and where exported names come from
	$(BIN)/python tools/sync.py
	$(BIN)/python tools/exports.py

api: $(DEV)  ## Write the snapshot of the public API anew, after a change that is meant
	$(BIN)/python tools/public_api.py

proof: $(DEV)  ## The suite at full size, then on PostgreSQL 17, then on every other supported Python found here
	@tools/ensure_mariadb.sh
	TELEMED_PROOF=1 $(BIN)/python -m pytest -n $(WORKERS) --timeout 3600 $(ARGS)
	TELEMED_TEST_ENGINES=postgresql TELEMED_TEST_POSTGRESQL_VERSION=17 $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)
	@tools/other_pythons.sh 3.11 3.12 3.13 | while read -r version python; do \
		echo "Python $$version"; \
		test -x ".venv-$$version/bin/python" || "$$python" -m venv ".venv-$$version"; \
		".venv-$$version/bin/python" -m pip install -q --upgrade 'pip>=25.1' </dev/null; \
		".venv-$$version/bin/python" -m pip install -q -e '.[$(DEV_EXTRAS)]' --group test --group lint </dev/null; \
		".venv-$$version/bin/python" -m pytest -n $(WORKERS) $(ARGS) </dev/null; \
	done

build: $(DEV)  ## Build the wheel and the source archive into dist/
	$(BIN)/python -m build --quiet

clean:  ## Remove environments, caches and what was built
	rm -rf .venv .venv-* build dist htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests tools benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +

# --- environments -------------------------------------------------------------------------------------------------------------

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it: make PYTHON=/path/to/python ..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python cannot make virtual environments here. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

.venv/.pip: | .venv/bin/python
	$(BIN)/python -m pip install -q --upgrade 'pip>=25.1'
	@touch $@

$(DEMO): pyproject.toml .venv/.pip
	$(BIN)/python -m pip install -q -e '.[demo]'
	@touch $@

$(DEV): pyproject.toml .venv/.pip
	$(BIN)/python -m pip install -q -e '.[$(DEV_EXTRAS)]' --group dev
	@touch $@ $(DEMO)

$(BENCH): pyproject.toml .venv/.pip
	$(BIN)/python -m pip install -q -e '.[postgresql,redis,testing]' --group bench
	@touch $@
