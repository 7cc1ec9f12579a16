"""Recipes of NAS-Bench-NLP. Klyuchnikov et al. 2020, as in custom_rnn.py of their code.

A JSON object: for each node its op and what it reads. `x` is the input, `h_prev_i` the i-th state
before the step, the node `h_new_i` the same after it; `h_new_0` is the output.

    {"f": {"op": "linear", "input": ["x", "h_prev_0"]},
     "h_new_0": {"op": "activation_tanh", "input": ["f"]}}
"""

from __future__ import annotations

from cellsearch.ir import Cell
from cellsearch.lang.foreign.base import Format
from cellsearch.lang.foreign.nas_bench_nlp.parsing import parse_recipe
from cellsearch.lang.foreign.nas_bench_nlp.reading import cell_of
from cellsearch.lang.foreign.nas_bench_nlp.recipe import print_recipe
from cellsearch.lang.foreign.nas_bench_nlp.writing import recipe_of


class NasBenchNlp(Format):
    """One recipe."""

    def read(self, text: str, name: str) -> Cell:
        return cell_of(parse_recipe(text), name)

    def write(self, cell: Cell) -> str:
        return print_recipe(recipe_of(cell))
