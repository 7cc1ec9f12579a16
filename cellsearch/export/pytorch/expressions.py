"""Expressions of a cell -> expressions of torch, with a batch in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from cellsearch.errors import ConfigError
from cellsearch.export.pytorch.code import (
    After,
    Code,
    Minus,
    binary,
    call,
    flat,
    transposed,
)
from cellsearch.export.pytorch.functions import FUNCTIONS, HELPERS
from cellsearch.export.pytorch.numbers import literal
from cellsearch.export.pytorch.values import BATCHED, FIXED, Shaper, Value
from cellsearch.ir.delays import Memory
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    Transpose,
)
from cellsearch.ir.infer import Types
from cellsearch.ir.ops import NOISE, NORMS, OPS, REDUCTIONS
from cellsearch.ir.types import Type
from cellsearch.ir.widths import number

_NUMPY: dict[str, Callable[[np.float64, np.float64], np.float64]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


class Expressions:
    """The code of expressions.

    Args:
        types: of the unrolled cell's expressions.
        shaper: brings values to their shapes.
        names: what a name of the cell is, where it is read.
        delays: what a call of `delay` reads.
        first: takes the code of what is computed once, before the steps, and gives it a name.
    """

    def __init__(
        self,
        types: Types,
        shaper: Shaper,
        names: Callable[[str], Value],
        delays: Callable[[Memory, int], Value],
        memories: Mapping[int, Memory],
        first: Callable[[str, Code], Code],
    ) -> None:
        self.types, self.shaper, self.plane = types, shaper, shaper.plane
        self.names, self.delays, self.memories, self.first = names, delays, memories, first
        self.helpers: set[str] = set()
        self.eyes: dict[str, Code] = {}

    def of(self, e: Expression) -> Value:
        """The value of an expression."""
        match e:
            case Number(value=v):
                return Value(literal(v), known=v)
            case Name(name="I"):
                return self._identity(self.types.of(e))
            case Name(name=n):
                return self.names(n)
            case Negative(operand=a):
                return self._negative(self.of(a))
            case Transpose(operand=a):
                return self._transpose(self.of(a))
            case Binary(op="@"):
                return self._product(e)
            case Binary(op=op, left=a, right=b):
                return self._arithmetic(op, self.of(a), self.of(b))
            case Call():
                return self._call(e)
        raise AssertionError(f"no code for {e}")

    def _identity(self, type: Type) -> Value:
        like = self.shaper.like
        side = flat(self.shaper.width(type.sizes[0]))
        if side not in self.eyes:
            code = call("torch.eye", side, f"dtype={like}.dtype", f"device={like}.device")
            self.eyes[side] = self.first("eye", code)
        return Value(self.eyes[side], 2, FIXED)

    def _negative(self, v: Value) -> Value:
        return replace(v, code=Minus(v.code), known=None if v.known is None else -v.known)

    def _transpose(self, v: Value) -> Value:
        # A scalar may stand for a matrix of equal numbers.
        if v.rank < 2:
            return v
        code = transposed(v.code) if v.level == FIXED else After(v.code, ".mT")
        return replace(v, code=code)

    def _arithmetic(self, op: str, a: Value, b: Value) -> Value:
        if a.known is not None and b.known is not None:
            with np.errstate(all="ignore"):
                known = float(_NUMPY[op](np.float64(a.known), np.float64(b.known)))
            # Python stops at a division by 0.
            code = literal(known) if b.known == 0 else binary(op, a.code, b.code)
            return Value(code, known=known)
        a, b = self._lifted(a, b)
        return self._joined(binary(op, a.code, b.code), a, b)

    def _lifted(self, *values: Value) -> tuple[Value, ...]:
        """Batched scalars in a shape that goes with a matrix."""
        rank = max(v.rank for v in values)
        return tuple(
            replace(v, code=After(v.code, "[:, :, None]"))
            if rank == 2 and v.rank == 0 and v.level == BATCHED
            else v
            for v in values
        )

    def _joined(self, code: Code, *of: Value) -> Value:
        rank, level = max(v.rank for v in of), max(v.level for v in of)
        return Value(code, rank, level, spread=any(v.spread for v in of))

    def _call(self, e: Call) -> Value:
        f, items = e.function, e.items
        if f in OPS:
            return self._function(f, [self.of(a) for a in items])
        if f == "delay":
            return self.delays(self.memories[id(e)], int(number(items[1], {})))
        if f in REDUCTIONS:
            return self._reduction(f, items[0])
        if f in NORMS:
            return self._norm(f, items[0])
        if f in NOISE:
            return self._dropout(e) if f == "dropout" else self._zoneout(e)
        return self._structure(e)

    def _function(self, f: str, values: list[Value]) -> Value:
        if f == "identity":
            return values[0]
        if f not in FUNCTIONS:
            raise ConfigError(f"the format 'torch' has no function '{f}'")
        known = [v.known for v in values if v.known is not None]
        if len(known) == len(values):
            with np.errstate(all="ignore"):
                result = float(OPS[f](*map(np.float64, known)))
            return Value(literal(result), known=result)
        self.helpers |= {f} & set(HELPERS)
        lifted = self._lifted(*map(self.shaper.tensor, values))
        return self._joined(call(FUNCTIONS[f], *(v.code for v in lifted)), *lifted)

    def _reduction(self, f: str, item: Expression) -> Value:
        type = self.types.of(item)
        v = self.shaper.shaped(self.of(item), type)
        if v.rank == 0:
            return v
        if self.plane and v.rank == 1:
            v = self.shaper.full(v, type)
            return Value(After(v.code, f".{f}((1, 2, 3), keepdim=True)"), 0, BATCHED)
        if v.level == FIXED:
            return Value(After(v.code, f".{f}()"), 0, FIXED)
        over = f".{f}(-1, keepdim=True)" if v.rank == 1 else f".{f}((1, 2))[:, None]"
        return Value(After(v.code, over), 0, BATCHED)

    def _norm(self, f: str, item: Expression) -> Value:
        type = self.types.of(item)
        v = self.of(item)
        v = self.shaper.full(v, type) if self.plane else self.shaper.shaped(v, type)
        own = flat(self.shaper.width(type.sizes[0]))
        shape = f"({own}, *{self.shaper.like}.shape[3:])" if self.plane else f"({own},)"
        if f == "layernorm":
            return replace(v, code=call("F.layer_norm", v.code, shape))
        return replace(v, code=call("F.rms_norm", v.code, shape, "eps=1e-6"))

    def _dropout(self, e: Call) -> Value:
        type, v, p = self.types.of(e), self.of(e.items[0]), self.of(e.items[1])
        if p.known == 0 or v.known == 0:
            return v
        if len(type.sizes) < 2 or v.level == BATCHED:
            v = self.shaper.full(v, type)
            return replace(v, code=call("F.dropout", v.code, p.code, "self.training"))
        # A matrix that nothing changes has one mask for the whole sequence.
        v = self.shaper.shaped(v, type)
        code = call("F.dropout", v.code, p.code, "self.training")
        return replace(v, code=self.first(f"{_word(e.items[0])}_dropped", code))

    def _zoneout(self, e: Call) -> Value:
        type, p = self.types.of(e), self.of(e.items[2])
        new, old = (self.shaper.full(self.of(a), type) for a in e.items[:2])
        if p.known == 0:
            return new
        self.helpers.add("zoneout")
        code = call("zoneout", new.code, old.code, p.code, "self.training")
        return replace(new, code=code)

    def _structure(self, e: Call) -> Value:
        """`diag`, `outer`, and `block`; a filter has no value, only its product."""
        values = [self.of(a) for a in e.items]
        if e.function == "block":
            stored = values[0]
            if stored.known == 0:
                return stored
            return replace(stored, code=call("torch.block_diag", f"*{flat(stored.code)}"))
        shaped = [
            self.shaper.shaped(v, self.types.of(a)) for v, a in zip(values, e.items, strict=True)
        ]
        if e.function == "diag":
            return replace(shaped[0], code=call("torch.diag_embed", shaped[0].code), rank=2)
        assert e.function == "outer", e.function
        code = binary("*", _column(shaped[0]), _row(shaped[1]))
        return replace(self._joined(code, *shaped), rank=2)

    def _product(self, e: Binary) -> Value:
        right = self.of(e.right)
        match e.left:
            case Name(name="I"):
                return self.shaper.shaped(right, self.types.of(e.right))
            case Call(function="diag", items=(v,)) if right.known != 0:
                return self._scaled(v, self.shaper.shaped(right, self.types.of(e.right)))
            case Call(function="conv", items=(w, side)):
                return self._filter(self.of(w), int(number(side, {})), e, right)
        left = self.of(e.left)
        if left.known == 0 or right.known == 0:
            return Value(literal(0), known=0.0)
        left = self.shaper.shaped(left, self.types.of(e.left))
        match e.right:
            case Call(function="diag", items=(v,)):
                scale = self.shaper.shaped(self.of(v), self.types.of(v))
                return self._joined(binary("*", left.code, _row(scale)), left, scale)
        return self._mapped(left, right, self.types.of(e.right))

    def _scaled(self, v: Expression, right: Value) -> Value:
        scale = self.shaper.shaped(self.of(v), self.types.of(v))
        code = _column(scale) if right.rank == 2 else scale.code
        return self._joined(binary("*", code, right.code), scale, right)

    def _mapped(self, left: Value, right: Value, type: Type) -> Value:
        """A matrix by a vector or another matrix."""
        if self.plane and len(type.sizes) == 1:
            v = self.shaper.full(right, type)
            code: Code = call("torch.einsum", '"rc,bchw->brhw"', left.code, v.code)
            return replace(v, code=code)
        right = self.shaper.shaped(right, type)
        joined = self._joined(binary("@", left.code, right.code), left, right)
        joined = replace(joined, rank=right.rank)
        if right.rank == 2 or right.level == FIXED:
            return joined
        if left.level == FIXED:
            return replace(joined, code=binary("@", right.code, transposed(left.code)))
        code = call("torch.einsum", '"brc,bc->br"', left.code, right.code)
        return replace(joined, code=code)

    def _filter(self, w: Value, side: int, e: Binary, right: Value) -> Value:
        if w.known == 0 or right.known == 0:
            return Value(literal(0), known=0.0)
        v = self.shaper.full(right, self.types.of(e.right))
        if side % 2:
            code = call("F.conv2d", v.code, w.code, 'padding="same"')
        else:
            # An even one reaches further right and down.
            before, after = (side - 1) // 2, side // 2
            around = call("F.pad", v.code, f"({before}, {after}, {before}, {after})")
            code = call("F.conv2d", around, w.code)
        return replace(v, code=code)


def _column(v: Value) -> Code:
    return After(v.code, "[:, :, None]" if v.level == BATCHED else "[:, None]")


def _row(v: Value) -> Code:
    return After(v.code, "[:, None]") if v.level == BATCHED else v.code


def _word(e: Expression) -> str:
    return e.name if isinstance(e, Name) else "matrix"
