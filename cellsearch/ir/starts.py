"""What weights and states start as: `init` lines and the starts of `param` lines, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cellsearch.errors import LanguageError, nearest
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    calls,
    names,
)
from cellsearch.ir.graph import WHOLE, Form, Graph, Node, StateValue, Weight
from cellsearch.ir.ops import DRAWS, OPS
from cellsearch.ir.types import Type
from cellsearch.ir.unroll import Unrolled, base

MOST_STARTS = 20

_DRAW_WORDS = frozenset({"orthogonal"})


def check_starts(u: Unrolled, weights: Mapping[str, Weight], states: Mapping[str, Type]) -> None:
    """Every start has to have a value.

    Raises:
        LanguageError: an unknown name, a draw for a state, `learned` for a weight, a circle.
    """
    for name, start in u.starts.items():
        line = u.start_lines[name]
        known = {base(w) for w in weights} | set(weights)
        if name in states:
            _check_state(name, start, set(weights), u)
            for n in names(start):
                if n in weights:
                    _agree(weights[n], name, states[name], WHOLE, start)
        elif name not in known:
            message = f"init names '{name}', which is no weight and no state"
            raise LanguageError(message + nearest(name, {*known, *states}), line.at)
        else:
            _check(start, known, u, weight=name)
    done: set[str] = set()
    for w in weights.values():
        _follow(w.name, weights, (), done)


def _check_state(name: str, start: Expression, known: set[str], u: Unrolled) -> None:
    if start in (Name("learned"), Name("default")):
        return
    _check(start, known, u, weight=None)
    drawn = {e.function for e in calls(start)} & set(DRAWS) | set(names(start)) & _DRAW_WORDS
    if drawn:
        word = sorted(drawn)[0]
        raise LanguageError(
            f"the state '{name}' cannot start with a draw ({word}); say 'learned'", start.at
        )


def _check(e: Expression, known: set[str], u: Unrolled, weight: str | None) -> None:
    match e:
        case Number():
            return
        case Name(name=("default" | "learned") as word):
            if word == "default" and weight and u.starts[weight] is e:
                return
            whose = "a state" if word == "learned" else "a state or a weight"
            raise LanguageError(f"'{word}' stands alone in the init line of {whose}", e.at)
        case Name(name="inf") if weight:
            raise LanguageError("a weight cannot start at inf; a state can", e.at)
        case Name(name=("orthogonal" | "ramp" | "inf" | "H" | "X"), index=None):
            return
        case Name(name=n, index=None) if n in u.consts or n in known:
            return
        case Name(name=n):
            near = nearest(n, {*known, *u.consts})
            message = f"unknown name '{e}' in a start{near}"
            if n in set(map(base, known)):
                message = f"a start cannot read one round of '{n}'"
            raise LanguageError(message, e.at)
        case Binary(op=("+" | "-" | "*" | "/")) | Negative():
            pass
        case Call(function=f) if f in OPS or f in DRAWS:
            pass
        case _:
            raise LanguageError(f"a start cannot be '{e}'", e.at)
    for part in e.parts:
        _check(part, known, u, weight)


def _follow(
    name: str, weights: Mapping[str, Weight], path: tuple[str, ...], done: set[str]
) -> None:
    if name in done:
        return
    if name in path:
        circle = " -> ".join([*path[path.index(name) :], name])
        start = weights[name].start
        raise LanguageError(f"circle of starts: {circle}", start.at if start else None)
    start = weights[name].start
    if len(path) > MOST_STARTS:
        message = f"more than {MOST_STARTS} weights start from one another"
        raise LanguageError(message, start.at if start else None)
    for n in names(start) if start is not None else ():
        source = source_weight(n, name, weights)
        if source is not None:
            own = weights[name]
            _agree(weights[source], name, own.type, own.form, start)
            _follow(source, weights, (*path, name), done)
    done.add(name)


def _agree(source: Weight, name: str, type: Type, form: Form, start: Expression | None) -> None:
    if source.type.sizes and (source.type != type or source.form != form):
        got = f"'{source.name}' ({_shown(source.type, source.form)})"
        message = f"'{name}' ({_shown(type, form)}) cannot start from {got}"
        raise LanguageError(message, start.at if start else None)


def _shown(type: Type, form: Form) -> str:
    stored = f" in {form.heads} blocks" if form.heads else " as filters" if form.side else ""
    return f"{type}{stored}"


def source_weight(n: str, owner: str, weights: Mapping[str, Weight]) -> str | None:
    """The weight that a name in the start of `owner` means.

    `init bt = -bu` speaks for every round: the start of `bt[2]` reads `bu[2]`.
    """
    if n in weights:
        return n
    index = owner[len(base(owner)) :]
    return f"{n}{index}" if f"{n}{index}" in weights else None


def starting_uniform(graph: Graph, bound: float) -> Graph:
    """The graph with one law for every weight, uniform(-bound, bound); states start as before."""
    law = Call((Negative(Number(bound)), Number(bound)), "uniform")
    weights = {n: replace(w, start=law) for n, w in graph.weights.items()}
    return replace(graph, weights=weights)


def needed_consts(
    nodes: Iterable[Node],
    states: Iterable[StateValue],
    weights: Mapping[str, Weight],
    consts: Mapping[str, Expression],
) -> dict[str, Expression]:
    """The consts that a graph's nodes and starts read."""
    read = {str(n.attrs[0]) for n in nodes if n.op == "const"}
    starts = [*(s.start for s in states), *(w.start for w in weights.values())]
    read |= {n for start in starts if start is not None for n in names(start)}
    return {n: e for n, e in consts.items() if n in read}
