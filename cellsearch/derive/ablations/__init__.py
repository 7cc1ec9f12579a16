"""Every ablation of a single component that follows from a cell's equations."""

from cellsearch.derive.ablations.ablation import Ablation, Dropped, Equal
from cellsearch.derive.ablations.derive import Derived, ablations, derived, placebo

__all__ = ["Ablation", "Derived", "Dropped", "Equal", "ablations", "derived", "placebo"]
