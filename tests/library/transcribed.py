"""Holds a cell of the library against a step that is transcribed from its paper in plain NumPy.

A transcription is a function with the cell's name in `papers/FAMILY.py`, and `test_papers.py`
finds it there. It is written from the paper, in the paper's notation, and not from the cell:

    def qrnn(w, x, s):
        # Bradbury et al. 2017, eq. 1-3: a convolution of width 2, fo-pooling.
        before = s["delay(x, 1)"]
        z = np.tanh(w["Vz"] @ before + w["Wz"] @ x + w["bz"])
        ...
        return h, {"c": c, "delay(x, 1)": x}

It takes one sequence: `w` has the weights by our names in their stored shapes (`block(M, heads)`
is [heads, rows, columns], `conv(M, k)` [out, in, k, k]), `x` the input [X], or a dict of them where
the cell has several, and `s` the states by name. It returns the output and the new states. What a
delay remembers is a state with the name of what is written: `delay(x, 1)` is the value one step
ago, `delay(h', 3)` the one three steps ago. A scalar state may be returned as one unit.

Outputs, final states, and the gradients of every weight, input and initial state are compared.
Those of NumPy are exact: with d a direction, Im f(v + i 1e-30 d) / 1e-30 is <gradient, d> to
rounding. So a transcription must be complex-analytic: no abs, max or comparison of its own, but
those of `analytic.py`, and no conjugate (`np.linalg.norm`, `np.vdot`).
"""

from dataclasses import replace

import numpy as np
import torch

from cellsearch.lang.library import library
from cellsearch.testing.backends import run, tensors
from cellsearch.testing.cases import make_case, relative

T, B = 5, 3
DIRECTIONS = 3
STEP = 1e-30


def disagreements(name, step, *, own_start):
    """How far cell and transcription are apart, relative, for whatever is compared.

    Args:
        name: of a cell of the library.
        step: the transcription.
        own_start: from the cell's own start, instead of from random states.
    """
    case = make_case(library()[name], lengths=(T,) * B, seed=6, states=not own_start)
    values = tensors(case, grad=True)
    outputs, after = run(case, "reference", values)
    case = replace(case, states={n: v.detach().numpy() for n, v in values.states.items()})
    want, want_after = transcribed(case, step)
    found = {"output": relative(outputs.detach().numpy(), want)}
    for n in after:
        found[f"final {n}"] = relative(after[n].detach().numpy(), want_after[n])
    mix = mixture([outputs, *after.values()])
    total(mix, outputs, after, torch.sum, torch.tensor).backward()
    for leaf, tensor in values.leaves():
        if not (own_start and leaf.startswith("states")):
            found[f"gradient of {leaf}"] = slope_error(case, step, mix, leaf, tensor)
    return found


def transcribed(case, step):
    """Outputs [T * B, …], step after step as rows are, and final states [B, …] by name."""
    runs = [sequence(case, step, b) for b in range(B)]
    outputs = [runs[b][0][t] for t in range(T) for b in range(B)]
    return np.stack(outputs), {n: np.stack([s[n] for _, s in runs]) for n in case.states}


def sequence(case, step, b):
    states = {n: s[b] for n, s in case.states.items()}
    shapes = {n: s.shape for n, s in states.items()}
    outputs = []
    for t in range(T):
        inputs = {n: x[t, b] for n, x in case.inputs.items()}
        x = inputs if len(inputs) > 1 else next(iter(inputs.values()))
        y, new = step(case.weights, x, states)
        assert new.keys() == shapes.keys()
        states = {n: np.reshape(new[n], shape) for n, shape in shapes.items()}
        outputs.append(y)
    return outputs, states


def mixture(parts):
    """A random number for each entry of outputs and final states: the loss is their product."""
    rng = np.random.default_rng(7)
    return [rng.standard_normal(p.shape) for p in parts]


def total(mix, outputs, states, add, array):
    parts = [outputs, *states.values()]
    return sum(add(array(m) * p.reshape(m.shape)) for m, p in zip(mix, parts, strict=True))


def slope_error(case, step, mix, leaf, tensor):
    """The largest error of a slope, relative to the largest that a direction could have."""
    rng = np.random.default_rng(8)
    # Nothing reads it: no gradient.
    gradient = np.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
    errors = []
    for _ in range(DIRECTIONS):
        direction = rng.standard_normal(gradient.shape)
        want = slope(case, step, mix, leaf, direction)
        scale = np.sqrt((gradient**2).sum() * (direction**2).sum()) or 1.0
        errors.append(abs((gradient * direction).sum() - want) / scale)
    # Not max, which may lose a NaN.
    return float(np.max(errors))


def slope(case, step, mix, leaf, direction):
    """The derivative of the loss in a direction of one leaf, by a complex step."""
    kind, _, name = leaf.partition(" ")
    values = getattr(case, kind)
    moved = replace(case, **{kind: {**values, name: values[name] + 1j * STEP * direction}})
    loss = total(mix, *transcribed(moved, step), np.sum, np.asarray)
    return np.imag(loss) / STEP
