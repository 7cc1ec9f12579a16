"""What weights and states start as, in lines: `reset_parameters` and `start`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cellsearch.export.pytorch.code import (
    INDENT,
    After,
    Atom,
    Code,
    Minus,
    assignment,
    binary,
    call,
    listed,
    statement,
)
from cellsearch.export.pytorch.functions import FUNCTIONS
from cellsearch.export.pytorch.numbers import literal, size_name, width
from cellsearch.export.pytorch.source import Source
from cellsearch.export.pytorch.step import carried
from cellsearch.export.pytorch.values import Shaper
from cellsearch.ir.expressions import Binary, Call, Expression, Name, Negative, Number, names
from cellsearch.ir.graph import Weight
from cellsearch.ir.starts import source_weight
from cellsearch.ir.types import Type

_BODY = INDENT * 2


@dataclass(frozen=True)
class Part:
    """A part of a start, and whether it is a number of Python, not a tensor."""

    code: Code
    is_number: bool


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
        laws = {w.type.kind == "matrix" for w in self.source.graph.weights.values() if _plain(w)}
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
        owner = _Owner(self, w.name, f"{own}.shape", own)
        match start:
            case Name(name="orthogonal"):
                yield from self._orthogonal(w, own)
                return
            case Call(function="normal", items=(deviation,)):
                part, law = owner.of(deviation), "nn.init.normal_({own}, 0, {0})"
            case Call(function="uniform", items=(low, high)):
                part, law = owner.of(low), "nn.init.uniform_({own}, {0}, {1})"
                upper = owner.of(high)
                if part.is_number and upper.is_number:
                    yield _BODY + law.format(part.code, upper.code, own=own)
                    return
                part = owner.of(start)
            case _:
                part, law = owner.of(start), "nn.init.constant_({own}, {0})"
        if part.is_number:
            yield _BODY + law.format(part.code, own=own)
            return
        yield from self._copied(own, owner.of(start).code)

    def _copied(self, own: str, code: Code) -> Iterator[str]:
        fresh = self.source.locals.fresh
        yield from statement("", call(f"{own}.copy_", code), _BODY, lambda: fresh("part"))

    def _orthogonal(self, w: Weight, own: str) -> Iterator[str]:
        if w.form.heads:
            yield f"{_BODY}for block in {own}:"
            yield f"{_BODY}    nn.init.orthogonal_(block)"
        elif w.type.kind != "matrix":
            yield f"{_BODY}nn.init.normal_({own})"
        else:
            yield f"{_BODY}nn.init.orthogonal_({own})"

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
        part = _Owner(self, "", f"({units},)", self.x, len(type.sizes)).of(start)
        if part.is_number:
            return call(f"{self.x}.new_full", f"({shape})", part.code)
        plane = self.source.plane and len(type.sizes) == 1
        code = After(part.code, "[:, None, None]") if plane else part.code
        return After(code, f".expand({shape})")


def _plain(w: Weight) -> bool:
    return w.start is None


class _Owner:
    """The parts of the start of one weight, or of a state."""

    def __init__(self, starts: Starts, name: str, shape: str, like: str, rank: int = -1) -> None:
        self.starts, self.name, self.like = starts, name, like
        weights = starts.source.graph.weights
        self.rank = len(weights[name].type.sizes) if name else rank
        self.stored = len(_stored(weights[name])) if name else rank
        self.units = f"len({like})" if name else shape[1:-2]

    def of(self, e: Expression) -> Part:
        match e:
            case Number(value=v):
                return Part(literal(v), True)
            case Name(name=n):
                return self._name(n)
            case Negative(operand=a):
                part = self.of(a)
                return Part(Minus(part.code), part.is_number)
            case Binary(op=op, left=a, right=b):
                one, other = self.of(a), self.of(b)
                both = one.is_number and other.is_number
                return Part(binary(op, one.code, other.code), both)
            case Call(function=f, items=items):
                return self._call(f, items)
        raise AssertionError(f"no start {e}")

    def _name(self, n: str) -> Part:
        source = self.starts.source
        if n in ("H", "X"):
            return Part(Atom(f"self.{size_name(n)}"), True)
        if n == "inf":
            return Part(Atom("math.inf"), True)
        if n == "ramp":
            return self._ramp()
        if n == "orthogonal":
            return Part(self._orthogonal(), False)
        if n in source.u.consts:
            self.starts.consts.add(n)
            return Part(Atom(f"self.{source.attributes.of(n)}"), True)
        read = source_weight(n, self.name, source.graph.weights)
        assert read is not None
        return Part(Atom(f"self.{source.attributes.of(read)}"), False)

    def _ramp(self) -> Part:
        if self.rank == 0:
            return Part(Atom("0"), True)
        self.starts.helpers.add("ramp")
        code: Code = call("ramp", self.units, self.like)
        behind = ", None" * (self.stored - 1)
        return Part(After(code, f"[:{behind}]") if behind else code, False)

    def _orthogonal(self) -> Code:
        empty = f"torch.empty_like({self.like})"
        if self.rank < 2:
            return call("torch.randn_like", self.like)
        if self.stored == 3:
            blocks = f"[nn.init.orthogonal_(torch.empty_like(block)) for block in {self.like}]"
            return call("torch.stack", blocks)
        return call("nn.init.orthogonal_", empty)

    def _call(self, f: str, items: tuple[Expression, ...]) -> Part:
        parts = [self.of(a) for a in items]
        if f == "normal":
            drawn: Code = call("torch.randn_like", self.like)
            return Part(binary("*", parts[0].code, drawn), False)
        if f == "uniform":
            return Part(self._uniform(*parts), False)
        if f == "identity":
            return parts[0]
        self.starts.helpers |= {f} & {"hard_sigmoid"}
        # In float64, as all starts are.
        tensors = [self._tensor(p) if p.is_number else p.code for p in parts]
        return Part(call(FUNCTIONS[f], *tensors), False)

    def _uniform(self, low: Part, high: Part) -> Code:
        if low.is_number and high.is_number:
            drawn: Code = call("torch.empty_like", self.like)
            return After(drawn, f".uniform_({low.code}, {high.code})")
        drawn = binary("*", binary("-", high.code, low.code), call("torch.rand_like", self.like))
        return binary("+", low.code, drawn)

    def _tensor(self, part: Part) -> Code:
        return call(f"{self.like}.new_tensor", part.code)


def _stored(w: Weight) -> tuple[int, ...]:
    """As many dimensions as the weight is stored with."""
    extra = 1 if w.form.heads else 2 if w.form.side else 0
    return (0,) * (len(w.type.sizes) + extra)
