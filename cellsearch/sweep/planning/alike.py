"""Variants that are one cell in other words, or mirrors: found, proved, and said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellsearch import lang
from cellsearch.derive.normal.gauge import IDENTICAL
from cellsearch.derive.relations import relate
from cellsearch.derive.relations.side import Side
from cellsearch.ir import Cell, Graph
from cellsearch.record import StudyLine, Variant


def representatives(cells: Mapping[str, Cell], graphs: Mapping[str, Graph]) -> dict[str, str]:
    """Of each variant, the first one that is proved to be the same cell; often itself.

    Args:
        cells: of each variant.
        graphs: the same, as its model has it.
    """
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for name, cell in cells.items():
        text = Side(cell, graphs[name]).written(IDENTICAL).text
        other = first.setdefault(text, name)
        proved = other == name or relate(cells[other], cell).grade == IDENTICAL.name
        found[name] = other if proved else name
    return found


def undeclared_mirrors(study: StudyLine) -> Iterator[str]:
    """A sentence for each variant that mirrors another one and does not say so."""
    first: dict[object, Variant] = {}
    for variant in study.variants:
        other = first.setdefault(_class(variant), variant)
        if not _declared(variant) and _mirrors(variant, other):
            yield f"variant '{variant.name}' is the mirror of {_named(other)}: a placebo"


def _class(v: Variant) -> object:
    return (v.class_hash, v.hidden, v.learning_rate)


def _declared(v: Variant) -> bool:
    return v.placebo or v.mirror_of is not None or v.identical_to is not None


def _mirrors(variant: Variant, other: Variant) -> bool:
    if variant.cell_hash == other.cell_hash:
        return False
    one, two = (lang.parse_cell(v.cell, library=lang.library()) for v in (other, variant))
    return relate(one, two).grade == "mirror"


def _named(variant: Variant) -> str:
    return "the base" if variant.name == "base" else f"'{variant.name}'"
