"""torch's own functions are what the bodies say, which are what stands where torch has none."""

import pytest
import torch

from cellsearch.backends.unitwise import UNITWISE, from_body
from cellsearch.ir.ops import OPS


@pytest.mark.parametrize("op", sorted(set(OPS) - {"identity"}))
def test_a_body_is_what_torch_computes(op):
    torch.manual_seed(0)
    args = [torch.rand(500, dtype=torch.float64) * 8 - 4 for _ in range(OPS[op].arity)]
    args = [a.abs() for a in args] if op in ("log", "sqrt") else args
    torch.testing.assert_close(from_body(op)(*args), UNITWISE[op](*args))
