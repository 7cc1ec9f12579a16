"""`sweep` and `resume`: from a sweep file, or from what is left of a study, to a whole journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cellsearch import data, store
from cellsearch.config import SweepConfig, TrialConfig
from cellsearch.data import Corpus
from cellsearch.errors import TrialError
from cellsearch.places import Place
from cellsearch.record import BenchLine, ConfirmLine, LookLine, StudyLine
from cellsearch.recorded import LEAST_TOKENS
from cellsearch.store import Journal, Writer
from cellsearch.sweep import frozen, lock
from cellsearch.sweep.again import Again, never
from cellsearch.sweep.agenda import Agenda
from cellsearch.sweep.driver import Driver
from cellsearch.sweep.executors import Executor, Options, bench, make
from cellsearch.sweep.interrupt import asked_to_stop, out_of_time
from cellsearch.sweep.mirrors import Mirrors, mirrors_of
from cellsearch.sweep.planning.alike import undeclared_mirrors
from cellsearch.sweep.planning.describe import matched
from cellsearch.sweep.planning.plan import Text, plan
from cellsearch.sweep.planning.space import longest_segment
from cellsearch.sweep.shelf import Shelf, scratch
from cellsearch.sweep.trials import Maker
from cellsearch.sweep.tuning import possible
from cellsearch.sweep.tuning.confirm import best
from cellsearch.sweep.twins import keys_gone_on_with
from cellsearch.sweep.watching.display import Display, Silent

# One trial of each variant, the base first; the size of the vocabulary; who is told.
Measure = Callable[[Sequence[TrialConfig], int, Callable[[str], None]], list[BenchLine]]


@dataclass(frozen=True, slots=True)
class Means:
    """By what a study is worked on. Nothing of it changes a result.

    Attributes:
        executor: its name, or one that is there.
        workers: how many trials run side by side, for an executor that is named; None for as many
            as it has room for.
        gpus_per_trial: for executor `ray`, a part of one GPU, or a number of them.
        address: for executor `ray`, of a cluster that is there.
        storage: where workers write checkpoints and weights; the study's folder where left out.
        display: who is told.
        again: which of the trials that failed are tried again.
        max_hours: stop after so long, as cleanly as if asked to.
        tensorboard: write the curves in TensorBoard's format, too.
        measure: times the variants when all trials are done.
    """

    executor: str | Executor = "process"
    workers: int | None = None
    gpus_per_trial: float = 0.0
    address: str | None = None
    storage: Place | None = None
    display: Display = field(default_factory=Silent)
    again: Again = never
    max_hours: float | None = None
    tensorboard: bool = False
    measure: Measure = bench.measure


def sweep(config: SweepConfig, folder: Path, means: Means | None = None) -> Journal:
    """Run a sweep in a study's folder; where that study is begun, go on with it.

    Returns:
        The journal. Somebody who asked to stop finds trials missing in it.

    Raises:
        ConfigError, LanguageError, DataError: the sweep cannot be meant; nothing is written.
        StoreError: the folder holds another study or is held by a process, or the disk is full.
        TrialError: the executor cannot start what it needs.
    """
    means = means or Means()
    study = planned(config, means.display.note)
    executor = executor_of(config, folder, means)
    with lock.hold(folder):
        if store.begun(folder):
            frozen.check_same_plan(store.read(folder), study)
        else:
            _begin(folder, study, means.display)
        return _go_on(folder, config, executor, means)


def planned(config: SweepConfig, note: Callable[[str], None]) -> StudyLine:
    """The study that a sweep asks for; nothing is written.

    Raises:
        ConfigError, LanguageError, DataError: the sweep cannot be meant.
    """
    corpus = data.load(config.task, notify=note)
    study = plan(config, Text(len(corpus.vocabulary), corpus.sha256, corpus.description))
    possible.check(study)
    segment = longest_segment(config)
    corpus.require("train", segment + 1, f"a segment of {segment} with its last target")
    _check_recordings(config, corpus)
    for line in undeclared_mirrors(study):
        note(line)
    return study


def resume(folder: Path, overrides: Sequence[str] = (), means: Means | None = None) -> Journal:
    """Do what is left of a study. `seeds=8` adds seeds, which is another look at the data.

    Raises:
        ConfigError: an override that cannot be meant.
        StoreError: as `sweep`; or an override would change the frozen plan.
        DataError: the text is no longer there.
        TrialError: as `sweep`.
    """
    means = means or Means()
    config, executor = _as_it_was(folder, overrides, means)
    with lock.hold(folder):
        return _go_on(folder, config, executor, means)


def confirm(folder: Path, top: int, seeds: int, means: Means | None = None) -> Journal:
    """Compare the best variants of a tuning, and the base, with fresh seeds.

    Raises:
        ConfigError: the study has no tuning, or one that is not finished, or is confirmed already.
        StoreError, DataError, TrialError: as `resume`.
    """
    means = means or Means()
    config, executor = _as_it_was(folder, (), means)
    with lock.hold(folder):
        line = best(store.read(folder), top, seeds)
        with Writer(folder) as writer:
            writer.append(line)
        return _go_on(folder, config.model_copy(update={"seeds": seeds}), executor, means)


def _as_it_was(
    folder: Path, overrides: Sequence[str], means: Means
) -> tuple[SweepConfig, Executor]:
    """The sweep that a study was begun with, and what trains it."""
    journal = store.read(folder)
    config = frozen.said_anew(journal, overrides)
    corpus = data.load(config.task, notify=means.display.note)
    frozen.check_text(journal, corpus.sha256, corpus.name)
    _check_recordings(config, corpus)
    return config, executor_of(config, folder, means)


def _check_recordings(config: SweepConfig, corpus: Corpus) -> None:
    if config.record.what:
        corpus.require("valid", LEAST_TOKENS, "recordings")


def executor_of(config: SweepConfig, folder: Path, means: Means) -> Executor:
    """What trains: the executor that is there, or the one of that name."""
    if isinstance(means.executor, Executor):
        return means.executor
    options = Options(
        workers=means.workers,
        threads=config.train.threads,
        gpus_per_trial=means.gpus_per_trial,
        address=means.address,
        log=folder / f"{means.executor}.log",
    )
    return make(means.executor, options)


def _begin(folder: Path, planned: StudyLine, display: Display) -> None:
    for line in matched(planned):
        display.note(line)
    with Writer(folder) as writer:
        writer.append(planned)


def _go_on(folder: Path, config: SweepConfig, executor: Executor, means: Means) -> Journal:
    journal, seeds, task = store.read(folder), config.seeds, config.task
    for problem in journal.problems:
        means.display.note(problem)
    if _records_nothing(journal, config):
        means.display.note(
            "record: the trials that it asks for are on record already, and are not trained again"
        )
    more = frozen.check_seeds(journal, seeds)
    with Writer(folder) as writer:
        if more:
            writer.append(_more(journal, seeds))
            journal = store.read(folder)
        agenda = Agenda(journal, task, means.again)
        if agenda.settled:
            means.display.note(_settled(agenda.settled))
        mirrors = Mirrors(mirrors_of(journal.study, folder, means.tensorboard), means.display.note)
        mirrors.catch_up(journal.study, lambda: store.attempts(folder))
        shelf = Shelf(folder, scratch(means.storage, journal.study, folder))
        needed = {t.trial_key for t in agenda.retried.values()} | keys_gone_on_with(journal)
        shelf.prepare({t.trial_key for t in (*journal.trials, *journal.tuning)} - needed)
        driver = Driver(
            journal, agenda, writer, executor, shelf, mirrors, means.display, config.record
        )
        with asked_to_stop(driver.stop), out_of_time(means.max_hours, driver.stop):
            driver.run()
        journal = store.read(folder)
        _measure(journal, Maker(journal.study, task), writer, means)
    return store.read(folder)


def _settled(failed: int) -> str:
    return (
        f"{failed} failed in the tuning and {'is' if failed == 1 else 'are'} not tried again: "
        "what was pruned or chosen rests on it"
    )


def _records_nothing(journal: Journal, config: SweepConfig) -> bool:
    """Whether recordings are asked for that were not planned, and all such trials are done."""
    asked = config.record
    if not asked.what or asked == journal.study.spec.record:
        return False
    done = {(t.variant, t.seed) for t in journal.trials}
    seeds = range(min(asked.seeds, config.seeds))
    return all((v.name, seed) in done for v in journal.variants for seed in seeds)


def _more(journal: Journal, seeds: int) -> LookLine | ConfirmLine:
    """More seeds are another look at the data, unless there were none yet."""
    if journal.seeds:
        return LookLine(seeds=seeds)
    return ConfirmLine(variants=tuple(v.name for v in journal.variants), seeds=seeds)


def _measure(journal: Journal, maker: Maker, writer: Writer, means: Means) -> None:
    """Measure the cost of every variant, once all trials are on record and nothing else runs."""
    names = {v.name for v in journal.variants}
    finished = len(journal.trials) == len(names) * journal.seeds > 0
    if not finished or names == {b.variant for b in journal.benches}:
        return
    one_each = [maker.seeded(variant, 0).config for variant in journal.variants]
    try:
        for line in means.measure(one_each, journal.study.vocabulary, means.display.note):
            writer.append(line)
    except TrialError as error:
        means.display.note(str(error))
    except KeyboardInterrupt:
        means.display.note("stopped; the cost was not measured, `resume` will do it")
