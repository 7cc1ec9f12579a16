"""Expressions of `init` lines -> expressions of torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from cellsearch.errors import LanguageError
from cellsearch.export.pytorch.code import After, Atom, Code, Minus, binary, call
from cellsearch.export.pytorch.functions import FUNCTIONS, HELPERS
from cellsearch.export.pytorch.numbers import function, literal, size_name
from cellsearch.export.pytorch.source import Source
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Negative, Number
from cellsearch.ir.starts import source_weight
from cellsearch.ir.types import Type
from cellsearch.ir.widths import number, substitute


@dataclass(frozen=True)
class Part:
    """A part of a start, and whether it is a number of Python, not a tensor."""

    code: Code
    is_number: bool


@dataclass(frozen=True)
class Owner:
    """What starts: a weight, or a state before the first step.

    Attributes:
        name: of the weight; empty for a state.
        like: a tensor of its dtype and device; of a weight, it has its shape too.
        units: the size of its first dimension.
        type: of its value.
        dimensions: as many as it is stored with.
        drawn: a part of its start that its tensor holds already.
        helpers: functions that the file has to define.
    """

    source: Source
    name: str
    like: str
    units: str
    type: Type
    dimensions: int
    drawn: Expression | None = None
    helpers: set[str] = field(default_factory=set)

    def of(self, e: Expression) -> Part:
        """The code of an expression in its start."""
        if e is self.drawn:
            return Part(Atom(self.like), False)
        match e:
            case Number(value=v):
                return Part(literal(v), True)
            case Name(name=n):
                return self._name(n)
            case Negative(operand=a):
                part = self.of(a)
                return Part(Minus(part.code), part.is_number)
            case Binary(op=op, left=a, right=b):
                one, other = self.of(a), self.of(b)
                both = one.is_number and other.is_number
                return Part(binary(op, one.code, other.code), both)
            case Call(items=items):
                return self._call(e, [self.of(a) for a in items])
        raise AssertionError(f"no start {e}")

    def _name(self, n: str) -> Part:
        if n in ("H", "X"):
            return Part(Atom(f"self.{size_name(n)}"), True)
        if n == "inf":
            return Part(Atom("math.inf"), True)
        if n == "ramp":
            return self._ramp()
        if n == "orthogonal":
            return Part(self._orthogonal(), False)
        if n in self.source.u.consts:
            return Part(self.source.const(n), True)
        read = source_weight(n, self.name, self.source.graph.weights)
        assert read is not None
        return Part(Atom(f"self.{self.source.attributes.of(read)}"), False)

    def _ramp(self) -> Part:
        if not self.type.sizes:
            return Part(Atom("0"), True)
        self.helpers.add("ramp")
        code: Code = call("ramp", self.units, self.like)
        behind = ", None" * (self.dimensions - 1)
        return Part(After(code, f"[:{behind}]") if behind else code, False)

    def _orthogonal(self) -> Code:
        if self.type.kind != "matrix":
            return call("torch.randn_like", self.like)
        if self.dimensions == 3:
            blocks = f"[nn.init.orthogonal_(torch.empty_like(block)) for block in {self.like}]"
            return call("torch.stack", blocks)
        return call("nn.init.orthogonal_", f"torch.empty_like({self.like})")

    def _call(self, e: Call, parts: list[Part]) -> Part:
        f = e.function
        if f == "normal":
            drawn = call("torch.randn_like", self.like)
            return Part(binary("*", parts[0].code, drawn), False)
        if f == "uniform":
            return Part(self._uniform(*parts), False)
        if f == "identity":
            return parts[0]
        codes = [p.code for p in parts]
        plain = function(f, codes) if all(p.is_number for p in parts) else None
        if plain and self._is_finite(e):
            return Part(plain, True)
        self.helpers.update({f} & set(HELPERS))
        return Part(call(FUNCTIONS[f], *map(self._tensor, parts)), False)

    def _is_finite(self, e: Expression) -> bool:
        """Whether a number has a value at the smallest widths: Python stops at `log(0)`."""
        sizes = {"H": 1, "X": 1, **{f"X.{v}": 1 for v in self.source.cell.inputs[1:]}}
        try:
            return math.isfinite(number(substitute(e, self.source.u.consts), sizes))
        except LanguageError:
            return False

    def _uniform(self, low: Part, high: Part) -> Code:
        if low.is_number and high.is_number:
            drawn: Code = call("torch.empty_like", self.like)
            return After(drawn, f".uniform_({low.code}, {high.code})")
        drawn = binary("*", binary("-", high.code, low.code), call("torch.rand_like", self.like))
        return binary("+", low.code, drawn)

    def _tensor(self, part: Part) -> Code:
        return call(f"{self.like}.new_tensor", part.code) if part.is_number else part.code
