"""What a plan is made of: places for values, products, kernels, phases."""

from __future__ import annotations

from dataclasses import dataclass, field

from cellsearch.derive.program import Program, Total
from cellsearch.ir import Node
from cellsearch.ir.widths import Size

Shape = tuple[Size, ...]


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
    def form(self) -> tuple[object, ...]:
        """`block` and the heads; `conv`, the side, and whether it is turned about; or nothing."""
        m = self.blocks[0].matrix
        flipped = m.op == "transpose"
        of = m.args[0] if flipped else m
        return (of.op, *of.attrs, flipped) if of.op in ("block", "conv") else ()


@dataclass(frozen=True)
class Outer:
    """Gradients of matrices: outer products summed over all rows, as one product.

    Attributes:
        leaves: the matrices.
        left: for each of them what stands on the left; they stand side by side.
        right: what stands on the right, of all.
        form: `block` and the heads, or `conv` and the side, or nothing.
    """

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
        kind: SCAN, ELEMENTWISE or LOOP, of `scans`, where something is carried.
    """

    carries: tuple[str, ...]
    kind: str
    stages: tuple[Stage, ...]

    @property
    def is_loop(self) -> bool:
        """Whether it runs step by step."""
        return bool(self.carries)


@dataclass(frozen=True)
class Plan:
    """What is computed when, in which products, and where it is kept.

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
