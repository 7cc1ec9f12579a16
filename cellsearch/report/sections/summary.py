"""What was asked, what was found, and under which conditions: in plain words, before all else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cellsearch.report import words
from cellsearch.report.document import Banner, Block, Bullets, Facts, Heading, Lead, Paragraph
from cellsearch.report.findings import ALPHA, Class, Findings, Verdict
from cellsearch.report.samples import BASE

if TYPE_CHECKING:
    from cellsearch.config import SweepConfig

TITLE = "Asked and found"
ORDER = 0

_HEADS = {
    Class.BETTER: "Better than the base",
    Class.WORSE: "Worse than the base",
    Class.EQUIVALENT: "Equivalent to the base within the margin",
    Class.NOT_WORSE: "Not worse than the base by more than the margin",
    Class.INCONCLUSIVE: "Inconclusive",
    Class.UNSTABLE: "Unstable: some seeds diverged",
    Class.NONE: "No verdict",
    Class.MIRROR: "Mirrors, which follow the same law and only show the noise",
    Class.PLACEBO: "Placebos, which only show the noise",
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
        Heading("Under which conditions"),
        Facts(info.facts),
    ]


def learning_rates(findings: Findings) -> str:
    """Whether learning rates were tuned, as far as the plan says."""
    rates = {v.learning_rate for v in findings.journal.study.variants}
    if len(rates) == 1:
        return f"{rates.pop():g} for every variant, not tuned for any; verdicts depend on it"
    each = ", ".join(f"{v.name} {v.learning_rate:g}" for v in findings.journal.study.variants)
    return f"given per variant ({each}); verdicts are conditional on this tuning"


def backends(findings: Findings) -> str:
    """The backends that trained, by name."""
    ran = {t.outcome.where.backend for t in findings.journal.trials if t.outcome.where}
    return ", ".join(sorted(ran)) or findings.journal.study.where.backend


def _lead(findings: Findings) -> str:
    tested, base = len(findings.rules.contrasts), findings.base.variant
    seeds = findings.journal.seeds
    noun = "variant was" if tested == 1 else "variants were"
    paired = "1 seed" if seeds == 1 else f"{seeds} paired seeds"
    return (
        f"{tested} {noun} compared with the base {base.cell_name} on test perplexity, over "
        f"{paired}. Changes are of perplexity, variant against base; lower is better."
    )


def _found(findings: Findings) -> list[str]:
    by_kind: dict[Class, list[str]] = {kind: [] for kind in _HEADS}
    for name, verdict in findings.verdicts.items():
        if name != BASE:
            by_kind[verdict.kind].append(_named(verdict))
    return [f"{_HEADS[kind]}: {'; '.join(names)}." for kind, names in by_kind.items() if names]


def _named(verdict: Verdict) -> str:
    name = verdict.variant.name
    if verdict.kind is Class.UNSTABLE:
        return f"{name} ({len(verdict.sample.diverged)} of {verdict.sample.finished})"
    if verdict.kind is Class.NONE:
        return f"{name} ({verdict.reason})"
    return f"{name} ({words.change(verdict.estimate.mean)})" if verdict.estimate else name


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
    p = f"p = {words.p_value(verdict.twin_p)}".replace("= <", "<")
    return (
        f"The placebo {verdict.variant.name} differs from {verdict.twin} ({p}), though it follows "
        "the same law. In one study of a hundred that is chance; otherwise something besides the "
        "cells differs between runs. Find out which before any verdict here is believed."
    )


def _notes(findings: Findings) -> list[str]:
    return [note for note in (_missing(findings), _looks(findings), *_torn(findings)) if note]


def _missing(findings: Findings) -> str:
    samples = [verdict.sample for verdict in findings.verdicts.values()]
    missing, planned = sum(s.missing for s in samples), sum(s.planned for s in samples)
    if not missing:
        return ""
    verb = "has" if missing == 1 else "have"
    return (
        f"{missing} of {planned} planned trials {verb} no result. Every row says how many it has."
    )


def _looks(findings: Findings) -> str:
    rules = findings.rules
    if rules.looks == 1:
        return ""
    return (
        f"Seeds were added after results could be seen: this is look {rules.looks} at the data, "
        f"so every test is made at {ALPHA:g} / {rules.looks} = {rules.alpha:.3g}."
    )


def _torn(findings: Findings) -> list[str]:
    folder = f"{findings.journal.folder}/"
    return [problem.replace(folder, "") for problem in findings.journal.problems]


def _facts(findings: Findings) -> list[tuple[str, str]]:
    study, rules = findings.journal.study, findings.rules
    spec = study.spec
    return [
        ("Base", f"{findings.base.variant.cell_name}, H = {findings.base.variant.hidden}"),
        ("Text", study.corpus),
        ("Training", _training(spec)),
        ("Matched by", _matched(spec)),
        ("Margin", f"±{100 * spec.margin:g}%, fixed beforehand: what is too small to matter"),
        ("Tests", f"three families of {len(rules.contrasts)}, Holm in each, α = {rules.alpha:.3g}"),
        ("Noise", "of the seeds alone; the one test text is taken as it is"),
        ("Learning rate", learning_rates(findings)),
        ("Backend", backends(findings)),
    ]


def _training(spec: SweepConfig) -> str:
    train, model = spec.train, spec.model
    layers = "1 layer" if model.layers == 1 else f"{model.layers} layers"
    return (
        f"{words.whole(train.tokens)} tokens a trial, {layers}, {train.batch} streams of "
        f"{train.segment}, {train.optimizer.name}, {spec.task.level} level; the last weights count"
    )


def _matched(spec: SweepConfig) -> str:
    of = "cells" if spec.match.of == "cell" else "whole model"
    if spec.match.by == "hidden":
        return f"hidden width; parameters and FLOPs differ and are counted for the {of}"
    what = "parameters" if spec.match.by == "params" else "FLOPs"
    return f"{what} of the {of}; the width H is solved for each variant"
