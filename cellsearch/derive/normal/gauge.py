"""What may be changed in a cell's weights without changing the cell, grade by grade.

Every state may be negated, and every weight but in the strongest grade; in the weakest grade both
may be scaled. So may the values inside of a cell. Each term of each polynomial is an equation for
these signs and scales.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cellsearch.derive.normal.form import NormalForm
from cellsearch.derive.normal.functions import EVEN, ODD
from cellsearch.derive.normal.laws import Law
from cellsearch.derive.normal.scales import Scales
from cellsearch.derive.normal.signs import Signs

Key = tuple[object, ...]


@dataclass(frozen=True)
class Grade:
    """What may differ between two cells that are written alike.

    Attributes:
        name: of the grade.
        signs: whether weights may be negated. States always may.
        laws: whether weights have to start alike.
        scales: whether weights and states may be scaled.
    """

    name: str
    signs: bool
    laws: bool
    scales: bool = False

    def told(self, c: float) -> float:
        """What tells coefficients apart: fewer digits than they are reckoned with."""
        return 1.0 if self.scales else abs(c) if (c * 16).is_integer() else float(f"{abs(c):.11g}")


IDENTICAL = Grade("identical", signs=False, laws=True)
MIRROR = Grade("mirror", signs=True, laws=True)
OTHER_START = Grade("other_start", signs=True, laws=False)
OTHER_PARAMETERS = Grade("other_parameters", signs=True, laws=False, scales=True)

# Of these the factor of the value is that of what they read; of those, of both that they read.
_LINEAR = frozenset({"sum", "rows", "columns", "transposed", "value"})
_BILINEAR = frozenset({"product", "matrices"})
# All whose factor is that of the one value that they read, or its sign or size.
_FOLLOWING = _LINEAR | ODD | {"abs"}
_FREE = _LINEAR | _BILINEAR | ODD | EVEN


class _Factor(NamedTuple):
    """What an atom is multiplied by: its sign (see `Signs`), the keys of its scale with powers."""

    signs: int
    scaled: list[tuple[Key, int]]


class Gauge:
    """The signs and scales of one cell, in one grade."""

    def __init__(self, form: NormalForm, grade: Grade) -> None:
        self.al, self.grade = form.algebra, grade
        self.signs, self.scales = Signs(), Scales()
        starts = [form.laws.of_state(s) for s in form.updates]
        # What a state starts as is no free weight.
        self.held: set[Key] = {("weight", w) for law in starts for w in law.reads}
        self.held |= {("state", s) for s, law in zip(form.updates, starts, strict=True) if law.text}
        self._known: dict[int, _Factor] = {}
        self._containers: dict[Key, int] = {}

    def left(self) -> str:
        """What no change of signs and scales alters."""
        return f"{self.signs.left()} {self.scales.left()}"

    def factor(self, key: Key) -> float:
        """What a weight is of its counterpart in the text."""
        sign = -1.0 if self.signs.negated(key) else 1.0
        return sign * (self.scales.of(key) if self.grade.scales else 1.0)

    def read(self, a: int, i: int) -> Key | None:
        """The key of what an atom reads, where its factor is free."""
        return ("read", a, i) if self.al.atoms[a].kind in _FREE else None

    def term(self, m: Iterable[tuple[int, int]], c: float, container: Key | None) -> None:
        """A term of what `container` holds; None: of what is given."""
        signs = 0 if container is None else self._inside(container)
        for a, r in m:
            if r % 2:
                signs ^= self._factor(a).signs
        self.signs.row(signs, c < 0)
        if self.grade.scales:
            self._scale_row(m, c, container)

    def _scale_row(self, m: Iterable[tuple[int, int]], c: float, container: Key | None) -> None:
        inside = [] if container is None else [container]
        powers: dict[Hashable, float] = {k: -1.0 for k in inside if self._scales(k)}
        for a, r in m:
            for k, power in self._factor(a).scaled:
                powers[k] = powers.get(k, 0.0) + r * power
        self.scales.row({k: r for k, r in powers.items() if r}, abs(c))

    def _inside(self, container: Key) -> int:
        if container not in self._containers:
            self._containers[container] = self._mask([container])
        return self._containers[container]

    def _mask(self, keys: Iterable[Key]) -> int:
        """The signs of those that may be negated."""
        return self.signs.of([k for k in keys if self.negates(k)])

    def law(self, law: Law, owner: Key) -> None:
        """The rows that an initial law makes."""
        read: list[Key] = [("weight", w) for w in law.reads]
        if law.text == "w0":
            self._tied([owner, *read])
        elif law.reads or law.sign is None:
            for key in (owner, *read):
                self._tied([key])
        elif law.sign:
            self._tied([owner], law.sign < 0)

    def _tied(self, keys: list[Key], negative: bool = False) -> None:
        signs = self._mask(keys)
        if signs:
            self.signs.row(signs, negative)

    def _factor(self, a: int) -> _Factor:
        if a not in self._known:
            keys = self._keys(a)
            even = self.al.atoms[a].kind in EVEN
            signs = 0 if even else self._mask([k for k, r in keys if r % 2])
            scaled = [x for x in keys if self._scales(x[0])] if self.grade.scales else []
            self._known[a] = _Factor(signs, scaled)
        return self._known[a]

    def _keys(self, a: int) -> list[tuple[Key, int]]:
        """The keys whose product is an atom's factor, with their powers."""
        atom = self.al.atoms[a]
        if atom.kind in ("weight", "state"):
            return [((atom.kind, atom.label[0]), 1)]
        if atom.kind in _BILINEAR:
            return [(("read", a, 0), 1), (("read", a, 1), 1)]
        if atom.kind == "inverse":
            return [(("read", a, 0), -1)]
        return [(("read", a, 0), 1)] if atom.kind in _FOLLOWING else []

    def negates(self, key: Key) -> bool:
        """Whether what this is the key of may be negated."""
        return self.grade.signs or key[0] != "weight"

    def _scales(self, key: Key) -> bool:
        if key[0] != "read":
            return key not in self.held
        assert isinstance(key[1], int)
        kind = self.al.atoms[key[1]].kind
        return kind in _LINEAR or kind in _BILINEAR or kind in ("inverse", "abs")
