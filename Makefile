# Catflap. `make run` and `make test` are all one needs; `make help` lists the rest.
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
# Four where there are fewer cores: a test with a browser mostly waits.
WORKERS = $(shell python3 -c "import os; print(min(12, max(4, os.cpu_count() or 4)))")
DATA ?= data
PORT ?= 8080
# Where this is set, every process compiles every module anew: three quarters of its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install client run demo test tests check bench words lock screenshots settings clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

$(VENV)/.made: pyproject.toml requirements.lock
	@test -x $(PY) || python3 -m venv $(VENV)
	@$(PY) -m pip install -q uv
	@$(UV) pip install -q --compile-bytecode --python $(PY) -r requirements.lock
	@$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

client/node_modules/.made: client/package-lock.json
	@cd client && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

src/catflap/web/static/dist/manifest.json: client/node_modules/.made $(wildcard client/src/*) client/vite.config.ts
	@cd client && npm run -s build -- --logLevel warn

install: $(VENV)/.made src/catflap/web/static/dist/manifest.json ## Make the environment and the scripts
	@$(PY) -m compileall -q src

run: install ## Install, seed the demo the first time, serve
	@mkdir -p $(DATA)
	@test -e $(DATA)/catflap.db || test -e $(DATA)/catflap.toml || echo 'operators = ["阿橘", "mei_abroad"]' > $(DATA)/catflap.toml
	@$(VENV)/bin/catflap demo --data $(DATA)
	@CATFLAP_LOG_LEVEL=$${CATFLAP_LOG_LEVEL:-warning} $(VENV)/bin/catflap serve --data $(DATA) --port $(PORT)

check: install ## Lint, types, import rules
	@$(VENV)/bin/ruff check src tests tools bench
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo 2>/dev/null || $(VENV)/bin/lint-imports
	@cd client && npm run -s check

test: install ## Everything: lint, types, import rules, unit, browser
	@$(MAKE) --no-print-directory -j 2 check tests

tests: install
	@$(PY) -m tools.chromium
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

bench: install ## Measure, each figure as a ratio in one run
	@$(PY) -m bench.pages
	@$(PY) -m bench.apps
	@$(PY) -m bench.streams
	@$(PY) -m bench.arriving
	@$(PY) -m bench.batching
	@OPENBLAS_NUM_THREADS=1 $(PY) -m bench.feeding
	@OPENBLAS_NUM_THREADS=1 $(PY) -m bench.for_you
	@OPENBLAS_NUM_THREADS=1 $(PY) -m bench.world
	@$(PY) -m bench.importing 100

words: $(VENV)/.made ## Collect the interface's words into the catalogues
	@$(PY) tools/catalogue.py

screenshots: install ## Take the README's screenshots from a fresh demo
	@$(PY) -m tools.screenshots

lock: ## Pin every dependency anew
	@$(UV) pip compile -q --universal --extra dev --generate-hashes --no-header --no-emit-index-url -o requirements.lock pyproject.toml tools/build.in

clean: ## Remove what was made, not the data
	@rm -rf $(VENV) client/node_modules src/catflap/web/static/dist

settings: install ## Write the table of settings into docs/operating.md
	@$(PY) -m tools.settings_table
