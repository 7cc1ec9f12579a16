"""What a sweep file may say: task, model, training, variants. No torch here.

Every field's default is what a trial gets when the file is silent. Wrong keys and values are
refused when the file is read (`sweep/planning/files.py`), with the nearest key named.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _lines(value: object) -> object:
    return [value] if isinstance(value, str) else value


# It tells a count of seeds from the number of one, such as 20260131.
MOST_SEEDS = 100_000
# What a key of `tune.space` begins with that names a const of the cells.
CONST = "const."
# The key of a tuning that a variant may have said for itself.
RATE = "train.optimizer.learning_rate"
Fraction = Annotated[float, Field(ge=0, lt=1)]
# What is larger overflows float32 within the optimiser.
Rate = Annotated[float, Field(gt=0, le=1e30)]
Lines = Annotated[tuple[str, ...], BeforeValidator(_lines)]
Dtype = Literal["float32", "float64"]
Status = Literal["done", "diverged", "pruned", "failed"]
Kind = Literal["flow", "gates", "states", "units", "samples"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class TaskConfig(Strict):
    """What is learned, and from which text."""

    name: str = "language_model"
    corpus: str | dict[Literal["train", "valid", "test"], str] = Field(
        "stdlib-docstrings",
        description="a corpus by name, one text file (split 80/10/10), or a file for each split",
    )
    level: Literal["char", "word"] = "char"
    evaluation_streams: int = Field(64, ge=1, description="parallel streams that read the text")
    evaluation_warmup: int = Field(
        64, ge=0, description="tokens that each stream reads before it counts"
    )


class DropoutConfig(Strict):
    """Dropout around the cells. What a cell does to itself stands in its equations."""

    embedding: Fraction = 0.0
    between: Fraction = 0.0
    output: Fraction = 0.0
    variational: bool = Field(
        False, description="one mask per segment (Gal & Ghahramani 2016) instead of one per step"
    )


class ModelConfig(Strict):
    """Embedding, stack of cells, softmax."""

    hidden: int = Field(128, ge=1)
    layers: int = Field(1, ge=1)
    embedding: int | None = Field(None, ge=1, description="width; as `hidden` where left out")
    tied: bool = Field(False, description="the softmax shares the embedding's matrix")
    bias: bool = True
    init: Rate | None = Field(
        None, description="a: every weight starts as uniform(-a, a); null: each by its own law"
    )
    dropout: DropoutConfig = DropoutConfig()


class OptimizerConfig(Strict):
    """Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019) or SGD."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: Rate = 3e-3
    betas: tuple[Fraction, Fraction] = (0.9, 0.999)
    epsilon: float = Field(1e-8, gt=0)
    momentum: Fraction = 0.0
    weight_decay: float = Field(0.0, ge=0, le=1e30)


class ScheduleConfig(Strict):
    """How the learning rate moves: a linear warm-up, then constant, or one of three decays."""

    name: Literal["constant", "cosine", "linear", "step"] = "constant"
    warmup: Fraction = Field(0.0, description="share of the steps")
    final: float = Field(
        0.0, ge=0, le=1, description="cosine, linear: share of the rate that is left at the end"
    )
    periods: int | None = Field(
        None, ge=1, le=2**20, description="step: equal parts of the training"
    )
    hold: int = Field(1, ge=0, description="step: how many of them have the whole rate")
    factor: float = Field(0.5, gt=0, le=1, description="step: falls to so much in each later one")

    @model_validator(mode="after")
    def _has_periods(self) -> ScheduleConfig:
        if self.name == "step" and self.periods is None:
            raise ValueError("`step` needs `periods`, the equal parts into which training is cut")
        if self.periods is not None and self.hold > self.periods:
            raise ValueError(f"`hold` is at most `periods`, {self.periods}; got {self.hold}")
        return self


class TrainConfig(Strict):
    """How a trial is trained."""

    tokens: int = Field(1_000_000, ge=1, description="training tokens read, all streams together")
    batch: int = Field(32, ge=1, le=2**20, description="B: streams read side by side")
    segment: int = Field(64, ge=1, description="T: tokens of a stream between two updates")
    reset: float = Field(0.05, ge=0, le=1, description="chance that a stream starts anew")
    optimizer: OptimizerConfig = OptimizerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    clip: float | None = Field(1.0, gt=0, description="largest norm of the gradient; null: any")
    dtype: Dtype = "float32"
    threads: int = Field(1, ge=1, le=1024)
    evaluations: int = Field(10, ge=1, le=50, description="times that validation is read")
    checkpoint_seconds: float = Field(30.0, gt=0, description="time between two checkpoints")


class MirrorConfig(Strict):
    """A claim that a variant is another cell with some weights negated. Proved before training."""

    of: str = Field("base", description="`base`, another variant, or a cell of the library")
    negate: Annotated[tuple[str, ...], Field(min_length=1)]


class VariantConfig(Strict):
    """A cell to compare with the base: another cell, the base under edits and rules, or both."""

    cell: str | None = Field(None, description="name, file or text; the base where left out")
    edits: Lines = Field((), alias="with", description="lines of the language, and rules (->)")
    mirror: MirrorConfig | None = None
    start: Literal["same", "mirrored"] = "same"
    placebo: bool = Field(False, description="known to change nothing; outside the families")
    learning_rate: Rate | None = None
    identical: bool = Field(False, description="permit a variant that is the base, written anew")
    sentence: str | None = Field(None, description="what it is, in plain words, for the report")

    @model_validator(mode="after")
    def _says_something(self) -> VariantConfig:
        if self.cell is None and not self.edits:
            raise ValueError("a variant needs `cell` or `with`")
        if self.placebo and self.learning_rate is not None:
            raise ValueError("a `placebo` changes nothing; it has no `learning_rate` of its own")
        if self.start == "mirrored" and self.mirror is None:
            raise ValueError("`start: mirrored` needs `mirror`, which names the weights to negate")
        return self


class MatchConfig(Strict):
    """What is held equal across variants: the hidden width, or a cost by solving for the width."""

    by: Literal["hidden", "params", "flops"] = "hidden"
    of: Literal["cell", "model"] = Field("cell", description="count the cells alone, or all of it")


class RangeConfig(Strict):
    """Numbers from `low` to `high`, both ends included; whole ones where the key is a count."""

    low: int | float
    high: int | float
    log: bool = Field(False, description="as many tries from 1e-3 to 1e-2 as from there to 1e-1")

    @model_validator(mode="after")
    def _is_a_range(self) -> RangeConfig:
        if not self.low < self.high:
            raise ValueError(
                f"`low` should be less than `high`, got {self.low:g} and {self.high:g}"
            )
        if self.log and self.low <= 0:
            raise ValueError(f"`log` needs `low` above 0, got {self.low:g}")
        return self


class HalvingConfig(Strict):
    """Successive halving (Jamieson & Talwalkar 2016), in step: a rung ends when all are there."""

    factor: int = Field(3, ge=2, le=100, description="one in so many goes on from a rung")
    rungs: int = Field(2, ge=1, le=10, description="pauses; each budget is `factor` times the last")


Choice = bool | int | float | str | None
Choices = Annotated[tuple[Choice, ...], Field(min_length=2)]


class TuneConfig(Strict):
    """The chance that each variant is given before it is compared."""

    trials: int | None = Field(
        None, ge=1, le=100_000, description="settings that each variant is tried at"
    )
    space: dict[str, RangeConfig | Choices] = Field(
        min_length=1, description="a key of `model`, `train` or `const` -> what to try for it"
    )
    proposer: str = Field(
        "random", description="random, sobol, grid: the same settings for all variants; or tpe"
    )
    tokens: int | None = Field(None, ge=1, description="budget; `train.tokens` where left out")
    halving: HalvingConfig | None = None
    seed: int = Field(0, ge=0, le=2**32 - 1, description="of the proposals")
    lag: int = Field(4, ge=1, description="proposal k sees the results of those up to k - lag")


def _all_kinds(value: object) -> object:
    return KINDS if value == "all" else () if value == "none" else _lines(value)


def _recorded(value: object) -> object:
    return value if isinstance(value, dict | RecordConfig) else {"what": value}


class RecordConfig(Strict):
    """What is recorded inside the cells while they train. It changes no result."""

    what: Annotated[tuple[Kind, ...], BeforeValidator(_all_kinds)] = Field(
        (), description="kinds, or all"
    )
    seeds: int = Field(1, ge=1, description="of so many seeds of each variant, from 0")

    @model_validator(mode="after")
    def _says_what(self) -> RecordConfig:
        if self.seeds > 1 and not self.what:
            raise ValueError("`record.seeds` needs `record.what`, the kinds, or all")
        return self


class SweepConfig(Strict):
    """A whole sweep file. What is frozen when the study begins."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    question: str = Field("", description="what is asked, in plain words; opens the report")
    cells: str | None = Field(
        None, description="a .cell file, or cells written out, for this sweep"
    )
    base: str = Field(description="name, file or text of a cell")
    variants: dict[str, VariantConfig] = {}
    placebo: Literal["auto", "none"] = Field(
        "auto", description="auto: where no variant is one, a mirror of the base is derived"
    )
    task: TaskConfig = TaskConfig()
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    match: MatchConfig = MatchConfig()
    tune: TuneConfig | None = None
    backend: str = "auto"
    seeds: int = Field(5, ge=0, le=MOST_SEEDS, description="a count: seeds 0, 1, … are trained")
    record: Annotated[RecordConfig, BeforeValidator(_recorded)] = RecordConfig()
    margin: float = Field(
        0.03, gt=0, lt=1, description="a change in perplexity that is too small to matter"
    )

    @model_validator(mode="after")
    def _names(self) -> SweepConfig:
        if "base" in self.variants:
            raise ValueError("no variant may be called 'base'; that is the base cell itself")
        if self.seeds == 0 and self.tune is None:
            raise ValueError("without `tune`, `seeds` should be 1 or more, got 0")
        return self


class TrialConfig(Strict):
    """One trial, as `train` gets it: all that its result depends on, and nothing else.

    `variant` is a label; everything else enters the trial's key.
    """

    variant: str
    cells: dict[str, str] = Field(description="role -> the cell's text, written out")
    negate: tuple[str, ...] = Field((), description="weights whose initial draw is negated")
    task: TaskConfig
    model: ModelConfig
    train: TrainConfig
    backend: str
    seed: int
    test: bool = Field(True, description="whether the test text is read; no tuning reads it")
    data_sha256: str
