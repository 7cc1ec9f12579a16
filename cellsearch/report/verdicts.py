"""One class for every variant: which tests are made, in which families, and what follows.

The plan decides who is tested, never the data. Contrasts are the variants that are neither the
base, nor identical, nor mirror, nor placebo; each stands in three families (difference,
equivalence, non-inferiority) and stays there with p = 1 where it cannot be tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from cellsearch.report import power
from cellsearch.report import statistics as st
from cellsearch.report.findings import (
    ALPHA,
    Class,
    Estimate,
    Findings,
    Rules,
    Stability,
    Tests,
    Verdict,
)
from cellsearch.report.samples import BASE, Sample, samples

if TYPE_CHECKING:
    from cellsearch.record import Variant
    from cellsearch.store import Journal

_CONTROLS = (Class.MIRROR, Class.PLACEBO)


def judge(journal: Journal) -> Findings:
    """Every verdict that the journal permits."""
    seen, rules, study = samples(journal), rules_of(journal), journal.study
    variants = {v.name: v for v in journal.variants}
    estimates = {name: _estimate(seen[BASE], seen[name], rules) for name in variants}
    raw, adjusted = _families(seen, estimates, rules)
    judged = {}
    for name, variant in variants.items():
        known = _known(variant, journal)
        kind, reason = (
            _tested(name, seen, adjusted.get(name), rules) if known is None else (known, "")
        )
        estimate, other = estimates[name], study.twin(variant)
        judged[name] = Verdict(
            variant=variant,
            sample=seen[name],
            kind=kind,
            estimate=estimate if name != BASE else None,
            raw=raw.get(name),
            adjusted=adjusted.get(name),
            stability=_stability(seen[BASE], seen[name]),
            twin=other,
            # Of a twin that is not compared nothing is known.
            twin_p=_twin_p(seen[other], seen[name])
            if other in seen and kind in _CONTROLS
            else None,
            settle=_settle(estimate, rules) if kind is Class.INCONCLUSIVE else None,
            reason=reason,
        )
    return Findings(journal, rules, judged)


def rules_of(journal: Journal) -> Rules:
    """The rules as the plan froze them; every look at the data costs its share of alpha."""
    study = journal.study
    return Rules(
        alpha=ALPHA / journal.looks,
        looks=journal.looks,
        margin=st.margin_in_nats(study.spec.margin),
        contrasts=tuple(v.name for v in journal.variants if _known(v, journal) is None),
    )


def _known(variant: Variant, journal: Journal) -> Class | None:
    """What the plan alone says of a variant."""
    if variant.name == BASE:
        return Class.BASE
    if variant.identical_to is not None:
        return Class.IDENTICAL
    if variant.mirror_of is not None and _trained_alike(variant, journal):
        return Class.MIRROR
    return Class.PLACEBO if variant.placebo else None


def _trained_alike(variant: Variant, journal: Journal) -> bool:
    """A mirror at a rate or width of its own does not follow the law of what it mirrors."""
    twin = journal.study.twin(variant)
    other = next((v for v in journal.variants if v.name == twin), variant)
    return (variant.learning_rate, variant.hidden) == (other.learning_rate, other.hidden)


def _tested(
    name: str, seen: Mapping[str, Sample], adjusted: Tests | None, rules: Rules
) -> tuple[Class, str]:
    """The class of a contrast, and why there is no verdict where there is none."""
    base, sample = seen[BASE], seen[name]
    if base.diverged:
        return Class.NONE, f"the base diverged on {len(base.diverged)} of {base.finished} seeds"
    if sample.diverged:
        return Class.UNSTABLE, ""
    if adjusted is None:
        return Class.NONE, "fewer than 2 seeds are done for both it and the base"
    return _shown(adjusted, _mean(base, sample), rules.alpha), ""


def _shown(adjusted: Tests, mean: float, alpha: float) -> Class:
    if adjusted.difference <= alpha:
        return Class.WORSE if mean > 0 else Class.BETTER
    if adjusted.equivalence <= alpha:
        return Class.EQUIVALENT
    if adjusted.noninferiority <= alpha:
        return Class.NOT_WORSE
    return Class.INCONCLUSIVE


def _mean(base: Sample, sample: Sample) -> float:
    return float(np.mean(st.paired(base.losses, sample.losses).differences))


def _estimate(base: Sample, sample: Sample, rules: Rules) -> Estimate | None:
    pairs = st.paired(base.losses, sample.losses)
    if len(pairs.seeds) < 2:
        return None
    spread = st.spread(pairs)
    design = power.Design(len(pairs.seeds), rules.strictest, spread.paired)
    return Estimate(
        seeds=pairs.seeds,
        differences=tuple(pairs.differences.tolist()),
        mean=float(pairs.differences.mean()),
        pointwise=st.t_interval(pairs.differences, 1 - ALPHA),
        simultaneous=st.t_interval(pairs.differences, rules.level),
        spread=spread,
        smallest_effect=power.smallest_effect(design),
    )


def _families(
    seen: Mapping[str, Sample], estimates: Mapping[str, Estimate | None], rules: Rules
) -> tuple[dict[str, Tests], dict[str, Tests]]:
    """Raw and adjusted p-values of those that can be tested."""
    raw = {
        name: _tests(estimate, rules.margin)
        for name in rules.contrasts
        if (estimate := estimates[name]) and not (seen[name].diverged or seen[BASE].diverged)
    }
    untested = Tests(1.0, 1.0, 1.0)
    planned = [raw.get(name, untested) for name in rules.contrasts]
    columns = (
        st.holm([t.difference for t in planned]),
        st.holm([t.equivalence for t in planned]),
        st.holm([t.noninferiority for t in planned]),
    )
    rows = [Tests(*row) for row in zip(*columns, strict=True)]
    adjusted = dict(zip(rules.contrasts, rows, strict=True))
    return raw, {name: adjusted[name] for name in raw}


def _tests(estimate: Estimate, margin: float) -> Tests:
    differences = np.array(estimate.differences)
    return Tests(
        difference=st.difference_p(differences),
        equivalence=st.equivalence_p(differences, margin),
        noninferiority=st.noninferiority_p(differences, margin),
    )


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
    """p that a control differs from its twin: paired t, or the sign test where a seed diverged."""
    if other.diverged or sample.diverged:
        return _sign_p(other, sample)
    pairs = st.paired(other.losses, sample.losses)
    return st.difference_p(pairs.differences) if len(pairs.seeds) > 1 else None


def _settle(estimate: Estimate | None, rules: Rules) -> power.Settle | None:
    """More seeds are one more look, so alpha is counted as it will be then."""
    if estimate is None:
        return None
    alpha = rules.strictest * rules.looks / (rules.looks + 1)
    return power.seeds_to_settle(estimate.mean, estimate.spread.paired, alpha, rules.margin)
