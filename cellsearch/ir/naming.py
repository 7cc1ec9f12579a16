"""Which free names are weights: the rules that turn most typing errors into errors."""

from __future__ import annotations

from typing import NamedTuple

from cellsearch.errors import LanguageError, Position, nearest
from cellsearch.ir.cell import Repeat, flat
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Negative, once
from cellsearch.ir.ops import ARITY, RESERVED
from cellsearch.ir.reach import Reach
from cellsearch.ir.unroll import Unrolled, base, stem

# What may stand between a matrix and the @ that it is left of.
_HOLDERS = ("block", "conv", "dropout")


class Use(NamedTuple):
    """A place where a name is read, and as what.

    `path` leads to it from the top of the equation's value; all rounds of a line have the same.
    """

    name: str
    role: str
    at: Position | None
    path: tuple[int, ...] = ()


@once
def uses(e: Expression) -> tuple[Use, ...]:
    """All names of an equation's value with the roles that they play there.

    The role is `matrix` left of @, `term` of a sum, `factor` of a product, else `alone`.
    """
    found: list[Use] = []
    stack: list[tuple[Expression, str, tuple[int, ...]]] = [(e, "alone", ())]
    while stack:
        top, role, path = stack.pop()
        if isinstance(top, Name):
            found.append(Use(top.name, role, top.at, path))
            continue
        for i in reversed(range(len(top.parts))):
            stack.append((top.parts[i], _role(top, i, role), (*path, i)))
    return tuple(found)


def _role(e: Expression, i: int, own: str) -> str:
    """The role of an expression's i-th part, given the expression's own."""
    match e:
        case Binary(op="@") if i == 0:
            return "matrix"
        case Binary(op=("+" | "-")):
            return "term"
        case Binary(op="*"):
            return "factor"
        case Negative() if own in ("term", "factor"):
            return own
        case Call(function=f) if i == 0 and f in _HOLDERS and own == "matrix":
            return "matrix"
    return "alone"


def check_names(u: Unrolled, r: Reach) -> None:
    """Every free name that is live has to be a weight by the rules, or declared.

    Raises:
        LanguageError: the first that is not, with the nearest known name.
    """
    free = set(r.free)
    loops = {li.variable for li in flat(u.cell.lines) if isinstance(li, Repeat)}
    first: dict[str, tuple[int, tuple[int, ...]]] = {}
    found = [
        (use, equation)
        for equation in r.order
        for use in uses(u.equations[equation].value)
        if use.name in free and base(use.name) not in u.params
    ]
    for use, equation in found:
        _check(use, equation, u, loops)
        place = (id(u.equations[equation].line), use.path)
        if first.setdefault(use.name, place) != place:
            message = f"the weight '{use.name}' is written twice; where that is meant, say"
            raise LanguageError(f"{message} 'param {base(use.name)}'", use.at)


def _check(use: Use, equation: str, u: Unrolled, loops: set[str]) -> None:
    name = use.name
    if name in ("H", "X"):
        message = f"'{name}' stands in widths, const and init lines, never in an equation"
        raise LanguageError(message, use.at)
    if name in ARITY:
        raise LanguageError(f"'{name}' is a function; expected '{name}(…)'", use.at)
    if name in RESERVED:
        raise LanguageError(f"'{name}' is a reserved word, it has no value here", use.at)
    if name in loops:
        message = f"the loop variable '{name}' has a value under its 'repeat' alone"
        raise LanguageError(message, use.at)
    if "'" in name:
        raise LanguageError(f"'{name}' is primed, but '{stem(name)}' is no state", use.at)
    if not _named_well(use, equation):
        raise LanguageError(_refusal(use, equation, u), use.at)


def _named_well(use: Use, equation: str) -> bool:
    if use.name[0].isupper():
        return use.role == "matrix"
    owner = stem(equation)
    as_bias = use.role == "term" and use.name == f"b{owner}"
    return as_bias or (use.role == "factor" and use.name == f"p{owner}")


def _refusal(use: Use, equation: str, u: Unrolled) -> str:
    n = use.name
    known = {*u.equations, *u.cell.inputs, *u.states, *u.params, *u.consts}
    owner = stem(equation)
    if use.name[0].isupper():
        why = f"a matrix stands alone left of @, or is declared (param {base(n)})"
    elif n in (f"b{owner}", f"p{owner}"):
        place = "a term of a sum" if n[0] == "b" else "a factor of a product"
        why = f"it stands as {place}, or is declared (param {base(n)})"
    else:
        why = f"a weight of '{equation}' is b{owner}, p{owner} or declared"
    return f"unknown name '{n}'{nearest(n, known)}; {why}"
