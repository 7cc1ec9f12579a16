"""ENAS arc codes. Pham et al. 2018, as in src/ptb of their code.

`0 0 0 1 1 …`: the function of step 0, then of each step which earlier one it reads, and its
function. The output is the mean of the steps that no other reads.
"""

from __future__ import annotations

from cellsearch.errors import LanguageError
from cellsearch.ir import Cell
from cellsearch.lang.foreign.base import Format
from cellsearch.lang.foreign.highway import FUNCTIONS, Highway
from cellsearch.lang.foreign.names import shown
from cellsearch.lang.foreign.steps import highway


class Enas(Format):
    """Numbers with spaces or commas between them."""

    def read(self, text: str, name: str) -> Cell:
        code = [_number(i, word) for i, word in enumerate(text.replace(",", " ").split())]
        if len(code) % 2 == 0:
            message = "expected an odd number: a function, then pairs of a step and a function"
            raise LanguageError(f"the code has {len(code)} numbers, {message}")
        functions = [_function(i, f) for i, f in enumerate(code[::2])]
        steps = tuple(zip(functions[1:], code[1::2], strict=True))
        outputs = Highway(functions[0], steps, ()).loose
        source = f"From ENAS (Pham et al. 2018): arc {' '.join(map(str, code))}."
        return Highway(functions[0], steps, outputs).cell(name, source)

    def write(self, cell: Cell) -> str:
        found = highway(cell, "enas")
        if found.outputs != found.loose:
            got, loose = (", ".join(f"s{i}" for i in part) for part in (found.outputs, found.loose))
            message = f"expected that of the steps that no other reads, {loose}"
            raise LanguageError(f"enas cannot hold the mean of the steps {got}; {message}")
        pairs = [f"{before} {FUNCTIONS.index(f)}" for f, before in found.steps]
        return " ".join([str(FUNCTIONS.index(found.first)), *pairs]) + "\n"


def _number(i: int, word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        message = f"number {i + 1} of the code is '{shown(word)}'"
        raise LanguageError(f"{message}, expected a whole number of a step or a function")
    return int(word)


def _function(step: int, code: int) -> str:
    if code >= len(FUNCTIONS):
        known = ", ".join(f"{i} {f}" for i, f in enumerate(FUNCTIONS))
        raise LanguageError(f"the step s{step} has the function {code}, expected {known}")
    return FUNCTIONS[code]
