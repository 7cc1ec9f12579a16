"""What each variant costs, counted and measured, as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from cellsearch.report.statistics import Interval
from cellsearch.report.verdicts.rows import counted

if TYPE_CHECKING:
    from cellsearch.record import BenchLine, Timed
    from cellsearch.report.verdicts.findings import Findings


class Cost(NamedTuple):
    """A cost; `quartiles` where it varies from one measurement to the next."""

    value: float
    quartiles: Interval | None = None


class Kind(NamedTuple):
    """A kind of cost: its short name, what an axis says, and that of each variant that has one."""

    name: str
    axis: str
    of: Mapping[str, Cost]


def kinds(findings: Findings) -> list[Kind]:
    """Counted costs, then the measured ones that at least one variant has."""
    of = findings.journal.study.spec.match.of
    noun = "cells" if of == "cell" else "whole model"
    pairs = {n: counted(v.variant, of) for n, v in findings.verdicts.items()}
    benches = measured(findings)
    found = [
        Kind(
            "parameters", f"parameters of the {noun}", {n: Cost(p) for n, (p, _) in pairs.items()}
        ),
        Kind(
            "flops",
            f"FLOPs of the {noun}, forward, per token",
            {n: Cost(f) for n, (_, f) in pairs.items()},
        ),
        Kind("time", "measured µs per token, training", {n: _training(b) for n, b in benches}),
        Kind(
            "generation",
            "measured µs per token, generation",
            {n: _generation(b.generation) for n, b in benches if b.generation},
        ),
        Kind(
            "memory",
            "peak memory of training, bytes",
            {n: Cost(b.memory.peak_bytes) for n, b in benches if b.memory},
        ),
    ]
    return [kind for kind in found if kind.of]


def measured(findings: Findings) -> list[tuple[str, BenchLine]]:
    """The variants that were measured, in the order of the plan."""
    by_name = {bench.variant: bench for bench in findings.journal.benches}
    return [(name, by_name[name]) for name in findings.verdicts if name in by_name]


def frame(findings: Findings) -> pd.DataFrame:
    """A row per variant: every cost per token, null where it was not measured."""
    benches = dict(measured(findings))
    rows = []
    for name, verdict in findings.verdicts.items():
        v = verdict.variant
        rows.append(
            {
                "variant": name,
                "hidden": v.hidden,
                **{f"cells_{what}": value for what, value in v.cell_cost.model_dump().items()},
                "model_parameters": v.model_parameters,
                "model_flops_forward": v.model_flops_forward,
                **dict(_numbers(benches.get(name))),
            }
        )
    return pd.DataFrame(rows)


def _training(bench: BenchLine) -> Cost:
    return Cost(bench.us_per_token_training, Interval(bench.us_low, bench.us_high))


def _generation(timed: Timed) -> Cost:
    return Cost(timed.us_per_token, Interval(timed.us_low, timed.us_high))


def _numbers(bench: BenchLine | None) -> Iterator[tuple[str, float | None]]:
    written = bench.generation if bench else None
    memory = bench.memory if bench else None
    yield "us_per_token_training", bench.us_per_token_training if bench else None
    yield "us_per_token_training_low", bench.us_low if bench else None
    yield "us_per_token_training_high", bench.us_high if bench else None
    yield "time_ratio_to_base", bench.ratio_to_base if bench else None
    yield "time_ratio_low", bench.ratio_low if bench else None
    yield "time_ratio_high", bench.ratio_high if bench else None
    yield "us_per_token_forward", bench.us_per_token_forward if bench else None
    yield "us_per_token_generation", written.us_per_token if written else None
    yield "us_per_token_generation_low", written.us_low if written else None
    yield "us_per_token_generation_high", written.us_high if written else None
    yield "generation_ratio_to_base", written.ratio_to_base if written else None
    yield "generation_ratio_low", written.ratio_low if written else None
    yield "generation_ratio_high", written.ratio_high if written else None
    yield "peak_bytes_training", memory.peak_bytes if memory else None
    yield "memory_ratio_to_base", memory.ratio_to_base if memory else None
