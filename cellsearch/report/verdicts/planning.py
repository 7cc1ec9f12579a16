"""What a planned number of seeds can show, from the noise that earlier studies have left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cellsearch.errors import StoreError
from cellsearch.report import statistics as st
from cellsearch.report.statistics import power
from cellsearch.report.verdicts.classes import contrasts_of
from cellsearch.report.verdicts.roles import contrasts
from cellsearch.report.verdicts.samples import samples
from cellsearch.store import begun, read

if TYPE_CHECKING:
    from cellsearch.config import TaskConfig
    from cellsearch.record import StudyLine
    from cellsearch.report.verdicts.contrasts import Contrast
    from cellsearch.store import Journal


class Foreseen(NamedTuple):
    """The smallest effects (nats) that a plan would find with a chance of 80%.

    Attributes:
        effects: one for the noise of each earlier contrast, from the smallest up.
        studies: the folders of the studies that the noise comes from, in order.
        same_text: whether they read the text that is planned, or another at the same level.
    """

    effects: tuple[float, ...]
    studies: tuple[str, ...]
    same_text: bool

    def at(self, share: float) -> float:
        """The effect that suffices for so large a share of the earlier noise."""
        return float(np.quantile(self.effects, share))


def foresee(study: StudyLine, results: Path) -> Foreseen | None:
    """What the plan can show at its first look; None: no earlier study says how noisy it will be.

    Args:
        study: the plan.
        results: the folder that holds the studies' folders. Those on the same text count, or, where
            they leave no noise, those of the same task and level; what cannot be read is passed
            over.
    """
    tested = contrasts(study, study.variants)
    if study.spec.seeds < 2 or not tested:
        return None
    alike = [j for j in _journals(results) if _alike(j.study.spec.task, study.spec.task)]
    same = [j for j in alike if j.study.data_sha256 == study.data_sha256]
    own = _noises(same)
    noises = own or _noises(alike)
    effects = sorted(_effect(found, study, tested) for _, found in noises)
    names = sorted({name for name, _ in noises})
    return Foreseen(tuple(effects), tuple(names), bool(own)) if effects else None


def _journals(results: Path) -> Iterator[Journal]:
    folders = sorted(results.iterdir()) if results.is_dir() else []
    for folder in folders:
        try:
            if begun(folder):
                yield read(folder)
        except StoreError:
            continue


def _alike(one: TaskConfig, other: TaskConfig) -> bool:
    return (one.name, one.level) == (other.name, other.level)


def _noises(journals: Sequence[Journal]) -> list[tuple[str, Contrast]]:
    """The folder's name and the contrast, of all that tell how noisy such studies are."""
    return [(journal.folder.name, found) for journal in journals for found in _telling(journal)]


def _telling(journal: Journal) -> Iterator[Contrast]:
    """The tested variants with 3 seeds and more, none of which diverged or straggled."""
    seen = samples(journal)
    held = contrasts_of(seen)
    for name in contrasts(journal.study, journal.variants):
        found = held[name]
        if found and len(found.pairs.seeds) > 2 and not (seen[name].diverged or found.stragglers):
            yield found


def _effect(found: Contrast, study: StudyLine, tested: Sequence[str]) -> float:
    alpha = st.alpha_at(1) / len(tested)
    sd = st.spread(found.pairs).paired
    design = power.Design(study.spec.seeds, alpha, sd, found.noise.text or 0.0)
    return power.smallest_effect(design)
