"""The report as files: complete, self-contained, safe, the same each time."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import yaml

from cellsearch.config import SweepConfig
from cellsearch.errors import StoreError
from cellsearch.report import build
from cellsearch.report.assembly import Built
from cellsearch.report.figures.drawing import file_name
from cellsearch.report.page.pages import escape as escape_markdown
from cellsearch.report.sections import sections
from cellsearch.store import read
from cellsearch.testing.journals import write_journal
from cellsearch.testing.shares import one_in
from cellsearch.testing.simulation import Arm, Simulation

ROOT = Path(__file__).parents[2]
HOSTILE = "a<script>alert(1)</script>|`_$x$ & 50%"
FULL = Simulation(
    arms=(
        Arm("base"),
        Arm("flipped", placebo=True, mirror_of="base", edit="c' = f * c - i * g"),
        Arm(HOSTILE, effect=0.2, edit="o = 1", size=0.75),
        Arm("linear", diverged=(0, 2), failed=(1,), waiting=(3,), edit="h' = o * c'"),
    ),
    question="Does <b>it</b> matter?",
    seeds=4,
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_journal(FULL, tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def built(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(study, tmp_path_factory.mktemp("report") / "deep" / "out")


class _Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, name: str) -> Iterator[str]:
        yield from (value for _, found in self.tags if (value := found.get(name)) is not None)


@pytest.fixture(scope="module")
def page(built: Built) -> _Page:
    return _Page(built.index.read_text(encoding="utf-8"))


def test_all_files_are_there(built: Built) -> None:
    for path in (built.index, built.markdown, *built.tables, *built.figures):
        assert path.stat().st_size > 0
    names = {path.name for path in (*built.tables, *built.figures)}
    assert {"verdicts.csv", "verdicts.tex", "seeds.csv", "costs.csv", "failures.csv"} <= names
    assert {"forest.svg", "forest.pdf", "pareto_time.svg", "curves_flipped.pdf"} <= names


def test_the_same_journal_gives_the_same_bytes(study: Path, built: Built, tmp_path: Path) -> None:
    again = build(study, tmp_path)
    one, two = built.index.parent, again.index.parent
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    for file in files:
        assert (one / file).read_bytes() == (two / file).read_bytes(), file


def test_the_page_needs_nothing_but_itself(page: _Page, built: Built) -> None:
    loaders = {"link", "img", "iframe", "object", "embed", "source", "base"}
    assert not loaders & {tag for tag, _ in page.tags}
    assert [found for tag, found in page.tags if tag == "script"] == [{}]
    style = re.search(r"<style>(.*?)</style>", built.index.read_text(), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1] and "@import" not in style[1]
    for address in [*page.attributes("href"), *page.attributes("xlink:href")]:
        assert "://" not in address, address


def test_the_page_lets_no_script_run_but_its_own(page: _Page, built: Built) -> None:
    (policy,) = (value for value in page.attributes("content") if "script-src" in value)
    script = re.search(r"<script>(.*?)</script>", built.index.read_text("utf-8"), re.DOTALL)
    assert script is not None
    digest = b64encode(sha256(script[1].encode()).digest()).decode()
    assert policy.startswith("default-src 'none';")
    assert re.findall(r"script-src ([^;]*)", policy) == [f"'sha256-{digest}'"]


def test_every_link_leads_somewhere(page: _Page, built: Built) -> None:
    ids = list(page.attributes("id"))
    assert len(ids) == len(set(ids))
    for address in [*page.attributes("href"), *page.attributes("xlink:href")]:
        if address.startswith("#"):
            assert address[1:] in ids
        elif not address.startswith("data:"):
            assert (built.index.parent / address).exists(), address
    for target in re.findall(r"\]\(([^)]+)\)", built.markdown.read_text()):
        assert (built.markdown.parent / target).exists(), target


def test_names_are_shown_and_never_run(page: _Page) -> None:
    assert HOSTILE in page.text
    assert "Does <b>it</b> matter?" in page.text
    assert "b" not in {tag for tag, _ in page.tags}


def test_every_section_is_on_the_page_and_in_markdown(page: _Page, built: Built) -> None:
    text = built.markdown.read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    # Of a tuning there is nothing to say here, nor of what goes on inside the cells.
    silent = {"Tuning", "Gradient flow", "Gates", "States", "Units", "Samples"}
    assert headings == [s.TITLE for s in sections() if s.TITLE not in silent]
    for title in headings:
        assert title in page.text


def test_every_colour_of_a_figure_follows_the_page(built: Built) -> None:
    for svg in re.findall(r"<svg.*?</svg>", built.index.read_text(), re.DOTALL):
        without_images = re.sub(r'"data:image[^"]*"', "", svg)
        assert re.findall(r"(?:fill|stroke): (#\w+)", without_images) == []
        assert "var(--" in svg
        assert 'role="img" aria-label="' in svg


def test_figures_are_svg_with_real_colours(built: Built) -> None:
    for path in built.figures:
        if path.suffix == ".svg":
            root = ElementTree.parse(path).getroot()
            assert root.tag.endswith("svg")
            assert "var(--" not in path.read_text()
            assert path.stem != "forest" or HOSTILE in "".join(root.itertext())
        else:
            assert path.read_bytes().startswith(b"%PDF")


def test_every_seed_and_every_mean_tells_what_it_is(built: Built) -> None:
    told = {}
    for name in ("forest", "pareto_time", f"curves_{file_name(HOSTILE)}"):
        root = ElementTree.parse(built.index.parent / "figures" / f"{name}.svg").getroot()
        titles = root.iter("{http://www.w3.org/2000/svg}title")
        told[name] = [text for t in titles if (text := t.text or "").startswith(HOSTILE)]
    # Four seeds, of which the front and the forest also have the mean.
    assert [len(texts) for texts in told.values()] == [5, 5, 4]
    assert re.fullmatch(r".*, seed 3: \+\d+\.\d\d%", told["forest"][3])
    assert ", measured µs per token, training: 12.5" in told["pareto_time"][-1]
    assert told[name][0].endswith(" after 1,000,000 tokens")


def test_markdown_tables_have_as_many_cells_as_columns(built: Built) -> None:
    lines = built.markdown.read_text().splitlines()
    tables = 0
    for above, rule in pairwise(lines):
        if re.fullmatch(r"\|(-+:?\|)+", rule):
            tables += 1
            start = lines.index(rule) if lines.count(rule) == 1 else None
            assert _cells(above) == rule.count("|") - 1
            assert start is None or _cells(lines[start + 1]) == _cells(above)
    assert tables == len([p for p in built.tables if p.suffix == ".csv"])


def _cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line)) - 1


def test_csv_holds_numbers(built: Built) -> None:
    verdicts = pd.read_csv(built.index.parent / "tables" / "verdicts.csv")
    hostile = verdicts.set_index("variant").loc[HOSTILE]
    assert hostile["verdict"] == "worse"
    assert hostile["simultaneous_low_percent"] < hostile["interval_low_percent"]
    assert hostile["interval_low_percent"] < hostile["change_percent"] > 15
    seeds = pd.read_csv(built.index.parent / "tables" / "seeds.csv")
    linear = seeds[seeds["variant"] == "linear"].set_index("seed")
    assert linear["status"].tolist() == ["diverged", "failed", "diverged", "missing"]
    assert linear["test_loss"].isna().all()


def test_the_plan_on_the_page_is_a_sweep_file(study: Path, built: Built) -> None:
    shown = re.search(r"````yaml\n(.*?)\n````", built.markdown.read_text(), re.DOTALL)
    assert shown is not None
    assert SweepConfig.model_validate(yaml.safe_load(shown[1])) == read(study).study.spec


def test_what_is_needed_to_reproduce_is_said(page: _Page) -> None:
    for needed in (
        "cellsearch sweep simulated.yaml --results results/simulated",
        "cellsearch report results/simulated --out reports/simulated",
        "torch 2.13.0",
        "0123456789abcdef0123456789abcdef01234567",
        "sha256 3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7",
    ):
        assert needed in page.text


def test_failures_are_told_with_their_reason(page: _Page) -> None:
    assert "crash: the worker ended with signal 11" in page.text
    assert "1 of 16 planned trials have not run." in page.text
    assert "1 of 16 planned trials ended without a result." in page.text


EDGES = {
    "base_alone": Simulation(arms=(Arm("base"),)),
    "one_seed": Simulation(seeds=1),
    "base_diverged": Simulation(arms=(Arm("base", diverged=(0, 1)), Arm("variant"))),
    "nothing_ran": Simulation(
        arms=(Arm("base", waiting=(0, 1), speed=None), Arm("v", waiting=(0, 1), speed=None)),
        seeds=2,
    ),
    "all_diverged": Simulation(arms=(Arm("base"), Arm("v", diverged=(0, 1))), seeds=2),
    "one_bad_variant": Simulation(arms=(Arm("base"), Arm("bad", effect=2.0), Arm("v"))),
    "many_seeds": Simulation(seeds=13, looks=(14,), match="model"),
}


@pytest.mark.parametrize("name", one_in(2, EDGES))
def test_every_study_has_a_report(name: str, tmp_path: Path) -> None:
    built = build(write_journal(EDGES[name], tmp_path / "study"), tmp_path / "out")
    text = built.markdown.read_text()
    assert "nan" not in text.lower().replace("nanosecond", "")
    assert "None" not in text
    said = {
        "base_diverged": "so there are no verdicts",
        "one_seed": "Fewer than 2 seeds are done for both",
        "nothing_ran": "No trial left a curve.",
        "one_bad_variant": "The axis is compressed",
        "many_seeds": "this is look 2 at the data",
    }
    assert said.get(name, "## Verdicts") in text


def test_a_placebo_that_differs_is_a_banner(tmp_path: Path) -> None:
    arms = (Arm("base"), Arm("flipped", effect=0.2, mirror_of="base"))
    built = build(write_journal(Simulation(arms=arms), tmp_path / "study"), tmp_path / "out")
    banners = [found for tag, found in _Page(built.index.read_text()).tags if tag == "p"]
    assert {"class": "banner alarm", "role": "note"} in banners
    assert "> **Warning.** The mirror flipped differs from base" in built.markdown.read_text()


def test_a_declared_placebo_is_not_said_to_be_proved(tmp_path: Path) -> None:
    arms = (Arm("base"), Arm("declared", effect=0.2, placebo=True))
    built = build(write_journal(Simulation(arms=arms), tmp_path / "study"), tmp_path / "out")
    text = built.markdown.read_text()
    assert "though it was declared to change nothing" in text
    assert "the same law" not in text


@pytest.mark.slow
def test_what_an_earlier_report_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    one = Simulation(arms=(Arm("base"), Arm("old"), Arm("both")), seeds=2)
    two = Simulation(arms=(Arm("base"), Arm("new"), Arm("both")), seeds=2)
    build(write_journal(one, tmp_path / "one"), tmp_path / "out")
    own = tmp_path / "out" / "figures" / "mine.svg"
    own.write_text("kept")
    built = build(write_journal(two, tmp_path / "two"), tmp_path / "out")
    there = {p for folder in ("figures", "tables") for p in (tmp_path / "out" / folder).iterdir()}
    assert there == {own, *built.figures, *built.tables}


def test_fonts_of_committed_figures_are_those_that_publishers_take() -> None:
    """TrueType, cut down. The tests themselves take Type 3, which is made faster."""
    pdfs = [path.read_bytes() for path in (ROOT / "reports").glob("*/figures/forest.pdf")]
    assert pdfs
    assert all(b"/FontFile2" in pdf and b"/Type3" not in pdf for pdf in pdfs)


def test_variants_with_like_names_have_figures_of_their_own(tmp_path: Path) -> None:
    names = ("a+b", "a_b", "a/b", r"a\1b", "x" * 300)
    arms = (Arm("base"), *(Arm(name) for name in names))
    built = build(write_journal(Simulation(arms=arms, seeds=2), tmp_path / "s"), tmp_path / "out")
    panels = [path for path in built.figures if path.name.startswith("curves_")]
    assert len(set(panels)) == 2 * len(names)


def test_text_of_several_lines_stays_in_its_place(tmp_path: Path) -> None:
    study = write_journal(Simulation(arms=(Arm("base"), Arm("v", failed=(0,)))), tmp_path / "s")
    journal = study / "journal.jsonl"
    lines = "one\\n\\n# two | three"
    journal.write_text(journal.read_text().replace("the worker ended with signal 11", lines))
    built = build(study, tmp_path / "out")
    assert r"| crash: one # two \| three |" in built.markdown.read_text()
    latex = (tmp_path / "out" / "tables" / "failures.tex").read_text()
    assert r"crash: one \# two \textbar{} three \\" in latex


@pytest.mark.parametrize("text", ["# a", "- a", "+ a", "1. a", "12) a", "&lt;", "~~a~~", "$a$"])
def test_markdown_shows_text_as_it_stands(text: str) -> None:
    assert "\\" in escape_markdown(text)
    assert escape_markdown(text).replace("\\", "") == text
    assert escape_markdown("+1.5% of 2 seeds, a & b") == "+1.5% of 2 seeds, a & b"


def test_equations_are_there_in_latex(tmp_path: Path) -> None:
    study = write_journal(Simulation(), tmp_path / "s")
    journal = study / "journal.jsonl"
    journal.write_text(journal.read_text().replace('"latex":[]', '"latex":["a &= b","c &= d"]'))
    text = build(study, tmp_path / "out").markdown.read_text()
    assert text.count("\\begin{align*}\n  a &= b \\\\\n  c &= d\n\\end{align*}") == 2


def test_a_torn_journal_is_reported_without_its_path(tmp_path: Path) -> None:
    study = write_journal(Simulation(), tmp_path / "study")
    with (study / "journal.jsonl").open("a") as file:
        file.write('{"kind": "tri')
    text = build(study, tmp_path / "out").markdown.read_text()
    assert re.search(r"^> \*\*Note\.\*\* journal.jsonl: line \d+, the last, is torn", text, re.M)
    assert str(tmp_path) not in text


def test_a_report_that_cannot_be_written_is_a_message(study: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot be made: "):
        build(study, tmp_path / "out")


def test_a_folder_without_a_journal_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no study here"):
        build(tmp_path, tmp_path / "out")


def test_the_terminals_verdict_needs_no_plotting(study: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from cellsearch.report import verdict; from cellsearch.store import read\n"
        f"rows = verdict(read(Path({str(study)!r})))\n"
        "print(*[row.kind for row in rows], sep='|')\n"
        "print(sorted({'matplotlib', 'seaborn', 'torch', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["base|mirror|worse|unstable 2/2", "[]"], done.stderr
