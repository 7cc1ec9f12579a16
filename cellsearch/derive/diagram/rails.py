"""Which line goes straight through an operation: the one that carries a state, else a value."""

from __future__ import annotations

from dataclasses import replace

from cellsearch.derive.diagram.figure import OPERATIONS, Figure, Item

_PASSED = OPERATIONS | {"mix", "noise", "new state"}


def straightened(figure: Figure) -> Figure:
    """The figure with one main inlet for every operation that has several."""
    rails: dict[int, int] = {}
    for state, end in figure.rails:
        if figure.items[figure.items[end].inlets[0].source].kind != "input":
            rails[end] = 0
        for item, inlet in _way(figure, state, end):
            rails.setdefault(item, inlet)
    items = [_with_main(figure, i, rails.get(i)) for i in range(len(figure.items))]
    return replace(figure, items=tuple(items))


def _way(figure: Figure, state: int, end: int) -> list[tuple[int, int]]:
    """The shortest way back from a new state to its state, as items and the inlets taken."""
    ways: dict[int, list[tuple[int, int]]] = {end: []}
    todo = [end]
    for i in todo:
        item = figure.items[i]
        for k, inlet in enumerate(item.inlets):
            if _is_passed(item) and inlet.source not in ways:
                ways[inlet.source] = [*ways[i], (i, k)]
                todo.append(inlet.source)
    return ways.get(state, [])


def _is_passed(item: Item) -> bool:
    """Whether a state's line may go through: operations, and functions of nothing else."""
    alone = item.kind in ("activation", "function") and len(item.inlets) == 1 and not item.text
    return item.kind in _PASSED or alone


def _main(figure: Figure, item: Item) -> int:
    """The first inlet that is not marked, not of a gate and not of an input, if there is one."""

    def rank(k: int) -> tuple[bool, bool]:
        inlet = item.inlets[k]
        return figure.items[inlet.source].kind in ("gate", "input"), bool(inlet.mark)

    if item.kind == "mix":
        return 0
    return min(range(len(item.inlets)), key=rank, default=0)


def _with_main(figure: Figure, i: int, rail: int | None) -> Item:
    item = figure.items[i]
    main = _main(figure, item) if rail is None else rail
    inlets = (replace(inlet, main=k == main, rail=k == rail) for k, inlet in enumerate(item.inlets))
    return replace(item, inlets=tuple(inlets))
