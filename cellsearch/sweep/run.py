"""`sweep` and `resume`: from a sweep file, or from what is left of a study, to a whole journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cellsearch import data, store
from cellsearch.config import SweepConfig, TaskConfig, TrialConfig
from cellsearch.data import Corpus
from cellsearch.errors import TrialError
from cellsearch.places import Place
from cellsearch.record import BenchLine, LookLine, StudyLine
from cellsearch.store import Journal, Writer
from cellsearch.sweep import files, frozen, lock
from cellsearch.sweep.describe import matched
from cellsearch.sweep.display import Display, Silent
from cellsearch.sweep.driver import Driver
from cellsearch.sweep.executors import Executor, Options, bench, make
from cellsearch.sweep.plan import Text, plan
from cellsearch.sweep.proposers.grid import grid
from cellsearch.sweep.shelf import Shelf, scratch
from cellsearch.sweep.trials import left, trials

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
        failed_too: try again what failed.
        measure: times the variants when all trials are done.
    """

    executor: str | Executor = "process"
    workers: int | None = None
    gpus_per_trial: float = 0.0
    address: str | None = None
    storage: Place | None = None
    display: Display = field(default_factory=Silent)
    failed_too: bool = False
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
    corpus = _corpus(config, means)
    planned = plan(config, _text(corpus))
    executor = _executor(config, folder, means)
    with lock.hold(folder):
        if store.begun(folder):
            frozen.check_same_plan(store.read(folder), planned)
        else:
            _begin(folder, planned, means.display)
        return _go_on(folder, config.seeds, config.task, executor, means)


def resume(folder: Path, overrides: Sequence[str] = (), means: Means | None = None) -> Journal:
    """Do what is left of a study. `seeds=8` adds seeds, which is another look at the data.

    Raises:
        ConfigError: an override that cannot be meant.
        StoreError: as `sweep`; or an override would change the frozen plan.
        DataError: the text is no longer there.
        TrialError: as `sweep`.
    """
    means = means or Means()
    journal = store.read(folder)
    config = journal.study.spec.model_copy(update={"seeds": journal.seeds})
    config = files.override(config, overrides)
    frozen.check_same_spec(journal, config)
    corpus = _corpus(config, means)
    frozen.check_text(journal, corpus.sha256, corpus.name)
    executor = _executor(config, folder, means)
    with lock.hold(folder):
        return _go_on(folder, config.seeds, config.task, executor, means)


def _corpus(config: SweepConfig, means: Means) -> Corpus:
    corpus = data.load(config.task, notify=means.display.note)
    segment = config.train.segment
    corpus.require("train", segment + 1, f"a segment of {segment} with its last target")
    return corpus


def _text(corpus: Corpus) -> Text:
    return Text(len(corpus.vocabulary), corpus.sha256, corpus.description)


def _executor(config: SweepConfig, folder: Path, means: Means) -> Executor:
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


def _go_on(folder: Path, seeds: int, task: TaskConfig, executor: Executor, means: Means) -> Journal:
    journal = store.read(folder)
    for problem in journal.problems:
        means.display.note(problem)
    more = frozen.check_seeds(journal, seeds)
    with Writer(folder) as writer:
        if more:
            writer.append(LookLine(seeds=seeds))
            journal = store.read(folder)
        planned = grid(trials(journal.study, seeds, task))
        todo = left(planned, journal, failed_too=means.failed_too)
        shelf = Shelf(folder, scratch(means.storage, journal.study, folder))
        Driver(journal, todo, writer, executor, means.display, shelf).run()
        _measure(folder, [t.config for t in planned if t.config.seed == 0], writer, means)
    return store.read(folder)


def _measure(folder: Path, one_each: list[TrialConfig], writer: Writer, means: Means) -> None:
    """Measure the cost of every variant, once all trials are on record and nothing else runs."""
    journal = store.read(folder)
    names = {t.variant for t in one_each}
    finished = len(journal.trials) == len(names) * journal.seeds
    if not finished or names == {b.variant for b in journal.benches}:
        return
    try:
        for line in means.measure(one_each, journal.study.vocabulary, means.display.note):
            writer.append(line)
    except TrialError as error:
        means.display.note(str(error))
    except KeyboardInterrupt:
        means.display.note("stopped; the cost was not measured, `resume` will do it")
