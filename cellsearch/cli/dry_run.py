"""`sweep --dry-run`: what would be trained, and how long it would take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cellsearch.cli import say
from cellsearch.cli.choices import setting
from cellsearch.report.verdicts import words

if TYPE_CHECKING:
    from cellsearch.config import SweepConfig
    from cellsearch.record import StudyLine
    from cellsearch.sweep.estimate import Estimate
    from cellsearch.sweep.executors import Executor

# So many settings are listed; of more, the first.
_LISTED = 32


def dry_run(config: SweepConfig, executor: Executor, folder: Path, results: Path) -> None:
    """Plan the sweep, train every variant for some updates, and say what all of it would take.

    Args:
        config: the sweep.
        executor: what would train.
        folder: for what the short training leaves.
        results: where earlier studies lie, whose noise says what the seeds can show.
    """
    from cellsearch.sweep.estimate import estimate
    from cellsearch.sweep.planning.describe import matched
    from cellsearch.sweep.run import planned

    study = planned(config, say.note)
    for line in matched(study):
        say.note(line)
    _print_settings(study)
    _print_power(study, results)
    say.note(f"training each of {len(study.variants)} variants for some updates")
    found = estimate(study, executor, folder)
    _print_variants(found)
    _print_total(study, found, executor.at_once)


def _print_settings(study: StudyLine) -> None:
    from cellsearch.sweep import proposers
    from cellsearch.sweep.planning.space import space_of
    from cellsearch.sweep.tuning.tuning import settings

    tune = study.spec.tune
    if tune is None:
        return
    proposer = proposers.make(tune.proposer, space_of(tune), tune.seed)
    count = settings(study)
    if proposer.adaptive:
        say.line(f"{count} settings of {', '.join(map(words.key, tune.space))}, by {tune.proposer}")
        return
    say.line(f"{count} settings, the same for every variant:")
    for number in range(min(count, _LISTED)):
        say.line(f"  {number:>3}  {setting(proposer.propose(number, ()))}")
    if count > _LISTED:
        say.line(f"  … and {count - _LISTED} more")


def _print_power(study: StudyLine, results: Path) -> None:
    from cellsearch.report.verdicts.planning import foresee
    from cellsearch.report.verdicts.roles import contrasts

    tested = len(contrasts(study, study.variants))
    if study.spec.seeds < 2 or not tested:
        return
    plan = f"{study.spec.seeds} seeds and {words.count(tested, 'contrast')}"
    found = foresee(study, results)
    if found is None:
        said = "no earlier study of this task there says how noisy"
        say.line(f"what {plan} can show is not known: {said} ({results})")
        return
    text = "the same text" if found.same_text else "other text"
    low, middle, high = (words.size(found.at(share)) for share in (0.25, 0.5, 0.75))
    say.line(
        f"{plan} find a change of {middle} ({low} to {high}) in 80 of 100 such studies, by the "
        f"noise of {words.count(len(found.effects), 'contrast')} on {text}: "
        f"{words.listed(found.studies)}"
    )


def _print_variants(found: list[Estimate]) -> None:
    heads = ("variant", "H", "parameters|of the model", "ms an|update", "trials", "hours")
    rows = [
        [
            e.variant.name,
            str(e.variant.hidden),
            say.whole(e.variant.model_parameters),
            f"{1000 * e.update_seconds:.1f}",
            str(e.trials),
            f"{e.seconds / 3600:.2f}",
        ]
        for e in found
    ]
    say.table(heads, rows)


def _print_total(study: StudyLine, found: list[Estimate], at_once: int | None) -> None:
    compared = study.spec.seeds * len(found)
    tried = sum(e.trials for e in found) - compared
    seconds = sum(e.seconds for e in found)
    parts = [f"{tried} of the tuning" if tried else "", f"{compared} of the comparison"]
    say.line(
        f"{tried + compared} trials ({', '.join(filter(None, parts))}): "
        f"{seconds / 3600:.2f} device-hours{_elapsed(seconds, at_once)}"
        f"{', without recordings' if study.spec.record.what else ''}. Nothing was written."
    )


def _elapsed(seconds: float, at_once: int | None) -> str:
    return f", about {say.duration(seconds / at_once)} with {at_once} at a time" if at_once else ""
