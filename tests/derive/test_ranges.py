"""Ranges: known ones, and that no value of any cell ever leaves its own."""

import math
import random

import numpy as np
import pytest

from cellsearch.derive.ranges import Interval, ranges, unbounded
from cellsearch.derive.ranges.images import image
from cellsearch.ir import elaborate
from cellsearch.ir.evaluate import _Run, seeded
from cellsearch.ir.ops import OPS
from cellsearch.lang import edit_cell, library, parse_cell
from cellsearch.testing.cells import random_cell

LIBRARY = library()
ANY = "(-inf, inf)"
T1 = f"{math.tanh(1):.6g}"
WIDTH = 4
SCALES = (0.0, 0.3, 1.0, 1.0, 5.0, 50.0)


def written(*lines, states="h"):
    return "\n    ".join([f"cell written(x; {states})", *lines]) + "\n"


A = "W @ x + U @ h"
# By hand: what holds for all weights and inputs, and nothing narrower does where the ends are
# numbers, but for `cfn` and `nascell`.
KNOWN = [
    (LIBRARY["rnn"], {"h": "(-1, 1)"}),
    (LIBRARY["gru"], {"h": "(-1, 1)", "h'": "(-1, 1)", "z": "(0, 1)", "n": "(-1, 1)"}),
    (LIBRARY["lstm"], {"h": "(-1, 1)", "c": ANY, "c'": ANY, "i": "(0, 1)", "g": "(-1, 1)"}),
    (LIBRARY["greff_cifg"], {"c": "(-1, 1)", "h": f"(-{T1}, {T1})"}),
    (LIBRARY["lamb"], {"c": "(-1, 1)", "h": ANY}),
    (LIBRARY["mgu"], {"h": "(-1, 1)"}),
    (LIBRARY["rhn"], {"h": "(-1, 1)", "s[3]": "(-1, 1)"}),
    (LIBRARY["lem"], {"h": "(-1, 1)", "c": "(-1, 1)"}),
    (LIBRARY["qrnn_zoneout"], {"c": "(-1, 1)", "delay(x, 1)": ANY}),
    (LIBRARY["taugru"], {"h": "(-2, 2)", "delay(h', 4)": "(-2, 2)"}),
    (LIBRARY["miru1"], {"h": "(-1, 1)"}),
    (LIBRARY["janet"], {"h": ANY}),
    (LIBRARY["ligru"], {"h": "[0, inf)", "n": "[0, inf)"}),
    (LIBRARY["sgu"], {"h": "[0, inf)", "z": "[0, 1]"}),
    (LIBRARY["minlstm"], {"h": "[0, inf)", "n": "(0, inf)"}),
    (LIBRARY["hgrn"], {"h": "[-0.278465, inf)", "g": "(0.5, 1)"}),
    (LIBRARY["jordan"], {"y": "[0, 1)", "y'": "(0, 1)"}),
    (LIBRARY["mlstm"], {"m": "[-inf, inf)", "e": "(0, 1]", "d": "(0, 1]", "f": "(-inf, 0)"}),
    (LIBRARY["linear_attention"], {"z": "[0, inf)", "z'": "(0, inf)", "S": ANY}),
    (LIBRARY["brc"], {"h": "(-1, 1)", "a": "(0, 2)"}),
    (written(f"h' = 0.5 * h + sigmoid({A})"), {"h": "[0, 2)"}),
    (written(f"h' = 0.3 * h + 0.7 * cos({A})"), {"h": "[-1, 1]"}),
    (written(f"h' = h + 0.001 * sigmoid({A})"), {"h": "[0, inf)"}),
    (written(f"h' = h + 0.000001 * sigmoid({A})", "init h = 1e8"), {"h": "[1e+08, inf)"}),
    (written("h' = h * 1.00000000000001 * exp(0 @ x)", "init h = 1"), {"h": "[1, inf)"}),
    (written(f"h' = max(h, tanh({A}))", "init h = -3"), {"h": "[-3, 1)"}),
    (written(f"h' = tanh({A}) - h"), {"h": ANY}),
    (written(f"h' = hard_tanh({A})", "init h = learned"), {"h": ANY, "h'": "[-1, 1]"}),
    (written(f"h' = square(sin({A})) / 4 + exp(-abs(h))"), {"h": "[0, 1.25]"}),
    (written(f"h' = relu({A})", "s = mean(tanh(h))", "output s"), {"s": "[0, 1)"}),
    (written(f"h' = sqrt(log(2 + softplus({A})))"), {"h'": "(0.832555, inf)"}),
    (written(f"h' = 1 / (2 + tanh({A}))"), {"h'": "(0.333333, 1)"}),
    (written(f"z = sigmoid({A})", "h' = z * (1 - z)"), {"h'": "(0, 1)"}),
    (written(f"h' = layernorm({A})"), {"h": ANY}),
    (written(f"h' = tanh({A})", "s = sum(sigmoid(h))", "output s"), {"s": "(0.268941, inf)"}),
    # Ends that are reached, by gates that close.
    (
        written(f"z = hard_sigmoid({A})", "h' = (1 - z) * h + z * hard_tanh(V @ x)"),
        {"h": "[-1, 1]"},
    ),
    # A share of the smaller or of a sum is one only of what is not negative.
    (written("f = sigmoid(V @ x)", f"h' = f * h + min(1 - f, tanh({A}))"), {"h": ANY}),
    (
        written(
            "p = sigmoid(V @ x)",
            "q = tanh(W @ x)",
            "h' = p / (p + q) * h + q / (p + q) * sigmoid(U @ h)",
        ),
        {"h": ANY},
    ),
    (
        written(
            "S' = diag(1 + sigmoid(V @ x))",
            "y = S' @ x + S @ x",
            "output y",
            "needs X = H",
            states="S: (H, H)",
        ),
        {"S'": "[0, 2)"},
    ),
    (written("h' = min(h, relu(W @ x))", "init h = 2 * ramp - 3"), {"h": "[-3, -1]"}),
    # Powers have signs.
    (
        written(f"a = tanh({A})", "f = sigmoid(V @ x)", "h' = f * a * a + (1 - f) * h"),
        {"h": "[0, 1)"},
    ),
    # What is no number in any arithmetic.
    (
        written(
            "g = 0.5 + 0.5 * sigmoid(W @ x)",
            "h' = g * h + (1 - g) * c",
            "c' = c",
            "init h = inf",
            "init c = -inf",
            states="h, c",
        ),
        {"h": "(-inf, inf]"},
    ),
    # A gate for each column, and one that is once for rows and once for columns.
    (
        written(
            "f = sigmoid(V @ x)",
            "S' = S @ diag(f) + outer(tanh(U @ x), 1 - f)",
            "T' = diag(f) @ T + outer(tanh(W @ x), 1 - f)",
            "y = S' @ x + T' @ x",
            "output y",
            "needs X = H",
            states="S: (H, H), T: (H, H)",
        ),
        {"S": "(-1, 1)", "T": ANY},
    ),
]


@pytest.mark.parametrize(("cell", "known"), KNOWN)
def test_known_ranges(cell, known):
    found = ranges(elaborate(parse_cell(cell) if isinstance(cell, str) else cell))
    assert {name: str(found[name]) for name in known} == known


def test_sizes_bound_what_is_normalised_and_summed():
    cell = parse_cell(written(f"h' = layernorm({A}) + rmsnorm(h) + sum(tanh(h))"))
    graph = elaborate(cell)
    found = ranges(graph, graph.sizes({"x": 3}, 5))
    assert found["h'"].high == pytest.approx(2 + math.sqrt(5) + 5)
    assert not ranges(graph)["h'"].bounded


# What nothing keeps: by hand.
GROWING = {
    "lstm": {"c": "nearly all"},
    "lstm_f": {"c": "all of it"},
    "lstmp": {"c": "nearly all"},
    "gru": {},
    "trnn": {},
    "mingru": {},
    "scrn": {},
    "greff_noaf": {"c": "nearly all", "h": "what it is made of"},
    "irnn": {"h": "what it is made of"},
    "antisymmetric": {"h": "all of it"},
    "s5": {"u": "it can be multiplied", "v": "it can be multiplied"},
    "linear_attention": {"S": "all of it", "z": "all of it"},
    "hgrn2": {},
    "gla": {"S": "nearly all"},
    "retnet": {"S": "what it is made of", "Z": "what it is made of"},
    "mlstm": {"C": "nearly all", "n": "nearly all"},
}


@pytest.mark.parametrize("name", GROWING)
def test_states_that_nothing_keeps(name):
    graph = elaborate(LIBRARY[name])
    found = unbounded(graph, graph.sizes({"x": WIDTH}, WIDTH))
    assert found.keys() == GROWING[name].keys()
    assert all(why.startswith(GROWING[name][s]) for s, why in found.items())


def test_ends_that_hardly_move_are_not_taken_for_limits():
    graph = elaborate(edit_cell(LIBRARY["gla"], ["const tau = 1e4"]))
    assert "S" in unbounded(graph, graph.sizes({"x": WIDTH}, WIDTH))


def test_a_state_that_is_multiplied_by_0_is_no_factor():
    graph = elaborate(parse_cell(written("h' = 0 * h + exp(W @ x)")))
    found = unbounded(graph, graph.sizes({"x": WIDTH}, WIDTH))
    assert found == {"h": "what it is made of has no bound"}


@pytest.mark.parametrize("width", [4, 128, 2000])
def test_what_interpolates_is_kept_at_any_width(width):
    for name in ("hgrn", "mingru", "minlstm", "tlstm", "scrn"):
        graph = elaborate(LIBRARY[name])
        assert unbounded(graph, graph.sizes({"x": width}, width)) == {}


def test_what_overflows_has_no_bound():
    large = "square(square(square(square(W @ x))))"
    text = written(f"a = {large}", "z = sigmoid(V @ x)", "h' = z * a * a + (1 - z) * (h - a * a)")
    graph = elaborate(parse_cell(text))
    assert unbounded(graph, graph.sizes({"x": WIDTH}, WIDTH)).keys() == {"h"}


# Soundness


class Trace(_Run):
    """The oracle, which notes every value of every equation and state."""

    def __init__(self, cell, graph):
        self.graph, self.widths = graph, dict.fromkeys(graph.inputs, WIDTH)
        self.plane = (2, 2) if any(n.op == "conv" for n in graph.nodes) else ()
        inputs = {x: np.zeros((1, WIDTH, *self.plane)) for x in graph.inputs}
        super().__init__(cell, {}, inputs, WIDTH, None)

    def of_seed(self, seed, steps=4):
        """What is seen under random weights and inputs, large ones among them."""
        rng = np.random.default_rng(seed)

        def drawn(shape):
            return rng.choice(SCALES) * rng.standard_normal(shape)

        sizes = self.graph.sizes(self.widths, WIDTH)
        self.weights = {n: drawn(w.shape(sizes)) for n, w in self.graph.weights.items()}
        self.inputs = {x: drawn((steps, WIDTH, *self.plane)) for x in self.graph.inputs}
        self.masks = seeded(seed) if seed % 2 else None
        self.seen = {}
        self.run({})
        return self.seen

    def _step(self):
        super()._step()
        past = {m.name(k): v[-k] for m, v in self.memory.items() for k in range(1, m.steps + 1)}
        for name, value in {**self.now, **past}.items():
            self.seen.setdefault(name, []).append(np.array(value))


def left(seen, found):
    """The names of values that leave their ends by more than rounding."""
    out = []
    for name in found.keys() & seen.keys():
        values = np.concatenate([v.ravel() for v in seen[name]])
        low, high = found[name].low, found[name].high
        slack = 1e-7 * (1 + np.abs(values))
        with np.errstate(invalid="ignore"):
            if np.any(values < low - slack) or np.any(values > high + slack):
                out.append(name)
    return out


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_no_value_of_a_random_cell_leaves_its_range(start):
    for seed in range(start, start + 50):
        cell = parse_cell(random_cell(random.Random(seed), plane=seed % 10 == 9))
        graph = elaborate(cell)
        sizes = graph.sizes(dict.fromkeys(graph.inputs, WIDTH), WIDTH)
        check(cell, graph, ranges(graph, sizes), [seed])


@pytest.mark.parametrize("start", range(0, len(LIBRARY), 25))
def test_no_value_of_a_published_cell_leaves_its_range(start):
    for cell in list(LIBRARY.values())[start : start + 25]:
        graph = elaborate(cell)
        check(cell, graph, ranges(graph), range(2))


def check(cell, graph, found, seeds):
    trace = Trace(cell, graph)
    for seed in seeds:
        seen = trace.of_seed(seed)
        assert found.keys() <= seen.keys()
        assert left(seen, found) == []


@pytest.mark.parametrize("f", OPS)
def test_every_function_stays_in_its_image(f):
    rng = np.random.default_rng(0)
    for _ in range(40):
        ends = [sorted(rng.choice([-20, -3, -1, 0, 0.5, 2, 6, 40], 2)) for _ in range(OPS[f].arity)]
        args = [np.linspace(low, high, 401) for low, high in ends]
        with np.errstate(all="ignore"):
            values = OPS[f](*np.meshgrid(*args, sparse=True))
        values = values[np.isfinite(values)]
        if values.size == 0:
            continue
        found = image(f, *(Interval(low, high) for low, high in ends))
        assert found.low <= values.min() + 1e-12
        assert values.max() - 1e-12 <= found.high
        # Between the points, not much; log has no end at 0.
        if math.isinf(found.low):
            continue
        assert found.high - values.max() < 0.2 * (1 + values.max() - values.min())
        assert values.min() - found.low < 0.2 * (1 + values.max() - values.min())
