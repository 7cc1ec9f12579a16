"""`cellsearch ablations`: every single-component ablation of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellsearch.cli import say
from cellsearch.cli.alone import edited
from cellsearch.cli.asked import CellArgument, Edits, Hidden, Inputs, Json
from cellsearch.cli.sizes import COMMON, Sized, sized

if TYPE_CHECKING:
    from cellsearch.derive.ablations import Ablation, Derived, Dropped, Equal
    from cellsearch.ir import Cell

_HEADS = ["variant", "with", "what it is", "besides", "parameters", "FLOPs|forward"]


def ablations(
    cell: CellArgument,
    edits: Edits = None,
    inputs: Inputs = None,
    hidden: Hidden = COMMON,
    equations: Annotated[
        bool, typer.Option("--equations", help="Also print which lines of the cell change.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also list what was dropped, and why.")
    ] = False,
    json: Json = False,
) -> None:
    """List the ablations of a cell that take away or change one component.

    \b
    Example:
      cellsearch ablations lstm
      cellsearch ablations gru --equations --all
      cellsearch ablations lstm --with "init bf = 1" --hidden 256 --json
    """
    from cellsearch.derive.ablations import derived

    base = edited(cell, edits)
    at_base = sized(base, inputs or [], hidden)
    found = derived(base)
    each = [sized(a.cell, inputs or [], hidden) for a in found.ablations]
    if json:
        say.as_json(_as_json(base, at_base, found, each))
        return
    _print(base, at_base, found, each)
    if equations:
        _print_equations(base, found.ablations)
    if everything and found.dropped:
        _print_dropped(found.dropped)


def _print(base: Cell, at_base: Sized, found: Derived, each: Sequence[Sized]) -> None:
    pairs = zip(found.ablations, each, strict=True)
    rows = [[*_words(a), *_costs(at_base, s)] for a, s in pairs]
    if rows:
        say.table(_HEADS, rows, text=4, spare=("FLOPs|forward",))
    widths = ", ".join(f"{name} = {width}" for name, width in at_base.widths.items())
    parameters, flops = at_base.cost.parameters, at_base.cost.flops_forward
    say.line(
        f"{base.name} has {say.whole(parameters)} parameters and {say.whole(flops)} FLOPs forward "
        f"per token at {widths}, H = {at_base.hidden}."
    )
    said = f"{len(rows)} ablations" if rows else "It has no ablations"
    say.line(f"{said}; {len(found.dropped)} candidates were dropped: see --all.")


def _words(a: Ablation) -> list[str]:
    return [a.name, "\n".join(a.edits), a.what, "\n".join(besides(a))]


def besides(a: Ablation) -> list[str]:
    """What an ablation is besides, in words."""
    grades = dict.fromkeys(e.grade for e in a.equals)
    said = [_said(grade, [_name(e) for e in a.equals if e.grade == grade]) for grade in grades]
    return said if a.recurrent else [*said, "no longer recurrent"]


def _name(e: Equal) -> str:
    return "the base" if e.where == "base" else e.name


def _said(grade: str, names: Sequence[str]) -> str:
    listed = ", ".join(names)
    match grade:
        case "identical":
            return f"= {listed}"
        case "mirror":
            return f"a mirror of {listed}: a placebo"
        case "other_start":
            return f"{listed} from another start"
    return f"{listed} in other parameters"


def _costs(base: Sized, changed: Sized) -> list[str]:
    before, after = base.cost, changed.cost
    return [
        _change(before.parameters, after.parameters),
        _change(before.flops_forward, after.flops_forward),
    ]


def _change(before: int, after: int) -> str:
    """A difference with its share: `-33,024 (-25.0%)`."""
    if before == after:
        return "0"
    share = f" ({(after - before) / before:+.1%})" if before else ""
    return f"{after - before:+,}{share}"


def _print_equations(base: Cell, found: Sequence[Ablation]) -> None:
    from cellsearch.sweep.planning.describe import changes

    for a in found:
        say.line(f"\n{a.name}: {a.what}")
        for line in changes(base, a.cell):
            say.line(f"  {line}")


def _print_dropped(dropped: Sequence[Dropped]) -> None:
    say.line("\nDropped:")
    say.table(
        ["candidate", "with", "what it is", "why"],
        [[d.name, "\n".join(d.edits), d.what, d.why] for d in dropped],
        text=4,
    )


def _as_json(base: Cell, at_base: Sized, found: Derived, each: Sequence[Sized]) -> dict[str, Any]:
    from cellsearch import lang

    pairs = zip(found.ablations, each, strict=True)
    return {
        "name": base.name,
        "text": lang.print_cell(base),
        "input": at_base.widths,
        "hidden": at_base.hidden,
        **_counted(at_base),
        "ablations": [_one(base, a, s) for a, s in pairs],
        "dropped": [vars(d) | {"edits": list(d.edits)} for d in found.dropped],
    }


def _one(base: Cell, a: Ablation, at_sizes: Sized) -> dict[str, Any]:
    from cellsearch import lang
    from cellsearch.sweep.planning.describe import changes

    return {
        **{key: getattr(a, key) for key in ("name", "kind", "what", "recurrent")},
        "edits": list(a.edits),
        "text": lang.print_cell(a.cell),
        "changes": list(changes(base, a.cell)),
        "equals": [vars(e) for e in a.equals],
        "negate": list(a.negate),
        **_counted(at_sizes),
    }


def _counted(at_sizes: Sized) -> dict[str, Any]:
    cost = at_sizes.cost
    flops = {"forward": cost.flops_forward, "training": cost.flops_training}
    return {"parameters": cost.parameters, "flops_per_token": flops}
