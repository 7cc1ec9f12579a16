"""The numbers of a cell for an export: from a file of weights, or drawn by the cell's own laws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from cellsearch.errors import ConfigError, nearest
from cellsearch.export import Numbers
from cellsearch.ir import Cell, elaborate
from cellsearch.ir.plane import has_filters
from cellsearch.nn import RNN
from cellsearch.train.draws import torch_generator

# The only layer, read forwards; a model's cells have more before it.
_OWN, _OTHER = "layers.0.forwards.", ("layers.1.", ".backwards.")


def numbers_of(
    cell: Cell, widths: Mapping[str, int], hidden: int, file: Path | None, seed: int
) -> Numbers:
    """Weights and start of one layer.

    Args:
        cell: without choices.
        widths: the width of each input.
        hidden: H.
        file: safetensors with the weights under the names of `RNN.state_dict()`.
        seed: of the draws, where there is no file.

    Raises:
        ConfigError: the file is none, or its weights are not those of the cell at these sizes.
    """
    rnn = _rnn(cell, widths, hidden)
    rnn.reset_parameters(lambda layer, direction, name: torch_generator(seed, "export", name))
    if file is not None:
        _take(rnn, _read(file), file)
    return numbers_in(rnn)


def numbers_in(rnn: RNN) -> Numbers:
    """Weights and start of an `RNN` of one layer."""
    start = rnn.start(1)
    states = (start,) if isinstance(start, torch.Tensor) else start
    names = [s.name for s in rnn.graph.states]
    return Numbers(_weights(rnn), {n: _array(s[0, 0]) for n, s in zip(names, states, strict=True)})


def _rnn(cell: Cell, widths: Mapping[str, int], hidden: int) -> RNN:
    graph = elaborate(cell, {"H": hidden, "X": widths[cell.inputs[0]]})
    # Weights do not depend on a plane's size.
    size = (widths[cell.inputs[0]], 1, 1) if has_filters(graph) else dict(widths)
    return RNN(cell, size, hidden, backend="reference", dtype=torch.float64)


def _weights(rnn: RNN) -> dict[str, Any]:
    return {key.removeprefix(_OWN): _array(w) for key, w in rnn.state_dict().items()}


def _array(value: torch.Tensor) -> Any:
    return value.detach().numpy()


def _read(file: Path) -> dict[str, torch.Tensor]:
    """The file's tensors by the cell's names for them."""
    try:
        tensors = load_file(file)
    except (OSError, SafetensorError) as error:
        raise ConfigError(f"--weights {file}: {error}") from None
    if any(other in key for key in tensors for other in _OTHER):
        raise ConfigError(f"--weights {file}: an export is of one layer, read forwards")
    return {k.partition(_OWN)[2]: w for k, w in tensors.items() if _OWN in k}


def _take(rnn: RNN, given: Mapping[str, torch.Tensor], file: Path) -> None:
    """The file's weights in place of the drawn ones, none missing and none too many."""
    own = _weights(rnn)
    missing, unknown = own.keys() - given.keys(), given.keys() - own.keys()
    for name in (n for n in (*own, *given) if n in missing | unknown):
        what, near = ("misses", unknown) if name in missing else ("has", missing)
        raise ConfigError(f"--weights {file}: it {what} '{_OWN}{name}'{nearest(name, near)}")
    for name, value in own.items():
        wanted, got = list(value.shape), list(given[name].shape)
        if wanted != got:
            raise ConfigError(f"--weights {file}: '{name}': expected {wanted}, got {got}")
    rnn.load_state_dict({f"{_OWN}{n}": w for n, w in given.items()})
