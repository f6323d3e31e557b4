# Fingerpost. `make serve` and `make test` each do all the set-up themselves: they need Python 3.11
# or newer, make and git, and keep everything in .venv. A repeat costs nothing.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
CODE := engine web tests bench conftest.py docs/screenshots.py docs/design.py
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

FINGERPOST_PORT ?= 8000
DEMO_PORT ?= 8090
TREES ?= trees
# What `make soak` runs; one at a time, because each loads the machine by itself.
SOAK ?= $(shell grep -ls FINGERPOST_SOAK tests/test_*.py) tests/test_sqlite_killed.py tests/test_postgres_kill.py
# Browser and simulation tests are heavy on memory: more workers than this gain nothing on 2 cores.
WORKERS ?= 2

.PHONY: help serve demo test test-fast check soak lint types floors bench screenshots design schemas words lock fmt chromium postgres clean

help:  ## what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/.serve  ## install, then serve trees/ on http://127.0.0.1:8000 (FINGERPOST_PORT)
	@exec $(BIN)/fingerpost serve $(TREES) --port $(FINGERPOST_PORT)

# Two servers: the one that is stopped takes the other along.
demo: $(VENV)/.serve  ## the same with a back end to try actions with, on port 8090 (DEMO_PORT)
	@mkdir -p build; rm -f build/demo.toml; \
	$(BIN)/fingerpost demo-backend --port $(DEMO_PORT) --settings build/demo.toml & back=$$!; \
	trap 'kill $$back 2>/dev/null' EXIT; trap 'exit 130' INT TERM; \
	while [ ! -f build/demo.toml ] && kill -0 $$back 2>/dev/null; do sleep 0.1; done; \
	[ -f build/demo.toml ] && $(BIN)/fingerpost serve $(TREES) --port $(FINGERPOST_PORT) --settings build/demo.toml \
	  --store sqlite:///$(CURDIR)/build/demo.db

test: $(VENV)/.test chromium postgres  ## install, then run every test
	$(BIN)/pytest -n $(WORKERS)

test-fast: $(VENV)/.test  ## the tests that are neither slow nor in a browser
	@$(BIN)/pytest -q -n $(WORKERS) -m "not slow and not browser"

soak: $(VENV)/.test  ## the long forms: power cuts, faults, kills, races (hours)
	FINGERPOST_SOAK=1 $(BIN)/pytest -s --timeout 0 $(SOAK)

check: lint types floors test-fast  ## what to run before a commit, cheapest first

lint: $(VENV)/.test  ## form and habits (ruff)
	@$(BIN)/ruff format --check --quiet $(CODE) || { echo "lint: run 'make fmt'"; exit 1; }
	@$(BIN)/ruff check --quiet $(CODE)

types: $(VENV)/.test  ## types (mypy, strict)
	@$(BIN)/mypy

floors: $(VENV)/.test  ## who may import whom (import-linter)
	@$(BIN)/lint-imports

bench: $(VENV)/.test  ## measure, and print tables of ratios
	@$(BIN)/python -m bench

screenshots: $(VENV)/.test chromium  ## take the pictures of docs/img anew
	@$(BIN)/python -m docs.screenshots

design: $(VENV)/.serve  ## write docs/design-system.html from the stylesheet and the macros
	@$(BIN)/python -m docs.design

schemas: $(VENV)/.serve  ## write schemas/*.schema.json and docs/reference.md from the code
	@$(BIN)/python -m engine.schema schemas
	@$(BIN)/python -m engine.reference docs

# Sorted and without line numbers, so that a word changed is a line changed.
words: $(VENV)/.test  ## gather the words to translate into web/locale (pybabel)
	@$(BIN)/pybabel --quiet extract -F pyproject.toml -k say -k marked -k numbered:1,2 --sort-output --add-location=file \
	  --no-wrap --project=Fingerpost --version= --copyright-holder=Fingerpost -o build/fingerpost.pot .
	@for language in fr es de ar; do $(BIN)/pybabel --quiet update -i build/fingerpost.pot -d web/locale -D fingerpost \
	  -l $$language --no-wrap --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date; done

fmt: $(VENV)/.test  ## put the code into its one form
	@$(BIN)/ruff check --quiet --fix-only $(CODE)
	@$(BIN)/ruff format --quiet $(CODE)

COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-header \
	--no-emit-index-url --python-version 3.11 pyproject.toml --extra postgres --group build

lock: $(UV)  ## renew both locks (LOCK=--upgrade takes newer versions)
	@$(COMPILE) $(LOCK) -o requirements.lock
	@$(COMPILE) $(LOCK) --extra parquet --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## take away what was installed and built
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# -------------------------------------------------------------------------------------- set-up

# The first Python that is new enough and can make a virtual environment. One that is on the path
# may still be a stub, so each is asked.
define PICK
for python in $(PYTHON) python3.11 python3.12 python3.13 python3 python3.14; do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
  python=; \
done; \
if [ -z "$$python" ]; then \
  echo "Fingerpost needs Python 3.11 or newer; none was found. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; fi; \
if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
  echo "$$python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; fi
endef

$(UV):
	@$(PICK); echo "Setting up $(VENV) with $$python ..."; "$$python" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet uv

# No build isolation: the builder itself comes hash-checked out of the lock.
INSTALL = VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet
EDITABLE = $(INSTALL) --no-deps --no-build-isolation --editable .

$(VENV)/.serve: requirements.lock pyproject.toml $(UV)
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(EDITABLE)
	@touch $@

$(VENV)/.test: requirements-dev.lock pyproject.toml $(UV)
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(EDITABLE)
	@touch $@ $(VENV)/.serve

# Browser tests drive Debian's Chromium. Where it cannot be had, they are left out and say so.
chromium:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || command -v google-chrome >/dev/null || [ -n "$$FINGERPOST_CHROMIUM" ]; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  echo "Installing Chromium for the browser tests ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends chromium >/dev/null \
	  || echo "NO BROWSER TESTS: Chromium could not be installed (apt-get install chromium)"; \
	else \
	  echo "NO BROWSER TESTS: there is no Chromium here (apt-get install chromium, or FINGERPOST_CHROMIUM=/path)"; \
	fi

# Tests of the PostgreSQL store start a server of their own from Debian's package; its default
# server is neither made nor started. Where it cannot be had, they are left out and say so.
postgres:
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  echo "Installing PostgreSQL for the tests of its store ..."; \
	  apt-get update -qq && export DEBIAN_FRONTEND=noninteractive \
	    && apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null \
	    && sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
	    && apt-get install -y -qq --no-install-recommends postgresql >/dev/null \
	  || echo "NO POSTGRESQL TESTS: PostgreSQL could not be installed (apt-get install postgresql)"; \
	else \
	  echo "NO POSTGRESQL TESTS: there is no PostgreSQL here (apt-get install postgresql)"; \
	fi
