"""Where every value stands that is needed elsewhere than where it is computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cellsearch.derive.program import is_number
from cellsearch.derive.schedule.accumulate import products
from cellsearch.derive.schedule.levels import has_read, levels
from cellsearch.derive.schedule.plan import Buffer, Place, Shape
from cellsearch.derive.schedule.work import Work, chain, under
from cellsearch.ir import Node

_NAMED = frozenset({"input", "fixed", "noise", "given", "state"})


class Places:
    """Buffers, and the places of values in them.

    Attributes:
        of: the place of a node, by its id.
        buffers: in the order of their making.
    """

    def __init__(self, work: Work) -> None:
        self.work, self.program = work, work.program
        self.of: dict[int, Place] = {}
        self.buffers: list[Buffer] = []
        self._number_products()
        self._place_leaves()
        self._place_carries()
        self._place_rows()
        self._place_rest()
        self._numbers = {id(b): i for i, b in enumerate(self.buffers)}

    def number(self, b: Buffer) -> int:
        """The number of a buffer."""
        return self._numbers[id(b)]

    def follow(self, last: Node, first: Node) -> bool:
        """Whether one value stands right after another."""
        a, b = self.of[id(last)], self.of[id(first)]
        return a.buffer is b.buffer and a.view == b.view and a.column + 1 == b.column

    def _new(self, name: str, kind: str, shapes: Iterable[Shape]) -> Buffer:
        buffer = Buffer(name, kind, list(shapes))
        self.buffers.append(buffer)
        return buffer

    def _place_leaves(self) -> None:
        carried = {id(c.leaf) for c in self.program.carries}
        for n in self.work.timing.order:
            if self.work.timing.is_leaf(n) and id(n) not in carried and not is_number(n):
                kind = "fixed" if n.op == "fixed" else "rows"
                name = "_".join([n.op, *map(str, n.attrs)]) if n.op in _NAMED else n.op
                buffer = Buffer(name, kind, [n.type.sizes], n)
                self.buffers.append(buffer)
                self.of[id(n)] = Place(buffer, 0)

    def _place_carries(self) -> None:
        late = 0 if self.program.backwards else 1
        for c in self.program.carries:
            buffer = self._new(c.name, "slots", [c.leaf.type.sizes])
            self.of[id(c.leaf)] = Place(buffer, 0, 1 - late)
            self.of[id(c.next)] = Place(buffer, 0, late)

    def _place_rows(self) -> None:
        """What is wanted by itself has a buffer of its own."""
        for name, n in self.program.rows.items():
            if not name.startswith("kept") and id(n) not in self.of:
                self.of[id(n)] = Place(self._new(name, "rows", [n.type.sizes]), 0)

    def _place_rest(self) -> None:
        kept = {id(n) for name, n in self.program.rows.items() if name.startswith("kept")}
        shared = self._shared_places(kept)
        todo = [
            n
            for n in self.work.computed
            if id(n) not in self.of and id(n) not in shared and self._is_stored(n, kept)
        ]
        below = {id(b) for n in self.work.computed if (b := under(n)) is not None}
        todo = [n for n in todo if id(n) not in below]
        saved = {id(n) for n in todo if id(n) in kept}
        saved |= {i for k, i in shared.items() if k in kept}
        classes: dict[tuple[str, str], list[Node]] = {}
        for n in todo:
            kind = "step" if self._is_step(n, kept) and id(n) not in saved else "rows"
            name = "kept" if id(n) in saved else "step" if kind == "step" else "work"
            classes.setdefault((name, kind), []).append(n)
        for (name, kind), nodes in classes.items():
            nodes = self._side_by_side(nodes)
            buffer = self._new(name, kind, [n.type.sizes for n in nodes])
            for i, n in enumerate(nodes):
                self.of[id(n)] = Place(buffer, i)
        for i, of in shared.items():
            self.of[i] = self.of[of]
        for n in reversed(self.work.computed):
            b = under(n)
            if b is not None:
                self.of[id(b)] = self.of[id(n)]

    def _is_stored(self, n: Node, kept: set[int]) -> bool:
        if n.op == "accumulate" or id(n) in kept:
            return True
        own = self.work.moment[id(n)]
        if self.work.is_summed_outside(n):
            return True
        return any(
            r.op == "accumulate" or self.work.moment[id(r)] != own
            for r in self.work.readers.get(id(n), [])
        )

    def _is_step(self, n: Node, kept: set[int]) -> bool:
        """Whether its value is read in the loop that computes it, and nowhere else."""
        phase = self.work.moment[id(n)][0]
        if phase % 2 == 0 or id(n) in kept or self.work.is_summed_outside(n):
            return False
        near = (*chain(n), *self.work.readers.get(id(n), []))
        return all(self.work.moment[id(m)][0] == phase for m in near)

    def _shared_places(self, kept: set[int]) -> dict[int, int]:
        """Kept values that may stand where a sum of products stood, by id: the sum's id.

        The sum is read in one kernel alone, there before the value is written.
        """
        out: dict[int, int] = {}
        taken: set[int] = set()
        for moment, nodes in self.work.kernels.items():
            level = levels(nodes)
            inside = {id(n) for n in nodes}
            for n in nodes:
                if id(n) not in kept or id(n) in self.of:
                    continue
                for acc in self._sums_below(n, inside):
                    readers = self.work.readers[id(acc)]
                    if id(acc) in taken or id(acc) in self.of or acc.type != n.type:
                        continue
                    if id(acc) in kept or any(self.work.moment[id(r)] != moment for r in readers):
                        continue
                    if any(r.op == "accumulate" for r in readers):
                        continue
                    at = level[id(n)]
                    if all(
                        level[id(r)] < at or (level[id(r)] == at and has_read(r, acc, n))
                        for r in readers
                    ):
                        out[id(n)] = id(acc)
                        taken.add(id(acc))
                        break
        return out

    def _sums_below(self, n: Node, inside: set[int]) -> Iterator[Node]:
        stack, seen = [n], set[int]()
        while stack:
            m = stack.pop()
            for a in m.args:
                if a.op == "accumulate" and id(a) not in seen:
                    yield a
                elif id(a) in inside and id(a) not in seen:
                    stack.append(a)
                seen.add(id(a))

    def _side_by_side(self, nodes: list[Node]) -> list[Node]:
        """Sums that share operands, and operands that share sums, next to each other."""

        def key(n: Node) -> tuple[float, ...]:
            is_sum = n.op == "accumulate"
            of = self._operands[id(n)] if is_sum else self._sums.get(id(n), [])
            return (is_sum, sum(of) / len(of) if of else -1, *sorted(of))

        return sorted(nodes, key=key)

    def _number_products(self) -> None:
        """For each sum of products the numbers of its operands, for each operand those of sums."""
        own: dict[int, list[int]] = {}
        self._sums: dict[int, list[int]] = {}
        number: dict[int, int] = {}
        sums = [n for n in self.work.computed if n.op == "accumulate"]
        for i, s in enumerate(sums):
            operands = [id(p.operand) for p in products(s)]
            own[id(s)] = [number.setdefault(o, len(number)) for o in operands]
            for o in operands:
                self._sums.setdefault(o, []).append(i)
        self._operands = {id(s): [k for n in chain(s) for k in own[id(n)]] for s in sums}
