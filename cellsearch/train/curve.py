"""Training seen at no more than 50 points."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

from cellsearch.record import Curves

POINTS = 50


@dataclass(frozen=True, slots=True)
class Marks:
    """After which updates a point is made, and at which of them validation is read."""

    points: frozenset[int]
    evaluations: frozenset[int]

    @classmethod
    def of(cls, steps: int, evaluations: int) -> Marks:
        """Both evenly over the updates; each evaluation is a point, as is the last update."""
        between = POINTS // evaluations
        return cls(_even(steps, evaluations * between), _even(steps, evaluations))


def _even(steps: int, count: int) -> frozenset[int]:
    return frozenset(-(-steps * i // count) for i in range(1, count + 1))


@dataclass
class Curve:
    """Points so far, and what has gathered since the last of them. Plain numbers: JSON holds it.

    A point is the mean of the training loss and of the gradient's norm, before clipping, over
    the updates since the last point, and the validation loss where it was read.
    """

    tokens: list[int] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    valid_loss: list[float | None] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    loss_sum: float = 0.0
    norm_sum: float = 0.0
    updates: int = 0

    def add(self, loss: float, norm: float) -> None:
        """One update: its loss, and the norm of its gradient."""
        self.loss_sum += loss
        self.norm_sum += norm
        self.updates += 1

    def point(self, tokens: int, valid_loss: float | None) -> None:
        """Close a point. A validation loss that is not finite is left out."""
        finite = valid_loss is not None and math.isfinite(valid_loss)
        self.tokens.append(tokens)
        self.train_loss.append(self.loss_sum / self.updates)
        self.gradient_norm.append(self.norm_sum / self.updates)
        self.valid_loss.append(valid_loss if finite else None)
        self.loss_sum = self.norm_sum = 0.0
        self.updates = 0

    def record(self) -> Curves:
        """The points, as the journal keeps them."""
        kept = {k: tuple(v) for k, v in self.dump().items() if isinstance(v, list)}
        return Curves.model_validate(kept)

    def dump(self) -> dict[str, object]:
        """For a checkpoint: `Curve(**dump)` is this curve."""
        return asdict(self)
