"""Equations typeset in LaTeX, as they are written."""

from __future__ import annotations

from cellsearch.derive.letters import SPELT, letters
from cellsearch.ir import Cell
from cellsearch.ir.cell import Equation, Repeat, flat
from cellsearch.ir.expressions import (
    PRECEDENCE,
    PRODUCT,
    SIGN,
    SUM,
    TIGHT,
    Binary,
    Call,
    Choice,
    Expression,
    Hole,
    Name,
    Negative,
    Number,
    Transpose,
    number_text,
)
from cellsearch.ir.ops import OPS


def equations(cell: Cell) -> tuple[str, ...]:
    """Each equation in LaTeX, without delimiters; a `repeat` says its range behind its lines."""
    ranges: dict[int, str] = {}
    for line in flat(cell.lines):
        if isinstance(line, Repeat):
            text = f"{line.variable} = {latex(line.low)}, \\ldots, {latex(line.high)}"
            ranges.update({id(li): rf",\quad {text}" for li in flat(line.body)})
    return tuple(
        f"{latex(li.target)} &= {latex(li.value)}{ranges.get(id(li), '')}"
        for li in flat(cell.lines)
        if isinstance(li, Equation)
    )


def latex(e: Expression, around: int = 0) -> str:
    """An expression in LaTeX, with the brackets that it needs."""
    strength, text = _written(e)
    return rf"\left({text}\right)" if strength < around else text


def _written(e: Expression) -> tuple[int, str]:
    match e:
        case Number(value=v):
            return TIGHT, number_text(v)
        case Name(name=n, index=i):
            return TIGHT, _name(n, i)
        case Hole(name=n):
            return TIGHT, rf"?{_name(n, None)}"
        case Negative(operand=a):
            return SIGN, f"-{latex(a, SIGN)}"
        case Transpose(operand=a):
            return TIGHT, rf"{latex(a, TIGHT)}^{{\top}}"
        case Binary(op="/", left=a, right=b):
            return TIGHT, rf"\frac{{{latex(a)}}}{{{latex(b)}}}"
        case Binary(op="@", left=a, right=b):
            return PRODUCT + 1, rf"{latex(a, TIGHT)}\, {latex(b, TIGHT - 1)}"
        case Binary(op=op, left=a, right=b):
            p = PRECEDENCE[op]
            sign = {"*": r"\odot", "//": r"\mathbin{/\!/}"}.get(op, op)
            return p, f"{latex(a, p)} {sign} {latex(b, p + 1)}"
        case Call(function=f, items=items):
            return TIGHT, _call(f, items)
        case Choice(items=items):
            return 0, r" \mid ".join(latex(a, SUM) for a in items)
    raise AssertionError(f"no LaTeX for {e}")


def _call(f: str, items: tuple[Expression, ...]) -> str:
    arguments = [latex(a) for a in items]
    if f in OPS:
        return OPS[f].latex.format(*arguments)
    if f == "delay":
        return rf"\mathrm{{delay}}_{{{arguments[1]}}}({arguments[0]})"
    return rf"\mathrm{{{f}}}({', '.join(arguments)})"


def _name(name: str, index: Expression | None) -> str:
    parts = letters(name)
    lower = [rf"\mathrm{{{p}}}" for p in parts.tail]
    lower += [latex(index)] if index is not None else []
    return _head(parts.head) + (f"_{{{', '.join(lower)}}}" if lower else "") + "'" * parts.primed


def _head(head: str) -> str:
    """One letter, slanted as TeX does; a word is upright, or it would be a product of letters."""
    if head in SPELT:
        return rf"\{SPELT[head]}"
    return rf"\mathrm{{{head}}}" if len(head) > 1 else head
