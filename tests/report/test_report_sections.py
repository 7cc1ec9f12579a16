"""What the sections say, before it is drawn; and that drawn names do not hide each other."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.text import Annotation

from cellsearch.report import drawing, labels
from cellsearch.report.findings import Findings
from cellsearch.report.sections import curves, forest, pareto, seeds, summary
from cellsearch.report.verdicts import judge
from cellsearch.store import read
from cellsearch.testing.journals import Arm, Simulation, write_journal


def _findings(folder: Path, *arms: Arm, **settings: object) -> Findings:
    simulation = Simulation(arms=(Arm("base"), *arms), **settings)  # type: ignore[arg-type]
    return judge(read(write_journal(simulation, folder)))


def test_the_front_holds_who_is_not_dominated(tmp_path: Path) -> None:
    found = _findings(
        tmp_path,
        Arm("small", effect=0.2, size=0.5, speed=2.0),
        Arm("dominated", effect=0.3, size=0.7, speed=3.0),
        Arm("large", effect=-0.2, size=2.0, speed=0.5),
        Arm("lucky", effect=-0.9, size=0.1, speed=0.1, diverged=(0,)),
    )
    fronts = {f.name: [p.name for p in f.front] for f in pareto.info(found).fronts}
    assert fronts["pareto_parameters"] == ["small", "base", "large"]
    assert fronts["pareto_time"] == ["large"]


def test_costs_are_counted_of_what_the_sweep_matches(tmp_path: Path) -> None:
    of_cell = pareto.info(_findings(tmp_path / "cell")).fronts[0]
    of_model = pareto.info(_findings(tmp_path / "model", match="model")).fronts[0]
    assert of_model.points[0].cost - of_cell.points[0].cost == 24_672
    assert (of_cell.axis, of_model.axis) == (
        "parameters of the cells",
        "parameters of the whole model",
    )


def test_unmeasured_time_is_said_and_has_no_front(tmp_path: Path) -> None:
    simulation = Simulation(arms=(Arm("base", speed=None), Arm("variant", speed=None)))
    info = pareto.info(judge(read(write_journal(simulation, tmp_path))))
    assert [front.name for front in info.fronts] == ["pareto_parameters", "pareto_flops"]
    assert info.costs["us_per_token_training"].isna().all()


def test_the_forest_has_every_seed_and_intervals_only_of_the_tested(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("tested", effect=0.1), Arm("gone", diverged=(1, 4)))
    tested, gone = forest.info(found).lines
    assert len(tested.seeds) == 5 and len(gone.seeds) == 3
    assert tested.alone is not None and tested.together is not None
    assert tested.together.low < tested.alone.low < tested.alone.high < tested.together.high
    assert gone.alone is gone.together is None
    assert gone.change.startswith("[")


def test_a_diverged_curve_ends_where_it_was_last_finite(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("gone", diverged=(2,)))
    panel = curves.info(found).others[0]
    assert len(panel.lines) == 5
    assert panel.ends.tolist() == [panel.lines[2][-1].tolist()]
    assert panel.ends[0, 0] == 400_000


def test_learning_rates_are_told_as_they_were_given(tmp_path: Path) -> None:
    same = summary.learning_rates(_findings(tmp_path / "same"))
    own = summary.learning_rates(_findings(tmp_path / "own", Arm("v", learning_rate=0.01)))
    assert same == "0.003 for every variant, not tuned for any; verdicts depend on it"
    assert own == "given per variant (base 0.003, v 0.01); verdicts are conditional on this tuning"


def test_what_must_always_be_shown_is_shown(tmp_path: Path) -> None:
    found = _findings(
        tmp_path, Arm("noisy", effect=0.03, noise=0.1), Arm("late", waiting=(0, 1, 2))
    )
    spread = seeds.draw(seeds.info(found))[1]
    headings = [column.heading for column in spread.columns]
    assert headings == [
        "Variant",
        "n",
        "Diverged",
        "SD paired",
        "SD unpaired",
        "r",
        "Sees",
        "Would settle",
    ]
    noisy, late = spread.rows
    assert "–" not in noisy
    assert late[1] == "2" and late[5] == "–"


@pytest.mark.parametrize("same_place", [True, False])
def test_names_beside_points_do_not_cover_each_other(same_place: bool) -> None:
    with drawing.style():
        figure, ax = drawing.axes(4.6, 4.0)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        points = [(0.5, 0.5 if same_place else 0.4 + 0.02 * k) for k in range(8)]
        labels.place(
            ax, [labels.Label(f"variant_{k}", x, y, x, x) for k, (x, y) in enumerate(points)]
        )
        figure.draw_without_rendering()
    texts = [text for text in ax.texts if isinstance(text, Annotation)]
    boxes = [super(Annotation, text).get_window_extent() for text in texts]
    assert len(boxes) == 8
    assert not any(one.overlaps(two) for one, two in combinations(boxes, 2))
