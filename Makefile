# Moorage: every command has a sentence; `make help` prints them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.PHONY: help
help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Moorage needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

.PHONY: install
install: $(STAMP) ## make .venv with Moorage and everything its tests need

.PHONY: demo
demo: $(STAMP) ## boot a DPM partition from a Fibre Channel volume, kill the process in mid-destroy, see nothing left
	$(BIN)/python demo/boot_from_fc_volume.py

.PHONY: demo-libvirt
demo-libvirt: $(STAMP) ## boot a real QEMU guest from an uploaded image, show its console (installs libvirt-python in .venv)
	$(BIN)/python -c 'import libvirt' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[libvirt]'
	$(BIN)/python demo/real_guest.py

.PHONY: demo-cluster
demo-cluster: $(STAMP) ## a data-processing cluster on DPM whose nodes boot from FC volumes: create, scale, delete
	$(BIN)/python demo/cluster_on_fc_volumes.py

.PHONY: test
test: lint unit ## lint, types, import contracts, generated docs, and the tests (under 10 minutes on 2 cores)

.PHONY: test-long
test-long: $(STAMP) ## the tests that take minutes more: crash cells of every operation (SAMPLE=4 TURN=0: one in four)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m long --sample=$(or $(SAMPLE),1) --turn=$(or $(TURN),0)

.PHONY: unit
unit: $(STAMP) ## the tests alone
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not long"

.PHONY: lint
lint: $(STAMP) ## ruff, mypy, import contracts, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

.PHONY: test-postgresql
test-postgresql: $(STAMP) ## the tests of domains and APIs once more, on PostgreSQL instead of SQLite
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not long" --store=postgresql \
	  tests/api tests/audit tests/identity tests/images tests/operations tests/stacks tests/volumes

.PHONY: crash-matrix
crash-matrix: $(STAMP) ## strike every operation at every step (OPERATION= SCENE= DRIVER= STORE= STEP= STRIKE= SHARD=1/4 LIMIT_S=)
	$(BIN)/python -m tests.crash_matrix.run

.PHONY: soak
soak: $(STAMP) ## random operations, kills and lost answers for long (EXAMPLES=200 stories of 100 steps)
	MOORAGE_SOAK_EXAMPLES=$(or $(EXAMPLES),200) $(BIN)/python -m pytest -q -s tests/property

.PHONY: fuzz
fuzz: $(STAMP) ## every route as every kind of caller, with CASES=10 generated requests each
	MOORAGE_FUZZ_CASES=$(or $(CASES),10) $(BIN)/python -m pytest -q -s tests/api/fuzz -m long

.PHONY: bench
bench: $(STAMP) ## measure this machine: boot, audit, clusters, 200 partitions, growth, and all figures of cloudbench (PEER='--peer-start ...')
	$(BIN)/python benchmarks/boot.py
	$(BIN)/python benchmarks/audit.py
	$(BIN)/python benchmarks/cluster.py
	$(BIN)/python benchmarks/dpm_boot.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/peer.py $(PEER)

.PHONY: docs
docs: $(STAMP) ## write the generated reference under docs/reference
	$(BIN)/python docs/generate.py

.PHONY: format
format: $(STAMP) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: clean
clean: ## remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
