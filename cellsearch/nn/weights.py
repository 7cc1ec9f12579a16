"""Weights under the names that the cell gives them, whatever those are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from cellsearch.errors import ShapeError


class Weights(nn.Module):
    """The weights of one cell in one direction of one layer.

    A cell may call a weight `to`, or `Ru[1]`, which no module attribute can be called, so they are
    read as `weights["to"]`; where the name is free, `weights.Wi` is the same as `weights["Wi"]`.
    """

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._names = tuple(values)
        for name, value in values.items():
            # register_parameter refuses the names of attributes.
            self._parameters[name] = nn.Parameter(value)

    def __setattr__(self, name: str, value: Any) -> None:
        # A module is told whether it is `training`, and a weight may have that name too.
        if isinstance(value, nn.Parameter) and name in self._parameters:
            self._parameters[name] = value
        elif name == "training":
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)

    def __getitem__(self, name: str) -> nn.Parameter:
        if name not in self._names:
            raise KeyError(f"no weight '{name}'; there are {', '.join(self._names)}")
        parameter = self._parameters.get(name)
        # What is parametrized (torch.nn.utils.parametrize) is computed when it is read.
        return getattr(self, name) if parameter is None else parameter

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def assign(self, name: str, value: Tensor) -> None:
        """Give a weight other numbers; where it is parametrized, by way of the inverse.

        Raises:
            ShapeError: it is computed by a hook, which cannot be turned round.
        """
        parameter = self._parameters.get(name)
        with torch.no_grad():
            if parameter is not None:
                parameter.copy_(value)
            elif is_parametrized(self, name):
                setattr(self, name, value.to(self[name]))
            else:
                raise ShapeError(f"weight '{name}' is computed by a hook (pruning, for instance)")

    def forward(self) -> dict[str, Tensor]:
        """The weights by name; a call runs the hooks that compute one of them, as pruning does."""
        return {n: self[n] for n in self._names}

    def extra_repr(self) -> str:
        return ", ".join(
            f"{n}{list(p.shape)}" for n, p in self._parameters.items() if p is not None
        )


class Layer(nn.Module):
    """One layer: its weights for reading forwards and, if bidirectional, those for backwards.

    `layer["Wi"]` is of those for reading forwards, as `layer.forwards["Wi"]` is.
    """

    def __init__(self, directions: Mapping[str, Weights]) -> None:
        super().__init__()
        for name, weights in directions.items():
            self.add_module(name, weights)

    def direction(self, name: str) -> Weights:
        """The weights for reading `forwards` or `backwards`."""
        weights = self._modules[name]
        assert isinstance(weights, Weights)
        return weights

    def __getitem__(self, name: str) -> nn.Parameter:
        return self.direction("forwards")[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.direction("forwards"))

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, nn.Parameter) and name in self:
            setattr(self.direction("forwards"), name, value)
        else:
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Tensor | nn.Module:
        modules = self.__dict__.get("_modules", {})
        if name not in modules and name in modules.get("forwards", ()):
            return self[name]
        return super().__getattr__(name)
