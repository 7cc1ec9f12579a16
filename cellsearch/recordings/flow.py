"""Gradient flow: the norm of the gradient of a window's last loss against the time lag.

Lag 0 is what the loss injects: its gradient with respect to the cells' output at the last step. Lag
k is that with respect to the states before the last k steps. Norms are taken for each window, over
the units of all layers, and averaged; all are shares of the norm at lag 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cellsearch.recorded import Array
from cellsearch.recordings.named import Named
from cellsearch.recordings.reading import Reading
from cellsearch.recordings.widths import only

# The longest lag, and the one at which it is told what is left of each unit's gradient.
LAGS, LEFT_LAG = 100, 20


def flow(reading: Reading, named: Named, lags: int = LAGS) -> dict[str, Array]:
    """`total`, its quartiles `low` and `high`, each state apart [lags + 1], and what is left.

    Args:
        reading: with all that flows recorded, of at least `lags` steps.
        named: of a cell that puts out something.
        lags: the longest lag.
    """
    found = norms(reading, named, lags)
    return {**totals(found), **_apart(found, named), **_left(found, reading)}


@dataclass(frozen=True)
class Norms:
    """Norms of gradients for each window.

    Attributes:
        injected: with respect to the output at the last step, [B].
        units: with respect to each unit of each state at lags 1 … K, by state [K, layers, B, U].
    """

    injected: Array
    units: dict[str, Array]

    def of(self, states: Sequence[str]) -> Array:
        """The norm over all units of these states, [K, B]."""
        squares = [np.square(self.units[s]).sum((1, 3)) for s in states]
        found: Array = np.sqrt(np.sum(squares, axis=0))
        return found


def norms(reading: Reading, named: Named, lags: int) -> Norms:
    """Norms of the gradients of the windows' last losses."""
    assert named.output is not None
    read = [reading.recorded[name] for name in (named.output, *named.carried)]
    found = torch.autograd.grad(reading.losses.sum(), read, materialize_grads=True)
    # In float64, for squares of what float32 holds may be too small for it.
    first, *each = [g.flatten(3).double().numpy() for g in found]
    pairs = zip(named.carried, each, strict=True)
    units = {s: np.abs(g[:, -lags:][:, ::-1].swapaxes(0, 1)) for s, g in pairs}
    return Norms(np.linalg.norm(first[-1, -1], axis=-1), units)


def totals(n: Norms) -> dict[str, Array]:
    """The norm of the whole state's gradient: mean and quartiles over the windows, [K + 1]."""
    total = np.concatenate([n.injected[None], n.of(list(n.units))]) / n.injected.mean()
    low, high = np.quantile(total, (0.25, 0.75), axis=1)
    return {"total": total.mean(1), "low": low, "high": high}


def _apart(n: Norms, named: Named) -> dict[str, Array]:
    """Of each state; at lag 0 the output's own has all, and the others have nothing."""
    first = {s: float(s in named.put_out) for s in n.units}
    mean = n.injected.mean()
    return {f"states/{s}": np.concatenate([[first[s]], n.of([s]).mean(1) / mean]) for s in n.units}


def _left(n: Norms, reading: Reading) -> dict[str, Array]:
    """What is left of each unit's own gradient from lag 1 to a later one, by state [layers, U].

    Root mean squares over the windows; a unit that no gradient reaches has 0, and one that a layer
    has not is NaN.
    """
    found = {}
    for state, gradients in n.units.items():
        rms = np.sqrt(np.square(gradients[[0, LEFT_LAG - 1]]).mean(2))
        left = rms[1] / np.where(rms[0] > 0, rms[0], np.inf)
        found[f"left/{state}"] = only(reading.own(state), left)
    return found
