"""Names of a cell as names of a program: `u[1]` is `u_1`, what is taken already ends in `_`."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable
from itertools import chain, count

from cellsearch.ir.delays import Memory
from cellsearch.ir.expressions import Name

# Linters take them for digits (E741).
_AMBIGUOUS = frozenset({"l", "O", "I"})


class Names:
    """Legal names, each given once.

    Args:
        taken: names that nothing may have.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*keyword.kwlist, *taken}
        self._fresh: set[str] = set()
        self._given: dict[str, str] = {}

    def of(self, key: str, wanted: str | None = None) -> str:
        """The name of what the cell calls `key`; the same at every call."""
        if key not in self._given:
            self._given[key] = self.fresh(key if wanted is None else wanted)
        return self._given[key]

    def fresh(self, wanted: str) -> str:
        """A name that nothing else has, as near as can be to the one that is wanted."""
        first = legal(wanted)
        first = f"{first}_" if first in self._taken else first
        numbered = (f"{first}_{n}" for n in count(2))
        name = next(n for n in chain([first], numbered) if n not in self._fresh | self._taken)
        self._fresh.add(name)
        return name


def legal(name: str) -> str:
    """A cell's name as an identifier; Greek letters are letters there too."""
    plain = name.replace("[", "_").replace("]", "").replace("'", "_new")
    # Python reads its source in this form.
    plain = unicodedata.normalize("NFKC", plain)
    return plain + "_" if plain in _AMBIGUOUS else plain


def memory_name(memory: Memory, k: int) -> str:
    """What a delay remembers of k steps ago: `x_ago_1`, or `value_ago_1` of no single name."""
    match memory.what:
        case Name(name=n):
            return f"{n.rstrip(chr(39))}_ago_{k}"
    return f"value_ago_{k}"
