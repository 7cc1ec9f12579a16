"""Within which ends every value of a cell stays, and which states nothing keeps."""

from cellsearch.derive.ranges.growth import unbounded
from cellsearch.derive.ranges.interval import Interval
from cellsearch.derive.ranges.ranges import ranges

__all__ = ["Interval", "ranges", "unbounded"]
