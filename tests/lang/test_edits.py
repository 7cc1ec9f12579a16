"""Edits, derived cells, rules and spaces."""

from collections import Counter

import numpy as np
import pytest

from cellsearch.derive.hashes import cell_hash
from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.ir.cell import Equation, flat
from cellsearch.lang import (
    edit_cell,
    library,
    load_cell,
    members,
    parse_cell,
    parse_cells,
    print_cell,
)
from cellsearch.testing.cases import by_oracle, make_case

CELLS = library()


def cell(*lines, header="cell a(x; h)"):
    return "\n".join([header, *(f"    {li}" for li in lines), ""])


def equations(c):
    return {str(li.target): str(li.value) for li in flat(c.lines) if isinstance(li, Equation)}


def weights(c):
    return set(elaborate(c).weights)


def products(graph):
    return sum(n.op == "matmul" for n in graph.nodes)


# Edits


def test_a_line_replaces_the_line_that_defines_the_same_thing():
    c = edit_cell(CELLS["lstm"], "o = 1")
    assert list(equations(c)) == list(equations(CELLS["lstm"]))
    assert equations(c)["o"] == "1" and weights(CELLS["lstm"]) - weights(c) == {"Wo", "Uo", "bo"}


def test_a_replaced_line_keeps_its_width():
    base = parse_cell(cell("const P = 2", "q: P = Wq @ x", "h' = Uh @ q + h"))
    c = edit_cell(base, "q = tanh(Wq @ x + bq)")
    assert str(elaborate(c).weights["bq"].type) == "2"
    assert "q: P = tanh" in print_cell(c)
    assert str(elaborate(edit_cell(base, "q: 3 = tanh(Wq @ x)")).weights["Uh"].type) == "(H, 3)"


def test_what_an_edit_makes_unread_dies_with_its_lines():
    base = parse_cell(
        cell(
            "const beta = 2",
            "z = Wz @ x * s + beta",
            "param s",
            "init Wz = 0.5",
            "init s = 1",
            "h' = z + h",
        )
    )
    assert equations(edit_cell(base, "h' = Wh @ x + h")) == {"h'": "Wh @ x + h"}
    assert len(edit_cell(base, "h' = Wh @ x + h").lines) == 1


def test_a_state_that_nothing_reads_is_not_carried():
    c = edit_cell(CELLS["lstm"], "c' = i * g")
    assert [s.name for s in elaborate(c).states] == ["h"] and "Wf" not in weights(c)
    assert equations(c)["c"] == "i * g" and equations(c)["h'"] == "o * tanh(c)"


def test_an_output_that_is_no_state_any_more_is_still_the_output():
    gates = {g: f"sigmoid(W{g} @ x + b{g})" for g in "ifo"}
    c = edit_cell(
        CELLS["lstm"], [*(f"{g} = {e}" for g, e in gates.items()), "g = tanh(Wg @ x + bg)"]
    )
    assert [s.name for s in c.states] == ["c"] and c.output == "h"
    assert equations(c)["h"] == "o * tanh(c')"
    assert parse_cell(print_cell(c)) == c


def test_a_weight_may_be_given_a_value():
    c = edit_cell(CELLS["lstm_peephole"], ["Ui = 0", "pf = 0", "bo = 1"])
    assert weights(CELLS["lstm_peephole"]) - weights(c) == {"Ui", "pf", "bo"}
    without = edit_cell(CELLS["lstm"], "Ui = 0")
    written = edit_cell(CELLS["lstm"], "i = sigmoid(Wi @ x + bi)")
    assert cell_hash(elaborate(without)) == cell_hash(elaborate(written))


def test_a_weight_in_blocks_or_filters_may_be_0():
    for name, weight in (("slstm", "Ri"), ("convgru", "Ur")):
        case = make_case(edit_cell(CELLS[name], f"{weight} = 0"), lengths=(3,))
        assert weight not in case.graph.weights
        assert products(case.graph) == products(elaborate(CELLS[name])) - 1
        assert np.isfinite(by_oracle(case).outputs).all()


def test_a_param_that_is_given_a_value_keeps_its_width():
    c = edit_cell(parse_cell(cell("h' = h + Q @ s", "param s: 3 = 1")), "s = 0")
    assert str(elaborate(c).weights["Q"].type) == "(H, 3)"


def test_a_start_in_a_repeat_may_be_taken():
    lines = ["u[0] = h", "repeat k = 1..2", "    u[k] = s * u[k - 1]", "    param s = 1"]
    c = edit_cell(parse_cell(cell(*lines, "h' = u[2]")), "init s = default")
    assert elaborate(c).weights["s"].start is None


def test_a_start_may_be_given_and_taken():
    b = edit_cell(CELLS["lstm"], "init bf = 1")
    assert b.lines == CELLS["lstm_b"].lines
    assert edit_cell(b, "init bf = default") == CELLS["lstm"]
    fast = edit_cell(CELLS["fastrnn"], "init alpha = -1")
    assert str(elaborate(fast).weights["alpha"].start) == "-1"
    assert str(elaborate(fast).weights["alpha"].type) == "scalar"
    assert elaborate(edit_cell(fast, "init alpha = default")).weights["alpha"].start is None


def test_lines_under_repeat_go_into_the_block_with_the_same_header():
    c = edit_cell(CELLS["rhn"], "repeat k = 2..depth\n    t[k] = 0.5")
    assert equations(c)["t[k]"] == "0.5" and len(c.lines) == len(CELLS["rhn"].lines)
    assert "Rt[1]" in weights(c) and "Rt[2]" not in weights(c)
    with pytest.raises(LanguageError, match=r"'t\[2\]' is defined twice"):
        edit_cell(CELLS["rhn"], "repeat k = 2..5\n    t[k] = 0.5")


def test_a_const_may_be_changed():
    assert len(elaborate(edit_cell(CELLS["rhn"], "const depth = 3")).equations) == 10


@pytest.mark.parametrize(
    ("base", "edit", "message"),
    [
        ("lstm", "zz = 1", "nothing that the output needs reads 'zz'"),
        ("lstm", "param zz", "nothing that the output needs reads 'zz'"),
        ("lstm", "const zz = 1", "nothing that the output needs reads 'zz'"),
        ("lstm", "o = sigmoid(Wo @ x + Uo @ h + bo)", "changes nothing in 'lstm'"),
        ("lstm_b", "init bf = 1", "'init bf = 1' changes nothing in 'lstm_b'"),
        ("mut1", "needs X = H", "'needs X = H' changes nothing in 'mut1'"),
        ("lstm", "x = 1", "'x' is defined twice"),
        ("lstm", "k' = h", "'k'' is primed, but 'k' is no state"),
        ("gru", "init cn = default", "'init cn = default' changes nothing in 'gru'"),
    ],
)
def test_edits_that_are_refused(base, edit, message):
    with pytest.raises(LanguageError) as e:
        edit_cell(CELLS[base], edit)
    assert message in e.value.message and e.value.position.file == "<edit>"


def test_an_edit_does_not_hide_what_the_base_leaves_unread():
    base = parse_cell(cell("z = h", "h' = Wh @ x + h"))
    with pytest.raises(LanguageError, match="reads 'z'"):
        edit_cell(base, "h' = Wh @ x + 2 * h")


def test_edits_of_a_cell_whose_rounds_depend_on_h():
    base = parse_cell(
        cell("u[0] = h", "repeat k = 1..H // 2", "    u[k] = 2 * u[k - 1]", "h' = u[H // 2] + x")
    )
    assert equations(edit_cell(base, "u[0] = h * h"))["u[0]"] == "h * h"


# Derived cells


def test_a_derived_cell_finds_its_base_in_the_text_then_in_the_library():
    text = "cell a = lstm with\n    o = 1\ncell b = a with\n    i = 1\n"
    found = parse_cells(text, library=CELLS)
    assert list(found) == ["a", "b"]
    assert equations(found["b"])["o"] == equations(found["b"])["i"] == "1"
    own = "cell lstm(x; h)\n    h' = Wh @ x + h\ncell a = lstm with\n    h' = x + h\n"
    assert equations(parse_cell(own, library=CELLS)) == {"h'": "x + h"}


def test_a_derived_cell_has_its_own_name_and_comment():
    c = parse_cell("# Mine.\ncell a = lstm with  # short\n    o = 1\n", library=CELLS)
    assert c.name == "a" and c.doc == ("Mine.", "short")


def test_a_derived_cell_may_be_made_by_rules():
    c = parse_cell("cell a = lstm with\n    in h': tanh(?c) -> ?c\n    i = 1\n", library=CELLS)
    assert equations(c)["h'"] == "o * c'" and equations(c)["i"] == "1"


# Rules

FLIP = "(1 - ?z) * ?a + ?z * ?b -> ?z * ?a + (1 - ?z) * ?b"
RULES = [
    ("gru", FLIP, {"h'": "z * n + (1 - z) * h"}),
    ("gru_v3", FLIP, {"h'": "z * n + (1 - z) * h"}),
    ("janet", FLIP, None),
    ("lstm", "in h': tanh(?c) -> ?c", {"h'": "o * c'"}),
    ("lstm", "o * ?y -> ?y", {"h'": "tanh(c')"}),
    ("lstm", "tanh(?c) -> ?c 2 times", {"g": "Wg @ x + Ug @ h + bg", "h'": "o * c'"}),
    (
        "lstm",
        "?U @ h -> 0 everywhere",
        {g: f"sigmoid(W{g} @ x + b{g})" for g in "ifo"}
        | {"g": "tanh(Wg @ x + bg)", "h": "o * tanh(c')"},
    ),
    (
        "gru",
        "?r * (?U @ ?v + ?b) -> ?U @ (?r * ?v) + ?b",
        {"n": "tanh(Wn @ x + bn + (Un @ (r * h) + cn))"},
    ),
    ("lstm", "f * c + i * g -> min(1 - f, i) * g + f * c", {"c'": "min(1 - f, i) * g + f * c"}),
    ("lstm", "i * g + ?rest -> ?rest - i * g", {"c'": "f * c - i * g"}),
    ("brc", "?p * h -> 0 in", None),
    ("mgu", "in n: Un @ (f * h) -> f * Un @ h", {"n": "tanh(Wn @ x + f * Un @ h + bn)"}),
    ("lstm", "Wi @ x + bi -> bi", {"i": "sigmoid(bi + Ui @ h)"}),
]


@pytest.mark.parametrize(("base", "rule", "changed"), RULES)
def test_rules(base, rule, changed):
    if changed is None:
        with pytest.raises(LanguageError):
            edit_cell(CELLS[base], rule)
        return
    c = edit_cell(CELLS[base], rule)
    before = equations(CELLS[base])
    now = {n: e for n, e in equations(c).items() if before.get(n) != e}
    assert now == {n: str(parse_cell(cell(f"h' = {e}")).lines[0].value) for n, e in changed.items()}


@pytest.mark.parametrize(
    ("base", "rule", "message"),
    [
        ("lstm", "tanh(?c) -> ?c", "matches 2 places in 'lstm' (g, h'), expected 1"),
        ("lstm", "tanh(?c) -> ?c 3 times", "3 times' matches 2 places in 'lstm' (g, h'), expected"),
        ("lstm", "relu(?c) -> ?c", "matches 0 places in 'lstm', expected 1"),
        ("lstm", "relu(?c) -> ?c everywhere", "matches 0 places in 'lstm', expected at least 1"),
        ("lstm", "?a + ?b -> ?a everywhere", "in 2 ways that give different results"),
        ("lstm", "in k: tanh(?c) -> ?c", "no equation of 'lstm' is 'k'"),
        ("lstm", "tanh(?c) -> ?d", "'?d' stands in the replacement, but not in the pattern"),
        ("lstm", "tanh(?c) -> tanh(?c) everywhere", "changes nothing in 'lstm'"),
        ("lstm", "tanh(?c) -> ?c 0 times", "expected a whole number of times, got 0"),
        ("lstm", "tanh(?c) -> ?c 2", "expected 'times', got the end of the line"),
        ("lstm", "tanh(?c) ->", "got the end of the line"),
        ("lstm", "?a + ?b + ?c + ?d + ?e -> ?a", "more than 4 variables side by side"),
    ],
)
def test_rules_that_are_refused(base, rule, message):
    with pytest.raises(LanguageError) as e:
        edit_cell(CELLS[base], rule)
    assert message in e.value.message and e.value.position.file == "<edit>"


def test_a_rule_does_not_look_through_names():
    base = parse_cell(cell("a = tanh(h)", "h' = sigmoid(a)"))
    with pytest.raises(LanguageError, match="matches 0 places"):
        edit_cell(base, "sigmoid(tanh(?a)) -> ?a")


def test_a_rule_leaves_indices_alone():
    c = edit_cell(CELLS["rhn"], "in u[1]: tanh(?a) -> 1")
    assert equations(edit_cell(c, "1 -> 2"))["u[1]"] == "2"


def test_a_capital_variable_stands_for_a_matrix_alone():
    base = parse_cell(cell("h' = s * tanh(h) + U @ h", "param s"))
    assert equations(edit_cell(base, "?U @ ?v -> ?v"))["h'"] == "s * tanh(h) + h"
    with pytest.raises(LanguageError, match="matches 0 places"):
        edit_cell(base, "?U * tanh(?v) -> ?v")


def test_the_same_variable_is_the_same_thing():
    base = parse_cell(cell("h' = a * b + b * a + a * c", "a = h", "b = x", "c = tanh(h)"))
    changed = edit_cell(base, "?p + ?p + a * c -> 2 * ?p")
    assert equations(changed)["h'"] in ("2 * (a * b)", "2 * (b * a)")


def test_edits_and_rules_apply_in_their_order():
    c = edit_cell(CELLS["lstm"], ["o = tanh(h)", "tanh(?c) -> ?c 3 times", "i = 1"])
    assert equations(c)["o"] == "h" and equations(c)["i"] == "1"


def test_a_rule_cannot_make_what_is_no_text():
    c = CELLS["rnn"]
    with pytest.raises(LanguageError, match="spoils 'h'': nested more than 100 deep"):
        for _ in range(120):
            c = edit_cell(c, "tanh(?a) -> tanh(sigmoid(?a))")


# Spaces

SPACE = """\
cell lstm_space(x; h, c)
    i  = sigmoid(Wi @ x + Ui @ h + bi) | 1
    f  = sigmoid(Wf @ x + Uf @ h + bf) | 1 - i | 1
    g  = tanh(Wg @ x + Ug @ h + bg)
    o  = sigmoid(Wo @ x + Uo @ h + bo) | 1
    c' = f * c + i * g
    h' = o * (tanh(c') | c')
    init bf = 0 | 1
"""


def test_a_space_has_each_of_its_cells_once():
    # 2 for i, 2 for o, 2 for h'; f has 3, of which the first has 2 starts: 2 * 2 * 2 * 4.
    cells = list(members(parse_cell(SPACE)))
    assert len(cells) == len({print_cell(c) for c in cells}) == 32
    assert all(elaborate(c).nodes for c in cells)
    assert sum("init bf" in print_cell(c) for c in cells) == 16


def test_a_choice_is_made_before_rounds_are_written_out():
    lines = [
        "u[0] = h",
        "repeat k = 1..3",
        "    u[k] = tanh(u[k - 1]) | relu(u[k - 1])",
        "h' = u[3]",
    ]
    assert len(list(members(parse_cell(cell(*lines))))) == 2


def test_a_named_choice_is_made_once():
    assert len(list(members(parse_cell(cell("a = h | 1", "h' = a * tanh(a) + h"))))) == 2
    twice = cell("h' = (h | 1) * (h | 1) + h")
    assert Counter(len(equations(c)) for c in members(parse_cell(twice))) == {1: 4}


def test_choices_in_consts_and_starts():
    lines = ["const n = 1 | 2", "u[0] = h", "repeat k = 1..n", "    u[k] = tanh(u[k - 1])"]
    space = parse_cell(cell(*lines, "h' = u[n] + bh", "init bh = 0.5 | 2 | ramp"))
    assert len(list(members(space))) == 6


def test_a_choice_in_a_round_that_is_not_reached_is_not_decided():
    lines = ["u[1] = tanh(h) | sin(h)", "u[2] = cos(h) | exp(h)", "h' = u[1] | u[2]"]
    cells = [print_cell(c) for c in members(parse_cell(cell(*lines)))]
    assert len(cells) == len(set(cells)) == 4


def test_a_delay_reaches_the_start_of_its_state():
    space = parse_cell(cell("h' = Wh @ x + V @ delay(h', 2)", "init h = 0.5 | 1"))
    assert [str(elaborate(c).states[0].start) for c in members(space)] == ["0.5", "1"]


def test_a_cell_without_choices_is_a_space_of_itself():
    assert list(members(load_cell("lstm"))) == [load_cell("lstm")]
