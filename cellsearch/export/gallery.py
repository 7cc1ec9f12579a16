"""The page of all cells: what each is, its equations, its cost, and what it is related to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cellsearch.derive.cost import Cost, count
from cellsearch.derive.ranges import ranges
from cellsearch.derive.relations.kin import kin
from cellsearch.derive.scan_classes import scan_classes
from cellsearch.ir import Cell, Graph, elaborate
from cellsearch.lang import print_cell

# Width of state and inputs at which cells are counted.
COMMON = 128
PICTURES = "pictures/cells"

_HEAD = f"""# The cells

<!-- Made by `cellsearch cells --page docs`. -->

The cells that come with cellsearch, one file each in `cellsearch/cells/`. Counted: one layer at
X = H = {COMMON}; FLOPs are those of matrix products, forward, for one token; *depth* is the number
of matrix products that wait for each other within a step. What is said of values holds for all
weights and inputs. Relations are found from the equations and proved
([relations](relations.md)).

| cell | what it is | parameters | FLOPs | depth | over time |
|---|---|--:|--:|--:|---|
"""
_RELATED = {
    "identical": "is the same cell",
    "mirror": "is its mirror: some weights negated",
    "other_start": "has the same equations and another start",
    "other_parameters": "has the same functions and other parameters",
}


def gallery(cells: Mapping[str, Cell]) -> str:
    """The page, as Markdown; it links to drawings `NAME.svg` in the folder `PICTURES` beside it."""
    graphs = {name: _elaborated(cell) for name, cell in cells.items()}
    costs = {name: _cost(graph) for name, graph in graphs.items()}
    related = kin(cells)
    rows = (_row(cells[n], graphs[n], costs[n]) for n in cells)
    parts = (_section(cells[n], graphs[n], costs[n], related.get(n, {})) for n in cells)
    return _HEAD + "".join(rows) + "".join(parts)


def _elaborated(cell: Cell) -> Graph:
    return elaborate(cell, {"H": COMMON, "X": COMMON})


def _widths(graph: Graph) -> dict[str, int]:
    return dict.fromkeys(graph.inputs, COMMON)


def _cost(graph: Graph) -> Cost:
    return count(graph, _widths(graph), COMMON)


def _row(cell: Cell, graph: Graph, cost: Cost) -> str:
    what = cell.doc[0].removesuffix(".")
    numbers = f"{cost.parameters:,} | {cost.flops_forward:,} | {cost.sequential_depth}"
    link = f"[{cell.name}](#{cell.name})"
    return f"| {link} | {what} | {numbers} | {_over_time(graph)} |\n"


def _over_time(graph: Graph) -> str:
    return "; ".join(dict.fromkeys(group.kind for group in scan_classes(graph)))


def _section(cell: Cell, graph: Graph, cost: Cost, related: Mapping[str, str]) -> str:
    picture = f"{PICTURES}/{cell.name}.svg"
    lines = [
        f"\n## {cell.name}\n",
        *cell.doc,
        # Linked, for wide ones are small in a page's column.
        f"\n[![One step of {cell.name}]({picture})]({picture})\n",
        f"```\n{_equations(cell)}```\n",
        *_facts(graph, cost),
        *(f"- [{name}](#{name}) {_RELATED[grade]}." for name, grade in related.items()),
        "",
    ]
    return "\n".join(lines)


def _equations(cell: Cell) -> str:
    """The cell's text without its comment."""
    lines = print_cell(cell).splitlines(keepends=True)
    return "".join(lines[len(cell.doc) :])


def _facts(graph: Graph, cost: Cost) -> Iterator[str]:
    yield (
        f"- {cost.parameters:,} parameters, {cost.flops_forward:,} FLOPs and {cost.elementwise:,} "
        f"elementwise operations a token; {cost.state_size:,} numbers of state; "
        f"depth {cost.sequential_depth}."
    )
    yield f"- Over time: {'; '.join(_told(graph))}."
    kept = list(_kept(graph))
    if kept:
        yield f"- {', '.join(kept)}."


def _told(graph: Graph) -> Iterable[str]:
    for group in scan_classes(graph):
        yield f"`{', '.join(group.states)}`: {group.told}"


def _kept(graph: Graph) -> Iterator[str]:
    """The states that stay within ends."""
    found = ranges(graph, graph.sizes(_widths(graph), COMMON))
    for state in graph.states:
        within = found[state.name]
        if within.bounded:
            yield f"`{state.name}` stays in {within}"
