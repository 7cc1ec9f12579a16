"""What an expression of a cell is in a program: its code, and what is known of its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cellsearch.export.pytorch.code import After, Atom, Code, call, flat
from cellsearch.ir.types import Type
from cellsearch.ir.widths import Size

# A number of Python; a tensor without batch, of weights alone; a tensor with a batch.
NUMBER, FIXED, BATCHED = range(3)


@dataclass(frozen=True)
class Value:
    """A value, [B, …] if it is batched; a scalar is [B, 1], in a plane [B, 1, 1, 1].

    Attributes:
        rank: 0, 1 or 2, of what is there: a scalar may stand where a vector is meant.
        level: NUMBER, FIXED or BATCHED.
        known: the number, where it is one whatever H and X are.
        spread: in a plane, whether it has its height and width.
    """

    code: Code
    rank: int = 0
    level: int = NUMBER
    known: float | None = None
    spread: bool = False


class Shaper:
    """Brings values to the shape of their type.

    Args:
        like: the tensor whose dtype and device new ones have: the first input.
        batch: a name for the size of the batch.
        plane: whether units are channels of a plane.
        width: the code of a width.
    """

    def __init__(self, like: str, batch: str, plane: bool, width: Callable[[Size], Code]) -> None:
        self.like, self.batch, self.plane, self.width = like, batch, plane, width

    def number(self, v: Value) -> Code:
        """A tensor of a number."""
        return call(f"{self.like}.new_tensor", v.code)

    def tensor(self, v: Value) -> Value:
        """The value as a tensor, where it is a number."""
        return replace(v, code=self.number(v), level=FIXED) if v.level == NUMBER else v

    def shaped(self, v: Value, type: Type) -> Value:
        """A vector or matrix of equal units, where a scalar stands for one."""
        rank = len(type.sizes)
        if v.rank >= rank:
            return v
        sizes = self.sizes(type)
        if v.level == NUMBER:
            shape = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
            code: Code = call(f"{self.like}.new_full", shape, v.code)
            return Value(code, rank, FIXED)
        code = v.code
        if v.level == BATCHED:
            sizes = ("-1", *sizes)
            sizes = tuple("-1" if i > 1 and rank == 1 else s for i, s in enumerate(sizes))
            code = After(code, "[:, :, None]") if rank == 2 else code
        return replace(v, code=After(code, f".expand({', '.join(sizes)})"), rank=rank)

    def full(self, v: Value, type: Type) -> Value:
        """With batch, and in a plane with height and width."""
        if v.level == BATCHED and v.rank == len(type.sizes) and (v.spread or not self.plane):
            return v
        rank = len(type.sizes)
        shape = ", ".join(self.full_sizes(type))
        if v.level == NUMBER:
            code: Code = call(f"{self.like}.new_full", f"({shape})", v.code)
        else:
            lifted = After(v.code, "[:, :, None]")
            code = lifted if v.level == BATCHED and v.rank == 0 and rank == 2 else v.code
            code = After(code, f".expand({shape})")
        return Value(code, rank, BATCHED, spread=rank == 1)

    def full_sizes(self, type: Type) -> tuple[str, ...]:
        """The sizes of a type with batch, and in a plane with height and width."""
        own = tuple(flat(self.width(s)) for s in type.sizes) or ("1",)
        if not self.plane or len(own) == 2:
            return (self.batch, *own)
        return (self.batch, *own, *((f"*{self.like}.shape[3:]",) if type.sizes else ("1", "1")))

    def sizes(self, type: Type) -> tuple[str, ...]:
        """The sizes of a type; in a plane a vector has one number for each channel."""
        own = tuple(flat(self.width(s)) for s in type.sizes)
        return (*own, "1", "1") if self.plane and len(own) == 1 else own


def weight(attribute: str, rank: int, plane: bool) -> Value:
    """A weight, read from its attribute."""
    code: Code = Atom(f"self.{attribute}")
    return Value(After(code, "[:, None, None]") if plane and rank == 1 else code, rank, FIXED)
