"""Equations typeset in LaTeX, as they are written."""

from __future__ import annotations

import re

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

_LETTERS = """
α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi
π pi ρ rho σ sigma τ tau υ upsilon φ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi
Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega
"""
_COMMANDS = dict(re.findall(r"(\S) (\S+)", _LETTERS))
# Spelt out, pi and psi are diagonal weights (of i, of si), and capitals are matrices.
_SPELT = frozenset(c for c in _COMMANDS.values() if c.islower()) - {"pi", "psi"}
_FOLLOWING = re.compile(r"_+|(?<=\D)(?=\d)")


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
    """`h'` is h at this step, `h` at the one before; what follows a name's head is its index."""
    primed = "'" if name.endswith("'") else ""
    head, *tail = (p for p in _FOLLOWING.split(name.removesuffix("'")) if p)
    if head not in _SPELT:
        head, tail = head[0], [head[1:], *tail]
    lower = [rf"\mathrm{{{p}}}" for p in tail if p]
    lower += [latex(index)] if index is not None else []
    command = head if head in _SPELT else _COMMANDS.get(head)
    letter = rf"\{command}" if command else head
    return letter + (f"_{{{', '.join(lower)}}}" if lower else "") + primed
