"""What the backward pass needs of the forward pass: kept, or computed again, by fewest bytes.

A value is kept, or is made again from what is kept. Products are never made again. What is there in
any case (inputs, noise, states before and after each step, the output) costs nothing. The cheapest
choice is a minimum cut between what is there and what is needed; of several, the one that leaves
least to compute again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from cellsearch.derive.program import Program
from cellsearch.ir import Node

# What is compared are bytes at large, unrelated sizes; H = 5040 · 7919 there.
_SAMPLE = 0
_INFINITE = float("inf")
_LEAVES = frozenset({"input", "state", "fixed", "noise", "number"})
# Cheap to make again: anything but products.
_PRODUCTS = frozenset({"matmul"})


@dataclass(frozen=True)
class Saving:
    """The decision.

    Attributes:
        kept: nodes of the forward program whose values the backward program reads, by name.
        again: those that it computes again.
    """

    kept: dict[str, Node]
    again: tuple[Node, ...]


def decide(forward: Program, backward: Program) -> Saving:
    """Which values to keep."""
    order = forward.order
    index = {id(n): i for i, n in enumerate(order)}
    needed = {
        index[id(a)] for n in backward.order if id(n) not in index for a in n.args if id(a) in index
    }
    needed |= {index[id(n)] for n in backward.roots() if id(n) in index}
    there = {id(c.next) for c in forward.carries} | {id(forward.rows["output"])}
    cut = _cut(order, index, needed, there)
    kept = {i for i in cut if order[i].op not in ("fixed", "number")}
    made = _made_again(order, index, needed, kept)
    return Saving(
        {f"kept {i}": order[i] for i in sorted(kept)},
        tuple(order[i] for i in sorted(made)),
    )


def with_kept(forward: Program, backward: Program, saving: Saving) -> tuple[Program, Program]:
    """The two programs, the first leaving what the second is given."""
    rows = {**forward.rows, **saving.kept}
    given = {**backward.given, **saving.kept}
    return replace(forward, rows=rows), replace(backward, given=given)


def _bytes(n: Node, there: set[int]) -> float:
    if n.op in _LEAVES or id(n) in there:
        return 0.0
    units = 1.0
    for size in n.type.sizes:
        units *= size.values[_SAMPLE]
    return units


def _cut(
    order: tuple[Node, ...], index: dict[int, int], needed: set[int], there: set[int]
) -> set[int]:
    """The nodes of the cheapest cut, as near to what needs them as it can be.

    Each node is an edge from its arguments' side to its readers' side. What is above a node that
    costs nothing is left out.
    """
    count = len(order)
    source, sink = 2 * count, 2 * count + 1
    flow = _Flow(2 * count + 2)
    seen, stack = set(needed), list(needed)
    while stack:
        i = stack.pop()
        n, size = order[i], _bytes(order[i], there)
        if not size:
            continue
        flow.edge(2 * i, 2 * i + 1, size)
        if n.op in _PRODUCTS:
            flow.edge(source, 2 * i, _INFINITE)
            continue
        for k in (index[id(a)] for a in n.args):
            flow.edge(2 * k + 1, 2 * i, _INFINITE)
            if k not in seen:
                seen.add(k)
                stack.append(k)
    for i in needed:
        flow.edge(2 * i + 1, sink, _INFINITE)
    flow.run(source, sink)
    near = flow.reaching(sink)
    return {i for i in range(count) if 2 * i not in near and 2 * i + 1 in near}


def _made_again(
    order: tuple[Node, ...], index: dict[int, int], needed: set[int], kept: set[int]
) -> set[int]:
    made: set[int] = set()
    stack = list(needed - kept)
    while stack:
        i = stack.pop()
        if i in made or order[i].op in ("fixed", "number"):
            continue
        made.add(i)
        stack += [index[id(a)] for a in order[i].args if index[id(a)] not in kept]
    return made


class _Flow:
    """Maximum flow by shortest augmenting paths. Edmonds & Karp 1972."""

    def __init__(self, nodes: int) -> None:
        self.out: list[list[int]] = [[] for _ in range(nodes)]
        self.to: list[int] = []
        self.room: list[float] = []

    def edge(self, a: int, b: int, capacity: float) -> None:
        for u, v, room in ((a, b, capacity), (b, a, 0.0)):
            self.out[u].append(len(self.to))
            self.to.append(v)
            self.room.append(room)

    def run(self, source: int, sink: int) -> None:
        while path := self._path(source, sink):
            least = min(self.room[e] for e in path)
            for e in path:
                self.room[e] -= least
                self.room[e ^ 1] += least

    def _path(self, source: int, sink: int) -> list[int]:
        came: dict[int, int] = {source: -1}
        queue = deque([source])
        while queue and sink not in came:
            u = queue.popleft()
            for e in self.out[u]:
                if self.room[e] > 0 and self.to[e] not in came:
                    came[self.to[e]] = e
                    queue.append(self.to[e])
        if sink not in came:
            return []
        path, u = [], sink
        while came[u] >= 0:
            path.append(came[u])
            u = self.to[came[u] ^ 1]
        return path

    def reaching(self, sink: int) -> set[int]:
        """The nodes from which more could flow to the sink."""
        found = {sink}
        stack = [sink]
        while stack:
            v = stack.pop()
            for e in self.out[v]:
                u = self.to[e]
                if self.room[e ^ 1] > 0 and u not in found:
                    found.add(u)
                    stack.append(u)
        return found
