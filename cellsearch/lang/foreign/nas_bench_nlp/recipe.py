"""A recipe: nodes by name, the order in which they are computed, and its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.errors import LanguageError
from cellsearch.lang.foreign.names import shown

FORMAT = "nas-bench-nlp"
INPUT, OUTPUT = "x", "h_new_0"
LINEAR, BLEND, PRODUCT, SUM = "linear", "blend", "elementwise_prod", "elementwise_sum"
# Each activation with the language's name for it.
ACTIVATIONS = {
    "activation_tanh": "tanh",
    "activation_sigm": "sigmoid",
    "activation_leaky_relu": "leaky_relu",
}
_STATE = re.compile(r"h_(prev|new)_(0|[1-9][0-9]{0,3})")


@dataclass(frozen=True)
class Step:
    """A node's op and the names of what it reads."""

    op: str
    inputs: tuple[str, ...]


Recipe = dict[str, Step]


def previous(name: str) -> int | None:
    """i of `h_prev_i`."""
    return _number("prev", name)


def following(name: str) -> int | None:
    """i of `h_new_i`."""
    return _number("new", name)


def is_state(name: str) -> bool:
    """Whether a name stands for a state, before or after the step."""
    return _STATE.fullmatch(name) is not None


def _number(kind: str, name: str) -> int | None:
    match = _STATE.fullmatch(name)
    return int(match[2]) if match and match[1] == kind else None


def ordered(recipe: Recipe) -> list[str]:
    """The nodes, each after those that it reads, else in the recipe's order.

    Raises:
        LanguageError: a circle, with the nodes that are in it.
    """
    done: dict[str, None] = {}
    for first in recipe:
        path: dict[str, Iterator[str]] = {}
        if first not in done:
            path[first] = iter(recipe[first].inputs)
        while path:
            name = next(reversed(path))
            below = next((n for n in path[name] if n in recipe and n not in done), None)
            if below is None:
                path.pop(name)
                done[name] = None
            elif below in path:
                raise _circle([*path], below)
            else:
                path[below] = iter(recipe[below].inputs)
    return list(done)


def _circle(path: list[str], again: str) -> LanguageError:
    circle = [*path[path.index(again) :], again]
    told = [shown(name) for name in circle]
    if len(told) > 12:
        told[6:-6] = ["…"]
    return LanguageError(f"circle: {' -> '.join(told)}; it passes through no h_prev_i")


def print_recipe(recipe: Recipe) -> str:
    """JSON, a node a line."""
    lines = [
        f"{json.dumps(name)}: {json.dumps({'op': s.op, 'input': list(s.inputs)})}"
        for name, s in recipe.items()
    ]
    return "{" + ",\n ".join(lines) + "}\n"
