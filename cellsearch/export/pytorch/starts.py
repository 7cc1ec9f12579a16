"""What weights and states start as, in lines: `reset_parameters` and `start`."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.export.pytorch.code import (
    INDENT,
    After,
    Code,
    assignment,
    call,
    listed,
    statement,
)
from cellsearch.export.pytorch.laws import Owner
from cellsearch.export.pytorch.numbers import width
from cellsearch.export.pytorch.source import Source
from cellsearch.export.pytorch.step import carried
from cellsearch.export.pytorch.values import Shaper
from cellsearch.ir.expressions import Call, Expression, Name, Number, names
from cellsearch.ir.graph import Weight
from cellsearch.ir.starts import source_weight
from cellsearch.ir.types import Type

_BODY = INDENT * 2


class Starts:
    """The lines of both, and what they need.

    Attributes:
        reset: of `reset_parameters`.
        start: of `start`.
        consts: the consts that are read.
        helpers: functions that the file has to define.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.consts: set[str] = set()
        self.helpers: set[str] = set()
        self.x = source.local(source.cell.inputs[0])
        self.shaper = Shaper(self.x, "batch", source.plane)
        self.reset = [*self._default_laws(), *self._own_laws()]
        self.start = list(self._states())

    def _default_laws(self) -> Iterator[str]:
        weights = self.source.graph.weights.values()
        laws = {w.type.kind == "matrix" for w in weights if w.start is None}
        if not laws:
            return
        if True in laws:
            yield f"{_BODY}bound = 1 / math.sqrt(self.hidden_size)"
        yield f"{_BODY}for weight in self.parameters():"
        matrix = "nn.init.uniform_(weight, -bound, bound)"
        if laws == {True, False}:
            yield f"{_BODY}    if weight.dim() > 1:"
            yield f"{_BODY}        {matrix}"
            yield f"{_BODY}    else:"
            yield f"{_BODY}        nn.init.zeros_(weight)"
        else:
            yield f"{_BODY}    " + (matrix if True in laws else "nn.init.zeros_(weight)")

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
        own = f"self.{self.source.attributes.of(w.name)}"
        law = "constant_"
        items: tuple[Expression, ...] = (start,)
        match start:
            case Name(name="orthogonal"):
                yield from _orthogonal(w, own)
                return
            case Call(function="normal", items=(deviation,)):
                law, items = "normal_", (Number(0), deviation)
            case Call(function="uniform", items=(low, high)):
                law, items = "uniform_", (low, high)
        owner = Owner(self.source, w.name, own, f"len({own})", w.type, _dimensions(w))
        parts = [owner.of(e) for e in items]
        if all(p.is_number for p in parts):
            code = call(f"nn.init.{law}", own, *(p.code for p in parts))
        else:
            code = call(f"{own}.copy_", owner.of(start).code)
        yield from statement("", code, _BODY, lambda: self.source.locals.fresh("part"))
        self._note(owner)

    def _note(self, owner: Owner) -> None:
        self.consts |= owner.consts
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
        units = str(width(type.sizes[0])) if type.sizes else "1"
        owner = Owner(self.source, "", self.x, units, type, len(type.sizes))
        part = owner.of(start)
        self._note(owner)
        if part.is_number:
            return call(f"{self.x}.new_full", f"({shape})", part.code)
        plane = self.source.plane and len(type.sizes) == 1
        code = After(part.code, "[:, None, None]") if plane else part.code
        return After(code, f".expand({shape})")


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
