"""A cell's two passes, planned: what runs forwards, and what runs backwards for the gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.derive.gradient import gradient
from cellsearch.derive.program import Lowered, lower
from cellsearch.derive.saving import Saving, decide, with_kept
from cellsearch.derive.schedule import Plan, schedule
from cellsearch.derive.schedule.told import Names
from cellsearch.derive.schedule.told import told as in_words
from cellsearch.ir import Graph, Node


@dataclass(frozen=True)
class Passes:
    """See the module.

    Attributes:
        lowered: the cell's program, and what its leaves stand for.
        saving: what the backward pass reads of the forward pass.
        forward: its plan; `backward`: the gradient's.
        d_output: the leaf of the backward pass that is the adjoint of the output.
    """

    lowered: Lowered
    saving: Saving
    forward: Plan
    backward: Plan
    d_output: Node


def passes(graph: Graph, *, training: bool) -> Passes:
    """Plan both passes of a cell; `training`: with noise drawn."""
    lowered = lower(graph, training=training)
    backward = gradient(lowered.program)
    saving = decide(lowered.program, backward)
    d_output = backward.given["d output"]
    forward, backward = with_kept(lowered.program, backward, saving)
    return Passes(lowered, saving, schedule(forward), schedule(backward), d_output)


def told(p: Passes) -> Iterator[str]:
    """Both passes in words."""
    matrices = {k: _name(n) for k, n in enumerate(p.lowered.fixed)}
    yield "Forwards"
    yield from (f"  {line}" for line in in_words(p.forward, matrices))
    names = Names(p.forward.program, matrices)
    rows = p.forward.program.rows
    kept = dict.fromkeys(names.of(rows[name]) for name in p.saving.kept)
    yield f"Kept for the way back: {', '.join(kept) or 'nothing'}"
    if p.saving.again:
        again = Names(p.lowered.program, matrices)
        yield f"Computed again there: {', '.join(map(again.of, p.saving.again))}"
    yield "Backwards"
    yield from (f"  {line}" for line in in_words(p.backward, matrices))


def _name(n: Node) -> str:
    """A weight's name; what is made of weights is told by its operation."""
    if n.op in ("weight", "const"):
        return str(n.attrs[0])
    return f"{n.op}({', '.join(map(_name, n.args))})" if n.args else n.op
