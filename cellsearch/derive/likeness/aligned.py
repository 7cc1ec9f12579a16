"""A cell in the names of another one, as far as the equations of both are alike but for names."""

from __future__ import annotations

import re

from cellsearch.ir import Cell
from cellsearch.ir.cell import Equation, Line, Repeat
from cellsearch.ir.expressions import Expression, Name, names
from cellsearch.ir.ops import RESERVED
from cellsearch.lang import parse_cell, print_cell
from cellsearch.lang.tokens import LETTER

Names = dict[str, str]

_NAME = re.compile(f"[{LETTER}][{LETTER}0-9_]*")


def aligned(cell: Cell, to: Cell) -> Cell:
    """The cell with the names of another one for what stands at the same places in it.

    Equations are compared from the states on, as they are written. A cell with rounds, or whose
    names would be mixed up, is left as it is.
    """
    if any(map(_has_rounds, (*cell.lines, *to.lines))):
        return cell
    by = _owned(_found(cell, to), _equations(cell))
    text = re.sub("#.*", "", print_cell(cell))
    met = set(_NAME.findall(text))
    renamed = {n: by.get(n, n) for n in met}
    if len(set(renamed.values())) < len(met):
        return cell
    return parse_cell(_NAME.sub(lambda m: renamed[m[0]], text))


def _has_rounds(line: Line) -> bool:
    indexed = isinstance(line, Equation) and line.target.index is not None
    return indexed or isinstance(line, Repeat)


def _equations(cell: Cell) -> dict[str, Expression]:
    return {li.target.name: li.value for li in cell.lines if isinstance(li, Equation)}


def _found(cell: Cell, to: Cell) -> Names:
    """Names of a cell by those of the other one; a state's without its prime."""
    by = dict(zip(_header(cell), _header(to), strict=False))
    if by.keys() == set(by.values()):
        # The same names in another order.
        by = {n: n for n in by}
    ours, theirs = _equations(cell), _equations(to)
    waiting = [f"{s.name}'" for s in cell.states]
    for name in waiting:
        other = _renamed(name, by)
        found = dict(by)
        if name in ours and other in theirs and _alike(ours[name], theirs[other], found):
            waiting += [n for n in found if n not in by and n in ours]
            by = found
    return by


def _header(cell: Cell) -> tuple[str, ...]:
    return *cell.inputs, *(s.name for s in cell.states)


def _renamed(name: str, by: Names) -> str:
    plain = name.rstrip("'")
    return by.get(plain, plain) + name[len(plain) :]


def _alike(a: Expression, b: Expression, by: Names) -> bool:
    """Whether two expressions are one but for names, which are noted."""
    if isinstance(a, Name) and isinstance(b, Name):
        return _paired(a.name, b.name, by)
    if len(a.parts) != len(b.parts) or a.with_parts(b.parts) != b:
        return False
    return all(_alike(p, q, by) for p, q in zip(a.parts, b.parts, strict=True))


def _paired(a: str, b: str, by: Names) -> bool:
    one, other = a.rstrip("'"), b.rstrip("'")
    if a[len(one) :] != b[len(other) :] or {one, other} & RESERVED:
        return a == b
    return by.setdefault(one, other) == other and list(by.values()).count(other) == 1


def _owned(by: Names, equations: dict[str, Expression]) -> Names:
    """Also the weights that are called after their equation: `Uz` is `Uf` where `z` is `f`."""
    found = dict(by)
    for name, value in equations.items():
        own = name.rstrip("'")
        for n in names(value):
            if n not in found and n not in equations and n != own and n.endswith(own):
                found[n] = n.removesuffix(own) + by.get(own, own)
    return found
