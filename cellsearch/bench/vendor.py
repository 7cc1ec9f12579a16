"""`torch.nn`'s own RNN, LSTM and GRU, timed beside the cells that they are.

They are no backend: they run three cells and no other. Asked for as the backend `torch.nn`, in
measuring alone. A cell is taken for one of them by the names of its weights; that it is, the check
against the reference shows before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from cellsearch.bench.subject import Subject
from cellsearch.config import TrialConfig
from cellsearch.errors import TrialError
from cellsearch.nn.language_model import LanguageModel
from cellsearch.nn.rnn import RNN
from cellsearch.nn.weights import Layer

NAME = "torch.nn"

# Class, then for each of its stacked blocks: input matrix, recurrent matrix, and two biases. An
# empty name is a bias that the cell does not have; it is 0 here.
_Block = tuple[str, str, str, str]
_KNOWN: dict[str, tuple[Callable[..., nn.RNNBase], tuple[_Block, ...]]] = {
    "rnn": (nn.RNN, (("Wh", "Uh", "bh", ""),)),
    "lstm": (nn.LSTM, tuple((f"W{g}", f"U{g}", f"b{g}", "") for g in "ifgo")),
    "gru": (nn.GRU, (("Wr", "Ur", "br", ""), ("Wz", "Uz", "bz", ""), ("Wn", "Un", "bn", "cn"))),
}


def subject(trial: TrialConfig, vocabulary: int) -> Subject:
    """What is timed for a trial."""
    return (VendorSubject if trial.backend == NAME else Subject)(trial, vocabulary)


class VendorSubject(Subject):
    """A model whose cells are run by `torch.nn`, with the weights that they have elsewhere."""

    def build(self, backend: str, dtype: torch.dtype) -> LanguageModel:
        """The trial's model, the same weights on every backend."""
        if backend != NAME:
            return super().build(backend, dtype)
        model = super().build("reference", dtype)
        model.cells = cast(RNN, _TorchCells(model.cells, dtype))
        return model

    def compares(self, name: str) -> bool:
        # Stacked as they are, the cells' weights have other names here. What is wrong with them
        # shows in the gradient of the embedding, which has passed through all of them.
        return not name.startswith("gradient of cells.")


class _TorchCells(nn.Module):
    """Takes the place of an `RNN` in a model."""

    backend = NAME

    def __init__(self, cells: RNN, dtype: torch.dtype) -> None:
        super().__init__()
        known = _known(cells.graph.weights)
        if known is None:
            raise TrialError(f"torch.nn has no '{cells.cell.name}'; it has rnn, lstm and gru")
        make, blocks = _KNOWN[known]
        assert isinstance(cells.input_size, int)
        self.runs = make(
            cells.input_size,
            cells.hidden_size,
            num_layers=cells.num_layers,
            bias=cells.bias,
            dropout=cells.dropout,
            dtype=dtype,
        )
        for i, layer in enumerate(cells.layers):
            _fill(self.runs, i, cast(Layer, layer), blocks)

    def forward(
        self, x: Tensor, states: Any = None, *, generator: torch.Generator | None = None
    ) -> Any:
        """As `RNN.forward`; what noise there is comes from torch's global generator."""
        return self.runs(x, states)


def _known(weights: Iterable[str]) -> str | None:
    own = set(weights)
    return next((name for name, (_, blocks) in _KNOWN.items() if own in _names(blocks)), None)


def _names(blocks: Sequence[_Block]) -> tuple[set[str], set[str]]:
    """The names of all weights, and of those that are left without biases."""
    matrices = {name for block in blocks for name in block[:2]}
    return {name for block in blocks for name in block if name}, matrices


@torch.no_grad()
def _fill(runs: nn.RNNBase, i: int, layer: Layer, blocks: tuple[_Block, ...]) -> None:
    for k, name in enumerate(("weight_ih", "weight_hh", "bias_ih", "bias_hh")):
        parameter = getattr(runs, f"{name}_l{i}", None)
        if parameter is None:
            continue
        for part, block in zip(parameter.chunk(len(blocks)), blocks, strict=True):
            part.copy_(layer[block[k]]) if block[k] in layer else part.zero_()
