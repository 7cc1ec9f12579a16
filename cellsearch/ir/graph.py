"""A cell as what it computes: a graph of typed nodes, shared where equal. Nothing of the text.

Everything that is derived (cost, gradient, schedule, code) is derived from this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cellsearch.errors import LanguageError
from cellsearch.ir.expressions import Expression
from cellsearch.ir.types import Type
from cellsearch.ir.widths import Size

Attribute = str | int | float

# Leaves: input, state, weight (by name), number (value), const (by name: it depends on H or X),
# identity, zeros.
# Unit by unit: add sub mul div neg, and every function of ops.OPS.
# Matrices: matmul, transpose, diag, outer, block (heads), conv (side), scale_rows (vector, matrix),
# scale_columns (matrix, vector): products with a diagonal matrix.
# Over the units: sum, mean, layernorm, rmsnorm.
# Noise: dropout (p, site, "step" | "sequence"), zoneout (p, site).
# Shape: expand (a scalar to a vector or matrix), squeeze (a vector of one unit to a scalar).
# Recording: tap (name) is its argument, written down; no cell has one (backends/taps.py).


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operation. Equal nodes of a graph are one object.

    Attributes:
        op: see above.
        args: what it reads.
        attrs: what else it depends on.
        type: of its value.
    """

    op: str
    args: tuple[Node, ...]
    attrs: tuple[Attribute, ...]
    type: Type

    def __repr__(self) -> str:
        inner = ", ".join([*map(str, self.attrs), *(a.op for a in self.args)])
        return f"<{self.op}({inner}): {self.type}>"


class Form(NamedTuple):
    """How a matrix is stored where it is no plain [rows, columns].

    `heads` diagonal blocks are stored as [heads, rows / heads, columns / heads]; filters of side
    `side` as [rows, columns, side, side].
    """

    heads: int = 0
    side: int = 0

    def shape(self, name: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """The shape in which a weight is stored, given its rows and columns."""
        if self.heads:
            if any(n % self.heads for n in sizes):
                message = (
                    f"'{name}' is {sizes[0]} x {sizes[1]}, which {self.heads} heads cannot share"
                )
                raise LanguageError(message)
            return (self.heads, *(n // self.heads for n in sizes))
        return (*sizes, self.side, self.side) if self.side else sizes


WHOLE = Form()


@dataclass(frozen=True)
class Weight:
    """What is trained: shape, form, and the expression of its start (None: the default law)."""

    name: str
    type: Type
    start: Expression | None
    form: Form = WHOLE

    def shape(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Its shape where H and X are given."""
        return self.form.shape(self.name, tuple(s.at(sizes) for s in self.type.sizes))


@dataclass(frozen=True)
class StateValue:
    """What is carried from step to step, and the node of its new value.

    `start` is an expression over numbers, consts and weights, or None for 0. A delay's memory is a
    state whose name says what it remembers, and starts at 0.
    """

    name: str
    type: Type
    start: Expression | None
    next: Node


@dataclass(frozen=True)
class Graph:
    """What a cell computes in one step.

    Attributes:
        inputs: each with its type; the first has width X, a further one `v` the width `X.v`.
        states: the header's that are carried, then what delays remember.
        weights: in the order in which the equations name them.
        output: the node of the output.
        equations: the node of each live equation, by name, in an order of computation.
        consts: those that the nodes or starts need, over H and X.
        needs: pairs of sizes that must be equal.
    """

    name: str
    inputs: dict[str, Type]
    states: tuple[StateValue, ...]
    weights: dict[str, Weight]
    output: Node
    equations: dict[str, Node]
    consts: dict[str, Expression]
    needs: tuple[tuple[Size, Size], ...]
    _order: tuple[Node, ...] = field(default=(), repr=False)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All live nodes, each after those that it reads."""
        return self._order

    @property
    def unread_inputs(self) -> list[str]:
        """The inputs that neither the output nor a state needs."""
        read = {n.attrs[0] for n in self.nodes if n.op == "input"}
        return [x for x in self.inputs if x not in read]

    def sizes(self, widths: Mapping[str, int], hidden: int) -> dict[str, int]:
        """H, X and the widths of further inputs, checked against what the cell needs.

        Args:
            widths: the width of each input, by its name.
            hidden: H.

        Raises:
            LanguageError: an input's width is missing or unknown; a `needs` does not hold.
        """
        if set(widths) != set(self.inputs):
            got, want = ", ".join(widths) or "none", ", ".join(self.inputs)
            raise LanguageError(f"'{self.name}' has the inputs {want}; got widths for {got}")
        first = next(iter(self.inputs))
        sizes = {"H": hidden, "X": widths[first]}
        sizes |= {f"X.{n}": w for n, w in widths.items() if n != first}
        for a, b in self.needs:
            if a.at(sizes) != b.at(sizes):
                message = f"'{self.name}' needs {a} = {b}, got {a.at(sizes)} and {b.at(sizes)}"
                raise LanguageError(message)
        return sizes

    def input_widths(self, width: int, hidden: int) -> dict[str, int]:
        """Widths for its inputs: the first is so wide, and others too unless `needs` says more.

        Args:
            width: X.
            hidden: H.
        """
        first, *others = self.inputs
        known = {"H": hidden, "X": width} | {f"X.{n}": width for n in others}
        return {first: width, **{n: self.inputs[n].sizes[0].at(known) for n in others}}

    def output_width(self, widths: Mapping[str, int], hidden: int) -> int:
        """The width of the output, 1 for a scalar."""
        sizes = self.sizes(widths, hidden)
        if len(self.output.type.sizes) == 2:
            raise LanguageError(f"the output of '{self.name}' is a matrix, which has no width")
        return self.output.type.sizes[0].at(sizes) if self.output.type.sizes else 1


def topological(roots: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes below the roots, each after those that it reads."""
    order: dict[int, Node] = {}
    for root in roots:
        stack = [root]
        while stack:
            for a in stack[-1].args:
                if id(a) not in order:
                    stack.append(a)
                    break
            else:
                node = stack.pop()
                order[id(node)] = node
    return tuple(order.values())
