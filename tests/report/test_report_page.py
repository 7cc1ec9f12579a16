"""The page in a browser: it folds, sorts, tells its points, and an accessibility checker agrees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest
from browser import ask, dump, needs_chromium

from cellsearch.report import build
from cellsearch.report.document import Column, Figure, Fold, Paragraph, Part, Table, Tag
from cellsearch.report.figures import drawing, hover
from cellsearch.report.page import pages
from cellsearch.testing.journals import write_journal
from cellsearch.testing.recordings import add_recordings
from cellsearch.testing.simulation import Arm, Simulation

pytestmark = needs_chromium

ROWS = [
    ("base", Tag("base", "base", "No words to sort by."), "–", "1,000"),
    ("ten", Tag("worse", "worse"), "+0.50% to +9.00%", "900"),
    ("two", Tag("better", "better"), "−2.00% to −1.00%", "11"),
    ("three", Tag("equivalent", "equivalent"), "[−10%]", "2.5"),
]
COLUMNS = [
    Column("Name", numeric=False),
    Column("Verdict", numeric=False),
    Column("%"),
    Column("n"),
]
TOLD = "two, seed <0>: 1.5"

Answers = dict[str, list[Any]]


def _figure() -> Figure:
    with drawing.style():
        figure, ax = drawing.axes(4, 3)
        hover.tell(ax.scatter([1, 2], [1, 2], s=14), ["one, seed 0: 1", TOLD])
    return Figure("dots", "two dots", figure)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    figure = _figure()
    with drawing.style():
        svgs = {"dots": drawing.save(figure.canvas, folder / "dots")}
    table = Table("rows", "Rows", COLUMNS, ROWS, pd.DataFrame())
    parts = [
        Part("First", "", [table]),
        Part("Second", "with a figure", [Fold("Deeper", [Paragraph("Found."), figure])]),
    ]
    path = folder / "index.html"
    path.write_text(pages.html("page", parts, svgs), encoding="utf-8")
    return path


def test_its_policy_lets_its_script_run(page: Path) -> None:
    assert "<button" in dump(page).partition("<thead")[2].partition("</thead>")[0]


SORT = """
const heads = [...document.querySelectorAll("thead th")], found = [];
const order = () => [...document.querySelectorAll("tbody th")].map((th) => th.textContent).join();
for (const head of heads) {
  for (const _ of [1, 2, 3]) {
    head.querySelector("button").click();
    found.push([head.ariaSort ?? "", order()]);
  }
}
return found;
"""
FOLD = """
const open = () => [...document.querySelectorAll("details")].map((fold) => fold.open);
const found = [open()];
document.querySelector("nav a[href='#second']").click();
await new Promise((done) => setTimeout(done, 100));
found.push(open());
const all = document.getElementById("all");
all.click();
found.push(open());
all.click();
return [...found, open()];
"""
POINT = """
for (const fold of document.querySelectorAll("details")) fold.open = true;
const dot = document.querySelectorAll(".told")[1], tip = document.querySelector(".tip");
dot.scrollIntoView();
const box = dot.getBoundingClientRect();
const move = (x, y) => document.elementFromPoint(x, y).dispatchEvent(
  new PointerEvent("pointermove", { bubbles: true, clientX: x, clientY: y }));
const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
const found = [tip.hidden];
move(x, y);
found.push(tip.textContent);
tip.textContent = "";
move(box.left - 4, y);
found.push(tip.textContent);
move(x - 60, y);
return [...found, tip.hidden];
"""


@pytest.fixture(scope="module")
def found(page: Path) -> Answers:
    """What three scripts, one after the other, find in the page."""
    scripts = {"fold": FOLD, "sort": SORT, "point": POINT}
    each = (f"{name}: await (async () => {{ {text} }})()," for name, text in scripts.items())
    return cast("Answers", ask(page, f"return {{ {' '.join(each)} }};"))


def test_a_table_sorts_by_number_by_text_and_back(found: Answers) -> None:
    planned = ["", "base,ten,two,three"]
    assert found["sort"] == [
        *(["ascending", "base,ten,three,two"], ["descending", "two,three,ten,base"], planned),
        *(["ascending", "base,two,three,ten"], ["descending", "ten,three,two,base"], planned),
        # What has no number stays last.
        *(["ascending", "three,two,ten,base"], ["descending", "ten,two,three,base"], planned),
        *(["ascending", "three,two,ten,base"], ["descending", "base,ten,two,three"], planned),
    ]


def test_parts_fold_and_a_link_opens_them(found: Answers) -> None:
    folded, led, opened, closed = found["fold"]
    assert folded == closed == [False, False]
    assert led == [True, False]
    assert opened == [True, True]


def test_a_pointer_on_a_point_or_near_it_is_told_what_it_is(found: Answers) -> None:
    assert found["point"] == [True, TOLD, TOLD, True]


def test_without_a_script_a_point_has_its_title(page: Path) -> None:
    assert "<title>two, seed &lt;0&gt;: 1.5</title>" in page.read_text("utf-8")
    assert "<title>two, seed &lt;0&gt;: 1.5</title>" in page.with_name("dots.svg").read_text(
        "utf-8"
    )


# Where `npm pack axe-core` was unpacked, or a package of the system put it.
AXE = [
    Path(os.environ.get("CELLSEARCH_AXE", "")),
    Path("/usr/share/nodejs/axe-core/axe.min.js"),
]
AXE_FILE = next((path for path in AXE if path.is_file()), None)
CHECK = """
for (const fold of document.querySelectorAll("details")) fold.open = true;
const { passes, violations } = await axe.run();
const said = violations.map((v) => `${v.impact}: ${v.help}: ${v.nodes[0].html.slice(0, 200)}`);
return [passes.length, said];
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    arms = (Arm("base"), Arm("worse", effect=0.2), Arm("gone", diverged=(1,), failed=(0,)))
    folder = tmp_path_factory.mktemp("study")
    study = write_journal(Simulation(arms=arms, seeds=3), folder)
    return build(add_recordings(study, {"base": 0.9}), folder / "out").index


@pytest.mark.skipif(AXE_FILE is None, reason="no axe-core: CELLSEARCH_AXE names no axe.min.js")
@pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)]
)
def test_an_accessibility_checker_finds_nothing(report: Path, width: int, dark: bool) -> None:
    assert AXE_FILE is not None
    script = AXE_FILE.read_text(encoding="utf-8") + CHECK
    passes, violations = ask(report, script, width=width, dark=dark)
    assert passes > 20
    assert violations == []
