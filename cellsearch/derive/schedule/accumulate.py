"""Products that are terms of one sum are added up where they are made.

`W @ x + U @ h + b` becomes `accumulate(accumulate(W @ x), U @ h) + b`: an `accumulate` holds the
products of one moment, on top of those of an earlier one, in the same place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cellsearch.derive.program import Carry, Program, Total, is_leaf
from cellsearch.ir import Node
from cellsearch.ir.build import Builder

_SUMS = frozenset({"add", "sub", "neg"})

# Attributes of an `accumulate`: "base" or "", then a sign for each product; its arguments are the
# base, if there is one, then matrix and operand of each product.


@dataclass(frozen=True)
class Product:
    """`sign * matrix @ operand`."""

    matrix: Node
    operand: Node
    sign: int


def products(n: Node) -> list[Product]:
    """The products of an `accumulate`."""
    pairs = n.args[1:] if n.attrs[0] else n.args
    return [
        Product(pairs[2 * i], pairs[2 * i + 1], int(sign)) for i, sign in enumerate(n.attrs[1:])
    ]


def base(n: Node) -> Node | None:
    """What an `accumulate` is added on top of."""
    return n.args[0] if n.attrs[0] else None


def is_product(n: Node) -> bool:
    """Whether it is a matrix of weights times a vector that differs from row to row."""
    if n.op != "matmul" or n.args[1].type.kind != "vector":
        return False
    return leaf_of(n.args[0]).op == "fixed"


def leaf_of(matrix: Node) -> Node:
    """The stored matrix below a transpose, blocks or filters."""
    while matrix.op in ("transpose", "block", "conv"):
        matrix = matrix.args[0]
    return matrix


def accumulated(program: Program, moment: Callable[[Node], tuple[int, int]]) -> Program:
    """The program with its products accumulated.

    What a carry leaves, and the rows that are wanted, are nodes of their own, each once: a leaf
    among them is copied.

    Args:
        program: what is computed.
        moment: when a product can be made.
    """
    return _Rewriting(program, moment).run()


class _Rewriting:
    def __init__(self, program: Program, moment: Callable[[Node], tuple[int, int]]) -> None:
        self.program, self.moment = program, moment
        self.b = Builder()
        self.order = program.order
        given = {id(n) for n in program.given.values()}
        self.leaves = program.leaves
        self.roots = {id(n) for n in program.roots()}
        self.readers: dict[int, list[Node]] = {}
        for n in self.order:
            for a in () if id(n) in given else n.args:
                self.readers.setdefault(id(a), []).append(n)
        self.new: dict[int, Node] = {}

    def run(self) -> Program:
        for n in self.order:
            self.new[id(n)] = self._node(n)
        p, seen = self.program, set[int]()
        carries = tuple(
            Carry(c.name, c.leaf, self._own(self.new[id(c.next)], seen, c)) for c in p.carries
        )
        rows = {name: self._row(name, self.new[id(n)]) for name, n in p.rows.items()}
        totals = tuple(Total(t.leaf, self._summed(self.new[id(t.node)])) for t in p.totals)
        names = {id(self.new[i]): name for i, name in p.names.items() if i in self.new}
        return replace(p, carries=carries, rows=rows, totals=totals, names=names)

    def _is_leaf(self, n: Node) -> bool:
        return id(n) in self.leaves or is_leaf(n)

    def _own(self, n: Node, seen: set[int], c: Carry) -> Node:
        if self._is_leaf(n) or id(n) in seen or n.type != c.leaf.type:
            return Node("copy", (n,), (c.name,), c.leaf.type)
        seen.add(id(n))
        return n

    def _row(self, name: str, n: Node) -> Node:
        kept = name.startswith("kept")
        return n if kept or not self._is_leaf(n) else Node("copy", (n,), (name,), n.type)

    def _summed(self, n: Node) -> Node:
        plain = self._is_leaf(n) or n.op == "accumulate"
        return Node("copy", (n,), (), n.type) if plain else n

    def _node(self, n: Node) -> Node:
        if id(n) in self.leaves:
            return n
        if not self._absorbed(n) and (n.op in _SUMS or is_product(n)):
            terms = list(self._terms(n, 1))
            if any(self._is_own(n, t) for _, t in terms):
                return self._sum(n, terms)
        args = tuple(self.new[id(a)] for a in n.args)
        same = all(a is b for a, b in zip(args, n.args, strict=True))
        return n if same else Node(n.op, args, n.attrs, n.type)

    def _is_own(self, n: Node, t: Node) -> bool:
        """Whether a term of the sum `n` is a product that nothing else reads, or `n` itself."""
        return is_product(t) and (t is n or self._absorbed(t))

    def _absorbed(self, n: Node) -> bool:
        """Whether it is a term of one sum and nothing else."""
        if not (n.op in _SUMS or is_product(n)) or id(n) in self.roots or id(n) in self.leaves:
            return False
        readers = self.readers.get(id(n), [])
        return len(readers) == 1 and readers[0].op in _SUMS and readers[0].type == n.type

    def _terms(self, n: Node, sign: int) -> list[tuple[int, Node]]:
        if n.op not in _SUMS:
            return [(sign, n)]
        out: list[tuple[int, Node]] = []
        for i, a in enumerate(n.args):
            s = -sign if n.op == "neg" or (n.op == "sub" and i == 1) else sign
            out += self._terms(a, s) if self._absorbed(a) else [(s, a)]
        return out

    def _sum(self, n: Node, terms: list[tuple[int, Node]]) -> Node:
        by_moment: dict[tuple[int, int], list[Product]] = {}
        for sign, t in terms:
            if self._is_own(n, t):
                p = Product(t.args[0], self.new[id(t.args[1])], sign)
                by_moment.setdefault(self.moment(t), []).append(p)
        total: Node | None = None
        for _, parts in sorted(by_moment.items(), key=lambda item: item[0]):
            total = _accumulate(total, parts, n)
        assert total is not None
        for sign, t in terms:
            if not self._is_own(n, t):
                op = "add" if sign > 0 else "sub"
                total = self.b.unitwise(op, total, self.new[id(t)])
        return total


def _accumulate(under: Node | None, parts: list[Product], like: Node) -> Node:
    args = [under] if under is not None else []
    for p in parts:
        args += [p.matrix, p.operand]
    attrs = ("base" if under is not None else "", *(p.sign for p in parts))
    return Node("accumulate", tuple(args), attrs, like.type)
