"""Journals of one plan, from several machines, as one journal in a new folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path, PurePosixPath

from cellsearch import store
from cellsearch.errors import StoreError
from cellsearch.record import BenchLine, Line, LookLine, StudyLine, TrialLine
from cellsearch.store import Journal
from cellsearch.sweep import frozen, lock
from cellsearch.sweep.shelf import SIDECARS

_RESULTS = ("done", "diverged")


@dataclass
class _Merger:
    """What was read; what somebody who merges should know; the trials that count, and whose."""

    journals: Sequence[Journal]
    notes: list[str] = field(default_factory=list)
    counted: list[tuple[Path, TrialLine]] = field(default_factory=list)


def merge(folders: Sequence[Path], out: Path) -> tuple[Journal, list[str]]:
    """Put what these folders hold of one study into the folder `out`, which holds none yet.

    Every attempt at every trial is kept. Of a trial that several folders have, the one that counts
    is that of the first folder in which it has a result. Machines of one kind must have found the
    same, bit for bit; what machines of other kinds found otherwise is noted. Seeds that one folder
    planned beyond another are a look. Measured costs are those of one folder, since ratios hold
    side by side only.

    Returns:
        The journal that was written, and notes.

    Raises:
        OtherStudyError: they are not of one plan; with each difference.
        StoreError: a journal or sidecar cannot be read or written, a tuning is among them, machines
            of one kind disagree, or `out` holds a study.
    """
    resolved = [folder.resolve() for folder in folders]
    if len(folders) < 2:
        raise StoreError(f"to merge takes two folders or more, got {len(folders)}")
    twice = next((f for k, f in enumerate(folders) if f.resolve() in resolved[:k]), None)
    if twice is not None:
        raise StoreError(f"{twice}: is given twice; expected folders of different machines")
    merger = _Merger([store.read(folder) for folder in folders])
    first, *others = merger.journals
    for journal in others:
        frozen.check_one_plan(first, journal)
    for journal in merger.journals:
        _check_untuned(journal)
        merger.notes += journal.problems
    # Before anything is made: what disagrees leaves no folder behind.
    trials = list(_trials(merger))
    with lock.hold(out):
        if store.begun(out):
            raise StoreError(f"{out}: holds a study already, expected a new folder")
        _copy_sidecars(merger, out)
        lines = [_plan(merger), *_looks(merger), *_benches(merger), *trials]
        text = "".join(f"{line.model_dump_json(by_alias=True)}\n" for line in lines)
        # Last, so that a folder with a journal is whole.
        store.write_atomically(out / store.NAME, text.encode())
    return store.read(out), merger.notes


def _check_untuned(journal: Journal) -> None:
    if journal.study.spec.tune is not None:
        raise StoreError(
            f"{journal.folder}: has a tuning, whose choices rest on all its trials in their order; "
            "only studies without one can be merged"
        )


def _plan(merger: _Merger) -> StudyLine:
    """The plan with the fewest seeds: what another one has beyond them is a look."""
    return min((j.study for j in merger.journals), key=lambda study: study.spec.seeds)


def _looks(merger: _Merger) -> Iterator[LookLine]:
    """A look for every count of seeds at which somebody could see results."""
    planned = {j.study.spec.seeds for j in merger.journals}
    looked = [
        ln for j in merger.journals for ln in store.lines(j.folder) if isinstance(ln, LookLine)
    ]
    times = {line.seeds: line.time for line in looked}
    counts = sorted({*planned, *times} - {min(planned)})
    yield from (LookLine(seeds=count, time=times.get(count, "")) for count in counts)


def _benches(merger: _Merger) -> tuple[BenchLine, ...]:
    """Those of the first folder that has the most."""
    found = max(merger.journals, key=lambda j: len(j.benches))
    if sum(bool(j.benches) for j in merger.journals) > 1:
        merger.notes.append(f"measured costs are those of {found.folder} alone")
    return found.benches


def _trials(merger: _Merger) -> Iterator[Line]:
    """All attempts, trial by trial, the one that counts last."""
    found: dict[tuple[str, int], dict[Path, list[TrialLine]]] = {}
    for journal in merger.journals:
        for line in store.attempts(journal.folder):
            each = found.setdefault((line.variant, line.seed), {})
            each.setdefault(journal.folder, []).append(line)
    for by_folder in found.values():
        yield from _one(by_folder, merger)


def _one(by_folder: dict[Path, list[TrialLine]], merger: _Merger) -> Iterator[TrialLine]:
    last = {folder: lines[-1] for folder, lines in by_folder.items()}
    results = {f: line for f, line in last.items() if line.outcome.status in _RESULTS}
    counts = next(iter(results or last))
    merger.counted.append((counts, last[counts]))
    for one, other in combinations(results, 2):
        _compare(one, other, results, merger)
    order = [*(folder for folder in by_folder if folder != counts), counts]
    lines = [(folder, line) for folder in order for line in by_folder[folder]]
    for attempt, (folder, line) in enumerate(lines, 1):
        kept = line.sidecars if folder == counts else {}
        yield line.model_copy(update={"attempt": attempt, "sidecars": kept})


def _copy_sidecars(merger: _Merger, out: Path) -> None:
    """The files of the trials that count, whose hashes are those on record."""
    missing = 0
    for folder, line in merger.counted:
        for name in line.sidecars:
            kind = _kind(folder, name)
            content = store.sidecar(folder, line, kind)
            if content is None:
                missing += 1
                continue
            (out / kind).mkdir(exist_ok=True)
            store.write_atomically(out / name, content)
    if missing:
        merger.notes.append(f"of the files beside the journals {missing} not there, not copied")


def _kind(folder: Path, name: str) -> str:
    """The folder of a sidecar, which lies in it under a plain name."""
    parts = PurePosixPath(name).parts
    if len(parts) != 2 or parts[0] not in SIDECARS or parts[1] == "..":
        raise StoreError(
            f"{folder / store.NAME}: got '{name}' for a file of a trial, expected one in "
            f"{' or '.join(SIDECARS)}"
        )
    return parts[0]


def _compare(one: Path, other: Path, results: dict[Path, TrialLine], merger: _Merger) -> None:
    """Machines of one kind give a trial the same bits; those of two kinds need not.

    `one` comes before `other`; the first of all results counts.
    """
    a, b = results[one].outcome, results[other].outcome
    if (a.status, a.metrics) == (b.status, b.metrics):
        return
    name = f"{results[one].variant}, seed {results[one].seed}"
    said = f"{_found(results[one])} in {one}, {_found(results[other])} in {other}"
    if a.where is not None and b.where is not None and a.where.kind == b.where.kind:
        raise StoreError(
            f"{other}: {name} ended otherwise on a machine of the same kind: {said}; expected the "
            "same bits. One of them is broken: leave it out"
        )
    if one == next(iter(results)):
        merger.notes.append(f"{name}: {said}, on machines of two kinds; {one} counts")


def _found(line: TrialLine) -> str:
    loss = line.outcome.metrics.get("test_loss")
    return line.outcome.status if loss is None else f"test loss {loss!r}"
