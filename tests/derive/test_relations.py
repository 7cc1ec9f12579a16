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


def written(*lines, states="h"):
    return ("\n    ".join([f"cell written(x; {states})", *lines]) + "\n",)


def i_is(value, *more):
    return ("lstm", f"i = {value}", *more)


def rounds(number):
    """A cell of so many rounds."""
    return written(
        f"const n = {number}",
        "s[0] = h",
        "repeat k = 1..n",
        "    s[k] = tanh(W[k] @ x + U[k] @ s[k - 1])",
        "h' = s[n]",
    )


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
    # A state that is carried with the other sign; the weights are the same ones.
    (
        written("c' = 0.9 * c + W @ x", "h' = tanh(U @ h) + c'", "init c = 1", states="h, c"),
        written("c' = 0.9 * c - W @ x", "h' = tanh(U @ h) - c'", "init c = -1", states="h, c"),
        "identical",
        {},
    ),
    (
        written("c' = max(c, W @ x)", "h' = tanh(c' + U @ h)", "init c = -inf", states="h, c"),
        written("c' = min(c, W @ x)", "h' = tanh(U @ h - c')", "init c = inf", states="h, c"),
        "mirror",
        {"W": "-W"},
    ),
    # The default start of a matrix, written out, and written otherwise.
    (("rnn",), ("rnn", "init Uh = uniform(-1 / sqrt(H), 1 / sqrt(H))"), "identical", {}),
    (
        ("gru", "init Wz = uniform(-1 / sqrt(X), 1 / sqrt(X))"),
        ("gru", "init Wz = uniform(-(1 / sqrt(X)), 1 / sqrt(X))", FLIP),
        "mirror",
        {"Wz": "-Wz", "Uz": "-Uz", "bz": "-bz"},
    ),
    # What a norm does not see, and what is never negative.
    (
        written("h' = layernorm(W @ x + U @ h + 3)"),
        written("h' = layernorm(W @ x + U @ h)"),
        "identical",
        {},
    ),
    (
        written("h' = tanh(W @ x) * relu(exp(U @ h))"),
        written("h' = tanh(W @ x) * exp(U @ h)"),
        "identical",
        {},
    ),
    # Sizes that few cells need.
    (
        ("gru", "n = tanh(Wn @ x + block(Un, 5) @ h + bn)"),
        ("gru", "n = tanh(Wn @ x + block(Un, 5) @ h + bn)", FLIP),
        "mirror",
        {"Wz": "-Wz", "Uz": "-Uz", "bz": "-bz"},
    ),
    (
        written("h' = tanh(W @ x + U @ h)", "needs X = 3 * H"),
        written("h' = tanh(U @ h + W @ x)", "needs X = 3 * H"),
        "identical",
        {},
    ),
    (
        written("const a = 2 * H", "h' = tanh(W @ x + U @ h) / a"),
        written("const a = H + H", "h' = tanh(W @ x + U @ h) / a"),
        "identical",
        {},
    ),
    (
        written("const cap = inf", "h' = min(cap, relu(W @ x + U @ h))"),
        written("const cap = inf", "h' = min(cap, relu(U @ h + W @ x))"),
        "identical",
        {},
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
    # The same at one size, and at no other.
    (
        written("const a = H", "h' = tanh(W @ x + U @ h) / a"),
        written("h' = tanh(W @ x + U @ h) / 6"),
    ),
    (
        written("const a = X / H", "h' = a * tanh(W @ x + U @ h)"),
        written("h' = 0.8333333333333334 * tanh(W @ x + U @ h)"),
    ),
    (rounds("H // 3"), rounds("2")),
    (
        written("const p = max(H // 16, 1)", "g: p = W @ x", "h' = tanh(V @ g + U @ h)"),
        written("const p = max(H // 16, 2)", "g: p = W @ x", "h' = tanh(V @ g + U @ h)"),
    ),
    # Numbers that are small, and count.
    (
        written("h' = tanh(sqrt(relu(U @ h) + 1e-20) + W @ x)"),
        written("h' = tanh(sqrt(relu(U @ h)) + W @ x)"),
    ),
    (
        written("h' = tanh(W @ x) + 1e-15 * exp(V @ h)", "param V"),
        written("h' = tanh(W @ x) + 0 * h"),
    ),
    (written("h' = 0.9999999999 * h + tanh(W @ x)"), written("h' = h + tanh(W @ x)")),
    # Nothing is proved where no value is a number.
    (
        written("h' = tanh(W @ x) * (h / h)"),
        written("h' = log(h) * h + exp(W @ x) * h"),
    ),
]


@pytest.mark.parametrize(("one", "other"), NEAR_MISSES)
def test_near_misses_are_told_apart(one, other):
    assert relate(cell(*one), cell(*other)).grade == "different"
    assert relate(cell(*other), cell(*one)).grade == "different"


def test_a_cell_whose_rounds_depend_on_its_size_is_what_it_is_at_every_size():
    one, three, same = cell(*rounds("H // 3")), cell(*rounds("3")), cell(*rounds("2 * H // 6"))
    assert relate(one, same).grade == "identical"
    # At H = 9 alone they are one.
    assert relate(one, three, (9, 9)).grade == "different"


@pytest.mark.parametrize(
    "line",
    [
        "h' = min(a, W @ x) + U @ h",
        "h' = min(1e300 * 1e300, W @ x) + U @ h",
        "h' = max(log(0), W @ x) + U @ h",
        "h' = relu(exp(1000) - W @ x) + U @ h",
        "h' = tanh(1e200 * (1e200 * (W @ x)) + U @ h)",
        "h' = tanh(1e-200 * (1e-200 * (W @ x)) + U @ h)",
    ],
)
def test_numbers_without_end_are_no_error(line):
    lines = ["const a = inf"] if "(a," in line else []
    one, other = cell(*written(*lines, line)), cell(*written("h' = tanh(W @ x + U @ h)"))
    assert relate(one, other).grade == "different"
    assert relate(one, one).grade in ("identical", "different")
