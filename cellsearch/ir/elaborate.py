"""Cell -> Graph: unroll, check names, find types, build nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cellsearch.errors import LanguageError
from cellsearch.ir.build import Builder, value
from cellsearch.ir.cell import Cell, Equation, flat, values
from cellsearch.ir.delays import Memory, memories
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Choice,
    Expression,
    Name,
    Negative,
    Number,
    Transpose,
    once,
    walk,
)
from cellsearch.ir.graph import WHOLE, Form, Graph, Node, StateValue, Weight, topological
from cellsearch.ir.infer import Types, infer
from cellsearch.ir.naming import check_names
from cellsearch.ir.noise import sites
from cellsearch.ir.ops import NORMS, OPS, REDUCTIONS
from cellsearch.ir.reach import Reach, reach, unread, unread_message
from cellsearch.ir.starts import check_starts, needed_consts
from cellsearch.ir.types import MATRIX, Type
from cellsearch.ir.unroll import Unrolled, base, unroll
from cellsearch.ir.widths import number, substitute

_DEFAULT, _LEARNED = Name("default"), Name("learned")
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def elaborate(cell: Cell, sizes: Mapping[str, int] | None = None) -> Graph:
    """What a cell computes.

    Args:
        cell: as written; no choices left in it.
        sizes: H and X, needed only by a cell whose number of rounds depends on them.

    Raises:
        LanguageError: whatever is wrong with the cell, with its place.
    """
    _refuse_choices(cell)
    u = unroll(cell, sizes)
    r = reach(u)
    # An unknown name before what is unread because of it.
    check_names(u, r)
    _refuse_unread(u, r)
    types = infer(u, r)
    return _Elaboration(u, r, types).run()


def _refuse_choices(cell: Cell) -> None:
    for written in values(cell):
        for e in _choices(written):
            message = f"'{cell.name}' has a choice that is not decided yet: '{e}'"
            raise LanguageError(message + _decision(cell, e), e.at)


@once
def _choices(e: Expression) -> tuple[Choice, ...]:
    return tuple([part for part in walk(e) if isinstance(part, Choice)])


def _decision(cell: Cell, choice: Choice) -> str:
    """An edit that takes the shortest option of an equation that is a choice."""
    for line in flat(cell.lines):
        if isinstance(line, Equation) and line.value is choice:
            option = min(map(str, choice.items), key=len)
            return f"; an edit decides it, as '{line.target} = {option}'"
    return ""


def _refuse_unread(u: Unrolled, r: Reach) -> None:
    dead = unread(u, r)
    for s in dead.states:
        raise LanguageError(f"nothing that the output needs reads the state '{s.name}'", s.at)
    for line in dead.lines:
        raise LanguageError(unread_message(line, u.cell), line.at)


class _Elaboration:
    def __init__(self, u: Unrolled, r: Reach, types: Types) -> None:
        self.u, self.r, self.types = u, r, types
        self.b = Builder()
        self.equations: dict[str, Node] = {}
        self.forms: dict[str, Form] = {}
        # Where a weight is read in a form, and where as the plain matrix that it is.
        self.formed: dict[str, Call] = {}
        self.plain: dict[str, Name] = {}
        self.delays = memories(u, r)
        self.sites = sites(u, r)

    def run(self) -> Graph:
        for name in self.r.order:
            node = self._node(self.u.equations[name].value)
            self.equations[name] = self._coerced(node, self.types.names[name])
        # What a delay remembers is elaborated here, and with it the forms of its weights.
        states = tuple(self._states())
        weights = self._weights()
        output = self.equations[self.u.cell.output]
        order = topological([output, *(s.next for s in states)])
        self._check_forms(order)
        return Graph(
            name=self.u.cell.name,
            inputs={x: self.types.names[x] for x in self.u.cell.inputs},
            states=states,
            weights=weights,
            output=output,
            equations=self.equations,
            consts=needed_consts(order, states, weights, self.u.consts),
            needs=self.types.needs,
            _order=order,
        )

    def _check_forms(self, nodes: tuple[Node, ...]) -> None:
        for name, call in self.formed.items():
            if name in self.plain:
                message = f"'{name}' stands in '{call}' and without it"
                raise LanguageError(message, self.plain[name].at)
        for node in nodes:
            for i, a in enumerate(node.args):
                if a.op == "conv" and (node.op, i) != ("matmul", 0):
                    call = self.formed[str(a.args[0].attrs[0])]
                    raise LanguageError(f"'{call}' stands alone left of @", call.at)

    def _coerced(self, node: Node, type: Type) -> Node:
        if type.sizes and not node.type.sizes:
            return self.b.expand(node, type)
        if not type.sizes and node.type.sizes:
            return self.b.node("squeeze", (node,), type=type)
        return node

    def _weights(self) -> dict[str, Weight]:
        weights = {
            n: Weight(n, self.types.weights[n], self._start(n), self.forms.get(n, WHOLE))
            for n in self.r.free
        }
        for s in self.r.states:
            if self.u.starts.get(s) == _LEARNED:
                # An index on a state can't be written, so the name is free.
                learned = f"{s}[0]"
                weights[learned] = Weight(learned, self.types.names[s], Number(0.0))
        check_starts(self.u, weights, {s: self.types.names[s] for s in self.r.states})
        return weights

    def _start(self, name: str) -> Expression | None:
        start = self.u.starts.get(name, self.u.starts.get(base(name)))
        return None if start == _DEFAULT else start

    def _states(self) -> Iterator[StateValue]:
        for s in self.r.states:
            start = self._start(s)
            if start == _LEARNED:
                start = Name(f"{s}[0]")
            yield StateValue(s, self.types.names[s], start, self.equations[f"{s}'"])
        for memory in dict.fromkeys(self.delays.values()):
            yield from self._memory(memory)

    def _memory(self, m: Memory) -> Iterator[StateValue]:
        """The states in which a delay remembers: one for each step back."""
        type = self.types.of(m.what)
        for k in range(2 if m.own else 1, m.steps + 1):
            new = self._delayed(m, k - 1) if k > 1 else self._node(m.what)
            yield StateValue(m.name(k), type, None, self._coerced(new, type))

    def _delayed(self, m: Memory, k: int) -> Node:
        return self.b.node("state", attrs=(m.name(k),), type=self.types.of(m.what))

    def _node(self, e: Expression) -> Node:
        match e:
            case Name():
                return self._name(e)
            case Number(value=v):
                return self.b.number(v)
            case Negative(operand=a):
                return self.b.unitwise("neg", self._node(a))
            case Transpose(operand=a):
                return self._transpose(self._typed(a), self.types.of(e))
            case Binary(op="@", left=a, right=b):
                return self.b.matmul(self._typed(a), self._typed(b), self.types.of(e))
            case Binary(op=op, left=a, right=b):
                left, right = self._node(a), self._node(b)
                if op == "/" and value(right) == 0:
                    raise LanguageError(f"division by zero in '{e}'", e.at)
                return self.b.unitwise(_ARITHMETIC[op], left, right)
            case Call():
                return self._call(e)
        raise AssertionError(f"no node for {e}")

    def _typed(self, e: Expression) -> Node:
        return self._coerced(self._node(e), self.types.of(e))

    def _transpose(self, a: Node, type: Type) -> Node:
        if a.op in ("transpose", "identity"):
            return a.args[0] if a.args else a
        return self.b.node("transpose", (a,), type=type)

    def _name(self, e: Name) -> Node:
        n = e.name
        if n == "I":
            return self.b.node("identity", type=self.types.of(e))
        if n in self.u.numbers:
            return self.b.number(self.u.numbers[n])
        if n in self.u.consts:
            return self.b.node("const", attrs=(n,), type=Type())
        if n in self.u.equations:
            return self.equations[n]
        op = "input" if n in self.u.cell.inputs else "state" if n in self.u.states else "weight"
        if op == "weight":
            self.plain.setdefault(n, e)
        return self.b.node(op, attrs=(n,), type=self.types.names[n])

    def _call(self, e: Call) -> Node:
        f, items = e.function, e.items
        if f in OPS:
            return self.b.unitwise(f, *map(self._node, items))
        if f == "delay":
            return self._delayed(self.delays[id(e)], int(number(items[1], {})))
        if f in REDUCTIONS or f in NORMS:
            return self.b.node(f, (self._typed(items[0]),), type=self.types.of(e))
        if f == "dropout":
            return self._dropout(e)
        if f == "zoneout":
            return self._zoneout(e)
        return self._structure(e)

    def _structure(self, e: Call) -> Node:
        if e.function in ("diag", "outer"):
            args = tuple(self._typed(a) for a in e.items)
            return self.b.node(e.function, args, type=self.types.of(e))
        return self._formed(e)

    def _formed(self, e: Call) -> Node:
        """A weight in blocks or as filters."""
        plain = dict(self.plain)
        weight = self._typed(e.items[0])
        self.plain = plain
        if weight.op == "zeros" or value(weight) == 0:
            return weight
        count = int(number(e.items[1], {}))
        form = Form(heads=count) if e.function == "block" else Form(side=count)
        name = str(weight.attrs[0])
        if self.forms.setdefault(name, form) != form:
            raise LanguageError(f"'{name}' is stored in two forms; '{e}' is the second", e.at)
        self.formed.setdefault(name, e)
        return self.b.node(e.function, (weight,), (count,), type=self.types.of(e))

    def _probability(self, e: Expression) -> float:
        # A const that is known only where H and X are is written out, so that this is said.
        unknown = {n: c for n, c in self.u.consts.items() if n not in self.u.numbers}
        p = number(substitute(e, unknown), self.u.numbers, "a probability")
        if not 0 <= p < 1:
            raise LanguageError(f"a probability is at least 0 and below 1, got {p:g}", e.at)
        return p

    def _dropout(self, e: Call) -> Node:
        a, p = self._node(e.items[0]), self._probability(e.items[1])
        if p == 0 or value(a) == 0:
            return a
        fixed = a.type.kind == MATRIX and not _varies(a)
        attrs = (p, self.sites[id(e)], "sequence" if fixed else "step")
        return self.b.node("dropout", (a,), attrs, type=a.type)

    def _zoneout(self, e: Call) -> Node:
        type = self.types.of(e)
        new, old = (self._coerced(self._node(a), type) for a in e.items[:2])
        p = self._probability(e.items[2])
        if p == 0:
            return new
        return self.b.node("zoneout", (new, old), (p, self.sites[id(e)]), type=type)


def _varies(a: Node) -> bool:
    """Whether a value can differ from step to step."""
    return any(n.op in ("input", "state") for n in topological([a]))
