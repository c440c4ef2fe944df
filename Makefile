# `make demo` installs what is needed and shows the method at work; `make test` checks the project.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.unsuplmk-installed
PARTS := -e '.[video,shards,plots,hdf5,onnx,dev,docs]' -e plugins/unsuplmk-timm -e plugins/unsuplmk-lpips \
    -e plugins/unsuplmk-sleap -e 'plugins/unsuplmk-loggers[wandb]' -e plugins/unsuplmk-slurm -e plugins/unsuplmk-template
# tests use many small tensors: one thread each and two processes is faster than the other way round
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

.PHONY: setup demo test lint docs clean

setup: $(STAMP)

$(STAMP): pyproject.toml $(wildcard plugins/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "unsuplmk needs Python 3.11 or newer, and '$(PYTHON)' is not; try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	    echo "'$(PYTHON)' has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install $(PARTS)
	@touch $@

demo: setup
	@bash examples/demo.sh $(BIN)

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(PYTEST)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright

docs: setup
	$(BIN)/mkdocs build --strict

clean:
	rm -rf build dist site .pytest_cache .ruff_cache .hypothesis
	find unsuplmk tests plugins docs examples -name __pycache__ -prune -exec rm -rf {} +
