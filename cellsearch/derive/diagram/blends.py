"""Recognises interpolations: `(1 - z) * a + z * b`, and `a + z * (b - a)`, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from cellsearch.derive.diagram.sheet import Sheet
from cellsearch.ir.graph import Node


@dataclass(frozen=True)
class Blend:
    """`gate * one + (1 - gate) * other`, each perhaps times something fixed."""

    gate: Node
    one: Node
    other: Node
    one_factor: tuple[Node, ...] = ()
    other_factor: tuple[Node, ...] = ()


def factors(sheet: Sheet, node: Node) -> list[Node]:
    """The factors of a product; those of a product within it, too."""
    if node.op != "mul":
        return [node]
    parts = sheet.args(node)
    return [f for a in parts for f in (factors(sheet, a) if sheet.is_own(a) else [a])]


def complement(sheet: Sheet, node: Node) -> Node | None:
    """`z` of a `1 - z` that has no name."""
    if node.op != "sub" or id(node) in sheet.names:
        return None
    one, gate = sheet.args(node)
    is_one = one.op == "number" and one.attrs[0] == 1
    return gate if is_one and not sheet.is_fixed(gate) else None


def blend(sheet: Sheet, node: Node) -> Blend | None:
    """The interpolation that a node is."""
    if node.op != "add":
        return None
    for left, right in permutations(sheet.args(node)):
        found = _moved(sheet, left, right) or next(_shared(sheet, left, right), None)
        if found:
            return found
    return None


def _moved(sheet: Sheet, start: Node, step: Node) -> Blend | None:
    """`a + z * (b - a)`."""
    parts = factors(sheet, step) if sheet.is_own(step) else []
    for gate, change in permutations(parts) if len(parts) == 2 else ():
        if change.op == "sub" and sheet.is_own(change) and sheet.args(change)[1] is start:
            return Blend(gate, sheet.args(change)[0], start)
    return None


def _shared(sheet: Sheet, left: Node, right: Node) -> Iterator[Blend]:
    """`(1 - z) * a + z * b`."""
    if not (sheet.is_own(left) and sheet.is_own(right)):
        return
    rest, others = factors(sheet, left), factors(sheet, right)
    for rest_gate in rest:
        gate = complement(sheet, rest_gate)
        if gate is None or all(o is not gate for o in others):
            continue
        other, other_factor = _split(sheet, rest, rest_gate)
        one, one_factor = _split(sheet, others, gate)
        if len(one) == len(other) == 1:
            yield Blend(gate, one[0], other[0], one_factor, other_factor)


def _split(sheet: Sheet, parts: list[Node], gate: Node) -> tuple[list[Node], tuple[Node, ...]]:
    """What changes and what is fixed among factors, once without the gate."""
    index = next(i for i, p in enumerate(parts) if p is gate)
    left = parts[:index] + parts[index + 1 :]
    fixed = tuple(p for p in left if sheet.is_fixed(p))
    return [p for p in left if not sheet.is_fixed(p)], fixed
