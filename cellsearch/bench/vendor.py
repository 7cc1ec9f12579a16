"""`torch.nn`'s own RNN, LSTM and GRU, timed beside the cells that they are.

They are no backend: they run three cells and no other. Asked for as the backend `torch.nn`, in
measuring alone.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from cellsearch.bench.subject import Subject
from cellsearch.config import TrialConfig
from cellsearch.derive.hashes import authored_hash
from cellsearch.errors import TrialError
from cellsearch.ir import Cell, elaborate
from cellsearch.lang import load_cell
from cellsearch.nn.language_model import LanguageModel
from cellsearch.nn.rnn import RNN
from cellsearch.nn.weights import Layer

NAME = "torch.nn"

# Class, then for each of its stacked blocks: input matrix, recurrent matrix, and two biases. An
# empty name is a bias that the cell does not have; it is 0 here.
_Block = tuple[str, str, str, str]
_KNOWN: dict[str, tuple[type[nn.RNNBase], tuple[_Block, ...]]] = {
    "rnn": (nn.RNN, (("Wh", "Uh", "bh", ""),)),
    "lstm": (nn.LSTM, tuple((f"W{g}", f"U{g}", f"b{g}", "") for g in "ifgo")),
    "gru": (nn.GRU, (("Wr", "Ur", "br", ""), ("Wz", "Uz", "bz", ""), ("Wn", "Un", "bn", "cn"))),
}


def twin(cell: Cell) -> str | None:
    """The name in `torch.nn` of what computes this very cell, or None."""
    known = _known(cell)
    return _KNOWN[known][0].__name__ if known else None


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
        known = _known(cells.cell)
        if known is None:
            raise TrialError(f"torch.nn has no '{cells.cell.name}'; it has rnn, lstm and gru")
        make, blocks = _KNOWN[known]
        sizes: Any = (cells.input_size, cells.hidden_size, cells.num_layers)
        self.runs = make(*sizes, bias=cells.bias, dropout=cells.dropout, dtype=dtype)
        for i, layer in enumerate(cells.layers):
            _fill(self.runs, i, cast(Layer, layer), blocks)

    def forward(
        self, x: Tensor, states: Any = None, *, generator: torch.Generator | None = None
    ) -> Any:
        """As `RNN.forward`; what noise there is comes from torch's global generator."""
        return self.runs(x, states)


def _known(cell: Cell) -> str | None:
    own = authored_hash(elaborate(cell, {"H": 8, "X": 8}))
    return next((n for n in _KNOWN if authored_hash(elaborate(load_cell(n))) == own), None)


@torch.no_grad()
def _fill(runs: nn.RNNBase, i: int, layer: Layer, blocks: tuple[_Block, ...]) -> None:
    for k, name in enumerate(("weight_ih", "weight_hh", "bias_ih", "bias_hh")):
        parameter = getattr(runs, f"{name}_l{i}", None)
        if parameter is None:
            continue
        for part, block in zip(parameter.chunk(len(blocks)), blocks, strict=True):
            part.copy_(layer[block[k]]) if block[k] in layer else part.zero_()
