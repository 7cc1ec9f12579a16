"""What planned seeds can show, from the noise of earlier studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellsearch.record import StudyLine
from cellsearch.report import statistics as st
from cellsearch.report.statistics import power
from cellsearch.report.verdicts.planning import foresee
from cellsearch.testing.journals import lines, write_journal
from cellsearch.testing.simulation import Arm, Simulation


def _plan(seeds: int = 5, *arms: Arm) -> StudyLine:
    plan = next(iter(lines(Simulation((Arm("base"), *(arms or (Arm("a"), Arm("b")))), seeds))))
    assert isinstance(plan, StudyLine)
    return plan


def _study(folder: Path, name: str, **settings: object) -> None:
    arms = (Arm("base"), *(Arm(f"v{k}") for k in range(6)), Arm("lost", diverged=(0,)))
    write_journal(Simulation(arms, name=name, rough=0.0, **settings), folder / name)  # type: ignore[arg-type]


def test_the_effect_is_that_of_the_noise_on_record(tmp_path: Path) -> None:
    _study(tmp_path, "earlier", seeds=60, noise=0.01, key=1)
    found = foresee(_plan(8), tmp_path)
    assert found is not None
    assert (found.studies, found.same_text) == (("earlier",), True)
    assert len(found.effects) == 6, "who diverged has left no noise"
    foretold = power.smallest_effect(power.Design(8, st.alpha_at(1) / 2, 0.01 * 2**0.5))
    assert found.at(0.5) == pytest.approx(foretold, rel=0.15)
    assert found.at(0.25) < found.at(0.5) < found.at(0.75)


def test_controls_are_not_counted_among_the_contrasts(tmp_path: Path) -> None:
    _study(tmp_path, "earlier", seeds=10)
    alone = foresee(_plan(5, Arm("a")), tmp_path)
    beside = foresee(_plan(5, Arm("a"), Arm("p", placebo=True)), tmp_path)
    assert alone == beside != foresee(_plan(5), tmp_path)


def test_where_nothing_is_known(tmp_path: Path) -> None:
    assert foresee(_plan(), tmp_path / "not_there") is None
    _study(tmp_path, "short", seeds=2)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "journal.jsonl").write_text("{")
    assert foresee(_plan(), tmp_path) is None
    _study(tmp_path, "earlier", seeds=5)
    assert foresee(_plan(), tmp_path) is not None
    assert foresee(_plan(1), tmp_path) is None


def test_another_text_is_better_than_none(tmp_path: Path) -> None:
    _study(tmp_path, "earlier", seeds=5)
    other = _plan().model_copy(update={"data_sha256": "another"})
    found = foresee(other, tmp_path)
    assert found is not None
    assert not found.same_text
    words = other.spec.model_copy(
        update={"task": other.spec.task.model_copy(update={"level": "word"})}
    )
    assert foresee(other.model_copy(update={"spec": words}), tmp_path) is None


def test_a_study_that_tells_nothing_hides_none_that_does(tmp_path: Path) -> None:
    _study(tmp_path, "short", seeds=2)
    _study(tmp_path, "other", seeds=10)
    path = tmp_path / "other" / "journal.jsonl"
    sha256 = _plan().data_sha256
    path.write_text(path.read_text().replace(sha256, "a" * len(sha256)))
    found = foresee(_plan(), tmp_path)
    assert found is not None
    assert (found.studies, found.same_text) == (("other",), False)
