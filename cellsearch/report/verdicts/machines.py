"""On which machines a study ran, and what that does to pairs and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.samples import BASE, trials_by_variant

if TYPE_CHECKING:
    from cellsearch.record import Where
    from cellsearch.store import Journal


def unlike(journal: Journal) -> tuple[str, ...]:
    """In what the machines differed on which trials ran: `device A and B`."""
    ran = [t.outcome.where for t in (*journal.tuning, *journal.trials) if t.outcome.where]
    kinds = {
        "device": {place.device for place in ran},
        "backend": {place.backend for place in ran},
        "torch": {place.versions.get("torch", "unknown") for place in ran},
    }
    return tuple(f"{k} {words.listed(sorted(v))}" for k, v in kinds.items() if len(v) > 1)


def parted(journal: Journal) -> dict[str, list[int]]:
    """The seeds on which a variant ran on another kind of machine than the base, by variant."""
    places = {
        name: {t.seed: t.outcome.where for t in trials}
        for name, trials in trials_by_variant(journal).items()
    }
    base = places.get(BASE, {})
    found = {
        name: [seed for seed, place in own.items() if _differ(place, base.get(seed))]
        for name, own in places.items()
    }
    return {name: seeds for name, seeds in found.items() if seeds}


def measured_apart(journal: Journal) -> bool:
    """Whether measured costs come from machines of several kinds, so that no ratio holds."""
    return len({bench.where.kind for bench in journal.benches}) > 1


def _differ(one: Where | None, other: Where | None) -> bool:
    return one is not None and other is not None and one.kind != other.kind
