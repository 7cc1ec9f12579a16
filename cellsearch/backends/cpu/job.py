"""What the text of a program reads from its job: sizes, places, packed matrices, gradients."""

from __future__ import annotations

import re

from cellsearch.derive.schedule import Call, Outer, Place, Plan
from cellsearch.ir import Node
from cellsearch.ir.widths import Size


class Job:
    """What one program's text has asked for, and what it is called there.

    Attributes:
        widths: the sizes that the text reads as `n[0]`, `n[1]`, …
        places: the places that it reads as `p[0]`, `p[1]`, …
        totals: what is summed over all rows in kernels.
        matrices: the packed ones, each with what it is for.
        own: for each kernel what it keeps for itself while it is in a row.
        outers: the gradients of matrices in the order in which they are made.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program = plan.program
        self.widths: list[Size] = []
        self.places: list[Place] = []
        self._width_of: dict[int, str] = {}
        self._place_of: dict[tuple[int, int, int], int] = {}
        self.totals = [t for ph in plan.phases for s in ph.stages for t in s.kernel.totals]
        self.matrices: list[Call | Outer] = []
        self.number = {id(n): i for i, n in enumerate(self.program.order)}
        self.own: list[list[tuple[Size, ...]]] = []
        # Those go last before which slots are cleared.
        self.outers = sorted(plan.outers, key=lambda o: bool(self.carried(o)))

    def width(self, size: Size) -> str:
        """`n[i]` for a size."""
        if id(size) not in self._width_of:
            if size not in self.widths:
                self.widths.append(size)
            self._width_of[id(size)] = f"n[{self.widths.index(size)}]"
        return self._width_of[id(size)]

    def job_width(self, size: Size) -> str:
        """The same, outside of a kernel."""
        return f"j->{self.width(size)}"

    def units(self, sizes: tuple[Size, ...]) -> str:
        """How many numbers a value of this shape has."""
        return " * ".join(map(self.width, sizes)) or "1"

    def place(self, n: Node) -> int:
        """The number of the place where a node stands."""
        place = self.plan.places[id(n)]
        key = id(place.buffer), place.column, place.view
        if key not in self._place_of:
            self._place_of[key] = len(self.places)
            self.places.append(place)
        return self._place_of[key]

    def total(self, nodes: tuple[Node, ...]) -> str:
        """How many numbers these values have together."""
        return self._of_job(" + ".join(self.units(n.type.sizes) for n in nodes) or "0")

    def at(self, n: Node, rows: str, step: str) -> str:
        """The address of a value at a row among all, or of the step where it is kept for one."""
        row = step if self.plan.places[id(n)].is_step else rows
        return f"j->p[{self.place(n)}] + ({row}) * j->ld[{self.place(n)}]"

    def distance(self, n: Node) -> str:
        """From one row of a value to the next."""
        return f"j->ld[{self.place(n)}]"

    def gradient(self, o: Outer) -> str:
        """Where it goes: a gradient for each run of leaves."""
        return f"j->gradients[{list(self.gradients()).index(o.leaves)}]"

    def adds(self, o: Outer) -> int:
        """Whether it adds to what another one made."""
        at = next(i for i, other in enumerate(self.outers) if other is o)
        return int(o.leaves in [other.leaves for other in self.outers[:at]])

    def gradients(self) -> dict[tuple[Node, ...], Outer]:
        """The runs of leaves whose gradients are made together."""
        return {o.leaves: o for o in reversed(self.plan.outers)}

    def _of_job(self, text: str) -> str:
        return re.sub(r"\bn\[", "j->n[", text)

    def carried(self, o: Outer) -> list[Node]:
        """What stands on the left in its own slots."""
        places = ((a, self.plan.places[id(a)]) for a in o.left)
        return [a for a, p in places if p.buffer.kind == "slots" and not p.view]
