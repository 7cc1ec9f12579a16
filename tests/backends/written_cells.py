"""The cells of tests/cells, by name, and the corners beside this file."""

from pathlib import Path

from cellsearch.lang import parse_cells
from cellsearch.testing.cases import read_folder

CELLS = read_folder(Path(__file__).parents[1] / "cells")
CORNERS = parse_cells(Path(__file__).with_name("corners.cell").read_text("utf-8"))
