"""For all tests: one thread each, and slow ones on demand."""

import os
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from cellsearch import registry

# Read when torch is first imported, here and in every process that a test starts. Several tests
# run side by side; more threads than processors would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")
# Compiled cells are kept from run to run, in the checkout.
os.environ.setdefault(
    "CELLSEARCH_CACHE", str(Path(__file__).parents[1] / ".pytest_cache" / "cellsearch")
)


def pytest_addoption(parser):
    parser.addoption("--run-slow", action="store_true", help="run the tests marked slow, too")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--run-slow"):
        return
    skip = pytest.mark.skip(reason="slow: runs with --run-slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def offered(monkeypatch):
    """Offers `module:attribute` under a group and a name, as another package would."""

    def offer(group, name, value):
        found = EntryPoints([EntryPoint(name, value, group)])
        monkeypatch.setattr(registry, "entry_points", lambda **of: found.select(**of))

    return offer
