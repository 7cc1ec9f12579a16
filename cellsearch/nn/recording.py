"""What `RNN(record=…)` writes down: values by name, of all layers and steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from cellsearch.backends import Runner
from cellsearch.backends.reference import ReferenceRunner
from cellsearch.backends.taps import Tape, check_recordable, recordable, tapped
from cellsearch.nn.sized import SizedCell
from cellsearch.nn.stacked import narrowed, widest

# Of each layer and direction, by name.
Shapes = Mapping[str, Sequence[tuple[int, ...]]]


class Recording:
    """Runs the layers of an `RNN` on the reference backend, and writes down what is named.

    Args:
        layers: of the `RNN`; `directions`: how many each has.
        names: states (`h`: before a step) and equations (`f`, `h'`).

    Attributes:
        shapes: by name, of what each layer and direction records.

    Raises:
        ConfigError: nothing of that name can be recorded.
    """

    def __init__(self, layers: Sequence[SizedCell], directions: int, names: Sequence[str]) -> None:
        self.shapes: dict[str, list[tuple[int, ...]]] = {name: [] for name in names}
        self._runners: list[ReferenceRunner] = []
        for layer in layers:
            check_recordable(layer.graph, names)
            graph = tapped(layer.graph, names)
            self._runners += [ReferenceRunner(graph, layer.sizes, layer.space)] * directions
            for name, node in recordable(layer.graph).items():
                if name in self.shapes:
                    self.shapes[name] += [layer.shape(node.type)] * directions

    def begin(self, steps: int, batch: int, like: Tensor) -> Call:
        """A call of so many steps and sequences, of the dtype and device of `like`."""
        return Call(self._runners, self.shapes, (steps, batch), like)


class Call:
    """What one call of an `RNN` writes down.

    Attributes:
        runners: of each layer and direction.
    """

    def __init__(
        self,
        runners: Sequence[ReferenceRunner],
        shapes: Shapes,
        call: tuple[int, int],
        like: Tensor,
    ) -> None:
        self._slots = {
            name: like.new_zeros(len(each), *call, *widest(each)) for name, each in shapes.items()
        }
        self._written = {name: torch.zeros_like(slot) for name, slot in self._slots.items()}
        for slot in self._slots.values():
            slot.requires_grad_(torch.is_grad_enabled())
        self.runners: list[Runner] = [
            partial(runner, tape=Tape(_of(self._slots, shapes, n), _of(self._written, shapes, n)))
            for n, runner in enumerate(runners)
        ]

    @torch.no_grad()
    def end(self) -> dict[str, Tensor]:
        """By name [layers * directions, T, B, …]: the values, as leaves that the call went by."""
        # Not before: what is written into a tensor that is still to be read is refused.
        return {name: slot.copy_(self._written[name]) for name, slot in self._slots.items()}


def _of(rooms: Mapping[str, Tensor], shapes: Shapes, n: int) -> dict[str, Tensor]:
    """The part of layer and direction n."""
    return {name: narrowed(room[n], shapes[name][n]) for name, room in rooms.items()}
