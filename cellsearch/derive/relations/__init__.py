"""How cells are related: identical, mirrors, equal but for their start or their parameters."""

from cellsearch.derive.relations.relate import DIFFERENT, Relation, relate

__all__ = ["DIFFERENT", "Relation", "relate"]
