"""Cells of a collection that a cell equals, and those that are one line away."""

from dataclasses import replace

import pytest

from cellsearch.derive.likeness import Collection, nearby
from cellsearch.derive.likeness.aligned import aligned
from cellsearch.derive.relations import relate
from cellsearch.errors import LanguageError
from cellsearch.ir.cell import Output
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


# Heck & Salem's MGU2, and an LSTM with one gate for both, in other names.
MGU2 = """cell mgu2(x; s)
    z  = sigmoid(Uz @ s)
    n  = tanh(Wn @ x + Un @ (z * s) + bn)
    s' = (1 - z) * s + z * n
"""
COUPLED = """cell coupled(x; y, s)
    i  = (1 + tanh(Wi @ x + Ui @ y + bi)) / 2
    g  = tanh(Wg @ x + Ug @ y + bg)
    o  = sigmoid(Wo @ x + Uo @ y + bo)
    s' = (1 - i) * s + i * g
    y' = o * tanh(s')
"""


def test_names_do_not_matter(some):
    found = {(n.name, n.edited): n.edit for n in nearby(parse_cell(MGU2), some)}
    assert found["mgu", "given"] == ("z = sigmoid(Wz @ x + Uz @ s + bz)",)
    coupled = parse_cell(COUPLED)
    found = {(n.name, n.edited): n for n in nearby(coupled, some)}
    assert found["lstm", "other"].edit == ("c' = (1 - i) * c + i * g",)
    edited = cell("lstm", *found["lstm", "other"].edit)
    assert relate(edited, coupled).grade == found["lstm", "other"].grade == "other_parameters"


def test_a_cell_in_the_names_of_another_one():
    swapped = "cell a(v; s)\n    f = sigmoid(Wf @ v + bf)\n    s' = f * s + Ws @ v  # f, h\n"
    same = "cell b(x; h)\n    z = sigmoid(Uz @ h + bz)\n    h' = z * h + Wh @ x\n"
    assert aligned(parse_cell(swapped), parse_cell(same)) == parse_cell(
        "cell a(x; h)\n    z = sigmoid(Wz @ x + bz)\n    h' = z * h + Wh @ x\n"
    )
    # States in another order keep their names.
    lstm = LIBRARY["lstm"]
    turned = replace(lstm, states=lstm.states[::-1], lines=(*lstm.lines, Output("h'")))
    assert aligned(turned, lstm) == turned
    # `z` is taken.
    taken = (
        "cell c(v; s)\n    z = tanh(Wz @ v)\n    f = sigmoid(Wf @ v + z)\n    s' = f * s + W @ v"
    )
    taken += "\n    param W"
    assert aligned(parse_cell(taken), parse_cell(same)) == parse_cell(taken)


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
