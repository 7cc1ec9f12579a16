"""What is known of a cell's states before it is trained, in words: ranges and scan classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellsearch.derive.ranges import ranges, unbounded
from cellsearch.derive.scan_classes import scan_classes
from cellsearch.ir import Graph


def ranges_told(graph: Graph, sizes: Mapping[str, int]) -> tuple[str, ...]:
    """A line for each state of the header, and for an output that is no state.

    Args:
        graph: the cell.
        sizes: H, X and the widths of further inputs, as `graph.sizes` gives them.
    """
    found, growing = ranges(graph, sizes), unbounded(graph, sizes)
    lines = []
    for name in _told(graph):
        line = f"{name} in {found[name]}"
        if name in growing:
            line += f"; it may grow for ever: {growing[name]}"
        elif name not in graph.equations and not found[f"{name}'"].bounded:
            line += ", as far as weights and inputs take it"
        lines.append(line)
    return tuple(lines)


def scans_told(graph: Graph) -> tuple[str, ...]:
    """A line for each group of states."""
    return tuple(f"{', '.join(g.states)}: {g.told}" for g in scan_classes(graph))


def _told(graph: Graph) -> Iterator[str]:
    # Others are what delays remember.
    yield from (s.name for s in graph.states if f"{s.name}'" in graph.equations)
    if all(s.next is not graph.output for s in graph.states):
        yield next(name for name, n in graph.equations.items() if n is graph.output)
