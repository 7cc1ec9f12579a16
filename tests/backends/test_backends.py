"""Backends by name: our own, and those that other packages offer."""

import pytest
import torch

from cellsearch import RNN, backends
from cellsearch.backends.reference import ReferenceBackend
from cellsearch.errors import ConfigError


class Other(ReferenceBackend):
    name = "other"


class Broken:
    def __init__(self):
        raise RuntimeError("no GPU")


def test_another_packages_backend_runs_a_cell(offered):
    offered("cellsearch.backends", "other", f"{__name__}:Other")
    rnn = RNN("lstm", 3, 4, backend="other")
    same = RNN("lstm", 3, 4, backend="reference")
    same.load_state_dict(rnn.state_dict())
    x = torch.ones(2, 1, 3)
    assert rnn.backend == "other" and torch.equal(rnn(x)[0], same(x)[0])


def test_a_backend_that_cannot_be_made_is_named(offered):
    offered("cellsearch.backends", "other", f"{__name__}:Broken")
    with pytest.raises(ConfigError, match=r"backend 'other' \(.*Broken\) cannot be made: no GPU"):
        backends.get("other")


@pytest.mark.parametrize("name", ["referense", "", None])
def test_an_unknown_backend_is_named(name):
    with pytest.raises(ConfigError, match=f"unknown backend '{name}'"):
        backends.get(name)
