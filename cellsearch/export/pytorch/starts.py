"""What weights and states start as, in lines: `reset_parameters` and `start`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cellsearch.export.pytorch.code import (
    INDENT,
    After,
    Atom,
    Code,
    assignment,
    call,
    listed,
    statement,
)
from cellsearch.export.pytorch.laws import Owner, Part
from cellsearch.export.pytorch.source import Source
from cellsearch.export.pytorch.step import carried
from cellsearch.export.pytorch.values import Shaper
from cellsearch.ir.expressions import Call, Expression, Name, names, walk
from cellsearch.ir.graph import Weight
from cellsearch.ir.ops import DRAWS
from cellsearch.ir.starts import source_weight
from cellsearch.ir.types import Type

_BODY = INDENT * 2
_BY_DIMENSIONS = (
    f"{_BODY}for weight in self.parameters():",
    f"{_BODY}    if weight.dim() > 1:",
    f"{_BODY}        nn.init.uniform_(weight, -bound, bound)",
    f"{_BODY}    else:",
    f"{_BODY}        nn.init.zeros_(weight)",
)


class Starts:
    """The lines of both, and what they need.

    Attributes:
        reset: of `reset_parameters`.
        start: of `start`.
        helpers: functions that the file has to define.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.helpers: set[str] = set()
        self.x = source.local(source.cell.inputs[0])
        self.shaper = Shaper(self.x, "batch", source.plane, source.width)
        self.reset = [*self._default_laws(), *self._own_laws()]
        self.start = list(self._states())

    def _default_laws(self) -> Iterator[str]:
        weights = self.source.graph.weights.values()
        default = [w for w in weights if w.start is None]
        matrices = [w for w in default if w.type.kind == "matrix"]
        if matrices:
            yield f"{_BODY}bound = 1 / math.sqrt(self.hidden_size)"
        if len(default) == len(weights) and 0 < len(matrices) < len(default):
            yield from _BY_DIMENSIONS
            return
        yield from self._all("uniform_", matrices, ", -bound, bound")
        yield from self._all("zeros_", [w for w in default if w not in matrices], "")

    def _all(self, law: str, weights: list[Weight], ends: str) -> Iterator[str]:
        """The same law for some weights, which are named unless they are all there are."""
        named = [self._attribute(w) for w in weights]
        if len(named) == 1:
            yield f"{_BODY}nn.init.{law}({named[0]}{ends})"
        elif named:
            if len(named) == len(self.source.graph.weights):
                yield f"{_BODY}for weight in self.parameters():"
            else:
                yield from listed("for weight in ", named, ":", _BODY)
            yield f"{_BODY}    nn.init.{law}(weight{ends})"

    def _attribute(self, w: Weight) -> str:
        return f"self.{self.source.attributes.of(w.name)}"

    def _own_laws(self) -> Iterator[str]:
        """The weights with a law of their own, each after those that it starts from."""
        weights = self.source.graph.weights
        done: set[str] = set()

        def follow(name: str) -> Iterator[str]:
            w = weights[name]
            if name in done or w.start is None:
                return
            done.add(name)
            for n in names(w.start):
                read = source_weight(n, name, weights)
                if read is not None:
                    yield from follow(read)
            yield from self._law(w, w.start)

        for name in weights:
            yield from follow(name)

    def _law(self, w: Weight, start: Expression) -> Iterator[str]:
        own = self._attribute(w)
        owner = Owner(self.source, w.name, own, f"len({own})", w.type, _dimensions(w))
        draws = [e for e in walk(start) if _is_draw(e)]
        # What is drawn once is drawn in place; what is made of it is written over it.
        if len(draws) == 1 and (lines := list(_drawn(w, draws[0], owner))):
            yield from lines
            owner = replace(owner, drawn=draws[0])
        if start is not owner.drawn:
            part = owner.of(start)
            law = ("nn.init.constant_", own) if part.is_number else (f"{own}.copy_",)
            code = call(*law, part.code)
            yield from _written(code, owner)
        self.helpers |= owner.helpers

    def _states(self) -> Iterator[str]:
        graph, source = self.source.graph, self.source
        yield f"{_BODY}batch = {self.x}.shape[1]"
        codes = [self._state(s.type, s.start) for s in graph.states]
        if len(codes) == 1:
            yield from statement("return ", codes[0], _BODY, lambda: source.locals.fresh("part"))
            return
        for variable, code in zip(carried(source), codes, strict=True):
            yield from assignment(variable, code, _BODY, source.locals.fresh)
        yield from listed("return ", list(carried(source)), "", _BODY)

    def _state(self, type: Type, start: Expression | None) -> Code:
        shape = ", ".join(self.shaper.full_sizes(type))
        if start is None:
            return call(f"{self.x}.new_zeros", shape)
        units = str(self.source.width(type.sizes[0])) if type.sizes else "1"
        owner = Owner(self.source, "", self.x, units, type, len(type.sizes))
        part = owner.of(start)
        self.helpers |= owner.helpers
        if part.is_number:
            return call(f"{self.x}.new_full", f"({shape})", part.code)
        plane = self.source.plane and len(type.sizes) == 1
        code = After(part.code, "[:, None, None]") if plane else part.code
        return After(code, f".expand({shape})")


def _is_draw(e: Expression) -> bool:
    return e == Name("orthogonal") or (isinstance(e, Call) and e.function in DRAWS)


def _drawn(w: Weight, draw: Expression, owner: Owner) -> Iterator[str]:
    """A draw in place; nothing where its ends are tensors."""
    if not isinstance(draw, Call):
        yield from _orthogonal(w, owner.like)
        return
    parts = [owner.of(e) for e in draw.items]
    if draw.function == "normal":
        parts = [Part(Atom("0"), True), *parts]
    if all(p.is_number for p in parts):
        code = call(f"nn.init.{draw.function}_", owner.like, *(p.code for p in parts))
        yield from _written(code, owner)


def _written(code: Code, owner: Owner) -> list[str]:
    name = f"{owner.like.removeprefix('self.')}_part"
    return statement("", code, _BODY, lambda: owner.source.locals.fresh(name))


def _orthogonal(w: Weight, own: str) -> Iterator[str]:
    if w.form.heads:
        yield f"{_BODY}for block in {own}:"
        yield f"{_BODY}    nn.init.orthogonal_(block)"
    elif w.type.kind != "matrix":
        # A vector of a standard normal law, as a random direction is.
        yield f"{_BODY}nn.init.normal_({own})"
    else:
        yield f"{_BODY}nn.init.orthogonal_({own})"


def _dimensions(w: Weight) -> int:
    """As many as the weight is stored with."""
    return len(w.type.sizes) + (1 if w.form.heads else 2 if w.form.side else 0)
