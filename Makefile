# `make lab` opens JupyterLab, `make test` runs every check; `make help` lists the rest.
# Variables: PYTHON (3.11 or newer), TORCH_INDEX (address of PyTorch's CPU index), PORT,
# QA_TOOLKIT_PROJECT (another database), QA_TOOLKIT_CHROMIUM (path), QA_TOOLKIT_NO_BROWSER=1.

SHELL := /bin/sh
BIN := .venv/bin
LOCK := requirements.lock
DATABASE := qa_project.db
PORT ?= 8888
STEPS := lint types layers wheel js pytest notebooks
UNIT := "not browser and not lab"
BROWSER := "browser or lab"
LATE := tests/test_[r-z]*.py
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help lab test $(STEPS) leg-1 leg-2 unit browser notebooks-run chromium install install-test project audit lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

lab: install project ## install, make a project with the sample data, open JupyterLab on notebooks/
	@exec $(BIN)/qa-toolkit lab notebooks --port $(PORT)

test: install-test chromium ## install what tests need and run every check
	@failed=""; \
	for step in $(STEPS); do \
	  echo "==== $$step"; start=$$(date +%s); \
	  $(MAKE) --no-print-directory $$step || failed="$$failed $$step"; \
	  echo "==== $$step: $$(( $$(date +%s) - start )) s"; \
	done; \
	if [ -n "$$failed" ]; then echo "FAILED:$$failed"; exit 1; fi

lint: install-test ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-test ## static types
	$(BIN)/mypy

layers: install-test ## who imports whom
	$(BIN)/lint-imports

js: install-test ## the widgets' pure functions, in Playwright's own Node
	"$$($(BIN)/python -c 'import pathlib, playwright; print(pathlib.Path(playwright.__file__).parent / "driver" / "node")')" \
	  --test --test-reporter=spec tests/js/*.test.mjs

# Two legs at the same time, of about the same length: each waits for other processes much of its time.
pytest: install-test chromium ## unit and browser, two at a time
	@$(MAKE) --no-print-directory --jobs=2 --keep-going $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) leg-1 leg-2

leg-1:
	$(BIN)/pytest -q -m $(UNIT) --ignore-glob='$(LATE)'

leg-2:
	@failed=0; \
	$(BIN)/pytest -q -m $(BROWSER) || failed=1; \
	$(BIN)/pytest -q -m $(UNIT) $(LATE) || failed=1; \
	exit $$failed

unit: install-test ## Python tests without a browser
	$(BIN)/pytest -q -m $(UNIT)

browser: install-test chromium ## tests in Chromium, in a bare page and in real JupyterLab
	$(BIN)/pytest -q -m $(BROWSER)

notebooks: install-test ## run the notebooks and compare with their kept outputs
	$(BIN)/python tests/run_notebooks.py

notebooks-run: install-test ## run the notebooks and keep their new outputs
	$(BIN)/python tests/run_notebooks.py --write

wheel: install-test ## build the wheel into dist/
	rm -rf dist
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

install: .venv/installed
install-test: .venv/installed-test

.venv/bin/python:
	@python=""; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "qa_toolkit needs Python 3.11 or newer, and none was found. Install one, or run: make lab PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip' 2>/dev/null; then \
	  package=python3-venv; echo "$$python has no ensurepip; trying to install Debian's $$package"; \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$package; } || { \
	    echo "Install the package $$package, or name another Python: make lab PYTHON=/path/to/python" >&2; exit 1; }; \
	fi; \
	echo "making .venv with $$("$$python" --version)"; \
	rm -rf .venv && "$$python" -m venv .venv || { rm -rf .venv; exit 1; }

.venv/installed: .venv/bin/python pyproject.toml $(LOCK) scripts/install_torch.py
	$(BIN)/python scripts/install_torch.py $(LOCK) $(TORCH_INDEX)
	@echo "installing qa_toolkit and what it needs, about 1.5 GB: some minutes"
	$(BIN)/pip install --quiet --constraint $(LOCK) --editable '.[fast,index]'
	@touch $@

.venv/installed-test: .venv/installed
	$(BIN)/pip install --quiet --constraint $(LOCK) --editable '.[test]'
	@touch $@

chromium: install-test ## see that there is a Chromium
	@$(BIN)/python scripts/get_chromium.py

# Made under another name first: an interrupted run leaves no half of a project behind.
project: install
	@if [ -z "$$QA_TOOLKIT_PROJECT" ] && [ ! -e $(DATABASE) ]; then \
	  rm -f $(DATABASE).new*; \
	  $(BIN)/qa-toolkit init --project sqlite:///$(DATABASE).new --sample-data && \
	  { $(BIN)/qa-toolkit embed --project sqlite:///$(DATABASE).new || true; } && \
	  { [ ! -e $(DATABASE).new-wal ] || mv $(DATABASE).new-wal $(DATABASE)-wal; } && \
	  mv $(DATABASE).new $(DATABASE); \
	fi

audit: .venv/audit/installed ## look up known vulnerabilities of the locked versions; needs the network
	.venv/audit/bin/python scripts/audit.py $(LOCK)

.venv/audit/installed: .venv/bin/python
	$(BIN)/python -m venv .venv/audit
	.venv/audit/bin/pip install --quiet pip-audit
	@touch $@

lock: install-test ## write the versions of .venv to requirements.lock
	@{ sed -n '/^#/p' $(LOCK); \
	   $(BIN)/pip freeze --all --exclude-editable | sed 's/+cpu$$//' | grep -v -i -E '^(pip|setuptools|wheel)=='; } > .venv/lock
	@mv .venv/lock $(LOCK)

clean: ## remove what the targets made, but not the project's database
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
