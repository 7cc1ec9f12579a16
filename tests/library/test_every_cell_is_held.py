"""No cell is in the library that nothing independent agrees with."""

from papers import transcriptions
from twins import TWINS

from cellsearch.lang import library


def test_every_cell_is_held():
    held = {*transcriptions(), *TWINS}
    assert sorted(set(library()) - held) == []
    assert sorted(held - set(library())) == []
