"""What an ablation is, and what became of the other candidates."""

from __future__ import annotations

from dataclasses import dataclass, field

from cellsearch.ir import Cell

BASE, ABLATION, LIBRARY = "base", "ablation", "library"


@dataclass(frozen=True)
class Equal:
    """Another cell that an ablation equals in a grade, proved.

    Attributes:
        name: of the cell or of the ablation.
        where: `base`, `ablation` (an earlier one) or `library`.
        grade: `identical`, `mirror`, `other_start` or `other_parameters`.
    """

    name: str
    where: str
    grade: str


@dataclass(frozen=True)
class Ablation:
    """A cell that differs from its base in one component.

    Attributes:
        name: a name that a variant of a sweep may have; no two of one base share it.
        kind: of component: `gate`, `coupling`, `order`, `activation`, `term`, `weight`, `bias`,
            `noise`, `start`; or `placebo`, the base's mirror.
        what: the change in one plain phrase.
        edits: lines of the language; the base under them is `cell`.
        cell: the result, with the base's name.
        equals: what it is besides.
        recurrent: whether what it computes still depends on earlier steps without end.
        negate: of a placebo, the weights that negated make it the base.
    """

    name: str
    kind: str
    what: str
    edits: tuple[str, ...]
    cell: Cell
    equals: tuple[Equal, ...] = ()
    recurrent: bool = True
    negate: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Dropped:
    """A candidate that is none, and why.

    Attributes:
        name: as above.
        kind: as above.
        what: as above.
        edits: as above.
        why: in one plain phrase.
    """

    name: str
    kind: str
    what: str
    edits: tuple[str, ...]
    why: str
