"""The letters of a name: what is set large, what is set low, whether it is primed."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LETTERS = """
α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi
π pi ρ rho σ sigma τ tau υ upsilon φ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi
Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega
"""
SPELT = dict(re.findall(r"(\S) (\S+)", _LETTERS))
GREEK = {spelt: letter for letter, spelt in SPELT.items()} | {"eps": "ε", "lam": "λ"}
# Spelt out, pi and psi are diagonal weights (of i, of si), and capitals are matrices.
_READ = frozenset(c for c in GREEK if c.islower()) - {"pi", "psi"}
# Words are not split; but `bgh` is the bias of `gh`, `pgh` its diagonal weight.
_WORD = re.compile(r"(?![bp]..$)[a-z]{3,}|([ac-oq-z])\1")
_FOLLOWING = re.compile(r"_+|(?<=\D)(?=\d)")


@dataclass(frozen=True)
class Letters:
    """A name taken apart.

    Attributes:
        head: one letter, or a word; a Greek letter as itself, also where the name spells it.
        tail: what is set low behind it, part by part.
        primed: `h'` is h at this step, `h` at the one before.
    """

    head: str
    tail: tuple[str, ...]
    primed: bool


def letters(name: str) -> Letters:
    """The letters of a name without an index."""
    parts: list[str] = _FOLLOWING.split(name.removesuffix("'"))
    head, *tail = (p for p in parts if p)
    if head not in _READ and not _WORD.fullmatch(head):
        head, tail = head[0], [head[1:], *tail]
    return Letters(GREEK.get(head, head), tuple(p for p in tail if p), name.endswith("'"))
