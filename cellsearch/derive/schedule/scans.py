"""What kind of recurrence a group of carries is."""

from __future__ import annotations

from collections.abc import Iterable

from cellsearch.ir import Node
from cellsearch.ir.build import UNITWISE

# A shift does not read itself. A scan is affine in what it carries, unit by unit, with coefficients
# that do not wait for it: it could be run in parallel over time. An elementwise group is neither,
# but each unit waits for itself alone. A loop has products or sums over units in it.
SHIFT, SCAN, ELEMENTWISE, LOOP = "shift", "scan", "elementwise", "loop"

_NOT_AFFINE = 2
_SUMS = frozenset({"add", "sub", "neg", "copy", "expand"})
_PRODUCTS = frozenset({"mul", "scale_rows", "scale_columns", "outer"})


def kind(order: Iterable[Node], leaves: set[int], ends: set[int]) -> str:
    """SCAN, ELEMENTWISE or LOOP.

    Args:
        order: the nodes between the carries' leaves and what they become, leaves first.
        leaves: ids of what the group carries into a step.
        ends: ids of what it carries out.
    """
    degree: dict[int, int] = {}
    found = SCAN
    for n in order:
        args = [degree.get(id(a), 0) for a in n.args]
        degree[id(n)] = 1 if id(n) in leaves else _degree(n, args)
        waits = any(args)
        if waits and not _is_unitwise(n):
            return LOOP
        if id(n) in ends and degree[id(n)] > 1:
            found = ELEMENTWISE
    return found


def _degree(n: Node, args: list[int]) -> int:
    """0 where nothing that is carried is read, 1 where it is read affinely."""
    if n.op in _SUMS:
        return max(args, default=0)
    if n.op in _PRODUCTS:
        return min(sum(args), _NOT_AFFINE)
    if n.op == "div" and args[1] == 0:
        return args[0]
    if n.op == "select" and args[0] == args[1] == 0:
        return max(args)
    return _NOT_AFFINE if any(args) else 0


def _is_unitwise(n: Node) -> bool:
    """Whether each unit of its value reads the same unit alone."""
    if n.op in UNITWISE or n.op in ("select", "copy", "erf", "log1p", "expm1"):
        return all(not a.type.sizes or a.type == n.type for a in n.args)
    return n.op in ("scale_rows", "scale_columns")
