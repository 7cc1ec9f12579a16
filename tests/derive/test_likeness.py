"""Cells of a collection that a cell equals, and those that are one line away."""

import pytest

from cellsearch.derive.likeness import Collection, nearby
from cellsearch.derive.relations import relate
from cellsearch.errors import LanguageError
from cellsearch.lang import edit_cell, library, parse_cell

LIBRARY = library()
NAMES = (
    *("gru", "gru_chung", "gru_v3", "irnn", "lstm", "lstm_1997", "lstm_b", "lstm_o"),
    *("lstm_semeniuta", "mgu", "miru1", "rnn", "ugrnn"),
)


@pytest.fixture(scope="module")
def some():
    return Collection({name: LIBRARY[name] for name in NAMES})


def cell(name, *edits):
    return edit_cell(LIBRARY[name], list(edits)) if edits else LIBRARY[name]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (("greff_np",), {"lstm": "identical", "lstm_b": "other_start"}),
        (("gru_v3",), {"gru_v3": "identical", "gru_chung": "mirror"}),
        (("lstm", "f = 1"), {"lstm_1997": "identical"}),
        (("lstm", "init h = 1"), {}),
        (("lstm", "i = sigmoid(Wi @ x + Ui @ h + bi + 1)"), dict.fromkeys(["lstm", "lstm_b"])),
    ],
)
def test_what_a_cell_equals(some, given, found):
    grades = {e.name: e.grade for e in some.equals(cell(*given))}
    expected = {name: grade or "other_parameters" for name, grade in found.items()}
    assert grades == expected


def test_the_map_is_that_of_the_relation(some):
    (likeness,) = [e for e in some.equals(cell("gru_v3")) if e.name == "gru_chung"]
    changed = {w: str(e) for w, e in likeness.map.items() if str(e) != w}
    assert changed == {"Wz": "-Wz", "Uz": "-Uz", "bz": "-bz"}


def edits(some, *given):
    return {(n.name, n.edited, n.grade): n.edit for n in nearby(cell(*given), some)}


def test_cells_that_the_given_one_becomes(some):
    assert edits(some, "lstm") == {
        ("lstm_1997", "given", "identical"): ("c' = c + i * g",),
        ("lstm_o", "given", "identical"): ("o = 1",),
        ("lstm_semeniuta", "given", "identical"): ("c' = f * c + i * dropout(g, 0.25)",),
    }


def test_cells_that_become_the_given_one(some):
    given = ("lstm", "init c = learned")
    assert edits(some, *given) == {
        ("lstm", "other", "identical"): ("init c = learned",),
        ("lstm_b", "other", "other_start"): ("init c = learned",),
        ("lstm_semeniuta", "other", "identical"): ("c' = f * c + i * g", "init c = learned"),
    }


def test_an_edit_brings_the_declarations_that_it_needs(some):
    found = edits(some, "gru_chung")
    n = "n = tanh(Wn @ x + bn + r * (Un @ h + cn))"
    assert found["gru", "given", "mirror"] == (n, "param cn")
    assert found["miru1", "given", "identical"][1:] == ("const lam = 0.5",)
    assert "gru_v3" not in {name for name, *_ in found}


def test_what_is_declared_already_is_not_declared_again(some):
    n = "n = {}(Wn @ x + bn + r * (Un @ h + cn))"
    found = edits(some, "gru", n.format("relu"))
    assert found["gru", "given", "identical"] == (n.format("tanh"),)


def test_an_equation_may_be_the_same_in_other_words(some):
    rewritten = ("lstm", "f = (1 + tanh((Wf @ x + Uf @ h + bf) / 2)) / 2")
    assert edits(some, *rewritten)["lstm_o", "given", "identical"] == ("o = 1",)


def test_a_line_that_replaces_the_whole_cell_is_no_edit(some):
    # `h' = tanh(...)` would leave nothing of an lstm.
    assert "rnn" not in {name for name, *_ in edits(some, "ugrnn")}
    assert ("irnn", "given", "identical") in edits(some, "rnn")


@pytest.mark.parametrize("given", [("gru_v3",), ("lstm", "init c = learned")])
def test_every_edit_does_what_is_said(some, given):
    asked = cell(*given)
    found = nearby(asked, some)
    assert found
    for n in found:
        start, goal = (asked, some.cells[n.name])[:: 1 if n.edited == "given" else -1]
        assert relate(edit_cell(start, list(n.edit)), goal).grade == n.grade, n


def test_what_is_no_cell_is_an_error(some):
    broken = parse_cell("cell a(x; h)\n    h' = tanh(Wh @ x + Uh @ hh + bh)\n")
    for look in (some.equals, lambda c: nearby(c, some)):
        with pytest.raises(LanguageError, match="unknown name 'hh'"):
            look(broken)
