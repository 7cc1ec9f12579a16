"""Equations typeset in LaTeX."""

import pytest

from cellsearch.derive.latex import equations, latex
from cellsearch.derive.where import where
from cellsearch.ir.cell import Const
from cellsearch.ir.expressions import Name
from cellsearch.lang import load_cell, names, parse_cell

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
    assert latex(cell.lines[0].value, {}) == rf"\tanh({NAMES[name]})"


def test_a_cell_of_the_library():
    assert equations(load_cell("lstm_peephole"))[0] == (
        r"i &= \sigma(W_{\mathrm{i}}\, x + U_{\mathrm{i}}\, h + p_{\mathrm{i}} \odot c"
        r" + b_{\mathrm{i}})"
    )


def test_brackets_stand_where_they_are_needed():
    cell = parse_cell("cell a(x; h)\n    h' = -(a * h) / x - (x - h) * (A @ (B + C) @ h)\n")
    line = latex(cell.lines[0].value, {})
    assert line.startswith(r"\frac{-\left(a \odot h\right)}{x} - \left(x - h\right) \odot ")
    assert line.endswith(r"A\, \left(\left(B + C\right)\, h\right)")


KINDS = {"s": 0, "k": 0, "M": 2}
PRODUCTS = {
    "x * h": r"x \odot h",
    "2 * tanh(x) * h": r"2\, \tanh(x) \odot h",
    "s * (W @ x)": r"s\, W\, x",
    "x * 2": r"x \cdot 2",
    "tanh(s) * M": r"\tanh(s)\, M",
    "sum(x) * h": r"\mathrm{sum}(x)\, h",
    "outer(x, h / x)": r"x\, \left(\frac{h}{x}\right)^{\top}",
    "sum(x * h)": r"x^{\top} h",
    "sum((x + h) * h)": r"\left(x + h\right)^{\top} h",
    # A sum over units of a matrix is no product of vectors.
    "sum(M * M)": r"\mathrm{sum}(M \odot M)",
    "s * outer(x, h)": r"s\, x\, h^{\top}",
    "sqrt(x + 1e-6)": r"\sqrt{x + 10^{-6}}",
    "u[k // 2]": r"u_{\left\lfloor \frac{k}{2} \right\rfloor}",
}


@pytest.mark.parametrize("product", PRODUCTS)
def test_products(product):
    value = parse_cell(f"cell a(x; h)\n    q = {product}\n").lines[0].value
    assert latex(value, KINDS) == PRODUCTS[product]


def test_what_is_a_scalar_follows_from_the_equations():
    shown = dict(line.split(" &= ") for line in equations(load_cell("mlstm")))
    assert shown["C'"] == r"d\, C + e\, v\, k^{\top}"
    assert shown["k"] == r"\mathrm{scale}\, W_{\mathrm{k}}\, x + b_{\mathrm{k}}"
    assert r"\lvert n'^{\top} q \rvert" in shown["h"]


STATED = """
cell a(x; h: P, C: (P, H), m: scalar)
    needs X = H
    const P = H // 2
    const low = 0.5
    q: P = W @ x + bq
    r  = sum(x * u)
    C' = C + m * outer(q, x)
    m' = m + r + sum(z)
    h' = C' @ x + low * q + R @ h
    y = h' + m' * q
    output y
    param z = 1
    param u
    init bq = default
    init u = -z
    init W = normal(1 / sqrt(H))
    init R = orthogonal
    init m = -inf
"""


def test_consts_widths_and_starts_are_stated():
    assert where(parse_cell(STATED)) == (
        r"Where $P = \left\lfloor \frac{H}{2} \right\rfloor$, $\mathrm{low} = 0.5$, "
        r"$h, q, y \in \mathbb{R}^{P}$, $C \in \mathbb{R}^{P \times H}$, "
        r"$m, r \in \mathbb{R}$, $X = H$. The output is $y$. Starts: $z = 1$, "
        r"$u = -z$, "
        r"$W \sim \mathcal{N}(0, \left(\frac{1}{\sqrt{H}}\right)^{2})$, "
        r"$R \sim \mathrm{orthogonal}$, $m = -\infty$."
    )
    assert where(load_cell("lstm")) == ""
    # An equation that is written twice is named once.
    assert where(load_cell("mogrifier_lstm")) == (
        r"Where $\mathrm{rounds} = 5$, $u, y \in \mathbb{R}^{X}$."
    )


@pytest.mark.parametrize("name", names())
def test_no_name_stands_there_undefined(name):
    """Every const that the equations read is stated below them."""
    cell = load_cell(name)
    stated = where(cell)
    consts = [line.name for line in cell.lines if isinstance(line, Const)]
    assert [c for c in consts if f"${latex(Name(c), {})} = " not in stated] == []
