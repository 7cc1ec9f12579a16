"""What an atom is by itself, without names and signs, as a text."""

from __future__ import annotations

from cellsearch.derive.normal.form import NormalForm
from cellsearch.derive.normal.gauge import Grade
from cellsearch.derive.normal.sizes import Sizes


class Labels:
    """The labels of a form's atoms in a grade."""

    def __init__(self, form: NormalForm, grade: Grade) -> None:
        self.form, self.grade, self.al = form, grade, form.algebra
        self.sizes = Sizes(form.graph)
        self._types = {s.name: s.type for s in form.graph.states}
        self._known: dict[int, str] = {}
        self._weights: dict[str, str] = {}

    def of(self, a: int) -> str:
        """The label of an atom."""
        if a not in self._known:
            self._known[a] = self._new(a)
        return self._known[a]

    def _new(self, a: int) -> str:
        atom = self.al.atoms[a]
        match atom.kind:
            case "weight":
                return f"weight {self.weight(str(atom.label[0]))}"
            case "state":
                name = str(atom.label[0])
                law = self.form.laws.of_state(name).text
                return f"state {self.sizes.type(self._types[name])} {law}"
            case "noise":
                return f"noise {atom.label[1:]} {atom.rank}"
        return f"{atom.kind} {atom.label} {atom.rank}"

    def weight(self, name: str) -> str:
        """The label of a weight: type, form and, where it counts, initial law."""
        if name not in self._weights:
            w = self.form.graph.weights[name]
            law = self.form.laws.of_weight(name).text if self.grade.laws else ""
            told = f"{self.sizes.type(w.type)} {w.form.heads} {w.form.side} {law}"
            self._weights[name] = told
        return self._weights[name]
