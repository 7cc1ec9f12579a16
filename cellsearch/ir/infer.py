"""What kind each value is (scalar, vector, matrix) and how wide, from the equations alone.

Widths are found by unification: every value starts with a width of its own, products and sums say
which are the same, and what nothing determines is H.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cellsearch.errors import LanguageError, Position, nearest
from cellsearch.ir.cell import Needs, Width
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Choice,
    Expression,
    Hole,
    Name,
    Negative,
    Number,
    Transpose,
    names,
)
from cellsearch.ir.ops import DRAWS, NOISE, NORMS, OPS, REDUCTIONS
from cellsearch.ir.reach import Reach
from cellsearch.ir.types import MATRIX, VECTOR, Open, Slots, Type
from cellsearch.ir.unroll import Unrolled, base, stem
from cellsearch.ir.widths import ONE, H, Size, may_agree
from cellsearch.ir.widths import X as FIRST_INPUT

# Equations stand in an order of computation; only a delay reads one that comes later.
MOST_WAITING = 20


@dataclass
class Types:
    """The types of a cell's values.

    Attributes:
        names: of inputs, states, equations and weights.
        needs: pairs of sizes that must be equal where the cell is used.
    """

    names: dict[str, Type]
    weights: dict[str, Type]
    needs: tuple[tuple[Size, Size], ...]
    _at: dict[int, Open]
    _slots: Slots
    _alive: list[Expression] = field(repr=False)
    _known: dict[tuple[int, ...], Type] = field(default_factory=dict, repr=False)

    def of(self, e: Expression) -> Type:
        """The type of an expression of the unrolled cell."""
        slots = self._at[id(e)].slots
        if slots not in self._known:
            self._known[slots] = Type(tuple(map(self._slots.size, slots)))
        return self._known[slots]


def infer(u: Unrolled, r: Reach) -> Types:
    """The types of everything live.

    Raises:
        LanguageError: two widths or kinds that cannot be one, with the place.
    """
    return _Inference(u, r).run()


def _hint(a: Size, b: Size) -> str:
    """The way out where two widths meet."""
    p, q = sorted(map(str, (a, b)))
    if may_agree(a, b):
        return f"; if that is meant, say 'needs {q} = {p}'"
    if ONE in (a, b):
        return "; one unit that goes with anything is a scalar, 's: scalar = …'"
    return ""


class _Inference:
    def __init__(self, u: Unrolled, r: Reach) -> None:
        self.u, self.r = u, r
        self.slots = Slots()
        self.at: dict[int, Open] = {}
        self.names: dict[str, Open] = {}
        self.weights: dict[str, Open] = {}
        self.started: set[str] = set()
        self.provisional: list[tuple[Name, Open]] = []
        self.equation = ""
        self.waiting = 0

    def run(self) -> Types:
        needs = tuple((self._size(n.left), self._size(n.right)) for n in self.u.needs)
        for line, (a, b) in zip(self.u.needs, needs, strict=True):
            self._known_inputs(line)
            self.slots.permit(a, b)
        self._header()
        for name in self.r.order:
            self._equation(name)
        for e, t in self.provisional:
            self._same(t, self.names[e.name], e)
        for state in self.r.states:
            self._start(state)
        return Types(
            names={n: self._closed(t) for n, t in self.names.items()},
            weights={n: self._closed(t) for n, t in self.weights.items()},
            needs=needs,
            _at=self.at,
            _slots=self.slots,
            _alive=[round_.value for round_ in self.u.equations.values()],
        )

    def _closed(self, t: Open) -> Type:
        return Type(tuple(map(self.slots.size, t.slots)))

    def _size(self, e: Expression) -> Size:
        w = self.u.width(Width((e,)))
        assert w is not None
        return Size.of(w.sizes[0])

    def _known_inputs(self, line: Needs) -> None:
        """`X.v` is the width of a further input `v`."""
        first, *others = (f"X.{x}" for x in self.u.cell.inputs)
        for n in (*names(line.left), *names(line.right)):
            if n.startswith("X.") and n not in others:
                hint = "; that of the first input is X" if n == first else nearest(n, others)
                raise LanguageError(f"'{n}' is the width of no further input{hint}", line.at)

    def _header(self) -> None:
        for i, x in enumerate(self.u.cell.inputs):
            size = Size.of(Name(f"X.{x}")) if i else FIRST_INPUT
            self.names[x] = Open((self.slots.of(size),))
        for s, width in self.u.states.items():
            self.names[s] = self._written(width) or Open((self.slots.of(H),))
        for c in self.u.consts:
            self.names[c] = Open()

    def _written(self, width: Width | None) -> Open | None:
        if width is None:
            return None
        return Open(tuple(self.slots.of(self._size(e)) for e in width.sizes))

    def _equation(self, name: str) -> None:
        if name in self.names or name in self.started:
            return
        self.started.add(name)
        before, self.equation = self.equation, name
        round_ = self.u.equations[name]
        self.waiting += 1
        if self.waiting > MOST_WAITING:
            message = f"more than {MOST_WAITING} delays read one another's equations"
            raise LanguageError(message, round_.line.at)
        found = self._type(round_.value)
        self.equation = name
        declared = self._declared(name)
        if declared is not None:
            found = self._assigned(declared, found, round_.value)
        self.names[name] = found
        self.equation = before
        self.waiting -= 1

    def _declared(self, name: str) -> Open | None:
        written = self._written(self.u.equations[name].width)
        if not name.endswith("'"):
            return written
        state = self.names[stem(name)]
        if written is not None:
            self._same(state, written, self.u.equations[name].line.target)
        return state

    def _assigned(self, declared: Open, found: Open, e: Expression) -> Open:
        if not declared.slots and found.kind == VECTOR:
            self._unify(self.slots.of(ONE), found.slots[0], e)
        elif not declared.slots and found.slots:
            raise self._error(f"'{self.equation}' is a scalar and its value a matrix", e)
        elif found.slots:
            self._same(declared, found, e)
        return declared

    def _unify(self, a: int, b: int, e: Expression) -> None:
        clash = self.slots.unify(a, b)
        if clash:
            p, q = sorted(map(str, clash))
            message = f"the widths {p} and {q} meet in '{e}' ({self.equation}){_hint(*clash)}"
            raise LanguageError(message, self._place(e))

    def _place(self, e: Expression) -> Position | None:
        if e.at is None and self.equation:
            return self.u.equations[self.equation].line.at
        return e.at

    def _same(self, a: Open, b: Open, e: Expression) -> Open:
        """The type of a unit-by-unit combination; a scalar goes with anything."""
        if not a.slots or not b.slots:
            return a if a.slots else b
        if a.kind != b.kind:
            raise self._error(f"a {a.kind} and a {b.kind} are combined only by @", e)
        for p, q in zip(a.slots, b.slots, strict=True):
            self._unify(p, q, e)
        return a

    def _error(self, message: str, e: Expression) -> LanguageError:
        return LanguageError(f"{message}, got '{e}'", self._place(e))

    def _type(self, e: Expression) -> Open:
        t = self.at[id(e)] = self._found(e)
        return t

    def _found(self, e: Expression) -> Open:
        match e:
            case Name():
                return self._name(e)
            case Number():
                return Open()
            case Negative(operand=a):
                return self._type(a)
            case Transpose(operand=a):
                t = self._matrix(a, "only a matrix has a transpose")
                return Open(t.slots[::-1])
            case Binary(op="@"):
                return self._product(e)
            case Binary(op="//"):
                raise self._error("// stands in widths, indices and bounds alone", e)
            case Binary(left=a, right=b):
                return self._same(self._type(a), self._type(b), e)
            case Call():
                return self._call(e)
            case Choice():
                raise self._error("a choice has to be decided before the cell can be used", e)
            case Hole():
                raise self._error("pattern variables stand in rules only", e)
        raise self._error("not an expression of a cell", e)

    def _name(self, e: Name) -> Open:
        n = e.name
        if n == "I":
            slot = self.slots.fresh()
            return Open((slot, slot))
        if n.endswith("'") and n in self.u.equations:
            return self.names[stem(n)]
        if n not in self.names and n in self.u.equations:
            self._equation(n)
        if n in self.names:
            return self.names[n]
        if n in self.u.equations:
            t = self._written(self.u.equations[n].width) or Open((self.slots.fresh(),))
            self.provisional.append((e, t))
            return t
        return self._weight(n)

    def _weight(self, n: str) -> Open:
        param = self.u.params.get(base(n))
        written = self._written(self.u.width(param.width)) if param else None
        rank = 2 if n[0].isupper() else 1
        t = written or Open(tuple(self.slots.fresh() for _ in range(rank)))
        self.names[n] = self.weights[n] = t
        return t

    def _start(self, state: str) -> None:
        """A state is as wide as the weights that it starts from; `ir.starts` says if it cannot."""
        for n in names(self.u.starts.get(state, Number(0))):
            if n in self.r.free:
                own = self.names[n] if n in self.names else self._weight(n)
                if own.kind == self.names[state].kind:
                    for p, q in zip(own.slots, self.names[state].slots, strict=True):
                        self.slots.unify(p, q)

    def _matrix(self, e: Expression, why: str) -> Open:
        t = self._type(e)
        if t.kind != MATRIX:
            hint = "; 0 needs a width here, as (H, H)" if self._is_zero(e) else ""
            raise self._error(f"{why}; this is a {t.kind}{hint}", e)
        return t

    def _vector(self, e: Expression, why: str) -> Open:
        t = self._type(e)
        if t.kind != VECTOR:
            raise self._error(f"{why}; this is a {t.kind}", e)
        return t

    def _product(self, e: Binary) -> Open:
        a, b = self._type(e.left), self._type(e.right)
        if not a.slots and self._is_zero(e.left):
            inner = b.slots[0] if b.slots else self.slots.fresh()
            a = self.at[id(e.left)] = Open((self.slots.fresh(), inner))
        if a.kind != MATRIX:
            raise self._error(f"left of @ stands a matrix; this is a {a.kind}", e.left)
        if not b.slots and self._is_number(e.right):
            b = self.at[id(e.right)] = Open((a.slots[1],))
        if not b.slots:
            raise self._error("right of @ stands a vector or a matrix; this is a scalar", e.right)
        self._unify(a.slots[1], b.slots[0], e)
        return Open((a.slots[0], *b.slots[1:]))

    def _is_number(self, e: Expression) -> bool:
        """Whether it is a number whatever the weights are: `1`, or the name of one."""
        while isinstance(e, Name) and e.name in self.u.equations:
            e = self.u.equations[e.name].value
        return isinstance(e, Number) or (isinstance(e, Name) and e.name in self.u.consts)

    def _is_zero(self, e: Expression) -> bool:
        while True:
            match e:
                case Name(name=n) if n in self.u.equations:
                    e = self.u.equations[n].value
                case Call(function=("block" | "conv" | "dropout"), items=(first, *_)):
                    e = first
                case _:
                    return isinstance(e, Number) and e.value == 0

    def _call(self, e: Call) -> Open:
        f = e.function
        if f in DRAWS:
            raise self._error("draws stand in init lines alone", e)
        if f in NOISE or f == "delay":
            return self._noise_or_delay(e)
        if f in REDUCTIONS:
            self._type(e.items[0])
            return Open()
        if f in NORMS:
            return self._vector(e.items[0], f"{f} is over the units of a vector")
        if f in OPS:
            types = [self._type(a) for a in e.items]
            return types[0] if len(types) == 1 else self._same(types[0], types[1], e)
        return self._structure(e)

    def _noise_or_delay(self, e: Call) -> Open:
        types = [self._type(a) for a in e.items]
        return self._same(types[0], types[1], e) if e.function == "zoneout" else types[0]

    def _structure(self, e: Call) -> Open:
        a = e.items[0]
        if e.function == "diag":
            (slot,) = self._vector(a, "diag takes a vector").slots
            return Open((slot, slot))
        if e.function == "outer":
            (rows,) = self._vector(a, "outer takes two vectors").slots
            (columns,) = self._vector(e.items[1], "outer takes two vectors").slots
            return Open((rows, columns))
        self._type(e.items[1])
        if self._is_zero(a):
            return self._type(a)
        if not isinstance(a, Name) or a.name in self.u.equations or a.name in self.u.states:
            raise self._error(f"inside {e.function} stands a weight", e)
        return self._matrix(a, f"inside {e.function} stands a matrix")
