"""Expressions of Python, and how they are laid out in lines of 100 columns, as formatters do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

WIDTH = 100
INDENT = "    "

_SUM, _PRODUCT, _SIGN, _TIGHT = range(1, 5)
_STRENGTH = {
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "//": _PRODUCT,
    "@": _PRODUCT,
    "%": _PRODUCT,
}


@dataclass(frozen=True)
class Code:
    """The base of expressions."""

    def __str__(self) -> str:
        return flat(self)


@dataclass(frozen=True)
class Atom(Code):
    """What needs no brackets: a name, a number."""

    text: str


@dataclass(frozen=True)
class Call(Code):
    """`function(a, …)`."""

    function: str
    items: tuple[Code, ...]


@dataclass(frozen=True)
class Chain(Code):
    """`a + b - c`, `a * b / c` or `a @ b`: operands of one strength, from the left."""

    items: tuple[Code, ...]
    ops: tuple[str, ...]


@dataclass(frozen=True)
class Minus(Code):
    """`-a`."""

    operand: Code


@dataclass(frozen=True)
class After(Code):
    """What stands behind an expression: `.T`, `[:, None]`."""

    operand: Code
    suffix: str


def call(function: str, *items: Code | str) -> Call:
    """A call; a text is an argument as it stands."""
    return Call(function, tuple(Atom(i) if isinstance(i, str) else i for i in items))


def binary(op: str, left: Code, right: Code) -> Chain:
    """`left op right`, one chain with what stands left of it where that is of the same kind."""
    if isinstance(left, Chain) and _kind(left) == _kind_of(op):
        return Chain((*left.items, right), (*left.ops, op))
    return Chain((left, right), (op,))


def transposed(code: Code) -> Code:
    """`M.T`, without doing it twice."""
    twice = isinstance(code, After) and code.suffix == ".T"
    return code.operand if twice and isinstance(code, After) else After(code, ".T")


def flat(code: Code, around: int = 0) -> str:
    """The expression in one line."""
    strength, text = _written(code)
    return f"({text})" if strength < around else text


def _kind_of(op: str) -> str:
    return {"+": "sum", "-": "sum", "@": "map"}.get(op, "product")


def _kind(chain: Chain) -> str:
    return _kind_of(chain.ops[0])


def _written(code: Code) -> tuple[int, str]:
    match code:
        case Atom(text=text):
            return (_SIGN if text.startswith("-") else _TIGHT), text
        case Call(function=f, items=items):
            return _TIGHT, f"{f}({', '.join(map(flat, items))})"
        case Minus(operand=a):
            return _SIGN, f"-{flat(a, _SIGN)}"
        case After(operand=a, suffix=s):
            return _TIGHT, flat(a, _TIGHT) + s
        case Chain():
            return _STRENGTH[code.ops[0]], " ".join(_links(code))
    raise TypeError(f"no text for {type(code).__name__}")


def _links(chain: Chain) -> Iterator[str]:
    """The operands, each but the first with its operator before it."""
    # A sign may stand after an operator, all else of this strength is in brackets.
    around = _STRENGTH[chain.ops[0]] + 1
    for op, item in zip(("", *chain.ops), chain.items, strict=True):
        yield f"{op} {flat(item, around)}".lstrip()


def assignment(target: str, code: Code, indent: str, fresh: Callable[[str], str]) -> list[str]:
    """`target = code`, as `statement` does it."""
    name = f"{target.removeprefix('self.')}_part"
    return statement(f"{target} = ", code, indent, lambda: fresh(name))


def statement(head: str, code: Code, indent: str, fresh: Callable[[], str]) -> list[str]:
    """`head code`, in lines that fit; what does not even so is computed in parts.

    Args:
        head: what stands before the code: `h = `, `return `.
        code: an expression.
        indent: before each line.
        fresh: a name for a part, another at every call.
    """
    lines = _laid_out(indent + head, code, indent)
    longest = list(_longest(code))
    if lines is not None or not longest:
        return lines or [f"{indent}{head}{code}"]
    name = fresh()
    part = _apart(head, code, name, longest, indent)
    before = statement(f"{name} = ", part, indent, fresh)
    return [*before, *statement(head, _replaced(code, part, Atom(name)), indent, fresh)]


def _apart(head: str, code: Code, name: str, parts: list[Code], indent: str) -> Code:
    """The largest part that fits and without which the rest does; else the smallest one."""
    for part in parts:
        rest = _replaced(code, part, Atom(name))
        fits = _laid_out(f"{indent}{name} = ", part, indent)
        if fits and _laid_out(indent + head, rest, indent):
            return part
    return parts[-1]


def _longest(code: Code) -> Iterator[Code]:
    """The longest part, its longest part, and so on."""
    while parts := [p for p in _parts(code) if not isinstance(p, Atom)]:
        code = max(parts, key=lambda p: len(flat(p)))
        yield code


def _parts(code: Code) -> tuple[Code, ...]:
    match code:
        case Call(items=items) | Chain(items=items):
            return items
        case Minus(operand=a) | After(operand=a):
            return (a,)
    return ()


def _replaced(code: Code, part: Code, by: Code) -> Code:
    """The code with another part in the place of one that stands somewhere in it."""
    if code is part:
        return by
    match code:
        case Call(items=items) | Chain(items=items):
            return replace(code, items=tuple(_replaced(p, part, by) for p in items))
        case Minus(operand=a) | After(operand=a):
            return replace(code, operand=_replaced(a, part, by))
    return code


def _laid_out(head: str, code: Code, indent: str) -> list[str] | None:
    """In one line; else the arguments of a call, or the operands of a chain, in lines of their own.

    None where they do not fit either. Of a chain with one operator it depends on the operands where
    a formatter breaks it, so it is computed in parts.
    """
    if len(head + flat(code)) <= WIDTH:
        return [head + flat(code)]
    match code:
        case Call(function=f, items=items):
            opening, inner = f"{head}{f}(", _inner(items, indent + INDENT)
        case After(operand=Atom(text=text), suffix=suffix) if suffix.endswith(")"):
            method, _, arguments = suffix[:-1].partition("(")
            opening, inner = f"{head}{text}{method}(", [f"{indent}{INDENT}{arguments}"]
        case Chain(ops=ops) if len(ops) > 1:
            opening, inner = f"{head}(", _inner((code,), indent + INDENT)
        case _:
            return None
    lines = [opening, *inner, f"{indent})"]
    return lines if all(len(line) <= WIDTH for line in lines) else None


def _inner(items: tuple[Code, ...], indent: str) -> list[str]:
    """What stands between brackets: in one line if it fits."""
    line = indent + ", ".join(map(flat, items))
    if len(line) <= WIDTH:
        return [line]
    match items:
        case (Chain() as chain,):
            return [f"{indent}{link}" for link in _links(chain)]
    return [f"{indent}{flat(item)}," for item in items]


def listed(head: str, names: Sequence[str], tail: str, indent: str) -> list[str]:
    """Names with commas between them, one in a line if they are too many for one line."""
    line = f"{indent}{head}{', '.join(names)}{tail}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}{head}(", *(f"{indent}{INDENT}{n}," for n in names), f"{indent}){tail}"]
