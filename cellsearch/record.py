"""What is remembered: the lines of a study's journal. No torch here.

One JSON object a line, told apart by `kind`. Losses are in nats per token. Times never stand
among the metrics, so that equal trials have equal metrics, bit for bit.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from cellsearch.config import Choice, Status, SweepConfig, TrialConfig

SCHEMA: Literal[1] = 1


Setting = dict[str, Choice]

# Of a trial: losses in nats per token.
METRICS = (
    "test_loss",
    "valid_loss",
    "valid_loss_zero_state",
    "valid_loss_train_state",
    "train_loss",
)


class Line(BaseModel):
    """A line of a journal. Numbers that are not finite never enter it: they are null."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    schema_version: Literal[1] = Field(SCHEMA, alias="schema")
    time: str = Field("", description="UTC, ISO 8601, when the line was written")


class Where(BaseModel):
    """Where something ran: recorded, never part of a key."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    versions: dict[str, str]
    git_commit: str | None
    host: str
    device: str
    threads: int
    backend: str

    @property
    def kind(self) -> tuple[str, str, str, int]:
        """Machines of one kind give one trial the same bits: device, backend, torch, threads."""
        return self.device, self.backend, self.versions.get("torch", "unknown"), self.threads


class CellCost(BaseModel):
    """Counted cost of one layer's cell at given sizes (`derive/cost.py`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    parameters: int
    flops_forward: int = Field(description="2·m·n per matrix product, per token")
    flops_training: int = Field(description="three times forward")
    elementwise: int = Field(description="operations unit by unit, per token, counted apart")
    state_size: int = Field(description="numbers carried from step to step")
    sequential_depth: int = Field(description="products that wait for each other within a step")


class Variant(BaseModel):
    """A variant as it was planned, or at the setting that was chosen for it.

    The base is the variant called `base`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    cell: str = Field(description="the cell's text, written out")
    cell_name: str
    cell_hash: str
    class_hash: str | None = None
    changes: tuple[str, ...] = Field((), description="lines of a diff against the base: - and +")
    equations: tuple[str, ...] = Field((), description="the equations, one a line")
    latex: tuple[str, ...] = ()
    consts: tuple[str, ...] = Field((), description="the names of the cell's consts")
    ranges: tuple[str, ...] = Field((), description="within what each state stays, in words")
    scan: tuple[str, ...] = Field((), description="the scan class of each group of states")
    sentence: str | None = None
    placebo: bool = False
    identical_to: str | None = None
    setting: Setting = Field({}, description="what the tuning chose, by key of the space")
    mirror_of: str | None = None
    negate: tuple[str, ...] = ()
    start: Literal["same", "mirrored"] = "same"
    hidden: int = Field(description="the width H, solved where the sweep matches a cost")
    learning_rate: float
    cell_cost: CellCost = Field(description="of all layers' cells together")
    model_parameters: int = Field(description="embedding, cells and softmax")
    model_flops_forward: int = Field(description="per token, with the softmax's product")


class StudyLine(Line):
    """The first line of a journal: the frozen plan."""

    kind: Literal["study"] = "study"
    study_key: str
    spec: SweepConfig
    variants: tuple[Variant, ...] = Field(description="the base first")
    adaptive: bool = Field(False, description="each variant is tuned at settings of its own")
    vocabulary: int
    data_sha256: str
    corpus: str = Field(description="one sentence about the text, for the report")
    where: Where

    def twin(self, variant: Variant) -> str | None:
        """The variant of this study whose law a mirror or a placebo shares; None: it is not here.

        A cell of the library is here where a variant is that cell without an edit. An edited one
        bears its name, too, and is another.
        """
        if variant.mirror_of is None:
            return "base" if variant.placebo else None
        names = [v.name for v in self.variants]
        if variant.mirror_of in names:
            return variant.mirror_of
        plain = {n: v.cell for n, v in self.spec.variants.items() if not v.edits}
        cells = {"base": self.spec.base, **plain}
        others = (name for name in names if name != variant.name)
        return next((name for name in others if cells.get(name) == variant.mirror_of), None)

    def followed(self, variant: Variant) -> str | None:
        """The variant that this one is a copy or a mirror of; None: it is for itself."""
        return variant.identical_to or self.twin(variant)


class LookLine(Line):
    """Seeds were added after results could have been seen: another look at the data."""

    kind: Literal["look"] = "look"
    seeds: int = Field(description="the count from now on")


class Curves(BaseModel):
    """Training seen at no more than 50 points. All lists have one length."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tokens: tuple[int, ...] = ()
    train_loss: tuple[float | None, ...] = ()
    valid_loss: tuple[float | None, ...] = ()
    gradient_norm: tuple[float | None, ...] = ()


class Blocks(BaseModel):
    """Mean loss in about 100 consecutive blocks of one text, and the tokens of each."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    loss: tuple[float, ...]
    tokens: tuple[int, ...]


class Failure(BaseModel):
    """Why a trial has no result."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["diverged", "oom", "crash", "killed", "language", "other"]
    message: str


class Outcome(BaseModel):
    """What one training run found: all of a trial's line that the trainer knows.

    `metrics` holds `test_loss`, `valid_loss`, `valid_loss_zero_state` (from the start's state),
    `valid_loss_train_state` (from the last state of training) and `train_loss`, each null where
    the trial diverged.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    status: Status
    metrics: dict[str, float | None] = {}
    blocks: dict[Literal["valid", "test"], Blocks] = {}
    curves: Curves = Curves()
    steps: int = Field(0, description="updates made")
    diverged_at: int | None = Field(None, description="the update at which it diverged")
    times: dict[str, float] = Field({}, description="seconds: train, evaluate, total")
    warnings: tuple[str, ...] = ()
    error: Failure | None = None
    where: Where | None = None


class TrialLine(Line):
    """One finished trial. Of several attempts with one key the last counts."""

    kind: Literal["trial"] = "trial"
    trial_key: str
    attempt: int = 1
    variant: str
    seed: int
    number: int | None = Field(None, description="of the setting, in the tuning; else none")
    setting: Setting = {}
    cell_hash: str
    class_hash: str | None = None
    config: TrialConfig
    cost: CellCost
    outcome: Outcome
    sidecars: dict[str, str] = Field({}, description="path below the study's folder -> sha256")


class RungLine(Line):
    """A trial of the tuning has reached a rung, and waits for the others of its variant there."""

    kind: Literal["rung"] = "rung"
    trial_key: str
    attempt: int
    variant: str
    number: int
    setting: Setting
    rung: int = Field(description="from 0")
    outcome: Outcome


class ChoiceLine(Line):
    """What the tuning chose for a variant, on validation. From now on it is frozen."""

    kind: Literal["choice"] = "choice"
    variant: Variant
    number: int | None = Field(description="of the setting; null: none ended well")
    valid_loss: float | None = Field(description="nats per token, in the tuning")


class ConfirmLine(Line):
    """Which variants of a tuning are confirmed, where not all are."""

    kind: Literal["confirm"] = "confirm"
    variants: tuple[str, ...]
    seeds: int


class Timed(BaseModel):
    """Time in microseconds per token, over the rounds; ratios to the base within one round."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    us_per_token: float = Field(description="median")
    us_low: float = Field(description="lower quartile")
    us_high: float = Field(description="upper quartile")
    ratio_to_base: float = Field(description="median")
    ratio_low: float = Field(description="lower quartile")
    ratio_high: float = Field(description="upper quartile")


class Memory(BaseModel):
    """Peak memory of training: weights, gradients, and what a step keeps; without the optimiser."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    peak_bytes: int = Field(description="of all tensors that are there at once")
    ratio_to_base: float
    counted_by: Literal["torch's allocator"] = "torch's allocator"

    @classmethod
    def of(cls, peak: int, base: int) -> Memory:
        """A peak beside the base's."""
        return cls(peak_bytes=peak, ratio_to_base=peak / base)


class BenchLine(Line):
    """Measured cost of a variant, alone on its device, side by side with the base.

    What has a default was not measured by earlier versions.
    """

    kind: Literal["bench"] = "bench"
    variant: str
    us_per_token_training: float = Field(description="median, microseconds, forward and backward")
    us_per_token_forward: float
    us_low: float = Field(description="lower quartile of the training time")
    us_high: float = Field(description="upper quartile of the training time")
    ratio_to_base: float = Field(description="of training: median of ratios within one round")
    ratio_low: float | None = Field(None, description="lower quartile of these ratios")
    ratio_high: float | None = Field(None, description="upper quartile of these ratios")
    generation: Timed | None = Field(None, description="batch 1, a token after the other")
    memory: Memory | None = None
    rounds: int
    where: Where


JournalLine = Annotated[
    StudyLine | LookLine | TrialLine | RungLine | ChoiceLine | ConfirmLine | BenchLine,
    Field(discriminator="kind"),
]


class Progress(BaseModel):
    """One moment of a running trial."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tokens: int
    of: int
    loss: float | None
    tokens_per_second: float
