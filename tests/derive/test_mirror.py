"""Mirrors are proved, and nothing else is taken for one."""

import pytest

from cellsearch.derive.mirror import prove_mirror
from cellsearch.errors import LanguageError
from cellsearch.lang import edit_cell, library, parse_cell

CELLS = library()

FLIP = "(1 - ?z) * ?a + ?z * ?b -> ?z * ?a + (1 - ?z) * ?b"
MINUS = "c' = f * c - i * g"
PROVED = [
    ("gru", FLIP, "Wz Uz bz"),
    ("gru_v3", FLIP, "Wz Uz bz"),
    ("mgu", ["h' = f * h + (1 - f) * n", "n = tanh(Wn @ x + Un @ ((1 - f) * h) + bn)"], "Wf Uf bf"),
    ("convgru", "h' = z * h + (1 - z) * n", "Wz Uz bz"),
    ("lstm", MINUS, "Wg Ug bg"),
    ("lstm_b", MINUS, "Wg Ug bg"),
    ("lstm_peephole", MINUS, "Wg Ug bg"),
    ("slstm", "c' = d * c - e * z", "Wz Rz bz"),
]
REFUSED = [
    ("gru", FLIP, "Wz Uz", "'gru' with Wz, Uz negated is not 'gru': outputs differ by"),
    ("gru", FLIP, "", "is not 'gru': outputs differ by"),
    ("gru", "in n: r * ?a -> (1 - r) * ?a", "Wz Uz bz", "is not 'gru'"),
    ("lstm", MINUS, "Wg Ug bg Wi", "is not 'lstm'"),
    ("lstm", "c' = f * c + 0.999 * i * g", "Wg Ug bg", "is not 'lstm'"),
    ("lstm", MINUS, "Wg Ug bh", "'lstm' has no weight 'bh'; nearest is 'b"),
    ("lstm", "o = 1", "Wg", "'lstm' and 'lstm' have different weights: Uo, Wo, bo"),
    ("lstm", [MINUS, "init bi = 1"], "Wg Ug bg", "'bi' has another shape or start"),
    ("lstm_chrono", MINUS, "Wg Ug bg bf", "'bf' cannot be negated: 'bi' starts from it"),
]


@pytest.mark.parametrize(("base", "edits", "negate"), PROVED)
def test_proved(base, edits, negate):
    prove_mirror(edit_cell(CELLS[base], edits), CELLS[base], negate.split())


@pytest.mark.parametrize(("base", "edits", "negate", "message"), REFUSED)
def test_refused(base, edits, negate, message):
    with pytest.raises(LanguageError) as e:
        prove_mirror(edit_cell(CELLS[base], edits), CELLS[base], negate.split())
    assert message in e.value.message


@pytest.mark.parametrize(
    ("start", "symmetric"),
    [
        ("0", True),
        ("default", True),
        ("normal(0.3)", True),
        ("uniform(-2, 2)", True),
        ("1", False),
        ("uniform(0, 1)", False),
        ("ramp", False),
    ],
)
def test_a_negated_weight_starts_symmetric_around_0(start, symmetric):
    edit = [] if start == "default" else [f"init bg = {start}"]
    base = edit_cell(CELLS["lstm"], edit) if edit else CELLS["lstm"]
    other = edit_cell(base, MINUS)
    if symmetric:
        prove_mirror(other, base, ["Wg", "Ug", "bg"])
        return
    with pytest.raises(LanguageError, match=r"'bg' cannot be negated: its start .* not symmetric"):
        prove_mirror(other, base, ["Wg", "Ug", "bg"])


def test_a_const_in_a_start_counts():
    base = edit_cell(CELLS["lstm"], ["const k = 1", "init bf = k"])
    other = edit_cell(base, [MINUS, "const k = 2"])
    with pytest.raises(LanguageError, match="'bf' has another shape or start"):
        prove_mirror(other, base, ["Wg", "Ug", "bg"])


NOISE = "cell a(x; h)\n    g = Wg @ x + Ug @ h\n    h' = {} {} {}\n"


def noisy(kept, sign, new):
    return parse_cell(NOISE.format(kept, sign, new))


def test_the_noise_of_training_is_part_of_the_claim():
    base = noisy("h", "+", "dropout(g, 0.5)")
    prove_mirror(noisy("h", "-", "dropout(g, 0.5)"), base, ["Wg", "Ug"])
    for other in (
        noisy("h", "-", "g"),
        noisy("h", "-", "dropout(g, 0.25)"),
        noisy("dropout(h, 0.5)", "-", "g"),
    ):
        with pytest.raises(LanguageError, match="outputs differ by"):
            prove_mirror(other, base, ["Wg", "Ug"])


def test_sizes_that_the_cell_can_have_are_found():
    text = "cell a(x; h)\n    h' = tanh(Wh @ x {} block(U, 4) @ h)\n    needs {}\n"
    for needs in ("X = H", "X = 2 * H", "2 * X = H"):
        plus, minus = (parse_cell(text.format(sign, needs)) for sign in "+-")
        prove_mirror(minus, plus, ["U"])
    with pytest.raises(LanguageError, match="4 heads cannot share"):
        prove_mirror(parse_cell(text.format("-", "X = 5")), plus, ["U"])
