"""A relation of two cells in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellsearch.derive.other_starts import OtherStart
    from cellsearch.derive.relations import Relation
    from cellsearch.derive.relations.maps import Map


def sentence(relation: Relation, starts: Sequence[OtherStart]) -> str:
    """What the relation of A and B is, and what follows from it for training."""
    through = _through(relation.map)
    match relation.grade:
        case "identical":
            return f"identical: A is B{through}; the same law of training"
        case "mirror":
            return f"mirror: A is B{through}; the same law of training, a placebo"
        case "other_start":
            return f"other start: the same functions{through}; {_started(starts)}"
        case "other_parameters":
            how = "start, step size and decay differ"
            return f"other parameters: the same functions{through}; {how}"
    return (
        "different: no relation was found "
        "(a relation that exists may be missed; none that is claimed is false)"
    )


def _through(map: Map) -> str:
    """What the map does to the weights of B that are not simply A's of the same name."""
    said = {name: str(e) for name, e in map.items() if str(e) != name}
    if not said:
        return ""
    if all(e == f"-{name}" for name, e in said.items()):
        return f" with {', '.join(said)} negated"
    return f" where B's {', '.join(f'{name} = {e}' for name, e in said.items())} of A"


def _started(starts: Sequence[OtherStart]) -> str:
    each = (f"init {s.weight} = {s.b} in B, {s.a} in A" for s in starts)
    return "; ".join(each) or "what they start as differs"
