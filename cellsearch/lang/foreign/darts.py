"""DARTS genotypes of recurrent cells. Liu et al. 2019, as in rnn/ of their code.

`Genotype(recurrent=[('sigmoid', 0), …], concat=range(1, 9))`: the function of each step and the
earlier one that it reads. Step 0 is tanh. The output is the mean of the steps in `concat`.
"""

from __future__ import annotations

import ast
import warnings
from typing import Any

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell
from cellsearch.lang.foreign.base import Format
from cellsearch.lang.foreign.highway import Highway, check_function
from cellsearch.lang.foreign.names import shown
from cellsearch.lang.foreign.steps import highway

FIRST = "tanh"
_FIELDS = ("recurrent", "concat")
_WANTED = "Genotype(recurrent=[('tanh', 0), …], concat=[…]) or a list of such pairs"
# No number of a genotype is larger: a range of it may be counted out.
_LARGEST = 1000


class Darts(Format):
    """A genotype, perhaps behind `NAME =`, or the list alone; then `concat` is all but step 0."""

    def read(self, text: str, name: str) -> Cell:
        fields = _fields(_parsed(text))
        steps = tuple(_pair(i, p) for i, p in enumerate(_list(fields, "recurrent"), 1))
        outputs = _numbers(_list(fields, "concat"))
        pairs = ", ".join(f"{function} {before}" for function, before in steps)
        mean = f"mean of {', '.join(map(str, outputs))}"
        source = f"From DARTS (Liu et al. 2019): {pairs}; {mean}."
        return Highway(FIRST, steps, outputs).cell(name, source)

    def write(self, cell: Cell) -> str:
        found = highway(cell, "darts")
        if found.first != FIRST:
            message = f"the function of its first step is {found.first}, expected {FIRST}"
            raise LanguageError(f"darts cannot hold '{cell.name}': {message}")
        return f"Genotype(recurrent={list(found.steps)}, concat={_concat(found.outputs)})\n"


def _concat(outputs: tuple[int, ...]) -> str:
    span = range(outputs[0], outputs[-1] + 1)
    return f"range({span.start}, {span.stop})" if outputs == tuple(span) else str(list(outputs))


def _parsed(text: str) -> ast.expr:
    """The one expression of a text; it is looked at, never run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise LanguageError(f"the text is no genotype, expected {_WANTED}") from None
    match body:
        case [ast.Expr(value=value)] | [ast.Assign(targets=[ast.Name()], value=value)]:
            return value
    raise LanguageError(f"the text is more than one genotype, or none; expected {_WANTED}")


def _fields(e: ast.expr) -> dict[str, Any]:
    """What stands in a genotype. A list alone puts out the mean of its steps."""
    if not isinstance(e, ast.Call):
        steps = _list({"recurrent": _value(e, "the genotype")}, "recurrent")
        return {"recurrent": steps, "concat": list(range(1, len(steps) + 1))}
    if not (isinstance(e.func, ast.Name) and e.func.id == "Genotype"):
        raise LanguageError(f"got a call of something else, expected {_WANTED}")
    pairs = [*zip(_FIELDS, e.args, strict=False), *((k.arg, k.value) for k in e.keywords)]
    if sorted(str(name) for name, _ in pairs) != sorted(_FIELDS) or len(e.args) > len(_FIELDS):
        got = ", ".join(shown(name) for name, _ in pairs) or "none"
        raise LanguageError(f"a genotype has the fields {', '.join(_FIELDS)}; got {got}")
    return {str(name): _value(value, f"'{name}'") for name, value in pairs}


def _value(e: ast.expr, what: str) -> Any:
    match e:
        case ast.Call(func=ast.Name(id="range"), args=[*bounds], keywords=[]):
            return _range([_value(b, f"a bound of {what}") for b in bounds], what)
    try:
        return ast.literal_eval(e)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise LanguageError(f"{what} is made of more than lists, pairs and numbers") from None


def _range(bounds: list[Any], what: str) -> list[int]:
    for b in bounds:
        if type(b) is not int or abs(b) > _LARGEST:
            message = f"a bound of {what} is '{shown(b)}', expected the number of a step"
            raise LanguageError(message)
    try:
        return list(range(*bounds))
    except (TypeError, ValueError) as error:
        raise LanguageError(f"{what} is no range: {error}") from None


def _list(fields: dict[str, Any], name: str) -> list[Any]:
    found = fields[name]
    if not isinstance(found, list | tuple):
        raise LanguageError(f"'{name}' is '{shown(found)}', expected a list")
    return list(found)


def _pair(step: int, pair: Any) -> tuple[str, int]:
    if not (isinstance(pair, list | tuple) and len(pair) == 2 and type(pair[1]) is int):
        message = f"the step s{step} is '{shown(pair)}'"
        raise LanguageError(f"{message}, expected a function and a step, as in ('tanh', 0)")
    check_function(step, pair[0])
    return pair[0], pair[1]


def _numbers(outputs: list[Any]) -> tuple[int, ...]:
    if not outputs:
        raise LanguageError("there is no output: expected the steps whose mean it is")
    for i in outputs:
        if type(i) is not int:
            raise LanguageError(f"'concat' holds '{shown(i)}', expected the number of a step")
    return tuple(outputs)
