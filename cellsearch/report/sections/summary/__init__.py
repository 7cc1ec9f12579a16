"""What was asked, what was found, and under which conditions: in plain words, before all else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cellsearch.report.document import Banner, Block, Bullets, Facts, Fold, Lead, Paragraph
from cellsearch.report.sections.summary.conditions import facts
from cellsearch.report.sections.summary.doubts import alarms, notes
from cellsearch.report.sections.summary.found import found, lead
from cellsearch.report.verdicts.findings import Findings

TITLE = "Asked and found"
ABOUT = ""
ORDER = 0


class Info(NamedTuple):
    """The opening of the report."""

    question: str
    lead: str
    found: tuple[str, ...]
    alarms: tuple[str, ...]
    notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


def info(findings: Findings) -> Info:
    """The question, a sentence for each class that occurs, doubts, and the conditions."""
    return Info(
        question=findings.journal.study.spec.question or "How do these cells compare?",
        lead=lead(findings),
        found=tuple(found(findings)),
        alarms=tuple(alarms(findings)),
        notes=tuple(notes(findings)),
        facts=tuple(facts(findings)),
    )


def draw(info: Info) -> Sequence[Block]:
    """Question, banners, findings, conditions."""
    return [
        Lead(info.question),
        *(Banner(text, "alarm") for text in info.alarms),
        Paragraph(info.lead),
        *([Bullets(info.found)] if info.found else []),
        *(Banner(text) for text in info.notes),
        Fold("Under which conditions", [Facts(info.facts)]),
    ]
