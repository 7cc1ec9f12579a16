"""How often verdicts err, over many simulated studies of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from cellsearch.report import statistics as st
from cellsearch.report.verdicts.classes import Judged, classify, contrasts_of
from cellsearch.report.verdicts.contrasts import Contrast
from cellsearch.report.verdicts.findings import Class, Rules
from cellsearch.report.verdicts.samples import Sample
from cellsearch.testing.draws import samples, true_effect
from cellsearch.testing.scenarios import Scenario
from cellsearch.testing.simulation import Simulation

_CLAIMS = (Class.BETTER, Class.WORSE, Class.EQUIVALENT, Class.NOT_WORSE)


@dataclass
class Rates:
    """Counts, which add up; the first six are of studies, the others of variants.

    What is claimed counts at any look; intervals and classes are those of the last.

    Attributes:
        studies: how many were simulated.
        difference: a difference was claimed where there is none, or of the wrong sign.
        equivalence: equivalence was shown of what differs by the margin or more.
        noninferiority: non-inferiority was shown of what is worse by the margin or more.
        together: all simultaneous intervals held the truth (of the studies with any).
        studies_shown: studies with any interval.
        shown, covered: variants with an interval; those whose 95% interval holds the truth.
        variants, unstable: all; those called unstable.
        lucky: variants with a diverged seed that were called better, worse, equivalent, not worse.
    """

    studies: int = 0
    difference: int = 0
    equivalence: int = 0
    noninferiority: int = 0
    together: int = 0
    studies_shown: int = 0
    shown: int = 0
    covered: int = 0
    variants: int = 0
    unstable: int = 0
    lucky: int = 0

    def __add__(self, other: Rates) -> Rates:
        names = [field.name for field in fields(self)]
        return Rates(*(getattr(self, name) + getattr(other, name) for name in names))


def rates(scenario: Scenario, studies: int, first: int = 0) -> Rates:
    """Judge so many studies of the kind, with the keys from `first` on."""
    total = Rates()
    for key in range(first, first + studies):
        total += _study(scenario.study(key))
    return total


def _study(simulation: Simulation) -> Rates:
    """One study. What is claimed at any look counts, so one may stop at whichever one likes."""
    counts = (simulation.seeds, *simulation.looks)
    everything = samples(simulation, counts[-1])
    wrong: set[str] = set()
    for look, seeds in enumerate(counts, start=1):
        seen = {name: _first(sample, seeds) for name, sample in everything.items()}
        rules = _rules(simulation, look)
        held = contrasts_of(seen)
        judged = classify(seen, held, rules)
        wrong |= _wrong(simulation, judged, rules)
    lucky = sum(bool(seen[n].diverged) and v.kind in _CLAIMS for n, v in judged.items())
    errors = Rates(studies=1, lucky=lucky, **dict.fromkeys(sorted(wrong), 1))
    return errors + _intervals(simulation, judged, held, rules)


def _first(sample: Sample, seeds: int) -> Sample:
    return Sample(
        planned=seeds,
        losses={s: loss for s, loss in sample.losses.items() if s < seeds},
        diverged=frozenset(s for s in sample.diverged if s < seeds),
        blocks=sample.blocks,
    )


def _rules(simulation: Simulation, look: int) -> Rules:
    return Rules(
        alpha=st.alpha_at(look),
        looks=look,
        margin=st.margin_in_nats(simulation.margin),
        contrasts=tuple(arm.name for arm in simulation.arms[1:]),
    )


def _wrong(simulation: Simulation, judged: Mapping[str, Judged], rules: Rules) -> set[str]:
    """The families in which something false is claimed."""
    wrong = set()
    for arm in simulation.arms[1:]:
        verdict, truth = judged[arm.name], true_effect(simulation, arm)
        if {Class.BETTER: truth >= 0, Class.WORSE: truth <= 0}.get(verdict.kind):
            wrong.add("difference")
        if verdict.adjusted is None:
            continue
        if verdict.adjusted.equivalence <= rules.alpha and abs(truth) >= rules.margin:
            wrong.add("equivalence")
        if verdict.adjusted.noninferiority <= rules.alpha and truth >= rules.margin:
            wrong.add("noninferiority")
    return wrong


def _intervals(
    simulation: Simulation,
    judged: Mapping[str, Judged],
    held: Mapping[str, Contrast | None],
    rules: Rules,
) -> Rates:
    arms = simulation.arms[1:]
    shown = [
        (true_effect(simulation, arm), found)
        for arm in arms
        if judged[arm.name].adjusted and (found := held[arm.name])
    ]
    return Rates(
        together=int(bool(shown) and all(_holds(*pair, rules.level) for pair in shown)),
        studies_shown=int(bool(shown)),
        shown=len(shown),
        covered=sum(_holds(*pair, st.POINTWISE) for pair in shown),
        variants=len(arms),
        unstable=sum(judged[arm.name].kind is Class.UNSTABLE for arm in arms),
    )


def _holds(truth: float, found: Contrast, level: float) -> bool:
    low, high = st.t_interval(found.mean, found.noise, level)
    return low <= truth <= high
