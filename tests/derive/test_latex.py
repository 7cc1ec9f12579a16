"""Equations typeset in LaTeX."""

import pytest

from cellsearch.derive.latex import equations
from cellsearch.lang import load_cell, parse_cell

NAMES = {
    "Wi": r"W_{\mathrm{i}}",
    "gate": r"\mathrm{gate}",
    "hh": r"\mathrm{hh}",
    "low_2": r"\mathrm{low}_{\mathrm{2}}",
    "si": r"s_{\mathrm{i}}",
    "bgh": r"b_{\mathrm{gh}}",
    "lam": r"\lambda",
    "alpha": r"\alpha",
    "alpha2": r"\alpha_{\mathrm{2}}",
    "theta_f": r"\theta_{\mathrm{f}}",
    "a_b": r"a_{\mathrm{b}}",
    "μ_1": r"\mu_{\mathrm{1}}",
    "ΔW": r"\Delta_{\mathrm{W}}",
    "u[k - 1]": r"u_{k - 1}",
    "s1[2]": r"s_{\mathrm{1}, 2}",
    "h'": "h'",
    # A diagonal weight of i, a matrix: no Greek letters.
    "pi": r"p_{\mathrm{i}}",
    "Xi": r"X_{\mathrm{i}}",
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    cell = parse_cell(f"cell a(x; h)\n    q = tanh({name})\n")
    assert equations(cell) == (rf"q &= \tanh({NAMES[name]})",)


def test_a_cell_of_the_library():
    assert equations(load_cell("lstm_peephole"))[0] == (
        r"i &= \sigma(W_{\mathrm{i}}\, x + U_{\mathrm{i}}\, h + p_{\mathrm{i}} \odot c"
        r" + b_{\mathrm{i}})"
    )


def test_brackets_stand_where_they_are_needed():
    cell = parse_cell("cell a(x; h)\n    h' = -(a * h) / x - (x - h) * (A @ (B + C) @ h)\n")
    (line,) = equations(cell)
    assert line.startswith(r"h' &= \frac{-\left(a \odot h\right)}{x} - \left(x - h\right) \odot ")
    assert line.endswith(r"A\, \left(\left(B + C\right)\, h\right)")
