"""Several studies side by side: what may stand together, and what holds."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from cellsearch.errors import StoreError
from cellsearch.report.several import overview, sizes
from cellsearch.report.several.build import compare
from cellsearch.report.several.holding import across, label, sentence
from cellsearch.report.several.studies import Study, studies
from cellsearch.report.verdicts.findings import Class
from cellsearch.store import NAME
from cellsearch.testing.journals import write_journal
from cellsearch.testing.simulation import Arm, Simulation


def _write(folder: Path, *arms: Arm, base: float = 1.0, **settings: object) -> Path:
    whole = (Arm("base", size=base, speed=base), *arms)
    named = {"name": folder.name, "seeds": 6, "noise": 0.004, **settings}
    return write_journal(Simulation(arms=whole, **named), folder)  # type: ignore[arg-type]


def _said_anew(folder: Path, change: tuple[str, str]) -> Path:
    """The journal with its plan's line changed."""
    path = folder / NAME
    plan, *rest = path.read_text().splitlines(keepends=True)
    assert change[0] in plan
    path.write_text("".join([plan.replace(*change), *rest]))
    return folder


def _three(folder: Path) -> list[Study]:
    a = _write(folder / "a", Arm("v", effect=0.2), Arm("w", effect=-0.2), Arm("only_here"), key=1)
    b = _write(folder / "b", Arm("v", effect=0.2), Arm("w", effect=0.2), key=2)
    c = _write(folder / "c", Arm("v", effect=0.04, noise=0.05), Arm("w", diverged=(1,)), key=3)
    return studies([a, b, c])


def test_a_verdict_holds_where_the_study_itself_gave_it(tmp_path: Path) -> None:
    v, w = across(_three(tmp_path))
    assert v.counts == {Class.WORSE: 2, Class.INCONCLUSIVE: 1}
    assert (v.claim, v.contradicted, label(v)) == (Class.WORSE, False, "worse, 2 of 3")
    assert sentence(v) == "Worse on 2 of 3 (a, b) and inconclusive on 1 of 3 (c)."
    # As often one as the other holds nowhere.
    assert w.counts == {Class.BETTER: 1, Class.WORSE: 1, Class.UNSTABLE: 1}
    assert (w.claim, w.contradicted, label(w)) == (None, True, "no one class")
    assert sentence(w).endswith("The studies contradict each other.")


def test_each_study_has_the_verdicts_that_its_own_report_has(tmp_path: Path) -> None:
    found = _three(tmp_path)
    for study in found:
        assert study.findings.rules.contrasts == tuple(
            v.name for v in study.journal.variants if v.name != "base"
        )
    rows = overview.table(found, across(found))[0].rows
    assert [row[0] for row in rows] == ["v", "w"]
    assert [cell.text for cell in rows[1][2:]] == ["better", "worse", "unstable 1/6"]


def test_a_control_holds_nothing(tmp_path: Path) -> None:
    folders = [_write(tmp_path / n, Arm("m", mirror_of="base"), Arm("v")) for n in "ab"]
    mirror, v = across(studies(folders))
    assert mirror.control and mirror.claim is None and not v.control
    assert sentence(mirror) == "A control on 2 studies: nothing is to be shown."


def test_a_variant_that_one_study_lacks_is_counted_on_the_others(tmp_path: Path) -> None:
    a = _write(tmp_path / "a", Arm("v"), Arm("w", effect=0.2), key=1)
    b = _write(tmp_path / "b", Arm("v"), Arm("w", effect=0.2), key=2)
    c = _write(tmp_path / "c", Arm("v"), key=3)
    _, w = across(found := studies([a, b, c]))
    assert sentence(w) == "Worse on 2 of 2."
    assert overview.table(found, [w])[0].rows[0][-1] == "–"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"level":"char"', '"level":"word"'), "task.level is word, expected char as in"),
        (
            ("i = sigmoid(Wi @ x + Ui @ h + bi)", "i = 1"),
            "the base is not the cell that it is in .*: got `i = 1`, expected `i = sigmoid",
        ),
    ],
)
def test_what_does_not_belong_together_is_refused(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    a, b = (_write(tmp_path / name, Arm("v")) for name in "ab")
    _said_anew(b, change)
    with pytest.raises(StoreError, match=said):
        studies([a, b])


def test_one_name_for_two_cells_is_refused(tmp_path: Path) -> None:
    a = _write(tmp_path / "a", Arm("v", edit="o = sigmoid(bo)"))
    b = _write(tmp_path / "b", Arm("v", edit="i = sigmoid(bi)"))
    said = "variant 'v' is not the cell that it is in .*: got `i = sigmoid"
    with pytest.raises(StoreError, match=said):
        studies([a, b])


def test_comments_make_no_other_cell(tmp_path: Path) -> None:
    a, b = (_write(tmp_path / name, Arm("v")) for name in "ab")
    _said_anew(b, ("cell base(x; h, c)\\n", "# Of 1997.\\ncell base(x; h, c)  # here\\n"))
    assert len(studies([a, b])) == 2


def test_nothing_in_common_is_refused(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a", Arm("v")), _write(tmp_path / "b", Arm("w"))
    with pytest.raises(StoreError, match="no variant in common besides the base"):
        studies([a, b])


def test_parts_of_one_study_are_no_two_studies(tmp_path: Path) -> None:
    a, b = (_write(tmp_path / name, Arm("v"), name="same") for name in "ab")
    with pytest.raises(StoreError, match=r"of one plan; .* `cellsearch merge`"):
        studies([a, b])
    with pytest.raises(StoreError, match="takes two studies or more, got 1"):
        studies([a])


def test_margins_that_differ_are_said(tmp_path: Path) -> None:
    a = _write(tmp_path / "a", Arm("v"), margin=0.03)
    b = _write(tmp_path / "b", Arm("v"), margin=0.05)
    found = studies([a, b])
    said = [
        block.text for block in overview.opening(found, across(found)) if block.block == "banner"
    ]
    assert said[0].startswith("The margins differ (3% and 5%)")
    assert said[1].startswith("2 studies on 1 text")


def _three_sizes(folder: Path, *, diverged: tuple[int, ...] = ()) -> list[Study]:
    """Losses that fall by 0.1 whenever parameters double; the variant has half of them."""
    folders = []
    for k, size in enumerate((1, 2, 4)):
        lost = diverged if size == 2 else ()
        arms = (
            Arm("base", size=size, effect=-0.1 * k),
            Arm("half", size=size / 2, effect=-0.1 * k, diverged=lost),
        )
        simulation = Simulation(arms=arms, name=f"s{size}", noise=0.0, shared=0.0, seeds=3)
        folders.append(write_journal(simulation, folder / f"s{size}"))
    return studies(folders)


def test_at_equal_parameters_losses_are_read_between_the_sizes(tmp_path: Path) -> None:
    found = sizes.at_equal(sizes.sizes_of(_three_sizes(tmp_path), "parameters"))
    assert found is not None
    cost, (base, half) = found
    # The largest that both reach: the variant's largest, the base's middle.
    assert cost == 2 * 131_584
    assert base.losses == pytest.approx(dict.fromkeys(range(3), 1.5), abs=0.005)
    assert half.change == pytest.approx(-0.1, abs=0.005)


def test_between_sizes_the_loss_goes_with_the_logarithm(tmp_path: Path) -> None:
    each = sizes.sizes_of(_three_sizes(tmp_path), "parameters")
    reading = sizes._read("base", each["base"], 131_584 * math.sqrt(2))
    assert reading.losses[0] == pytest.approx(1.55, abs=0.005)


def test_a_seed_that_diverged_at_a_size_beside_leaves_no_change(tmp_path: Path) -> None:
    each = sizes.sizes_of(_three_sizes(tmp_path, diverged=(1,)), "parameters")
    cost = 0.9 * each["half"][1].cost
    reading = sizes._read("half", each["half"], cost)
    assert (reading.diverged, sorted(reading.losses)) == (1, [0, 2])


def test_studies_of_one_size_have_no_curves_over_size(tmp_path: Path) -> None:
    folders = [_write(tmp_path / name, Arm("v", size=0.5)) for name in "ab"]
    assert sizes.draw(studies(folders)) == []


def test_the_page_is_written(tmp_path: Path) -> None:
    _three_sizes(tmp_path / "results")
    built, _ = compare(sorted((tmp_path / "results").iterdir()), tmp_path / "out")
    names = {path.name for path in (*built.tables, *built.figures)}
    assert {"holds.csv", "changes.tex", "forest.svg", "equal_parameters_1.csv"} <= names
    text = built.markdown.read_text()
    for title in ("What holds", "Verdict by study", "Change by study", "Several sizes"):
        assert f"## {title}" in text
    assert not re.search(r"\bnan\b|\bNone\b", text)


def test_what_holds_is_in_the_tables_as_data(tmp_path: Path) -> None:
    found = _three(tmp_path)
    frame = overview.table(found, across(found))[0].data
    row = json.loads(frame.to_json(orient="records"))[0]
    assert (row["holds"], row["on"], row["of"]) == ("worse", 2, 3)
    assert (row["worse"], row["inconclusive"], row["better"]) == (2, 1, 0)
