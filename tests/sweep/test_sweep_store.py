"""The journal: appended, torn, damaged, foreign, full, long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_sweep import TEXT, config

from cellsearch import store
from cellsearch.errors import StoreError
from cellsearch.record import LookLine, Outcome, StudyLine, TrialLine
from cellsearch.sweep.planning.plan import plan
from cellsearch.sweep.trials import trials


@pytest.fixture(scope="module")
def study() -> StudyLine:
    return plan(config(), TEXT)


@pytest.fixture(scope="module")
def lines(study: StudyLine) -> list[TrialLine]:
    return [
        TrialLine(
            trial_key=trial.key,
            variant=trial.variant.name,
            seed=trial.config.seed,
            cell_hash=trial.variant.cell_hash,
            config=trial.config,
            cost=trial.variant.cell_cost,
            outcome=Outcome(status="done", metrics={"test_loss": 0.1 + 0.2}),
        )
        for trial in trials(study, 2, study.spec.task)
    ]


@pytest.fixture
def folder(tmp_path: Path, study: StudyLine, lines: list[TrialLine]) -> Path:
    append(tmp_path, study, *lines)
    return tmp_path


def append(folder: Path, *lines: Any) -> None:
    with store.Writer(folder) as writer:
        for line in lines:
            writer.append(line)


def test_what_was_appended_is_read(folder: Path, study: StudyLine, lines: list[TrialLine]) -> None:
    journal = store.read(folder)
    assert journal.study.variants == study.variants
    assert journal.study.spec == study.spec
    assert [t.config for t in journal.trials] == [t.config for t in lines]
    assert journal.trials[0].outcome.metrics == {"test_loss": 0.1 + 0.2}
    assert journal.trials[0].time.endswith("+00:00")
    assert (journal.seeds, journal.looks, journal.problems) == (2, 1, ())


def test_of_several_attempts_the_last_counts(folder: Path, lines: list[TrialLine]) -> None:
    again = lines[0].model_copy(update={"attempt": 2, "outcome": Outcome(status="diverged")})
    append(folder, again)
    journal = store.read(folder)
    assert len(journal.trials) == len(lines)
    found = next(t for t in journal.trials if t.trial_key == again.trial_key)
    assert (found.attempt, found.outcome.status) == (2, "diverged")


def test_added_seeds_are_looks(folder: Path) -> None:
    append(folder, LookLine(seeds=5), LookLine(seeds=8))
    journal = store.read(folder)
    assert (journal.seeds, journal.looks) == (8, 3)


def test_a_torn_line_is_reported_then_set_aside(folder: Path, lines: list[TrialLine]) -> None:
    path = folder / store.NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    journal = store.read(folder)
    assert len(journal.trials) == len(lines) - 1
    assert journal.problems == (
        f"{path}: line {len(lines) + 1}, the last, is torn and does not count",
    )
    append(folder, lines[-1])
    journal = store.read(folder)
    assert len(journal.trials) == len(lines)
    assert journal.problems == ()
    torn = whole.splitlines(keepends=True)[-1][:-40]
    assert (folder / store.TORN).read_bytes() == torn + b"\n"


def test_every_length_of_the_last_line_can_be_mended(folder: Path, lines: list[TrialLine]) -> None:
    path = folder / store.NAME
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    for cut in range(0, last + 1, 37):
        path.write_bytes(whole[: len(whole) - cut])
        append(folder, lines[-1])
        assert len(store.read(folder).trials) == len(lines), cut


def test_a_last_line_without_its_end_is_whole(folder: Path, lines: list[TrialLine]) -> None:
    path = folder / store.NAME
    path.write_bytes(path.read_bytes()[:-1])
    append(folder, LookLine(seeds=3))
    journal = store.read(folder)
    assert (len(journal.trials), journal.seeds) == (len(lines), 3)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (b"\x00" * 20, "line 3 is damaged"),
        (b"{}", "line 3 is damaged: .*kind"),
        (b'{"schema": 1, "kind": "trial", "seed": 1}', "line 3 is damaged: field required at"),
        (b'{"schema": 2, "kind": "trial"}', "line 3 .*schema 2; this .* reads schema 1"),
        (b'{"kind": "dance"}', "line 3 is damaged: .*dance"),
    ],
)
def test_a_damaged_line_is_named(folder: Path, damage: bytes, message: str) -> None:
    path = folder / store.NAME
    content = path.read_bytes().splitlines()
    content[2] = damage
    path.write_bytes(b"\n".join(content) + b"\n")
    with pytest.raises(StoreError, match=message):
        store.read(folder)


def test_a_foreign_schema_in_the_last_line_is_not_torn(folder: Path) -> None:
    with (folder / store.NAME).open("ab") as file:
        file.write(b'{"schema": 9, "kind": "trial"}')
    with pytest.raises(StoreError, match="schema 9"):
        store.read(folder)


@pytest.mark.parametrize("tail", [b"[" * 100_000, b"\x00" * 4096, b"\xff\xfe"])
def test_whatever_stands_behind_the_last_line_is_torn(folder: Path, tail: bytes) -> None:
    whole = (folder / store.NAME).read_bytes()
    (folder / store.NAME).write_bytes(whole + tail)
    assert "is torn" in store.read(folder).problems[0]
    append(folder)
    assert (folder / store.NAME).read_bytes() == whole
    assert (folder / store.TORN).read_bytes() == tail + b"\n"


@pytest.mark.parametrize(
    ("content", "begun"),
    [(b"", False), (b'{"sche', False), (b"garbage\n{}\n", True), (b"notes\nof mine", True)],
)
def test_a_journal_is_begun_unless_its_plan_is_torn(
    tmp_path: Path, content: bytes, begun: bool
) -> None:
    assert not store.begun(tmp_path)
    (tmp_path / store.NAME).write_bytes(content)
    assert store.begun(tmp_path) is begun


def test_a_folder_in_the_place_of_a_journal(tmp_path: Path) -> None:
    (tmp_path / store.NAME).mkdir()
    for ask in (store.begun, store.read):
        with pytest.raises(StoreError, match="cannot be read: Is a directory"):
            ask(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema": 1, "kind": "look", "seeds": 3}\n'])
def test_a_journal_without_a_plan(tmp_path: Path, content: bytes) -> None:
    (tmp_path / store.NAME).write_bytes(content)
    with pytest.raises(StoreError, match="first line should be the study's plan"):
        store.read(tmp_path)


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no study here"):
        store.read(tmp_path / "nowhere")


def test_two_plans_are_one_too_many(folder: Path, study: StudyLine) -> None:
    append(folder, study)
    with pytest.raises(StoreError, match="line 8 is damaged: a second plan"):
        store.read(folder)


_FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from cellsearch import store
from cellsearch.errors import StoreError
from cellsearch.record import LookLine
folder = Path(sys.argv[1])
size = (folder / store.NAME).stat().st_size
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with store.Writer(folder) as writer:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, size + 20))
    try:
        writer.append(LookLine(seeds=7))
    except StoreError as error:
        print(error)
"""


def test_a_disk_that_is_full_loses_nothing(folder: Path) -> None:
    before = (folder / store.NAME).read_bytes()
    call = [sys.executable, "-c", _FILLS_THE_DISK, str(folder)]
    said = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    assert "cannot be written: file too large; nothing that was there is lost" in said
    assert (folder / store.NAME).read_bytes() == before


def test_a_sync_that_fails_takes_the_line_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / store.NAME).read_bytes()

    def fail(file: int) -> None:
        raise OSError(28, "No space left on device")

    with store.Writer(folder) as writer:
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StoreError, match="no space left on device"):
            writer.append(LookLine(seeds=7))
        monkeypatch.undo()
        assert (folder / store.NAME).read_bytes() == before
        writer.append(LookLine(seeds=9))
    assert store.read(folder).seeds == 9


def test_numbers_that_are_not_finite_stay_out(lines: list[TrialLine], folder: Path) -> None:
    for line in (folder / store.NAME).read_text().splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_atomic_writes_replace_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    store.write_atomically(path, b"old")
    store.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    with pytest.raises(StoreError, match="cannot be written"):
        store.write_atomically(tmp_path / "nowhere" / "file", b"x")
