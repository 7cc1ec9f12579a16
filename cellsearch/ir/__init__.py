"""What a cell is: as it is written (`Cell`) and as what it computes (`Graph`)."""

from cellsearch.ir.cell import Cell
from cellsearch.ir.elaborate import elaborate
from cellsearch.ir.graph import Graph, Node, StateValue, Weight

__all__ = ["Cell", "Graph", "Node", "StateValue", "Weight", "elaborate"]
