"""A sum of a graph as what a recipe makes of it: linear nodes, blends, and plain sums.

A recipe's linear node has one bias, so that terms may have to be gathered: `W @ x + (U @ h + b)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.ir import Graph, Node
from cellsearch.ir.build import value

# A longer sum is none that a recipe holds: see `parsing.MOST_INPUTS`.
MOST_TERMS = 300


@dataclass(frozen=True)
class Blend:
    """`gate * new + (1 - gate) * old`; the other two as their factors."""

    gate: Node
    new: tuple[Node, ...]
    old: tuple[Node, ...]


@dataclass(frozen=True)
class Parts:
    """What a sum is the sum of: what each linear node reads, blends, and other nodes."""

    linears: tuple[tuple[Node, ...], ...]
    blends: tuple[Blend, ...]
    others: tuple[Node, ...]


class Sums:
    """The sums of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.readers = Counter(id(a) for n in graph.nodes for a in n.args)
        self.readers.update(id(n) for n in (graph.output, *(s.next for s in graph.states)))
        named = set(map(id, graph.equations.values()))
        # Equations that stand as nodes of their own, with the names that their author gave them.
        self._own: set[int] = set()
        for n in graph.nodes:
            if n.op == "add" and id(n) in named and self._gathered(n, self._own):
                self._own.add(id(n))

    def parts(self, n: Node) -> Parts | None:
        """What a sum is made of, or None where no recipe can say it."""
        return self._gathered(n, self._own) or self._gathered(n, set())

    def _gathered(self, n: Node, own: set[int]) -> Parts | None:
        terms = list(self._terms(n, own))
        if len(terms) > MOST_TERMS:
            return None
        products = [t for t in terms if self._is_product(t)]
        biases = [t for t in terms if t.op == "weight"]
        others = [t for t in terms if t not in products and t not in biases]
        blends = self._blends(others)
        if blends is None or len(biases) > len(products) or bool(biases) != bool(products):
            return None
        read = [p.args[1] for p in products]
        # All but the last linear node read one thing: only with several biases are there several.
        first = [(r,) for r in read[: len(biases) - 1]] if biases else []
        linears = (*first, tuple(read[len(first) :])) if biases else ()
        return Parts(linears, tuple(blends), tuple(others))

    def _terms(self, top: Node, own: set[int]) -> Iterator[Node]:
        """The terms of a sum and of the sums in it that nothing else reads."""
        todo = [*top.args[::-1]]
        for _ in range(2 * MOST_TERMS):
            if not todo:
                return
            n = todo.pop()
            if n.op == "add" and self.readers[id(n)] == 1 and id(n) not in own:
                todo += n.args[::-1]
            else:
                yield n
        # What is left makes it too long.
        yield from todo

    def _is_product(self, n: Node) -> bool:
        is_plain = n.op == "matmul" and n.args[0].op == "weight"
        return is_plain and self.readers[id(n)] == 1

    def _blends(self, others: list[Node]) -> list[Blend] | None:
        """Takes what makes blends out of the terms; None where a `1 - z` finds no `z`."""
        found: list[Blend] = []
        rests = [(t, rest) for t in others if (rest := _complement(self._factors(t)))]
        for term, rest in rests:
            if term not in others:
                continue
            others.remove(term)
            gate, old = rest.args[1], self._factors(term)
            other = next((t for t in others if t is not gate and gate in self._factors(t)), None)
            if other is None or term is rest:
                return None
            others.remove(other)
            new = self._factors(other)
            new.remove(gate)
            old.remove(rest)
            found.append(Blend(gate, tuple(new), tuple(old)))
        return found

    def _factors(self, top: Node) -> list[Node]:
        """The factors of a product and of the products in it that nothing else reads."""
        found: list[Node] = []
        todo = [top]
        while todo:
            n = todo.pop()
            if n.op == "mul" and (n is top or self.readers[id(n)] == 1):
                todo += n.args[::-1]
            else:
                found.append(n)
        return found


def _complement(factors: list[Node]) -> Node | None:
    """The factor that is 1 - z."""
    return next((f for f in factors if f.op == "sub" and value(f.args[0]) == 1), None)
