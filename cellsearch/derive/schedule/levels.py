"""The order within a kernel: what is computed row by row, between two products.

A kernel goes level by level. A level begins with what needs whole values of earlier levels (batched
products, squeezes), then come scalars, then one loop over the units for each type. A sum over units
is known one level after its loop; so is a value that is read at other units than its own.
"""

from __future__ import annotations

from cellsearch.ir import Node

REDUCTIONS = frozenset({"sum", "mean"})
# These read their arguments at other units than the one they compute.
_ELSEWHERE = frozenset({"transpose", "diagonal", "squeeze", "matmul"})


def reads_alike(n: Node, a: Node) -> bool:
    """Whether `n` reads `a` at the same unit, or as the one number that it is."""
    if n.op in _ELSEWHERE:
        return False
    if n.op in REDUCTIONS:
        return True
    return not a.type.sizes or a.type == n.type


def has_read(r: Node, a: Node, n: Node) -> bool:
    """Whether `r` has read `a` when `n`, of the same type and level, is written in its place."""
    if n.op == "matmul":
        return False
    loop = r.args[0].type if r.op in REDUCTIONS else r.type
    return r.op == "matmul" or not loop.sizes or (loop == n.type and reads_alike(r, a))


def levels(nodes: list[Node]) -> dict[int, int]:
    """The level of each node of a kernel, given in an order of computation."""
    own = {id(n) for n in nodes}
    level: dict[int, int] = {}
    for n in nodes:
        level[id(n)] = max((_after(n, a, level[id(a)]) for a in n.args if id(a) in own), default=0)
    return level


def _after(n: Node, a: Node, level: int) -> int:
    late = a.op in REDUCTIONS or not reads_alike(n, a)
    return level + 1 if late else level
