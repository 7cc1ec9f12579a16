"""Where a cell's equations stand, and the edits that write them anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cellsearch.derive.ablations.tidy import tidy
from cellsearch.ir.cell import Equation, Line, Repeat
from cellsearch.ir.expressions import Expression, Name, rewrite
from cellsearch.lang.printer import INDENT, print_line

Path = tuple[int, ...]
Wanted = Callable[[Expression], bool]


@dataclass(frozen=True)
class Place:
    """An equation, and the blocks that it stands in, the outermost first."""

    line: Equation
    blocks: tuple[Repeat, ...] = ()

    @property
    def family(self) -> str:
        """The name that all rounds share: `u` of `u[k]`."""
        return self.line.target.name

    def edit(self, value: Expression, target: Name | None = None) -> str:
        """The edit that gives this equation, or another one beside it, a value."""
        line = print_line(Equation(target or self.line.target, tidy(value)))
        lines = [*map(print_line, self.blocks), line]
        return "\n".join(INDENT * i + text for i, text in enumerate(lines))


@dataclass(frozen=True)
class Spot:
    """A part of an equation's value."""

    place: Place
    path: Path

    @property
    def part(self) -> Expression:
        """What stands there."""
        return at(self.place.line.value, self.path)

    def edit(self, new: Expression) -> str:
        """The edit that writes something else there."""
        return self.place.edit(put(self.place.line.value, self.path, new))


def places(lines: Iterable[Line], blocks: tuple[Repeat, ...] = ()) -> Iterator[Place]:
    """Every equation, in the order of the lines."""
    for line in lines:
        if isinstance(line, Equation):
            yield Place(line, blocks)
        if isinstance(line, Repeat):
            yield from places(line.body, (*blocks, line))


def below(e: Expression, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """An expression and all that it is made of, from the top. An index is a part of a name."""
    yield path, e
    if not isinstance(e, Name):
        for i, part in enumerate(e.parts):
            yield from below(part, (*path, i))


def at(e: Expression, path: Path) -> Expression:
    """What stands at a path."""
    for i in path:
        e = e.parts[i]
    return e


def put(e: Expression, path: Path, new: Expression) -> Expression:
    """An expression with another part at a path."""
    if not path:
        return new
    i, *rest = path
    parts = list(e.parts)
    parts[i] = put(parts[i], tuple(rest), new)
    return e.with_parts(tuple(parts))


def together(family: Iterable[Place], wanted: Wanted) -> Iterator[tuple[Spot, ...]]:
    """The wanted parts of a family's equations, those of one component in one tuple.

    Where no equation has two they are one component, else those that differ in indices alone are.
    """
    found = [[Spot(p, path) for path, e in below(p.line.value) if wanted(e)] for p in family]
    several = max(map(len, found), default=0) > 1
    groups: dict[object, list[Spot]] = {}
    for spots in found:
        keys = [_plain(s.part) if several else None for s in spots]
        for n, (key, spot) in enumerate(zip(keys, spots, strict=True)):
            # What stands twice in one equation is two components.
            groups.setdefault((key, keys[:n].count(key)), []).append(spot)
    yield from map(tuple, groups.values())


def said(spots: Iterable[Spot]) -> str:
    """What stands at some spots; once, where that differs in indices alone."""
    first = {_plain(s.part): s.part for s in reversed(list(spots))}
    return " and ".join(map(str, reversed(first.values())))


def _plain(e: Expression) -> Expression:
    """An expression without indices."""
    return rewrite(e, lambda part: Name(part.name) if isinstance(part, Name) else None)
