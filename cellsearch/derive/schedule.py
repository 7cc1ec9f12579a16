"""The plan of a program: what is computed when, in which products, and where it is kept.

Products that share an operand, or add to one sum, are one product of packed matrices, since what
they read and write stands side by side. All else is fused into kernels, which go row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cellsearch.derive.accumulate import accumulated, base, is_number, leaf_of, products
from cellsearch.derive.levels import levels
from cellsearch.derive.phases import Timing
from cellsearch.derive.program import Program, Total
from cellsearch.ir import Node
from cellsearch.ir.widths import Size

Shape = tuple[Size, ...]

_NAMED = frozenset({"input", "fixed", "noise", "given", "state"})


@dataclass(frozen=True, eq=False)
class Buffer:
    """Columns that stand side by side.

    Attributes:
        name: what is in it.
        kind: `rows` has a row for each step of each sequence; `slots` one more step, for what is
            carried; `step` only one step; `fixed` one row.
        shapes: of its columns.
        leaf: what it holds, where it is filled elsewhere.
    """

    name: str
    kind: str
    shapes: list[Shape] = field(default_factory=list)
    leaf: Node | None = None


@dataclass(frozen=True)
class Place:
    """Where a value stands: a column of a buffer; `view` 1 is one step later in its slots."""

    buffer: Buffer
    column: int
    view: int = 0

    @property
    def is_step(self) -> bool:
        """Whether it is overwritten at every step."""
        return self.buffer.kind == "step"


@dataclass(frozen=True)
class Block:
    """One matrix within a packed one: its place among the operands and among the results."""

    matrix: Node
    sign: int
    operand: int
    result: int


@dataclass(frozen=True)
class Call:
    """`results (+)= operands @ matrix`, for all rows or those of one step.

    Attributes:
        operands: values that stand side by side.
        results: sums that stand side by side.
        adds: whether it adds to what is there.
        blocks: the matrices.
    """

    operands: tuple[Node, ...]
    results: tuple[Node, ...]
    adds: bool
    blocks: tuple[Block, ...]

    @property
    def heads(self) -> int:
        """How many diagonal blocks its matrix has; 0 for filters."""
        m = self.blocks[0].matrix
        m = m.args[0] if m.op == "transpose" else m
        return int(m.attrs[0]) if m.op == "block" else 0 if m.op == "conv" else 1


@dataclass(frozen=True)
class Outer:
    """Gradients of matrices: outer products summed over all rows, as one product."""

    leaves: tuple[Node, ...]
    left: tuple[Node, ...]
    right: Node
    form: tuple[str | int | float, ...]


@dataclass(frozen=True)
class Kernel:
    """What is computed row by row, fused.

    Attributes:
        nodes: in an order of computation.
        stores: the nodes whose values are needed elsewhere.
        totals: sums over all rows of values that it computes.
    """

    nodes: tuple[Node, ...]
    stores: tuple[Node, ...]
    totals: tuple[Total, ...]


@dataclass(frozen=True)
class Stage:
    """Products, then all else."""

    calls: tuple[Call, ...]
    kernel: Kernel


@dataclass(frozen=True)
class Phase:
    """Stages, for all rows at once or for every step in turn.

    Attributes:
        carries: what is carried from step to step; empty for all rows at once.
    """

    carries: tuple[str, ...]
    stages: tuple[Stage, ...]

    @property
    def is_loop(self) -> bool:
        """Whether it runs step by step."""
        return bool(self.carries)


@dataclass(frozen=True)
class Plan:
    """See the module.

    Attributes:
        program: as it is computed, products accumulated.
        phases: in their order.
        outers: after them.
        places: of every node that is stored or read from elsewhere, by id.
        buffers: what places stand in, those that are filled elsewhere first.
    """

    program: Program
    phases: tuple[Phase, ...]
    outers: tuple[Outer, ...]
    places: dict[int, Place]
    buffers: tuple[Buffer, ...]


def schedule(program: Program) -> Plan:
    """Plan a program."""
    first = Timing(program)
    rewritten = accumulated(program, lambda n: first.moment[id(n)])
    timing = Timing(rewritten)
    timing.sink()
    return _Scheduling(rewritten, timing).run()


class _Scheduling:
    def __init__(self, program: Program, timing: Timing) -> None:
        self.program, self.timing = program, timing
        self.order = timing.order
        self.moment = timing.moment
        stored = self._only_in_products()
        self.computed = [
            n
            for n in self.order
            if not timing.is_leaf(n)
            and id(n) not in stored
            and not (n.op == "outer" and self._is_total(n))
        ]
        self.readers: dict[int, list[Node]] = {}
        for n in self.computed:
            for a in n.args:
                self.readers.setdefault(id(a), []).append(n)
        self.places: dict[int, Place] = {}
        self.buffers: list[Buffer] = []

    def _only_in_products(self) -> set[int]:
        """The stored matrices that products alone read: as they are packed, they are flipped."""
        out = {id(n) for n in self.order if _is_matrix(n)}
        for n in reversed(self.order):
            if n.op != "accumulate" and id(n) not in out and not self.timing.is_leaf(n):
                out -= {id(a) for a in n.args}
        for n in reversed(self.order):
            if id(n) not in out and _is_matrix(n):
                out -= {id(a) for a in n.args}
        return out

    def _is_total(self, n: Node) -> bool:
        """An outer product that is only summed over all rows."""
        wanted = [*(c.next for c in self.program.carries), *self.program.rows.values()]
        read = [a for m in self.order if not self.timing.is_leaf(m) for a in m.args]
        return not any(n is other for other in (*wanted, *read))

    def run(self) -> Plan:
        self.outer_totals = [t for t in self.program.totals if self._is_outer(t)]
        self.kernels = self._kernels()
        self._place_leaves()
        self._place_carries()
        self._place_rows()
        self._place_rest()
        phases = tuple(self._phases())
        return Plan(
            self.program, phases, tuple(self._outers()), self.places, tuple(self.buffers)
        )

    def _is_outer(self, t: Total) -> bool:
        return t.node.op == "outer" and all(id(t.node) != id(n) for n in self.computed)

    def _kernels(self) -> dict[tuple[int, int], list[Node]]:
        out: dict[tuple[int, int], list[Node]] = {}
        for n in self.computed:
            if n.op != "accumulate":
                out.setdefault(self.moment[id(n)], []).append(n)
        return out

    # Where values stand.

    def _new(self, name: str, kind: str, shapes: Iterable[Shape]) -> Buffer:
        buffer = Buffer(name, kind, list(shapes))
        self.buffers.append(buffer)
        return buffer

    def _place_leaves(self) -> None:
        carried = {id(c.leaf) for c in self.program.carries}
        for n in self.order:
            if self.timing.is_leaf(n) and id(n) not in carried and not is_number(n):
                kind = "fixed" if n.op == "fixed" else "rows"
                name = "_".join([n.op, *map(str, n.attrs)]) if n.op in _NAMED else n.op
                buffer = Buffer(name, kind, [n.type.sizes], n)
                self.buffers.append(buffer)
                self.places[id(n)] = Place(buffer, 0)

    def _place_carries(self) -> None:
        late = 0 if self.program.backwards else 1
        for c in self.program.carries:
            buffer = self._new(c.name, "slots", [c.leaf.type.sizes])
            self.places[id(c.leaf)] = Place(buffer, 0, 1 - late)
            self.places[id(c.next)] = Place(buffer, 0, late)

    def _place_rows(self) -> None:
        """What is wanted by itself has a buffer of its own."""
        for name, n in self.program.rows.items():
            if not name.startswith("kept") and id(n) not in self.places:
                self.places[id(n)] = Place(self._new(name, "rows", [n.type.sizes]), 0)

    def _place_rest(self) -> None:
        kept = {id(n) for name, n in self.program.rows.items() if name.startswith("kept")}
        shared = self._shared_places(kept)
        todo = [
            n
            for n in self.computed
            if id(n) not in self.places and id(n) not in shared and self._is_stored(n, kept)
        ]
        under = {id(b) for n in self.computed if (b := _base(n)) is not None}
        todo = [n for n in todo if id(n) not in under]
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
                self.places[id(n)] = Place(buffer, i)
        for i, of in shared.items():
            self.places[i] = self.places[of]
        for n in reversed(self.computed):
            b = _base(n)
            if b is not None:
                self.places[id(b)] = self.places[id(n)]

    def _is_stored(self, n: Node, kept: set[int]) -> bool:
        if n.op == "accumulate" or id(n) in kept:
            return True
        own = self.moment[id(n)]
        if any(id(n) in map(id, (*t.node.args,)) for t in self.outer_totals):
            return True
        return any(
            r.op == "accumulate" or self.moment[id(r)] != own for r in self.readers.get(id(n), [])
        )

    def _is_step(self, n: Node, kept: set[int]) -> bool:
        """Whether its value is read in the loop that computes it, and nowhere else."""
        phase = self.moment[id(n)][0]
        if phase % 2 == 0 or id(n) in kept:
            return False
        if any(id(n) in map(id, t.node.args) for t in self.outer_totals):
            return False
        b = _base(n)
        while b is not None:
            if self.moment[id(b)][0] != phase:
                return False
            b = _base(b)
        return all(self.moment[id(r)][0] == phase for r in self.readers.get(id(n), []))

    def _shared_places(self, kept: set[int]) -> dict[int, int]:
        """Kept values that may stand where a sum of products stood, by id: the sum's id.

        The sum is read in one kernel alone, no later there than the value is written.
        """
        out: dict[int, int] = {}
        taken: set[int] = set()
        for moment, nodes in self.kernels.items():
            level = levels(nodes)
            inside = {id(n) for n in nodes}
            for n in nodes:
                if id(n) not in kept or id(n) in self.places:
                    continue
                for acc in self._sums_below(n, inside):
                    readers = self.readers[id(acc)]
                    if id(acc) in taken or id(acc) in self.places or acc.type != n.type:
                        continue
                    if id(acc) in kept or any(self.moment[id(r)] != moment for r in readers):
                        continue
                    if any(r.op == "accumulate" for r in readers):
                        continue
                    if all(level[id(r)] <= level[id(n)] for r in readers):
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
        sums = [n for n in self.computed if n.op == "accumulate"]
        operands: dict[int, int] = {}
        above: dict[int, list[int]] = {}
        for i, s in enumerate(sums):
            for p in products(s):
                operands.setdefault(id(p.operand), len(operands))
                above.setdefault(id(p.operand), []).append(i)

        def key(n: Node) -> tuple[float, ...]:
            if n.op == "accumulate":
                chain, b = products(n), _base(n)
                while b is not None:
                    chain += products(b)
                    b = _base(b)
                own = [operands[id(p.operand)] for p in chain]
                return (1, sum(own) / len(own), *sorted(own))
            of = above.get(id(n), [])
            return (0, sum(of) / len(of) if of else -1, *sorted(of))

        return sorted(nodes, key=key)

    # What is done when.

    def _phases(self) -> Iterator[Phase]:
        last: dict[int, int] = {}
        for n in self.computed:
            p, s = self.moment[id(n)]
            last[p] = max(last.get(p, -1), s)
        for p in range(self.timing.phases):
            names: tuple[str, ...] = ()
            if p % 2:
                group = self.timing.groups[p // 2]
                names = tuple(self.program.carries[c].name for c in group.carries)
            if p in last:
                yield Phase(names, tuple(self._stage((p, s)) for s in range(last[p] + 1)))

    def _stage(self, moment: tuple[int, int]) -> Stage:
        nodes = self.kernels.get(moment, [])
        inside = {id(n) for n in nodes}
        totals = tuple(
            t
            for t in self.program.totals
            if id(t.node) in inside and not any(t is o for o in self.outer_totals)
        )
        stores = tuple(n for n in nodes if id(n) in self.places)
        sums = [n for n in self.computed if n.op == "accumulate" and self.moment[id(n)] == moment]
        return Stage(tuple(self._calls(sums)), Kernel(tuple(nodes), stores, totals))

    def _calls(self, sums: list[Node]) -> list[Call]:
        single = []
        for n in sums:
            for i, p in enumerate(products(n)):
                adds = _base(n) is not None or i > 0
                single.append(Call((p.operand,), (n,), adds, (Block(p.matrix, p.sign, 0, 0),)))
        wide = self._merged(single, self._results_join)
        calls = self._merged(wide, self._operands_join)
        # What begins a sum goes before what adds to it.
        return sorted(calls, key=lambda c: c.adds)

    def _merged(self, calls: list[Call], join: object) -> list[Call]:
        out: list[Call] = []
        for c in sorted(calls, key=self._call_key):
            for i, d in enumerate(out):
                joined = join(d, c)  # type: ignore[operator]
                if joined is not None:
                    out[i] = joined
                    break
            else:
                out.append(c)
        return out

    def _call_key(self, c: Call) -> tuple[int, ...]:
        a, b = self.places[id(c.operands[0])], self.places[id(c.results[0])]
        return (id_of(self.buffers, b.buffer), b.column, id_of(self.buffers, a.buffer), a.column)

    def _follow(self, last: Node, first: Node) -> bool:
        a, b = self.places[id(last)], self.places[id(first)]
        return a.buffer is b.buffer and a.view == b.view and a.column + 1 == b.column

    def _results_join(self, a: Call, b: Call) -> Call | None:
        if a.operands != b.operands or a.adds != b.adds or a.heads != 1 or b.heads != 1:
            return None
        if not self._follow(a.results[-1], b.results[0]):
            return None
        moved = tuple(
            Block(k.matrix, k.sign, k.operand, k.result + len(a.results)) for k in b.blocks
        )
        return Call(a.operands, a.results + b.results, a.adds, a.blocks + moved)

    def _operands_join(self, a: Call, b: Call) -> Call | None:
        if a.results != b.results or a.heads != 1 or b.heads != 1:
            return None
        if not self._follow(a.operands[-1], b.operands[0]):
            return None
        moved = tuple(
            Block(k.matrix, k.sign, k.operand + len(a.operands), k.result) for k in b.blocks
        )
        return Call(a.operands + b.operands, a.results, a.adds and b.adds, a.blocks + moved)

    def _outers(self) -> Iterator[Outer]:
        single = [
            Outer((t.leaf,), (t.node.args[0],), t.node.args[1], t.node.attrs)
            for t in self.outer_totals
        ]
        counts: dict[int, int] = {}
        for t in self.program.totals:
            counts[id(t.leaf)] = counts.get(id(t.leaf), 0) + 1
        out: list[Outer] = []
        for o in sorted(single, key=self._outer_key):
            a = out[-1] if out else None
            alone = all(counts[id(n)] == 1 for n in (*o.leaves, *(a.leaves if a else ())))
            if a and alone and self._outers_join(a, o):
                out[-1] = Outer(a.leaves + o.leaves, a.left + o.left, a.right, ())
            else:
                out.append(o)
        return iter(out)

    def _outer_key(self, o: Outer) -> tuple[int, ...]:
        b, a = self._where(o.right), self._where(o.left[0])
        return (*b, *a)

    def _where(self, n: Node) -> tuple[int, ...]:
        place = self.places[id(n)]
        return (id_of(self.buffers, place.buffer), place.column, place.view)

    def _outers_join(self, a: Outer, b: Outer) -> bool:
        if a.right is not b.right or a.form or b.form:
            return False
        return self._follow(a.left[-1], b.left[0])


def id_of(buffers: list[Buffer], b: Buffer) -> int:
    """The number of a buffer; those of other programs come last."""
    return next((i for i, own in enumerate(buffers) if own is b), len(buffers))


def _base(n: Node) -> Node | None:
    return base(n) if n.op == "accumulate" else None


def _is_matrix(n: Node) -> bool:
    """A stored matrix as a product reads it."""
    return n.op in ("transpose", "block", "conv") and leaf_of(n).op == "fixed"
