"""`cellsearch diff`: two cells side by side, what they cost, and how they are related."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cellsearch.cli import say
from cellsearch.cli.alone import edited
from cellsearch.cli.asked import Hidden, Inputs, Json
from cellsearch.cli.relation import sentence
from cellsearch.cli.sizes import COMMON, Sized, costs, sized

if TYPE_CHECKING:
    from cellsearch.derive.other_starts import OtherStart
    from cellsearch.derive.relations import Relation
    from cellsearch.ir import Cell
    from cellsearch.ir.cell import Line

# A sentence is folded here, however wide the terminal is.
_SENTENCE = 100


@dataclass(frozen=True)
class _Row:
    """What two cells say of one name; None: it says nothing."""

    name: str
    a: str | None
    b: str | None

    @property
    def mark(self) -> str:
        """As of sdiff."""
        if self.a is None or self.b is None:
            return ">" if self.a is None else "<"
        return " " if self.a == self.b else "|"


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A name, a .cell file, or a text.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    edits: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="LINE", help="An edit of B, or a rule. May be repeated."),
    ] = None,
    inputs: Inputs = None,
    hidden: Hidden = COMMON,
    json: Json = False,
) -> None:
    """Compare two cells: equations, cost, and whether they are one cell in other words.

    \b
    Example:
      cellsearch diff gru_chung gru_v3
      cellsearch diff lstm lstm --with "f = 1 - i"
      cellsearch diff lstm my.cell --hidden 64 --json
    """
    from cellsearch.derive.other_starts import other_starts
    from cellsearch.derive.relations import relate

    cells = edited(a, None), edited(b, edits)
    both = sized(cells[0], inputs or [], hidden), sized(cells[1], inputs or [], hidden)
    widths = both[0].widths
    relation = relate(*cells, (hidden, widths[cells[0].inputs[0]]))
    starts = other_starts(*cells, relation.map) if relation.grade == "other_start" else []
    if json:
        say.as_json(_as_json(cells, both, relation, starts))
    else:
        _print_equations(cells)
        _print_cost(both)
        text = sentence(relation, starts)
        say.line(textwrap.fill(text, min(say.console().width, _SENTENCE)))


def _as_json(
    cells: tuple[Cell, Cell],
    both: tuple[Sized, Sized],
    relation: Relation,
    starts: list[OtherStart],
) -> dict[str, Any]:
    from cellsearch import lang

    a, b = ({"name": c.name, "text": lang.print_cell(c)} for c in cells)
    return {
        "a": a,
        "b": b,
        "relation": relation.grade,
        "map": {name: str(e) for name, e in relation.map.items()},
        "starts": {s.weight: {"a": s.a, "b": s.b} for s in starts},
        "cost": {name: vars(found.cost) for name, found in zip("ab", both, strict=True)},
        "equations": [asdict(row) for row in _rows(*cells)],
        "input": both[0].widths | both[1].widths,
        "hidden": both[0].hidden,
    }


def _print_equations(cells: tuple[Cell, Cell]) -> None:
    """Two columns, as wide as they need to be and the terminal lets them."""
    head_a, head_b = (f"{letter}: {_header(c)}" for letter, c in zip("AB", cells, strict=True))
    rows = _rows(*cells)
    screen = say.console()
    room = (screen.width - len(" | ")) // 2
    width = min(room, max(len(head_a), *(len(row.a or "") for row in rows)))
    say.line(f"{head_a:<{width}}   {head_b}")
    for row in rows:
        for text in _folded(row, width, room):
            screen.print(text, style="yellow" if row.mark.strip() else "", soft_wrap=True)


def _folded(row: _Row, width: int, room: int) -> Iterator[str]:
    for a, b in zip_longest(_lines(row.a, width), _lines(row.b, room), fillvalue=""):
        yield f"{a:<{width}} {row.mark} {b}".rstrip()


def _lines(text: str | None, width: int) -> list[str]:
    return textwrap.wrap(text or "", width, subsequent_indent=" " * 8) or [""]


def _print_cost(both: tuple[Sized, Sized]) -> None:
    a, b = both
    widths = ", ".join(f"{name} = {width}" for name, width in (a.widths | b.widths).items())
    pairs = zip(costs(a), costs(b), strict=True)
    rows = [[name, say.whole(one), say.whole(other)] for (name, one, _), (_, other, _) in pairs]
    say.table([f"one layer at {widths}, H = {a.hidden}", "A", "B"], rows)


def _header(cell: Cell) -> str:
    states = ", ".join(s.name for s in cell.states)
    return f"{cell.name}({', '.join(cell.inputs)}; {states})"


def _rows(a: Cell, b: Cell) -> list[_Row]:
    """What is defined, in the order of A, with what only B defines after what precedes it there."""
    ours, theirs = dict(_defined(a.lines)), dict(_defined(b.lines))
    order = list(ours)
    place = 0
    for name in theirs:
        if name not in ours:
            order.insert(place, name)
        place = order.index(name) + 1
    return [_Row(name, ours.get(name), theirs.get(name)) for name in order]


def _defined(lines: tuple[Line, ...], block: str = "") -> Iterator[tuple[str, str]]:
    """The lines by what they define; those of a block by the block, too, and indented."""
    from cellsearch import lang
    from cellsearch.ir.cell import Repeat

    indent = "    " if block else ""
    for line in lines:
        text = lang.print_line(line)
        name = text.partition(" = ")[0]
        yield f"{block}{name}", f"{indent}{text}"
        if isinstance(line, Repeat):
            yield from _defined(line.body, f"{text}: ")
