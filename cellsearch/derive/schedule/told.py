"""A plan in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from cellsearch.derive.program import Program
from cellsearch.derive.schedule.accumulate import leaf_of
from cellsearch.derive.schedule.plan import Call, Kernel, Outer, Phase, Plan
from cellsearch.derive.schedule.scans import ELEMENTWISE, SCAN
from cellsearch.ir import Node

Lines = Iterator[str]


class Names:
    """What nodes are called: as equations are, or after what they are part of."""

    def __init__(self, program: Program, matrices: Mapping[int, str]) -> None:
        """`matrices`: the name of each fixed leaf, by its number."""
        self._matrices = matrices
        ends = {id(n): name for name, n in program.rows.items() if not name.startswith("kept")}
        ends |= {id(c.next): c.name for c in program.carries} if program.backwards else {}
        self._names = {**ends, **program.names}
        self._readers: dict[int, Node] = {}
        for n in reversed(program.order):
            for a in n.args:
                self._readers[id(a)] = n

    def of(self, n: Node) -> str:
        """The name of a value."""
        if n.op in ("input", "state", "given", "noise"):
            return str(n.attrs[0])
        if n.op == "fixed":
            return self._matrices[int(n.attrs[0])]
        if n.op == "number":
            return f"{n.attrs[0]:g}"
        if id(n) in self._names:
            return self._names[id(n)]
        return self._for(n) if n.op == "accumulate" else self._after(n) or self._expression(n)

    def _expression(self, n: Node) -> str:
        args = [self.of(a) for a in n.args]
        sign = {"add": "+", "sub": "-", "mul": "*", "div": "/"}.get(n.op)
        return f"({args[0]} {sign} {args[1]})" if sign else f"{n.op}({', '.join(args)})"

    def matrix(self, n: Node) -> str:
        """The name of a matrix, as the product reads it."""
        name = self._matrices[int(leaf_of(n).attrs[0])]
        return f"{name}.T" if n.op == "transpose" else name

    def _for(self, n: Node) -> str:
        """A sum is called after the equation that it is for."""
        return self._first(n, lambda m: [self._readers[id(m)]] if id(m) in self._readers else [])

    def _after(self, n: Node) -> str:
        """An adjoint is called after the one that it is made of."""
        name = self._first(n, lambda m: list(m.args[:1]))
        return name if name.startswith("d_") else ""

    def _first(self, n: Node, following: Callable[[Node], list[Node]]) -> str:
        while step := following(n):
            (n,) = step
            if id(n) in self._names:
                return self._names[id(n)]
        return n.op


def told(plan: Plan, matrices: Mapping[int, str]) -> Lines:
    """What a plan does, a line for each product and each kernel."""
    names = Names(plan.program, matrices)
    for phase in plan.phases:
        yield _when(plan.program, phase)
        waits = len([s for s in phase.stages if s.calls]) > 1
        for i, stage in enumerate(phase.stages):
            mark = f"{i + 1}. " if waits else ""
            for c in stage.calls:
                yield f"  {mark}{_call(c, names)}"
            if stage.kernel.nodes:
                yield f"  {mark}{_kernel(stage.kernel, names)}"
    if plan.outers:
        yield "after the last step"
        yield from (f"  {_outer(o, names)}" for o in plan.outers)


def _when(program: Program, phase: Phase) -> str:
    if not phase.is_loop:
        return "all steps at once"
    order = "from the last step to the first" if program.backwards else "step by step"
    kind = {SCAN: " (a scan)", ELEMENTWISE: " (unit by unit)"}.get(phase.kind, "")
    return f"{order}{kind}, for {', '.join(phase.carries)}"


def _call(c: Call, names: Names) -> str:
    results = _side_by_side(map(names.of, c.results))
    operands = _side_by_side(map(names.of, c.operands))
    signs = {1: "", -1: "-"}
    matrices = _side_by_side(signs[b.sign] + names.matrix(b.matrix) for b in c.blocks)
    return f"{results} {'+=' if c.adds else '='} {matrices} @ {operands}"


def _kernel(k: Kernel, names: Names) -> str:
    stored = dict.fromkeys(map(names.of, k.stores))
    what = f", keeps {' '.join(stored)}" if stored else ""
    sums = f", sums {_count(len(k.totals), 'gradient')}" if k.totals else ""
    return f"fused: {_count(len(k.nodes), 'operation')}{what}{sums}"


def _outer(o: Outer, names: Names) -> str:
    leaves = _side_by_side(f"d {names.matrix(n)}" for n in o.leaves)
    left = _side_by_side(map(names.of, o.left))
    return f"{leaves} = {left} outer {names.of(o.right)}, summed over all steps"


def _side_by_side(names: Iterable[str]) -> str:
    found = list(names)
    return found[0] if len(found) == 1 else f"[{' '.join(found)}]"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
