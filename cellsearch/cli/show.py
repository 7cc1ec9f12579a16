"""`cellsearch show`: one cell, its equations, its changes, its cost, what is foretold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellsearch.cli import say
from cellsearch.cli.alone import edited, under
from cellsearch.cli.asked import CellArgument, Edits, Hidden, Inputs, Json
from cellsearch.cli.sizes import COMMON, Sized, costs, sized

if TYPE_CHECKING:
    from cellsearch.derive.ranges import Interval
    from cellsearch.ir import Cell


def show(
    cell: CellArgument,
    edits: Edits = None,
    inputs: Inputs = None,
    hidden: Hidden = COMMON,
    base: Annotated[
        str | None,
        typer.Option(metavar="CELL", help="Compare with this cell, not with CELL unedited."),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Also print what runs when it is compiled.")
    ] = False,
    json: Json = False,
) -> None:
    """Show a cell: its equations, what an edit changes, its cost, ranges and scan classes.

    \b
    Example:
      cellsearch show lstm --with "o = 1" --input 64 --hidden 128
      cellsearch show gru_v3 --base gru
      cellsearch show gru --plan
      cellsearch show lstm --with "tanh(?a) -> ?a everywhere" --json
    """
    from cellsearch.sweep.planning.describe import changes

    own = edited(cell, None)
    shown = under(own, edits)
    found = sized(shown, inputs or [], hidden)
    changed = changes(edited(base, None) if base else own, shown)
    say.unread_inputs(found.graph.unread_inputs)
    if json:
        say.as_json(_as_json(shown, found, changed))
    else:
        _print(shown, found, changed)
        if plan:
            _print_plan(found)


def _as_json(cell: Cell, found: Sized, changed: tuple[str, ...]) -> dict[str, Any]:
    from cellsearch import lang
    from cellsearch.derive.hashes import cell_hash, class_hash
    from cellsearch.derive.ranges import ranges, unbounded
    from cellsearch.derive.scan_classes import scan_classes

    sizes = _sizes(found)
    cost = found.cost
    return {
        "name": cell.name,
        "text": lang.print_cell(cell),
        "cell_hash": cell_hash(found.graph),
        "class_hash": class_hash(found.graph),
        "parameters": cost.parameters,
        "flops_per_token": {"forward": cost.flops_forward, "training": cost.flops_training},
        "state_size": cost.state_size,
        "sequential_depth": cost.sequential_depth,
        "elementwise": cost.elementwise,
        "changes": list(changed),
        "ranges": {name: _range(i) for name, i in ranges(found.graph, sizes).items()},
        "unbounded": unbounded(found.graph, sizes),
        "scan": [
            {"states": g.states, "kind": g.kind, "products": g.products}
            for g in scan_classes(found.graph)
        ],
        "input": found.widths,
        "hidden": found.hidden,
    }


def _range(i: Interval) -> dict[str, Any]:
    """Its ends, null where there is none."""
    low, high = (end if math.isfinite(end) else None for end in (i.low, i.high))
    return {"low": low, "high": high, "text": str(i)}


def _sizes(found: Sized) -> dict[str, int]:
    return found.graph.sizes(found.widths, found.hidden)


def _print(cell: Cell, found: Sized, changed: tuple[str, ...]) -> None:
    from cellsearch import lang

    say.line(lang.print_cell(cell).rstrip())
    if changed:
        say.line("\nWhat differs:")
        for line in changed:
            say.line(f"  {line}")
    widths = ", ".join(f"{name} = {width}" for name, width in found.widths.items())
    say.line(f"\nOne layer at {widths}, H = {found.hidden}:")
    for name, value, unit in costs(found):
        say.line(f"  {name:<18} {say.whole(value):>12}  {unit}".rstrip())
    _print_foretold(found)


def _print_foretold(found: Sized) -> None:
    from cellsearch.derive.foretold import ranges_told, scans_told

    say.line("\nFor all weights and inputs:")
    for line in ranges_told(found.graph, _sizes(found)):
        say.line(f"  {line}")
    scans = scans_told(found.graph)
    say.line("Over time:" if scans else "Over time, no state carries anything.")
    for line in scans:
        say.line(f"  {line}")


def _print_plan(found: Sized) -> None:
    from cellsearch.derive.passes import passes, told

    say.line()
    for line in told(passes(found.graph, training=True)):
        say.line(line)
