"""Random cells that are valid, from the grammar: every construct of the language turns up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

# A type: the widths of a value, as they are written. () is a scalar.
Type = tuple[str, ...]

_FUNCTIONS = (
    *("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "softsign"),
    *("hard_sigmoid", "hard_tanh", "abs", "sin", "cos", "square", "identity"),
)
_LETTERS = ("a", "e", "f", "g", "i", "m", "o", "q", "r", "z", "α", "γ", "Δ", "ζ", "μ_1", "out")
_STATES = ("h", "c", "n", "s2", "σ")


def random_cell(rng: random.Random, plane: bool = False) -> str:
    """The text of a valid cell.

    Args:
        rng: the same generator state gives the same text.
        plane: a cell whose units are channels of a plane: products are filters (`conv`).
    """
    return (_PlaneCell if plane else _Cell)(rng).text()


@dataclass
class _Cell:
    """A cell in the making: lines, and the values that a next line may read."""

    rng: random.Random
    lines: list[str] = field(default_factory=list)
    values: dict[str, Type] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    states: dict[str, Type] = field(default_factory=dict)
    weights: list[tuple[str, Type]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    counter: int = 0
    target: str = ""
    owned: set[str] = field(default_factory=set)

    def text(self) -> str:
        """The whole cell, its lines shuffled."""
        header = self._header()
        for _ in range(self.rng.randint(0, 3)):
            self._equation()
        if self.rng.random() < 0.3:
            self._block()
        first, *others = self.states
        for s in self.rng.sample(others, len(others)):
            self._prime(s, self._value(self.states[s], 3))
        self._prime(first, self._everything(self.states[first]))
        self._output(first)
        self._inits()
        if "P" in self.widths and not any(": " in li and "P" in li for li in [header, *self.lines]):
            self.lines = [li for li in self.lines if not li.startswith("    const P ")]
        self.rng.shuffle(self.lines)
        return "\n".join(["# A cell drawn at random.", header, *self.lines, ""])

    # Header

    def _header(self) -> str:
        self.widths = ["H"]
        if self._likely(0.4):
            self._const("P", self.rng.choice(["H // 2", "H + X", "2 * H", "H - 1", "4"]))
            self.widths.append("P")
        if self._likely(0.3):
            self._const("beta", self.rng.choice(["0.5", "1 / 3", "-2", "exp(-1)", "1e-3"]))
            self.numbers.append("beta")
        x = "X"
        if self._likely(0.15):
            self.lines.append("    needs X = H")
            x = "H"
        self.values["x"] = (x,)
        inputs = ["x"]
        if self._likely(0.2):
            inputs.append("v")
            self.values["v"] = ("X.v",)
        names = self.rng.sample(_STATES, self.rng.randint(1, 3))
        for s in names:
            self.states[s] = self.values[s] = self._state_type()
        written = ", ".join(f"{s}{self._width(t)}" for s, t in self.states.items())
        return f"cell random{self._count()}({', '.join(inputs)}; {written})"

    def _state_type(self) -> Type:
        kind = self.rng.random()
        if kind < 0.08:
            return ()
        if kind < 0.2:
            return (self._any_width(), self._any_width())
        return (self._any_width(),)

    def _any_width(self) -> str:
        self._read("P")
        return self.rng.choice(self.widths)

    def _width(self, t: Type) -> str:
        if not t:
            return ": scalar"
        if len(t) == 2:
            return f": ({t[0]}, {t[1]})"
        return "" if t == ("H",) else f": {t[0]}"

    def _const(self, name: str, value: str) -> None:
        self.lines.append(f"    const {name} = {value}")
        self.unread.add(name)

    # Lines

    def _equation(self) -> None:
        name = self._name()
        t = self.rng.choice([(), ("H",), ("H",), (self._any_width(),), (self._any_width(), "H")])
        self.target = name
        self._define(name, t, self._value(t, 3))

    def _define(self, name: str, t: Type, value: str) -> None:
        width = self._width(t)
        if t == ("H",):
            # Without a width a value that is a number throughout would be a scalar.
            own = self._likely(0.5)
            width, value = (": H", value) if own else ("", f"({value}) + {self._param(t)}")
        self.lines.append(f"    {name}{width} = {value}")
        self.values[name] = t
        self.unread.add(name)

    def _prime(self, state: str, value: str) -> None:
        self.lines.append(f"    {state}' = {value}")
        self.values[f"{state}'"] = self.states[state]

    def _block(self) -> None:
        """A `repeat`, sometimes one in another, over a vector of H."""
        u = self._name()
        self.target = f"{u}[0]"
        self.lines.append(f"    {u}[0] = {self._vector('H', 2)}")
        depth = self.rng.randint(1, 3)
        self._const(f"depth{u}", str(depth))
        self._read(f"depth{u}")
        r, f = f"R{u}", self.rng.choice(_FUNCTIONS)
        if self._likely(0.3):
            before, now, last = "2 * k + j - 3", "2 * k + j - 2", f"2 * depth{u}"
            head = f"    repeat k = 1..depth{u}\n        repeat j = 1..2\n            "
        else:
            before, now, last = "k - 1", "k", f"depth{u}"
            head = f"    repeat k = 1..depth{u}\n        "
        shared = self.rng.choice([f"{r}[k]", r])
        sum_ = f"{shared} @ {u}[{before}] + b{u}[{now}]"
        self.lines.append(f"{head}{u}[{now}] = {f}({sum_})")
        self.values[f"{u}[{last}]"] = ("H",)
        self.unread.add(f"{u}[{last}]")

    def _output(self, first: str) -> None:
        vectors = [n for n, t in self.values.items() if len(t) == 1 and self._may_be_put_out(n)]
        if len(self.states[first]) != 1 or (vectors and self._likely(0.2)):
            if not vectors:
                self.target = "y"
                self._define("y", ("H",), self._everything(("H",), [f"{first}'"]))
                vectors = ["y"]
            self.lines.append(f"    output {self.rng.choice(vectors)}")

    def _may_be_put_out(self, name: str) -> bool:
        # Whatever is put out, the first state's equation has to be reached from it.
        return name == f"{next(iter(self.states))}'" or name == "y"

    def _inits(self) -> None:
        for name, t in self.weights:
            if self._likely(0.2) and len(t) < 3:
                self.lines.append(f"    init {name} = {self._start(t)}")
        for s in self.states:
            if self._likely(0.15):
                value = self.rng.choice(["learned", "0.5", "ramp", "-1 / H", "tanh(ramp)"])
                self.lines.append(f"    init {s} = {value if self.states[s] else '0.25'}")

    def _start(self, t: Type) -> str:
        laws = ["0.5", "uniform(-1, 1)", "normal(0.1)", "log(uniform(1, 9))", "default"]
        if len(t) == 2:
            laws.append("orthogonal")
        same = [w for w, other in self.weights if other == t]
        if t and same[0] != self.weights[-1][0]:
            laws.append("ramp - 0.5")
        return self.rng.choice(laws)

    # Expressions

    def _everything(self, t: Type, more: list[str] | None = None) -> str:
        """A value that reads every state and whatever nothing has read yet."""
        self.target = self.target if more else "?"
        names = [*self.states, *(more or []), *sorted(self.unread - {"P"})]
        terms = [self._fitted(n, t) for n in names]
        self.unread.clear()
        return self._wrapped(" + ".join([self._value(t, 2), *terms]))

    def _fitted(self, name: str, t: Type) -> str:
        """A named value brought to a type."""
        self._read(name)
        own = self.values.get(name, ())
        if own == t or not own:
            return name if own else f"{name} * {self._leaf(t)}"
        if len(own) == 2:
            return f"sum({name}) * {self._leaf(t)}"
        if len(t) == 1:
            return f"{self._matrix_name((t[0], own[0]))} @ {name}"
        return f"mean({name}) * {self._leaf(t)}"

    def _wrapped(self, value: str) -> str:
        return f"{self.rng.choice(_FUNCTIONS[:2])}({value})" if self._likely(0.7) else value

    def _value(self, t: Type, depth: int) -> str:
        """An expression of a type."""
        if depth == 0:
            return self._leaf(t)
        makers: list[Callable[[Type, int], str]] = [self._unitwise, self._unitwise, self._noise]
        makers += [self._delay] if self._likely(0.5) else [self._sum]
        if len(t) == 1:
            makers += [self._product, self._product, self._norm]
        if len(t) == 2:
            makers += [self._structure, self._structure]
        if not t:
            makers.append(self._reduction)
        return self.rng.choice(makers)(t, depth - 1)

    def _leaf(self, t: Type) -> str:
        fitting = [n for n, own in self.values.items() if own == t]
        if fitting and self._likely(0.75):
            name = self.rng.choice(fitting)
            self._read(name)
            return name
        if self.numbers and self._likely(0.3):
            self._read(self.numbers[0])
            return self.numbers[0]
        if self._likely(0.3):
            return self.rng.choice(["1", "0.5", "2", "1e-2", "0"])
        return self._param(t)

    def _param(self, t: Type) -> str:
        name = f"{'M' if len(t) == 2 else 'w'}{self._count()}"
        start = self.rng.choice(["", "", " = 0.3"])
        self.lines.append(f"    param {name}{self._param_width(t)}{start}")
        if not start:
            self.weights.append((name, t))
        self.values[name] = t
        return name

    def _param_width(self, t: Type) -> str:
        # X.v cannot be written; such a weight takes its width from where it is read.
        return "" if any("." in w for w in t) else self._width(t) or ": H"

    def _unitwise(self, t: Type, depth: int) -> str:
        kind = self.rng.randrange(6)
        a = self._value(t, depth)
        if kind < 2:
            return f"{self.rng.choice(_FUNCTIONS)}({a})"
        b = self._value(t if self._likely(0.8) else (), depth)
        if kind == 2:
            return f"{self.rng.choice(['min', 'max'])}({a}, {b})"
        if kind == 3:
            return f"({a}) / (1 + abs({b}))"
        return f"({a}) {self.rng.choice('+-**')} ({b})"

    def _sum(self, t: Type, depth: int) -> str:
        terms = [self._value(t, depth - 1 if depth else 0) for _ in range(self.rng.randint(2, 4))]
        out = terms[0] if self._likely(0.8) else f"-({terms[0]})"
        for term in terms[1:]:
            out += f" {self.rng.choice('+-')} ({term})"
        return f"({out})"

    def _noise(self, t: Type, depth: int) -> str:
        a = self._value(t, depth)
        if self._likely(0.6):
            return f"dropout({a}, {self.rng.choice(['0.25', '0', '1 / 4'])})"
        return f"zoneout({a}, {self._value(t, depth)}, 0.1)"

    def _delay(self, t: Type, depth: int) -> str:
        primes = [f"{s}'" for s, own in self.states.items() if own == t]
        if primes and self._likely(0.5):
            return f"delay({self.rng.choice(primes)}, {self.rng.randint(1, 3)})"
        return f"delay({self._value(t, depth)}, {self.rng.randint(1, 2)})"

    def _product(self, t: Type, depth: int) -> str:
        columns = self.rng.choice([own for own in self.values.values() if len(own) == 1] or [t])[0]
        right = self._vector(columns, depth)
        return f"{self._left((t[0], columns), depth)} @ ({right})"

    def _left(self, t: Type, depth: int) -> str:
        """What stands left of @."""
        kind = self.rng.random()
        if kind < 0.6:
            return self._matrix_name(t)
        if kind < 0.7:
            return f"dropout({self._matrix_name(t)}, 0.5)"
        if kind < 0.75 and set(t) <= {"H"}:
            return f"block({self._matrix_name(t)}, 2)"
        return f"({self._structure(t, min(depth, 1))})"

    def _matrix_name(self, t: Type) -> str:
        name = f"W{self._count()}"
        self.weights.append((name, t))
        return name

    def _structure(self, t: Type, depth: int) -> str:
        """A matrix made of matrices and vectors."""
        rows, columns = t
        makers = [lambda: f"2 * {self._leaf_matrix(t)}"]
        makers.append(lambda: f"outer({self._vector(rows, depth)}, {self._vector(columns, depth)})")
        makers.append(lambda: f"{self._leaf_matrix((columns, rows))}.T")
        makers.append(lambda: f"{self._leaf_matrix(t)} + {self._leaf_matrix(t)}")
        makers.append(
            lambda: f"{self._leaf_matrix((rows, 'H'))} @ {self._leaf_matrix(('H', columns))}"
        )
        if rows == columns:
            makers.append(lambda: f"{self._leaf_matrix(t)} - 0.5 * I")
            makers.append(lambda: f"diag({self._vector(rows, depth)}) @ {self._leaf_matrix(t)}")
        return f"({self.rng.choice(makers)()})"

    def _vector(self, width: str, depth: int) -> str:
        value = self._value((width,), depth)
        return f"({value}) + {self._param((width,))}"

    def _leaf_matrix(self, t: Type) -> str:
        fitting = [n for n, own in self.values.items() if own == t]
        if fitting and self._likely(0.4):
            name = self.rng.choice(fitting)
            self._read(name)
            return name
        return self._param(t)

    def _norm(self, t: Type, depth: int) -> str:
        norm = self.rng.choice(["layernorm", "rmsnorm"])
        return f"{norm}({self._vector(t[0], depth)})"

    def _reduction(self, t: Type, depth: int) -> str:
        of = self.rng.choice(list(self.values.values()))
        return f"{self.rng.choice(['sum', 'mean'])}({self._value(of, depth)})"

    # Names

    def _name(self) -> str:
        return f"{self.rng.choice(_LETTERS)}{self._count()}"

    def _count(self) -> int:
        self.counter += 1
        return self.counter

    def _read(self, name: str) -> None:
        self.unread.discard(name)

    def _likely(self, p: float) -> bool:
        return self.rng.random() < p


class _PlaneCell(_Cell):
    """Units are channels of a plane: products are filters, and no value is a matrix."""

    def _header(self) -> str:
        self.widths = ["H"]
        self.values["x"] = ("X",)
        for s in self.rng.sample(_STATES, self.rng.randint(1, 2)):
            self.states[s] = self.values[s] = ("H",)
        return f"cell plane{self._count()}(x; {', '.join(self.states)})"

    def _equation(self) -> None:
        name = self._name()
        self._define(name, ("H",), self._value(("H",), 3))

    def _left(self, t: Type, depth: int) -> str:
        return f"conv({self._matrix_name(t)}, {self.rng.choice([1, 2, 3])})"

    def _fitted(self, name: str, t: Type) -> str:
        self._read(name)
        return f"conv({self._matrix_name((t[0], self.values[name][0]))}, 3) @ {name}"

    def _block(self) -> None:
        return
