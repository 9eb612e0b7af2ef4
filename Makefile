# Maru's commands. `make run` on a fresh machine needs Python ≥3.11, Node ≥20.19, a C/C++ compiler and make; nothing else.
# Every step leaves a stamp beside what it made and is skipped while that is newer than what it was made from.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

UV_VERSION := 0.13.8
BIN := .venv/bin
PYTHON_IN_VENV := $(BIN)/python
UV := $(BIN)/uv pip
FRONT_ENDS := frontend-chat frontend-admin
PYTEST_ARGS ?=

# `make run HOST=0.0.0.0 PORT=80`: settings read both from the environment, so migrate and serve see the same.
ifdef HOST
export HOST
endif
ifdef PORT
export PORT
endif
# Front-end tools ask for nothing and report nothing.
export CI ?= 1
export DO_NOT_TRACK := 1

.PHONY: help setup setup-test run dev test test-python test-frontends test-postgres bench e2e load chaos starter generate lock format clean \
        check check-format check-lint check-types check-imports check-chat check-admin check-fences check-sizes check-drift check-security sbom

help:
	@echo "make run [HOST= PORT=]   everything that is needed, then http://127.0.0.1:8000/"
	@echo "make test                all unit tests        make check   lint, types, import rules, drift"
	@echo "make e2e                 browser and chaos     make bench   measurements"
	@echo "make test-postgres       once more on a Postgres, where the database matters"
	@echo "make dev                 hot reload: chat on 3001, admin on 3002, server on 8000"
	@echo "make sbom                what Maru is made of, with licences"
	@echo "make starter             rebuild the built-in model      make generate   OpenAPI and its TypeScript types"
	@echo "make lock | format | clean"

# ------------------------------------------------------------------ setting up
.stamps/tools: tools/need.sh
	@mkdir -p .stamps
	@sh tools/need.sh > $@.part && mv $@.part $@

.venv/.made: .stamps/tools
	@echo "→ Python environment in .venv"
	@[ -x $(PYTHON_IN_VENV) ] || $$(cat .stamps/tools) -m venv .venv
	@[ -x $(BIN)/uv ] || $(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.llama: requirements.txt tools/build_llama.py tools/before_llama.h .venv/.made
	@$(PYTHON_IN_VENV) -m tools.build_llama > $@.part && mv $@.part $@

.venv/.run: requirements.txt .venv/.llama
	@echo "→ Python packages"
	@$(UV) install --quiet --python .venv --require-hashes -r <(sed '/^llama-cpp-python==/,/[^\\]$$/d' requirements.txt)
	@$(UV) install --quiet --python .venv --no-deps --no-index --reinstall-package llama-cpp-python --find-links "$$(cat .venv/.llama)" "$$(sed -n 's/^\(llama-cpp-python==[^ ]*\).*/\1/p' requirements.txt)"
	@touch $@

.venv/.test: requirements-dev.txt .venv/.run
	@echo "→ Python packages for tests"
	@$(UV) install --quiet --python .venv --require-hashes -r requirements-dev.txt
	@touch $@

frontend-%/node_modules/.made: frontend-%/package-lock.json .stamps/tools
	@echo "→ packages of frontend-$*"
	@cd frontend-$* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Types are `make check`'s affair: a slip in a test must not keep anybody from running the house.
define FRONT_END
$(1)/dist/index.html: $(1)/node_modules/.made $$(wildcard $(1)/*.html $(1)/*.json $(1)/vite.config.ts) \
    $$(shell find $(1)/src $(1)/public -type f -not -name '*.test.*' 2>/dev/null)
	@echo "→ building $(1)"
	@cd $(1) && npx --no-install vite build > ../.stamps/$(1).log 2>&1 || { cat ../.stamps/$(1).log; exit 1; }
	@touch $$@
endef
$(foreach front_end,$(FRONT_ENDS),$(eval $(call FRONT_END,$(front_end))))

DISTS := $(FRONT_ENDS:%=%/dist/index.html)
NODE_MODULES := $(FRONT_ENDS:%=%/node_modules/.made)

setup: .venv/.run $(DISTS)
setup-test: .venv/.test $(NODE_MODULES)

# ------------------------------------------------------------------ running
run: setup
	@exec $(PYTHON_IN_VENV) manage.py serve --migrate

# One Ctrl-C ends all three.
dev: .venv/.run $(NODE_MODULES)
	@trap 'trap - EXIT INT TERM; kill $$(jobs -p) 2>/dev/null; wait' EXIT INT TERM; \
	(cd frontend-chat && exec npx --no-install vite --port 3001 --strictPort) & \
	(cd frontend-admin && exec npx --no-install vite --port 3002 --strictPort) & \
	$(PYTHON_IN_VENV) manage.py serve --migrate & \
	wait -n

# ------------------------------------------------------------------ testing
# Against a server that runs with REGISTRATION=open: make load URL=http://127.0.0.1:8000 USERS=20 TIME=60s
URL ?= http://127.0.0.1:8000
USERS ?= 20
TIME ?= 60s
.venv-load/.made: tests/load/locust/requirements.txt .venv/.made
	@$$(cat .stamps/tools) -m venv .venv-load
	@$(UV) install --quiet --python .venv-load -r tests/load/locust/requirements.txt
	@touch $@

load: .venv-load/.made
	@.venv-load/bin/locust -f tests/load/locust/locustfile.py --headless --host $(URL) -u $(USERS) -r 5 -t $(TIME) \
	    --html load-report.html --only-summary

test: test-python test-frontends

# Native tracebacks: while pytest parses source for its own, CPython 3.11 now and then loses count of its recursion and the
# whole run with it ("AST constructor recursion depth mismatch").
test-python: .venv/.test
	@$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder --tb=native $(PYTEST_ARGS)

# Where the database matters, once more on a Postgres of its own (Debian's package, not running; made and thrown away).
POSTGRES_TESTS := backend/accounts backend/chat backend/house backend/memory backend/ops backend/quotas
test-postgres: .venv/.test
	@$(PYTHON_IN_VENV) -m tools.with_postgres $(BIN)/pytest -q -n 2 --dist loadfile --tb=native $(POSTGRES_TESTS) $(PYTEST_ARGS)

test-frontends: $(NODE_MODULES)
	@cd frontend-chat && npm run --silent test
	@cd frontend-admin && npm run --silent test

# `make -k check` goes on after the first complaint.
check: check-format check-lint check-types check-imports check-chat check-admin check-fences check-sizes check-drift check-security

check-format: .venv/.test
	@$(BIN)/ruff format --check --quiet || { echo "run: make format"; exit 1; }

check-lint: .venv/.test
	@$(BIN)/ruff check --quiet

check-types: .venv/.test
	@$(BIN)/mypy

check-imports: .venv/.test
	@$(BIN)/lint-imports --no-logo

check-chat check-admin: check-%: frontend-%/node_modules/.made
	@echo "frontend-$*: oxlint, prettier, tsc"
	@cd frontend-$* && npm run --silent lint && npm run --silent format:check && npm run --silent typecheck

check-fences: .venv/.test $(NODE_MODULES)
	@$(PYTHON_IN_VENV) -m tools.check_fences
	@cd frontend-chat && npm run --silent test -- --silent --reporter=agent src/test/fences.test.ts

check-sizes: .venv/.test
	@$(PYTHON_IN_VENV) -m tools.check_sizes

check-drift: .venv/.test $(NODE_MODULES)
	@$(PYTHON_IN_VENV) -m tools.check_drift

# Nothing of it asks the network: bandit, our own rules, and a search for secrets that were committed.
check-security: .venv/.test
	@$(BIN)/bandit -q -c pyproject.toml -r backend tools manage.py
	@$(PYTHON_IN_VENV) -m tools.check_rules
	@$(PYTHON_IN_VENV) -m tools.check_secrets

# What Maru is made of, for those who must know (CycloneDX; licences beside it), into sbom/.
.venv-sbom/.made: tools/sbom-requirements.txt .venv/.made
	@$$(cat .stamps/tools) -m venv .venv-sbom
	@$(UV) install --quiet --python .venv-sbom --require-hashes -r tools/sbom-requirements.txt
	@touch $@

sbom: .venv-sbom/.made .venv/.run $(NODE_MODULES)
	@$(PYTHON_IN_VENV) -m tools.sbom

# Playwright is a package of the chat front end; the link lets the tests find it.
e2e: setup .venv/.test chaos
	@ln -sfn ../../frontend-chat/node_modules tests/e2e/node_modules
	@frontend-chat/node_modules/.bin/playwright test -c tests/e2e/playwright.config.ts
	@frontend-chat/node_modules/.bin/playwright test -c tests/e2e/shelf/playwright.config.ts

chaos: .venv/.test
	@$(BIN)/pytest -q tests/chaos

bench: .venv/.run
	@$(PYTHON_IN_VENV) -m backend.llm.bench

# ------------------------------------------------------------------ making what is committed
generate: .venv/.test $(NODE_MODULES)
	@$(PYTHON_IN_VENV) manage.py spectacular --file docs/openapi.yml --fail-on-warn --validate
	@cd frontend-chat && npm run --silent gen:api
	@cd frontend-admin && npm run --silent gen:api

# Pinned for every platform; says nothing about where packages come from.
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
           --no-emit-index-url --no-emit-find-links
lock: .venv/.made
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-dev.in -c requirements.txt -o requirements-dev.txt
	@echo 'cyclonedx-bom~=7.5' | $(COMPILE) - -o tools/sbom-requirements.txt

format: .venv/.test $(NODE_MODULES)
	@$(BIN)/ruff format --quiet
	@$(BIN)/ruff check --quiet --fix --exit-zero
	@for front_end in $(FRONT_ENDS); do (cd $$front_end && npm run --silent format); done

# The built-in model, from its corpus: see models/starter/README.md.
.venv-train/.made: requirements-train.txt .venv/.made
	@$$(cat .stamps/tools) -m venv .venv-train
	@$(UV) install --quiet --python .venv-train -r requirements-train.txt
	@touch $@

starter: .venv-train/.made .venv/.run
	.venv-train/bin/python models/starter/build_corpus.py
	rm -f models/starter/build/*.pt && .venv-train/bin/python models/starter/train.py
	.venv-train/bin/python models/starter/export_gguf.py
	$(PYTHON_IN_VENV) models/starter/check_export.py llama && .venv-train/bin/python models/starter/check_export.py torch
	$(PYTHON_IN_VENV) models/starter/evaluate.py

# What was made, but never data, models or the compiled wheel.
clean:
	rm -rf .venv .venv-train .venv-load .stamps $(FRONT_ENDS:%=%/node_modules) $(FRONT_ENDS:%=%/dist) tests/e2e/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov test-results playwright-report
