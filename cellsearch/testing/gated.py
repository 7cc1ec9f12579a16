"""Small gated cells from a small grammar, so that many are equal, written alike or not.

`random_cell` (cells.py) visits every corner of the language; these are what a search would draw.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

_GATE = ("sigmoid({})", "sigmoid({})", "(1 + tanh({})) / 2", "1 - sigmoid({})", "tanh({})")
_CANDIDATE = ("tanh({})", "tanh({})", "relu({})", "-tanh({})", "{}")


def gated_cell(rng: random.Random) -> str:
    """The text of a valid cell: one or two states, up to three gates, a candidate."""
    return _Gated(rng).text()


class _Gated:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.states = rng.choice((["h"], ["h"], ["h", "c"]))
        self.params: list[str] = []
        self.lines: dict[str, str] = {}

    def text(self) -> str:
        """The whole cell."""
        makers = {"z": self._gate, "r": self._gate, "g": self._gate, "n": self._candidate}
        update = self._update()
        if self.states == ["h"]:
            self.lines["h'"] = f"{update} + h" if "h" not in _names(update) else update
        else:
            self.lines["c'"] = update if "c" in _names(update) else f"c + {update}"
            self.lines["h'"] = self.rng.choice(("g * tanh(c')", "tanh(c')", "g * c'", "n * g + c'"))
        while missing := self._missing(makers):
            self.lines[missing] = makers[missing](missing)
        if not any("h" in _names(value) for value in self.lines.values()):
            self.lines["h'"] += " + h"
        head = f"cell gated(x; {', '.join(self.states)})"
        lines = [f"    {name} = {value}" for name, value in self.lines.items()]
        return "\n".join([head, *lines, *(f"    param {p}" for p in self.params), *self._start()])

    def _start(self) -> list[str]:
        biases = [w for w in ("bz", "br") if w in " ".join(self.lines.values())]
        return [
            f"    init {w} = {self.rng.choice('12')}" for w in biases if self.rng.random() < 0.1
        ]

    def _missing(self, makers: Mapping[str, Callable[[str], str]]) -> str | None:
        read = {n for value in self.lines.values() for n in _names(value)}
        return next((n for n in makers if n in read and n not in self.lines), None)

    def _update(self) -> str:
        old = self.states[-1]
        return self.rng.choice(
            (
                f"z * {old} + (1 - z) * n",
                f"(1 - z) * {old} + z * n",
                f"{old} + z * (n - {old})",
                f"z * {old} + r * n",
                f"z * {old} + g * n",
                f"r * {old} + z * n",
                f"(1 - z) * {old} + r * n",
                "n",
                "z * n",
                f"n + {old}",
                f"z * tanh({old}) + r * n",
                f"max(z * {old}, n)",
            )
        )

    def _gate(self, name: str) -> str:
        return self.rng.choice(_GATE).format(self._sum(name))

    def _candidate(self, name: str) -> str:
        return self.rng.choice(_CANDIDATE).format(self._sum(name))

    def _sum(self, name: str) -> str:
        """The input's term, the state's, a bias; each in one of several ways."""
        old = self.rng.choice(self.states)
        x = self.rng.choice((f"W{name} @ x", f"W{name} @ x", f"-W{name} @ x", f"2 * (W{name} @ x)"))
        h = self.rng.choice(
            (
                f"U{name} @ h",
                f"U{name} @ h",
                f"-U{name} @ h",
                f"U{name} @ (r * h)" if name == "n" else f"U{name} @ {old}",
                f"r * (U{name} @ h)" if name == "n" else f"p{name} * {old}",
            )
        )
        terms = self.rng.sample([x, h], self.rng.choice((1, 2, 2, 2)))
        if x not in terms:
            terms.append(x)
        if self.rng.random() < 0.6:
            terms.append(f"b{name}")
            if self.rng.random() < 0.15:
                self.params.append(f"c{name}")
                terms.append(f"c{name}")
            if self.rng.random() < 0.1:
                terms.append("1")
        self.rng.shuffle(terms)
        return " + ".join(terms)


def _names(text: str) -> list[str]:
    return re.findall(r"[a-z]\w*", text)
