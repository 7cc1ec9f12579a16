"""Weights that start otherwise in two cells that compute the same are named, and no others."""

import pytest

from cellsearch.derive.other_starts import other_starts
from cellsearch.derive.relations import relate
from cellsearch.lang import edit_cell, library

LIBRARY = library()
NEGATED = "c' = f * c - i * g"


def cell(name, *edits):
    return edit_cell(LIBRARY[name], list(edits)) if edits else LIBRARY[name]


# The first cell, the second, and what starts otherwise: weight, in the first, in the second.
STARTS = [
    (("lstm",), ("lstm", "init bf = 1"), [("bf", "default", "1")]),
    (("lstm",), ("lstm", NEGATED, "init bf = 1"), [("bf", "default", "1")]),
    (("lstm", "init bg = 1"), ("lstm", NEGATED, "init bg = 1"), [("bg", "1", "1")]),
    (("lstm", "init bf = 1"), ("lstm", NEGATED, "init bg = 1"), None),
    (
        ("lstm", "init bg = uniform(0, 1)"),
        ("lstm", NEGATED, "init bg = uniform(0, 1)"),
        [("bg", "uniform(0, 1)", "uniform(0, 1)")],
    ),
    (("lstm", "init bi = -bf"), ("lstm", "init bi = bf"), [("bi", "-bf", "bf")]),
    (
        ("lstm", "init bf = normal(1)", "init bi = bf"),
        ("lstm", "init bf = normal(1)", "init bi = bo"),
        [("bi", "bf", "bo")],
    ),
    # A start that is a number is negated with the weight; the other gate's bias starts elsewhere.
    (
        ("lstm", "init bg = 1"),
        ("lstm", NEGATED, "init bg = -1", "init bf = 1"),
        [("bf", "default", "1")],
    ),
    # So is a start that is another weight's.
    (
        ("lstm", "init bg = normal(1)", "param sg", "init sg = bg", "g = tanh(Wg @ x + bg + sg)"),
        (
            *("lstm", "init bg = normal(1)", "param sg", "init sg = bg", NEGATED),
            *("g = tanh(Wg @ x + bg + sg)", "init bf = 1"),
        ),
        [("bf", "default", "1")],
    ),
]


@pytest.mark.parametrize(("one", "other", "found"), STARTS)
def test_weights_that_start_otherwise_are_named(one, other, found):
    a, b = cell(*one), cell(*other)
    relation = relate(a, b)
    assert relation.grade == "other_start"
    said = [(s.weight, s.a, s.b) for s in other_starts(a, b, relation.map)]
    assert said == (found or [("bf", "1", "default"), ("bg", "default", "1")])
