"""Formulas in a line of text: letters slanted, what stands low small."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cellsearch.derive.letters import letters


@dataclass(frozen=True)
class Run:
    """A stretch of text that is set alike."""

    text: str
    slanted: bool = False
    low: bool = False


Words = tuple[Run, ...]

_DELAYED = re.compile(r"delay\((.*), (\d+)\)( #\d+)?$")
_NAME = re.compile(r"\w+(\[\d+\])?'?")
# What stands for an expression that is not spelt out.
HOLE = "\N{MIDDLE DOT}"
_MINUS = "\N{MINUS SIGN}"


def plain(text: str) -> Words:
    """Text set upright."""
    return (Run(text),)


def low(text: str, slanted: bool = False) -> Words:
    """Text set low."""
    return (Run(text, slanted, low=True),)


def number(value: float) -> Words:
    """A number, to four digits."""
    written = re.sub(r"e([+-])0*", lambda m: "e" + m[1].strip("+"), f"{value:.4g}")
    return plain(written.replace("-", _MINUS))


def name(text: str) -> Words:
    """A name of the cell: `W` with a low `i` for `Wi`, `u` with a low 2 for `u[2]`."""
    what, steps = delayed(text)
    if steps:
        return joined(_short(what), low(f"{_MINUS}{steps}"))
    if not _NAME.fullmatch(text):
        return _short(text)
    stem, _, index = text.partition("[")
    parts = letters(stem)
    lower = [*parts.tail, *([index.rstrip("]")] if index else [])]
    prime = plain("\N{PRIME}") if parts.primed else ()
    # A slanted word would be a product of letters.
    head = Run(parts.head, slanted=len(parts.head) == 1)
    return (head, *(low(",".join(lower)) if lower else ()), *prime)


def delayed(text: str) -> tuple[str, int]:
    """What is remembered, and of how many steps ago: 0 for what is no delay."""
    found = _DELAYED.match(text)
    return (found[1], int(found[2])) if found else (text, 0)


def _short(text: str) -> Words:
    """A name, or a dot in the place of an expression."""
    return name(text) if _NAME.fullmatch(text) else plain(f"({HOLE})")


def text(words: Words) -> str:
    """The words without their setting."""
    return "".join(w.text for w in words)


def joined(*parts: Words) -> Words:
    """Words one after the other, neighbours that are set alike made one."""
    runs: list[Run] = []
    for run in (r for p in parts for r in p if r.text):
        if runs and (runs[-1].slanted, runs[-1].low) == (run.slanted, run.low):
            runs[-1] = Run(runs[-1].text + run.text, run.slanted, run.low)
        else:
            runs.append(run)
    return tuple(runs)
