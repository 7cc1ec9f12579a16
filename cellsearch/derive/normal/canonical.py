"""A cell written down so that equal texts mean equal cells, in four grades.

Terms and factors stand in the order of their colours; atoms, weights and states are numbered when
they are met; of signs and sizes stands there what no allowed change of weights alters.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from cellsearch.derive.normal.algebra import Monomial, Polynomial
from cellsearch.derive.normal.colours import Colours
from cellsearch.derive.normal.form import NormalForm
from cellsearch.derive.normal.gauge import IDENTICAL, Gauge, Grade, Key
from cellsearch.derive.normal.labels import Labels
from cellsearch.derive.normal.laws import Law
from cellsearch.derive.normal.swaps import Swaps


@dataclass(frozen=True)
class Canonical:
    """A cell's canonical text, and who is who in it.

    Attributes:
        text: equal for two cells that are the same in this grade.
        weights: the weights' numbers in the text.
        noise: the numbers of the sites of noise.
    """

    text: str
    weights: dict[str, int]
    noise: dict[int, int]
    _gauge: Gauge = field(repr=False)

    def factor(self, weight: str) -> float:
        """By what the weight in the text is multiplied to be this one."""
        return self._gauge.factor(("weight", weight))


# How many atoms are looked at to tell apart what the colours do not; of a small cell, all orders.
_MOST_LOOKS = 10_000


class Scribe:
    """Writes one cell down, in any grade; grades that tell the same things share their colours."""

    def __init__(self, form: NormalForm) -> None:
        self._form = form
        self._known: dict[tuple[bool, bool], tuple[Labels, Colours]] = {}

    def written(self, grade: Grade) -> Canonical:
        """The cell in a grade."""
        labels, colours = self._coloured(grade)
        swaps = Swaps(self._form)
        search = _Search(lambda c: _Writer(self._form, grade, labels, c).written(), swaps)
        return search.least(colours)

    def _coloured(self, grade: Grade) -> tuple[Labels, Colours]:
        key = (grade.laws, grade.scales)
        if key not in self._known:
            labels = Labels(self._form, grade)
            self._known[key] = labels, Colours(self._form, labels.of, grade.told)
        return self._known[key]


def canonical(form: NormalForm, grade: Grade = IDENTICAL) -> Canonical:
    """A cell written down in a grade."""
    return Scribe(form).written(grade)


class _Search:
    """The least text over the orders of atoms that their colours leave open.

    Where swapping two atoms changes nothing, both orders give one text, and one is enough. A large
    cell with many ties is written in one of the orders.
    """

    def __init__(self, write: Callable[[Colours], Canonical], swaps: Swaps) -> None:
        self._write, self._swaps = write, swaps
        self._looks = _MOST_LOOKS

    def least(self, colours: Colours) -> Canonical:
        """The least text under these colours."""
        found: list[Canonical] = []
        firsts: set[str] = set()
        for a in self._different(colours.tied()):
            if self._looks <= 0:
                break
            told = self._split(colours, a)
            first = self._first(told)
            if first.text not in firsts:
                firsts.add(first.text)
                found.append(self.least(told) if told.tied() else first)
        return min(found, key=lambda c: c.text) if found else self._first(colours)

    def _different(self, tied: list[int]) -> list[int]:
        """Of atoms that can change places, one."""
        return [a for i, a in enumerate(tied) if not i or not self._swaps.allowed(tied[0], a)]

    def _first(self, colours: Colours) -> Canonical:
        while self._looks > 0 and (tied := colours.tied()):
            colours = self._split(colours, tied[0])
        return self._write(colours)

    def _split(self, colours: Colours, a: int) -> Colours:
        self._looks -= len(colours.live)
        return colours.split(a)


class _Writer:
    def __init__(self, form: NormalForm, grade: Grade, labels: Labels, colours: Colours) -> None:
        self.form, self.grade, self.al = form, grade, form.algebra
        self.labels, self.colours = labels, colours
        self.gauge = Gauge(form, grade)
        self.numbers: dict[int, int] = {}
        self.weights: dict[str, int] = {}
        self.noise: dict[int, int] = {}
        self.waiting: deque[int] = deque()

    def written(self) -> Canonical:
        lines = [f"inputs {len(self.form.graph.inputs)}"]
        lines.append(self._polynomial(self.form.output, None))
        while self.waiting:
            lines.append(self._line(self.waiting.popleft()))
        lines += self._weight_lines()
        lines.append(str(self.labels.sizes.needs(self.form.graph.needs)))
        lines.append(self.gauge.left())
        return Canonical("\n".join(lines), self.weights, self.noise, self.gauge)

    def _line(self, a: int) -> str:
        atom = self.al.atoms[a]
        match atom.kind:
            case "weight":
                name = str(atom.label[0])
                return f"weight {self.weights.setdefault(name, len(self.weights))}"
            case "state":
                return self._state_line(a, str(atom.label[0]))
            case "noise":
                assert isinstance(atom.label[0], int)
                self.noise.setdefault(atom.label[0], len(self.noise))
                return self.labels.of(a)
        inner = (self._polynomial(p, self.gauge.read(a, i)) for i, p in enumerate(atom.args))
        return f"{self.labels.of(a)} {' , '.join(inner)}"

    def _polynomial(self, p: Polynomial, container: Key | None) -> str:
        """Terms in the order of their colours."""
        terms = sorted(p, key=lambda t: self.colours.term(*t)) if len(p) > 1 else p
        return " + ".join([self._term(m, c, container) for m, c in terms])

    def _term(self, m: Monomial, c: float, container: Key | None) -> str:
        order = sorted(m, key=lambda x: (self.colours[x[0]], x[1])) if len(m) > 1 else m
        factors = [f"{self._number(a)}^{r}" for a, r in order]
        self.gauge.term(order, c, container)
        return f"{self.grade.told(c):.12g} {'.'.join(factors)}"

    def _number(self, a: int) -> int:
        if a not in self.numbers:
            self.numbers[a] = len(self.numbers)
            self.waiting.append(a)
        return self.numbers[a]

    def _state_line(self, a: int, name: str) -> str:
        law = self.form.laws.of_state(name)
        key = ("state", name)
        told = self._law(law, key)
        update = self._polynomial(self.form.updates[name], key)
        return f"{self.labels.of(a)} {told} = {update}"

    def _weight_lines(self) -> list[str]:
        """What the weights are; a law may read weights that nothing else does."""
        lines: list[str] = []
        while len(lines) < len(self.weights):
            name = list(self.weights)[len(lines)]
            law = self.form.laws.of_weight(name)
            told = self._law(law, ("weight", name)) if self.grade.laws else ""
            lines.append(f"{self.labels.weight(name)} {told}")
        return lines

    def _law(self, law: Law, owner: Key) -> str:
        """The weights that a law reads."""
        self.gauge.law(law, owner)
        sign = "" if self.gauge.negates(owner) or not law.sign else f"{law.sign:+}"
        return f"{sign}{[self.weights.setdefault(w, len(self.weights)) for w in law.reads]}"
