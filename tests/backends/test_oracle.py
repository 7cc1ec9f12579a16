"""The reference backend and the NumPy oracle agree on every written cell."""

import pytest
import torch
from written_cells import CELLS, CORNERS

from cellsearch.testing.backends import BackendContract, Tensors, run, tensors
from cellsearch.testing.cases import make_case

torch.set_num_threads(1)


def test_there_are_at_least_90_cells():
    assert len(CELLS) >= 90


class TestReference(BackendContract):
    backend = "reference"

    @pytest.fixture(params=[*CELLS, *(f"corner {name}" for name in CORNERS)])
    def cell(self, request):
        name = request.param.removeprefix("corner ")
        return CORNERS[name] if name != request.param else CELLS[name]


# One for each kind of structure: gates, peepholes, matrices, normalisation, heads, delays, filters.
GRADCHECKED = "lstm_peephole gru nascell deltanet mlstm lnlstm_ba slstm greff_fgr convgru lamb"


@pytest.mark.parametrize("name", GRADCHECKED.split())
def test_gradcheck(name):
    case = make_case(CELLS[name], lengths=(3, 2), states=True)
    values = tensors(case, grad=True)
    names = {kind: list(of) for kind, of in vars(values).items()}

    def function(*leaves):
        rest = iter(leaves)
        given = Tensors(**{kind: {n: next(rest) for n in of} for kind, of in names.items()})
        outputs, states = run(case, "reference", given)
        return outputs, *states.values()

    leaves = tuple(leaf for _, leaf in values.leaves())
    assert torch.autograd.gradcheck(function, leaves, fast_mode=True)
