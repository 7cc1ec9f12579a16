"""The verdicts of a study: the class of every variant, and all that stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from cellsearch.report import statistics as st
from cellsearch.report.statistics import power
from cellsearch.report.verdicts.classes import Judged, classify, contrasts_of
from cellsearch.report.verdicts.findings import Class, Estimate, Findings, Rules, Stability, Verdict
from cellsearch.report.verdicts.roles import contrasts, role_of
from cellsearch.report.verdicts.samples import BASE, Sample, samples

if TYPE_CHECKING:
    from cellsearch.record import Variant
    from cellsearch.report.verdicts.contrasts import Contrast
    from cellsearch.store import Journal

_CONTROLS = (Class.MIRROR, Class.PLACEBO)


class _Seen(NamedTuple):
    """What the verdicts are made from."""

    journal: Journal
    rules: Rules
    samples: Mapping[str, Sample]
    held: Mapping[str, Contrast | None]


def judge(journal: Journal) -> Findings:
    """Every verdict that the journal permits."""
    found = samples(journal)
    seen = _Seen(journal, rules_of(journal), found, contrasts_of(found))
    judged = {**classify(found, seen.held, seen.rules), **_controls(journal)}
    verdicts = {v.name: _verdict(v, judged[v.name], seen) for v in journal.variants}
    return Findings(journal, seen.rules, verdicts)


def rules_of(journal: Journal) -> Rules:
    """The rules as the plan froze them; every look at the data costs its share of alpha."""
    return Rules(
        alpha=st.alpha_at(journal.looks),
        looks=journal.looks,
        margin=st.margin_in_nats(journal.study.spec.margin),
        contrasts=contrasts(journal.study, journal.variants),
    )


def _controls(journal: Journal) -> dict[str, Judged]:
    roles = {v.name: role_of(v, journal.study, journal.variants) for v in journal.variants}
    return {name: Judged(role) for name, role in roles.items() if role is not None}


def _verdict(variant: Variant, judged: Judged, seen: _Seen) -> Verdict:
    held, rules, sample = seen.held.get(variant.name), seen.rules, seen.samples[variant.name]
    twin = seen.journal.study.twin(variant)
    other = seen.samples.get(twin or "")
    return Verdict(
        variant=variant,
        sample=sample,
        kind=judged.kind,
        estimate=_estimate(held, seen, variant.name) if held else None,
        raw=judged.raw,
        adjusted=judged.adjusted,
        stability=_stability(seen.samples[BASE], sample),
        twin=twin,
        # Of a twin that is not compared nothing is known.
        twin_p=_twin_p(other, sample) if other and judged.kind in _CONTROLS else None,
        settle=_settle(held, rules) if held and judged.kind is Class.INCONCLUSIVE else None,
        reason=judged.reason,
    )


def _estimate(found: Contrast, seen: _Seen, name: str) -> Estimate:
    rules = seen.rules
    return Estimate(
        survivors=bool(seen.samples[BASE].diverged or seen.samples[name].diverged),
        seeds=found.pairs.seeds,
        differences=tuple(found.pairs.differences.tolist()),
        mean=found.mean,
        noise=found.noise,
        pointwise=st.t_interval(found.mean, found.noise, st.POINTWISE),
        simultaneous=st.t_interval(found.mean, found.noise, rules.level),
        spread=st.spread(found.pairs),
        stragglers=found.stragglers,
        smallest_effect=power.smallest_effect(_design(found, rules.strictest)),
    )


def _design(found: Contrast, alpha: float) -> power.Design:
    n = len(found.pairs.seeds)
    return power.Design(n, alpha, st.spread(found.pairs).paired, found.noise.text or 0.0)


def _stability(base: Sample, sample: Sample) -> Stability | None:
    if sample.finished == 0:
        return None
    diverged, of = len(sample.diverged), sample.finished
    return Stability(
        diverged=diverged,
        of=of,
        interval=st.wilson(diverged, of),
        fisher_p=st.fisher_p(diverged, of, len(base.diverged), base.finished),
        sign_p=_sign_p(base, sample),
    )


def _sign_p(base: Sample, sample: Sample) -> float:
    """Ranks by seed, diverged as worst; both diverged is a tie."""
    left, right = _ranks(base), _ranks(sample)
    common = set(left) & set(right)
    worse = sum(right[s] > left[s] for s in common)
    better = sum(right[s] < left[s] for s in common)
    return st.sign_p(worse, better)


def _ranks(sample: Sample) -> dict[int, float]:
    return {**sample.losses, **dict.fromkeys(sample.diverged, float("inf"))}


def _twin_p(other: Sample, sample: Sample) -> float | None:
    """p that a control differs from its twin: paired t, or the sign test where a seed diverged.

    By the seeds' noise alone: two that follow one law are alike on every text.
    """
    if other.diverged or sample.diverged:
        return _sign_p(other, sample)
    found = st.by_seeds(other.losses, sample.losses)
    return st.difference_p(*found) if found else None


def _settle(found: Contrast, rules: Rules) -> power.Settle:
    """More seeds are one more look, so alpha is counted as it will be then."""
    share = st.alpha_at(rules.looks + 1) / st.alpha_at(rules.looks)
    return power.seeds_to_settle(found.mean, _design(found, rules.strictest * share), rules.margin)
