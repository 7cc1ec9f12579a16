"""Equations typeset in LaTeX, as they are written."""

from __future__ import annotations

from cellsearch.derive.kinds import Kinds, kind, kinds_of
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

# How tight a matrix binds to what it is applied to.
_MAP = PRODUCT + 1
_TOP = r"\top"


def equations(cell: Cell) -> tuple[str, ...]:
    """Each equation in LaTeX, without delimiters; a `repeat` says its range behind its lines.

    Raises:
        LanguageError: the cell is wrong.
    """
    kinds = kinds_of(cell)
    ranges: dict[int, str] = {}
    for line in flat(cell.lines):
        if isinstance(line, Repeat):
            low, high = latex(line.low, kinds), latex(line.high, kinds)
            text = f"{line.variable} = {low}, \\ldots, {high}"
            ranges.update({id(li): rf",\quad {text}" for li in flat(line.body)})
    return tuple(
        f"{latex(li.target, kinds)} &= {latex(li.value, kinds)}{ranges.get(id(li), '')}"
        for li in flat(cell.lines)
        if isinstance(li, Equation)
    )


def latex(e: Expression, kinds: Kinds) -> str:
    """An expression in LaTeX."""
    return _Writer(kinds).text(e)


def name(text: str, index: str | None = None) -> str:
    """A name in LaTeX."""
    parts = letters(text)
    lower = [rf"\mathrm{{{p}}}" for p in parts.tail]
    lower += [index] if index is not None else []
    return _head(parts.head) + (f"_{{{', '.join(lower)}}}" if lower else "") + "'" * parts.primed


class _Writer:
    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds

    def text(self, e: Expression, around: int = 0) -> str:
        """An expression with the brackets that it needs."""
        strength, text = self._written(e)
        return rf"\left({text}\right)" if strength < around else text

    def _written(self, e: Expression) -> tuple[int, str]:
        match e:
            case Number(value=v):
                return TIGHT, _number(v)
            case Name(name="inf"):
                return TIGHT, r"\infty"
            case Name(name=n, index=i):
                return TIGHT, name(n, None if i is None else self.text(i))
            case Hole(name=n):
                return TIGHT, rf"?{name(n)}"
            case Negative(operand=a):
                return SIGN, f"-{self.text(a, SIGN)}"
            case Transpose(operand=a):
                return TIGHT, self._raised(a, _TOP)
            case Binary(op=op, left=a, right=b):
                return self._binary(op, a, b)
            case Call(function=f, items=items):
                return self._call(f, items)
            case Choice(items=items):
                return 0, r" \mid ".join(self.text(a, SUM) for a in items)
        raise AssertionError(f"no LaTeX for {e}")

    def _binary(self, op: str, a: Expression, b: Expression) -> tuple[int, str]:
        if op in ("/", "//"):
            fraction = rf"\frac{{{self.text(a)}}}{{{self.text(b)}}}"
            return TIGHT, fraction if op == "/" else rf"\left\lfloor {fraction} \right\rfloor"
        if op == "@":
            return _MAP, rf"{self.text(a, TIGHT)}\, {self.text(b, TIGHT - 1)}"
        p = PRECEDENCE[op]
        sign = self._times(a, b) if op == "*" else f" {op}"
        return p, f"{self.text(a, p)}{sign} {self.text(b, p + 1)}"

    def _times(self, a: Expression, b: Expression) -> str:
        """The sign of a product: of units one by one, or none of a scalar with anything."""
        if kind(a, self.kinds) and kind(b, self.kinds):
            return r" \odot"
        return r" \cdot" if isinstance(b, Number) else r"\,"

    def _call(self, f: str, items: tuple[Expression, ...]) -> tuple[int, str]:
        match f, items:
            case "outer", (a, b):
                return _MAP, rf"{self.text(a, TIGHT)}\, {self._raised(b, _TOP)}"
            case "sum", (Binary(op="*", left=a, right=b),) if self._vectors(a, b):
                return _MAP, rf"{self._raised(a, _TOP)} {self.text(b, TIGHT)}"
            case "normal", (deviation,):
                return TIGHT, rf"\mathcal{{N}}(0, {self._raised(deviation, '2')})"
        arguments = [self.text(a) for a in items]
        if f in OPS:
            return TIGHT, OPS[f].latex.format(*arguments)
        if f == "delay":
            return TIGHT, rf"\mathrm{{delay}}_{{{arguments[1]}}}({arguments[0]})"
        sign = r"\mathcal{U}" if f == "uniform" else rf"\mathrm{{{f}}}"
        return TIGHT, f"{sign}({', '.join(arguments)})"

    def _raised(self, e: Expression, mark: str) -> str:
        """An expression with something above it on the right, which a fraction would not show."""
        is_fraction = isinstance(e, Binary) and e.op in ("/", "//")
        return f"{self.text(e, TIGHT + is_fraction)}^{{{mark}}}"

    def _vectors(self, *parts: Expression) -> bool:
        return all(kind(a, self.kinds) == 1 for a in parts)


def _number(value: float) -> str:
    """A number: `1e-06` as a power of ten."""
    digits, _, power = number_text(value).partition("e")
    if not power:
        return digits
    return ("" if digits == "1" else rf"{digits} \cdot ") + f"10^{{{int(power)}}}"


def _head(head: str) -> str:
    """One letter, slanted as TeX does; a word is upright, or it would be a product of letters."""
    if head in SPELT:
        return rf"\{SPELT[head]}"
    return rf"\mathrm{{{head}}}" if len(head) > 1 else head
