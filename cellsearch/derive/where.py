"""What stands below the equations of a cell: its consts, widths and starts, typeset in LaTeX."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.derive.kinds import kinds_of, types_of
from cellsearch.derive.latex import latex, name
from cellsearch.ir import Cell
from cellsearch.ir.cell import Const, Equation, Init, Needs, Output, Param, Width, flat
from cellsearch.ir.expressions import Expression, Name, calls, walk
from cellsearch.ir.ops import DRAWS
from cellsearch.ir.unroll import base
from cellsearch.ir.widths import H

# A width by what it is at some values of H and X.
_Sizes = tuple[float, ...]


def where(cell: Cell) -> str:
    """Sentences of LaTeX about what the equations leave open; empty if that is nothing.

    Raises:
        LanguageError: the cell is wrong.
    """
    found = _Where(cell)
    said = {
        "Where": [*found.consts(), *found.widths(), *found.needs()],
        "The output is": [name(li.name) for li in found.lines if isinstance(li, Output)],
        "Starts:": list(found.starts()),
    }
    listed = {head: ", ".join(f"${f}$" for f in formulas) for head, formulas in said.items()}
    return " ".join(f"{head} {formulas}." for head, formulas in listed.items() if formulas)


class _Where:
    def __init__(self, cell: Cell) -> None:
        self.cell, self.kinds = cell, kinds_of(cell)
        self.lines = list(flat(cell.lines))

    def _latex(self, e: Expression) -> str:
        return latex(e, self.kinds)

    def consts(self) -> Iterator[str]:
        for line in self.lines:
            if isinstance(line, Const):
                yield f"{name(line.name)} = {self._latex(line.value)}"

    def widths(self) -> Iterator[str]:
        """Those that are not H, one formula for all that share one, as it is first written."""
        types = {base(n): t.sizes for n, t in types_of(self.cell).names.items()}
        shared: dict[tuple[_Sizes, ...], dict[str, None]] = {}
        shown: dict[tuple[_Sizes, ...], Width] = {}
        for n, width in self._written():
            key = tuple(size.values for size in types[n])
            shared.setdefault(key, {})[name(n)] = None
            shown.setdefault(key, width or Width(tuple(size.expression for size in types[n])))
        for key, names in shared.items():
            if key != (H.values,):
                yield rf"{', '.join(names)} \in {self._space(shown[key])}"

    def _written(self) -> Iterator[tuple[str, Width | None]]:
        """States, equations and declared weights."""
        yield from ((s.name, s.width) for s in self.cell.states)
        for line in self.lines:
            match line:
                case Equation(target=Name(name=n), width=width) if not n.endswith("'"):
                    yield n, width
                case Param(name=n, width=width):
                    yield n, width

    def _space(self, width: Width) -> str:
        sizes = r" \times ".join(map(self._latex, width.sizes))
        return r"\mathbb{R}" + (f"^{{{sizes}}}" if sizes else "")

    def needs(self) -> Iterator[str]:
        for line in self.lines:
            if isinstance(line, Needs):
                yield f"{self._latex(line.left)} = {self._latex(line.right)}"

    def starts(self) -> Iterator[str]:
        """Of weights and states, where they are not the default; what is drawn is `~` its law."""
        for line in self.lines:
            match line:
                case Init(name=n, value=e) | Param(name=n, start=Expression() as e):
                    if e != Name("default"):
                        yield rf"{name(n)} {_sign(e)} {self._latex(e)}"


def _sign(start: Expression) -> str:
    drawn = any(e.function in DRAWS for e in calls(start))
    return r"\sim" if drawn or Name("orthogonal") in walk(start) else "="
