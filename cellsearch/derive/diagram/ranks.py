"""Which column an item stands in: after all that it reads, gates right before they are used."""

from __future__ import annotations

from cellsearch.derive.diagram.figure import Figure

_LEAVES = frozenset({"state", "input", "constant"})
_LAST = frozenset({"new state", "output"})


def ranks(figure: Figure) -> list[int]:
    """The column of each item: states in the first, new states and the output in the last.

    An input or a constant stands in the column before the first item that reads it.
    """
    found = _earliest(figure)
    readers = {i: [j for j, _ in s] for i, s in figure.sinks().items()}
    inner = [r for r, item in zip(found, figure.items, strict=True) if item.kind not in _LAST]
    last = max(inner) + 1
    for i, item in enumerate(figure.items):
        if item.kind in _LAST:
            found[i] = last
    for i in range(len(figure.items) - 1, -1, -1):
        item = figure.items[i]
        reads_leaves = all(figure.items[k.source].kind in _LEAVES for k in item.inlets)
        if item.inlets and item.kind not in _LAST and reads_leaves and readers[i]:
            found[i] = min(found[j] for j in readers[i]) - 1
    for i, item in enumerate(figure.items):
        if item.kind in ("input", "constant") and readers[i]:
            found[i] = min(found[j] for j in readers[i]) - 1
    return found


def _earliest(figure: Figure) -> list[int]:
    found: list[int] = []
    for item in figure.items:
        found.append(1 + max((found[k.source] for k in item.inlets), default=-1))
    return found
