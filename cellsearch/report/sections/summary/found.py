"""What was found, in plain words: who was compared, and each class with its variants."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Class, Findings, Verdict
from cellsearch.report.verdicts.roles import contrasts
from cellsearch.report.verdicts.samples import BASE, Sample

if TYPE_CHECKING:
    from cellsearch.store import Journal

_HEADS = {
    Class.BETTER: "Better than the base",
    Class.WORSE: "Worse than the base",
    Class.EQUIVALENT: "Equivalent to the base within the margin",
    Class.NOT_WORSE: "Not worse than the base by more than the margin",
    Class.INCONCLUSIVE: "Inconclusive",
    Class.UNSTABLE: "Unstable",
    Class.NONE: "No verdict",
    Class.MIRROR: "Mirrors, which follow the same law and show the noise alone",
    Class.PLACEBO: "Placebos, declared to show the noise alone",
    Class.IDENTICAL: "Identical cells",
}


def lead(findings: Findings) -> str:
    """Who was compared with whom, and what the base reaches."""
    tested, seeds = len(findings.rules.contrasts), words.count(findings.journal.seeds, "seed")
    name, reached = findings.base.variant.cell_name, _reached(findings.base.sample)
    if findings.alone:
        said = f" It reaches a test perplexity of {reached}." if reached else ""
        return f"{name} was trained over {seeds}, with nothing to compare it with.{said}"
    who = f"{words.count(tested, 'variant') if tested else 'No variant'} "
    who += f"{_chosen(findings.journal)}{'were' if tested > 1 else 'was'}"
    return (
        f"{who} compared with the base {name} on test perplexity, over {seeds}, "
        f"paired{_tuned(findings)}. {f'The base reaches {reached}. ' if reached else ''}Changes "
        "are of perplexity, variant against base; lower is better."
    )


def best(journal: Journal) -> list[str]:
    """The variants that are compared, without the base and what is another cell in other words."""
    found = [v for v in journal.variants if v.name != BASE]
    return [v.name for v in found if v.mirror_of is None and v.identical_to is None]


def _chosen(journal: Journal) -> str:
    """Of how many a tuning has left these, where not all that it tried are compared."""
    if len(journal.variants) == len(journal.study.variants):
        return ""
    tried = len(contrasts(journal.study, journal.study.variants))
    return f"of {tried}, the best on validation, "


def _tuned(findings: Findings) -> str:
    study = findings.journal.study
    if study.spec.tune is None:
        return ""
    settings = "its own settings" if study.adaptive else "the settings that all were tried at"
    return f", each at the best of {settings} (conditional on this tuning)"


def _reached(base: Sample) -> str:
    """The base's perplexity, where every seed has one."""
    losses = list(base.losses.values())
    if len(losses) < base.planned:
        return ""
    perplexity = math.exp(sum(losses) / len(losses))
    return words.significant(perplexity, 4)


def found(findings: Findings) -> list[str]:
    """A sentence for each class that occurs."""
    by_kind: dict[Class, list[str]] = {kind: [] for kind in _HEADS}
    for name, verdict in findings.verdicts.items():
        if name != BASE:
            by_kind[verdict.kind].append(_named(verdict, findings))
    return [f"{_HEADS[kind]}: {'; '.join(names)}." for kind, names in by_kind.items() if names]


def _named(verdict: Verdict, findings: Findings) -> str:
    name, found = verdict.variant.name, verdict.estimate
    if verdict.kind is Class.UNSTABLE:
        return f"{name} ({_what_happened(verdict)})"
    if verdict.kind is Class.NONE:
        return f"{name} ({verdict.reason})"
    small = verdict.kind in (Class.BETTER, Class.WORSE) and words.within(verdict, findings.rules)
    tail = ", within the margin" if small else ""
    return f"{name} ({words.estimated(verdict)}{tail})" if found else name


def _what_happened(verdict: Verdict) -> str:
    far, found = words.stragglers(verdict), verdict.estimate
    if far and found:
        return f"{len(far)} of {len(found.seeds)} far from the others"
    return f"{len(verdict.sample.diverged)} of {verdict.sample.finished} diverged"
