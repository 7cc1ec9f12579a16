"""The page of several studies, from their journals alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cellsearch.report.assembly import Built, write
from cellsearch.report.document import Part
from cellsearch.report.several import forest, overview, sizes
from cellsearch.report.several.holding import Across, across
from cellsearch.report.several.studies import Study, studies


def compare(folders: Sequence[Path], out: Path) -> tuple[Built, list[Across]]:
    """Write the comparison of the studies in `folders` into `out`, and say what holds.

    Raises:
        StoreError: a journal cannot be read, the studies cannot be compared, or the page cannot be
            written.
    """
    read = studies(folders)
    found = across(read)
    return write(out.resolve().name, _parts(read, found), out), found


def _parts(read: Sequence[Study], found: Sequence[Across]) -> list[Part]:
    parts = [
        Part("What holds", "", overview.opening(read, found)),
        Part("Verdict by study", "", overview.table(read, found)),
        Part("Change by study", "", forest.draw(read, found)),
        Part("Several sizes", "", sizes.draw(read)),
        Part("The studies", "", overview.conditions(read)),
    ]
    return [part for part in parts if part.blocks]
