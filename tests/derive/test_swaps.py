"""Weights that can change places: of two orders that give one text, one is written."""

import random

import pytest

from cellsearch.derive.normal.canonical import canonical
from cellsearch.derive.normal.gauge import IDENTICAL, MIRROR, OTHER_PARAMETERS, OTHER_START
from cellsearch.derive.normal.read import normal_form
from cellsearch.derive.normal.swaps import Swaps
from cellsearch.ir import elaborate
from cellsearch.lang import parse_cell
from cellsearch.testing.gated import gated_cell

TWINS = """cell twins(x; h)
    h' = tanh(W @ x + U @ h + bh + ch)
    param ch
"""


def form(text):
    return normal_form(elaborate(parse_cell(text)))


def allowed(f, one, other):
    atoms = {str(a.label[0]): i for i, a in enumerate(f.algebra.atoms) if a.kind == "weight"}
    return Swaps(f).allowed(atoms[one], atoms[other])


def test_two_biases_of_one_sum_can_change_places():
    assert allowed(form(TWINS), "bh", "ch")


@pytest.mark.parametrize(
    "text",
    [
        # Each beside something else.
        "cell c(x; h)\n    h' = tanh(W @ x + bh * h + ch)\n    param bh, ch\n",
        # A law reads one of them.
        f"{TWINS}    init ch = bh\n",
        f"{TWINS}    param a\n    init a = bh\n".replace("W @ x", "W @ x + a * h"),
        "cell c(x; h)\n    h' = tanh(W @ x + h * bh * ch)\n    param bh, ch\n    init h = bh\n",
    ],
)
def test_others_cannot(text):
    assert not allowed(form(text), "bh", "ch")


@pytest.mark.parametrize("grade", [IDENTICAL, MIRROR, OTHER_START, OTHER_PARAMETERS])
def test_the_text_is_the_least_of_both_orders(grade, monkeypatch):
    forms = [form(gated_cell(random.Random(seed))) for seed in range(60)]
    once = [canonical(f, grade).text for f in forms]
    swapped = []

    def never(swaps, a, b, allowed=Swaps.allowed):
        swapped.append(allowed(swaps, a, b))
        return False

    monkeypatch.setattr(Swaps, "allowed", never)
    assert [canonical(f, grade).text for f in forms] == once
    assert any(swapped)
