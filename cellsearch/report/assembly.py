"""The whole report of a study: page, Markdown, tables, figures, from what is on record alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cellsearch.errors import StoreError
from cellsearch.report import document
from cellsearch.report.document import Part
from cellsearch.report.figures import drawing
from cellsearch.report.page import pages, tables
from cellsearch.report.sections import sections
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.judge import judge
from cellsearch.store import read, write_atomically

# By this a page of ours is known.
MARK = b"cellsearch report</title>"


@dataclass(frozen=True)
class Built:
    """Where the parts of a report lie."""

    index: Path
    markdown: Path
    tables: tuple[Path, ...]
    figures: tuple[Path, ...]


def build(study: Path, out: Path) -> Built:
    """Write the report of `study` into `out`; the same record gives the same bytes.

    Tables and figures of an earlier report there that this one does not have are removed; no other
    file is.

    Raises:
        StoreError: the journal cannot be read, or the report cannot be written.
    """
    findings = judge(read(study))
    return write(findings.journal.study.spec.name, _parts(findings), out)


def write(name: str, parts: Sequence[Part], out: Path) -> Built:
    """Write the parts of a report of that name into `out`, as `build` does.

    Raises:
        StoreError: it cannot be written.
    """
    blocks = [block for part in parts for block in part.blocks]
    shown, drawn = document.tables(blocks), document.figures(blocks)
    _make_folders(out)
    for table in shown:
        tables.save(table, out / "tables")
    with drawing.style():
        svgs = {f.name: drawing.save(f.canvas, out / "figures" / f.name) for f in drawn}
    built = Built(
        index=out / "index.html",
        markdown=out / "report.md",
        tables=_paths(out / "tables", [t.name for t in shown], (".csv", ".tex")),
        figures=_paths(out / "figures", list(svgs), (".svg", ".pdf")),
    )
    _remove_earlier(built)
    write_atomically(built.index, pages.html(name, parts, svgs).encode())
    write_atomically(built.markdown, pages.markdown(name, parts).encode())
    return built


def _remove_earlier(built: Built) -> None:
    """The page that is still there names the files of its report, and only those."""
    out = built.index.parent
    page = built.index.read_bytes() if built.index.is_file() else b""
    linked = re.findall(rb'href="((?:tables|figures)/[\w.+-]+)"', page) if MARK in page else []
    for path in {out / name.decode() for name in linked} - {*built.tables, *built.figures}:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise StoreError(f"{path}: of an earlier report, cannot be removed: {why}") from None


def _parts(findings: Findings) -> list[Part]:
    found = [Part(s.TITLE, s.ABOUT, s.draw(s.info(findings))) for s in sections()]
    return [part for part in found if part.blocks]


def _make_folders(out: Path) -> None:
    for folder in (out / "tables", out / "figures"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise StoreError(f"{folder}: cannot be made: {why}") from None


def _paths(folder: Path, names: Sequence[str], endings: Sequence[str]) -> tuple[Path, ...]:
    return tuple(folder / f"{name}{ending}" for name in names for ending in endings)
