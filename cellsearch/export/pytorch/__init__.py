"""The format `torch`: a file of Python that imports torch alone."""

from cellsearch.export.pytorch.module import export

__all__ = ["export"]
