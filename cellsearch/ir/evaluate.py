"""The oracle: a cell's equations evaluated as they are written, in NumPy and float64.

It goes from the unrolled text, not from the graph, one sequence at a time and without batches, so
that it shares as little as it can with what it is held against. Noise has its evaluation meaning,
unless masks are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from cellsearch.ir.cell import Cell
from cellsearch.ir.delays import Memory, memories
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    Transpose,
)
from cellsearch.ir.infer import infer
from cellsearch.ir.noise import sites
from cellsearch.ir.ops import LAYERNORM_EPSILON, NOISE, NORMS, OPS, REDUCTIONS, RMSNORM_EPSILON
from cellsearch.ir.reach import reach
from cellsearch.ir.types import Type
from cellsearch.ir.unroll import unroll
from cellsearch.ir.widths import number

Array = NDArray[np.float64]
Values = Mapping[str, Array]
Masks = Callable[[int, int, tuple[int, ...]], Array]


def evaluate(
    cell: Cell,
    weights: Values,
    inputs: Values,
    hidden: int,
    states: Values | None = None,
    masks: Masks | None = None,
) -> tuple[Array, dict[str, Array]]:
    """Run one sequence.

    Args:
        cell: as written.
        weights: each weight in its stored shape, a learned start (`h[0]`) among them.
        inputs: each input [T, X], or [T, channels, height, width] for a cell with filters.
        hidden: H.
        states: states before the first step; the cell's start where left out. What a delay
            remembers is called as in the text, `delay(x, 1)`: x before one step.
        masks: the noise of training: for the written call n (1, 2, …) and the step t, a number
            from 0 to 1 for each unit, which is kept where it is at least p. None is evaluation.

    Returns:
        Outputs [T, …] and the states after the last step.
    """
    return _Run(cell, weights, inputs, hidden, masks).run(states or {})


class _Run:
    def __init__(
        self, cell: Cell, weights: Values, inputs: Values, hidden: int, masks: Masks | None
    ) -> None:
        first, *others = cell.inputs
        self.sizes = {"H": hidden, "X": inputs[first].shape[1]}
        self.sizes |= {f"X.{n}": inputs[n].shape[1] for n in others}
        self.u = unroll(cell, {"H": hidden, "X": self.sizes["X"]})
        self.r = reach(self.u)
        self.types = infer(self.u, self.r)
        self.weights, self.inputs = weights, inputs
        self.space = inputs[first].shape[2:]
        self.masks, self.t = masks, 0
        self.sites = sites(self.u, self.r)
        self.now: dict[str, Array] = {}
        self.delays = memories(self.u, self.r)
        self.memory: dict[Memory, list[Array]] = {}

    def run(self, given: Values) -> tuple[Array, dict[str, Array]]:
        states = {s: given[s] if s in given else self._start(s) for s in self.r.states}
        self._remember(states, given)
        outputs = []
        with np.errstate(all="ignore"):
            for t in range(len(self.inputs[self.u.cell.inputs[0]])):
                self.t = t
                self.now = {**states, **{n: x[t] for n, x in self.inputs.items()}}
                self._step()
                states = {s: self.now[f"{s}'"] for s in states}
                outputs.append(self.now[self.u.cell.output])
        return np.stack(outputs), {**states, **self._memories()}

    def _remember(self, states: Values, given: Values) -> None:
        """What delays remember before the first step: 0 where nothing is given."""
        for m in self.delays.values():
            zero = np.zeros(self._shape(self.types.of(m.what)))
            past = [given.get(m.name(k), zero) for k in range(m.steps, 0, -1)]
            # A state is its own new value one step ago.
            if m.own:
                past[-1] = states[m.name(1)]
            self.memory[m] = past

    def _memories(self) -> dict[str, Array]:
        """What is remembered after the last step; the first step back may be a state's own."""
        each = self.memory.items()
        return {m.name(k): past[-k] for m, past in each for k in range(1, m.steps + 1)}

    def _step(self) -> None:
        for name in self.r.order:
            value = self.of(self.u.equations[name].value)
            self.now[name] = self._shaped(value, self.types.names[name])
        new = {m: self._shaped(self.of(m.what), self.types.of(m.what)) for m in self.memory}
        for m, value in new.items():
            self.memory[m].append(value)

    def _shape(self, type: Type) -> tuple[int, ...]:
        shape = tuple(s.at(self.sizes) for s in type.sizes)
        return (*shape, *self.space) if len(shape) == 1 else shape

    def _shaped(self, value: Array, type: Type) -> Array:
        shape = self._shape(type)
        return np.broadcast_to(value, shape) if shape else np.reshape(value, ())

    def _start(self, state: str) -> Array:
        start = self.u.starts.get(state)
        shape = self._shape(self.types.names[state])
        if start is None or start == Name("default"):
            return np.zeros(shape)
        if start == Name("learned"):
            return np.broadcast_to(self._weight(f"{state}[0]"), shape)
        return np.broadcast_to(self._start_value(start, state, shape), shape)

    def _start_value(self, e: Expression, state: str, shape: tuple[int, ...]) -> Array:
        match e:
            case Number(value=v):
                return np.array(v)
            case Name(name="inf"):
                return np.array(math.inf)
            case Name(name="ramp"):
                units = shape[0] if shape else 1
                return np.linspace(0, 1, units).reshape(shape[:1] + (1,) * len(shape[1:]))
            case Name(name=n) if n in ("H", "X"):
                return np.array(self.sizes[n])
            case Name(name=n) if n in self.u.consts:
                return np.array(number(self.u.consts[n], self.sizes))
            case Name(name=n):
                return self._weight(n)
            case Negative(operand=a):
                return -self._start_value(a, state, shape)
        parts = [self._start_value(p, state, shape) for p in e.parts]
        return self._combined(e, parts)

    def _combined(self, e: Expression, values: list[Array]) -> Array:
        match e:
            case Call(function=f):
                return OPS[f](*values)
            case Binary(op="+"):
                return values[0] + values[1]
            case Binary(op="-"):
                return values[0] - values[1]
            case Binary(op="*"):
                return values[0] * values[1]
            case Binary(op="/"):
                return values[0] / values[1]
        raise AssertionError(f"no value for {e}")

    def of(self, e: Expression) -> Array:
        match e:
            case Number(value=v):
                return np.array(v)
            case Name(name=n):
                return self._name(n, e)
            case Negative(operand=a):
                return -self.of(a)
            case Transpose(operand=a):
                return self.of(a).T
            case Binary(op="@", left=a, right=b):
                return self._product(a, b)
            case Binary() | Call(function=("min" | "max")):
                return self._combined(e, [self.of(p) for p in e.parts])
            case Call(function=f, items=items):
                return self._call(f, items, e)
        raise AssertionError(f"no value for {e}")

    def _name(self, n: str, e: Expression) -> Array:
        if n == "I":
            return np.eye(self._shape(self.types.of(e))[0])
        if n in self.now:
            return self.now[n]
        if n in self.u.consts:
            return np.array(number(self.u.consts[n], self.sizes))
        return self._weight(n)

    def _weight(self, n: str) -> Array:
        """A weight; in a plane, a vector has one number for each channel."""
        w = self.weights[n]
        return w.reshape(-1, *(1 for _ in self.space)) if w.ndim == 1 else w

    def _call(self, f: str, items: tuple[Expression, ...], e: Expression) -> Array:
        if f == "delay":
            return self.memory[self.delays[id(e)]][-int(number(items[1], {}))]
        if f in NOISE:
            values = [self._shaped(self.of(a), self.types.of(e)) for a in items[:-1]]
            return self._noisy(f, values, number(items[-1], self.u.numbers), e)
        if f in REDUCTIONS or f in NORMS:
            return self._over_units(f, self._shaped(self.of(items[0]), self.types.of(items[0])))
        if f == "outer":
            return np.outer(self.of(items[0]), self.of(items[1]))
        if f == "diag":
            return np.diag(self.of(items[0]))
        if f in ("block", "conv"):
            # What is no weight any more is 0.
            w = self.of(items[0])
            return block_diagonal(w) if w.ndim == 3 else w
        return OPS[f](self.of(items[0]))

    def _noisy(self, f: str, values: list[Array], p: float, e: Expression) -> Array:
        new, *old = values
        if self.masks is None:
            return p * old[0] + (1 - p) * new if old else new
        kept = self.masks(self.sites[id(e)], self.t, new.shape) >= p
        return np.where(kept, new, old[0]) if old else new * kept / (1 - p)

    def _over_units(self, f: str, v: Array) -> Array:
        if f == "sum":
            return np.array(v.sum())
        if f == "mean":
            return np.array(v.mean())
        if f == "layernorm":
            centred: Array = v - v.mean()
            return centred / math.sqrt(v.var() + LAYERNORM_EPSILON)
        return v / math.sqrt(np.square(v).mean() + RMSNORM_EPSILON)

    def _product(self, a: Expression, b: Expression) -> Array:
        right = self._shaped(self.of(b), self.types.of(b))
        if isinstance(a, Call) and a.function == "conv" and self.of(a.items[0]).ndim == 4:
            return _correlate(self.of(a.items[0]), right)
        left = self.of(a)
        if left.ndim == 0:
            left = np.broadcast_to(left, self._shape(self.types.of(a)))
        return np.tensordot(left, right, axes=(1, 0))


def block_diagonal(w: Array) -> Array:
    """The matrix of a weight in blocks, [heads, rows / heads, columns / heads]."""
    heads, rows, columns = w.shape
    out = np.zeros((heads * rows, heads * columns))
    for k in range(heads):
        out[k * rows : (k + 1) * rows, k * columns : (k + 1) * columns] = w[k]
    return out


def _correlate(w: Array, v: Array) -> Array:
    """Filters [out, in, k, k] over [in, height, width], zeros around, the size kept."""
    side = w.shape[2]
    before = (side - 1) // 2
    around = (before, side - 1 - before)
    padded = np.pad(v, ((0, 0), around, around))
    out = np.zeros((w.shape[0], *v.shape[1:]))
    for i in range(side):
        for j in range(side):
            window = padded[:, i : i + v.shape[1], j : j + v.shape[2]]
            out += np.tensordot(w[:, :, i, j], window, axes=(1, 0))
    return out


def seeded(seed: int) -> Masks:
    """Masks that follow from a seed, the call and the step."""

    def drawn(call: int, step: int, shape: tuple[int, ...]) -> Array:
        return np.random.default_rng((seed, call, step)).random(shape)

    return drawn
