"""Fixed windows of held-out text, read once by a copy of the model that records what its cells do.

The copy has weights of its own, on the reference backend and in evaluation mode, so that nothing of
the model that is trained is touched: neither its gradients, nor its mode, nor its states.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding

from cellsearch.ir import Cell
from cellsearch.nn.language_model import LanguageModel
from cellsearch.recorded import Array
from cellsearch.recordings.widths import Own, own_units

Ids = npt.NDArray[np.int64]

# Windows of held-out text: how many, how long, and what `gates` leaves out at their beginning.
WINDOWS, STEPS, WARMUP = 16, 112, 12


@dataclass(frozen=True)
class Reading:
    """What one pass over B windows of T tokens left.

    Attributes:
        losses: of the token after the last step, in nats, [B].
        recorded: by name [layers, T, B, width].
        units: those that each layer has; of a name left out, each has all.
    """

    losses: Tensor
    recorded: Mapping[str, Tensor]
    units: Own = field(default_factory=dict)

    def values(self, name: str) -> Array:
        """What was recorded under a name, [layers, T, B, units]; 0 where a layer has no such."""
        found: Array = self.recorded[name].detach().flatten(3).numpy()
        return found

    def own(self, name: str) -> npt.NDArray[np.bool_]:
        """Which units each layer has, [layers, units]."""
        layers, _, _, *shape = self.recorded[name].shape
        return self.units.get(name, np.ones((layers, math.prod(shape)), dtype=np.bool_))


def windows(tokens: npt.NDArray[np.int32], steps: int, count: int) -> Ids:
    """`count` windows of `steps` tokens and the one after them, evenly over a text: [steps + 1, B].

    Of a short text there are fewer: they do not overlap.
    """
    count = max(1, min(count, len(tokens) // (steps + 1)))
    starts = np.linspace(0, len(tokens) - steps - 1, count).astype(np.int64)
    found: Ids = tokens[starts + np.arange(steps + 1)[:, None]].astype(np.int64)
    return found


def recorder_of(
    model: LanguageModel, names: Sequence[str], cell: Cell | None = None
) -> LanguageModel:
    """A copy of a model that records; with `cell`, one whose cell was replaced by an edited one.

    An edited cell has the weights that are left in it.
    """
    # Making a module draws from torch's global generator: that is given back as it was.
    with torch.random.fork_rng(devices=()):
        copy = LanguageModel(
            len(model.embedding),
            model.config,
            cell or model.cells.cell,
            "reference",
            model.embedding.dtype,
            names,
        )
    copy.requires_grad_(False).eval()
    renew(copy, model)
    return copy


def renew(copy: LanguageModel, model: LanguageModel) -> None:
    """Give a copy the weights that the model has now."""
    held = model.state_dict()
    copy.load_state_dict({name: held[name] for name in copy.state_dict()})


@torch.enable_grad()
def read(copy: LanguageModel, tokens: Ids) -> Reading:
    """Read windows [T + 1, B] from the cells' start."""
    ids = torch.from_numpy(tokens)
    outputs, _ = copy.cells(embedding(ids[:-1], copy.embedding))
    losses = cross_entropy(copy.scores(outputs[-1]), ids[-1], reduction="none")
    return Reading(losses, copy.cells.recorded, own_units(copy.cells))
