# Every target works from a fresh clone: each makes .venv when it is missing or older than pyproject.toml.
#   make demo ARGS="--json"     make test ARGS="-k gates"     make test PYTHON=python3.13

PYTHON ?= python3
ARGS ?=

# Images often forbid Python to keep what it has compiled; then each of the thousand processes of a test run compiles anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
RUN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.PHONY: help demo test lint bench docs clean format

help:
	@echo "make demo    watch and answer scripted agents in a throw-away repository"
	@echo "make test    run the tests"
	@echo "make lint    check style and types"
	@echo "make format  rewrite the code in the project's style"
	@echo "make bench   measure start, latency, load and memory"
	@echo "make docs    regenerate the reference pages"
	@echo "make clean   remove the virtual environment and all caches"

demo: $(INSTALLED)
	@$(RUN)/orch-tui demo $(ARGS)

test: $(INSTALLED_DEV)
	$(RUN)/python -m pytest -n auto --dist worksteal $(ARGS)

lint: $(INSTALLED_DEV)
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

format: $(INSTALLED_DEV)
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

bench: $(INSTALLED_DEV)
	@$(RUN)/python tests/bench/run.py $(ARGS)

docs: $(INSTALLED_DEV)
	$(RUN)/python docs/generate.py $(ARGS)

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find orchestrator_tui tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

# A shim may exist and still not run, and Debian ships Python without its venv module: so each candidate is tried.
$(INSTALLED): pyproject.toml
	@$(RUN)/python -c 'import pip' 2>/dev/null || { \
	  for candidate in $(PYTHON) python3.13 python3.12 python3.11; do \
	    if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	      echo "Making $(VENV) with $$("$$candidate" --version)"; \
	      exec "$$candidate" -m venv --clear $(VENV); \
	    fi; \
	  done; \
	  echo "orch-tui needs Python 3.11 or newer with its venv module; name one: make PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	}
	@echo "Installing orch-tui into $(VENV)"
	@$(RUN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED)
	@echo "Installing the development tools into $(VENV)"
	@$(RUN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
