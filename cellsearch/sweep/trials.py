"""A study's trials: which variant, at which setting, with which seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cellsearch import lang
from cellsearch.config import (
    RATE,
    DropoutConfig,
    ModelConfig,
    SweepConfig,
    TaskConfig,
    TrainConfig,
    TrialConfig,
)
from cellsearch.derive.hashes import authored_hash, cell_hash, class_hash
from cellsearch.ir import Cell
from cellsearch.record import RungLine, Setting, StudyLine, TrialLine, Variant
from cellsearch.sweep.planning.describe import counted, foretold
from cellsearch.sweep.planning.keys import trial_key
from cellsearch.sweep.planning.matching import cost_of, elaborated
from cellsearch.sweep.planning.plan import model_of
from cellsearch.sweep.planning.space import changed, consts
from cellsearch.sweep.planning.tuning import with_consts

# The task's only cell. A task with several calls each by its role.
ROLE = "cell"
# All settings are tried with one seed, which no comparison uses.
TUNING_SEED = 1_000_000


class Name(NamedTuple):
    """What is planned once: a variant with a seed, or in the tuning with a setting's number."""

    variant: str
    seed: int
    number: int | None = None

    @property
    def which(self) -> str:
        """Of its variant's trials: `seed 0`, or `setting 3`."""
        return f"seed {self.seed}" if self.number is None else f"setting {self.number}"

    def __str__(self) -> str:
        return f"{self.variant}, {self.which}"


def name_of(line: TrialLine | RungLine) -> Name:
    """Which planned trial a line of the journal is about."""
    seed = line.seed if isinstance(line, TrialLine) else TUNING_SEED
    return Name(line.variant, seed, line.number)


@dataclass(frozen=True, slots=True)
class Trial:
    """A planned trial: which variant, which seed, and all that its result depends on."""

    key: str
    variant: Variant
    config: TrialConfig
    number: int | None = None

    @property
    def name(self) -> Name:
        """By which it is known in the study."""
        return Name(self.variant.name, self.config.seed, self.number)


class Maker:
    """Makes the trials of a study, from what the journal alone holds.

    Args:
        study: the plan.
        task: the plan's, or the same with its text in another place.
    """

    def __init__(self, study: StudyLine, task: TaskConfig) -> None:
        self._study = study
        self._spec = study.spec.model_copy(update={"task": task})
        self._cells: dict[str, Cell] = {}
        # Of thousands of settings most differ in nothing that a graph or its cost depends on.
        self._hashes: dict[tuple[str, ModelConfig], str] = {}
        self._settled: dict[tuple[str, str, ModelConfig], Variant] = {}

    def seeded(self, variant: Variant, seed: int) -> Trial:
        """A variant, as it is compared, with a seed."""
        return self._trial(variant, seed, None, self._spec.train.tokens)

    def tuned(self, variant: Variant, number: int, setting: Setting) -> Trial:
        """A variant, as it was planned, at a setting of the tuning."""
        tune = self._spec.tune
        tokens = (tune and tune.tokens) or self._spec.train.tokens
        return self._trial(self.settled(variant, setting), TUNING_SEED, number, tokens)

    def settled(self, variant: Variant, setting: Setting) -> Variant:
        """The variant at a setting: its cell, width, rate and cost."""
        spec = changed(self._spec, setting)
        cell = with_consts(self._cell(variant.cell), consts(setting))
        hidden = spec.model.hidden if "model.hidden" in setting else variant.hidden
        known = (variant.name, lang.print_cell(cell), _shape(model_of(spec, hidden)))
        if known not in self._settled:
            self._settled[known] = self._costed(variant, cell, known[1], known[2])
        rate = spec.train.optimizer.learning_rate if RATE in setting else variant.learning_rate
        said = {"setting": setting, "learning_rate": rate}
        return self._settled[known].model_copy(update=said)

    def chosen(self, variant: Variant, setting: Setting) -> Variant:
        """The variant at the setting that was chosen, with what is foretold of it there."""
        settled = self.settled(variant, setting)
        model = model_of(changed(self._spec, setting), settled.hidden)
        graph = elaborated(self._cell(settled.cell), model)
        return settled.model_copy(update={**foretold(graph, model)})

    def _costed(self, variant: Variant, cell: Cell, text: str, model: ModelConfig) -> Variant:
        cost = counted(cost_of(cell, model, self._study.vocabulary))
        graph = elaborated(cell, model)
        own = {"cell": text, "cell_hash": cell_hash(graph), "class_hash": class_hash(graph)}
        return variant.model_copy(update={**own, **cost, "hidden": model.hidden})

    def _trial(self, variant: Variant, seed: int, number: int | None, tokens: int) -> Trial:
        spec = changed(self._spec, variant.setting)
        model = model_of(spec, variant.hidden)
        config = TrialConfig(
            variant=variant.name,
            cells={ROLE: variant.cell},
            negate=variant.negate if variant.start == "mirrored" else (),
            task=spec.task,
            model=model,
            train=_train(spec, variant.learning_rate, tokens),
            backend=spec.backend,
            seed=seed,
            test=number is None,
            data_sha256=self._study.data_sha256,
        )
        key = trial_key(config, {ROLE: self._authored(variant.cell, model)})
        return Trial(key, variant, config, number)

    def _authored(self, text: str, model: ModelConfig) -> str:
        known = (text, _shape(model))
        if known not in self._hashes:
            self._hashes[known] = authored_hash(elaborated(self._cell(text), model))
        return self._hashes[known]

    def _cell(self, text: str) -> Cell:
        if text not in self._cells:
            self._cells[text] = lang.parse_cell(text, library=lang.library())
        return self._cells[text]


def _shape(model: ModelConfig) -> ModelConfig:
    """What graph and cost depend on."""
    return model.model_copy(update={"dropout": DropoutConfig()})


def trials(study: StudyLine, seeds: int, task: TaskConfig) -> list[Trial]:
    """Every variant of a plan with every seed, a seed of all before the next one."""
    return list(seeded(Maker(study, task), study.variants, seeds))


def seeded(maker: Maker, variants: Iterable[Variant], seeds: int) -> Iterable[Trial]:
    """Every variant with every seed; an early look finds all variants at a seed."""
    each = tuple(variants)
    return (maker.seeded(variant, seed) for seed in range(seeds) for variant in each)


def _train(spec: SweepConfig, rate: float, tokens: int) -> TrainConfig:
    optimizer = spec.train.optimizer.model_copy(update={"learning_rate": rate})
    return spec.train.model_copy(update={"optimizer": optimizer, "tokens": tokens})
