"""Which free names are weights: the rules that turn most typing errors into errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.errors import LanguageError, Position, nearest
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Negative
from cellsearch.ir.ops import ARITY, RESERVED
from cellsearch.ir.reach import Reach
from cellsearch.ir.unroll import Unrolled, base, stem

# What may stand between a matrix and the @ that it is left of.
_HOLDERS = ("block", "conv", "dropout")


@dataclass(frozen=True)
class Use:
    """A place where a free name is read: in which equation, and as what."""

    name: str
    equation: str
    role: str
    at: Position | None


def uses(e: Expression, equation: str, role: str = "alone") -> Iterator[Use]:
    """All names of an equation's value with the roles that they play there.

    The role is `matrix` left of @, `term` of a sum, `factor` of a product, else `alone`.
    """
    match e:
        case Name(name=n):
            yield Use(n, equation, role, e.at)
        case Binary(op="@", left=a, right=b):
            yield from uses(a, equation, "matrix")
            yield from uses(b, equation)
        case Binary(op=("+" | "-"), left=a, right=b):
            yield from uses(a, equation, "term")
            yield from uses(b, equation, "term")
        case Binary(op="*", left=a, right=b):
            yield from uses(a, equation, "factor")
            yield from uses(b, equation, "factor")
        case Negative(operand=a):
            yield from uses(a, equation, role if role == "term" else "alone")
        case Call(function=f, items=(first, *rest)) if f in _HOLDERS and role == "matrix":
            yield from uses(first, equation, "matrix")
            for item in rest:
                yield from uses(item, equation)
        case _:
            for part in e.parts:
                yield from uses(part, equation)


def check_names(u: Unrolled, r: Reach) -> None:
    """Every free name that is live has to be a weight by the rules, or declared.

    Raises:
        LanguageError: the first that is not, with the nearest known name.
    """
    free = set(r.free)
    for equation in r.order:
        for use in uses(u.equations[equation].value, equation):
            if use.name in free and base(use.name) not in u.params:
                _check(use, u)


def _check(use: Use, u: Unrolled) -> None:
    name = use.name
    if name in ("H", "X"):
        message = f"'{name}' stands in widths, const and init lines, never in an equation"
        raise LanguageError(message, use.at)
    if name in ARITY:
        raise LanguageError(f"'{name}' is a function; expected '{name}(…)'", use.at)
    if name in RESERVED:
        raise LanguageError(f"'{name}' is a reserved word, it has no value here", use.at)
    if "'" in name:
        raise LanguageError(f"'{name}' is primed, but '{stem(name)}' is no state", use.at)
    if not _named_well(use):
        raise LanguageError(_refusal(use, u), use.at)
    if len(u.places.get(name, ())) > 1:
        message = f"the weight '{name}' is written twice; where that is meant, say 'param {name}'"
        raise LanguageError(message, use.at)


def _named_well(use: Use) -> bool:
    if use.name[0].isupper():
        return use.role == "matrix"
    owner = stem(use.equation)
    as_bias = use.role == "term" and use.name == f"b{owner}"
    return as_bias or (use.role == "factor" and use.name == f"p{owner}")


def _refusal(use: Use, u: Unrolled) -> str:
    n = use.name
    known = {*u.equations, *u.cell.inputs, *u.states, *u.params, *u.consts}
    owner = stem(use.equation)
    if use.name[0].isupper():
        why = f"a matrix stands alone left of @, or is declared (param {base(n)})"
    elif n in (f"b{owner}", f"p{owner}"):
        place = "a term of a sum" if n[0] == "b" else "a factor of a product"
        why = f"it stands as {place}, or is declared (param {base(n)})"
    else:
        why = f"a weight of '{use.equation}' is b{owner}, p{owner} or declared"
    return f"unknown name '{n}'{nearest(n, known)}; {why}"
