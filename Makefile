PYTHON3 ?= python3
VENV ?= .venv
PYTEST_ARGS ?= -n auto

BIN := $(VENV)/bin
PYTHON := $(BIN)/python
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test torture check format bench docs verify-rules venv lock changelog clean
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(STAMP) ## let a swarm of ten agents work on an example repository, from the plan to the landing
	@$(PYTHON) examples/demo.py

test: $(STAMP) ## run the tests with branch coverage (PYTEST_ARGS to choose)
	@$(PYTHON) -m pytest --cov $(PYTEST_ARGS)

torture: $(STAMP) ## many processes on one ledger, killed anywhere, for some ten minutes (TORTURE_ARGS to choose)
	@$(PYTHON) -m tests.torture $(TORTURE_ARGS)

check: $(STAMP) ## ruff, mypy --strict, import-linter
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@$(BIN)/lint-imports --no-logo

format: $(STAMP) ## format the code and apply safe fixes
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m ruff format

bench: $(STAMP) ## measure, and print the tables
	@$(PYTHON) -m benchmarks

docs: $(STAMP) ## write what the documentation takes from the program (rules, JSON, the demo's output)
	@$(PYTHON) -m scripts.write_docs

verify-rules: $(STAMP) ## hold what the rules say of cargo and cargo-make against cargo and cargo-make
	@$(PYTHON) -m tests.verify

changelog: $(STAMP) ## show what the next release notes would say
	@$(PYTHON) -m towncrier build --draft

venv: $(STAMP) ## set up .venv with the pinned tools
	@:

$(STAMP): scripts/bootstrap.sh pyproject.toml requirements/bootstrap.txt requirements/dev.txt
	@sh scripts/bootstrap.sh $(PYTHON3) $(VENV)
	@touch $@

LOCK := compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: ## resolve requirements/*.in again (LOCK_ARGS=--upgrade for newer versions)
	@test -x $(BIN)/uv || $(MAKE) venv
	@for name in bootstrap runtime dev; do \
		$(BIN)/uv pip $(LOCK) $(LOCK_ARGS) requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean: ## remove everything that make created
	@rm -rf $(VENV) .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
