"""What is concluded, as data: the rules that were fixed, and a verdict for each variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from cellsearch.report import statistics as st
from cellsearch.report.statistics.power import Settle
from cellsearch.report.verdicts.samples import BASE, Sample

if TYPE_CHECKING:
    from cellsearch.record import Variant
    from cellsearch.report.data.recordings import Recordings
    from cellsearch.store import Journal

PLACEBO_ALPHA = 0.01


class Class(StrEnum):
    """What may be said of a variant. The last three say why nothing may."""

    IDENTICAL = "identical"
    MIRROR = "mirror"
    UNSTABLE = "unstable"
    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent within the margin"
    NOT_WORSE = "not worse by more than the margin"
    INCONCLUSIVE = "inconclusive"
    BASE = "base"
    PLACEBO = "placebo"
    NONE = "no verdict"


CONTROLS = (Class.IDENTICAL, Class.MIRROR, Class.PLACEBO)


@dataclass(frozen=True)
class Rules:
    """What was fixed before the data: level, looks, margin (nats), and who is tested.

    `alpha` is what this look at the data may spend.
    """

    alpha: float
    looks: int
    margin: float
    contrasts: tuple[str, ...]

    @property
    def level(self) -> float:
        """Coverage of each simultaneous interval."""
        return st.simultaneous_level(self.alpha, len(self.contrasts))

    @property
    def strictest(self) -> float:
        """Level of the first step of Holm's procedure."""
        return self.alpha / max(len(self.contrasts), 1)


@dataclass(frozen=True)
class Tests:
    """p-values of one variant in the three families, as computed or as adjusted."""

    difference: float
    equivalence: float
    noninferiority: float


@dataclass(frozen=True)
class Estimate:
    """What the paired seeds say about the size of the effect, in nats; tested or not.

    Attributes:
        survivors: whether seeds are left out that diverged, of the variant or of the base.
        stragglers: the seeds that ended far from the others.
    """

    survivors: bool
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    mean: float
    noise: st.Noise
    pointwise: st.Interval
    simultaneous: st.Interval
    spread: st.Spread
    stragglers: tuple[int, ...]
    smallest_effect: float


@dataclass(frozen=True)
class Stability:
    """Divergence: its share with Wilson's interval, Fisher's p of counts, sign test of ranks."""

    diverged: int
    of: int
    interval: st.Interval
    fisher_p: float
    sign_p: float


@dataclass(frozen=True)
class Verdict:
    """All that is concluded about one variant.

    Attributes:
        estimate: None with fewer than 2 paired seeds. Untested where `adjusted` is None.
        raw, adjusted: p-values, where the variant was tested; `adjusted` after Holm.
        stability: None where no seed has a result.
        twin_p: of a mirror or placebo, p against the variant whose law it shares.
        settle: of the inconclusive, the seeds that would settle it.
        reason: why there is no verdict, else empty.
    """

    variant: Variant
    sample: Sample
    kind: Class
    estimate: Estimate | None = None
    raw: Tests | None = None
    adjusted: Tests | None = None
    stability: Stability | None = None
    twin: str | None = None
    twin_p: float | None = None
    settle: Settle | None = None
    reason: str = ""

    @property
    def whole(self) -> Estimate | None:
        """The estimate where it stands for all seeds: it was tested, or is of a control."""
        found = self.estimate
        if found is None or self.adjusted is not None:
            return found
        return found if self.kind in CONTROLS and not found.survivors else None


@dataclass(frozen=True)
class Findings:
    """The verdicts of a study, by variant in the order of the plan, and what they rest on."""

    journal: Journal
    rules: Rules
    verdicts: Mapping[str, Verdict]

    @property
    def base(self) -> Verdict:
        """The base's own row: its seeds, no verdict."""
        return self.verdicts[BASE]

    @cached_property
    def recordings(self) -> Mapping[str, Mapping[int, Recordings]]:
        """What was recorded inside the cells, by variant and seed; read when it is first asked for.

        Raises:
            StoreError: a file is damaged, or not the one on record.
        """
        from cellsearch.report.data.recordings import all_of

        return all_of(self.journal)

    @property
    def alone(self) -> bool:
        """Whether the base was trained by itself, with nothing to compare."""
        return len(self.verdicts) == 1

    @property
    def alarms(self) -> tuple[Verdict, ...]:
        """Placebos and mirrors that differ from their twin beyond chance: p < 0.01."""
        judged = self.verdicts.values()
        return tuple(v for v in judged if v.twin_p is not None and v.twin_p < PLACEBO_ALPHA)
