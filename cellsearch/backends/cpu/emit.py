"""A plan as C."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cellsearch.backends.cpu.kernels import KernelText, can_share
from cellsearch.backends.cpu.matrices import of_call, of_outer
from cellsearch.derive.schedule import Call, Outer, Phase, Place, Plan
from cellsearch.ir import Node
from cellsearch.ir.widths import Size

Lines = Iterator[str]


class Emitter:
    """The text of one program.

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
        self.lines: list[str] = []
        self.own: list[list[tuple[Size, ...]]] = []
        # Those go last before which slots are cleared.
        self.outers = sorted(plan.outers, key=lambda o: bool(self._carried(o)))

    # Names of what the job brings.

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

    def text(self) -> str:
        """The whole file; its one function is `run`."""
        body = list(self._phases())
        outers = list(self._outers())
        functions = self.lines
        head = ['#include "products.h"', ""]
        names = ["", "void run(const Job *j)", "{"]
        main = [
            "#pragma omp parallel num_threads(j->threads) if (j->threads > 1)",
            "{",
            "    long me = omp_get_thread_num(), of = omp_get_num_threads();",
            "    real *room = j->scratch + me * j->scratch_size;",
            "    real *wide = room + j->scratch_size - j->wide_size;",
            "    (void)wide;",
            *(f"    {line}" for line in (*self._packs(), *body, *outers)),
            "}",
        ]
        omp = [
            "#ifdef _OPENMP",
            "#include <omp.h>",
            "#else",
            "static long omp_get_thread_num(void) { return 0; }",
            "static long omp_get_num_threads(void) { return 1; }",
            "#endif",
            "",
        ]
        return "\n".join([*head, *omp, *functions, *names, *main, "}", ""])

    # Products.

    def _packs(self) -> Lines:
        for i, m in enumerate(self.matrices):
            if isinstance(m, Call):
                yield from of_call(self, m).pack(i, m)
        if self.matrices:
            yield "#pragma omp barrier"

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

    def _call(self, c: Call, rows: str, count: str, step: str) -> Lines:
        self.matrices.append(c)
        yield from of_call(self, c).call(len(self.matrices) - 1, c, rows, count, step)

    # Phases.

    def _phases(self) -> Lines:
        for i, phase in enumerate(self.plan.phases):
            yield f"phase_{i}(j, me, of, room);"
            yield "#pragma omp barrier"
            emit = self._loop if phase.is_loop else self._rows
            text = [
                f"static void phase_{i}(const Job *j, long me, long of, real *room)",
                "{",
                "    real *wide = room + j->scratch_size - j->wide_size;",
                "    (void)wide;",
                *emit(i, phase),
                "}",
                "",
            ]
            self.lines += text

    def _kernels(self, i: int, phase: Phase, *, shared: bool = False) -> list[str]:
        names = []
        for s, stage in enumerate(phase.stages):
            name = f"kernel_{i}_{s}" if stage.kernel.nodes else ""
            if name:
                self.lines += KernelText(self, stage.kernel, shared=shared).text(name)
            names.append(name)
        return names

    def _loop(self, i: int, phase: Phase) -> Lines:
        """Each thread takes its own sequences through all steps: none waits for another.

        Where there are fewer sequences than threads, and each unit waits for itself alone, it takes
        its own units.
        """
        shared = all(not s.calls and can_share(s.kernel) for s in phase.stages)
        kernels = self._kernels(i, phase, shared=shared)
        rest = ""
        yield "    long b0 = begin_of(j, j->B, me, of), b1 = begin_of(j, j->B, me + 1, of);"
        if shared:
            yield "    long part = 0, parts = 1;"
            yield "    if (j->B < of) { b0 = 0; b1 = j->B; part = me; parts = of; }"
            rest = ", part, parts"
        if self.program.backwards:
            yield "    for (long t = j->T - 1; t >= 0; t--) {"
        else:
            yield "    for (long t = 0; t < j->T; t++) {"
        yield "        long count = (j->counts[t] < b1 ? j->counts[t] : b1) - b0;"
        skip = "continue" if self.program.backwards else "break"
        yield f"        if (count <= 0) {skip};"
        yield "        long r = t * j->B + b0;"
        for stage, name in zip(phase.stages, kernels, strict=True):
            for c in stage.calls:
                yield from (f"        {line}" for line in self._call(c, "r", "count", "b0"))
            if name:
                yield f"        {name}(j, me, r, b0, count, room + ROOM{rest});"
        yield "    }"

    def _rows(self, i: int, phase: Phase) -> Lines:
        """Each thread takes its share of all rows, in spans that stay in its cache."""
        kernels = self._kernels(i, phase)
        yield "    long N = j->T * j->B, end = begin_of(j, N, me + 1, of), count;"
        yield "    long r = begin_of(j, N, me, of);"
        yield "    for (; (r = span(j, r, end, &count)) < end; r += count) {"
        for stage, name in zip(phase.stages, kernels, strict=True):
            for c in stage.calls:
                yield from (f"        {line}" for line in self._call(c, "r", "count", "0"))
            if name:
                yield f"        {name}(j, me, r, 0, count, room + ROOM);"
        yield "    }"

    def _outers(self) -> Lines:
        """Gradients of matrices.

        Where a sequence ends, what it was given stands in the slots of its carries, one step on.
        That is part of what is read a step later, and no part of what is read in its own slot.
        """
        cleared = {self.place(a): a for o in self.outers for a in self._carried(o)}
        for o in self.outers:
            if cleared and self._carried(o):
                yield from self._clear(cleared)
                cleared = {}
            self.matrices.append(o)
            yield from of_outer(self, o).outer(len(self.matrices) - 1, o)

    def _clear(self, values: dict[int, Node]) -> Lines:
        yield "#pragma omp barrier"
        for k, a in values.items():
            width = self.total((a,))
            yield f"if (j->ragged) clear_ended(j, j->p[{k}], j->ld[{k}], {width}, me, of);"
        yield "#pragma omp barrier"

    def _carried(self, o: Outer) -> list[Node]:
        """What stands on the left in its own slots."""
        places = ((a, self.plan.places[id(a)]) for a in o.left)
        return [a for a, p in places if p.buffer.kind == "slots" and not p.view]
