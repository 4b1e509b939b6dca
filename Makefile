# Everything runs in .venv, which the first target makes. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test web-test host-test host-smoke comfyui lint bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile

demo: $(READY)  ## make the bundled portrait speak: demo/talking.mp4 and demo/contact_sheet.png
	$(BIN)/auhead demo -o demo

test: $(READY)  ## run the tests
	$(BIN)/pytest

web-test: $(READY)  ## run AU Editor in a headless Chromium, from the PATH or `playwright install chromium`
	$(BIN)/pytest tests/web/check_*.py

# These two are not in .venv: PYTHON is the one that ComfyUI itself runs with, its requirements and pytest installed in it.
host-test: comfyui  ## run the tests of the nodes in a real ComfyUI: make host-test COMFYUI_PATH=… PYTHON=…
	COMFYUI_PATH="$(abspath $(COMFYUI_PATH))" $(PYTHON) -m pytest tests/nodes

host-smoke: comfyui  ## start a real ComfyUI with the plugin and ask it for the nodes: COMFYUI_PATH=… PYTHON=…
	$(PYTHON) tools/host_smoke.py "$(abspath $(COMFYUI_PATH))"

comfyui:
	@test -f "$(COMFYUI_PATH)/comfy_api/latest/__init__.py" || \
	    { echo "COMFYUI_PATH is no ComfyUI: give COMFYUI_PATH=/path/to/ComfyUI PYTHON=/path/to/its/python" >&2; exit 1; }

lint: $(READY)  ## check the style
	$(BIN)/ruff check .

BENCHMARKS := speed memory landmarks facemap control

bench: $(READY)  ## measure speed, memory and control; tables in build/bench, those that are kept in benchmarks/results
	for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py -o build/bench/$$name.md || exit 1; done

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
