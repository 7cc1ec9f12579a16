"""The oracle bites: one corrupted node of any kind is seen.

For each kind of operation, in each cell that has one, one node is corrupted in the graph that the
reference runs, in every way there is; the comparison with the oracle has to fail each time.
"""

from collections import defaultdict
from dataclasses import replace

import pytest
import torch
from corruption import KINDS, corruptions, with_node
from written_cells import CELLS, CORNERS

from cellsearch.testing.backends import TOLERANCE, by_backend
from cellsearch.testing.cases import by_oracle, disagreement, make_case
from cellsearch.testing.shares import one_in

torch.set_num_threads(1)

ALL = {**CELLS, **CORNERS}


@pytest.fixture(scope="module")
def cases():
    """Of each cell a case with random states and what the oracle says, by its name."""
    out = {}
    for name, cell in ALL.items():
        case = make_case(cell, states=True, lengths=(5, 3))
        out[name] = case, by_oracle(case)
    return out


@pytest.fixture(scope="module")
def sites(cases):
    """For each kind the cells that have it, and the last node of that kind there."""
    found = defaultdict(dict)
    for name, (case, _) in cases.items():
        for n in case.graph.nodes:
            found[n.op][name] = n
    return found


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_corrupted_node_is_seen(kind, cases, sites):
    tried, survived = [], []
    for name, node in sites[kind].items():
        case, want = cases[name]
        for wrong in corruptions(case.graph, node):
            mutant = replace(case, graph=with_node(case.graph, node, wrong))
            tried.append(f"{name}: {node} -> {wrong}")
            if disagreement(by_backend(mutant, "reference"), want) < TOLERANCE:
                survived.append(tried[-1])
    # Shown by `pytest -rP`.
    print(*tried, sep="\n")
    assert tried, f"no cell has a node '{kind}'"
    assert not survived


NOT_COMPILED = "plane"


@pytest.mark.parametrize("kind", one_in(4, sorted(KINDS)))
def test_a_corrupted_node_is_seen_where_it_is_compiled(kind, cases, sites):
    name, node, wrong = next(
        (name, node, wrong)
        for name, node in sites[kind].items()
        if name != NOT_COMPILED
        for wrong in corruptions(cases[name][0].graph, node)
    )
    case, want = cases[name]
    mutant = replace(case, graph=with_node(case.graph, node, wrong))
    assert disagreement(by_backend(case, "cpu"), want) < TOLERANCE
    assert not disagreement(by_backend(mutant, "cpu"), want) < TOLERANCE


def test_every_operation_of_the_cells_is_a_known_kind(sites):
    assert set(sites) == KINDS
