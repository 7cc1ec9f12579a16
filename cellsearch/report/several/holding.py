"""On how many of the studies a verdict holds.

A verdict *holds* on a study where that study, by its own tests, gave the variant this class. The
class that is counted is the one that most studies gave, of those that say something; two that are
given equally often are both named, and none is said to hold. A study that is inconclusive, or has
no verdict, says nothing: it counts among the K and is no contradiction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cellsearch.report.several.studies import Study, common
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import CONTROLS, Class, Verdict

_AS_GOOD = (Class.BETTER, Class.EQUIVALENT, Class.NOT_WORSE)
SILENT = (Class.INCONCLUSIVE, Class.NONE, *CONTROLS)


@dataclass(frozen=True)
class Across:
    """One variant on all the studies that have it.

    Attributes:
        verdicts: by the study's name, in the order of the studies.
    """

    name: str
    verdicts: Mapping[str, Verdict]

    @property
    def counts(self) -> Counter[Class]:
        """How many studies gave each class."""
        return Counter(v.kind for v in self.verdicts.values())

    @property
    def control(self) -> bool:
        """Whether it is a mirror, placebo or copy everywhere: nothing is to be shown of it."""
        return all(kind in CONTROLS for kind in self.counts)

    @property
    def said(self) -> list[Class]:
        """The classes that say something, the most frequent first, then in the order of studies."""
        return [kind for kind, _ in self.counts.most_common() if kind not in SILENT]

    @property
    def claim(self) -> Class | None:
        """The class that holds most often; None where there is none, or two do as often."""
        if self.control or not self.said:
            return None
        most, *others = (self.counts[kind] for kind in self.said)
        return None if others and others[0] == most else self.said[0]

    @property
    def contradicted(self) -> bool:
        """Whether two studies say what cannot both be so of one cell: better and worse, or
        diverged on one and at least not worse on another. A straggler may be a false alarm.
        """
        kinds = set(self.said)
        diverged = any(
            v.kind is Class.UNSTABLE and v.sample.diverged for v in self.verdicts.values()
        )
        return {Class.BETTER, Class.WORSE} <= kinds or (diverged and not kinds.isdisjoint(_AS_GOOD))


def across(studies: Sequence[Study]) -> list[Across]:
    """Every variant that two studies or more have, in order of appearance."""
    return [
        Across(
            name,
            {s.name: s.findings.verdicts[name] for s in studies if name in s.findings.verdicts},
        )
        for name in common([s.journal for s in studies])
    ]


def label(found: Across) -> str:
    """`worse, 3 of 4`."""
    if found.control:
        return "control"
    if found.claim is not None:
        return f"{found.claim}, {found.counts[found.claim]} of {len(found.verdicts)}"
    if found.said:
        return "no one class"
    return str(Class.INCONCLUSIVE if found.counts[Class.INCONCLUSIVE] else Class.NONE)


def sentence(found: Across) -> str:
    """What the studies say together, in one or two plain sentences."""
    of = len(found.verdicts)
    if found.control:
        return f"A control on {of} studies: nothing is to be shown."
    if not found.said:
        return f"None of {of} studies can tell."
    told = [_told(found, kind) for kind in (*found.said, *SILENT) if found.counts[kind]]
    ending = " The studies contradict each other." if found.contradicted else ""
    said = words.listed(told)
    return f"{said[:1].upper()}{said[1:]}.{ending}"


def _told(found: Across, kind: Class) -> str:
    where = [name for name, verdict in found.verdicts.items() if verdict.kind is kind]
    of = len(found.verdicts)
    place = "" if len(where) == of else f" ({', '.join(where)})"
    return f"{kind} on {len(where)} of {of}{place}"
