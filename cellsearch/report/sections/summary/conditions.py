"""The conditions under which verdicts hold: text, training, tests, noise, what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cellsearch.config import RATE
from cellsearch.report.figures import inside
from cellsearch.report.statistics import SPANS
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.findings import Findings, Rules
from cellsearch.report.verdicts.samples import trials_by_variant

if TYPE_CHECKING:
    from cellsearch.config import SweepConfig


def facts(findings: Findings) -> list[tuple[str, str]]:
    """Each condition by its name."""
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
