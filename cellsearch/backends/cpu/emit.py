"""A plan as C."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.backends.cpu.job import Job
from cellsearch.backends.cpu.kernels import KernelText, can_share
from cellsearch.backends.cpu.matrices import of_call, of_outer
from cellsearch.derive.schedule import Call, Phase
from cellsearch.ir import Node

Lines = Iterator[str]


class Emitter:
    """Writes the text of one program."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.program = job.program
        self.lines: list[str] = []

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
        for i, m in enumerate(self.job.matrices):
            if isinstance(m, Call):
                yield from of_call(self.job, m).pack(i, m)
        if self.job.matrices:
            yield "#pragma omp barrier"

    def _call(self, c: Call, rows: str, count: str, step: str) -> Lines:
        self.job.matrices.append(c)
        yield from of_call(self.job, c).call(len(self.job.matrices) - 1, c, rows, count, step)

    # Phases.

    def _phases(self) -> Lines:
        for i, phase in enumerate(self.job.plan.phases):
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
                self.lines += KernelText(self.job, stage.kernel, shared=shared).text(name)
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
        cleared = {self.job.place(a): a for o in self.job.outers for a in self.job.carried(o)}
        for o in self.job.outers:
            if cleared and self.job.carried(o):
                yield from self._clear(cleared)
                cleared = {}
            self.job.matrices.append(o)
            yield from of_outer(self.job, o).outer(len(self.job.matrices) - 1, o)

    def _clear(self, values: dict[int, Node]) -> Lines:
        yield "#pragma omp barrier"
        for k, a in values.items():
            width = self.job.total((a,))
            yield f"if (j->ragged) clear_ended(j, j->p[{k}], j->ld[{k}], {width}, me, of);"
        yield "#pragma omp barrier"
