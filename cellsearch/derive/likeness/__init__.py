"""Which cells of a collection a cell equals, and which are one equation away from it."""

from cellsearch.derive.likeness.collection import Collection, Likeness
from cellsearch.derive.likeness.nearby import Nearby, nearby

__all__ = ["Collection", "Likeness", "Nearby", "nearby"]
