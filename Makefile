# make demo   set everything up and run the main job against an emulated account
# make test   set everything up and pass the tests
# make test-light  those that build no models and open no pages
# make prove  the long ones: a month with faults, runs killed at many instants
# make prove-all  these and the longest: more seeds, more kills, a quarter of a year
#
# Everything is installed into $(VENV) from requirements.lock, each package checked against its
# hash. Nothing is written outside this folder, whatever HOME is. make PYTHON=python3.13 ... works
# with that Python, in an environment of its own, so that each version keeps what it has installed.

PYTHON ?=
version := $(if $(PYTHON),$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null))
VENV ?= .venv$(if $(PYTHON),-$(version))
# One more than two cores: some tests wait for an answer that never comes.
JOBS ?= 3
WHEELS ?= dist
bin := $(VENV)/bin

export DO_NOT_TRACK = 1
export RUNTIME__DLTHUB_TELEMETRY = false
export DBT_SEND_ANONYMOUS_USAGE_STATS = false
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-light prove prove-all lint format docs cookbook screenshots models lock wheel clean

help:
	@echo 'make demo    set up, then run the main job against an emulated account'
	@echo 'make test    set up, then run the tests'
	@echo 'make test-light  set up, then run those that build no models and open no pages'
	@echo 'make prove   set up, then run the tests that take minutes'
	@echo 'make prove-all  set up, then run these and the longest: hours'
	@echo 'make lint    ruff, mypy, import-linter and vulture'
	@echo 'make format  let ruff rewrite the code'
	@echo 'make docs    write the generated pages of docs/, and build the site of all into site/'
	@echo 'make cookbook  set up, then write the answers of docs/cookbook.md anew'
	@echo 'make screenshots  set up, then write all pages of the demo in both schemes and widths'
	@echo 'make models  write the models that follow from the raw tables'
	@echo 'make lock    resolve requirements.lock again (needs uv)'
	@echo 'make wheel   build dist/shipsync-*.whl'
	@echo 'make clean   remove what make made'

demo: setup
	@$(bin)/shipsync demo

# pytest's exit code 5: no test was selected. That is no success, and pytest says too little of it.
define run_pytest
$(bin)/python -m pytest -q -n $(JOBS) --dist loadgroup -m $(1) || { code=$$?; \
	  if [ $$code = 5 ]; then echo "pytest found no test for -m $(1), so nothing was shown." >&2; fi; \
	  exit $$code; }
endef

test: setup
	@$(call run_pytest,'not slow and not longest')

# Tests of models and pages share a worker by this mark.
test-light: setup
	@$(call run_pytest,'not slow and not longest and not xdist_group')

# The fuzz begins at the same seed each time, so that this can be a gate; prove-all draws one.
prove: setup
	@export SHIPSYNC_FUZZ_SEED=$${SHIPSYNC_FUZZ_SEED:-1}; $(call run_pytest,'slow')

prove-all: setup
	@$(call run_pytest,'slow or longest')

lint: setup
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy
	@$(bin)/lint-imports --no-logo --no-cache
	@$(bin)/vulture

format: setup
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .

docs: setup
	@$(bin)/python -m shipsync.settings.page > docs/settings.md
	@$(bin)/python -m shipsync.sources.personal_data_page > docs/personal-data.md
	@$(bin)/python -m shipsync.cli.commands_page > docs/commands.md
	@$(bin)/python -m shipsync.pages.metrics_page > docs/metrics.md
	@$(bin)/python -m shipsync.warehouse.tables_page docs/tables
	@$(bin)/zensical build --strict --clean

cookbook: setup
	@cd tests && ../$(bin)/python -m cookbook

screenshots: setup
	@cd tests && ../$(bin)/python -m pages.screenshots ../screenshots

models: setup
	@$(bin)/python -m shipsync.warehouse.model_files

wheel: setup
	@$(bin)/python -m pip wheel -qq --no-deps --no-build-isolation --wheel-dir $(WHEELS) .

# The lock names no registry host, so it installs from any mirror.
lock:
	uv pip compile --universal --python-version 3.11 --extra delta --extra dev --extra ducklake --extra excel --extra iceberg --extra mcp --extra notebooks --extra openlineage --extra postgres --extra prometheus \
	  --no-strip-extras --generate-hashes --no-emit-index-url --no-header \
	  pyproject.toml -o requirements.lock

# Nothing is done when $(VENV) works and was made from this very lock and this very pyproject.toml, by
# the Python that was named, if one was: the stamp is a copy of both files, written last, so a set-up
# that was cut short starts over.
setup:
	@is_ours() { [ -z "$(version)" ] || $(bin)/python -c 'import sys; \
	      sys.exit("%d.%d" % sys.version_info[:2] != "$(version)")' 2>/dev/null; }; \
	if cat requirements.lock pyproject.toml | cmp -s - $(VENV)/installed-from \
	    && $(bin)/python -c '' 2>/dev/null && is_ours; then exit 0; fi; \
	set -e; \
	for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
	  if $$candidate -c 'import sys, venv, ensurepip; \
	      sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'shipsync needs Python 3.11, 3.12 or 3.13 with its venv module; $(if $(PYTHON),$(PYTHON) is not that,none is on PATH).' >&2; \
	  echo 'Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12' >&2; \
	  exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$($$python --version): about a minute, once." >&2; \
	rm -f $(VENV)/installed-from; \
	{ $(bin)/python -c '' 2>/dev/null && is_ours; } || $$python -m venv --clear $(VENV); \
	$(bin)/python -m pip install -qq --require-hashes -r requirements.lock; \
	$(bin)/python -m pip install -qq --no-deps --no-build-isolation -e .; \
	cat requirements.lock pyproject.toml > $(VENV)/installed-from

clean:
	rm -rf $(VENV) .venv .venv-3.* build dist data site .pytest_cache .mypy_cache .ruff_cache .hypothesis
