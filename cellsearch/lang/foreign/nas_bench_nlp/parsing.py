"""JSON -> a recipe that is one: every node is well made, all that is read is there."""

from __future__ import annotations

import json
from typing import Any

from cellsearch.errors import LanguageError, nearest
from cellsearch.lang.foreign.names import shown
from cellsearch.lang.foreign.nas_bench_nlp.recipe import (
    ACTIVATIONS,
    BLEND,
    INPUT,
    LINEAR,
    PRODUCT,
    SUM,
    Recipe,
    Step,
    following,
    previous,
)

MOST_NODES = 1_000
# A line of the language has operators for no more.
MOST_INPUTS = 100
# Each op with the fewest and the most inputs that it takes.
_TAKES = {
    LINEAR: (1, MOST_INPUTS),
    BLEND: (3, 3),
    PRODUCT: (2, MOST_INPUTS),
    SUM: (2, MOST_INPUTS),
    **dict.fromkeys(ACTIVATIONS, (1, 1)),
}


def parse_recipe(text: str) -> Recipe:
    """A recipe.

    Raises:
        LanguageError: what is wrong with the text or with a node, which is named.
    """
    found = _object(text)
    if not found:
        raise LanguageError("the recipe is empty, expected nodes, h_new_0 among them")
    if len(found) > MOST_NODES:
        raise LanguageError(f"got {len(found)} nodes, expected at most {MOST_NODES}")
    recipe = {name: _step(name, node) for name, node in found.items()}
    _check_states(recipe)
    for name, step in recipe.items():
        _check_reads(recipe, name, step)
    return recipe


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise LanguageError("the text is nested too deep, expected an object of nodes") from None
    except ValueError as error:
        raise LanguageError(f"the text is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise LanguageError(f"got '{shown(found)}', expected a JSON object of nodes")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names differ: of two of one name, nobody knows which is meant."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise LanguageError(f"'{shown(name)}' is defined twice")
        found[name] = value
    return found


def _step(name: str, node: Any) -> Step:
    if not isinstance(node, dict) or set(node) != {"op", "input"}:
        raise _wrong(name, f"got '{shown(node)}', expected an object of 'op' and 'input'")
    op, inputs = node["op"], node["input"]
    if not isinstance(op, str):
        raise _wrong(name, f"its op is '{shown(op)}', expected one of {', '.join(_TAKES)}")
    if op not in _TAKES:
        near = nearest(op, _TAKES) or f"; expected one of {', '.join(_TAKES)}"
        raise _wrong(name, f"unknown op '{shown(op)}'{near}")
    if not (isinstance(inputs, list) and all(isinstance(n, str) for n in inputs)):
        raise _wrong(name, f"its input is '{shown(inputs)}', expected a list of names")
    fewest, most = _TAKES[op]
    if not fewest <= len(inputs) <= most:
        count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        plural = "" if most == 1 else "s"
        raise _wrong(name, f"'{op}' takes {count} input{plural}, got {len(inputs)}")
    return Step(op, tuple(inputs))


def _check_states(recipe: Recipe) -> None:
    """No node has a name that stands for something else, and h_new_0 and on are all there."""
    for name in recipe:
        if name == INPUT or previous(name) is not None:
            what = "the input" if name == INPUT else "a state before the step"
            raise _wrong(name, f"it is defined, but '{name}' is {what}")
    new = {i for i in map(following, recipe) if i is not None}
    missing = next(i for i in range(len(new) + 1) if i not in new)
    if missing == 0:
        raise LanguageError("there is no node 'h_new_0', which is the output")
    if missing < max(new):
        raise LanguageError(f"there is a node 'h_new_{max(new)}', but no 'h_new_{missing}'")


def _check_reads(recipe: Recipe, name: str, step: Step) -> None:
    states = [f"h_prev_{i}" for i in map(following, recipe) if i is not None]
    known = {*recipe, INPUT, *states}
    for read in step.inputs:
        if read in known:
            continue
        i = previous(read)
        if i is not None:
            raise _wrong(name, f"it reads '{read}', but there is no node 'h_new_{i}'")
        raise _wrong(name, f"it reads '{shown(read)}', which is no node{nearest(read, known)}")


def _wrong(name: str, why: str) -> LanguageError:
    return LanguageError(f"the node '{shown(name)}': {why}")
