"""What was asked, what was found, and under which conditions: in plain words, before all else."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cellsearch.config import RATE
from cellsearch.report.document import Banner, Block, Bullets, Facts, Fold, Lead, Paragraph
from cellsearch.report.figures import inside
from cellsearch.report.statistics import ALPHA, SPANS
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Class, Findings, Rules, Verdict
from cellsearch.report.verdicts.roles import contrasts
from cellsearch.report.verdicts.samples import BASE, Sample, trials_by_variant

if TYPE_CHECKING:
    from cellsearch.config import SweepConfig
    from cellsearch.store import Journal

TITLE = "Asked and found"
ABOUT = ""
ORDER = 0

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
        lead=_lead(findings),
        found=tuple(_found(findings)),
        alarms=tuple(_alarms(findings)),
        notes=tuple(_notes(findings)),
        facts=tuple(_facts(findings)),
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


def learning_rates(findings: Findings) -> str:
    """Whether learning rates were tuned, as far as the plan says."""
    tune = findings.journal.study.spec.tune
    if tune is not None and RATE in tune.space:
        return "tuned for every variant (below); verdicts are conditional on this tuning"
    rates = {v.learning_rate for v in findings.journal.variants}
    if len(rates) == 1:
        depend = "" if findings.alone else ", and verdicts depend on it"
        return f"{rates.pop():g} for every variant; it was not tuned{depend}"
    each = ", ".join(f"{v.name} {v.learning_rate:g}" for v in findings.journal.variants)
    return f"given per variant ({each}), not tuned here; verdicts depend on them"


def backends(findings: Findings) -> str:
    """The backends that trained, by name."""
    ran = {t.outcome.where.backend for t in findings.journal.trials if t.outcome.where}
    return ", ".join(sorted(ran)) or findings.journal.study.where.backend


def _lead(findings: Findings) -> str:
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


def _found(findings: Findings) -> list[str]:
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


def _alarms(findings: Findings) -> list[str]:
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


def _notes(findings: Findings) -> list[str]:
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


def _facts(findings: Findings) -> list[tuple[str, str]]:
    study = findings.journal.study
    return [
        ("Base", f"{findings.base.variant.cell_name}, H = {findings.base.variant.hidden}"),
        ("Text", study.corpus),
        ("Training", _training(study.spec)),
        *([] if findings.alone else _comparison(findings)),
        ("Learning rate", learning_rates(findings)),
        ("Backend", backends(findings)),
        ("Recordings", _recorded(findings)),
    ]


def _comparison(findings: Findings) -> list[tuple[str, str]]:
    spec = findings.journal.study.spec
    small = f"{100 * spec.margin:g}%, fixed beforehand; a smaller change does not matter"
    return [
        ("Matched by", _matched(spec)),
        ("Margin", small),
        ("Tests", _tests(findings.rules)),
        ("Noise", _noise(findings)),
    ]


def _recorded(findings: Findings) -> str:
    """What was recorded inside the cells; without it there are no sections about it."""
    lines = inside.shown(findings)
    kinds = {
        "gradient flow": any(line.found.flow for line in lines),
        "gates": any(line.found.gates for line in lines),
        "states": any(line.found.states for line in lines),
        "units": any(line.found.units for line in lines),
        "samples": any(line.found.samples for line in lines),
    }
    there, lost = [kind for kind, is_there in kinds.items() if is_there], _lost(findings)
    gone = f"the recordings of {words.count(lost, 'trial')} are not beside the journal"
    if not there:
        return gone if lost else "none: what happens inside the cells was not recorded"
    of = f"{len(lines)} of {words.count(len(findings.verdicts), 'cell')}"
    said = f"{words.listed(there)}, of {of}, {inside.of_seeds(lines)}"
    return f"{said}; {gone}" if lost else said


def _lost(findings: Findings) -> int:
    """Trials that were recorded, but whose files are not there."""
    there = sum(map(len, findings.recordings.values()))
    trials = [t for own in trials_by_variant(findings.journal).values() for t in own]
    on_record = [t for t in trials if any(n.startswith("recordings/") for n in t.sidecars)]
    return len(on_record) - there


def _tests(rules: Rules) -> str:
    if not rules.contrasts:
        return "none: all variants are controls"
    return (
        f"of difference, equivalence, non-inferiority: a family of {len(rules.contrasts)} each, "
        f"Holm's correction in each, α = {rules.alpha:.3g}"
    )


def _noise(findings: Findings) -> str:
    held = {n: v.estimate for n, v in findings.verdicts.items() if v.estimate}
    if not held:
        return "unknown: no variant has two seeds in common with the base"
    without = [name for name, found in held.items() if found.noise.text is None]
    if len(without) == len(held):
        few = f"losses in {SPANS} parts of it or more are not on record"
        return f"of the seeds alone; the test text is taken as it is, since {few}"
    both = "of the seeds and of the test text, combined"
    return f"{both}; of {words.listed(without)} of the seeds alone" if without else both


def _training(spec: SweepConfig) -> str:
    train, model = spec.train, spec.model
    layers = "1 layer" if model.layers == 1 else f"{model.layers} layers"
    return (
        f"{words.whole(train.tokens)} tokens a trial, {layers}, {train.batch} streams in segments "
        f"of {train.segment}, {train.optimizer.name}, {spec.task.level} level; the last weights "
        "are tested"
    )


def _matched(spec: SweepConfig) -> str:
    of = "cells" if spec.match.of == "cell" else "whole model"
    if spec.match.by == "hidden":
        return f"hidden width H; parameters and FLOPs are counted, of the {of}, and may differ"
    what = "parameters" if spec.match.by == "params" else "FLOPs"
    return f"{what} of the {of}; the width H is solved for each variant"
