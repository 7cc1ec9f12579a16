"""Packed products: those that share an operand, or add to one sum, are one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cellsearch.derive.schedule.accumulate import products
from cellsearch.derive.schedule.places import Places
from cellsearch.derive.schedule.plan import Block, Call, Outer
from cellsearch.derive.schedule.work import Work, under
from cellsearch.ir import Node

Join = Callable[[Call, Call], Call | None]


def _join(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    """Whether matrices of these forms may be packed together; blocks go by themselves."""
    return a == b and a[:1] != ("block",)


class Calls:
    """The products of a program, packed by where their operands and results stand."""

    def __init__(self, work: Work, places: Places) -> None:
        self.work, self.places = work, places

    def at(self, sums: list[Node]) -> list[Call]:
        single = []
        for n in sums:
            for i, p in enumerate(products(n)):
                adds = under(n) is not None or i > 0
                single.append(Call((p.operand,), (n,), adds, (Block(p.matrix, p.sign, 0, 0),)))
        wide = self._merged(single, self._results_join)
        calls = self._merged(wide, self._operands_join)
        # What begins a sum goes before what adds to it.
        return sorted(calls, key=lambda c: c.adds)

    def _merged(self, calls: list[Call], join: Join) -> list[Call]:
        out: list[Call] = []
        for c in sorted(calls, key=self._call_key):
            for i, d in enumerate(out):
                joined = join(d, c)
                if joined is not None:
                    out[i] = joined
                    break
            else:
                out.append(c)
        return out

    def _call_key(self, c: Call) -> tuple[int, ...]:
        a, b = self.places.of[id(c.operands[0])], self.places.of[id(c.results[0])]
        return (self.places.number(b.buffer), b.column, self.places.number(a.buffer), a.column)

    def _results_join(self, a: Call, b: Call) -> Call | None:
        if a.operands != b.operands or a.adds != b.adds or not _join(a.form, b.form):
            return None
        if not self.places.follow(a.results[-1], b.results[0]):
            return None
        moved = tuple(
            Block(k.matrix, k.sign, k.operand, k.result + len(a.results)) for k in b.blocks
        )
        return Call(a.operands, a.results + b.results, a.adds, a.blocks + moved)

    def _operands_join(self, a: Call, b: Call) -> Call | None:
        if a.results != b.results or not _join(a.form, b.form):
            return None
        if not self.places.follow(a.operands[-1], b.operands[0]):
            return None
        moved = tuple(
            Block(k.matrix, k.sign, k.operand + len(a.operands), k.result) for k in b.blocks
        )
        return Call(a.operands + b.operands, a.results, a.adds and b.adds, a.blocks + moved)

    def outers(self) -> Iterator[Outer]:
        single = [
            Outer((t.leaf,), (t.node.args[0],), t.node.args[1], t.node.attrs)
            for t in self.work.outers
        ]
        counts: dict[int, int] = {}
        for t in self.work.program.totals:
            counts[id(t.leaf)] = counts.get(id(t.leaf), 0) + 1
        out: list[Outer] = []
        for o in sorted(single, key=self._outer_key):
            a = out[-1] if out else None
            alone = all(counts[id(n)] == 1 for n in (*o.leaves, *(a.leaves if a else ())))
            if a and alone and self._outers_join(a, o):
                out[-1] = Outer(a.leaves + o.leaves, a.left + o.left, a.right, a.form)
            else:
                out.append(o)
        return iter(out)

    def _outer_key(self, o: Outer) -> tuple[int, ...]:
        b, a = self._where(o.right), self._where(o.left[0])
        return (*b, *a)

    def _where(self, n: Node) -> tuple[int, ...]:
        place = self.places.of[id(n)]
        return (self.places.number(place.buffer), place.column, place.view)

    def _outers_join(self, a: Outer, b: Outer) -> bool:
        if a.right is not b.right or not _join(a.form, b.form):
            return False
        return self.places.follow(a.left[-1], b.left[0])
