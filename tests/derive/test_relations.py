"""Relations that are found without being told, and near misses that are not claimed."""

import pytest

from cellsearch.derive.relations import relate
from cellsearch.lang import edit_cell, library, parse_cell

LIBRARY = library()
INLINED = """cell inlined(x; h)
    r  = sigmoid(Wr @ x + Ur @ h + br)
    h' = (1 - sigmoid(Wz @ x + Uz @ h + bz)) * tanh(Wn @ x + bn + r * (Un @ h + cn)) + (
        sigmoid(Wz @ x + Uz @ h + bz) * h)
    param Wz
    param Uz
    param bz, bn, cn
"""
TORCHRECURRENT_MUT2 = """cell theirs(x; h)
    z  = sigmoid(Wz @ x + Uz @ h + bz)
    r  = sigmoid(Wr @ x + Ur @ h + br)
    n  = tanh(Wn @ x + Un @ (r * h) + bn)
    h' = h * (1 - z) + n * z
"""


def cell(name, *edits):
    """A cell of the library under edits, or one that is written out."""
    found = parse_cell(name) if "\n" in name else LIBRARY[name]
    return edit_cell(found, list(edits)) if edits else found


def i_is(value, *more):
    return ("lstm", f"i = {value}", *more)


A = "Wi @ x + Ui @ h + bi"
FLIP = "(1 - ?z) * ?a + ?z * ?b -> ?z * ?a + (1 - ?z) * ?b"
# Two cells, the relation, and how the second one's weights follow from the first one's.
FOUND = [
    (("gru",), ("gru", FLIP), "mirror", {"Wz": "-Wz", "Uz": "-Uz", "bz": "-bz"}),
    (("gru_chung",), (TORCHRECURRENT_MUT2,), "identical", {}),
    (("lstm_1997",), ("lstm", "f = 1"), "identical", {}),
    (("lstm", "i = 1", "f = 1 - i"), ("lstm", "i = 1", "f = 0"), "identical", {}),
    (("gru",), (INLINED,), "identical", {}),
    (("lstm",), ("lstm", "init bf = 1"), "other_start", {}),
    (("lstm",), ("lstm", "sigmoid(?a) -> 1 - sigmoid(-?a) everywhere"), "identical", {}),
    (
        ("lstm",),
        i_is(f"(1 + tanh({A})) / 2"),
        "other_parameters",
        {"Wi": "0.5 * Wi", "Ui": "0.5 * Ui", "bi": "0.5 * bi"},
    ),
    (i_is(f"sigmoid({A} + ci)", "param ci"), ("lstm",), "other_parameters", {"bi": "bi + ci"}),
    (("lstm",), i_is(f"sigmoid({A} + 1)"), "other_parameters", {"bi": "bi - 1"}),
    (
        i_is(f"sigmoid({A} + Vi @ h + pi * h)"),
        ("lstm",),
        "other_parameters",
        {"Ui": "Ui + diag(pi) + Vi"},
    ),
    (
        ("rnn", "h' = relu(sigmoid(Wh @ x + Uh @ h + bh))"),
        ("rnn", "h' = sigmoid(Wh @ x + Uh @ h + bh)"),
        "identical",
        {},
    ),
    (
        ("rnn", "h' = relu(Wh @ x + Uh @ h + bh)"),
        ("rnn", "h' = relu(2 * (Wh @ x + Uh @ h + bh))"),
        "other_parameters",
        {"Wh": "0.5 * Wh", "Uh": "0.5 * Uh", "bh": "0.5 * bh"},
    ),
]


@pytest.mark.parametrize(("one", "other", "grade", "map"), FOUND)
def test_a_relation_is_found_with_its_map(one, other, grade, map):
    found = relate(cell(*one), cell(*other))
    assert found.grade == grade
    changed = {name: str(e) for name, e in found.map.items() if str(e) != name}
    if grade != "identical":
        assert changed == map


# What looks alike, and is not.
NEAR_MISSES = [
    # The reset gate after the product, and before it.
    (("gru",), ("gru_v3",)),
    # MUT2 as it was published, and as a library has it.
    (("mut2",), (TORCHRECURRENT_MUT2, "needs X = H")),
    # One weight in two places, and two.
    (("sgrn",), ("sgrn", "h' = tanh((1 - f) * (Wb @ x) + f * h)")),
    (
        ("antisymmetric",),
        ("antisymmetric", "h' = h + eps * tanh(Wh @ x + (U - V.T) @ h + bh)", "param V"),
    ),
    # Two biases inside of a product, and one.
    (("gru",), ("gru", "n = tanh(Wn @ x + r * (Un @ h + cn))")),
    (
        ("mlstm_krause", "m = (Wm @ x + bm) * (Um @ h + cm)", "param cm"),
        ("mlstm_krause", "m = (Wm @ x + bm) * (Um @ h)"),
    ),
    # A full matrix, and one of low rank; a product of two, and one.
    (("fastgrnn",), ("fastgrnn_lowrank",)),
    (("rnn",), ("rnn", "h' = tanh(Wh @ x + Uh @ (Vh @ h) + bh)")),
    # The new cell state, and the old one.
    (("lstm_peephole",), ("lstm_peephole", "o = sigmoid(Wo @ x + Uo @ h + po * c + bo)")),
    # A tanh gate, and a sigmoid gate.
    (("lstm",), ("lstm", f"i = tanh({A})")),
    # The same mask twice, and two masks.
    (
        ("lstm", "m = dropout(i, 0.5)", "c' = f * m * c + m * g"),
        ("lstm", "c' = f * dropout(i, 0.5) * c + dropout(i, 0.5) * g"),
    ),
    # A number that differs, and a state that starts elsewhere.
    (("rnn",), ("rnn", "h' = tanh(Wh @ x + Uh @ h + bh) / 2")),
    (("lstm",), ("lstm", "init h = 1")),
    (("lstm",), ("lstm", "init c = learned")),
    # A scan, and one that waits for its output.
    (("mingru",), ("mingru", "z = sigmoid(Wz @ x + Uz @ h)")),
]


@pytest.mark.parametrize(("one", "other"), NEAR_MISSES)
def test_near_misses_are_told_apart(one, other):
    assert relate(cell(*one), cell(*other)).grade == "different"
    assert relate(cell(*other), cell(*one)).grade == "different"
