"""The compiled backend: against the oracle, and against the reference at odd sizes."""

import dataclasses

import pytest
import torch
from written_cells import CELLS, CORNERS

from cellsearch import RNN
from cellsearch.backends.cpu import UnsupportedError
from cellsearch.lang import parse_cell
from cellsearch.testing.backends import BackendContract
from cellsearch.testing.cases import make_case
from cellsearch.testing.parity import largest_difference
from cellsearch.testing.shares import one_in

# It brings pixels together by more than filters.
NOT_COMPILED = "plane"
ALL = {name: c for name, c in {**CELLS, **CORNERS}.items() if name != NOT_COMPILED}

# Sequences of one length and of several, one alone, and one step.
LENGTHS = [(5, 5, 5), (6, 4, 4, 1), (5,), (1, 1)]


@pytest.fixture(autouse=True)
def poisoned():
    """What is not written is NaN; one thread, but where a test says otherwise."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(1)


# Each cell is compiled for it.
NAMES = one_in(4, ALL)


class TestCpu(BackendContract):
    backend = "cpu"

    @pytest.fixture(params=NAMES)
    def cell(self, request):
        return ALL[request.param]


def test_what_is_not_written_is_poisoned():
    assert torch.empty(3).isnan().all()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_the_reference(name, threads):
    torch.set_num_threads(threads)
    for lengths in LENGTHS:
        case = make_case(ALL[name], lengths=lengths, states=True)
        assert largest_difference(case, "cpu") < (1e-10, "")
        error, what = largest_difference(case, "cpu", torch.float32)
        # The corners are not made to be well conditioned.
        assert error < (1e-5 if name in CELLS else 1e-4), what


NOISY = """
cell noisy(x; h)
    h' = zoneout(tanh(W @ x + dropout(U, 0.3) @ dropout(h, 0.5)), h, 0.2)
    param W, U
"""


@pytest.mark.parametrize("cell", [CELLS["qrnn_zoneout"], NOISY], ids=["qrnn", "noisy"])
def test_noise_is_the_references(cell):
    outputs = []
    for backend in ("cpu", "reference"):
        torch.manual_seed(0)
        rnn = RNN(cell, 5, 7, backend=backend, dtype=torch.float64)
        x = torch.randn(4, 3, 5, dtype=torch.float64)
        out, _ = rnn(x)
        out.square().sum().backward()
        outputs.append([out, *(p.grad for p in rnn.parameters())])
    torch.testing.assert_close(*outputs)


# What is hard to keep in its place: a sum that is read after the value that could stand there, in
# a loop and beside a product of the row's own matrix; and the adjoint of a state, that is read at
# its own step and one later, where sequences end.
PLACES = {
    "late": """
cell late(x; h)
    a  = W @ x + U @ h
    h' = tanh(a) + (a - mean(a))
    param W, U
""",
    "beside": """
cell beside(x; h)
    a  = W @ x
    h' = tanh(min(outer(h + u, v) @ (a + w), h) + a)
    param W
    param u, v, w: H
""",
    "ended": """
cell ended(x; c, n)
    n' = M @ (W @ x + w)
    c' = sigmoid(U @ (c + w) + c + n)
    output c'
    param M, W, U
    param w: H
""",
}


@pytest.mark.parametrize("name", PLACES)
def test_nothing_is_written_over_that_is_read_again(name):
    case = make_case(parse_cell(PLACES[name]), lengths=(3, 2, 1), states=True)
    assert largest_difference(case, "cpu") < (1e-10, "")


def test_the_gradient_may_be_asked_for_twice():
    rnn = RNN("lstm", 3, 4, backend="cpu")
    out = rnn(torch.ones(2, 1, 3))[0].sum()
    out.backward(retain_graph=True)
    first = [p.grad.clone() for p in rnn.parameters()]
    out.backward()
    torch.testing.assert_close([p.grad / 2 for p in rnn.parameters()], first)


def test_an_output_that_was_changed_in_place_is_told():
    rnn = RNN("lstm", 3, 4, backend="cpu")
    out = rnn(torch.ones(2, 1, 3))[0]
    loss = out.sum()
    out.data  # noqa: B018
    out.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_cell_over_all_pixels_is_refused_and_runs_on_auto():
    cell, x = CORNERS["plane"], torch.ones(2, 1, 2, 3, 4)
    with pytest.raises(
        UnsupportedError, match="'plane' has units in a plane and 'layernorm' over all"
    ):
        RNN(cell, (2, 3, 4), 5, backend="cpu")(x)
    assert RNN(cell, (2, 3, 4), 5)(x)[0].shape == (2, 1, 5, 3, 4)


FILTER_ON_WEIGHTS = """
cell f(x; h)
    h' = tanh(conv(W, 3) @ x + conv(U, 3) @ b + h)
    param W, U, b
"""


def test_a_filter_on_weights_is_refused():
    with pytest.raises(UnsupportedError, match="'f' has a filter on weights"):
        RNN(FILTER_ON_WEIGHTS, (2, 3, 4), 5, backend="cpu")(torch.ones(2, 1, 2, 3, 4))


def test_other_dtypes_run_on_auto():
    rnn = RNN("gru", 3, 4, dtype=torch.bfloat16)
    assert rnn(torch.ones(2, 1, 3, dtype=torch.bfloat16))[0].dtype == torch.bfloat16


def test_sizes_may_be_large_or_one():
    for hidden, width in ((1, 1), (33, 70), (17, 3)):
        case = make_case(CELLS["lstm"], lengths=(3, 2))
        rng = torch.Generator().manual_seed(0)
        sizes = {"H": hidden, "X": width}
        weights = {
            n: torch.randn(w.shape(sizes), generator=rng).numpy().astype("float64") / hidden
            for n, w in case.graph.weights.items()
        }
        inputs = {"x": torch.randn(3, 2, width, generator=rng).numpy().astype("float64")}
        case = dataclasses.replace(case, sizes=sizes, weights=weights, inputs=inputs)
        assert largest_difference(case, "cpu") < (1e-10, "")
