"""Formats by name, ours and those of other packages."""

import pytest

from cellsearch.errors import ConfigError
from cellsearch.lang import foreign, load_cell, parse_cell


class Shout(foreign.Format):
    """What another package might offer: a cell in capitals."""

    def read(self, text, name):
        return parse_cell(text.lower())

    def write(self, cell):
        return f"{cell.name.upper()}\n"


def test_ours_are_named():
    assert foreign.names() == ("darts", "enas", "nas-bench-nlp")


def test_an_unknown_format_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="unknown format 'enass'; nearest is 'enas'"):
        foreign.read("enass", "0", "a")


def test_another_package_offers_one(offered):
    offered("cellsearch.formats", "shout", f"{__name__}:Shout")
    assert "shout" in foreign.names()
    cell = foreign.read("shout", "CELL A(X; H)\n    H' = X * H", "a")
    assert (cell.name, foreign.write("shout", load_cell("lstm"))) == ("a", "LSTM\n")


def test_what_is_no_format_is_refused(offered):
    offered("cellsearch.formats", "shout", "math:pi")
    with pytest.raises(ConfigError, match=r"format 'shout': got 3\.14.*, expected a subclass of"):
        foreign.write("shout", load_cell("lstm"))
