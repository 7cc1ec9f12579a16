"""Every example of docs/language.md is run, and every message in it compared."""

import re
from pathlib import Path

import numpy as np
import pytest

from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.lang import edit_cell, foreign, members, parse_cell, parse_cells, print_cell
from cellsearch.testing.cases import by_oracle, make_case

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\S*) ?(\S*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def blocks(kind):
    found = [(argument, text) for k, argument, text in BLOCKS if k == kind]
    assert found, kind
    return found


def cells():
    """All cells of the page; a derived one finds its base further up."""
    found = {}
    for _, text in blocks("cell"):
        found.update(parse_cells(text, library=dict(found)))
    return found


CELLS = cells()


def test_every_block_is_of_a_kind_that_is_run():
    assert {k for k, _, _ in BLOCKS} == {"cell", "error", "edit", "edit-error", "space", "import"}


@pytest.mark.parametrize("name", list(CELLS))
def test_cells_run(name):
    result = by_oracle(make_case(CELLS[name], lengths=(3,)))
    assert np.isfinite(result.outputs).all()
    assert parse_cell(print_cell(CELLS[name])) == CELLS[name]


@pytest.mark.parametrize("example", [text for _, text in blocks("error")])
def test_errors(example):
    text, message = example.split("--\n")
    with pytest.raises(LanguageError) as e:
        elaborate(parse_cell(text))
    assert str(e.value) == message.rstrip("\n")


@pytest.mark.parametrize(("base", "example"), blocks("edit"))
def test_edits(base, example):
    edit, printed = example.split("--\n")
    changed = edit_cell(CELLS[base], edit)
    assert print_cell(changed) == printed
    assert elaborate(changed).nodes


@pytest.mark.parametrize(("base", "example"), blocks("edit-error"))
def test_errors_of_edits(base, example):
    edit, message = example.split("--\n")
    with pytest.raises(LanguageError) as e:
        edit_cell(CELLS[base], edit)
    assert str(e.value) == message.rstrip("\n")


@pytest.mark.parametrize(("number", "text"), blocks("space"))
def test_spaces(number, text):
    found = list(members(parse_cell(text)))
    assert len(found) == int(number)
    assert all(elaborate(c).nodes for c in found)


@pytest.mark.parametrize(("format", "example"), blocks("import"))
def test_cells_from_elsewhere(format, example):
    text, printed = example.split("--\n")
    cell = foreign.read(format, text, "mine")
    assert print_cell(cell) == printed
    assert foreign.write(format, cell) == text
