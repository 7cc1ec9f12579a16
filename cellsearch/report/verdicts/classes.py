"""One class for every variant: which tests are made, in which families, and what follows.

The plan decides who is tested, never the data. Contrasts are the variants that are neither the
base, nor identical, nor mirror, nor placebo; each stands in three families (difference,
equivalence, non-inferiority) and stays there with p = 1 where it cannot be tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cellsearch.report import statistics as st
from cellsearch.report.verdicts.contrasts import contrast
from cellsearch.report.verdicts.findings import Class, Rules, Tests
from cellsearch.report.verdicts.samples import BASE

if TYPE_CHECKING:
    from cellsearch.report.verdicts.contrasts import Contrast
    from cellsearch.report.verdicts.samples import Sample

# It stays in its families, so that a divergence never sharpens the other tests.
_UNTESTED = Tests(1.0, 1.0, 1.0)


class Judged(NamedTuple):
    """The class of a contrast, by which p-values (raw, after Holm), or why there is none."""

    kind: Class
    raw: Tests | None = None
    adjusted: Tests | None = None
    reason: str = ""


def contrasts_of(seen: Mapping[str, Sample]) -> dict[str, Contrast | None]:
    """Every other sample held against the base's."""
    return {name: contrast(seen[BASE], own) for name, own in seen.items() if name != BASE}


def classify(
    seen: Mapping[str, Sample], held: Mapping[str, Contrast | None], rules: Rules
) -> dict[str, Judged]:
    """The class of every contrast of the plan, from samples and `contrasts_of` them."""
    base = seen[BASE]
    without = {name: _untested(base, seen[name], held[name]) for name in rules.contrasts}
    raw = {
        name: _tests(found, rules.margin)
        for name in rules.contrasts
        if (found := held[name]) and not without[name]
    }
    adjusted = _adjusted([raw.get(name, _UNTESTED) for name in rules.contrasts])
    by_name = dict(zip(rules.contrasts, adjusted, strict=True))
    return {
        name: said or Judged(_shown(by_name[name], held[name], rules), raw[name], by_name[name])
        for name, said in without.items()
    }


def _untested(base: Sample, sample: Sample, held: Contrast | None) -> Judged | None:
    """What is said of a contrast that no test may be made of; None: it is tested."""
    if base.diverged:
        said = f"the base diverged on {len(base.diverged)} of {base.finished} seeds"
        return Judged(Class.NONE, reason=said)
    if sample.diverged:
        return Judged(Class.UNSTABLE)
    if held is None:
        return Judged(Class.NONE, reason="fewer than 2 seeds are done for both it and the base")
    return Judged(Class.UNSTABLE) if held.stragglers else None


def _shown(adjusted: Tests, found: Contrast | None, rules: Rules) -> Class:
    assert found is not None
    if adjusted.difference <= rules.alpha:
        return Class.WORSE if found.mean > 0 else Class.BETTER
    if adjusted.equivalence <= rules.alpha:
        return Class.EQUIVALENT
    if adjusted.noninferiority <= rules.alpha:
        return Class.NOT_WORSE
    return Class.INCONCLUSIVE


def _tests(found: Contrast, margin: float) -> Tests:
    return Tests(
        difference=st.difference_p(found.mean, found.noise),
        equivalence=st.equivalence_p(found.mean, found.noise, margin),
        noninferiority=st.noninferiority_p(found.mean, found.noise, margin),
    )


def _adjusted(planned: Sequence[Tests]) -> list[Tests]:
    """After Holm, in each of the three families."""
    columns = (
        st.holm([t.difference for t in planned]),
        st.holm([t.equivalence for t in planned]),
        st.holm([t.noninferiority for t in planned]),
    )
    return [Tests(*row) for row in zip(*columns, strict=True)]
