"""The sections of a report, a module each.

A section is a module with `TITLE`, `ABOUT`, `ORDER`, `info(findings)`, which gathers the data as a
named tuple, and `draw(info)`, which turns them into blocks. To add one, add a file here, or
announce a module under the entry point group `cellsearch.report_sections`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from cellsearch.registry import Registry

if TYPE_CHECKING:
    from cellsearch.report.document import Block
    from cellsearch.report.verdicts.findings import Findings

_SECTIONS = Registry(
    "report section",
    "cellsearch.report_sections",
    {module.name: f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)},
)


class Section(Protocol):
    """What a module must have to be a section.

    `ABOUT` says in a few words what one finds there; on the page the section folds behind it. One
    with no such words stands open.
    """

    TITLE: str
    ABOUT: str
    ORDER: int

    def info(self, findings: Findings) -> Any:
        """The section's data."""

    def draw(self, info: Any) -> Sequence[Block]:
        """The data as blocks; none where the section has nothing to say."""


def sections() -> list[Section]:
    """All sections in the order of the page."""
    found: list[Section] = [_SECTIONS.load(name) for name in _SECTIONS.names()]
    return sorted(found, key=lambda section: (section.ORDER, section.TITLE))
