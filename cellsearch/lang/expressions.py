"""Tokens -> expressions, by precedence (Pratt 1973).

From loose to tight: `|`, `+ -`, `* /`, unary `-`, `@` (which groups to the right), `.T`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from cellsearch.errors import LanguageError, nearest
from cellsearch.ir.expressions import (
    LOOSE,
    MAP,
    PRECEDENCE,
    SIGN,
    SUM,
    Binary,
    Call,
    Choice,
    Expression,
    Hole,
    Name,
    Negative,
    Number,
    Transpose,
    walk,
)
from cellsearch.ir.ops import ARITY
from cellsearch.lang.tokens import Token

# Deeper trees, by brackets or by operators in a row, would exhaust the stack of the walks.
DEEPEST = 100
MOST_OPERATORS = 200

# What papers write and the language does not.
_ELSEWHERE = {
    "σ": "; write sigmoid",
    "softmax": "; write exp(a) / sum(exp(a))",
}


class Reader:
    """Reads expressions from the tokens of one line."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.i = 0
        self.depth = 0
        self.operators = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.i]

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of these marks or words."""
        token = self.tokens[self.i]
        return token.text in texts and token.kind in ("mark", "name")

    def accept(self, text: str) -> bool:
        """Take the next token if it is this one."""
        if self.sees(text):
            self.i += 1
            return True
        return False

    def expect(self, text: str) -> Token:
        """Take the next token, which has to be this one."""
        if not self.sees(text):
            raise self.error(f"'{text}'")
        self.i += 1
        return self.tokens[self.i - 1]

    def name(self, what: str = "a name") -> Token:
        """Take a name."""
        if self.token.kind != "name":
            raise self.error(what)
        self.i += 1
        return self.tokens[self.i - 1]

    def end(self) -> None:
        """Nothing may follow."""
        if self.token.kind != "end":
            raise self.error("an operator or the end of the line")

    def error(self, wanted: str) -> LanguageError:
        """The error that something else was expected here."""
        got = f"'{self.token.text}'" if self.token.kind != "end" else "the end of the line"
        return LanguageError(f"expected {wanted}, got {got}", self.token.at)

    def expression(self, around: int = LOOSE) -> Expression:
        """An expression whose operators bind at least as tightly as `around`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise LanguageError(f"nested more than {DEEPEST} deep", self.token.at)
        left = self._prefix()
        while (strength := self._strength()) is not None and strength >= around:
            left = self._infix(left, strength)
        self._refuse_juxtaposed()
        self.depth -= 1
        return left

    def _refuse_juxtaposed(self) -> None:
        """No name follows an expression, but for `everywhere` in a rule."""
        if self.token.kind != "name" or self.sees("everywhere"):
            return
        before, after = self.tokens[self.i - 1], self.token
        op = "@" if before.text[0].isupper() else "*"
        hint = f", as in '{before.text} {op} {after.text}'" if before.kind != "mark" else ""
        raise LanguageError(f"expected an operator{hint}, got '{after.text}'", after.at)

    def size(self, what: str) -> Expression:
        """A width, an index or a bound of repeat: names and whole numbers with `+ - * //`.

        In a `needs` line also `X.v`, the width of a further input `v`.
        """
        e = self.expression(SUM)
        for part in walk(e):
            plain = isinstance(part, Number | Negative) or _is_plain(part)
            if not plain:
                shown = f"'{part}'" if isinstance(part, Call | Name | Hole) else _operator(part)
                message = f"{what} is made of names and whole numbers with + - * //, got {shown}"
                raise LanguageError(message, part.at)
        return e

    def _strength(self) -> int | None:
        token = self.tokens[self.i]
        if token.kind != "mark":
            return None
        return LOOSE if token.text == "|" else PRECEDENCE.get(token.text)

    def _infix(self, left: Expression, strength: int) -> Expression:
        op = self.token
        self.i += 1
        self._count(op)
        if op.text == "|":
            options = [left, self.expression(SUM)]
            while self.accept("|"):
                options.append(self.expression(SUM))
            return Choice(tuple(options), at=left.at)
        if op.text == "*" and self.sees("*"):
            raise LanguageError("unknown operator '**'; write x * x, or square(x)", op.at)
        right = self.expression(MAP if op.text == "@" else strength + 1)
        return Binary(op.text, left, right, at=left.at)

    def _count(self, operator: Token) -> None:
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            raise LanguageError(f"more than {MOST_OPERATORS} operators in one line", operator.at)

    def _prefix(self) -> Expression:
        token = self.tokens[self.i]
        if token.text == "-":
            self.i += 1
            return Negative(self.expression(SIGN), at=token.at)
        e = self._atom()
        while self.sees("."):
            if isinstance(e, Number):
                raise LanguageError(f"a number has digits after its point, as {e}.0", token.at)
            self._count(self.expect("."))
            self.expect("T")
            e = Transpose(e, at=token.at)
        return e

    def _atom(self) -> Expression:
        token = self.tokens[self.i]
        if token.text == "(":
            self.i += 1
            e = self.expression()
            self.expect(")")
            return e
        if token.kind == "number":
            self.i += 1
            return self._number(token)
        if token.kind == "hole":
            self.i += 1
            return Hole(token.text[1:], at=token.at)
        self.name("a name, a number or '('")
        if self.sees("("):
            return self._call(token)
        if token.text == "X" and self.accept("."):
            return self._width_of_input(token)
        if self.accept("["):
            index = self.size("an index")
            self.expect("]")
            return Name(token.text, index, at=token.at)
        return Name(token.text, at=token.at)

    def _width_of_input(self, x: Token) -> Name:
        """`X.v`, the width of a further input `v`."""
        name = f"X.{self.name('the name of an input').text}"
        if self.tokens[0].text != "needs":
            message = f"'{name}', the width of an input, stands in needs lines alone"
            raise LanguageError(message, x.at)
        return Name(name, at=x.at)

    def _number(self, token: Token) -> Number:
        value = float(token.text)
        if math.isinf(value):
            raise LanguageError(f"the number {token.text} is too large", token.at)
        return Number(value, at=token.at)

    def _call(self, token: Token) -> Call:
        f = token.text
        if f not in ARITY:
            hint = _ELSEWHERE.get(f) or nearest(f, ARITY)
            raise LanguageError(f"unknown function '{f}'{hint}", token.at)
        self.expect("(")
        items = [self.expression()]
        while self.accept(","):
            items.append(self.expression())
        self.expect(")")
        if len(items) != ARITY[f]:
            plural = "" if ARITY[f] == 1 else "s"
            message = f"'{f}' takes {ARITY[f]} argument{plural}, got {len(items)}"
            raise LanguageError(message, token.at)
        return Call(tuple(items), f, at=token.at)


def _is_plain(e: Expression) -> bool:
    """Whether an expression may stand in a width, as far as its own operator goes."""
    match e:
        case Name(index=None):
            return True
        case Binary(op=op):
            return op in ("+", "-", "*", "//")
    return False


def _operator(e: Expression) -> str:
    return f"'{e.op}'" if isinstance(e, Binary) else f"'{e}'"
