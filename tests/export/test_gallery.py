"""docs/cells.md is what is made of the library now."""

from pathlib import Path

from cellsearch.export.gallery import PICTURES, gallery
from cellsearch.lang import library

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_is_made_now():
    assert gallery(library()) == (DOCS / "cells.md").read_text("utf-8")


def test_every_cell_has_a_picture_and_no_other_is_there():
    assert {p.stem for p in (DOCS / PICTURES).glob("*.svg")} == set(library())


def test_cells_are_related_where_they_are():
    page = gallery({n: library()[n] for n in ("gru_v3", "gru_chung", "lstm", "lstm_b", "mgu")})
    assert "- [gru_chung](#gru_chung) is its mirror: some weights negated." in page
    assert "- [lstm_b](#lstm_b) has the same equations and another start." in page
    assert page.count("- [") == 4
