"""Tree-structured Parzen estimator (Bergstra et al. 2011), by Optuna: one for each variant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from cellsearch.record import Setting
from cellsearch.sweep.proposers.base import Proposer, Seen
from cellsearch.sweep.proposers.dimensions import Space

if TYPE_CHECKING:
    from optuna.study import Study

# Optuna looks at every trial of a study each time it proposes. From so many on, only the best and
# the last of them are told to it, so that a proposal in a long study takes no longer.
_HISTORY = 500
_BEST = 50


class TPEProposer(Proposer):
    """Sees results of its own variant; which ones is fixed by `tune.lag`, not by who is faster."""

    adaptive: ClassVar[bool] = True

    def __init__(self, space: Space, seed: int) -> None:
        super().__init__(space, seed)
        self._told = 0
        self._study = self._new_study()

    def propose(self, number: int, seen: Sequence[Seen]) -> Setting:
        """What the estimator proposes after `seen`, by a generator of this number's own."""
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        from cellsearch.sweep.proposers.distributions import distributions

        self._tell(seen)
        self._study.sampler = TPESampler(seed=_seed(self.seed, number), multivariate=True)
        trial = self._study.ask(distributions(self.space))
        # It stands there only to be asked: what comes of it is told as `seen`.
        self._study.tell(trial, state=TrialState.FAIL)
        return {key: trial.params[key] for key in self.space}

    def _tell(self, seen: Sequence[Seen]) -> None:
        block = len(seen) // _HISTORY
        if block > self._told // _HISTORY:
            self._study, self._told = self._new_study(), 0
        if self._told == 0:
            start = max(0, (block - 1) * _HISTORY)
            for each in (*_best(seen[:start]), *seen[start:]):
                self._add(each)
        else:
            for each in seen[self._told :]:
                self._add(each)
        self._told = len(seen)

    def _add(self, each: Seen) -> None:
        from optuna.trial import TrialState, create_trial

        from cellsearch.sweep.proposers.distributions import distributions

        # A trial without a result is worse than all others: what Optuna takes a pruned one for
        # that never reported anything.
        lost = each.value is None
        self._study.add_trial(
            create_trial(
                state=TrialState.PRUNED if lost else TrialState.COMPLETE,
                value=each.value,
                params=each.setting,
                distributions=distributions(self.space),
            )
        )

    def _new_study(self) -> Study:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        return optuna.create_study(direction="minimize")


def _best(seen: Sequence[Seen]) -> list[Seen]:
    done = [each for each in seen if each.value is not None]
    return sorted(done, key=lambda each: each.value or 0.0)[:_BEST]


def _seed(seed: int, number: int) -> int:
    import numpy as np

    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])
