"""Parts by name, whoever offers them."""

from __future__ import annotations

import pytest

from cellsearch.errors import ConfigError
from cellsearch.registry import Registry

GROUP = "cellsearch.shapes"
SHAPES = Registry("shape", GROUP, {"fraction": "fractions:Fraction", "gone": "fractions:gone"})


def test_names_are_ours_and_theirs(offered) -> None:
    offered(GROUP, "disc", "no_such_package:Disc")
    assert SHAPES.names() == ("disc", "fraction", "gone")


def test_ours_is_not_replaced(offered) -> None:
    offered(GROUP, "fraction", "no_such_package:Disc")
    assert SHAPES.make("fraction", 1, 2) == 0.5


def test_theirs_is_made(offered) -> None:
    offered(GROUP, "disc", "decimal:Decimal")
    assert SHAPES.make("disc", "0.5") == 0.5


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown shape 'fractoin'; nearest is 'fraction'"):
        SHAPES.check("fractoin")


def test_what_of_theirs_cannot_be_loaded_is_named(offered) -> None:
    offered(GROUP, "disc", "no_such_package:Disc")
    with pytest.raises(ConfigError, match=r"shape 'disc' \(no_such_package:Disc\) cannot be load"):
        SHAPES.load("disc")


def test_what_of_theirs_cannot_be_made_is_named(offered) -> None:
    offered(GROUP, "disc", "fractions:Fraction")
    with pytest.raises(ConfigError, match=r"'disc' \(fractions:Fraction\) cannot be made: Invalid"):
        SHAPES.make("disc", "half")


def test_a_fault_of_ours_is_no_fault_of_the_user() -> None:
    with pytest.raises(AttributeError):
        SHAPES.load("gone")


def test_another_kind_is_refused(offered) -> None:
    offered(GROUP, "disc", "math:pi")
    with pytest.raises(ConfigError, match=r"shape 'disc': got 3\.14.*, expected a subclass of int"):
        SHAPES.load_class("disc", int)
