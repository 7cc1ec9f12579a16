"""The equations of one step, in lines, and what is carried to the next."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.export.pytorch.code import INDENT, After, Atom, Code, assignment
from cellsearch.export.pytorch.expressions import Expressions
from cellsearch.export.pytorch.source import Source
from cellsearch.export.pytorch.values import BATCHED, Shaper, Value, weight
from cellsearch.ir.delays import Memory
from cellsearch.ir.expressions import Name
from cellsearch.ir.reach import reads

_FORWARD, _STEP = INDENT * 2, INDENT * 3


class Step:
    """The lines of a step.

    Attributes:
        before: lines before the first step: what weights alone decide.
        lines: of one step, the new states under names of their own where the old are still read.
        output: the variable that is put out.
        update: what is carried to the next step, after the output.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.before: list[str] = []
        self.lines: list[str] = []
        self.update: list[str] = []
        self.read: set[str] = set()
        self.values: dict[str, Value] = {}
        shaper = Shaper(source.local(source.cell.inputs[0]), "batch", source.plane, source.width)
        self.shaper = shaper
        self.expressions = Expressions(
            source.types, shaper, self._name, self._memory, source.memories, self._first
        )
        for name in source.r.order:
            self._equation(name)
        self.output = self._output()
        self._carry()

    @property
    def helpers(self) -> set[str]:
        """The functions that the file has to define."""
        return self.expressions.helpers

    def _equation(self, name: str) -> None:
        s = self.source
        value = self.expressions.of(s.u.equations[name].value)
        type = s.types.names[name]
        if not type.sizes and value.rank == 1:
            value = self._squeezed(value)
        target = s.local(name)
        if name.endswith("'"):
            value = self.shaper.full(value, type)
            target = self._new_name(name)
        batched = value.level == BATCHED
        lines, indent = (self.lines, _STEP) if batched else (self.before, _FORWARD)
        lines += assignment(target, value.code, indent, s.locals.fresh)
        rank, known = value.rank, value.known
        self.values[name] = Value(Atom(target), rank, value.level, known, value.spread)

    def _squeezed(self, v: Value) -> Value:
        """A vector of one unit as a scalar; with a batch it is as wide."""
        code = v.code if v.level == BATCHED else After(v.code, ".reshape(())")
        return Value(code, 0, v.level, v.known, v.spread)

    def _new_name(self, prime: str) -> str:
        """The state's own name, unless its old value is read again."""
        state = prime.removesuffix("'")
        order = self.source.r.order
        later = order[order.index(prime) + 1 :]
        read = {n for name in later for n in reads(self.source.u.equations[name].value)}
        read |= {n for m in self.source.remembered for n in reads(m.what)}
        read |= {m.name(1) for m in self.source.remembered if m.own and m.steps > 1}
        return self.source.local(prime if state in read else state)

    def _name(self, n: str) -> Value:
        s = self.source
        if n in self.values:
            return self.values[n]
        if n in s.u.consts:
            return Value(s.const(n), known=s.u.numbers.get(n))
        rank = len(s.types.names[n].sizes)
        if n in s.cell.inputs:
            self.read.add(n)
            return Value(Atom(self.step_of(n)), rank, BATCHED, spread=True)
        if n in s.u.states:
            return Value(Atom(s.local(n)), rank, BATCHED, spread=True)
        return weight(s.attributes.of(n), rank, s.plane)

    def step_of(self, name: str) -> str:
        """The variable of an input at one step."""
        return self.source.locals.of(f"{name} at t", f"{self.source.local(name)}_t")

    def _memory(self, m: Memory, k: int) -> Value:
        rank = len(self.source.types.of(m.what).sizes)
        return Value(Atom(self.source.memory(m, k)), rank, BATCHED, spread=True)

    def _first(self, name: str, code: Code) -> Code:
        own = self.source.locals.fresh(name)
        self.before += assignment(own, code, _FORWARD, self.source.locals.fresh)
        return Atom(own)

    def _output(self) -> str:
        """The variable that is put out; a value without batch gets one."""
        name = self.source.cell.output
        value, type = self.values[name], self.source.types.names[name]
        full = self.shaper.full(value, type)
        if full.code == value.code:
            return str(value.code)
        own = self.source.locals.fresh("y")
        self.lines += assignment(own, full.code, _STEP, self.source.locals.fresh)
        return own

    def _carry(self) -> None:
        """What delays remember moves on, the oldest first; then the states."""
        s = self.source
        now = {m: self._remembered(m) for m in s.remembered}
        for m in s.remembered:
            for k in range(m.steps, 1, -1):
                self.update.append(f"{_STEP}{s.memory(m, k)} = {s.memory(m, k - 1)}")
            if not m.own:
                self.update += assignment(s.memory(m, 1), now[m], _STEP, s.locals.fresh)
        for state in s.r.states:
            new = str(self.values[f"{state}'"].code)
            if new != s.local(state):
                self.update.append(f"{_STEP}{s.local(state)} = {new}")

    def _remembered(self, m: Memory) -> Code:
        """What is to be remembered of this step; computed before anything moves on."""
        if m.own:
            return Atom("")
        s, type = self.source, self.source.types.of(m.what)
        value = self.shaper.full(self.expressions.of(m.what), type)
        if isinstance(m.what, Name) and isinstance(value.code, Atom):
            return value.code
        own = s.locals.fresh("value_now")
        self.update += assignment(own, value.code, _STEP, s.locals.fresh)
        return Atom(own)


def carried(source: Source) -> Iterator[str]:
    """The variables of all states: the header's, then what delays remember."""
    yield from (source.local(n) for n in source.r.states)
    for m in source.remembered:
        yield from (source.memory(m, k) for k in range(2 if m.own else 1, m.steps + 1))
