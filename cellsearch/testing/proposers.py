"""What every proposer must do. Inherit `ProposerContract`, say how to make one, and run pytest."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod

from cellsearch.record import Setting
from cellsearch.sweep.proposers.base import Proposer, Seen
from cellsearch.sweep.proposers.dimensions import Options, Space, Span

SPACE: Space = {
    "train.optimizer.learning_rate": Span(1e-4, 1e-1, log=True, whole=False),
    "model.dropout.output": Span(0.0, 0.5, log=False, whole=False),
    "model.hidden": Span(4, 64, log=True, whole=True),
    "model.layers": Span(1, 3, log=False, whole=True),
    "train.optimizer.name": Options(("adam", "sgd")),
    "train.clip": Options((None, 0.5, 1)),
}


class ProposerContract(ABC):
    """Tests for one proposer."""

    space: Space = SPACE
    # How many settings are looked at.
    count: int = 40

    @abstractmethod
    def proposer(self, seed: int) -> Proposer:
        """A fresh one, for `space`."""

    def test_settings_lie_in_the_space(self) -> None:
        for setting in self._settings(0):
            assert list(setting) == list(self.space)
            for key, dimension in self.space.items():
                assert _holds(dimension, setting[key]), (key, setting[key])
            assert json.loads(json.dumps(setting)) == setting

    def test_the_same_seed_proposes_the_same(self) -> None:
        assert self._settings(3) == self._settings(3)

    def test_the_seed_matters(self) -> None:
        assert self._settings(0) != self._settings(1)

    def test_going_on_proposes_what_would_have_been(self) -> None:
        """A fresh one that is asked for number k first, as after a study was stopped."""
        whole, seen = self._settings(5), self._seen(5)
        for number in (0, 1, 7, 12, self.count - 1):
            assert self.proposer(5).propose(number, seen[:number]) == whole[number]

    def test_trials_without_a_result_are_borne(self) -> None:
        proposer = self.proposer(0)
        lost = [Seen(setting, None) for setting in self._settings(0)]
        assert list(proposer.propose(len(lost), lost)) == list(self.space)

    def _settings(self, seed: int) -> list[Setting]:
        return [seen.setting for seen in self._seen(seed)]

    def _seen(self, seed: int) -> list[Seen]:
        proposer = self.proposer(seed)
        seen: list[Seen] = []
        for number in range(self.count):
            setting = proposer.propose(number, seen)
            seen.append(Seen(setting, None if number % 7 == 3 else _value(setting)))
        return seen


def _holds(dimension: Span | Options, value: object) -> bool:
    if isinstance(dimension, Options):
        return value in dimension.values
    is_number = type(value) is int if dimension.whole else type(value) is float
    return is_number and dimension.low <= float(str(value)) <= dimension.high


def _value(setting: Setting) -> float:
    """Best at a small rate: a loss that a sampler can learn something from."""
    return 1.0 + abs(float(str(setting["train.optimizer.learning_rate"])) - 3e-3) * 10
