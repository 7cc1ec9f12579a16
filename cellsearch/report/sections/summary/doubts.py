"""What no reader may miss: alarms, and what takes away from the verdicts."""

from __future__ import annotations

from collections import Counter

from cellsearch.report.statistics import ALPHA
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Class, Findings, Verdict
from cellsearch.report.verdicts.samples import trials_by_variant


def alarms(findings: Findings) -> list[str]:
    """Why nothing here may be believed before it is looked into."""
    base = findings.base.sample
    said = []
    if base.diverged:
        said.append(
            f"The base diverged on {len(base.diverged)} of {base.finished} seeds. Nothing can be "
            "compared with it, so there are no verdicts."
        )
    return said + [_placebo_alarm(verdict) for verdict in findings.alarms]


def _placebo_alarm(verdict: Verdict) -> str:
    assert verdict.twin_p is not None
    proved = verdict.kind is Class.MIRROR
    claim = "it follows the same law" if proved else "it was declared to change nothing"
    doubt = "something besides the cells differs between runs"
    doubt += "" if proved else ", or the declaration is wrong"
    return (
        f"The {verdict.kind} {verdict.variant.name} differs from {verdict.twin} "
        f"({words.p_equals(verdict.twin_p)}), though {claim}. Chance alone parts two so far in at "
        f"most one comparison of a hundred; otherwise {doubt}. Find out which before any verdict "
        "here is believed."
    )


def notes(findings: Findings) -> list[str]:
    """What is missing, or was done otherwise than planned."""
    found = (
        _waiting(findings),
        _failed(findings),
        _base_straggles(findings),
        _looks(findings),
        *_torn(findings),
    )
    return [note for note in found if note]


def _waiting(findings: Findings) -> str:
    waiting, planned = _without_line(findings), _planned(findings)
    if not waiting:
        return ""
    return (
        f"The study is not finished: {waiting} of {planned} planned trials have not run. All that "
        "is said here is provisional; to decide by it whether to go on is a look at the data that "
        "no test here accounts for."
    )


def _failed(findings: Findings) -> str:
    missing = sum(verdict.sample.missing for verdict in findings.verdicts.values())
    failed = missing - _without_line(findings)
    if not failed:
        return ""
    return (
        f"{failed} of {_planned(findings)} planned trials ended without a result. Every row says "
        "how many seeds it has."
    )


def _planned(findings: Findings) -> int:
    return findings.journal.seeds * len(findings.verdicts)


def _without_line(findings: Findings) -> int:
    lines = trials_by_variant(findings.journal).values()
    return _planned(findings) - sum(map(len, lines))


def _base_straggles(findings: Findings) -> str:
    """A seed on which the base is far off is one on which every variant seems to be."""
    held = [v.estimate for name in findings.rules.contrasts if (v := findings.verdicts[name])]
    far = Counter(seed for found in held if found for seed in found.stragglers)
    seeds = sorted(seed for seed, count in far.items() if 1 < len(held) < 2 * count)
    if not seeds:
        return ""
    return (
        f"Most variants are far from the base on {words.seed_names(seeds)}, and near it on the "
        "others: there it is the base that ended far off, and the variants are called unstable for "
        "it."
    )


def _looks(findings: Findings) -> str:
    rules = findings.rules
    if rules.looks == 1:
        return ""
    return (
        f"Seeds were added after results could be seen: this is look {rules.looks} at the data. "
        f"Every test is made at {rules.alpha:.3g}, so that all looks together keep {ALPHA:g}."
    )


def _torn(findings: Findings) -> list[str]:
    folder = f"{findings.journal.folder}/"
    return [problem.replace(folder, "") for problem in findings.journal.problems]
