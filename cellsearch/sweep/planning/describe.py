"""What a journal says of a variant's cell, so that a report needs no graph."""

from __future__ import annotations

import difflib
from textwrap import dedent
from typing import TypedDict

from cellsearch import lang
from cellsearch.config import MatchConfig, ModelConfig
from cellsearch.derive.foretold import ranges_told, scans_told
from cellsearch.derive.latex import equations as latex
from cellsearch.derive.model_cost import ModelCost
from cellsearch.ir import Cell, Graph
from cellsearch.ir.cell import Const, flat
from cellsearch.record import CellCost, StudyLine, Variant

_NOT_EQUATIONS = ("param ", "const ", "init ", "output ", "needs ")


class Description(TypedDict):
    """The fields of a `record.Variant` that describe its cell."""

    cell_name: str
    equations: tuple[str, ...]
    latex: tuple[str, ...]
    consts: tuple[str, ...]


class Foretold(TypedDict):
    """The fields of a `record.Variant` that say what is known of its states beforehand."""

    ranges: tuple[str, ...]
    scan: tuple[str, ...]


class Counted(TypedDict):
    """The fields of a `record.Variant` that count."""

    cell_cost: CellCost
    model_parameters: int
    model_flops_forward: int


def described(cell: Cell) -> Description:
    """Name, equations as text, equations as LaTeX, consts."""
    lines = [line for line in _body(cell) if not line.lstrip().startswith(_NOT_EQUATIONS)]
    return Description(
        cell_name=cell.name,
        equations=tuple(lines),
        latex=latex(cell),
        consts=tuple(consts_of(cell)),
    )


def consts_of(cell: Cell) -> list[str]:
    """The names of a cell's consts."""
    return [line.name for line in flat(cell.lines) if isinstance(line, Const)]


def foretold(graph: Graph, model: ModelConfig) -> Foretold:
    """Ranges and scan classes of the states, as those of the first layer."""
    (name,) = graph.inputs
    sizes = graph.sizes({name: model.embedding or model.hidden}, model.hidden)
    return Foretold(ranges=ranges_told(graph, sizes), scan=scans_told(graph))


def counted(cost: ModelCost) -> Counted:
    """Counted cost, as the journal keeps it."""
    return Counted(
        cell_cost=CellCost.model_validate(vars(cost.cells)),
        model_parameters=cost.parameters,
        model_flops_forward=cost.flops_forward,
    )


def matched(study: StudyLine) -> list[str]:
    """For each variant, its width where it was solved for, and by how much the costs differ."""
    match = study.spec.match
    base, *others = study.variants
    if match.by == "hidden":
        return []
    what = "parameters" if match.by == "params" else "FLOPs per token"
    target = _matched_cost(base, match)
    return [
        f"{v.name}: H = {v.hidden}, {_matched_cost(v, match):,} {what} of the {match.of}, "
        f"base {target:,} ({_matched_cost(v, match) / target - 1:+.2%})"
        for v in others
    ]


def _matched_cost(variant: Variant, match: MatchConfig) -> int:
    if match.by == "params":
        of_cell, of_model = variant.cell_cost.parameters, variant.model_parameters
    else:
        of_cell, of_model = variant.cell_cost.flops_forward, variant.model_flops_forward
    return of_cell if match.of == "cell" else of_model


def changes(base: Cell, cell: Cell) -> tuple[str, ...]:
    """What differs from the base, `- old` and `+ new`; names, comments, alignment do not count."""
    diff = difflib.ndiff(_comparable(base), _comparable(cell))
    return tuple(line for line in diff if line[0] in "-+")


def _comparable(cell: Cell) -> list[str]:
    header, *body = [" ".join(line.split()) for line in _lines(cell)]
    return [header[header.index("(") :], *body]


def _body(cell: Cell) -> list[str]:
    return dedent("\n".join(_lines(cell)[1:])).splitlines()


def _lines(cell: Cell) -> list[str]:
    lines = lang.print_cell(cell).splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
