"""Measured time, alone on its device, side by side."""

from cellsearch.bench.measure import measure

__all__ = ["measure"]
