"""Every proposer passes the contract; and what each is for."""

from __future__ import annotations

from statistics import median

import pytest

from cellsearch.errors import ConfigError
from cellsearch.sweep import proposers
from cellsearch.sweep.proposers.base import Proposer, Seen
from cellsearch.sweep.proposers.dimensions import Options, Span
from cellsearch.sweep.proposers.shared import GridProposer, RandomProposer, SobolProposer
from cellsearch.sweep.proposers.tpe import TPEProposer
from cellsearch.testing.proposers import SPACE, ProposerContract

RATE = "train.optimizer.learning_rate"


class TestRandom(ProposerContract):
    def proposer(self, seed: int) -> Proposer:
        return RandomProposer(self.space, seed)


class TestSobol(ProposerContract):
    def proposer(self, seed: int) -> Proposer:
        return SobolProposer(self.space, seed)


class TestTPE(ProposerContract):
    def proposer(self, seed: int) -> Proposer:
        return TPEProposer(self.space, seed)


def test_a_grid_has_every_combination_once() -> None:
    space = {RATE: Options((1e-3, 1e-2)), "model.layers": Options((1, 2, 3))}
    grid = GridProposer(space, 0)
    found = [tuple(grid.propose(number, ()).values()) for number in range(6)]
    assert found == [(rate, layers) for rate in (1e-3, 1e-2) for layers in (1, 2, 3)]


def test_sobol_points_are_even() -> None:
    """Of 16 points every sixteenth of either side holds exactly one."""
    space = {name: Span(0.0, 1.0, log=False, whole=False) for name in "ab"}
    points = [SobolProposer(space, 0).propose(number, ()) for number in range(16)]
    for name in "ab":
        assert sorted(int(16 * float(str(p[name]))) for p in points) == list(range(16))


def test_whole_numbers_have_equal_shares() -> None:
    span = Span(1, 4, log=False, whole=True)
    assert [span.at(share) for share in (0, 0.2499, 0.25, 0.5, 0.75, 0.9999)] == [1, 1, 2, 3, 4, 4]
    wide = Span(1, 64, log=True, whole=True)
    assert (wide.at(0.0), wide.at(0.99999)) == (1, 64)


def test_log_spreads_over_the_decades() -> None:
    span = Span(1e-4, 1e-1, log=True, whole=False)
    assert span.at(1 / 3) == pytest.approx(1e-3)
    assert span.at(0.0) == pytest.approx(1e-4)


def test_tpe_learns_where_it_is_good() -> None:
    """A valley at 1e-3: what is proposed in the end lies nearer to it than what was at first."""
    space = {RATE: SPACE[RATE]}
    tpe, seen = TPEProposer(space, 0), list[Seen]()
    for number in range(60):
        setting = tpe.propose(number, seen)
        seen.append(Seen(setting, _distance(setting)))
    distances = [each.value or 0.0 for each in seen]
    assert median(distances[30:]) < 0.5 * median(distances[:10])


def test_tpe_with_a_long_history_depends_on_it_alone() -> None:
    """Beyond what is told to Optuna at once, whoever begins later still proposes the same."""
    space = {RATE: SPACE[RATE]}
    draws = RandomProposer(space, 1)
    seen = [Seen(s, _distance(s)) for n in range(1203) if (s := draws.propose(n, ()))]
    steady = TPEProposer(space, 0)
    for count in (3, 499, 501, 998, 1002, 1203):
        found = steady.propose(count, seen[:count])
        assert TPEProposer(space, 0).propose(count, seen[:count]) == found


def test_proposers_have_names() -> None:
    assert {"random", "sobol", "grid", "tpe"} <= set(proposers.names())
    with pytest.raises(ConfigError, match="unknown proposer 'tp'; nearest is 'tpe'"):
        proposers.find("tp")


def _distance(setting: object) -> float:
    import math

    assert isinstance(setting, dict)
    return abs(math.log10(setting[RATE]) + 3)
