"""A plan as C."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cellsearch.backends.cpu.kernels import KernelText, can_share
from cellsearch.derive.schedule import Call, Outer, Phase, Place, Plan
from cellsearch.derive.schedule.accumulate import leaf_of
from cellsearch.ir import Node
from cellsearch.ir.widths import Size

Lines = Iterator[str]


class Emitter:
    """The text of one program.

    Attributes:
        widths: the sizes that the text reads as `n[0]`, `n[1]`, …
        places: the places that it reads as `p[0]`, `p[1]`, …
        sums: for each total the leaf, and its number among the places, after all of `places`.
        matrices: the packed ones, each with what it is for.
        own: for each kernel what it keeps for itself while it is in a row.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program = plan.program
        self.widths: list[Size] = []
        self.places: list[Place] = []
        self.totals = [t for ph in plan.phases for s in ph.stages for t in s.kernel.totals]
        self.matrices: list[Call | Outer] = []
        self.number = {id(n): i for i, n in enumerate(self.program.order())}
        self.lines: list[str] = []
        self.own: list[list[tuple[Size, ...]]] = []

    # Names of what the job brings.

    def width(self, size: Size) -> str:
        """`n[i]` for a size."""
        if size not in self.widths:
            self.widths.append(size)
        return f"n[{self.widths.index(size)}]"

    def units(self, sizes: tuple[Size, ...]) -> str:
        """How many numbers a value of this shape has."""
        return " * ".join(map(self.width, sizes)) or "1"

    def place(self, n: Node) -> int:
        """The number of the place where a node stands."""
        place = self.plan.places[id(n)]
        if place not in self.places:
            self.places.append(place)
        return self.places.index(place)

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
            "    (void)room;",
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
                yield from self._pack(i, m)
        if self.matrices:
            yield "#pragma omp barrier"

    def _sum_of(self, nodes: tuple[Node, ...]) -> str:
        return " + ".join(self.units(n.type.sizes) for n in nodes)

    def _pack(self, i: int, c: Call) -> Lines:
        n = self._names()
        K, N = self._sum_of(c.operands), self._sum_of(c.results)
        for b in c.blocks:
            leaf, flipped = leaf_of(b.matrix), _is_transposed(b.matrix)
            heads = c.heads
            rows, columns = leaf.type.sizes
            # Stored [rows, columns]; its product with a vector sums over columns.
            r, k = self.width(rows), self.width(columns)
            p = self.place(leaf)
            if heads > 1:
                r, k = f"{r} / {heads}", f"{k} / {heads}"
            kk, nn, ks, ns = (r, k, k, "1") if flipped else (k, r, "1", k)
            k0 = self._sum_of(c.operands[: b.operand]) or "0"
            n0 = self._sum_of(c.results[: b.result]) or "0"
            sign = "R(1)" if b.sign > 0 else "R(-1)"
            if heads > 1:
                yield f"for (long g = 0; g < {heads}; g++)"
                yield (
                    f"    j->pack(j->packed[{i}] + g * j->packed_heads[{i}], {n(kk)}, {n(nn)}, "
                    f"0, 0, {n(kk)}, {n(nn)}, j->p[{p}] + g * {n(f'({r}) * ({k})')}, {n(ks)}, "
                    f"{n(ns)}, {sign}, me, of);"
                )
            else:
                yield (
                    f"j->pack(j->packed[{i}], {n(K)}, {n(N)}, {n(k0)}, {n(n0)}, {n(kk)}, {n(nn)}, "
                    f"j->p[{p}], {n(ks)}, {n(ns)}, {sign}, me, of);"
                )

    def _names(self) -> Callable[[str], str]:
        return lambda text: re.sub(r"\bn\[", "j->n[", text)

    def _call(self, c: Call, rows: str, count: str, step: str) -> Lines:
        """`rows`: the first row among all; `step`: the first row within the step."""
        n = self._names()
        i = len(self.matrices)
        self.matrices.append(c)
        a, r = self.place(c.operands[0]), self.place(c.results[0])
        K, N = self._sum_of(c.operands), self._sum_of(c.results)
        at_a, at_r = (self._row(x, rows, step) for x in (c.operands[0], c.results[0]))
        adds = int(c.adds)
        heads = c.heads
        if heads == 1:
            yield (
                f"j->product({count}, {n(N)}, {n(K)}, j->p[{a}] + {at_a}, j->ld[{a}], 1, "
                f"j->packed[{i}], j->p[{r}] + {at_r}, j->ld[{r}], {adds}, room);"
            )
            return
        yield f"for (long g = 0; g < {heads}; g++)"
        k, w = f"({n(K)}) / {heads}", f"({n(N)}) / {heads}"
        yield (
            f"    j->product({count}, {w}, {k}, j->p[{a}] + {at_a} + g * ({k}), j->ld[{a}], 1, "
            f"j->packed[{i}] + g * j->packed_heads[{i}], j->p[{r}] + {at_r} + g * ({w}), "
            f"j->ld[{r}], {adds}, room);"
        )

    def _row(self, x: Node, rows: str, step: str) -> str:
        place = self.plan.places[id(x)]
        return f"({step if place.is_step else rows}) * j->ld[{self.place(x)}]"

    # Phases.

    def _phases(self) -> Lines:
        for i, phase in enumerate(self.plan.phases):
            yield f"phase_{i}(j, me, of, room);"
            yield "#pragma omp barrier"
            emit = self._loop if phase.is_loop else self._rows
            text = [
                f"static void phase_{i}(const Job *j, long me, long of, real *room)",
                "{",
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
        yield "    long b0 = j->B * me / of, b1 = j->B * (me + 1) / of;"
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
        yield "    long N = j->T * j->B, end = N * (me + 1) / of, count;"
        yield "    for (long r = N * me / of; (r = span(j, r, end, &count)) < end; r += count) {"
        for stage, name in zip(phase.stages, kernels, strict=True):
            for c in stage.calls:
                yield from (f"        {line}" for line in self._call(c, "r", "count", "0"))
            if name:
                yield f"        {name}(j, me, r, 0, count, room + ROOM);"
        yield "    }"

    def _outers(self) -> Lines:
        n = self._names()
        carried = {
            self.place(a): a
            for o in self.plan.outers
            for a in o.left
            if self.plan.places[id(a)].buffer.kind == "slots"
        }
        for k, a in carried.items():
            width = n(self.units(a.type.sizes))
            yield f"if (j->ragged) clear_ended(j, j->p[{k}], j->ld[{k}], {width}, me, of);"
        if carried:
            yield "#pragma omp barrier"
        for o in self.plan.outers:
            i = len(self.matrices)
            self.matrices.append(o)
            left, right = self.place(o.left[0]), self.place(o.right)
            M, N = self._sum_of(o.left), self._sum_of((o.right,))
            heads = int(o.form[1]) if o.form else 0
            if heads:
                yield from self._outer_heads(i, left, right, n(M), n(N), heads)
                continue
            yield (
                f"j->pack(j->packed[{i}], j->T * j->B, {n(N)}, 0, 0, j->T * j->B, {n(N)}, "
                f"j->p[{right}], j->ld[{right}], 1, R(1), me, of);"
            )
            yield "#pragma omp barrier"
            yield "{"
            yield f"    long M = {n(M)}, first = M * me / of, rows = M * (me + 1) / of - first;"
            to = f"j->gradients[{self._gradient(o)}] + first * ({n(N)}), {n(N)}"
            yield (
                f"    j->product(rows, {n(N)}, j->T * j->B, j->p[{left}] + first, 1, "
                f"j->ld[{left}], j->packed[{i}], {to}, {int(self._adds(o))}, room);"
            )
            yield "}"
            yield "#pragma omp barrier"

    def _outer_heads(self, i: int, a: int, b: int, M: str, N: str, heads: int) -> Lines:
        o = self.plan.outers[len([m for m in self.matrices[:i] if isinstance(m, Outer)])]
        m, w = f"(({M}) / {heads})", f"(({N}) / {heads})"
        yield f"for (long g = 0; g < {heads}; g++) {{"
        yield (
            f"    j->pack(j->packed[{i}], j->T * j->B, {w}, 0, 0, j->T * j->B, {w}, "
            f"j->p[{b}] + g * {w}, j->ld[{b}], 1, R(1), me, of);"
        )
        yield "#pragma omp barrier"
        yield f"    long first = {m} * me / of, rows = {m} * (me + 1) / of - first;"
        yield (
            f"    j->product(rows, {w}, j->T * j->B, j->p[{a}] + g * {m} + first, 1, j->ld[{a}], "
            f"j->packed[{i}], j->gradients[{self._gradient(o)}] + (g * {m} + first) * {w}, {w}, "
            f"{int(self._adds(o))}, room);"
        )
        yield "#pragma omp barrier"
        yield "}"

    def _gradient(self, o: Outer) -> int:
        """The number of the gradient that it adds to: one for each run of leaves."""
        return list(self.gradients()).index(o.leaves)

    def gradients(self) -> dict[tuple[Node, ...], int]:
        """The runs of leaves whose gradients are made together, and how many heads they have."""
        return {o.leaves: int(o.form[1]) if o.form else 1 for o in self.plan.outers}

    def _adds(self, o: Outer) -> bool:
        at = next(i for i, other in enumerate(self.plan.outers) if other is o)
        return o.leaves in [other.leaves for other in self.plan.outers[:at]]


def _is_transposed(m: Node) -> bool:
    return m.op == "transpose"
