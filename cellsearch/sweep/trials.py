"""The trials of a study, and which of them are left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cellsearch import lang
from cellsearch.config import TaskConfig, TrainConfig, TrialConfig
from cellsearch.derive.hashes import authored_hash
from cellsearch.errors import StoreError
from cellsearch.record import StudyLine, Variant
from cellsearch.store import Journal
from cellsearch.sweep.keys import trial_key
from cellsearch.sweep.matching import elaborated
from cellsearch.sweep.plan import model_of

# The task's only cell. A task with several calls each by its role.
ROLE = "cell"


@dataclass(frozen=True, slots=True)
class Trial:
    """A planned trial: which variant, which seed, and all that its result depends on."""

    key: str
    variant: Variant
    config: TrialConfig

    @property
    def name(self) -> tuple[str, int]:
        """Variant and seed: every such pair is planned once."""
        return self.variant.name, self.config.seed


def trials(study: StudyLine, seeds: int, task: TaskConfig) -> list[Trial]:
    """Every variant with every seed, from what the journal alone holds.

    Args:
        study: the plan.
        seeds: how many seeds, by now.
        task: the plan's, or the same with its text in another place.
    """
    return [trial for variant in study.variants for trial in _of(variant, study, seeds, task)]


def left(planned: Iterable[Trial], journal: Journal, *, failed_too: bool = False) -> list[Trial]:
    """The trials that are not finished. A failed one is, until it is asked to be tried again.

    Raises:
        StoreError: a trial is on record under another key: it would be trained twice.
    """
    ended = {(t.variant, t.seed): t for t in journal.trials}
    out = []
    for trial in planned:
        line = ended.get(trial.name)
        if line is not None and line.trial_key != trial.key:
            raise StoreError(
                f"{journal.folder}: variant '{line.variant}', seed {line.seed} was trained as "
                f"{line.trial_key[:15]}… and would now be {trial.key[:15]}…; "
                "the study was begun by another version of cellsearch, go on with that one"
            )
        if line is None or (failed_too and line.outcome.status == "failed"):
            out.append(trial)
    return out


def _of(variant: Variant, study: StudyLine, seeds: int, task: TaskConfig) -> Iterator[Trial]:
    model = model_of(study.spec, variant.hidden)
    graph = elaborated(lang.parse_cell(variant.cell, library=lang.library()), model)
    authored = {ROLE: authored_hash(graph)}
    for seed in range(seeds):
        config = TrialConfig(
            variant=variant.name,
            cells={ROLE: variant.cell},
            negate=variant.negate if variant.start == "mirrored" else (),
            task=task,
            model=model,
            train=_train(study, variant),
            backend=study.spec.backend,
            seed=seed,
            data_sha256=study.data_sha256,
        )
        yield Trial(trial_key(config, authored), variant, config)


def _train(study: StudyLine, variant: Variant) -> TrainConfig:
    train = study.spec.train
    rate = {"learning_rate": variant.learning_rate}
    return train.model_copy(update={"optimizer": train.optimizer.model_copy(update=rate)})
