"""Expressions as they are written: what stands right of an equals sign.

Trees are frozen and compare by meaning: two trees are equal where their texts are, wherever they
were read. `at` remembers the place in the text, for messages alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from typing import Any, TypeVar

from cellsearch.errors import Position

T = TypeVar("T")


@dataclass(frozen=True)
class Expression:
    """The base of all expressions."""

    at: Position | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The expressions right below this one, from left to right."""
        return ()

    def with_parts(self, parts: tuple[Expression, ...]) -> Expression:
        """The same expression over other parts."""
        assert not parts
        return self

    def __str__(self) -> str:
        return text(self)


@dataclass(frozen=True)
class Number(Expression):
    """A number; the language has one kind, read as float64."""

    value: float


@dataclass(frozen=True)
class Name(Expression):
    """A name, perhaps primed (`h'`), perhaps with an index (`u[k - 1]`)."""

    name: str
    index: Expression | None = None

    @property
    def parts(self) -> tuple[Expression, ...]:
        return () if self.index is None else (self.index,)

    def with_parts(self, parts: tuple[Expression, ...]) -> Name:
        return replace(self, index=parts[0]) if parts else self


@dataclass(frozen=True)
class Hole(Expression):
    """`?a`, a pattern's variable. Rules alone have them."""

    name: str


@dataclass(frozen=True)
class _One(Expression):
    operand: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def with_parts(self, parts: tuple[Expression, ...]) -> Expression:
        return type(self)(parts[0], at=self.at)


@dataclass(frozen=True)
class Negative(_One):
    """`-a`."""


@dataclass(frozen=True)
class Transpose(_One):
    """`M.T`."""


@dataclass(frozen=True)
class Binary(Expression):
    """`a op b`, where op is one of `+ - * / // @`."""

    op: str
    left: Expression
    right: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.left, self.right)

    def with_parts(self, parts: tuple[Expression, ...]) -> Binary:
        return Binary(self.op, *parts, at=self.at)


@dataclass(frozen=True)
class _Many(Expression):
    items: tuple[Expression, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.items


@dataclass(frozen=True)
class Choice(_Many):
    """`a | b`: a place that a search decides."""

    def with_parts(self, parts: tuple[Expression, ...]) -> Choice:
        return Choice(parts, at=self.at)


@dataclass(frozen=True)
class Call(_Many):
    """`function(a, …)`."""

    function: str = ""

    def with_parts(self, parts: tuple[Expression, ...]) -> Call:
        return Call(parts, self.function, at=self.at)


def once(find: Callable[[Expression], T]) -> Callable[[Expression], T]:
    """What is found in an expression, kept with it: many cells share the lines that they read."""
    kept = f"once {find.__module__}.{find.__qualname__}"

    @wraps(find)
    def found(e: Expression) -> T:
        own: dict[str, Any] = e.__dict__
        if kept not in own:
            own[kept] = find(e)
        return own[kept]  # type: ignore[no-any-return]

    return found


@once
def walk(e: Expression) -> tuple[Expression, ...]:
    """The expression and all below it, from the top, left to right."""
    found: list[Expression] = []
    stack = [e]
    while stack:
        top = stack.pop()
        found.append(top)
        stack += top.parts[::-1]
    return tuple(found)


@once
def names(e: Expression) -> tuple[str, ...]:
    """The names in an expression, without their indices."""
    return tuple([n.name for n in walk(e) if isinstance(n, Name)])


@once
def calls(e: Expression) -> tuple[Call, ...]:
    """The calls in an expression."""
    return tuple([c for c in walk(e) if isinstance(c, Call)])


def rewrite(e: Expression, change: Callable[[Expression], Expression | None]) -> Expression:
    """The expression with `change` tried from the top: what it returns stands, None goes deeper."""
    new = change(e)
    if new is not None:
        return new
    parts = tuple(rewrite(p, change) for p in e.parts)
    same = all(a is b for a, b in zip(parts, e.parts, strict=True))
    return e if same else e.with_parts(parts)


LOOSE, SUM, PRODUCT, SIGN, MAP, TIGHT = range(6)
PRECEDENCE = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "@": MAP}


def text(e: Expression, around: int = LOOSE) -> str:
    """The expression in the language, with the brackets that it needs and no others."""
    strength, written = _written(e)
    return f"({written})" if strength < around else written


def _written(e: Expression) -> tuple[int, str]:
    match e:
        case Number(value=v):
            return TIGHT, number_text(v)
        case Name(name=n, index=None):
            return TIGHT, n
        case Name(name=n, index=i):
            return TIGHT, f"{n}[{i}]"
        case Hole(name=n):
            return TIGHT, f"?{n}"
        case Negative(operand=a):
            return SIGN, f"-{text(a, SIGN)}"
        case Transpose(operand=a):
            return TIGHT, f"{text(a, TIGHT)}.T"
        case Call(function=f, items=items):
            return TIGHT, f"{f}({', '.join(map(text, items))})"
        case Choice(items=items):
            return LOOSE, " | ".join(text(a, SUM) for a in items)
        case Binary(op=op, left=a, right=b):
            p = PRECEDENCE[op]
            # @ groups to the right, all else to the left.
            left, right = (p + 1, p) if op == "@" else (p, p + 1)
            return p, f"{text(a, left)} {op} {text(b, right)}"
    raise TypeError(f"no text for {fields(e)}")


def number_text(value: float) -> str:
    """A number that reads back to the same float."""
    whole = abs(value) < 1e15 and value == int(value)
    return str(int(value)) if whole else repr(value)
