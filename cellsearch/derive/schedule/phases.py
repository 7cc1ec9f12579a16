"""When each value is computed: all rows at once, or in a loop over time, and at which stage.

Carries that need each other are a group. Phase 0 is all that waits for no group, for all rows at
once; the loop of group g is phase 2 g + 1, and what waits for it, and is not needed in it, is phase
2 g + 2, again for all rows at once. A group of one carry that does not read itself is a shift: its
values are known before its loop, which is empty. Within a phase, stage s makes its products, then
all else; a product that reads something of stage s is made at stage s + 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cellsearch.derive.program import Program, below
from cellsearch.derive.schedule.accumulate import base, is_product
from cellsearch.derive.schedule.scans import SHIFT, kind
from cellsearch.ir import Node

Moment = tuple[int, int]


@dataclass(frozen=True)
class Group:
    """Carries that need each other.

    Attributes:
        carries: their numbers in the program.
        kind: SHIFT, SCAN, ELEMENTWISE or LOOP, of `scans`.
    """

    carries: tuple[int, ...]
    kind: str

    @property
    def shift(self) -> bool:
        """Whether it is one carry that does not read itself."""
        return self.kind == SHIFT


def groups(program: Program, reads: Mapping[int, int]) -> list[Group]:
    """The groups of carries, each after those that it reads.

    Args:
        program: what is grouped.
        reads: what `reading` found.
    """
    direct = [reads[id(c.next)] for c in program.carries]
    reached = list(direct)
    for k in range(len(direct)):
        for i in range(len(direct)):
            if reached[i] >> k & 1:
                reached[i] |= reached[k]
    out, done = [], 0
    for i in sorted(range(len(direct)), key=lambda i: (reached[i] | 1 << i).bit_count()):
        if done >> i & 1:
            continue
        members = [i] + [
            k for k in range(len(direct)) if k != i and reached[i] >> k & 1 and reached[k] >> i & 1
        ]
        for k in members:
            done |= 1 << k
        itself = bool(reached[i] >> i & 1)
        out.append(Group(tuple(sorted(members)), _kind(program, members) if itself else SHIFT))
    return out


def _kind(program: Program, members: list[int]) -> str:
    carries = [program.carries[m] for m in members]
    given = {id(n) for n in program.given.values()}
    order = below([c.next for c in carries], given)
    return kind(order, {id(c.leaf) for c in carries}, {id(c.next) for c in carries})


def reading(program: Program) -> dict[int, int]:
    """For each node the carries that it reads, as bits."""
    given = {id(n) for n in program.given.values()}
    bits = {id(c.leaf): 1 << i for i, c in enumerate(program.carries)}
    for n in program.order:
        own = bits.get(id(n), 0)
        if id(n) not in given:
            for a in n.args:
                own |= bits[id(a)]
        bits[id(n)] = own
    return bits


class Timing:
    """The moment (phase, stage) of every node of a program.

    Args:
        program: whose nodes they are.
        known: the groups of its carries, if they are known.
    """

    def __init__(self, program: Program, known: list[Group] | None = None) -> None:
        self.program = program
        self._reads = reading(program)
        self.groups = known or groups(program, self._reads)
        self.order = program.order
        self._leaves = program.leaves
        self.moment: dict[int, Moment] = {}
        self.needed = self._needed()
        for n in self.order:
            self.moment[id(n)] = self._earliest(n)

    @property
    def phases(self) -> int:
        """How many phases there are, the empty ones too."""
        return 2 * len(self.groups) + 1

    def is_leaf(self, n: Node) -> bool:
        """Whether it is not computed here."""
        return id(n) in self._leaves

    def _needed(self) -> dict[int, int]:
        """The loop phase of the nodes that a group's loop cannot do without."""
        of_carry = {c: g for g, group in enumerate(self.groups) for c in group.carries}
        self._after = {
            id(c.leaf): self._leaf_moment(of_carry[i]) for i, c in enumerate(self.program.carries)
        }
        out: dict[int, int] = {}
        for g, group in enumerate(self.groups):
            if group.shift:
                continue
            own = sum(1 << c for c in group.carries)
            stack = [self.program.carries[c].next for c in group.carries]
            while stack:
                n = stack.pop()
                if id(n) in out or not self._reads[id(n)] & own or self.is_leaf(n):
                    continue
                out[id(n)] = 2 * g + 1
                stack += n.args
            for c in group.carries:
                # What a carry becomes is stored in its loop, even if it waits for nothing there.
                n = self.program.carries[c].next
                if n.op == "copy":
                    out[id(n)] = 2 * g + 1
        return out

    def _leaf_moment(self, g: int) -> Moment:
        return (2 * g + (2 if self.groups[g].shift else 1), -1)

    def _earliest(self, n: Node) -> Moment:
        if id(n) in self._after:
            return self._after[id(n)]
        if self.is_leaf(n):
            return (0, -1)
        last = max([self.moment[id(a)] for a in n.args], default=(0, -1))
        product = n.op == "accumulate" or is_product(n)
        phase = max(last[0], self.needed.get(id(n), 0))
        if product and id(n) not in self.needed and phase % 2:
            phase += 1
        if product:
            return (phase, 1 + max(self._under(n, phase), default=-1))
        return (phase, max(0, last[1]) if last[0] == phase else 0)

    def _under(self, n: Node, phase: int) -> Iterable[int]:
        """The stages that a product waits for: those of its operands, not that of its base."""
        operands = n.args[1::2] if n.op == "matmul" or not n.attrs[0] else n.args[2::2]
        for a in operands:
            if self.moment[id(a)][0] == phase:
                yield self.moment[id(a)][1]
        below = base(n) if n.op == "accumulate" else None
        if below is not None and self.moment[id(below)][0] == phase:
            yield self.moment[id(below)][1] - 1

    def sink(self) -> None:
        """Move what can wait, and is no product, to where it is read."""
        limits: dict[int, list[Moment]] = {}
        fixed_ends = {id(c.next) for c in self.program.carries}
        for n in reversed(self.order):
            if self.is_leaf(n):
                continue
            own = self.moment[id(n)]
            is_kernel = n.op != "accumulate" and not is_product(n)
            wanted = limits.get(id(n))
            if is_kernel and wanted and id(n) not in fixed_ends:
                last = min(wanted)
                if last[1] >= 0 and last > own and (own[0] == last[0] or own[0] == 0):
                    own = self.moment[id(n)] = last
            reads_at = own if is_kernel else (own[0], own[1] - 1)
            for a in n.args:
                limits.setdefault(id(a), []).append(reads_at)
