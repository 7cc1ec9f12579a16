"""The trials of the tuning in an Optuna storage, for `optuna-dashboard` and `optuna best-trials`.

One Optuna study per variant, one Optuna trial per line of the ledger, written when the line is: so
there is none that runs for ever. `done` is COMPLETE, `pruned` is PRUNED, `diverged` and `failed`
are FAIL; which of the two is among the trial's attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellsearch.record import StudyLine, TrialLine
from cellsearch.sweep.mirrors import Mirror
from cellsearch.sweep.planning.space import space_of
from cellsearch.sweep.proposers.dimensions import Space
from cellsearch.sweep.proposers.distributions import distributions
from cellsearch.sweep.tuning.tuning import tuned

if TYPE_CHECKING:
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial

NAME = "optuna.db"


class OptunaMirror(Mirror):
    """`optuna.db`, SQLite, in the study's folder."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{(folder / NAME).resolve()}"
        self._space: Space = {}
        # Of each variant, the number of its Optuna study.
        self._studies: dict[str, int] = {}

    def catch_up(self, study: StudyLine, lines: Iterable[TrialLine]) -> None:
        """Add what is missing. A storage that says anything else is written anew."""
        assert study.spec.tune is not None
        self._space = space_of(study.spec.tune)
        self._storage = _storage(self.url)
        own: dict[str, list[TrialLine]] = {variant.name: [] for variant in tuned(study)}
        for line in lines:
            if line.number is not None:
                own[line.variant].append(line)
        for variant, told in own.items():
            name = f"{study.spec.name}/{variant}"
            self._studies[variant] = _study(self._storage, name, [_identity(t) for t in told])
            for line in told[self._storage.get_n_trials(self._studies[variant]) :]:
                self.add(line)

    def add(self, line: TrialLine) -> None:
        """One more trial, as it ended."""
        # Not by `Study.add_trial`, which remembers every trial.
        if line.number is not None:
            trial = _trial(line, self._space)
            self._storage.create_new_trial(self._studies[line.variant], template_trial=trial)


def _storage(url: str) -> RDBStorage:
    import optuna
    from sqlalchemy import event

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.RDBStorage(url)
    event.listen(storage.engine, "connect", _write_ahead)
    storage.engine.dispose()
    return storage


def _write_ahead(connection: Any, record: object) -> None:
    # A commit is then one write without a wait for the disk. What a loss of power takes with it,
    # the journal has.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _study(storage: RDBStorage, name: str, told: list[dict[str, Any]]) -> int:
    from optuna.study import StudyDirection

    for study in storage.get_all_studies():
        if study.study_name == name:
            there = [_told(trial) for trial in storage.get_all_trials(study._study_id, False)]
            if there == told[: len(there)]:
                return study._study_id
            storage.delete_study(study._study_id)
    number = storage.create_new_study([StudyDirection.MINIMIZE], name)
    storage.set_study_user_attr(number, "value", "validation loss, nats per token")
    return number


def _identity(line: TrialLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "status": line.outcome.status,
        "attempt": line.attempt,
        "trial_key": line.trial_key,
    }


def _told(trial: FrozenTrial) -> dict[str, Any]:
    return {k: trial.user_attrs.get(k) for k in ("number", "status", "attempt", "trial_key")}


def _trial(line: TrialLine, space: Space) -> FrozenTrial:
    from optuna.trial import TrialState, create_trial

    outcome = line.outcome
    states = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
    error = {"error": outcome.error.message} if outcome.error else {}
    trial = create_trial(
        state=states.get(outcome.status, TrialState.FAIL),
        value=outcome.metrics.get("valid_loss") if outcome.status in states else None,
        params=line.setting,
        distributions=distributions(space),
        user_attrs={**_identity(line), **error},
        intermediate_values=_curve(line),
    )
    # Optuna writes the local time.
    ended = datetime.fromisoformat(line.time).astimezone().replace(tzinfo=None)
    trial.datetime_complete = ended
    trial.datetime_start = ended - timedelta(seconds=outcome.times.get("total", 0.0))
    return trial


def _curve(line: TrialLine) -> dict[int, float]:
    """The validation loss by training tokens; where a trial was pruned, that at its rung, too."""
    curves, last = line.outcome.curves, line.outcome.metrics.get("valid_loss")
    points = zip(curves.tokens, curves.valid_loss, strict=True)
    found = {tokens: loss for tokens, loss in points if loss is not None}
    if line.outcome.status == "pruned" and last is not None:
        train = line.config.train
        found[line.outcome.steps * train.batch * train.segment] = last
    return found
