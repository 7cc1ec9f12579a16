"""What was compared, what holds, and the conditions of each study."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cellsearch.report.document import (
    Banner,
    Block,
    Bullets,
    Cell,
    Column,
    Fold,
    Lead,
    Paragraph,
    Table,
    Tag,
)
from cellsearch.report.figures import drawing
from cellsearch.report.several.holding import Across, label, sentence
from cellsearch.report.several.studies import Study
from cellsearch.report.statistics import percent, percents
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Class, Verdict


def opening(studies: Sequence[Study], found: Sequence[Across]) -> list[Block]:
    """The question, what no reader may miss, and what is said of each variant."""
    base = studies[0].findings.base.variant.cell_name
    return [
        Lead(f"On how many of {len(studies)} studies does each verdict hold?"),
        *(Banner(text, "alarm") for text in _alarms(studies)),
        Paragraph(
            f"{words.count(len(found), 'variant')} of {base} on {words.listed(_names(studies))}."
        ),
        Bullets(_said(found)),
        *(Banner(text) for text in _notes(studies)),
        Paragraph(_MEANS),
    ]


def _said(found: Sequence[Across]) -> list[str]:
    """Each thing that is to be said, with those of which it is."""
    names: dict[str, list[str]] = {}
    for across in found:
        if not across.control:
            names.setdefault(sentence(across), []).append(across.name)
    return [f"{words.listed(own)}: {said}" for said, own in names.items()]


_MEANS = (
    "A verdict holds on a study where that study gave the variant this class by its own tests, "
    "with its own seeds, margin and correction for its own contrasts. “k of K” counts studies; it "
    "is not a test, and no error rate belongs to it. The class that is counted is the one that "
    "most studies gave, of those that say something. A study that is inconclusive or has no "
    "verdict counts among the K; it does not contradict. Perplexities and changes are never "
    "averaged over studies."
)


def table(studies: Sequence[Study], found: Sequence[Across]) -> list[Block]:
    """Variant by study: the classes; and the changes with their intervals."""
    columns = [Column(s.name, _about(s), numeric=False) for s in studies]
    return [
        Table(
            name="holds",
            caption="What holds, and the verdict of each study",
            columns=[Column("Variant", numeric=False), Column("Holds", numeric=False), *columns],
            rows=[_row(a, studies) for a in found],
            data=pd.DataFrame([_counts(a) for a in found]),
            cards=True,
        ),
        Table(
            name="changes",
            caption="Change of test perplexity against the base, and its simultaneous interval",
            columns=[Column("Variant", numeric=False), *(Column(s.name) for s in studies)],
            rows=[[a.name, *(_change(a.verdicts.get(s.name)) for s in studies)] for a in found],
            data=pd.DataFrame([_record(a, s) for a in found for s in studies]),
        ),
        Paragraph(
            "Intervals are simultaneous for all contrasts of their own study. What stands in "
            "[brackets] is not tested: a seed diverged or ended far off, or the base diverged."
        ),
    ]


def conditions(studies: Sequence[Study]) -> list[Block]:
    """A row for each study."""
    rows = [_condition(s) for s in studies]
    return [
        Table(
            name="studies",
            caption="The studies",
            columns=[Column(name, numeric=name in _NUMBERS) for name in rows[0]],
            rows=[list(row.values()) for row in rows],
            data=pd.DataFrame(rows),
            cards=True,
        ),
        Fold("The texts", [Bullets([f"{s.name}: {s.journal.study.corpus}" for s in studies])]),
    ]


_NUMBERS = ("H", "Tokens", "Seeds", "Looks", "Margin", "Contrasts")


def _condition(study: Study) -> dict[str, str]:
    spec, rules = study.journal.study.spec, study.findings.rules
    return {
        "Study": study.name,
        "Text": study.journal.study.data_sha256[:12],
        "Level": spec.task.level,
        "H": str(study.findings.base.variant.hidden),
        "Matched by": spec.match.by,
        "Tokens": words.whole(spec.train.tokens),
        "Seeds": str(study.journal.seeds),
        "Looks": str(rules.looks),
        "Margin": f"{100 * spec.margin:g}%",
        "Contrasts": str(len(rules.contrasts)),
        "Tuned": "yes" if spec.tune else "no",
    }


def _names(studies: Sequence[Study]) -> list[str]:
    return [s.name for s in studies]


def _about(study: Study) -> str:
    return f"H = {study.findings.base.variant.hidden}, {words.count(study.journal.seeds, 'seed')}"


def _alarms(studies: Sequence[Study]) -> list[str]:
    diverged = [
        f"{s.name}: the base diverged on {len(base.diverged)} of {base.finished} seeds. Nothing "
        "can be compared with it there."
        for s in studies
        if (base := s.findings.base.sample).diverged
    ]
    return diverged + [
        f"{s.name}: {v.variant.name}, which should differ by chance alone, differs beyond it. "
        "Something besides the cells may differ between its runs."
        for s in studies
        for v in s.findings.alarms
    ]


def _notes(studies: Sequence[Study]) -> list[str]:
    notes = []
    margins = dict.fromkeys(f"{100 * s.journal.study.spec.margin:g}%" for s in studies)
    if len(margins) > 1:
        notes.append(
            f"The margins differ ({words.listed(list(margins))}): equivalent and not worse mean "
            "something else from study to study."
        )
    for study in studies:
        missing = sum(v.sample.missing for v in study.findings.verdicts.values())
        if missing:
            notes.append(f"{study.name}: {words.count(missing, 'trial')} without a result.")
    texts = {s.journal.study.data_sha256 for s in studies}
    if len(texts) < len(studies):
        notes.append(
            f"{len(studies)} studies on {words.count(len(texts), 'text')}: those on one text "
            "confirm each other less, for they share whatever is peculiar to it."
        )
    return notes


def _row(found: Across, studies: Sequence[Study]) -> list[Cell]:
    kind = "control" if found.control else drawing.role(found.claim or Class.INCONCLUSIVE)
    return [
        found.name,
        Tag(label(found), kind, "the studies contradict each other" if found.contradicted else ""),
        *(_tag(found.verdicts.get(s.name)) for s in studies),
    ]


def _tag(verdict: Verdict | None) -> Cell:
    if verdict is None:
        return words.MISSING
    return Tag(words.label(verdict), drawing.role(verdict.kind), words.estimated(verdict))


def _change(verdict: Verdict | None) -> str:
    if verdict is None:
        return words.MISSING
    shown = f" ({words.interval(found.simultaneous)})" if (found := verdict.whole) else ""
    return f"{words.estimated(verdict)}{shown}"


def _counts(found: Across) -> dict[str, object]:
    kinds = [*Class]
    return {
        "variant": found.name,
        "holds": str(found.claim or ""),
        "on": found.counts[found.claim] if found.claim else None,
        "of": len(found.verdicts),
        "contradicted": found.contradicted,
        **{str(kind): found.counts[kind] for kind in kinds if kind is not Class.BASE},
        "in_words": sentence(found),
    }


def _record(found: Across, study: Study) -> dict[str, object]:
    verdict = found.verdicts.get(study.name)
    estimate = verdict.estimate if verdict else None
    shown = verdict.whole if verdict else None
    low, high = percents(shown.simultaneous) if shown else (None, None)
    return {
        "variant": found.name,
        "study": study.name,
        "verdict": words.label(verdict) if verdict else None,
        "change_percent": percent(estimate.mean) if estimate else None,
        "simultaneous_low_percent": low,
        "simultaneous_high_percent": high,
        "seeds": verdict.sample.finished if verdict else None,
        "diverged": len(verdict.sample.diverged) if verdict else None,
    }
