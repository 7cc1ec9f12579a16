"""Scan classes: by hand for every cell of the library, and held against the numbers."""

import random

import numpy as np
import pytest

from cellsearch.derive.normal.read import normal_form
from cellsearch.derive.scan_classes import (
    AFFINE,
    BLOCKS,
    ELEMENTWISE,
    LOOP,
    SCAN,
    SHIFT,
    TROPICAL,
    scan_classes,
)
from cellsearch.ir import elaborate
from cellsearch.ir.evaluate import _Run
from cellsearch.lang import edit_cell, library, parse_cell
from cellsearch.testing.cells import random_cell

LIBRARY = library()
WIDTH = 4

# Loops with their products at each step. A product that only the output waits for is none of them
# (`Oo @ h` in mclstm), `(U + I) @ h` is one.
LOOPS = {
    1: "antisymmetric antisymmetric_gated atr fastgrnn fastrnn irnn lightru minimalrnn miru2 rnn "
    "sgrn star",
    2: "cfn cornn fastgrnn_lowrank intersection janet jordan ligru mgu miru1 mut1 nbrc ran sgu "
    "ugrnn",
    3: "convgru dsgu greff_cifg greff_nfg greff_nig greff_nog gru gru_chung gru_v3 lstm_1997 "
    "lstm_f lstm_i lstm_o mut2 mut3",
    4: "bc3 cfc greff_niaf greff_noaf greff_np lem lnlstm lnlstm_ba lstm lstm_b lstm_chrono "
    "lstm_peephole lstm_semeniuta mclstm nasbench_1007537 slstm",
    5: "lamb lstmp mlstm_krause reslstm",
    7: "wmclstm",
    8: "nascell",
    10: "rhn",
    13: "mogrifier_lstm",
    18: "darts mogrifier_lstm_lowrank",
    20: "fslstm",
    24: "enas",
}
PAST = ("delay(x, 1)", SHIFT)
# Each group's states, kind and, where it has any, products.
OTHERS = {
    "brc indrnn": [("h", ELEMENTWISE)],
    "unicornn": [("h z", ELEMENTWISE)],
    "sru": [("c", ELEMENTWISE)],
    "hgrn mingru minlstm rglru trnn": [("h", SCAN)],
    "gla hgrn2 mamba2 s6": [("S", SCAN)],
    "sru_v1": [("c", SCAN)],
    "linear_attention": [("S", SCAN), ("z", SCAN)],
    "qrnn qrnn_zoneout tlstm": [PAST, ("c", SCAN)],
    "tgru": [PAST, ("h", SCAN)],
    "hgrn_complex lru s5": [("u v", BLOCKS)],
    "retnet": [("S Z", BLOCKS)],
    "mlstm": [("m", TROPICAL), ("C", SCAN), ("n", SCAN)],
    "rwkv4": [PAST, ("m", TROPICAL), ("a", SCAN), ("b", SCAN)],
    "deltanet gated_deltanet kda": [("S", AFFINE, 1)],
    "scrn": [("s", SCAN), ("h", LOOP, 1)],
    "greff_fgr": [("h c delay(i, 1) delay(f, 1) delay(o, 1)", LOOP, 13)],
    "taugru": [("h delay(h', 2) delay(h', 3) delay(h', 4)", LOOP, 4)],
}


def classes(cell):
    return scan_classes(elaborate(cell))


@pytest.mark.parametrize(("products", "names"), LOOPS.items())
def test_loops_of_the_library(products, names):
    for name in names.split():
        (group,) = classes(LIBRARY[name])
        assert (name, group.kind, group.products) == (name, LOOP, products)
        assert set(group.states) == {s.name for s in LIBRARY[name].states}


@pytest.mark.parametrize(("names", "groups"), OTHERS.items())
def test_other_cells_of_the_library(names, groups):
    want = [(states, kind, *(products or [0])) for states, kind, *products in groups]
    for name in names.split():
        found = classes(LIBRARY[name])
        assert [(" ".join(g.states), g.kind, g.products) for g in found] == want


def test_every_cell_of_the_library_is_told_by_hand():
    told = [name for names in [*LOOPS.values(), *OTHERS] for name in names.split()]
    assert sorted(told) == sorted(LIBRARY)


def cell(*lines, states="h"):
    return parse_cell("\n    ".join([f"cell written(x; {states})", *lines]) + "\n")


def sum_of(matrix):
    return " + ".join(f"{matrix}{k} @ x" for k in range(9))


NO_U = ["Ui = 0", "Uf = 0", "Ug = 0", "Uo = 0"]
ADDED = [
    # What an LSTM's gates read decides.
    (edit_cell(LIBRARY["lstm"], NO_U), ["c: scan"]),
    (edit_cell(LIBRARY["lstm"], NO_U[:3]), ["c: scan", "h: loop, 1 product a step"]),
    (edit_cell(LIBRARY["lstm"], [*NO_U, "c' = zoneout(f * c + i * g, c, 0.1)"]), ["c: scan"]),
    # A gate may read an earlier scan, and one that is written in another order.
    (
        cell(
            "a' = sigmoid(V @ b) * a + W @ x",
            "b' = b + sigmoid(W2 @ x) * (W3 @ x - b)",
            "output a'",
            states="a, b",
        ),
        ["b: scan", "a: scan"],
    ),
    (cell("h' = A @ h + W @ x"), ["h: affine, not elementwise, 1 product a step"]),
    (cell("h' = h - mean(h) + W @ x"), ["h: affine, not elementwise, 0 products a step"]),
    (cell("h' = tanh(h - mean(h)) + W @ x"), ["h: loop, 0 products a step"]),
    (cell("h' = min(W @ x, h)"), ["h: (max, +) scan"]),
    (cell("h' = max(W @ x, 0.5 * h)"), ["h: elementwise loop"]),
    (cell("h' = max(h, 0.5 * h + W @ x)"), ["h: elementwise loop"]),
    (cell("h' = (h + 1) * (h - 1) - h * h + W @ x"), []),
    (
        cell("h' = W @ x", "y = h' + delay(h, 2)", "output y"),
        ["h: shift", "delay(h, 1): shift", "delay(h, 2): shift"],
    ),
    (
        cell(
            "S' = S.T + outer(W @ x, V @ x)",
            "y = S' @ x",
            "output y",
            "needs X = H",
            states="S: (H, H)",
        ),
        ["S: affine, not elementwise, 0 products a step"],
    ),
    (
        cell(
            "a' = b + W @ x",
            "b' = p * c",
            "c' = q * a",
            "output a'",
            "param p, q",
            states="a, b, c",
        ),
        ["a b c: scan with a 3 x 3 block for each unit"],
    ),
    # Linear in each of two that wait for the group is not affine.
    (
        cell(
            "S' = S + outer(S @ (S.T @ x), x)",
            "y = S' @ x",
            "init S = 1",
            "output y",
            "needs X = H",
            states="S: (H, H)",
        ),
        ["S: loop, 2 products a step"],
    ),
    (cell("h' = 0.3 * h + 0.5 * abs(h + W @ x)"), ["h: elementwise loop"]),
    (cell("h' = 0.5 * h + 0.3 * abs(h + W @ x)"), ["h: elementwise loop"]),
    (cell("h' = 0.5 * h + 0.5 * tanh(h + W @ x)"), ["h: elementwise loop"]),
    # So many terms that sums stay as they are.
    (cell(f"h' = (h + {sum_of('W')}) * ({sum_of('V')})"), ["h: scan"]),
    # Two states that always agree are one.
    (
        cell(
            "a' = f * a + W @ x",
            "b' = f * b + W @ x",
            "f = sigmoid(V @ x)",
            "y = a' + b'",
            "output y",
            "param W",
            states="a, b",
        ),
        ["a: scan"],
    ),
    (
        cell(
            "a' = tanh(U @ b + W @ x)",
            "b' = tanh(U @ a + W @ x)",
            "y = a' + b'",
            "output y",
            "param U, W",
            states="a, b",
        ),
        ["a: loop, 1 product a step"],
    ),
]


@pytest.mark.parametrize(("written", "told"), ADDED)
def test_cells_beside_the_library(written, told):
    assert [f"{' '.join(g.states)}: {g.told}" for g in classes(written)] == told


def test_a_product_that_cancels_is_not_counted():
    (group,) = classes(cell("h' = tanh(h + U @ (h - h) + W @ x)"))
    assert (group.kind, group.products) == (ELEMENTWISE, 0)


# Held against the numbers


class Step:
    """The map from a group's old states to its new ones, all else fixed."""

    def __init__(self, cell, graph, states, seed):
        self.rng = np.random.default_rng(seed)
        self.widths = dict.fromkeys(graph.inputs, WIDTH)
        self.sizes = graph.sizes(self.widths, WIDTH)
        self.plane = (2, 2) if any(n.op == "conv" for n in graph.nodes) else ()
        weights = {n: self.drawn(w.shape(self.sizes)) for n, w in graph.weights.items()}
        inputs = {x: self.drawn((1, WIDTH, *self.plane)) for x in graph.inputs}
        self.runs = _Run(cell, weights, inputs, WIDTH, None)
        self.shapes = {s.name: self.shape(s.type) for s in graph.states}
        self.others = {s: self.drawn(shape) for s, shape in self.shapes.items()}
        self.states, self.alias = states, normal_form(graph).alias

    def shape(self, type):
        shape = tuple(s.at(self.sizes) for s in type.sizes)
        return (*shape, *self.plane) if len(shape) == 1 else shape

    def drawn(self, shape):
        return 0.7 * self.rng.standard_normal(shape)

    def random(self):
        return [self.drawn(self.shapes[s]) for s in self.states]

    def __call__(self, old):
        values = {**self.others, **dict(zip(self.states, old, strict=True))}
        for state in self.alias:
            # What always is 0, or another state, is so here.
            first = self.first(state)
            values[state] = 0 * values[state] if first is None else values[first]
        _, new = self.runs.run(values)
        return [new[s] for s in self.states]

    def first(self, state):
        while state in self.alias:
            state = self.alias[state]
        return state


def of(operation, *lists):
    """An operation on the values of each state."""
    return [np.asarray(operation(*parts)) for parts in zip(*lists, strict=True)]


def near(a, b):
    return all(of(lambda p, q: np.allclose(p, q, rtol=1e-7, atol=1e-7, equal_nan=True), a, b))


def is_affine(f):
    a, b = f.random(), f.random()
    left = of(np.add, f(of(np.add, a, b)), f(of(np.zeros_like, a)))
    return near(left, of(np.add, f(a), f(b)))


def is_unitwise(f):
    """Where one unit of each state moves, other units of the new states stay."""
    old = f.random()
    if len({p.shape for p in old}) > 1:
        return False
    new = f(old)
    for unit in np.ndindex(*old[0].shape):
        one = np.zeros(old[0].shape)
        one[unit] = 0.3
        after = f(of(lambda p, by=one: p + by, old))
        if not near(of(lambda p, q, by=one: np.where(by > 0, p, q), new, after), new):
            return False
    return True


def is_tropical(f):
    a, b = f.random(), f.random()
    return any(near(f(of(m, a, b)), of(m, f(a), f(b))) for m in (np.maximum, np.minimum))


def is_constant(f):
    return near(f(f.random()), f(f.random()))


HOLDS = {
    SHIFT: [is_constant],
    SCAN: [is_affine, is_unitwise],
    BLOCKS: [is_affine, is_unitwise],
    TROPICAL: [is_tropical, is_unitwise],
    AFFINE: [is_affine],
    ELEMENTWISE: [is_unitwise],
    LOOP: [],
}
# Somewhere they do not hold.
FAILS = {
    SHIFT: [],
    SCAN: [is_constant],
    BLOCKS: [is_constant],
    TROPICAL: [is_affine],
    AFFINE: [is_unitwise],
    ELEMENTWISE: [is_affine],
    LOOP: [is_affine, is_unitwise],
}


@pytest.mark.parametrize("start", range(0, len(LIBRARY), 25))
def test_published_cells_are_what_they_are_called(start):
    for cell in list(LIBRARY.values())[start : start + 25]:
        graph = elaborate(cell)
        for group in scan_classes(graph):
            steps = [Step(cell, graph, group.states, seed) for seed in range(2)]
            assert all(holds(f) for holds in HOLDS[group.kind] for f in steps), cell.name
            for fails in FAILS[group.kind]:
                assert not all(fails(f) for f in steps), (cell.name, group, fails)


def test_random_cells_are_what_they_are_called():
    kinds = set()
    for seed in range(60):
        cell = parse_cell(random_cell(random.Random(seed), plane=seed % 10 == 9))
        graph = elaborate(cell)
        for group in scan_classes(graph):
            kinds.add(group.kind)
            if HOLDS[group.kind]:
                f = Step(cell, graph, group.states, seed)
                assert all(holds(f) for holds in HOLDS[group.kind]), (seed, group)
    assert kinds >= {SHIFT, SCAN, AFFINE, ELEMENTWISE, LOOP}
