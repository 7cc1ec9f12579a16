"""Weights held at 0 or at their start, one by one and kind by kind; starts set to the default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cellsearch.derive.ablations.authored import Authored, Use
from cellsearch.derive.ablations.candidate import BIAS, START, TERM, WEIGHT, Candidate, joined
from cellsearch.derive.ablations.places import Place, at
from cellsearch.ir.cell import Init, flat
from cellsearch.ir.expressions import Binary, Call, Expression, Number, names, walk
from cellsearch.ir.unroll import base

# Of each role: the kind of component, how one is called, and how all of them are.
ROLES = {
    "input": (TERM, "input term", "input_terms"),
    "recurrent": (TERM, "recurrent term", "recurrent_terms"),
    "inner": (TERM, "inner term", "inner_terms"),
    "peephole": (WEIGHT, "peephole", "peepholes"),
    "diagonal": (WEIGHT, "diagonal weight", "diagonal_weights"),
    "scalar": (WEIGHT, "scalar weight", ""),
    "matrix": (WEIGHT, "matrix", ""),
    "bias": (BIAS, "bias", "biases"),
}


def weights(a: Authored) -> Iterator[Candidate]:
    """Each weight gone, then all of its role; factors also held at the number they start from."""
    found: dict[str, list[Candidate]] = {role: [] for role in ROLES}
    for name, used in a.weights.items():
        found[_role(a, name, used)].append(_zero(name, _role(a, name, used), used))
    for role, members in found.items():
        yield from members
        if group := ROLES[role][2]:
            yield from joined(f"no_{group}", f"all {group.replace('_', ' ')} gone", members)
    yield from _held(a)


def _zero(name: str, role: str, used: Sequence[Use]) -> Candidate:
    kind, said, _ = ROLES[role]
    return Candidate(f"{name}_0", kind, f"{said} {name} gone", _edits(used, Number(0.0)))


def _edits(used: Sequence[Use], value: Expression) -> tuple[str, ...]:
    """The lines that give a family of weights a value, each in the block of its rounds."""
    return tuple(dict.fromkeys(_edit(u, value) for u in used))


def _edit(use: Use, value: Expression) -> str:
    # What has no index is shared by all rounds, and defined once.
    place = use.place if use.name.index is not None else Place(use.place.line)
    return place.edit(value, use.name)


def _held(a: Authored) -> Iterator[Candidate]:
    """Factors that start from a number other than 0, held there."""
    for name, used in a.weights.items():
        start = next(w.start for n, w in a.graph.weights.items() if base(n) == name)
        if isinstance(start, Number) and start.value and used[0].role == "factor":
            what = f"{name} held at {start}, where it starts"
            yield Candidate(f"{name}_fixed", WEIGHT, what, _edits(used, start))


def starts(a: Authored) -> Iterator[Candidate]:
    """Each initial law that is not the default, then those of all weights; states at 0."""
    written = [li for li in flat(a.cell.lines) if isinstance(li, Init)]
    laws = [_default(li) for li in written if li.name not in a.states]
    yield from laws
    yield from joined("default_starts", "all initial laws their defaults", laws)
    yield from (_from_zero(li) for li in written if li.name in a.states)


def _default(line: Init) -> Candidate:
    what = f"initial {line.name} to its default"
    return Candidate(f"{line.name}_default", START, what, (f"init {line.name} = default",))


def _from_zero(line: Init) -> Candidate:
    what = f"state {line.name} starts at 0"
    return Candidate(f"{line.name}_from_0", START, what, (f"init {line.name} = default",))


def _role(a: Authored, name: str, used: Sequence[Use]) -> str:
    kind = next(w.type.kind for n, w in a.graph.weights.items() if base(n) == name)
    first = used[0]
    if kind == "matrix":
        return _reads(a, first)
    if first.role == "term":
        return "bias"
    if kind == "scalar":
        return "scalar"
    return "peephole" if _is_peephole(a, first) else "diagonal"


def _reads(a: Authored, use: Use) -> str:
    """What a matrix is multiplied with."""
    value = use.place.line.value
    for n in reversed(range(len(use.path))):
        e = at(value, use.path[:n])
        if isinstance(e, Binary) and e.op == "@" and use.path[n] == 0:
            return _operand(a, e.right)
    return "matrix"


def _operand(a: Authored, e: Expression) -> str:
    read = set(names(e))
    earlier = any(isinstance(d, Call) and d.function == "delay" for d in walk(e))
    if read & a.states or (earlier and any("'" in n for n in read)):
        return "recurrent"
    return "inner" if read & set(a.families) else "input"


def _is_peephole(a: Authored, use: Use) -> bool:
    """Whether a gate looks through it at a state."""
    read = {n.removesuffix("'") for n in names(at(use.place.line.value, use.path[:-1]))}
    return use.place.family in a.gates and bool(read & a.states)
