# Everything runs in .venv, which the first target makes. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile

demo: $(READY)  ## make the bundled portrait speak: demo/talking.mp4 and demo/contact_sheet.png
	$(BIN)/auhead demo -o demo

test: $(READY)  ## run the tests
	$(BIN)/pytest

lint: $(READY)  ## check the style
	$(BIN)/ruff check .

bench: $(READY)  ## measure speed and memory
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/memory.py

clean:  ## remove .venv, the demo and caches
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	    { echo "AUHead needs Python 3.10 or newer: install it, or name one with make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || \
	    { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment: on Debian, apt install python3-venv" >&2; exit 1; }
	$(BIN)/pip install --requirement requirements-dev.txt
	$(BIN)/pip install --no-deps --editable .
	@touch $@
