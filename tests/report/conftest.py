"""What the tests of the report share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cellsearch.report.figures import drawing

FONTTYPE = "pdf.fonttype"


@pytest.fixture(scope="module", autouse=True)
def _fonts_as_they_come() -> Iterator[None]:
    """Cutting a font down for each PDF takes longer than all the rest of a figure."""
    was, drawing._STYLE[FONTTYPE] = drawing._STYLE[FONTTYPE], 3
    yield
    drawing._STYLE[FONTTYPE] = was
