"""Learning curves read where every variant has cost the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from cellsearch.report import statistics as st
from cellsearch.report.statistics import Interval
from cellsearch.report.verdicts.findings import Class
from cellsearch.report.verdicts.samples import BASE, trials_by_variant

if TYPE_CHECKING:
    from cellsearch.record import TrialLine
    from cellsearch.report.verdicts.findings import Findings, Verdict


@dataclass(frozen=True)
class Reading:
    """One variant's curves, read at a cost.

    Attributes:
        at: where on its curves: tokens that it has read by then, or its parameters.
        losses: nats per token, by seed; seeds that diverged are not here.
        diverged: how many did.
        stable: whether none diverged, and none ended far from the others.
        change: mean of the paired differences to the base there, nats; None with fewer than 2
            pairs, and where one of the two is not stable: the verdict has none, either.
        interval: its 95% t interval, for this variant alone, untested.
    """

    name: str
    at: float
    losses: Mapping[int, float]
    diverged: int
    stable: bool = True
    change: float | None = None
    interval: Interval | None = None

    @property
    def perplexity(self) -> float | None:
        """exp of the mean loss; None: no seed has one."""
        return math.exp(fmean(self.losses.values())) if self.losses else None


@dataclass(frozen=True)
class EqualCost:
    """All variants at the cost `budget`, which is the largest that all of them reach."""

    budget: float
    readings: tuple[Reading, ...]


def at_equal_cost(findings: Findings, per_token: Mapping[str, float]) -> EqualCost | None:
    """Every variant that has a cost per token, at the largest cost that all reach.

    Curves are interpolated in a straight line between the two points beside that cost, seed by
    seed. They are not continued beyond either end: where the cost lies before a curve's first
    point, that seed has no loss.

    Returns:
        None where the base or its cost is missing, or no other variant has a curve.
    """
    curves = _curves(findings)
    costs = {name: cost for name, cost in per_token.items() if curves.get(name)}
    if BASE not in costs or len(costs) < 2:
        return None
    budget = min(cost * _end(curves[name]) for name, cost in costs.items())
    read = [
        Reading(
            name=name,
            at=budget / per_token[name],
            losses=_read(curves.get(name, {}), budget / per_token[name]),
            diverged=len(findings.verdicts[name].sample.diverged),
            stable=is_stable(findings.verdicts[name]),
        )
        for name in findings.verdicts
        if name in per_token
    ]
    base = next(r for r in read if r.name == BASE)
    return EqualCost(budget, tuple(r if r is base else compared(base, r) for r in read))


def is_stable(verdict: Verdict) -> bool:
    """Whether no seed diverged, and none ended far from the others."""
    return not verdict.sample.diverged and verdict.kind is not Class.UNSTABLE


Curve = tuple[Sequence[float], Sequence[float]]


def _curves(findings: Findings) -> dict[str, dict[int, Curve]]:
    """Tokens and validation losses, by variant and seed, of the trials that are done."""
    found: dict[str, dict[int, Curve]] = {}
    for name, trials in trials_by_variant(findings.journal).items():
        done = {t.seed: _curve(t) for t in trials if t.outcome.status == "done"}
        found[name] = {seed: curve for seed, curve in done.items() if curve[0]}
    return found


def _curve(trial: TrialLine) -> Curve:
    curves = trial.outcome.curves
    points = zip(curves.tokens, curves.valid_loss, strict=True)
    known = [(tokens, loss) for tokens, loss in points if loss is not None]
    return [tokens for tokens, _ in known], [loss for _, loss in known]


def _end(curves: Mapping[int, Curve]) -> float:
    return min(tokens[-1] for tokens, _ in curves.values())


def _read(curves: Mapping[int, Curve], at: float) -> dict[int, float]:
    # What is reached is reached, whatever the rounding of cost over cost.
    at -= 1e-9 * at
    inside = {seed: curve for seed, curve in curves.items() if curve[0][0] <= at <= curve[0][-1]}
    return {seed: float(np.interp(at, *curve)) for seed, curve in inside.items()}


def compared(base: Reading, reading: Reading) -> Reading:
    """The reading with its change against the base, where all seeds of both are there."""
    found = st.by_seeds(base.losses, reading.losses)
    if found is None or not (base.stable and reading.stable):
        return reading
    mean, noise = found
    return replace(reading, change=mean, interval=st.t_interval(mean, noise, st.POINTWISE))
