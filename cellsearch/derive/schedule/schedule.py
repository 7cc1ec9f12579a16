"""The plan of a program: what is computed when, in which products, and where it is kept.

Products that share an operand, or add to one sum, are one product of packed matrices, since what
they read and write stands side by side. All else is fused into kernels, which go row by row.
"""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.derive.program import Program
from cellsearch.derive.schedule.accumulate import accumulated
from cellsearch.derive.schedule.calls import Calls
from cellsearch.derive.schedule.phases import Moment, Timing
from cellsearch.derive.schedule.places import Places
from cellsearch.derive.schedule.plan import Kernel, Phase, Plan, Stage
from cellsearch.derive.schedule.work import Work


def schedule(program: Program) -> Plan:
    """Plan a program."""
    first = Timing(program)
    rewritten = accumulated(program, lambda n: first.moment[id(n)])
    timing = Timing(rewritten, first.groups)
    timing.sink()
    work = Work(rewritten, timing)
    places = Places(work)
    calls = Calls(work, places)
    phases = tuple(_phases(work, places, calls))
    return Plan(rewritten, phases, tuple(calls.outers()), places.of, tuple(places.buffers))


def _phases(work: Work, places: Places, calls: Calls) -> Iterator[Phase]:
    last: dict[int, int] = {}
    for n in work.computed:
        phase, stage = work.moment[id(n)]
        last[phase] = max(last.get(phase, -1), stage)
    for p in sorted(last):
        group = work.timing.groups[p // 2] if p % 2 else None
        carries = work.program.carries
        names = tuple(carries[c].name for c in group.carries) if group else ()
        kind = group.kind if group else ""
        yield Phase(
            names, kind, tuple(_stage(work, places, calls, (p, s)) for s in range(last[p] + 1))
        )


def _stage(work: Work, places: Places, calls: Calls, moment: Moment) -> Stage:
    nodes = work.kernels.get(moment, [])
    inside = {id(n) for n in nodes}
    totals = tuple(t for t in work.totals if id(t.node) in inside)
    stores = tuple(n for n in nodes if id(n) in places.of)
    sums = work.sums.get(moment, [])
    return Stage(tuple(calls.at(sums)), Kernel(tuple(nodes), stores, totals))
