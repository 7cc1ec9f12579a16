"""The type of a value: scalar, vector or matrix, and how wide.

While types are being found (`ir/infer.py`) widths are slots, which turn out to be the same, or a
size.
"""

from __future__ import annotations

from typing import NamedTuple

from cellsearch.ir.widths import H, Size

SCALAR, VECTOR, MATRIX = "scalar", "vector", "matrix"
_KINDS = (SCALAR, VECTOR, MATRIX)


class Type(NamedTuple):
    """A kind, and as many sizes as it has dimensions: none, one, or rows and columns."""

    sizes: tuple[Size, ...] = ()

    @property
    def kind(self) -> str:
        """`scalar`, `vector` or `matrix`."""
        return _KINDS[len(self.sizes)]

    def __str__(self) -> str:
        if len(self.sizes) == 2:
            return f"({self.sizes[0]}, {self.sizes[1]})"
        return str(self.sizes[0]) if self.sizes else "scalar"


class Open(NamedTuple):
    """A type in the making: its slots are found to be the same, or to be a size, later."""

    slots: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        return _KINDS[len(self.slots)]


class Slots:
    """Union-find over widths. A slot's root is a size, or still open."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._size: dict[int, Size] = {}
        self._of: dict[tuple[float, ...], int] = {}

    def fresh(self) -> int:
        self._parent.append(len(self._parent))
        return len(self._parent) - 1

    def of(self, size: Size) -> int:
        """The slot of a known size; equal sizes share it."""
        if size.values not in self._of:
            slot = self._of[size.values] = self.fresh()
            self._size[slot] = size
        return self._of[size.values]

    def root(self, slot: int) -> int:
        while self._parent[slot] != slot:
            self._parent[slot] = self._parent[self._parent[slot]]
            slot = self._parent[slot]
        return slot

    def permit(self, a: Size, b: Size) -> None:
        """From here on the two sizes are one."""
        self._parent[self.root(self.of(a))] = self.root(self.of(b))

    def unify(self, a: int, b: int) -> tuple[Size, Size] | None:
        """Make two slots one. What stands against it: the two sizes that differ."""
        a, b = self.root(a), self.root(b)
        if a == b:
            return None
        if a in self._size and b in self._size:
            return self._size[a], self._size[b]
        if a in self._size:
            a, b = b, a
        self._parent[a] = b
        return None

    def size(self, slot: int) -> Size:
        """What a slot was found to be; H where nothing determined it."""
        return self._size.get(self.root(slot), H)
