"""Values as a person would write them, once something in them has been replaced."""

from __future__ import annotations

from cellsearch.ir.expressions import Binary, Expression, Name, Negative, Number
from cellsearch.ir.rules import factors_of, product_of, sum_of, terms_of


def tidy(e: Expression) -> Expression:
    """A value without terms that are 0, factors that are 1, and brackets within one sum."""
    if not isinstance(e, Name) and e.parts:
        e = e.with_parts(tuple(map(tidy, e.parts)))
    match e:
        case Negative(operand=Negative(operand=inner)):
            return inner
        case Binary(op="+", right=Binary(op="+" | "-") | Negative()):
            return tidy(sum_of(list(terms_of(e))))
        case Binary(op="+" | "-") if any(t.e == Number(0) for t in terms_of(e)):
            return sum_of([t for t in terms_of(e) if t.e != Number(0)])
        case Binary(op="*") if Number(1) in factors_of(e):
            return product_of([f for f in factors_of(e) if f != Number(1)])
    return e
