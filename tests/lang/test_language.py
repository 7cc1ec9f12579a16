"""The language, sentence by sentence: what a text means."""

import numpy as np
import pytest

from cellsearch.derive.hashes import cell_hash
from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.ir.evaluate import evaluate
from cellsearch.lang import edit_cell, library, load_cell, parse_cell, parse_cells, print_cell
from cellsearch.testing.cases import by_oracle, make_case

CELLS = library()
H, X, T = 4, 3, 5


def cell(*lines, header="cell a(x; h)"):
    return "\n".join([header, *(f"    {li}" for li in lines), ""])


def graph(*lines, header="cell a(x; h)"):
    return elaborate(parse_cell(cell(*lines, header=header)))


def run(*lines, header="cell a(x; h)", **weights):
    """Outputs for x = 1, 2, … in every unit, and final states."""
    x = np.arange(1.0, T + 1)[:, None] * np.ones(X)
    c = parse_cell(cell(*lines, header=header))
    arrays = {n: np.asarray(w, dtype=float) for n, w in weights.items()}
    return evaluate(c, arrays, {"x": x}, H)


def same(a, b):
    """Whether two texts are one cell."""
    return parse_cell(a) == parse_cell(b)


def value(expression, **weights):
    """A scalar expression's value at the first step, where x = 1."""
    out, _ = run(f"y: scalar = {expression}", "h' = h + y * 1", "output y", **weights)
    return float(out[0])


# Lines


def test_lines_stand_in_any_order():
    lines = ["a1 = tanh(Wa @ x + q * h)", "const q = 2", "h' = a1", "init Wa = 0.5"]
    results = []
    for order in (lines, lines[::-1], lines[2:] + lines[:2]):
        results.append(run(*order, Wa=np.ones((H, X)))[0])
    assert np.array_equal(results[0], results[1]) and np.array_equal(results[0], results[2])


def test_a_line_goes_on_while_a_bracket_is_open():
    assert same(cell("h' = tanh(h", "  + h  # why", "    )"), cell("h' = tanh(h + h)"))


def test_comments_are_kept_and_change_nothing():
    text = "# A doc.\ncell a(x; h)\n    # above\n    h' = h  # beside\n"
    assert print_cell(parse_cell(text)) == text
    assert same(text, cell("h' = h"))


def test_comments_inside_and_at_the_end_of_a_cell_are_kept():
    text = "cell a(x; h)\n    # one\n\n    # two\n    h' = h\n    # three\n\n    # four\n"
    assert print_cell(parse_cell(text)) == text.replace("\n\n", "\n")
    # What is not indented belongs to the next cell, right above its header.
    two = text + "\n# not mine\n\n# mine\ncell b(x; h)\n    h' = h\n    repeat k = 1..2\n"
    cells = parse_cells(two + "        q[k] = h\n        # in the block\n")
    assert print_cell(cells["a"]) == text.replace("\n\n", "\n")
    assert cells["b"].doc == ("mine",)
    assert print_cell(cells["b"]).endswith("        q[k] = h\n        # in the block\n")


def test_names_are_ascii_or_greek_letters_digits_and_underscores():
    g = graph("α_1 = Wα @ x", "ΔΩ2 = α_1", "h' = ΔΩ2 + h + Wώ @ x")
    assert list(g.equations) == ["α_1", "ΔΩ2", "h'"]
    for name in ("ж", "é", "ℎ", "µ", "_a", "2a", "ϥ", "϶"):
        with pytest.raises(LanguageError):
            parse_cell(cell(f"{name} = x", f"h' = h + {name}"))


@pytest.mark.parametrize("name", list(CELLS))
def test_a_printed_cell_parses_to_the_same_cell(name):
    text = print_cell(CELLS[name])
    again = parse_cell(text)
    assert again == CELLS[name] and print_cell(again) == text


# Header


def test_the_output_is_the_first_states_new_value():
    out, states = run("h' = h + 1", "c' = c + h'", header="cell a(x; h, c)")
    assert out[-1, 0] == T and states["h"][0] == T


def test_output_names_an_equation_or_a_primed_state():
    assert run("h' = h + 1", "c' = 2 * h'", "y = c + h", "output y", header="cell a(x; h, c)")[0][
        1, 0
    ] == pytest.approx(3.0)
    assert run("h' = h + 1 + c", "c' = -h'", "output c'", header="cell a(x; h, c)")[0][0, 0] == -1


def test_further_inputs_have_widths_of_their_own():
    g = graph("h' = tanh(Wh @ x + Vh @ v + Uh @ h)", header="cell a(x, v; h)")
    sizes = g.sizes({"x": 8, "v": 3}, 5)
    assert [w.shape(sizes) for w in g.weights.values()] == [(5, 8), (5, 3), (5, 5)]
    with pytest.raises(LanguageError, match="has the inputs x, v; got widths for x"):
        g.sizes({"x": 8}, 5)
    with pytest.raises(LanguageError, match=r"the widths H and X\.v meet"):
        graph("h' = Wh @ x + v + h", header="cell a(x, v; h)")


# Time


def test_unprimed_is_before_the_step_and_primed_after():
    out, _ = run("h' = h + 1", "y = 10 * h + h'", "output y")
    assert out[:, 0].tolist() == [10 * t + t + 1 for t in range(T)]


def test_a_delay_is_0_before_the_start():
    out, _ = run("y = delay(a, 2)", "a = h + 1", "h' = h + 1 + y * 0", "output y")
    assert out[:, 0].tolist() == [0, 0, 1, 2, 3]


def test_a_state_is_its_new_value_one_step_ago():
    for start in ("", "init h = 3"):
        lines = [li for li in ["h' = h + 1", "y = delay(h', 1) - h", "output y", start] if li]
        assert not run(*lines)[0].any()
        g = graph(*lines)
        assert [s.name for s in g.states] == ["h"]
    out, _ = run("h' = h + 1", "y = delay(h', 2)", "output y", "init h = 3")
    assert out[:, 0].tolist() == [0, 3, 4, 5, 6]


def test_delays_nest_and_read_later_equations():
    out, _ = run("y = delay(delay(a, 1), 2)", "h' = h + 1 + 0 * y", "a = h", "output y")
    assert out[:, 0].tolist() == [0, 0, 0, 0, 1]


def test_what_delays_remember_stands_after_the_states_in_order_of_first_writing():
    g = graph(
        "z = delay(x, 2)",
        "a = delay(b, 1) + delay(h', 2)",
        "b = Wb @ x + Ub @ delay(x, 1)",
        "h' = a + h + Uh @ z",
    )
    names = ["h", "delay(x, 1)", "delay(x, 2)", "delay(b, 1)", "delay(h', 2)"]
    assert [s.name for s in g.states] == names
    assert [str(s.type) for s in g.states] == ["H", "X", "X", "H", "H"]


def test_a_circle_through_a_delay_or_a_state_is_none():
    assert graph("a = b + h", "b = delay(a, 1)", "h' = a").equations


# Expressions


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("r * U @ h", "r * (U @ h)"),
        ("A @ B @ h", "A @ (B @ h)"),
        ("-a * b", "(-a) * b"),
        ("-A @ h", "-(A @ h)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b * c", "(a / b) * c"),
        ("a + b * c", "a + (b * c)"),
        ("a + b | c - d", "(a + b) | (c - d)"),
        ("A.T @ B.T @ h", "(A.T) @ ((B.T) @ h)"),
        ("a * -b", "a * (-b)"),
        ("a - -b", "a - (-b)"),
    ],
)
def test_precedence(text, grouped):
    loose, tight = (parse_cell(cell(f"h' = {e}")) for e in (text, grouped))
    assert loose == tight
    assert print_cell(loose) == cell(f"h' = {text}")


def test_a_minus_may_stand_right_of_any_operator():
    assert same(cell("h' = A @ -h"), cell("h' = A @ (-h)"))


FUNCTIONS = {
    "sigmoid(1)": 0.7310585786300049,
    "tanh(1)": 0.7615941559557649,
    "relu(-1)": 0.0,
    "leaky_relu(-1)": -0.01,
    "elu(-1)": -0.6321205588285577,
    "gelu(1)": 0.8413447460685429,
    "silu(1)": 0.7310585786300049,
    "softplus(1)": 1.3132616875182228,
    "softsign(-1)": -0.5,
    "hard_sigmoid(1)": 2 / 3,
    "hard_tanh(3)": 1.0,
    "exp(1)": 2.718281828459045,
    "log(2)": 0.6931471805599453,
    "sqrt(2)": 1.4142135623730951,
    "abs(-2)": 2.0,
    "sin(1)": 0.8414709848078965,
    "cos(1)": 0.5403023058681398,
    "square(3)": 9.0,
    "identity(3)": 3.0,
    "min(1, 2)": 1.0,
    "max(1, 2)": 2.0,
    "sum(x)": 3.0,
    "mean(x)": 1.0,
    "sum(layernorm(ramp_))": 0.0,
    "sum(square(rmsnorm(ramp_)))": 4.0,
}


@pytest.mark.parametrize("expression", FUNCTIONS)
def test_functions(expression):
    if "ramp_" in expression:
        out, _ = run(
            f"y: scalar = {expression}",
            "h' = h + y",
            "output y",
            "param ramp_: H",
            ramp_=np.linspace(0, 1, H),
        )
        assert out[0] == pytest.approx(FUNCTIONS[expression], abs=1e-4)
    else:
        assert value(expression) == pytest.approx(FUNCTIONS[expression], rel=1e-12, abs=1e-12)


def test_a_number_or_a_scalar_goes_with_anything():
    out, _ = run("h' = 2 * h + s * 1 + M @ h", "param s: scalar", "param M", s=3, M=np.eye(H))
    assert out[0].tolist() == [3] * H


MATRICES = {
    "M.T": lambda m, n, u, v: m.T,
    "M + N": lambda m, n, u, v: m + n,
    "M - N.T": lambda m, n, u, v: m - n.T,
    "2 * M": lambda m, n, u, v: 2 * m,
    "-M": lambda m, n, u, v: -m,
    "M / 4": lambda m, n, u, v: m / 4,
    "diag(u)": lambda m, n, u, v: np.diag(u),
    "M @ diag(u)": lambda m, n, u, v: m * u,
    "diag(u) @ M": lambda m, n, u, v: u[:, None] * m,
    "outer(u, v)": lambda m, n, u, v: np.outer(u, v),
    "I": lambda m, n, u, v: np.eye(H),
    "M - 0.5 * I": lambda m, n, u, v: m - 0.5 * np.eye(H),
    "M @ N": lambda m, n, u, v: m @ n,
    "M @ N.T - N @ M.T": lambda m, n, u, v: m @ n.T - n @ m.T,
    "0": lambda m, n, u, v: np.zeros((H, H)),
    "M * N": lambda m, n, u, v: m * n,
}


@pytest.mark.parametrize("expression", MATRICES)
def test_matrices(expression):
    rng = np.random.default_rng(0)
    m, n, u, v, h = (rng.normal(size=s) for s in ((H, H), (H, H), H, H, H))
    lines = [f"h' = ({expression}) @ h + 0 * (M @ u + N @ v)", "param M, N", "param u, v"]
    c = parse_cell(cell(*lines))
    weights = {"M": m, "N": n, "u": u, "v": v}
    out, _ = evaluate(c, weights, {"x": np.zeros((1, X))}, H, {"h": h})
    assert out[0] == pytest.approx(MATRICES[expression](m, n, u, v) @ h, rel=1e-12)


def test_block_is_block_diagonal():
    w = np.arange(8.0).reshape(2, 2, 2)
    out, _ = run("h' = block(W, 2) @ (h + 1)", W=w)
    assert out[0].tolist() == [1, 5, 9, 13]


def test_heads_have_to_share_the_units():
    g = graph("h' = block(W, 3) @ h")
    with pytest.raises(LanguageError, match="'W' is 4 x 4, which 3 heads cannot share"):
        g.weights["W"].shape(g.sizes({"x": X}, H))


# Widths


def widths(*lines, header="cell a(x; h)"):
    g = graph(*lines, header=header)
    return {n: str(w.type) for n, w in g.weights.items()}


def test_what_nothing_determines_is_h():
    assert widths("h' = Uh @ k + h", "k = Wk @ x") == {"Uh": "(H, H)", "Wk": "(H, X)"}


def test_a_width_follows_a_colon_wherever_a_name_is_defined():
    lines = [
        "const P = H // 2",
        "q: 3 = Wq @ x",
        "h' = Uh @ q + sum(C) * Ph @ c + a",
        "c' = Wc @ q + b1 + b2",
        "C' = C + outer(h, h)",
        "param a: scalar",
        "param b1, b2: P = 1",
    ]
    found = widths(*lines, header="cell a(x; h, c: P, C: (H, H))")
    assert found["Wq"] == "(3, X)" and found["Uh"] == "(H, 3)"
    assert found["Ph"] == "(H, H // 2)" and found["Wc"] == "(H // 2, 3)"
    assert found["a"] == "scalar" and found["b1"] == found["b2"] == "H // 2"


def test_widths_are_made_of_sizes_consts_and_loop_variables():
    lines = [
        "const r = 2",
        "u[0]: H + X = W[0] @ x",
        "repeat k = 1..r",
        "    u[k]: H + X - k * r = W[k] @ u[k - 1]",
        "h' = h + V @ u[r]",
    ]
    g = graph(*lines)
    sizes = g.sizes({"x": X}, H)
    shapes = {n: w.shape(sizes) for n, w in g.weights.items()}
    assert shapes == {"W[0]": (7, 3), "W[1]": (5, 7), "W[2]": (3, 5), "V": (4, 3)}


def test_halves_that_differ_at_an_odd_width_are_two_widths():
    halves = ["q: P = Wq @ x", "r: H - P = Wr @ x", "h' = Uh @ q + Vh @ r + h"]
    found = widths("const P = H // 2", *halves)
    assert (found["Uh"], found["Vh"]) == ("(H, H // 2)", "(H, H - H // 2)")
    with pytest.raises(LanguageError, match=r"the widths H - H // 2 and H // 2 meet"):
        graph("const P = H // 2", *halves[:2], "h' = Uh @ (q + r) + h")
    # The other half, rounded up.
    assert graph("q: (H + 1) // 2 = Wq @ x", "r: H - H // 2 = Wr @ x", "h' = Uh @ (q + r) + h")


def test_a_half_is_a_width_where_it_is_whole():
    g = graph("const P = H / 2", "q: P = Wq @ x", "h' = h + Uh @ q")
    assert g.weights["Wq"].shape(g.sizes({"x": 3}, 6)) == (3, 3)
    with pytest.raises(LanguageError, match=r"'H / 2' = 3\.5; // divides rounding down"):
        g.weights["Wq"].shape(g.sizes({"x": 3}, 7))


def test_a_width_of_less_than_one_is_an_error_where_it_is_made():
    g = graph("q: H - 4 = Wq @ x", "h' = h + Uh @ q")
    with pytest.raises(LanguageError, match="the width 'H - 4' is 0 where H = 4, X = 3"):
        g.weights["Wq"].shape(g.sizes({"x": X}, H))


def test_needs_permits_two_widths_to_agree():
    g = graph("needs X = H", "h' = tanh(x + h)")
    assert g.sizes({"x": 4}, 4) == {"H": 4, "X": 4}
    with pytest.raises(LanguageError, match="'a' needs X = H, got 3 and 4"):
        g.sizes({"x": 3}, 4)
    with pytest.raises(LanguageError, match="meet"):
        graph("needs X = H", "h' = tanh(x + h + q)", "q: 3 = Wq @ x")


def test_needs_permits_the_widths_of_inputs_to_agree():
    lines = ["needs X.m = X", "h' = tanh(Wh @ (m * x) + h)"]
    g = graph(*lines, header="cell a(x, m; h)")
    assert g.sizes({"x": 5, "m": 5}, 3) == {"H": 3, "X": 5, "X.m": 5}
    assert g.weights["Wh"].shape(g.sizes(g.input_widths(5, 3), 3)) == (3, 5)
    with pytest.raises(LanguageError, match=r"'a' needs X\.m = X, got 4 and 5"):
        g.sizes({"x": 5, "m": 4}, 3)


def test_the_name_of_an_input_is_no_part_of_what_a_cell_needs():
    one = graph("needs X.m = X", "h' = Wh @ (m * x) + h", header="cell a(x, m; h)")
    other = graph("needs X.v = X", "h' = Wh @ (v * x) + h", header="cell a(x, v; h)")
    assert cell_hash(one) == cell_hash(other)


def test_an_input_of_one_unit_is_made_a_scalar():
    lines = ["needs X.v = 1", "a: scalar = v", "h' = a * tanh(Wh @ x) + h"]
    g = graph(*lines, header="cell a(x, v; h)")
    assert g.equations["a"].type.kind == "scalar"
    assert g.input_widths(5, 3) == {"x": 5, "v": 1}


def test_needs_may_depend_on_a_round():
    lines = ["u[0] = h", "repeat k = 1..2", "    u[k] = u[k - 1] + h", "    needs k * X = k * H"]
    g = graph(*lines, "h' = u[2] + x")
    assert len(g.needs) == 2 and g.sizes({"x": 4}, 4)


def test_rounds_may_depend_on_sizes():
    c = parse_cell(
        cell("u[0] = h", "repeat k = 1..H // 2", "    u[k] = 2 * u[k - 1]", "h' = u[H // 2] + 1")
    )
    assert len(elaborate(c, {"H": 6, "X": 3}).equations) == 5
    with pytest.raises(LanguageError, match="a bound of repeat cannot depend on H here"):
        elaborate(c)
    # By way of a const, too.
    lines = ["const n = H // 2", "u[0] = h", "repeat k = 1..n", "    u[k] = 2 * u[k - 1]"]
    c = parse_cell(cell(*lines, "h' = u[n] + 1"))
    assert len(elaborate(c, {"H": 6, "X": 3}).equations) == 5
    with pytest.raises(LanguageError, match="a bound of repeat cannot depend on H here"):
        elaborate(c)
    assert edit_cell(c, "h' = u[n] + 2") != c


# Weights


def test_weights_are_the_names_that_no_line_defines():
    g = graph("i = sigmoid(Wi @ x + bi - ki) + pi * h", "h' = i + bh", "param ki")
    assert list(g.weights) == ["Wi", "bi", "ki", "pi", "bh"]


def test_biases_and_diagonals_of_rounds_and_primes():
    g = graph("u[2] = h + bu[2]", "h' = u[2] * ph + bh")
    assert list(g.weights) == ["bu[2]", "ph", "bh"]


def test_a_const_is_no_weight():
    g = graph("const beta = 2 * 3", "h' = beta * h + 1")
    assert not g.weights
    assert run("const beta = 2 * 3", "h' = beta * h + 1")[0][1, 0] == 7


def test_a_const_may_depend_on_sizes():
    assert run("const s = 1 / sqrt(H) + X", "h' = s + 0 * h")[0][0, 0] == 3.5


def test_rounds_that_nothing_reads_do_not_exist():
    lines = ["u[0] = h", "repeat k = 1..3", "    u[k] = R[k] @ u[k - 1] + bu[k]", "h' = u[2]"]
    g = graph(*lines)
    assert list(g.weights) == ["R[1]", "bu[1]", "R[2]", "bu[2]"]
    assert list(g.equations) == ["u[0]", "u[1]", "u[2]", "h'"]


def test_the_weights_of_rounds_that_do_not_exist_may_be_written_elsewhere():
    lines = ["u[0] = h", "repeat k = 1..3", "    u[k] = R[k] @ u[k - 1]", "h' = u[2] + R[3] @ x"]
    assert widths(*lines) == {"R[1]": "(H, H)", "R[2]": "(H, H)", "R[3]": "(H, X)"}


def test_a_negated_diagonal_weight_is_still_a_factor():
    assert widths("i = sigmoid(-pi * h - bi + Wi @ x)", "h' = i * h").keys() == {"pi", "bi", "Wi"}


# Starts


def test_a_start_speaks_for_every_round():
    g = graph("u[1] = R[1] @ h + bu[1]", "u[2] = u[1] + bu[2]", "h' = u[2]", "init bu = -2")
    assert {n: str(w.start) for n, w in g.weights.items() if w.start} == {
        "bu[1]": "-2",
        "bu[2]": "-2",
    }


def test_starts_of_states():
    for start, first in {"0.5": 0.5, "ramp": 0.0, "tanh(1)": np.tanh(1), "-inf": -np.inf}.items():
        out, _ = run("h' = h", f"init h = {start}")
        assert out[0, 0] == first
    out, _ = run("h' = h", "init h = learned", **{"h[0]": np.full(H, 7.0)})
    assert out[0, 0] == 7


def test_the_ramp_of_a_scalar_is_0():
    out, _ = run("s' = s + 1", "h' = h + s", "init s = ramp", header="cell a(x; h, s: scalar)")
    assert out[1, 0] == 1


def test_a_state_may_start_from_a_weight():
    g = graph("h' = h + s", "param s", "init h = 2 * s")
    assert str(g.states[0].start) == "2 * s"
    out, _ = run("h' = h + s", "param s", "init h = 2 * s", s=np.full(H, 5.0))
    assert out[0, 0] == 15


def test_a_param_may_be_read_by_the_start_of_a_state_alone():
    g = graph("h' = Uh @ h", "param s", "init h = tanh(s)", header="cell a(x; h: X)")
    assert {n: str(w.type) for n, w in g.weights.items()} == {"Uh": "(X, X)", "s": "X"}
    out, _ = run("h' = h + 1", "param s", "init h = 2 * s", s=np.full(H, 5.0))
    assert out[0, 0] == 11


# repeat


def test_both_ends_of_repeat_are_included():
    lines = ["const n = 3", "u[0] = h", "repeat k = 1..n", "    u[k] = u[k - 1] + k", "h' = u[n]"]
    assert run(*lines)[0][0, 0] == 6


def test_repeats_nest():
    lines = [
        "u[0] = h",
        "repeat k = 1..2",
        "    repeat j = 1..2",
        "        u[2 * k + j - 2] = u[2 * k + j - 3] + 10 * k + j",
        "h' = u[4]",
    ]
    assert run(*lines)[0][0, 0] == 11 + 12 + 21 + 22


def test_an_unindexed_weight_is_shared_by_all_rounds():
    lines = ["u[0] = h", "repeat k = 1..2", "    u[k] = R @ u[k - 1]", "h' = u[2] + 1"]
    assert list(graph(*lines).weights) == ["R"]
    indexed = [li.replace("R @", "R[k] @") for li in lines]
    assert list(graph(*indexed).weights) == ["R[1]", "R[2]"]


# Noise


def noise(*lines):
    return [n for n in graph(*lines).nodes if n.op in ("dropout", "zoneout")]


def test_every_written_call_draws_its_own_mask():
    assert len(noise("h' = dropout(h, 0.5) + dropout(h, 0.5)")) == 2
    assert len(noise("m = dropout(h, 0.5)", "h' = m * m + m")) == 1
    rounds = ["u[0] = h", "repeat k = 1..3", "    u[k] = dropout(u[k - 1], 0.5)", "h' = u[3]"]
    assert len({n.attrs[1] for n in noise(*rounds)}) == 3


def test_every_written_delay_of_noise_draws_its_own_mask():
    twice = "h' = h + W @ delay(dropout(x, 0.5), 1) + V @ delay(dropout(x, 0.5), {})"
    g = graph(twice.format(1))
    assert len([n for n in g.nodes if n.op == "dropout"]) == 2
    text = "delay(dropout(x, 0.5), {})"
    assert [s.name for s in g.states] == ["h", text.format(1), f"{text.format(1)} #2"]
    # The second remembers two steps.
    names = [s.name for s in graph(twice.format(2)).states]
    assert names == ["h", text.format(1), f"{text.format(1)} #2", f"{text.format(2)} #2"]
    named = graph("m = dropout(x, 0.5)", "h' = h + W @ delay(m, 1) + V @ delay(m, 1)")
    assert [s.name for s in named.states] == ["h", "delay(m, 1)"]
    assert cell_hash(named) != cell_hash(g)
    by_oracle(make_case(parse_cell(cell(twice.format(2))), lengths=(3,)))


def test_dropout_of_a_matrix_draws_once_a_sequence():
    assert noise("h' = dropout(U, 0.5) @ h")[0].attrs[2] == "sequence"
    assert noise("h' = U @ dropout(h, 0.5)")[0].attrs[2] == "step"


def test_noise_in_evaluation():
    assert run("h' = dropout(h, 0.5) + 1")[0][1, 0] == 2
    assert run("h' = zoneout(h + 1, h, 0.25)")[0][0, 0] == 0.75


# Names of files and of the library


def test_the_library_is_found_by_name_text_and_path(tmp_path):
    file = tmp_path / "mine.cell"
    file.write_text("cell b = rnn with\n    init bh = 1\ncell c = b with\n    init bh = 2\n")
    assert load_cell(file).name == "c" and load_cell("lstm").name == "lstm"
    assert load_cell(print_cell(load_cell("gru"))) == load_cell("gru")
    with pytest.raises(LanguageError, match="no cell is called 'lstn', and no file; nearest is"):
        load_cell("lstn")


@pytest.mark.parametrize("name", list(CELLS))
def test_every_cell_of_the_papers_runs(name):
    result = by_oracle(make_case(CELLS[name], lengths=(3,)))
    assert np.isfinite(result.outputs).all()
