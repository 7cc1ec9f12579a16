"""`bias=False` removes exactly the vector weights that stand as terms of sums, in every cell."""

import pytest
import torch

from cellsearch import RNN
from cellsearch.ir import elaborate
from cellsearch.ir.expressions import Binary, Name, Negative
from cellsearch.ir.unroll import unroll
from cellsearch.lang import library
from cellsearch.testing.cases import make_case

torch.set_num_threads(1)

CELLS = library()


def occurrences(e, is_term=False):
    """Each name in an expression, and whether it stands there as a term of a sum."""
    if isinstance(e, Name):
        yield e.name, is_term
    for part in e.parts:
        in_sum = isinstance(e, Binary) and e.op in "+-"
        yield from occurrences(part, in_sum or (is_term and isinstance(e, Negative)))


def terms_alone(cell, sizes):
    """The vector weights that stand nowhere but as terms of sums, from the cell's text."""
    graph = elaborate(cell, sizes)
    found = {}
    for name in graph.equations:
        for n, is_term in occurrences(unroll(cell, sizes).equations[name].value):
            found.setdefault(n, set()).add(is_term)
    vectors = {n for n, w in graph.weights.items() if w.type.kind == "vector"}
    return {n for n in vectors if found[n] == {True}}


def module(case, **options):
    size = case.sizes["X"]
    return RNN(
        case.cell,
        (size, *case.space) if case.space else size,
        case.sizes["H"],
        dtype=torch.float64,
        **options,
    )


@pytest.mark.parametrize("name", list(CELLS))
def test_exactly_the_terms_of_sums_go(name):
    case = make_case(CELLS[name], lengths=(4, 4))
    # Not compiled: which terms go is told before, and compiled cells have tests of their own.
    rnn, bare = module(case, backend="reference"), module(case, bias=False, backend="reference")
    gone = {*rnn.layers[0]} - {*bare.layers[0]}
    assert gone == terms_alone(case.cell, {"H": case.sizes["H"], "X": case.sizes["X"]})

    # What is left computes what the whole cell does where they are zero.
    with torch.no_grad():
        for n in rnn.layers[0]:
            value = torch.tensor(case.weights[n])
            rnn.layers[0][n].copy_(torch.zeros_like(value) if n in gone else value)
            if n not in gone:
                bare.layers[0][n].copy_(value)
    x = torch.tensor(case.inputs["x"])
    assert torch.allclose(bare.eval()(x)[0], rnn.eval()(x)[0], rtol=1e-12, atol=1e-13)


def test_a_vector_that_also_stands_elsewhere_stays():
    text = "cell both(x; h)\n    h' = tanh(W @ x + b * h + b)\n    param W, b\n"
    rnn = RNN(text, 3, 3, bias=False, dtype=torch.float64)
    assert [*rnn.layers[0]] == ["W", "b"]
    with torch.no_grad():
        rnn.layers[0]["W"].zero_()
        rnn.layers[0]["b"].fill_(1)
    assert rnn(torch.ones(2, 1, 3, dtype=torch.float64))[0].abs().max() == 0
