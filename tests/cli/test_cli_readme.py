"""What the README and CONTRIBUTING show works as it is shown."""

import re
import shlex
from pathlib import Path

import pytest

from cellsearch import lang
from cellsearch.ir import elaborate
from cellsearch.sweep.planning import files
from cellsearch.sweep.planning.plan import Text, plan

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
README = (ROOT / "README.md").read_text()


def blocks(text, language):
    """The fenced blocks of a language, or of none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for name, block in found if name == language]


def own_cell():
    (text,) = [b for b in blocks(README, "") if b.startswith("# mgu.cell")]
    return text


def commands():
    shown = "\n".join(blocks(README, "console"))
    return [shlex.split(line[2:]) for line in shown.splitlines() if line.startswith("$ ")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "mgu.cell").write_text(own_cell())
    (tmp_path / "mgu.yaml").write_text(blocks(README, "yaml")[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_what_is_linked_is_there(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / page).read_text())
    here = [link for link in links if "://" not in link]
    assert [link for link in here if not (ROOT / link).exists()] == []


def test_every_page_of_docs_is_in_the_table():
    pages = {f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")}
    assert {p for p in pages if f"| [{p}]({p}) |" not in README} == set()


def test_cells_are_cells():
    (contributed,) = blocks((ROOT / "CONTRIBUTING.md").read_text(), "")
    for text in (own_cell(), contributed):
        assert elaborate(lang.parse_cell(text)).weights


def test_the_sweep_is_planned(folder):
    study = plan(files.load(folder / "mgu.yaml"), Text(96, "0", "a text"))
    assert [v.name for v in study.variants] == ["base", "mgu", "mgu_ungated_candidate", "placebo"]


def test_the_python_runs(folder):
    (code,) = blocks(README, "python")
    names = {}
    exec(code, names)
    assert list(names["rnn"].layers[0]["Wi"].shape) == [64, 32]
    assert names["output"].shape == (100, 8, 64)


def test_check_says_what_is_shown(call, folder):
    shown = next(b for b in blocks(README, "console") if "mgu: ok" in b)
    assert call("check", "mgu.cell").stdout in shown


def test_the_slip_is_shown_as_it_is(call, folder):
    path = folder / "mgu.cell"
    path.write_text(own_cell().replace("(f * h)", "(f * hh)"))
    assert call("check", "mgu.cell", code=1).stderr in README


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_have_the_options_that_are_shown(call, words):
    said = call(words[1], "--help").stdout
    options = [word for word in words if word.startswith("--")]
    assert [option for option in options if option not in said] == []


def test_the_table_names_every_command(call):
    listed = re.findall(r"^\| `cellsearch (\w+)", README, re.MULTILINE)
    shown = re.findall(r"^│ (\w+) ", call("--help").stdout.split("Commands")[1], re.MULTILINE)
    assert listed == shown
