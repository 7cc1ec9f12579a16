"""Recipes of NAS-Bench-NLP: what their cells compute and cost, and the way back."""

import json
import random
import re
from itertools import pairwise

import numpy as np
import pytest

from cellsearch.derive.cost import count
from cellsearch.derive.hashes import cell_hash
from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.ir.evaluate import evaluate
from cellsearch.lang import foreign, load_cell, names, parse_cell, print_cell

FORMAT = "nas-bench-nlp"
ACTIVATIONS = {
    "activation_tanh": np.tanh,
    "activation_sigm": lambda a: 1 / (1 + np.exp(-a)),
    "activation_leaky_relu": lambda a: np.where(a > 0, a, 0.01 * a),
}


def read(recipe):
    return foreign.read(FORMAT, json.dumps(recipe), "cell_of_it")


def hash_of(cell):
    return cell_hash(elaborate(cell))


def random_recipe(seed):
    """By the law of NAS-Bench-NLP, or, for odd seeds, with whatever its code can run."""
    rng, wild = random.Random(seed), seed % 2 == 1
    states = rng.randint(1, 3)
    base = ["x", *(f"h_prev_{i}" for i in range(states))]
    nodes, activations = {}, []
    while len(nodes) < states + rng.choice([3, 7, 14]):
        op = rng.choices(["linear", "blend", "elementwise_prod", "elementwise_sum"], [3, 1, 1, 1])[
            0
        ]
        known = [*base, *activations] if op == "linear" and not wild else [*base, *nodes]
        known = known if op == "linear" or wild else known[1:]
        inputs = [rng.choice(known) for _ in range(3 if op == "blend" else 2 + wild)]
        nodes[f"node_{len(nodes)}"] = {"op": op, "input": inputs}
        if op == "linear":
            last = f"node_{len(nodes)}"
            nodes[last] = {"op": rng.choice([*ACTIVATIONS]), "input": [f"node_{len(nodes) - 1}"]}
            activations.append(last)
    new = {n: f"h_new_{i}" for i, n in enumerate(rng.sample([*nodes], states))}
    items = [
        (new.get(n, n), {**node, "input": [new.get(i, i) for i in node["input"]]})
        for n, node in nodes.items()
    ]
    rng.shuffle(items)
    return dict(items)


def readable(seeds):
    """Random recipes whose output depends on a state."""
    for seed in seeds:
        recipe = random_recipe(seed)
        try:
            yield recipe, read(recipe)
        except LanguageError as error:
            assert "depends on no h_prev_i" in str(error)


def run(recipe, cell, weights, inputs, hidden):
    """The output as the code of NAS-Bench-NLP computes it, with the weights of the equations."""
    equations = dict(re.findall(r"^ +(\S+) += (.*)", print_cell(cell), re.MULTILINE))
    states = [n for n in recipe if re.fullmatch(r"h_new_\d", n)]
    called = {n: "h'" if n == "h_new_0" else f"h{n[6:]}'" for n in states}
    before = {n: np.zeros(hidden) for n in states}

    def linear(n, inputs):
        text = equations.get(called.get(n), equations.get(n))
        if text is None:
            # Left out of the cell, so that it must not matter.
            return np.full(hidden, np.pi)
        *matrices, bias = re.findall(r"\w+(?= @|$)", text)
        products = [weights[m] @ a for m, a in zip(matrices, inputs, strict=True)]
        return sum(products) + weights[bias]

    def value(n):
        if n not in values:
            a = [value(i) for i in recipe[n]["input"]]
            match recipe[n]["op"]:
                case "linear":
                    values[n] = linear(n, a)
                case "blend":
                    values[n] = a[0] * a[1] + (1 - a[0]) * a[2]
                case "elementwise_sum":
                    values[n] = sum(a)
                case "elementwise_prod":
                    values[n] = np.prod(a, axis=0)
                case op:
                    values[n] = ACTIVATIONS[op](a[0])
        return values[n]

    for x in inputs:
        values = {"x": x, **{n.replace("new", "prev"): v for n, v in before.items()}}
        before = {n: value(n) for n in states}
        yield before["h_new_0"]


def check_values(recipe, cell):
    rng = np.random.default_rng(0)
    graph = elaborate(cell)
    sizes = {"X": 4 if graph.needs else 3, "H": 4}
    weights = {n: rng.normal(size=w.shape(sizes)) for n, w in graph.weights.items()}
    inputs = rng.normal(size=(3, sizes["X"]))
    outputs, _ = evaluate(cell, weights, {"x": inputs}, 4)
    np.testing.assert_allclose(outputs, [*run(recipe, cell, weights, inputs, 4)], rtol=1e-9)


def test_samples_compute_what_their_recipes_say(sample):
    check_values(sample["recipe"], read(sample["recipe"]))


def test_random_recipes_are_computed_and_come_back():
    checked = 0
    for recipe, cell in readable(range(40)):
        check_values(recipe, cell)
        assert hash_of(read(json.loads(foreign.write(FORMAT, cell)))) == hash_of(cell)
        checked += 1
    assert checked > 25


def test_samples_come_back_as_they_were(sample):
    assert json.loads(foreign.write(FORMAT, read(sample["recipe"]))) == sample["recipe"]


def test_parameters_are_those_that_were_published(sample, published):
    """A tied model of three layers, the last as wide as the embedding."""
    config, graph = published["config"], elaborate(read(sample["recipe"]))
    embedding, hidden, vocabulary = config["emsize"], config["nhid"], 33278
    widths = [embedding, *[hidden] * (config["nlayers"] - 1), embedding]
    layers = [count(graph, {"x": a}, b).parameters for a, b in pairwise(widths)]
    total = sum(layers) + vocabulary * embedding + vocabulary
    assert total == int(sample["published"]["num_params"])


def test_library_cells_are_what_is_read(published):
    best = published["samples"]["1007537"]["recipe"]
    assert hash_of(read(best)) == hash_of(load_cell("nasbench_1007537"))
    assert hash_of(read(published["samples"]["1000002"]["recipe"])) == hash_of(load_cell("gru_v3"))
    assert hash_of(read(published["samples"]["1000000"]["recipe"])) == hash_of(load_cell("rnn"))


@pytest.mark.parametrize("name", ["lstm", "gru", "mut1", "minimalrnn", "ugrnn", "mgu"])
def test_library_cells_that_are_recipes_come_back(name):
    cell = load_cell(name)
    assert hash_of(foreign.read(FORMAT, foreign.write(FORMAT, cell), "back")) == hash_of(cell)


def test_what_is_written_of_any_library_cell_is_that_cell():
    written = 0
    for cell in map(load_cell, names()):
        try:
            text = foreign.write(FORMAT, cell)
        except LanguageError as error:
            assert "cannot hold" in str(error)
            continue
        assert hash_of(foreign.read(FORMAT, text, "back")) == hash_of(cell)
        written += 1
    assert written > 15


def test_nodes_keep_their_names_where_they_can():
    recipe = {
        "tanh": {"op": "linear", "input": ["x", "h_prev_0", "x"]},
        "btanh_": {"op": "activation_tanh", "input": ["tanh"]},
        "1.a": {"op": "activation_sigm", "input": ["btanh_"]},
        "lock": {"op": "linear", "input": ["1.a"]},
        "Ulock_": {"op": "elementwise_prod", "input": ["lock", "1.a"]},
        "h": {"op": "elementwise_sum", "input": ["h_prev_1", "Ulock_"]},
        "h_new_0": {"op": "elementwise_prod", "input": ["h", "h_new_1"]},
        "h_new_1": {"op": "activation_leaky_relu", "input": ["h"]},
        "unread": {"op": "activation_tanh", "input": ["h"]},
    }
    assert print_cell(read(recipe)) == UNUSUAL


UNUSUAL = """\
# From NAS-Bench-NLP (Klyuchnikov et al. 2020).
# Left out, for the output does not need them: unread.
cell cell_of_it(x; h, h1)
    tanh_   = Wtanh_ @ x + Utanh_ @ h + Vtanh_ @ x + btanh_
    btanh__ = tanh(tanh_)
    n1_a    = sigmoid(btanh__)
    lock_   = Ulock__ @ n1_a + block_
    Ulock_  = lock_ * n1_a
    h_      = h1 + Ulock_
    h1'     = leaky_relu(h_)
    h'      = h_ * h1'
"""


def test_a_bias_is_no_other_node():
    recipe = {
        "bh": {"op": "activation_tanh", "input": ["h_prev_0"]},
        "h_new_0": {"op": "linear", "input": ["bh", "x"]},
    }
    check_values(recipe, read(recipe))


def test_what_reads_x_as_wide_as_a_state_says_so():
    recipe = {
        "a": {"op": "elementwise_sum", "input": ["x", "h_prev_0"]},
        "h_new_0": {"op": "linear", "input": ["a"]},
    }
    cell = read(recipe)
    assert "needs X = H" in print_cell(cell)
    assert json.loads(foreign.write(FORMAT, cell)) == recipe


def test_an_output_that_is_no_state_is_put_out():
    recipe = {
        "h_new_1": {"op": "linear", "input": ["x", "h_prev_1"]},
        "h_new_0": {"op": "activation_tanh", "input": ["h_new_1"]},
    }
    cell = read(recipe)
    assert [s.name for s in cell.states] == ["h1"] and cell.output == "h_new_0"
    assert json.loads(foreign.write(FORMAT, cell)) == recipe


ONE, TWO = "cell a(x; h)\n    ", "cell a(x; h, c)\n    "
REFUSED = {
    f"{TWO}h' = tanh(W @ x + bh) * c\n    c' = h": "of c': a recipe has no copy of a state",
    f"{ONE}h' = relu(W @ x + U @ h + bh)": "of h': 'relu' is no op of a recipe",
    f"{ONE}n = W @ x\n    h' = n * h": "of n: a product stands in a sum with a bias",
    f"{ONE}h' = W @ x + h + bh + e\n    param e": "of h': expected a bias for its products",
    f"{ONE}h' = (W @ x + bh) * ph + h": "of h': 'ph' is neither a matrix",
    f"{ONE}h' = W @ x + bh - h": "of h': '-' is no op",
    f"{ONE}h' = (1 - h) * (W @ x + bh)": "of h': '-' is no op",
    f"{ONE}h' = (1 - h) * (W @ x + bh) + tanh(h)": "of h': expected a bias",
    f"{TWO}h' = h * (1 - c) + (1 - h) * c\n    c' = tanh(h)": "'-' is no op",
    f"{ONE}h' = 1 - h + h * tanh(U @ h + bh)": "of h': expected a bias",
    f"{ONE}h' = h + (1 - h) * tanh(U @ h + bh)": "of h': expected a bias",
    f"{ONE}a = U @ h\n    h' = (a + bh) * tanh(a + c)\n    param c": "of h': expected a bias",
    f"{ONE}h' = tanh(U @ h + bh) * x\n    needs H = X": "of h': a value in it has the width X",
    f"{ONE}h' = 2 * tanh(U @ h + bh)": "of h': a recipe has no numbers",
    f"{ONE}n = U @ x + bn\n    h' = U @ h + bh * n\n    param U, bh\n    needs X = H": "weight 'U'",
    f"{ONE}h' = tanh(U @ h + bh)\n    init bh = 1": "the start of 'bh'",
    f"{TWO}n = U @ h + V @ c + bn\n    h' = n\n    c' = n": "h_new_0 and h_new_1 would be one",
    f"{ONE}h' = tanh(U @ h + V @ x + bh)\n    needs X = H": "what 'a' needs",
    f"{ONE}n: 2 * H = V @ h + bn\n    h' = U @ n + bh": "of n: a value in it has the width 2 * H",
    f"{ONE}h' = block(U, 2) @ h + bh": "of h': expected a bias for its products",
    f"{ONE}h' = U @ h + bh + delay(x, 1)\n    needs X = H": "a recipe has no copy",
    "cell a(x, v; h)\n    h' = W @ x + V @ v + U @ h + bh": "also reads v",
    f"{ONE}h' = tanh(U @ h + bh) | h": "a choice that is not decided",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_no_recipe_holds_is_said_with_its_equation(text):
    with pytest.raises(LanguageError) as error:
        foreign.write(FORMAT, parse_cell(text))
    assert REFUSED[text] in str(error.value)


GATHERED = [
    f"{ONE}a = W @ x\n    h' = tanh(a + U @ h + bh)",
    f"{ONE}a = W @ x + ba\n    h' = tanh(a + U @ h)",
    f"{ONE}n = tanh(W @ x + bn + h * (U @ h + cn))\n    h' = n * h * n + (1 - n) * h\n    param cn",
    f"{ONE}h' = (1 - z) * z * h + h + z * z\n    z = tanh(bz + U @ h + V @ x + cz)\n    param cz",
    f"{TWO}h' = tanh(n)\n    c' = tanh(n)\n    n = U @ h + V @ c + bn",
    f"{ONE}h' = U @ h + b + tanh(U @ h + b)\n    param U, b",
    f"{ONE}h_new_1 = tanh(h)\n    h_prev_0 = h_new_1 * h\n    h' = V @ h_prev_0 + bh",
    f"{TWO}c' = tanh(U @ h + bc)\n    h' = tanh(V @ c + bh)\n    output c'",
]


@pytest.mark.parametrize("text", GATHERED)
def test_terms_are_gathered_into_linear_nodes_and_blends(text):
    cell = parse_cell(text)
    written = foreign.write(FORMAT, cell)
    assert all(len(s["input"]) <= 2 for s in json.loads(written).values() if "wise" in s["op"])
    assert hash_of(foreign.read(FORMAT, written, "back")) == hash_of(cell)


def test_a_cell_larger_than_what_is_read_is_not_written():
    sums = [" + ".join(f"{m}{i} @ x" for i in range(60)) for m in "AB"]
    text = f"{ONE}a = {sums[0]}\n    h' = U @ h + bh + a + {sums[1]}"
    with pytest.raises(LanguageError, match="cannot hold 'a': expected at most 1000 nodes of at"):
        foreign.write(FORMAT, parse_cell(text))
