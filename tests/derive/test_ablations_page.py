"""`docs/ablations.md` lists what is derived: its tables are made anew and compared."""

import re
from pathlib import Path

import pytest

from cellsearch.cli.ablations import besides
from cellsearch.cli.sizes import sized
from cellsearch.derive.ablations import derived
from cellsearch.lang import load_cell

PAGE = (Path(__file__).parents[2] / "docs" / "ablations.md").read_text("utf-8")
TABLES = dict(
    re.findall(r"^### `(\w+)`\n.*?\n\n(\| variant .*?)\n\n", PAGE, re.DOTALL | re.MULTILINE)
)
HEAD = "| variant | with | what it is | besides | parameters |\n|---|---|---|---|---|"


def table(name):
    """The ablations of a cell of the library, H = X = 128."""
    base = load_cell(name)
    whole = sized(base, [], 128).cost.parameters
    rows = [
        [
            f"`{a.name}`",
            "<br>".join(f"`{line}`" for line in a.edits),
            a.what,
            "; ".join(besides(a)),
            f"{sized(a.cell, [], 128).cost.parameters / whole - 1:+.1%}",
        ]
        for a in derived(base).ablations
    ]
    return "\n".join([HEAD, *(f"| {' | '.join(row)} |" for row in rows)])


def test_the_page_has_three_lists():
    assert list(TABLES) == ["lstm", "gru", "nascell"]


@pytest.mark.parametrize("name", TABLES)
def test_what_it_lists_is_what_is_derived(name):
    assert TABLES[name] == table(name)
