"""Counted cost, by hand."""

import pytest

from cellsearch.derive.cost import count
from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.ir.biases import without_biases
from cellsearch.lang import edit_cell, library, parse_cell

CELLS = library()
X, H = 6, 10

# parameters, multiply-adds of matrix products, state, depth
BY_HAND = {
    "rnn": (H * X + H * H + H, H * X + H * H, H, 1),
    "lstm": (4 * (H * X + H * H + H), 4 * (H * X + H * H), 2 * H, 1),
    # One bias more than the equations of the gates: cn inside the reset product.
    "gru": (3 * (H * X + H * H + H) + H, 3 * (H * X + H * H), H, 1),
    # Un @ (r * h) waits for r, which waits for Ur @ h.
    "gru_v3": (3 * (H * X + H * H + H), 3 * (H * X + H * H), H, 2),
    # Two products with x, two of each of five rounds; every round waits for the one before.
    "rhn": (2 * H * X + 10 * (H * H + H), 2 * H * X + 10 * H * H, H, 5),
    # No product reads the state.
    "mingru": (2 * (H * X + H), 2 * H * X, H, 0),
    # P = H // 2: the state is narrower; the projection waits for the gates.
    "lstmp": (4 * (H * X + H * 5 + H) + 5 * H, 4 * (H * X + H * 5) + 5 * H, 5 + H, 2),
    # Two heads: half of each recurrent matrix is stored and multiplied. States h, c, n, m.
    "slstm": (4 * (H * X + H * H // 2 + H), 4 * (H * X + H * H // 2), 4 * H, 1),
    # k = Wk x (4), l = Ul h (4), a = Wa k + Ua l; two biases, two scalars.
    "fastgrnn_lowrank": (
        4 * X + 4 * H + 2 * 4 * H + 2 * H + 2,
        4 * X + 4 * H + 2 * 4 * H,
        H,
        2,
    ),
    # Eight gates without a bias.
    "nascell": (8 * (H * X + H * H), 8 * (H * X + H * H), 2 * H, 1),
    # Three peepholes and nine gate-to-gate matrices; h, c and the three gates remembered.
    "greff_fgr": (
        4 * (H * X + H * H + H) + 3 * H + 9 * H * H,
        4 * (H * X + H * H) + 9 * H * H,
        5 * H,
        1,
    ),
    # h, and h of the three steps before it.
    "taugru": (4 * (H * X + H * H + H), 4 * (H * X + H * H), 4 * H, 1),
    # What a delay remembers of x is state, but no product waits for it.
    "qrnn": (3 * (2 * H * X + H), 6 * H * X, H + X, 0),
    # A matrix state and a vector; outer products count no multiply-adds, the read-out does.
    "linear_attention": (3 * H * X, 3 * H * X + H * H, H * H + H, 1),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_cost_by_hand(name):
    cost = count(elaborate(CELLS[name]), {"x": X}, H)
    parameters, products, state, depth = BY_HAND[name]
    assert cost.parameters == parameters
    assert cost.flops_forward == 2 * products and cost.flops_training == 6 * products
    assert (cost.state_size, cost.sequential_depth) == (state, depth)


def test_filters_are_counted_in_every_place_of_the_plane():
    cost = count(elaborate(CELLS["convgru"]), {"x": X}, H, (5, 7))
    assert cost.parameters == 3 * (9 * H * X + 9 * H * H + H)
    assert cost.flops_forward == 2 * 3 * (9 * H * X + 9 * H * H) * 35
    assert (cost.state_size, cost.sequential_depth) == (H * 35, 2)


def test_elementwise_operations():
    graph = elaborate(parse_cell("cell a(x; h)\n    h' = tanh(Wh @ x + 2 * h) * (1 - h)\n"))
    # tanh, +, 2 *, *, 1 -: five for each unit.
    assert count(graph, {"x": X}, H).elementwise == 5 * H


def test_a_matrix_of_weights_alone_is_made_once():
    graph = elaborate(CELLS["antisymmetric"])
    cost = count(graph, {"x": X}, H)
    assert cost.flops_forward == 2 * (H * X + H * H)
    product = parse_cell("cell a(x; h)\n    h' = (A @ B) @ h\n    param A, B\n")
    assert count(elaborate(product), {"x": X}, H).flops_forward == 2 * H * H


def test_an_ablated_gate_costs_nothing():
    full = count(elaborate(CELLS["lstm"]), {"x": X}, H)
    less = count(elaborate(edit_cell(CELLS["lstm"], "o = 1")), {"x": X}, H)
    assert full.parameters - less.parameters == H * X + H * H + H
    assert full.flops_forward - less.flops_forward == 2 * (H * X + H * H)


def test_without_biases():
    graph = without_biases(elaborate(CELLS["gru"]))
    assert count(graph, {"x": X}, H).parameters == 3 * (H * X + H * H)
    peephole = without_biases(elaborate(CELLS["lstm_peephole"]))
    assert count(peephole, {"x": X}, H).parameters == 4 * (H * X + H * H) + 3 * H


def test_costs_of_layers_add():
    one = count(elaborate(CELLS["lstm"]), {"x": X}, H)
    two = one + one
    assert (two.parameters, two.sequential_depth) == (2 * one.parameters, 2)


def test_sizes_that_the_cell_cannot_have():
    with pytest.raises(LanguageError, match="'mut1' needs X = H, got 6 and 10"):
        count(elaborate(CELLS["mut1"]), {"x": X}, H)
    with pytest.raises(LanguageError, match="'Ri' is 7 x 7, which 2 heads cannot share"):
        count(elaborate(CELLS["slstm"]), {"x": X}, 7)
    with pytest.raises(LanguageError, match="has the inputs x; got widths for y"):
        count(elaborate(CELLS["lstm"]), {"y": X}, H)
