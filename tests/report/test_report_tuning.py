"""What a report says of a tuning: nothing but the comparison enters the verdicts."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import exp, log
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from cellsearch import store
from cellsearch.config import SweepConfig
from cellsearch.report import build
from cellsearch.report.data import frames
from cellsearch.report.data.importance import importances
from cellsearch.report.data.trying import at_the_edge, at_the_edges, expected_best, guessed, tried
from cellsearch.report.sections import tuning
from cellsearch.report.verdicts import words
from cellsearch.report.verdicts.judge import judge
from cellsearch.store import Journal
from cellsearch.sweep.executors.inline import InlineExecutor
from cellsearch.sweep.run import Means, sweep
from cellsearch.testing.executors import TRAINER

RATE = "train.optimizer.learning_rate"
SPEC: dict[str, Any] = {
    "name": "tuned",
    "base": "lstm",
    "variants": {
        "no_output_gate": {"with": "o = 1"},
        "diverges": {"with": "i = 1"},
        "flipped": {
            "with": "c' = f * c - i * g",
            "mirror": {"of": "base", "negate": ["Wg", "Ug", "bg"]},
            "placebo": True,
        },
    },
    "task": {"corpus": "grammar:train=20000,valid=2000,test=2000"},
    "model": {"hidden": 8},
    "train": {"tokens": 40, "batch": 2, "segment": 2},
    "seeds": 3,
    "tune": {
        "trials": 8,
        "space": {
            RATE: {"low": 1e-3, "high": 1e-1, "log": True},
            "model.dropout.output": {"low": 0.0, "high": 0.5},
        },
    },
}


def study(folder: Path, **tune: Any) -> Path:
    spec = SweepConfig.model_validate(SPEC | {"tune": SPEC["tune"] | tune})
    sweep(spec, folder, Means(InlineExecutor(trainer=TRAINER), measure=lambda *_: []))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study(tmp_path_factory.mktemp("tuned"))


@pytest.fixture(scope="module")
def journal(folder: Path) -> Journal:
    return store.read(folder)


def test_the_expected_best_is_the_mean_over_all_subsets() -> None:
    losses = [2.0, 1.0, 4.0, 1.5, 3.0]
    expected = [fmean(min(some) for some in combinations(losses, k)) for k in range(1, 6)]
    assert expected_best(losses) == pytest.approx(expected)


def test_what_diverged_counts_as_guessing(journal: Journal) -> None:
    each = tried(journal)
    assert guessed(journal, each["diverges"]) == [log(journal.study.vocabulary)] * 8
    assert sorted(guessed(journal, each["base"])) == sorted(each["base"].losses.values())


def test_verdicts_come_from_the_comparison_alone(journal: Journal) -> None:
    without = replace(journal, tuning=(), rungs=())
    assert judge(journal).verdicts == judge(without).verdicts
    assert {v.sample.planned for v in judge(journal).verdicts.values()} == {3}


def test_the_choice_and_what_it_is_worth(journal: Journal) -> None:
    info = tuning.info(judge(journal))
    assert info is not None
    rows = {row[0]: row for row in info.rows}
    # The placebo was not tuned.
    assert set(rows) == {"base", "no_output_gate", "diverges"}
    base = tried(journal)["base"]
    best = min(base.losses.values())
    assert rows["base"][4] == rows["base"][5] == f"{exp(best):.3f}"
    other = tried(journal)["no_output_gate"]
    assert rows["no_output_gate"][5] == f"{exp(other.losses[base.chosen or 0]):.3f}"
    assert rows["diverges"][1:5] == ("–",) * 4
    assert any("flipped is not tuned" in note for note in info.notes)
    assert any("diverges: no setting ended well" in note for note in info.notes)
    assert any("8 of 24 trials diverged: diverges 8" in note for note in info.notes)
    assert {line.name for line in info.best} == set(rows)
    assert all(a > b - 1e-9 for line in info.best for a, b in zip(line.y, line.y[1:], strict=False))
    assert info.evaluators == ("fANOVA", "PED-ANOVA")
    assert [row[0] for row in info.shares] == [RATE, "model.dropout.output"]


def test_a_choice_at_the_edge_is_said(journal: Journal) -> None:
    one = tried(journal)["base"]
    by_rate = sorted(one.lines, key=lambda n: float(str(one.lines[n].setting[RATE])))
    by_output = sorted(
        one.lines, key=lambda n: float(str(one.lines[n].setting["model.dropout.output"]))
    )
    (middle, *_) = [n for n in by_rate[1:-1] if n in by_output[1:-1]]
    assert at_the_edge(journal, replace(one, chosen=middle)) == []
    (said, *_) = at_the_edge(journal, replace(one, chosen=by_rate[0]))
    assert said.startswith("the lowest optimizer.learning_rate (")


def test_variants_at_the_same_edge_are_said_together(journal: Journal) -> None:
    each = {name: tried(journal)[name] for name in ("base", "no_output_gate")}
    lowest = min(each["base"].lines, key=lambda n: float(str(each["base"].lines[n].setting[RATE])))
    found = at_the_edges(journal, {n: replace(one, chosen=lowest) for n, one in each.items()})
    assert next(iter(found)).startswith("the lowest optimizer.learning_rate (")
    assert all(names == ["base", "no_output_gate"] for names in found.values())


def test_a_list_in_words() -> None:
    assert [words.listed("abc"[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]


@pytest.mark.slow
def test_the_page_says_what_it_rests_on(folder: Path, tmp_path: Path) -> None:
    built = build(folder, tmp_path / "a")
    page = built.index.read_text()
    assert page.count("onditional on this tuning") >= 3
    assert "no effect of an ablation" in page
    assert {p.name for p in built.figures} >= {
        "tuning_best_no_output_gate.svg",
        "tuning_train.optimizer.learning_rate.svg",
    }
    assert build(folder, tmp_path / "b").index.read_bytes() == built.index.read_bytes()


@pytest.mark.parametrize(
    ("tune", "said"),
    [
        ({"halving": {"factor": 2, "rungs": 1}}, "trials pruned"),
        pytest.param({"proposer": "tpe"}, "settings of its own (tpe)", marks=pytest.mark.slow),
        pytest.param(
            {"proposer": "grid", "trials": 2, "space": {"model.tied": [True, False]}},
            "(grid)",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_other_tunings_have_a_page(tmp_path: Path, tune: dict[str, Any], said: str) -> None:
    page = build(study(tmp_path / "study", **tune), tmp_path / "out").index.read_text()
    assert said in page


def test_an_unfinished_tuning_has_a_page(folder: Path, tmp_path: Path) -> None:
    lines = (folder / store.NAME).read_bytes().splitlines(keepends=True)
    for count in (1, 4, 20):
        cut = tmp_path / str(count)
        cut.mkdir()
        (cut / store.NAME).write_bytes(b"".join(lines[:count]))
        page = build(cut, tmp_path / "out" / str(count)).index.read_text()
        assert "The study is not finished" in page


def test_everything_is_one_frame(journal: Journal) -> None:
    frame = frames.everything(journal)
    assert dict(frame["phase"].value_counts()) == {"tuning": 24, "comparison": 12}
    tuned = frame[frame["phase"] == "tuning"]
    assert tuned["test_loss"].isna().all()
    assert tuned[RATE].notna().all()


def test_a_study_without_a_tuning_says_nothing_of_one(tmp_path: Path) -> None:
    spec = SweepConfig.model_validate({k: v for k, v in SPEC.items() if k != "tune"})
    sweep(spec, tmp_path / "s", Means(InlineExecutor(trainer=TRAINER), measure=lambda *_: []))
    page = build(tmp_path / "s", tmp_path / "out").index.read_text()
    assert "it was not tuned" in page
    assert "onditional on" not in page


def test_a_const_is_said_of_the_cells_that_have_it(tmp_path: Path) -> None:
    cell = "cell mine(x; h)\n    const beta = 1\n    h' = tanh(beta * (W @ x + U @ h) + bh)\n"
    space = SPEC["tune"]["space"] | {"const.beta": {"low": 0.5, "high": 4.0}}
    changed = {
        "base": cell,
        "variants": {"gru": {"cell": "gru"}},
        "tune": SPEC["tune"] | {"space": space},
    }
    spec = SweepConfig.model_validate(SPEC | changed)
    sweep(spec, tmp_path, Means(InlineExecutor(trainer=TRAINER), measure=lambda *_: []))
    journal = store.read(tmp_path)
    each, info = tried(journal), tuning.info(judge(journal))
    assert info is not None
    rows = {row[0]: row for row in info.rows}
    assert info.keys[-1] == "const.beta"
    assert rows["base"][4] != "–" == rows["gru"][4]
    response = next(r for r in info.responses if r.key == "const.beta")
    assert [line.name for line in response.lines] == ["base"]
    assert not any("beta" in edge for edge in at_the_edge(journal, each["gru"]))
    assert set(importances(spec.tune, each["gru"])["fANOVA"]) == set(SPEC["tune"]["space"])
    assert set(importances(spec.tune, each["base"])["fANOVA"]) == set(space)


def test_a_study_that_has_hardly_begun_has_a_page(folder: Path, tmp_path: Path) -> None:
    """The base may not be the first of which a trial ends."""
    lines = (folder / store.NAME).read_bytes().splitlines(keepends=True)
    of_others = [line for line in lines[1:] if b'"variant":"no_output_gate"' in line]
    (tmp_path / store.NAME).write_bytes(b"".join([lines[0], *of_others[:2]]))
    page = build(tmp_path, tmp_path / "page").index.read_text()
    assert "1 variant was tried" in page
