# make demo    set up, run search_spaces/demo.yaml, write its report
# make test    set up, run every check
#
# Both may be run again: what is there is used. Another Python: make PYTHON=python3.12 demo

# The first of these that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test lint clean

# Made anew only when what is to be installed changes.
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "cellsearch needs Python 3.11 or newer; found none" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/cellsearch sweep search_spaces/demo.yaml --results results/demo --executor process --workers 2
	@$(BIN)/cellsearch report results/demo --out reports/demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/pytest -n 2

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
