"""Graphs: what is shared, what is simplified, what sizes are."""

import numpy as np
import pytest

from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.ir.biases import without_biases
from cellsearch.ir.expressions import Number, number_text
from cellsearch.ir.graph import topological
from cellsearch.ir.ops import ARITY, OPS
from cellsearch.ir.widths import H, Size, X
from cellsearch.lang import edit_cell, parse_cell


def graph(*lines, header="cell a(x; h)"):
    text = "\n".join([header, *(f"    {li}" for li in lines), ""])
    return elaborate(parse_cell(text))


def size(text):
    cell = parse_cell(f"cell a(x; h: {text})\n    h' = h\n")
    return Size.of(cell.states[0].width.sizes[0])


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("2 * H", "H + H", True),
        ("(H + X) - X", "H", True),
        ("H // 2", "H - H // 2", False),
        ("H", "X", False),
        ("(H + 1) // 2", "H - H // 2", True),
        ("(H + 2) // 3", "(H + 1) // 3", False),
        ("X // 8", "(X + 1) // 8", False),
        ("H // 2 * 2", "H // 3 * 3", False),
        ("H * X", "X * H", True),
        ("H * H", "H", False),
        ("4", "2 + 2", True),
    ],
)
def test_sizes_are_equal_where_their_values_are(one, other, equal):
    assert (size(one) == size(other)) is equal


def test_sizes_have_values():
    assert size("3 * H // 2 - X").at({"H": 5, "X": 3}) == 4
    assert H.at({"H": 5}) == 5 and X.at({"X": 3}) == 3
    assert size("4").fixed and not H.fixed


@pytest.mark.parametrize("hidden", [1, 2])
def test_a_width_is_at_least_1(hidden):
    with pytest.raises(LanguageError, match="a width is at least 1"):
        size("H - 2").at({"H": hidden, "X": 3})


@pytest.mark.parametrize(
    ("written", "simple"),
    [
        ("1 * h + 0", "h"),
        ("h / 1 - 0", "h"),
        ("-(-h)", "h"),
        ("h + 0 * tanh(h)", "h"),
        ("identity(h)", "h"),
        ("I @ h", "h"),
        ("h + 0 @ x", "h"),
        ("sigmoid(0) * h", "0.5 * h"),
        ("h.T.T @ h", None),
        ("diag(s) @ h", "s * h"),
        ("U.T.T @ h", "U @ h"),
    ],
)
def test_exact_identities_are_used(written, simple):
    def nodes(value):
        more = [
            f"param {n}" for n in ("s", "U") if f"{n} " in value.replace(")", " ").replace(".", " ")
        ]
        return [(n.op, n.attrs) for n in graph(f"h' = {value}", *more).nodes]

    if simple is None:
        with pytest.raises(LanguageError):
            nodes(written)
    else:
        assert nodes(written) == nodes(simple)


def test_equal_nodes_are_one():
    g = graph("a = tanh(h)", "b = tanh(h)", "h' = a + b * tanh(h)")
    assert sum(n.op == "tanh" for n in g.nodes) == 1


def test_every_node_stands_after_those_that_it_reads():
    g = graph("a = tanh(Wa @ x + h)", "h' = a * a + delay(a, 2)")
    seen = set()
    for n in g.nodes:
        assert all(id(a) in seen for a in n.args)
        seen.add(id(n))
    roots = [g.output, *(s.next for s in g.states)]
    assert set(map(id, topological(roots))) == seen


def test_a_scalar_equation_and_a_scalar_state():
    g = graph(
        "m' = max(m, a)", "a: scalar = Wa @ x", "h' = h * m'", header="cell a(x; h, m: scalar)"
    )
    assert [str(s.type) for s in g.states] == ["H", "scalar"]
    assert g.weights["Wa"].shape(g.sizes({"x": 3}, 4)) == (1, 3)
    assert g.output_width({"x": 3}, 4) == 4


def test_a_matrix_has_no_output_width():
    g = graph("S' = S + outer(h, h)", "h' = S @ h", "output S'", header="cell a(x; h, S: (H, H))")
    with pytest.raises(LanguageError, match="the output of 'a' is a matrix"):
        g.output_width({"x": 3}, 4)


def test_a_weight_keeps_its_form_where_a_delay_alone_reads_it():
    g = graph("h' = h + delay(block(U, 2) @ h, 1)")
    assert g.weights["U"].shape(g.sizes({"x": 3}, 4)) == (2, 2, 2)


def test_a_delayed_prime_has_its_states_type():
    g = graph("S' = delay(S', 2) + S", "h' = S @ h", header="cell a(x; h, S: (H, H))")
    assert [str(s.type) for s in g.states] == ["H", "(H, H)", "(H, H)"]


def test_without_biases_refuses_a_start_that_loses_its_source():
    g = graph("f = Wf @ x + bf", "h' = f + h * s", "param s", "init s = -bf")
    with pytest.raises(LanguageError, match="without biases 's' cannot start from 'bf'"):
        without_biases(g)
    assert list(without_biases(graph("h' = Uh @ h + bh - c", "param c")).weights) == ["Uh"]


def test_a_long_chain_of_equations():
    lines = ["e0 = h + Wh @ x", *(f"e{i} = tanh(e{i - 1})" for i in range(1, 3000)), "h' = e2999"]
    assert len(graph(*lines).nodes) == 3004


@pytest.mark.parametrize(
    "lines",
    [
        [f"const c{i} = c{i + 1} + c{i + 1}" for i in range(15)] + ["const c15 = H", "h' = c0 * h"],
        [f"const c{i} = c{i + 1}" for i in range(300)] + ["const c300 = H", "h' = c0 * h"],
        [f"e{i} = delay(e{i + 1}, 1)" for i in range(300)] + ["e300 = h", "h' = e0"],
        ["h' = h" + "".join(f" + s{i}" for i in range(100))]
        + [f"param s{i}" for i in range(100)]
        + [f"init s{i} = s{i + 1}" for i in range(99)],
    ],
    ids=["doubled consts", "consts", "delays", "starts"],
)
def test_what_grows_too_deep_is_refused(lines):
    with pytest.raises(LanguageError, match=r"more than|too often"):
        graph(*lines)


def test_consts_that_are_numbers_may_be_many():
    lines = ["const c0 = 1", *(f"const c{i} = c{i - 1} + c{i - 1}" for i in range(1, 60))]
    g = graph(*lines, "h' = c59 * h")
    assert any(n.op == "number" and n.attrs == (2.0**59,) for n in g.nodes)


@pytest.mark.parametrize("v", [0.0, 1.0, 0.1, 1e15, 1e300, 5e-324, 123456789.0, float("inf")])
def test_numbers_read_back_to_the_same_float(v):
    assert float(number_text(v)) == v and str(Number(v)) == number_text(v)


def test_every_function_takes_arrays():
    a = np.linspace(0.1, 2.0, 5)
    for name, op in OPS.items():
        assert op(*[a] * op.arity).shape == (5,) and ARITY[name] == op.arity
        if op.odd:
            np.testing.assert_allclose(op(-a), -op(a))


def test_what_a_rule_writes_twice_draws_twice():
    cell = parse_cell("cell a(x; h)\n    h' = tanh(dropout(h, 0.5)) + Wh @ x\n")
    squared = elaborate(edit_cell(cell, ["tanh(?a) -> ?a * ?a"]))
    assert [n.attrs[1] for n in squared.nodes if n.op == "dropout"] == [1, 2]
