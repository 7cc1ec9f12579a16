"""The sections of a report, a file each.

A section is a module with `TITLE`, `ORDER`, `info(findings)`, which gathers the data as a named
tuple, and `draw(info)`, which turns them into blocks. To add one, add a file here, or announce a
module under the entry point group `cellsearch.report_sections`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from cellsearch.report.document import Block
    from cellsearch.report.findings import Findings

GROUP = "cellsearch.report_sections"


class Section(Protocol):
    """What a module must have to be a section."""

    TITLE: str
    ORDER: int

    def info(self, findings: Findings) -> Any:
        """The section's data."""

    def draw(self, info: Any) -> Sequence[Block]:
        """The data as blocks; none where the section has nothing to say."""


def sections() -> list[Section]:
    """All sections in the order of the page."""
    own = [import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    others = [entry.load() for entry in entry_points(group=GROUP)]
    return sorted(cast("list[Section]", own + others), key=lambda s: (s.ORDER, s.TITLE))
