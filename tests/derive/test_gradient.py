"""Gradients as programs: every slope, what is kept, and plans that read as they should."""

import numpy as np
import pytest

from cellsearch.derive.gradient import gradient
from cellsearch.derive.program import lower
from cellsearch.derive.saving import decide, with_kept
from cellsearch.derive.schedule import schedule
from cellsearch.ir import elaborate
from cellsearch.ir.ops import NUMPY, OPS
from cellsearch.lang import load_cell


def programs(cell):
    forward = lower(elaborate(load_cell(cell)), training=True).program
    backward = gradient(forward)
    saving = decide(forward, backward)
    return saving, *with_kept(forward, backward, saving)


@pytest.mark.parametrize("name", OPS)
def test_a_slope_is_the_limit_of_differences(name):
    op = OPS[name]
    rng = np.random.default_rng(0)
    low = 0.1 if name in ("log", "sqrt") else -4.0
    args = [rng.uniform(low, 4.0, 200) for _ in range(op.arity)]
    y, step = op(*args), 1e-6
    for i, slope in enumerate(op.slopes):
        ends = [op(*(a + s * step * (k == i) for k, a in enumerate(args))) for s in (1, -1)]
        got = np.broadcast_to(slope(NUMPY, y, *args), y.shape)
        np.testing.assert_allclose(got, (ends[0] - ends[1]) / (2 * step), atol=1e-7)


def test_where_arguments_are_equal_each_has_half_of_the_slope():
    a = np.zeros(3)
    for name in ("min", "max"):
        for slope in OPS[name].slopes:
            assert (slope(NUMPY, a, a, a) == 0.5).all()


def test_an_lstm_keeps_its_gates_and_makes_its_output_activation_again():
    saving, forward, _ = programs("lstm")
    names = {forward.names.get(id(n), n.op) for n in saving.kept.values()}
    assert names == {"i", "f", "g", "o", "c'", "state", "input"}
    assert [n.op for n in saving.again] == ["tanh"]


def test_products_are_packed():
    _, forward, backward = programs("lstm")
    plan = schedule(forward)
    rows, loop = plan.phases
    (hoisted,), (recurrent,) = rows.stages[0].calls, loop.stages[0].calls
    assert not rows.is_loop and len(hoisted.results) == 4 and not hoisted.adds
    assert loop.carries == ("h", "c") and len(recurrent.results) == 4 and recurrent.adds
    plan = schedule(backward)
    loop, rows = plan.phases
    assert [len(s.calls) for s in loop.stages] == [0, 1]
    assert len(loop.stages[1].calls[0].operands) == len(rows.stages[0].calls[0].operands) == 4
    assert [len(o.leaves) for o in plan.outers] == [4, 4]


def test_what_waits_for_no_step_leaves_the_loop():
    _, forward, _ = programs("cell m(x; h)\n z = sigmoid(Wz @ x)\n h' = z * h + W @ x\n param W")
    plan = schedule(forward)
    assert [p.is_loop for p in plan.phases] == [False, True]
    assert not any(s.calls for s in plan.phases[1].stages)


def test_a_product_that_nothing_waits_for_follows_the_loop():
    _, forward, _ = programs(
        "cell p(x; h)\n h' = tanh(W @ x + U @ h)\n y = Q @ h'\n output y\n param W, U, Q"
    )
    plan = schedule(forward)
    assert [p.is_loop for p in plan.phases] == [False, True, False]
    assert plan.phases[2].stages[0].calls[0].results == (plan.program.rows["output"],)


def test_stages_wait_for_each_other():
    _, forward, _ = programs("gru_v3")
    stages = schedule(forward).phases[1].stages
    assert [len(s.calls) for s in stages] == [1, 1]
