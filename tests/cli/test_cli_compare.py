"""`compare`: several studies in one report."""

import pytest

from cellsearch.testing.journals import write_journal
from cellsearch.testing.simulation import Arm, Simulation


@pytest.fixture
def folders(tmp_path):
    arms = (Arm("base"), Arm("v", effect=0.3))
    return [
        write_journal(Simulation(arms, name=n, key=k), tmp_path / n) for k, n in enumerate("ab")
    ]


def test_what_holds_is_said_and_written(call, call_json, folders, tmp_path):
    out = tmp_path / "out"
    said = call("compare", *folders, "--out", out).stdout
    assert said == f"v: Worse on 2 of 2.\n{out / 'index.html'}\n"
    (found,) = call_json("compare", *folders, "--out", out)["variants"]
    assert (found["holds"], found["on"], found["of"]) == ("worse", 2, 2)
    assert found["verdicts"] == {"a": "worse", "b": "worse"}


def test_what_cannot_be_compared_is_an_error(call, folders, tmp_path):
    said = call("compare", folders[0], folders[0], "--out", tmp_path / "out", code=1).stderr
    assert "are of one plan" in said
    assert "holds no study" in call("compare", folders[0], tmp_path / "none", code=2).stderr
