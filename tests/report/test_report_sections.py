"""What the sections say, before it is drawn; and that drawn names do not hide each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Annotation
from scipy import stats

from cellsearch.config import RATE, TuneConfig
from cellsearch.report.data import frames
from cellsearch.report.document import Banner, Paragraph, unfolded
from cellsearch.report.figures import drawing, labels
from cellsearch.report.sections import (
    cells,
    curves,
    failures,
    forest,
    pareto,
    reproduce,
    seeds,
    summary,
    verdict_table,
)
from cellsearch.report.sections.summary import conditions
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.judge import judge
from cellsearch.store import Journal, read
from cellsearch.testing.journals import write_journal
from cellsearch.testing.simulation import Arm, Simulation


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
    assert fronts["pareto_time"] == fronts["pareto_generation"] == ["large"]
    assert fronts["pareto_memory"] == ["small", "base", "large"]


def test_a_point_has_intervals_in_both_directions_where_both_vary(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("gone", diverged=(1,)), Arm("alone", waiting=(1, 2, 3, 4)))
    counted, _, timed, *_ = pareto.info(found).fronts
    base, gone, alone = timed.points
    losses = np.log(base.seeds)
    half = stats.t.ppf(0.975, 4) * losses.std(ddof=1) / np.sqrt(5)
    assert np.log(base.interval) == pytest.approx([losses.mean() - half, losses.mean() + half])
    assert base.cost.quartiles == (0.97 * 12.5, 1.04 * 12.5)
    assert gone.interval is alone.interval is None
    assert counted.points[0].cost.quartiles is None


def test_many_points_have_numbers_that_the_caption_explains(tmp_path: Path) -> None:
    found = _findings(tmp_path, *(Arm(f"v{k}", effect=0.01 * k, size=1 + k) for k in range(12)))
    gallery = pareto.draw(pareto.info(found))[0]
    written = {text.get_text() for text in gallery.figures[0].canvas.axes[0].texts}
    on_front = {p.name for p in pareto.info(found).fronts[0].front}
    assert {"base", "12", *on_front} <= written and "v11" not in written
    assert "12 v11." in gallery.caption


def test_of_variants_that_cost_the_same_the_best_stands_at_the_cost(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("best", effect=-0.2), Arm("worst", effect=0.2))
    axes = pareto.draw(pareto.info(found))[0].figures[0].canvas.axes[0]
    at = {round(y[0], 6): x[0] for x, y in (a.get_data() for a in axes.lines) if len(x) == 1}
    x = [at[y] for y in sorted(at)]
    assert x[0] == 131_584 and x[0] < x[1] < x[2] < 1.1 * x[0]


def test_measured_costs_have_three_digits_and_ratios_two_decimals(tmp_path: Path) -> None:
    _, table, *_ = pareto.draw(pareto.info(_findings(tmp_path, Arm("v", size=2.0, speed=2.0))))
    assert table.rows[1][1:3] == ["25.0", "2.00"]
    assert table.rows[1][4:6] == ["450", "1.50"]
    assert table.rows[1][7:] == ["8.00", "2.00"]


def test_many_that_cost_the_most_stay_in_the_panel(tmp_path: Path) -> None:
    found = _findings(
        tmp_path, *(Arm(f"v{k}", effect=0.02 * k) for k in range(14)), Arm("s", size=0.5)
    )
    axes = pareto.draw(pareto.info(found))[0].figures[0].canvas.axes[0]
    low, high = axes.get_xlim()
    x = [
        float(value)
        for line in axes.lines
        for value in line.get_xdata()
        if len(line.get_xdata()) == 1
    ]
    assert len(x) == 16 and low < min(x) and max(x) < high


def test_costs_of_an_earlier_journal_are_not_measured(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("v"))
    late = {"generation": None, "memory": None, "ratio_low": None, "ratio_high": None}
    early = tuple(b.model_copy(update=late) for b in found.journal.benches)
    info = pareto.info(replace(found, journal=replace(found.journal, benches=early)))
    assert [f.name for f in info.fronts] == ["pareto_parameters", "pareto_flops", "pareto_time"]
    _, table, said, _ = pareto.draw(info)
    assert table.rows[1] == ["v", "12.5", "1.00", *["–"] * 6]
    assert "Generation and memory were not measured" in said.text


def test_costs_are_counted_of_what_the_sweep_matches(tmp_path: Path) -> None:
    of_cell = pareto.info(_findings(tmp_path / "cell")).fronts[0]
    of_model = pareto.info(_findings(tmp_path / "model", match="model")).fronts[0]
    assert of_model.points[0].cost.value - of_cell.points[0].cost.value == 24_672
    assert (of_cell.axis, of_model.axis) == (
        "parameters of the cells",
        "parameters of the whole model",
    )


def test_what_is_foretold_is_said_where_it_differs(tmp_path: Path) -> None:
    findings = _findings(tmp_path, Arm("same"), Arm("other"))
    ranges, scan = ("h in (-1, 1)", "c in (-inf, inf)"), ("h, c: loop, 4 products a step",)
    verdicts = {}
    for name, verdict in findings.verdicts.items():
        own = {"ranges": ranges[:1] if name == "other" else ranges, "scan": scan}
        verdicts[name] = replace(verdict, variant=verdict.variant.model_copy(update=own))
    drawn = cells.draw(cells.info(replace(findings, verdicts=verdicts)))
    said = [b.text for b in drawn if isinstance(b, Paragraph)]
    loop = "Over time: h, c: loop, 4 products a step."
    assert said == [
        f"For all weights and inputs: h in (-1, 1). c in (-inf, inf). {loop}",
        f"For all weights and inputs: h in (-1, 1). {loop}",
    ]
    silent = cells.draw(cells.info(_findings(tmp_path / "older", Arm("same"))))
    assert not [b for b in silent if isinstance(b, Paragraph)]


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


def test_an_interval_that_goes_far_beyond_every_seed_is_cut(tmp_path: Path) -> None:
    found = _findings(tmp_path, *(Arm(f"v{k}", effect=0.1) for k in range(20)), seeds=2)
    info = forest.info(found)
    longest = max(line.together.high for line in info.lines if line.together)
    farthest = max(abs(seed) for line in info.lines for seed in line.seeds)
    assert longest > 100 > 2 * farthest
    low, high = forest._reach(info)
    assert max(-low, high) <= max(2 * farthest, forest.WIDE * info.margin.high)
    (figure,) = forest.draw(info)
    assert "An arrow: the interval goes on." in figure.caption
    ticks = figure.canvas.axes[0].get_xticks().tolist()
    assert ticks == sorted(ticks) and 3 <= len(ticks) <= 11


def test_costs_that_were_matched_do_not_look_far_apart(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("near", size=1.002), Arm("nearer", size=0.999))
    gallery = pareto.draw(pareto.info(found))[0]
    left, right = gallery.figures[0].canvas.axes[0].get_xlim()
    assert right / left > 1.19


def test_long_names_lose_their_middle() -> None:
    assert labels.shorten("reset_before_product") == "reset_before_product"
    assert labels.shorten("a" * 40 + "_tail_") == "a" * 19 + "…" + "_tail_"


def test_an_interim_page_says_that_it_is_provisional(tmp_path: Path) -> None:
    going = summary.info(_findings(tmp_path / "going", Arm("v", waiting=(3, 4))))
    ended = summary.info(_findings(tmp_path / "ended", Arm("v", failed=(3,))))
    assert "not finished: 2 of 10 planned trials have not run" in going.notes[0]
    assert ended.notes[0].startswith("1 of 10 planned trials ended without a result")


def test_a_difference_within_the_margin_is_found_as_one(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("v", effect=0.01), seeds=40, noise=0.004)
    assert summary.info(found).found[0].endswith("%, within the margin).")


def test_a_diverged_curve_ends_where_it_was_last_finite(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("gone", diverged=(2,)))
    panel = curves.info(found).others[0]
    assert len(panel.lines) == 5
    assert panel.ends.tolist() == [panel.lines[2][-1].tolist()]
    assert panel.ends[0, 0] == 400_000


def test_a_loss_whose_perplexity_is_no_number_leaves_the_panels_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _findings(tmp_path, Arm("lost", diverged=(0, 1, 2, 3, 4)))
    plain = curves.info(found).perplexity
    told = frames.curves

    def lost(journal: Journal) -> pd.DataFrame:
        frame = told(journal)
        frame.loc[frame["variant"] == "lost", "valid_loss"] = 6000.0
        return frame

    monkeypatch.setattr(frames, "curves", lost)
    info = curves.info(found)
    assert info.perplexity[1] <= plain[1] * 2 and info.cut
    axes = curves.draw(info)[0].figures[0].canvas.axes[0]
    (crosses,) = axes.lines
    assert set(crosses.get_ydata()) == {axes.get_ylim()[1]}, "at the edge, to be seen"


def test_learning_rates_are_told_as_they_were_given(tmp_path: Path) -> None:
    same = conditions.learning_rates(_findings(tmp_path / "same", Arm("v")))
    own = conditions.learning_rates(_findings(tmp_path / "own", Arm("v", learning_rate=0.01)))
    assert same == "0.003 for every variant; it was not tuned, and verdicts depend on it"
    assert own == "given per variant (base 0.003, v 0.01), not tuned here; verdicts depend on them"


@pytest.mark.parametrize(
    ("key", "told"),
    [(RATE, "tuned for every variant (below)"), ("model.layers", "0.003 for every")],
)
def test_a_tuning_of_something_else_leaves_the_rate_as_it_was_given(
    tmp_path: Path, key: str, told: str
) -> None:
    found = _findings(tmp_path)
    spec = found.journal.study.spec.model_copy(update={"tune": TuneConfig(space={key: (1, 2)})})
    study = found.journal.study.model_copy(update={"spec": spec})
    tuned = replace(found, journal=replace(found.journal, study=study))
    assert conditions.learning_rates(tuned).startswith(told)


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
        "SE seeds",
        "SE text",
        "SE both",
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


@pytest.mark.parametrize("speed", [1.0, None])
def test_a_ratio_of_times_is_explained_where_there_is_one(
    tmp_path: Path, speed: float | None
) -> None:
    simulation = Simulation(arms=(Arm("base", speed=speed), Arm("v", speed=speed)))
    info = verdict_table.info(judge(read(write_journal(simulation, tmp_path))))
    (said,) = (b for b in unfolded(verdict_table.draw(info)) if isinstance(b, Paragraph))
    assert ("Time × base is" in said.text) == (speed is not None)


def test_trials_of_machines_that_differ_are_said(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("variant"))
    assert failures.info(found).unlike == ()
    first, *others = found.journal.trials
    elsewhere = first.outcome.where.model_copy(update={"backend": "elsewhere", "device": "TPU"})
    moved = first.model_copy(
        update={"outcome": first.outcome.model_copy(update={"where": elsewhere})}
    )
    journal = replace(found.journal, trials=(moved, *others))
    info = failures.info(judge(journal))
    assert len(info.unlike) == 2
    assert info.unlike[0].startswith("device TPU and ")
    assert isinstance(text := failures.draw(info)[0], Paragraph)
    assert "machines that are alike" in text.text


def _elsewhere(findings: Findings, moved: set[tuple[str, int]], **where: object) -> Findings:
    """The same study, of which some trials ran elsewhere."""
    trials = []
    for trial in findings.journal.trials:
        if (trial.variant, trial.seed) in moved:
            place = trial.outcome.where.model_copy(update=where)
            outcome = trial.outcome.model_copy(update={"where": place})
            trial = trial.model_copy(update={"outcome": outcome})
        trials.append(trial)
    return judge(replace(findings.journal, trials=tuple(trials)))


def test_pairs_that_machines_part_are_named(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("v"), Arm("w"))
    moved = {("base", 2), ("v", 2), ("v", 4)}
    info = failures.info(_elsewhere(found, moved, device="another"))
    assert info.parted == ("v on 1 seed (4)", "w on 1 seed (2)")
    banner = next(b for b in failures.draw(info) if isinstance(b, Banner))
    assert "paired but for rounding" in banner.text
    # Another host of the same kind changes nothing.
    assert failures.info(_elsewhere(found, moved, host="another")).parted == ()


def test_costs_from_several_machines_are_no_ratios(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("v"))
    assert not pareto.info(found).apart
    base, v = found.journal.benches
    moved = v.model_copy(update={"where": v.where.model_copy(update={"device": "another"})})
    info = pareto.info(replace(found, journal=replace(found.journal, benches=(base, moved))))
    banner = next(b for b in pareto.draw(info) if isinstance(b, Banner))
    assert banner.level == "alarm"


def test_a_base_that_straggles_is_named(tmp_path: Path) -> None:
    arms = (Arm("base", straggling=0.1), Arm("a"), Arm("b"), Arm("c"))
    found = judge(read(write_journal(Simulation(arms, seeds=8, key=0), tmp_path)))
    (note,) = summary.info(found).notes
    assert note.startswith("Most variants are far from the base on seed 0,")


def test_a_cell_trained_alone_is_told_of_without_verdicts(tmp_path: Path) -> None:
    found = _findings(tmp_path, seeds=3)
    assert summary.info(found).lead.startswith(
        "lstm was trained over 3 seeds, with nothing to compare it with."
    )
    said = [str(block) for s in (summary, verdict_table, seeds) for block in s.draw(s.info(found))]
    assert not any(word in text for text in said for word in ("Holm", "margin", "compared with"))
    assert forest.draw(forest.info(found)) == []


def test_every_look_is_reproduced(tmp_path: Path) -> None:
    commands = reproduce.info(_findings(tmp_path, Arm("v"), seeds=3, looks=(5, 8))).commands
    assert commands.splitlines()[1:3] == [
        "cellsearch resume results/simulated --set seeds=5",
        "cellsearch resume results/simulated --set seeds=8",
    ]


def test_what_a_tuning_left_is_said_to_be_its_best(tmp_path: Path) -> None:
    found = _findings(tmp_path, *(Arm(f"v{k}") for k in range(4)))
    journal = found.journal
    spec = journal.study.spec.model_copy(update={"seeds": 0})
    study = journal.study.model_copy(update={"spec": spec})
    left = replace(journal, study=study, planned=(0, 5), variants=journal.variants[:3])
    judged = judge(left)
    assert "2 variants of 4, the best on validation, were compared" in summary.info(judged).lead
    assert "confirm results/simulated --top 2 --seeds 5" in reproduce.info(judged).commands


def test_of_controls_alone_no_family_is_spoken_of(tmp_path: Path) -> None:
    found = _findings(tmp_path, Arm("m", mirror_of="base"))
    assert dict(summary.info(found).facts)["Tests"] == "none: all variants are controls"
    said = " ".join(
        block.text
        for section in (verdict_table, seeds)
        for block in unfolded(section.draw(section.info(found)))
        if isinstance(block, Paragraph)
    )
    assert "contrast" not in said.replace("for all contrasts at once", "") and "/ 0" not in said
