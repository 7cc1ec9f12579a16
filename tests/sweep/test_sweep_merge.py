"""Journals of one plan from several machines: what is kept, what counts, what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cellsearch import store
from cellsearch.config import TuneConfig
from cellsearch.errors import OtherStudyError, StoreError
from cellsearch.record import Line, LookLine, StudyLine, TrialLine
from cellsearch.sweep.merging import merge
from cellsearch.testing.journals import write_journal
from cellsearch.testing.simulation import Arm, Simulation


def _write(folder: Path, waiting: tuple[int, ...] = (), **settings: object) -> Path:
    arms = (Arm("base", waiting=waiting), Arm("v", effect=0.1, waiting=waiting))
    settings = {"name": "one", **settings}
    return write_journal(Simulation(arms=arms, **settings), folder)  # type: ignore[arg-type]


def _edit(folder: Path, change: Callable[[Line], Line]) -> Path:
    """The journal with every line changed."""
    lines = [change(line) for line in store.lines(folder)]
    text = "".join(f"{line.model_dump_json(by_alias=True)}\n" for line in lines)
    (folder / store.NAME).write_text(text)
    return folder


def _worse(device: str) -> Callable[[Line], Line]:
    """Seed 1 of v ended otherwise, and all of it ran on that device."""

    def change(line: Line) -> Line:
        if not isinstance(line, TrialLine):
            return line
        outcome = line.outcome
        assert outcome.where is not None
        moved = {"where": outcome.where.model_copy(update={"device": device})}
        if (line.variant, line.seed) == ("v", 1):
            moved["metrics"] = outcome.metrics | {"test_loss": 7.0}
        return line.model_copy(update={"outcome": outcome.model_copy(update=moved)})

    return change


def _losses(folder: Path) -> dict[tuple[str, int], float | None]:
    trials = store.read(folder).trials
    return {(t.variant, t.seed): t.outcome.metrics["test_loss"] for t in trials}


def test_two_halves_are_the_whole(tmp_path: Path) -> None:
    whole = _write(tmp_path / "whole")
    halves = [_write(tmp_path / "a", (3, 4)), _write(tmp_path / "b", (0, 1, 2))]
    journal, notes = merge(halves, tmp_path / "out")
    assert _losses(tmp_path / "out") == _losses(whole)
    assert notes == [f"measured costs are those of {halves[0]} alone"]
    assert (journal.seeds, journal.looks, len(journal.benches)) == (5, 1, 2)
    assert [t.attempt for t in journal.trials] == [1] * 10


def test_of_doubles_the_first_result_counts_and_all_attempts_stay(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a"), _write(tmp_path / "b")
    b = _edit(b, _worse("another"))
    journal, notes = merge([b, a], tmp_path / "out")
    assert _losses(tmp_path / "out")["v", 1] == 7.0
    assert [t.attempt for t in journal.trials] == [2] * 10
    assert len(list(store.attempts(tmp_path / "out"))) == 20
    (note,) = [n for n in notes if "v, seed 1" in n]
    assert "test loss 7.0 in" in note and note.endswith(f"two kinds; {b} counts")


def test_a_failure_does_not_count_before_a_result(tmp_path: Path) -> None:
    arms = (Arm("base"), Arm("v", effect=0.1, failed=(1,)))
    failed = write_journal(Simulation(arms=arms, name="one"), tmp_path / "failed")
    merge([failed, _write(tmp_path / "done")], tmp_path / "out")
    found = {(t.variant, t.seed): t for t in store.read(tmp_path / "out").trials}
    assert found["v", 1].outcome.status == "done" and found["v", 1].attempt == 2


def test_machines_of_one_kind_must_agree(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a"), _edit(_write(tmp_path / "b"), _worse("cpu"))
    with pytest.raises(
        StoreError, match=r"v, seed 1 ended otherwise on a machine of the same kind"
    ):
        merge([a, b], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_machines_of_one_kind_must_agree_whichever_comes_first(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a"), _edit(_write(tmp_path / "b"), _worse("cpu"))
    other = _edit(_write(tmp_path / "other"), _worse("another"))
    with pytest.raises(StoreError, match="on a machine of the same kind"):
        merge([other, a, b], tmp_path / "out")


def test_a_journal_that_was_written_anew_has_its_trials(tmp_path: Path) -> None:
    folders = [_write(tmp_path / "a", (3, 4)), _write(tmp_path / "b", (0, 1, 2))]
    for folder in folders:
        lines = (folder / store.NAME).read_text().splitlines()
        (folder / store.NAME).write_text("".join(f"{json.dumps(json.loads(a))}\n" for a in lines))
    journal, _ = merge(folders, tmp_path / "out")
    assert len(journal.trials) == 10


def test_seeds_that_one_planned_beyond_the_other_are_a_look(tmp_path: Path) -> None:
    few = _write(tmp_path / "few", seeds=3)
    many = _write(tmp_path / "many", (0, 1, 2), seeds=5)
    looked = _write(tmp_path / "looked", (0, 1, 2, 3, 4), seeds=3, looks=(8,))
    journal, _ = merge([many, few, looked], tmp_path / "out")
    assert (journal.study.spec.seeds, journal.seeds, journal.looks) == (3, 8, 3)
    looks = [line.seeds for line in store.lines(tmp_path / "out") if isinstance(line, LookLine)]
    assert looks == [5, 8]


def test_sidecars_come_along_with_what_counts(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a", (1, 2, 3, 4)), _write(tmp_path / "b", (2, 3, 4))
    content, name = b"weights of a", "weights/t1-x.safetensors"
    sha256 = hashlib.sha256(content).hexdigest()

    def with_file(line: Line) -> Line:
        if isinstance(line, TrialLine) and (line.variant, line.seed) == ("v", 0):
            return line.model_copy(update={"sidecars": {name: sha256}})
        return line

    for folder, held in ((a, content), (b, b"others")):
        _edit(folder, with_file)
        (folder / "weights").mkdir()
        (folder / name).write_bytes(held)
    merge([a, b], tmp_path / "out")
    assert (tmp_path / "out" / name).read_bytes() == content
    # That of b is not the one on its record.
    with pytest.raises(StoreError, match="got sha256"):
        merge([b, a], tmp_path / "other")
    (a / name).unlink()
    _, notes = merge([a, b], tmp_path / "third")
    assert "of the files beside the journals 1 not there, not copied" in notes


def test_no_file_is_written_outside(tmp_path: Path) -> None:
    def astray(line: Line) -> Line:
        sidecars = {"weights/../../x": "0"}
        return (
            line.model_copy(update={"sidecars": sidecars}) if isinstance(line, TrialLine) else line
        )

    a, b = _edit(_write(tmp_path / "a"), astray), _write(tmp_path / "b")
    with pytest.raises(StoreError, match=r"got 'weights/\.\./\.\./x' for a file of a trial"):
        merge([a, b], tmp_path / "out")


def test_other_plans_are_refused_with_the_difference(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a"), _write(tmp_path / "b", margin=0.05)
    with pytest.raises(
        OtherStudyError, match=r"is of another plan.*\n  margin: 0\.03 in .*0\.05 in"
    ):
        merge([a, b], tmp_path / "out")


def test_a_tuning_is_refused(tmp_path: Path) -> None:
    def tuned(line: Line) -> Line:
        if not isinstance(line, StudyLine):
            return line
        tune = TuneConfig(space={"model.layers": (1, 2)})
        return line.model_copy(update={"spec": line.spec.model_copy(update={"tune": tune})})

    folders = [_edit(_write(tmp_path / name), tuned) for name in "ab"]
    with pytest.raises(StoreError, match="has a tuning, whose choices rest on all its trials"):
        merge(folders, tmp_path / "out")


def test_a_study_is_not_written_over(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a"), _write(tmp_path / "b")
    with pytest.raises(StoreError, match="holds a study already"):
        merge([a, b], a)
    with pytest.raises(StoreError, match="takes two folders or more, got 1"):
        merge([a], tmp_path / "out")
