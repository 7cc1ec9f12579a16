"""Texts that are no cells: each is refused with what is wrong, and nothing else is ever raised."""

import json
import random

import pytest

from cellsearch.derive.hashes import cell_hash
from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.lang import foreign, parse_cell, print_cell
from cellsearch.testing.mutations import mutated, random_bytes

LINEAR = {"op": "linear", "input": ["x", "h_prev_0"]}
TANH = {"op": "activation_tanh", "input": ["f"]}


def rnn(**nodes):
    return {"f": LINEAR, "h_new_0": TANH, **nodes}


def tanh(*inputs):
    return {"op": "activation_tanh", "input": list(inputs)}


DEEP = "[" * 50_000
RECIPES = {
    "": "no JSON: Expecting value",
    "[1, 2]": "got '[1, 2]', expected a JSON object of nodes",
    DEEP: "nested too deep",
    "{}": "the recipe is empty",
    '{"f": {"op": "linear", "input": ["x"]}, "f": 1}': "'f' is defined twice",
    '{"h_new_0": {"op": "linear", "op": "blend", "input": []}}': "'op' is defined twice",
}
NODES = [
    (rnn(f=1), "the node 'f': got '1', expected an object of 'op' and 'input'"),
    (rnn(f={"op": "linear"}), "the node 'f': got '{'op': 'linear'}', expected"),
    (rnn(f={**LINEAR, "inputs": []}), "the node 'f': got"),
    (rnn(f={"op": 1, "input": []}), "the node 'f': its op is '1', expected one of linear, blend"),
    (rnn(f={"op": "lineer", "input": []}), "'f': unknown op 'lineer'; nearest is 'linear'"),
    (rnn(f={"op": "linear", "input": "x"}), "the node 'f': its input is 'x', expected a list"),
    (rnn(f={"op": "linear", "input": [1]}), "the node 'f': its input is '[1]', expected a list"),
    (rnn(f={"op": "linear", "input": []}), "'f': 'linear' takes 1 to 100 inputs, got 0"),
    (rnn(f={"op": "linear", "input": ["x"] * 101}), "takes 1 to 100 inputs, got 101"),
    (rnn(f={"op": "blend", "input": ["x", "x"]}), "'f': 'blend' takes 3 inputs, got 2"),
    (rnn(f=tanh("x", "x")), "'f': 'activation_tanh' takes 1 input, got 2"),
    (rnn(f={"op": "elementwise_sum", "input": ["x"]}), "'elementwise_sum' takes 2 to 100 inputs"),
    (rnn(f=tanh("node_1"), node_11=TANH), "'f': it reads 'node_1', which is no node; nearest is"),
    (rnn(f=tanh("h_prev_1")), "'f': it reads 'h_prev_1', but there is no node 'h_new_1'"),
    (
        rnn(f=tanh("h_prev_00")),
        "'f': it reads 'h_prev_00', which is no node; nearest is 'h_prev_0'",
    ),
    ({"f": LINEAR}, "there is no node 'h_new_0', which is the output"),
    ({"f": LINEAR, "h_new_1": TANH}, "there is no node 'h_new_0'"),
    (rnn(h_new_2=TANH), "there is a node 'h_new_2', but no 'h_new_1'"),
    (rnn(h_prev_0=TANH), "the node 'h_prev_0': it is defined, but 'h_prev_0' is a state before"),
    (rnn(x=TANH), "the node 'x': it is defined, but 'x' is the input"),
    (rnn(f=tanh("g"), g=tanh("e"), e=tanh("f")), "circle: f -> g -> e -> f; it passes through no"),
    (rnn(f=tanh("f")), "circle: f -> f"),
    (rnn(**{f"n{i}": tanh(f"n{(i + 1) % 100}") for i in range(100)}), "-> n5 -> … -> n95 ->"),
    (rnn(f=tanh("x")), "'h_new_0' depends on no h_prev_i"),
    (rnn(a=tanh("b"), b=tanh("a")), "circle: a -> b -> a"),
    ({f"n{i}": TANH for i in range(1001)}, "got 1001 nodes, expected at most 1000"),
    ({"\ud800\n": 1}, r"the node '\ud800\n': got '1'"),
    ({"a" * 100: 1}, f"the node '{'a' * 60}…': got '1'"),
]

GENOTYPES = {
    "": "more than one genotype, or none",
    "Genotype(": "the text is no genotype",
    "(" * 50_000: "the text is no genotype",
    "-" * 50_000 + "1": "the text is no genotype",
    "[('tanh', 0)]; [('tanh', 0)]": "more than one genotype",
    "import os": "more than one genotype, or none",
    "open('a')": "got a call of something else",
    "Genotype()": "has the fields recurrent, concat; got none",
    "Genotype(recurrent=[], concat=[0], steps=1)": "got recurrent, concat, steps",
    "Genotype([], [0], 1)": "has the fields recurrent, concat",
    "Genotype(**x)": "got None",
    "Genotype(recurrent=f(), concat=[1])": "'recurrent' is made of more than lists",
    "[('tanh', 0)] + [1]": "the genotype is made of more than",
    "{[]: 1}": "the genotype is made of more than",
    "'tanh'": "'recurrent' is 'tanh', expected a list",
    "[]": "there is no output",
    "['tanh']": "the step s1 is 'tanh', expected a function and a step",
    "[('tanh', True)]": "the step s1 is '('tanh', True)'",
    "[('tanh', 0), ('tahn', 0)]": "the step s2 has the function 'tahn', expected one of tanh, relu",
    r"[('\d', 0)]": r"the step s1 has the function '\d'",
    "[('none', 0)]": "the step s1 has the function 'none'",
    "[(['tanh'], 0)]": "the step s1 has the function '['tanh']'",
    "[('tanh', 1)]": "the step s1 reads step 1, expected 0",
    "[('tanh', 0), ('tanh', -1)]": "the step s2 reads step -1, expected 0 to 1",
    "Genotype([('tanh', 0)], [2])": "the output reads step 2, expected 0 to 1",
    "Genotype([('tanh', 0)], [0.5])": "'concat' holds '0.5'",
    "Genotype([('tanh', 0)], 1)": "'concat' is '1', expected a list",
    "Genotype([('tanh', 0)], range(0, 1, 0))": "'concat' is no range",
    "Genotype([('tanh', 0)], range(10 ** 9))": "a bound of 'concat' is made of more than",
    "Genotype([('tanh', 0)], range(1000000000))": "a bound of 'concat' is '1000000000'",
    str([("tanh", 0)] * 101): "got 101 steps, expected at most 100",
}
ARCS = {
    "": "the code has 0 numbers, expected an odd number",
    "0 0": "the code has 2 numbers",
    "0 0 x": "number 3 of the code is 'x', expected a whole number",
    "0 0 1.0": "number 3 of the code is '1.0'",
    "-1": "number 1 of the code is '-1'",
    "²": "number 1 of the code is '²'",
    "9" * 5000: "number 1 of the code is '999",
    "4": "the step s0 has the function 4, expected 0 tanh, 1 relu, 2 identity, 3 sigmoid",
    "0 1 0": "the step s1 reads step 1, expected 0",
    "0 0 0 2 0": "the step s2 reads step 2, expected 0 to 1",
    "0" + " 0 0" * 101: "got 101 steps",
}


def refused(format, text, message):
    with pytest.raises(LanguageError) as error:
        foreign.read(format, text, "a")
    assert message in str(error.value)
    assert len(str(error.value)) < 400 and "\n" not in str(error.value)


@pytest.mark.parametrize("text", RECIPES, ids=range(len(RECIPES)))
def test_what_is_no_recipe(text):
    refused("nas-bench-nlp", text, RECIPES[text])


@pytest.mark.parametrize(("recipe", "message"), NODES, ids=range(len(NODES)))
def test_the_node_at_fault_is_named(recipe, message):
    refused("nas-bench-nlp", json.dumps(recipe), message)


@pytest.mark.parametrize("text", GENOTYPES, ids=range(len(GENOTYPES)))
def test_what_is_no_genotype(text):
    refused("darts", text, GENOTYPES[text])


@pytest.mark.parametrize("text", ARCS, ids=range(len(ARCS)))
def test_what_is_no_arc(text):
    refused("enas", text, ARCS[text])


@pytest.mark.parametrize("format", foreign.names())
def test_a_text_that_is_too_long_is_not_looked_at(format):
    refused(format, "0 " * 200_000, "got 400000 characters, expected at most 200000")


@pytest.mark.parametrize("name", ["tanh", "H", "", "1a", "a b", "a'", "cell", "a\n"])
def test_names_that_no_cell_can_have(name):
    with pytest.raises(LanguageError, match="cannot be a cell's name"):
        foreign.read("enas", "0", name)


def as_read(format, text):
    """The cell of a text, if it is one; then it is a good one that prints and parses."""
    try:
        cell = foreign.read(format, text, "a")
    except LanguageError:
        return None
    assert cell_hash(elaborate(parse_cell(print_cell(cell)))) == cell_hash(elaborate(cell))
    return cell


def spoiled(rng, recipe):
    """A recipe with nodes, ops and inputs exchanged, left out and twice."""
    nodes = json.loads(json.dumps(recipe))
    words = [*nodes, "x", "h_prev_0", "h_prev_1", "linear", "blend", "H", "", "f'", 0, None, []]
    for _ in range(rng.randint(1, 3)):
        node = nodes[rng.choice([*nodes])]
        match rng.randrange(5):
            case 0 if node["input"]:
                node["input"][rng.randrange(len(node["input"]))] = rng.choice(words)
            case 1:
                node["input"] = node["input"] * 2
            case 2:
                node["op"] = rng.choice([*nodes.values()])["op"]
            case 3 if len(nodes) > 1:
                del nodes[rng.choice([*nodes])]
            case _:
                nodes[str(rng.choice(words))] = nodes.pop(rng.choice([*nodes]))
    return nodes


def test_spoiled_recipes_are_cells_or_refused(published):
    recipes = [s["recipe"] for s in published["samples"].values()]
    rng = random.Random(0)
    found = [
        as_read("nas-bench-nlp", json.dumps(spoiled(rng, rng.choice(recipes)))) for _ in range(250)
    ]
    assert 25 < sum(cell is not None for cell in found) < 225


GOOD = {
    "darts": ["Genotype(recurrent=[('sigmoid', 0), ('relu', 1)], concat=range(1, 3))"],
    "enas": ["0 0 0 1 1 2 1 2 0"],
}


@pytest.mark.parametrize("format", foreign.names())
def test_spoiled_texts_are_cells_or_refused(format, published):
    recipes = [json.dumps(s["recipe"], indent=1) for s in published["samples"].values()]
    rng, texts = random.Random(1), GOOD.get(format, recipes)
    for _ in range(120):
        as_read(format, mutated(rng, texts))
        as_read(format, random_bytes(rng, texts).decode("utf-8", "replace"))
