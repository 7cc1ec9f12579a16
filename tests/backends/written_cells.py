"""The cells of tests/cells, by name, and the corners beside this file."""

from pathlib import Path

from cellsearch.lang import parse_cells
from cellsearch.lang.library import Library

FOLDER = Path(__file__).parents[1] / "cells"
CELLS = Library({f.stem: f.read_text("utf-8") for f in FOLDER.glob("*.cell")})
CORNERS = parse_cells(Path(__file__).with_name("corners.cell").read_text("utf-8"))
