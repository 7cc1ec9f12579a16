"""What a format is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from cellsearch.ir import Cell


class Format(ABC):
    """A way in which others write cells down."""

    @abstractmethod
    def read(self, text: str, name: str) -> Cell:
        """The cell that a text describes.

        Args:
            text: what a file holds, as it was found: it may be anything.
            name: what the cell is to be called, a legal name.

        Raises:
            LanguageError: the text is no cell of this format; which node it is, what was expected.
        """

    @abstractmethod
    def write(self, cell: Cell) -> str:
        """A text, ending in a newline, that reads back to a cell with the same `cell_hash`.

        Raises:
            LanguageError: the format cannot hold the cell; which equation it is.
        """
