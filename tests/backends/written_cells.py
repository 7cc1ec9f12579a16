"""The library, and the corners beside this file."""

from pathlib import Path

from cellsearch.lang import library, parse_cells

CELLS = library()
CORNERS = parse_cells(Path(__file__).with_name("corners.cell").read_text("utf-8"))
