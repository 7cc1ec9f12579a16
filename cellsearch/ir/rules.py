"""Rules `pattern -> replacement`, applied to a cell's equations.

`+` and `*` match in any order and grouping. `?a` stands for any expression, `?U` for a matrix, the
same name for the same thing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from cellsearch.errors import LanguageError, Position, nearest
from cellsearch.ir.cell import Cell, Equation, Line, flat, map_lines
from cellsearch.ir.expressions import (
    Binary,
    Call,
    Expression,
    Hole,
    Name,
    Negative,
    Number,
    Transpose,
    rewrite,
    walk,
)
from cellsearch.ir.ops import STRUCTURES

# Variables side by side in a pattern's sum or product are tried in every order.
MOST_HOLES = 4
# So many assignments of a pattern's terms to an equation's are tried at one place.
MOST_WAYS = 5_000

Bound = dict[str, Expression]


@dataclass(frozen=True)
class Rule:
    """A rewriting rule.

    Attributes:
        pattern: what is looked for.
        replacement: what takes its place.
        equation: the only equation that it looks at, None for all.
        times: how many places it has to match, None for any number above 0.
        text: as written, for messages.
    """

    pattern: Expression
    replacement: Expression
    equation: str | None
    times: int | None
    text: str
    at: Position | None = None


@dataclass(frozen=True)
class Term:
    """A term of a sum with its sign, or a factor of a product (sign 1)."""

    sign: int
    e: Expression


@dataclass(frozen=True)
class Match:
    """What the variables stand for, and the terms or factors that stay."""

    bound: Bound
    rest: tuple[Term, ...] = ()


def apply_rule(cell: Cell, rule: Rule) -> tuple[Cell, tuple[str, ...]]:
    """The cell with the rule applied, and the equations in which it matched, once for each place.

    Raises:
        LanguageError: it matches another number of places than it says, or one place in two ways.
    """
    _check(rule, cell)
    places: list[str] = []

    def change(line: Line) -> Line:
        if not isinstance(line, Equation) or rule.equation not in (None, str(line.target)):
            return line
        value = _rewrite(line.value, rule, str(line.target), places)
        return replace(line, value=value)

    lines = map_lines(cell.lines, change)
    if len(places) != (rule.times or max(len(places), 1)):
        where = f" ({', '.join(places)})" if places else ""
        wanted = rule.times or "at least 1"
        count = "1 place" if len(places) == 1 else f"{len(places)} places"
        found = f"the rule '{rule.text}' matches {count} in '{cell.name}'{where}"
        raise LanguageError(f"{found}, expected {wanted}", rule.at)
    return cell.with_lines(lines), tuple(places)


def _check(rule: Rule, cell: Cell) -> None:
    equations = {str(li.target) for li in flat(cell.lines) if isinstance(li, Equation)}
    if rule.equation is not None and rule.equation not in equations:
        near = nearest(rule.equation, equations)
        raise LanguageError(f"no equation of '{cell.name}' is '{rule.equation}'{near}", rule.at)
    known = {h.name for h in walk(rule.pattern) if isinstance(h, Hole)}
    for h in walk(rule.replacement):
        if isinstance(h, Hole) and h.name not in known:
            message = f"'?{h.name}' stands in the replacement, but not in the pattern"
            raise LanguageError(message, h.at)


def _rewrite(e: Expression, rule: Rule, equation: str, places: list[str]) -> Expression:
    new = _replaced(e, rule, equation)
    if new is not None:
        places.append(equation)
        return new
    # An index is a part of a name, no value.
    if isinstance(e, Name):
        return e
    # A sum or a product is one place: only its terms are looked at, not the sums within it.
    pieces = _pieces(e)
    if pieces is None:
        parts = tuple(_rewrite(p, rule, equation, places) for p in e.parts)
        return e if _same(parts, e.parts) else e.with_parts(parts)
    terms = [t.e for t in pieces]
    changed = [_rewrite(t, rule, equation, places) for t in terms]
    if _same(changed, terms):
        return e
    pairs = zip(pieces, changed, strict=True)
    return _joined(e, [Term(t.sign, c) for t, c in pairs])


def _same(a: Sequence[Expression], b: Sequence[Expression]) -> bool:
    return all(x is y for x, y in zip(a, b, strict=True))


def _replaced(e: Expression, rule: Rule, equation: str) -> Expression | None:
    """The expression rewritten if it is a match as a whole, or as a sum or product with a rest."""
    results: dict[object, Expression] = {}
    for match in _match(rule.pattern, e, {}, whole=False):
        new = _filled(rule.replacement, match.bound)
        if match.rest:
            new = _joined(e, [Term(1, new), *match.rest])
        results.setdefault(_key(new), new)
    if len(results) > 1:
        message = (
            f"the rule '{rule.text}' matches '{e}' ({equation}) in {len(results)} ways that give "
            "different results; make the pattern say more"
        )
        raise LanguageError(message, rule.at or e.at)
    return next(iter(results.values()), None)


def _filled(e: Expression, bound: Bound) -> Expression:
    return rewrite(e, lambda n: bound[n.name] if isinstance(n, Hole) else None)


def _pieces(e: Expression) -> list[Term] | None:
    """The terms of a sum or the factors of a product, None for anything else."""
    match e:
        case Binary(op="+" | "-") | Negative():
            return list(terms_of(e))
        case Binary(op="*"):
            return [Term(1, f) for f in factors_of(e)]
    return None


def terms_of(e: Expression, sign: int = 1) -> Iterator[Term]:
    """The terms of a sum with their signs; of anything else, itself."""
    match e:
        case Binary(op="+", left=a, right=b):
            yield from terms_of(a, sign)
            yield from terms_of(b, sign)
        case Binary(op="-", left=a, right=b):
            yield from terms_of(a, sign)
            yield from terms_of(b, -sign)
        case Negative(operand=a):
            yield from terms_of(a, -sign)
        case _:
            yield Term(sign, e)


def factors_of(e: Expression) -> Iterator[Expression]:
    """The factors of a product; of anything else, itself."""
    match e:
        case Binary(op="*", left=a, right=b):
            yield from factors_of(a)
            yield from factors_of(b)
        case _:
            yield e


def _is_product(e: Expression) -> bool:
    return isinstance(e, Binary) and e.op == "*"


def _joined(like: Expression, terms: list[Term]) -> Expression:
    """A sum or product like another one; terms that are 0 and factors that are 1 go."""
    if _is_product(like):
        return product_of([t.e for t in terms if t.e != Number(1)])
    return sum_of([t for t in terms if t.e != Number(0)])


def sum_of(terms: list[Term]) -> Expression:
    """The sum of terms, 0 of none."""
    if not terms:
        return Number(0)
    # A positive term first, where there is one.
    first = next((t for t in terms if t.sign > 0), terms[0])
    out = first.e if first.sign > 0 else Negative(first.e)
    for t in (t for t in terms if t is not first):
        out = Binary("+" if t.sign > 0 else "-", out, t.e)
    return out


def product_of(factors: list[Expression]) -> Expression:
    """The product of factors, 1 of none."""
    if not factors:
        return Number(1)
    out = factors[0]
    for f in factors[1:]:
        out = Binary("*", out, f)
    return out


def _key(e: Expression) -> object:
    """Equal for expressions that differ in the order and grouping of sums and products alone."""
    pieces = _pieces(e)
    if pieces is None:
        return (type(e).__name__, _label(e), tuple(map(_key, e.parts)))
    kind = "*" if _is_product(e) else "+"
    return (kind, tuple(sorted(((t.sign, _key(t.e)) for t in pieces), key=repr)))


def _label(e: Expression) -> object:
    match e:
        case Number(value=v):
            return v
        case Name(name=n) | Hole(name=n) | Binary(op=n) | Call(function=n):
            return n
    return None


def _match(p: Expression, e: Expression, bound: Bound, whole: bool = True) -> Iterator[Match]:
    """All ways in which a pattern is an expression; not `whole`: with terms left over."""
    if isinstance(p, Hole):
        yield from (Match(b) for b in _bind(p, e, bound))
        return
    pieces, own = _pieces(p), _pieces(e)
    if pieces is not None:
        if own is not None and _is_product(p) == _is_product(e):
            yield from _match_bag(pieces, own, bound, whole, e)
        return
    if type(p) is not type(e) or _label(p) != _label(e) or len(p.parts) != len(e.parts):
        return
    yield from (Match(b) for b in _match_parts(p.parts, e.parts, bound))


def _match_parts(
    ps: tuple[Expression, ...], es: tuple[Expression, ...], bound: Bound
) -> Iterator[Bound]:
    if not ps:
        yield bound
        return
    for m in _match(ps[0], es[0], bound):
        yield from _match_parts(ps[1:], es[1:], m.bound)


def _bind(hole: Hole, e: Expression, bound: Bound) -> Iterator[Bound]:
    if hole.name[0].isupper() and not _is_matrix(e):
        return
    if hole.name not in bound:
        yield {**bound, hole.name: e}
    elif _key(bound[hole.name]) == _key(e):
        yield bound


def _is_matrix(e: Expression) -> bool:
    match e:
        case Name(name=n):
            return n[0].isupper()
        case Call(function=f):
            return f in STRUCTURES or (f == "dropout" and _is_matrix(e.items[0]))
        case Binary(op=("+" | "-"), left=a):
            return _is_matrix(a)
        case Binary(op=("*" | "@"), left=a, right=b):
            return _is_matrix(b) and (e.op == "@" or not _is_matrix(a))
    return isinstance(e, Transpose)


def _match_bag(
    ps: list[Term], es: list[Term], bound: Bound, whole: bool, e: Expression
) -> Iterator[Match]:
    hard = [p for p in ps if not isinstance(p.e, Hole)]
    holes = [p for p in ps if isinstance(p.e, Hole)]
    if len(holes) > MOST_HOLES:
        message = f"more than {MOST_HOLES} variables side by side in a sum or product"
        raise LanguageError(message, holes[0].e.at)
    if math.prod(len(_candidates(p, es)) for p in hard) > MOST_WAYS:
        message = f"'{e}' can be matched in more than {MOST_WAYS} ways; make the pattern say more"
        raise LanguageError(message, hard[0].e.at)
    for b, left in _match_hard(hard, es, bound):
        yield from _match_holes(holes, left, b, whole, e)


def _candidates(p: Term, es: list[Term]) -> list[Term]:
    """The terms that a pattern's term may be, as far as it alone says."""
    return [t for t in es if p.sign == t.sign and any(_match(p.e, t.e, {}))]


def _match_hard(
    hard: list[Term], es: list[Term], bound: Bound
) -> Iterator[tuple[Bound, list[Term]]]:
    if not hard:
        yield bound, es
        return
    p, *rest = hard
    for i, term in enumerate(es):
        if p.sign == term.sign:
            for m in _match(p.e, term.e, bound):
                yield from _match_hard(rest, es[:i] + es[i + 1 :], m.bound)


def _match_holes(
    holes: list[Term], es: list[Term], bound: Bound, whole: bool, e: Expression
) -> Iterator[Match]:
    if not holes:
        if not es or not whole:
            yield Match(bound, tuple(es))
    elif len(holes) == 1 and es:
        # A lone variable takes all that is left.
        all_left = _joined(e, [Term(holes[0].sign * t.sign, t.e) for t in es])
        assert isinstance(holes[0].e, Hole)
        yield from (Match(b) for b in _bind(holes[0].e, all_left, bound))
    elif len(holes) == len(es):
        for order in permutations(es):
            yield from (Match(b) for b in _bind_all(holes, list(order), bound))


def _bind_all(holes: list[Term], es: list[Term], bound: Bound) -> Iterator[Bound]:
    if not holes:
        yield bound
        return
    hole, term = holes[0], es[0]
    value = term.e if hole.sign == term.sign else Negative(term.e)
    assert isinstance(hole.e, Hole)
    for b in _bind(hole.e, value, bound):
        yield from _bind_all(holes[1:], es[1:], b)
