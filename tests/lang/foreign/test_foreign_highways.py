"""ENAS and DARTS: the same steps, two ways to write them down."""

import random

import numpy as np
import pytest

from cellsearch.derive.hashes import cell_hash
from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.ir.evaluate import evaluate
from cellsearch.lang import foreign, load_cell, parse_cell, print_cell

# As they were published; the library has their cells.
ARC = "0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1\n"
GENOTYPE = (
    "Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ('relu', 1), ('identity', 1), "
    "('tanh', 2), ('sigmoid', 5), ('tanh', 3), ('relu', 5)], concat=range(1, 9))\n"
)
FUNCTIONS = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "identity": lambda a: a,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
}


def hash_of(cell):
    return cell_hash(elaborate(cell))


@pytest.mark.parametrize(("format", "text"), [("enas", ARC), ("darts", GENOTYPE)])
def test_library_cells_are_what_is_read(format, text):
    library = load_cell(format)
    assert hash_of(foreign.read(format, text, "a")) == hash_of(library)
    assert foreign.write(format, library) == text


def random_steps(rng):
    return [(rng.choice([*FUNCTIONS]), rng.randrange(i + 1)) for i in range(rng.randint(0, 12))]


def check_values(cell, first, steps, outputs):
    """Against the formula of both papers' code, with the weights by their names."""
    rng = np.random.default_rng(0)
    graph = elaborate(cell)
    sizes = {"X": 3, "H": 4}
    w = {n: rng.normal(size=v.shape(sizes)) for n, v in graph.weights.items()}
    inputs, h = rng.normal(size=(3, 3)), np.zeros(4)
    found, _ = evaluate(cell, w, {"x": inputs}, 4)
    for x, output in zip(inputs, found, strict=True):
        t, u = (w[f"W{k}0"] @ x + w[f"U{k}0"] @ h for k in "tu")
        states = [h + FUNCTIONS["sigmoid"](t) * (FUNCTIONS[first](u) - h)]
        for i, (function, before) in enumerate(steps, 1):
            s = states[before]
            t, u = (w.get(f"U{k}{i}", np.zeros((4, 4))) @ s for k in "tu")
            states.append(s + FUNCTIONS["sigmoid"](t) * (FUNCTIONS[function](u) - s))
        h = np.mean([states[i] for i in outputs], axis=0)
        np.testing.assert_allclose(output, h, rtol=1e-9)


def test_random_arcs_are_computed_and_come_back():
    for seed in range(15):
        rng = random.Random(seed)
        steps, first = random_steps(rng), rng.choice([*FUNCTIONS])
        codes = [(i, [*FUNCTIONS].index(f)) for f, i in steps]
        arc = " ".join(map(str, [[*FUNCTIONS].index(first), *(n for p in codes for n in p)]))
        cell = foreign.read("enas", arc, "a")
        loose = {*range(len(steps) + 1)} - {i for _, i in steps}
        check_values(cell, first, steps, sorted(loose))
        assert foreign.write("enas", cell) == f"{arc}\n"


def test_random_genotypes_are_computed_and_come_back():
    for seed in range(15):
        rng = random.Random(seed)
        steps = random_steps(rng)
        outputs = rng.choices(range(len(steps) + 1), k=rng.randint(1, 6))
        cell = foreign.read("darts", f"DARTS = Genotype({steps}, concat={outputs})", "a")
        check_values(cell, "tanh", steps, outputs)
        assert hash_of(foreign.read("darts", foreign.write("darts", cell), "b")) == hash_of(cell)


def test_a_list_alone_is_the_mean_of_its_steps():
    plain = foreign.read("darts", "[('relu', 0), ['tanh', 1]]", "a")
    named = "Genotype(concat=(1, 2), recurrent=(('relu', 0), ('tanh', 1)))"
    assert hash_of(plain) == hash_of(foreign.read("darts", named, "a"))


def test_what_the_output_does_not_need_is_left_out_and_said():
    cell = foreign.read("darts", "Genotype([('relu', 0), ('tanh', 1), ('relu', 0)], [3])", "a")
    assert cell.doc[1] == "Left out, for the output does not need them: s1, s2."
    assert "s3 = s0 +" in print_cell(cell) and "s1 =" not in print_cell(cell)
    assert foreign.write("darts", cell) == "Genotype(recurrent=[('relu', 0)], concat=range(1, 2))\n"


def test_any_order_of_terms_and_lines_is_read():
    text = """cell a(x; h)
    h' = (s1 + s0) / 2
    s1 = (V @ s0 - s0) * sigmoid(U @ s0) + s0
    s0 = (tanh(Uu @ h + Wu @ x) - h) * sigmoid(Ut @ h + Wt @ x) + h"""
    written = "Genotype(recurrent=[('identity', 0)], concat=range(0, 2))\n"
    assert foreign.write("darts", parse_cell(text)) == written


S0 = "cell a(x; h)\n    s0 = h + sigmoid(Wt @ x + Ut @ h) * ({} - h)\n    "
TANH = S0.format("tanh(Wu @ x + Uu @ h)")
S1 = "s1 = s0 + sigmoid(U @ s0) * ({} - s0)\n    "
REFUSED = {
    "cell a(x; h)\n    h' = tanh(W @ x + U @ h)": "equation of h': expected s + sigmoid(U @ s)",
    f"{S0.format('tanh(Wu @ x)')}h' = s0": "equation of s0: expected s + sigmoid",
    f"{S0.format('elu(Wu @ x + Uu @ h)')}h' = s0": "equation of s0: expected s + sigmoid",
    f"{S0.format('tanh(Wu @ x + Uu @ h + bs0)')}h' = s0": "equation of s0: expected s + sigmoid",
    f"{TANH}h' = s0 / 2": "equation of h': it is no mean of its 1 steps",
    f"{TANH}{S1.format('V @ s0')}h' = s0 + s1": "equation of h': it is no mean of its 2 steps",
    f"{TANH}{S1.format('U @ s0')}h' = (s0 + s1) / 2\n    param U": "its 2 steps share weights",
    f"{TANH}{S1.format('V @ h')}h' = (s0 + s1) / 2": "equation of s1: expected s + sigmoid",
    f"{TANH}s1 = h + sigmoid(Vt @ x + Rt @ h) * (Vu @ x + Ru @ h - h)\n    h' = (s0 + s1) / 2": (
        "equation of s1: a second step reads the state"
    ),
    f"{TANH}{S1.format('V @ s0').replace('- s0)', '- h)')}h' = s1": "equation of s1: expected s",
    f"{TANH.replace('h)', 'h: 2 * H)', 1)}h' = s0": "equation of s0: expected s + sigmoid",
    f"{TANH}h' = s0\n    needs X = H": "cannot hold what 'a' needs: X = H",
    f"{TANH}h' = s0\n    init Ut = orthogonal": "cannot hold the start of 'Ut'",
    f"{TANH}h' = delay(s0, 1) + s0": "is carried beside the output's state",
    f"{TANH}h' = s0\n    y = tanh(h)\n    output y": "is carried beside the output's state",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_highway_is_said_with_its_equation(text):
    with pytest.raises(LanguageError) as error:
        foreign.write("darts", parse_cell(text))
    assert REFUSED[text] in str(error.value)


def test_a_cell_of_more_steps_than_are_read_is_not_written():
    steps = [f"s{i} = s0 + sigmoid(U{i} @ s0) * (V{i} @ s0 - s0)" for i in range(1, 102)]
    text = "\n    ".join([f"{TANH}h' = s101", *steps[-1:]])
    assert foreign.write("darts", parse_cell(text))
    halves = ["a = " + " + ".join(f"s{i}" for i in range(1, 102))]
    text = "\n    ".join([f"{TANH}h' = a / 101", *halves, *steps])
    with pytest.raises(LanguageError, match="got 101 steps, expected at most 100"):
        foreign.write("darts", parse_cell(text))


def test_each_format_holds_its_own_outputs_and_first_function():
    with pytest.raises(LanguageError, match=r"of the steps s1, s2, .* no other reads, s4, s6"):
        foreign.write("enas", load_cell("darts"))
    relu = foreign.read("enas", "1 0 0", "a")
    with pytest.raises(LanguageError, match="its first step is relu, expected tanh"):
        foreign.write("darts", relu)
    assert foreign.write("darts", load_cell("enas")).endswith("concat=[3, 4, 7, 9, 10, 11])\n")
