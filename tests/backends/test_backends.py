"""Backends by name: our own, and those that other packages offer."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest
import torch

from cellsearch import RNN, backends
from cellsearch.backends.reference import ReferenceBackend
from cellsearch.errors import ConfigError


class Other(ReferenceBackend):
    name = "other"


@pytest.fixture
def offered(monkeypatch):
    """Offers this file's object of that name as the backend `other`."""

    def offer(attribute):
        point = EntryPoint("other", f"{__name__}:{attribute}", "cellsearch.backends")
        found = EntryPoints([point])
        monkeypatch.setattr(backends, "entry_points", lambda **of: found.select(**of))

    return offer


def test_another_packages_backend_runs_a_cell(offered):
    offered("Other")
    rnn = RNN("lstm", 3, 4, backend="other")
    same = RNN("lstm", 3, 4, backend="reference")
    same.load_state_dict(rnn.state_dict())
    x = torch.ones(2, 1, 3)
    assert rnn.backend == "other" and torch.equal(rnn(x)[0], same(x)[0])


def test_a_backend_that_cannot_be_made_is_named(offered):
    offered("missing")
    with pytest.raises(ConfigError, match=r"backend 'other' \(.*missing\) cannot be made: "):
        backends.get("other")


@pytest.mark.parametrize("name", ["referense", "", None])
def test_an_unknown_backend_is_named(name):
    with pytest.raises(ConfigError, match=f"no backend is called '{name}'"):
        backends.get(name)
