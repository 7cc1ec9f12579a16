"""What the sections say of recordings whose truth is known; and of none, and of broken ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cellsearch import store
from cellsearch.recorded import Array
from cellsearch.report.data.recordings import Recordings
from cellsearch.report.document import (
    Block,
    Code,
    Fold,
    Painted,
    Paragraph,
    Part,
    figures,
    tables,
    unfolded,
)
from cellsearch.report.page.pages import html, markdown
from cellsearch.report.sections import flow, gates, samples, states, summary, units
from cellsearch.report.verdicts.findings import Findings
from cellsearch.report.verdicts.judge import judge
from cellsearch.store import read
from cellsearch.testing.journals import write_journal
from cellsearch.testing.recordings import LAGS, POINTS, STEPS, TEXT, UNITS, add_recordings
from cellsearch.testing.simulation import Arm, Simulation

SECTIONS = (flow, gates, states, units, samples)
ARMS = (Arm("base"), Arm("short"), Arm("long"), Arm("silent"))
DECAYS = {"base": 0.9, "short": 0.5, "long": 0.999}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_journal(Simulation(arms=ARMS, seeds=2), tmp_path_factory.mktemp("study"))
    return add_recordings(folder, DECAYS, seeds=2)


@pytest.fixture(scope="module")
def findings(study: Path) -> Findings:
    return judge(read(study))


def _with(findings: Findings, **changed: object) -> Findings:
    """The base's recordings alone, changed."""
    own: Recordings = replace(findings.recordings["base"][0], **changed)  # type: ignore[arg-type]
    alone = replace(findings)
    alone.__dict__["recordings"] = {"base": {0: own}}
    return alone


def _said(blocks: Sequence[Block]) -> str:
    return " ".join(block.text for block in blocks if isinstance(block, Paragraph))


def _told(blocks: Sequence[Block], name: str) -> list[str]:
    """What the points and lines of a figure tell."""
    (figure,) = (figure for figure in figures(blocks) if figure.name == name)
    found = figure.canvas.findobj(lambda artist: artist.get_gid() is not None)
    return [text for artist in found for text in str(artist.get_label()).split("\n")]


def test_the_flow_is_read_off_where_one_percent_is_left(findings: Findings) -> None:
    blocks = flow.draw(flow.info(findings))
    # 0.9 ** 44 and 0.5 ** 7 are the first below 0.01; before training 0.81 ** 22 and 0.45 ** 6 are.
    assert "(seed 0): base 44; short 7; long over 100." in _said(blocks)
    (table,) = tables(blocks)
    assert [row[1:4] for row in table.rows][:2] == [["22", "44", "0.35"], ["6", "7", "0.00098"]]
    assert len(table.data) == len(DECAYS) * 2 * len(POINTS) * (LAGS + 1)
    assert table.data["norm"].between(0, 1).all()
    assert "short, seed 0, before training" in _told(blocks, "flow_short")


def test_gates_held_and_units_are_drawn_where_they_were_recorded(findings: Findings) -> None:
    folds = [b for b in flow.draw(flow.info(findings)) if isinstance(b, Fold)]
    assert [fold.summary for fold in folds] == ["With a gate held shut or open", "Unit by unit"]
    assert "base with f = 1" in _told(folds[:1], "held_base")
    told = _told(folds[1:], "left_base")
    assert len(told) == UNITS
    assert told[-1].endswith(", 83% left")
    bare = replace(findings.recordings["base"][0].flow, held={}, left={})  # type: ignore[type-var]
    assert not any(isinstance(b, Fold) for b in flow.draw(flow.info(_with(findings, flow=bare))))


def test_gates_are_counted_unit_by_unit(findings: Findings) -> None:
    gate = findings.recordings["base"][0].gates[0]
    one = np.zeros_like(gate.left)
    one[-1, 0, :4] = 1
    changed = _with(findings, gates=(replace(gate, name="z", left=one, right=one[:, :, ::-1]),))
    blocks = gates.draw(gates.info(changed))
    (table,) = tables(blocks)
    assert table.rows[0][:6] == ["base", "z", "0%", "25%", "0%", "25%"]
    assert len(table.data) == len(POINTS) * UNITS
    told = _told(blocks, "gates_base")
    assert told[0] == "base, gate z, unit 0: shut 100%, open 0%"
    assert len([text for text in told if ", gate z, unit" in text]) == UNITS
    assert len(_told(blocks, "openings_base")) == len(POINTS)


def test_states_are_held_against_what_was_foretold(findings: Findings) -> None:
    (table,) = tables(states.draw(states.info(findings)))
    assert [row[2] for row in table.rows[:2]] == ["−1.00 to 1.00", "−∞ to ∞"]
    assert [row[6] for row in table.rows[:2]] == ["100%", "–"]
    assert len(table.data) == len(DECAYS) * 2 * 2 * len(POINTS) * STEPS
    h = findings.recordings["base"][0].states[0]
    left = states.info(_with(findings, states=(replace(h, high=0.9),)))
    assert tables(states.draw(left))[0].rows[0][6] == "left it"


def test_the_best_unit_of_all_is_drawn_over_its_text(findings: Findings) -> None:
    changed = replace(findings)
    own = findings.recordings["long"][0]
    quotes = own.units[0]
    better = quotes.target.units[0].model_copy(update={"score": 0.99, "state": "h"})
    target = quotes.target.model_copy(update={"units": (better,)})
    own = replace(own, units=(replace(quotes, target=target),))
    changed.__dict__["recordings"] = {"base": findings.recordings["base"], "long": {0: own}}
    blocks = units.draw(units.info(changed))
    (table,) = tables(blocks)
    assert [row[0] for row in table.rows] == ["long", "base", "base"]
    assert table.rows[0][2:] == ["h, layer 0, unit 7", "99%", "98%", "70%", "–"]
    first = next(b for b in blocks if isinstance(b, Painted))
    assert first.text == TEXT and "h, layer 0, unit 7." in first.caption
    assert all((v > 0) == bool(n % 2) for v, n in zip(first.values, _quotes_before(), strict=True))
    assert len(table.data) == 1 + 2 * 3
    assert "Not judged: inside brackets" in markdown("", [Part("Units", "", blocks)])


def _quotes_before() -> list[int]:
    return [TEXT[: k + 1].count('"') for k in range(len(TEXT))]


def test_a_unit_that_is_low_where_it_is_so_is_yellow_there(findings: Findings) -> None:
    quotes = findings.recordings["base"][0].units[0]
    fit = quotes.target.units[0].model_copy(update={"above": False})
    target = quotes.target.model_copy(update={"units": (fit,)})
    changed = _with(findings, units=(replace(quotes, target=target, values=-quotes.values),))
    painted = next(b for b in units.draw(units.info(changed)) if isinstance(b, Painted))
    assert all(
        (v > 0) == bool(n % 2) for v, n in zip(painted.values, _quotes_before(), strict=True)
    )


def test_samples_stand_beside_the_text_itself(findings: Findings) -> None:
    blocks = samples.draw(samples.info(findings))
    (table,) = tables(blocks)
    assert [row[0] for row in table.rows] == ["base", "short", "long", "the text itself"]
    assert table.rows[0][1:] == ["2%", "56%", "60%", "62%", "95%", "10%", "10%", "10%"]
    shown = [block.text for block in unfolded(blocks) if isinstance(block, Code)]
    assert shown[:2] == ["He said ", "the " * 60] and shown[5] == TEXT
    assert set(table.data["seed"]) == {0, 1}


def test_without_recordings_one_line_says_so(tmp_path: Path, findings: Findings) -> None:
    silent = judge(read(write_journal(Simulation(), tmp_path)))
    assert [section.draw(section.info(silent)) for section in SECTIONS] == [[]] * len(SECTIONS)
    facts = dict(summary.info(silent).facts)
    assert facts["Recordings"] == "none: what happens inside the cells was not recorded"
    facts = dict(summary.info(findings).facts)
    kinds = "gradient flow, gates, states, units and samples"
    assert facts["Recordings"] == f"{kinds}, of 3 of 4 cells, seed 0"


def test_what_is_no_number_leaves_the_page_whole(findings: Findings) -> None:
    own = findings.recordings["base"][0]
    assert own.flow is not None
    lost = np.full_like(own.flow.total, np.nan)
    held = {name: np.full_like(norms, np.inf) for name, norms in own.flow.held.items()}
    left = {name: np.full_like(share, np.nan) for name, share in own.flow.left.items()}
    broken = _with(
        findings,
        flow=replace(own.flow, total=lost, low=lost, high=lost, held=held, left=left),
        states=tuple(replace(s, quantiles=s.quantiles * np.nan) for s in own.states),
        units=tuple(replace(t, values=t.values * np.nan) for t in own.units),
    )
    parts = [Part(s.TITLE, s.ABOUT, s.draw(s.info(broken))) for s in SECTIONS]
    for figure in figures([block for part in parts for block in part.blocks]):
        figure.canvas.draw_without_rendering()
    text = markdown("", parts)
    assert "nan" not in text.lower()
    assert "after training (seed 0): base –." in text


def test_a_trial_that_ended_early_is_said_to_have(findings: Findings) -> None:
    cut = _with(findings, points=(0, 100_000), tokens=1_000_000)
    said = _said(gates.draw(gates.info(cut)))
    assert said.endswith("Drawn: seed 0; of base the last is after 100,000 tokens.")


def test_painted_text_can_be_heard_and_read_without_colours() -> None:
    text = "a `````\nbc"
    painted = Painted(text, [0.0, 2, 2, -2, 0, 0, 0, 0.4, 1.5, 0], "How b is seen.")
    page = html("", [Part("First", "", [painted])], {})
    assert '<pre aria-hidden="true"><span>a</span><span class="level4"> `</span>' in page
    assert "The text: a `````\nbc The value is high at: `; b.</p>" in page
    written = markdown("", [Part("First", "", [painted])])
    assert "\n``````text\na `````\n▄██ ▄▄▄▅\nbc\n▇▄\n``````\n" in written


def test_points_that_were_not_recorded_have_no_numbers(findings: Findings) -> None:
    own = findings.recordings["base"][0]
    assert own.flow is not None

    def late(values: Array) -> Array:
        return np.where(
            np.arange(len(values)).reshape(-1, *(1,) * (values.ndim - 1)), values, np.nan
        )

    names = ("left", "right", "mean", "histogram")
    changed = _with(
        findings,
        flow=replace(own.flow, total=late(own.flow.total)),
        gates=tuple(replace(g, **{n: late(getattr(g, n)) for n in names}) for g in own.gates),
        states=tuple(replace(s, quantiles=late(s.quantiles)) for s in own.states),
    )
    for section, missing in ((flow, {1}), (gates, {2, 4}), (states, {3})):
        row = next(iter(tables(section.draw(section.info(changed))))).rows[0]
        assert {k for k, said in enumerate(row) if said == "–"} == missing
    (first, *_) = own.states
    left = replace(first, quantiles=late(first.quantiles) * 2)
    (table,) = tables(states.draw(states.info(_with(findings, states=(left,)))))
    assert table.rows[0][6] == "left it"


def test_units_that_a_layer_has_not_are_not_counted(findings: Findings) -> None:
    gate = findings.recordings["base"][0].gates[0]
    wide = np.ones((len(POINTS), 2, UNITS), dtype=np.float32)
    wide[:, 1, 3:] = np.nan
    histogram = np.repeat(gate.histogram, 2, axis=1)
    own = replace(gate, left=wide, right=wide, mean=wide, histogram=histogram)
    blocks = gates.draw(gates.info(_with(findings, gates=(own,))))
    (table,) = tables(blocks)
    assert table.rows[0][2:6] == ["100%"] * 4
    assert len(table.data) == len(POINTS) * (UNITS + 3)
    told = [text for text in _told(blocks, "gates_base") if "layer 1" in text]
    assert len(told) == 3


def test_recordings_that_are_not_beside_the_journal_are_said_to_be_on_record(
    study: Path, tmp_path: Path
) -> None:
    (tmp_path / store.NAME).write_bytes((study / store.NAME).read_bytes())
    said = dict(summary.info(judge(read(tmp_path))).facts)["Recordings"]
    assert said == "the recordings of 6 trials are not beside the journal"


def test_why_a_unit_was_not_judged_is_said_of_whom_it_is_so(findings: Findings) -> None:
    some = replace(findings)
    own = {name: dict(seeds) for name, seeds in findings.recordings.items()}
    own["long"][0] = replace(own["long"][0], skipped={"all": "too many"})
    some.__dict__["recordings"] = own
    (reason,) = [said for said in units.info(some).skipped if "all" in said]
    assert reason == "Not judged of long: all, too many."
