"""What is wrong with a text, where, and in which words."""

import pytest

from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.lang import edit_cell, load_cell, parse_cell


def cell(*lines, header="cell a(x; h)"):
    return "\n".join([header, *(f"    {li}" for li in lines), ""])


def error(text):
    with pytest.raises(LanguageError) as caught:
        elaborate(parse_cell(text, library={"lstm": load_cell("lstm")}))
    return caught.value


def place(e):
    return e.position and (e.position.number, e.position.column)


# text, line, column, message
ERRORS = {
    # Characters and brackets
    "power": (cell("h' = tanh(Wh @ x ^ h)"), 2, 22, "unexpected character '^'; write x * x"),
    "power of Python": (cell("h' = h ** 2"), 2, 12, "unknown operator '**'; write x * x, or"),
    "point without digits": (cell("h' = 2. * h"), 2, 10, "digits after its point, as 2.0"),
    "two primes": (
        cell("h'' = h"),
        2,
        7,
        "unexpected character '''; a prime follows its name directly, once",
    ),
    "other alphabet": (cell("h' = ж + h"), 2, 10, "unexpected character 'ж'"),
    "tab": ("cell a(x; h)\n\th' = h\n", 2, 1, "unexpected character '\\t'; indent with spaces"),
    "underscore": (
        cell("_q = h"),
        2,
        5,
        "unexpected character '_'; a name begins with a letter",
    ),
    "open": (cell("h' = tanh(Wh @ x + h"), 2, 14, "the bracket '(' is never closed"),
    "closed": (cell("h' = Wh @ x + h)"), 2, 20, "')' closes no '('"),
    "crossed": (cell("h' = tanh(u[1)"), 2, 18, "')' closes no '('"),
    # Columns count characters
    "greek": (
        cell("α = Wα @ x", "h' = tanh(α + γ_1 * ζ + h)"),
        3,
        19,
        "unknown name 'γ_1'; a weight of 'h'' is bh, ph or declared",
    ),
    "after a tab": (cell("h' =\tWh @ x + k + h"), 2, 19, "unknown name 'k'"),
    "crlf": ("cell a(x; h)\r\n    h' = Wh @ x + k + h\r\n", 2, 19, "unknown name 'k'"),
    "mark at the start": ("\ufeffcell a(x; h)\n    h' = Wh @ x +\n", 2, 18, "expected a name"),
    "second line": (cell("h' = tanh(Wh @ x", "          + k + h)"), 3, 17, "unknown name 'k'"),
    # Headers and lines
    "nothing": ("", None, None, "the text has no cell; expected 'cell name(x; h)'"),
    "no header": ("h' = h\n", 1, 1, "expected 'cell', got 'h''; the lines of a cell are indented"),
    "no name": ("cell (x; h)\n", 1, 6, "expected the cell's name, got '('"),
    "no state": ("cell a(x;)\n", 1, 10, "expected a state, got ')'"),
    "primed state": ("cell a(x; h')\n", 1, 11, "'h'' has a prime, it cannot be a state"),
    "reserved input": ("cell a(H; h)\n", 1, 8, "'H' is a reserved word, it cannot be an input"),
    "reserved name": ("cell tanh(x; h)\n", 1, 6, "'tanh' is a reserved word"),
    "twice in the header": ("cell a(x; h, x)\n", 1, 14, "'x' is defined twice in the header"),
    "width of an input": (
        "cell a(x: 3; h)\n",
        1,
        9,
        "an input has no width in the header; say 'needs X = …' in a line",
    ),
    "deeper": (cell("h' = Wh @ x + h", " z = 1"), 3, 6, "expected an indentation of 4, got 5"),
    "less deep": ("cell a(x; h)\n    h' = h\n  z = 1\n", 3, 3, "an indentation of 4, got 2"),
    "no lines under repeat": (cell("repeat k = 1..2", "h' = h"), 2, 5, "expected indented lines"),
    "no value": (cell("h' = Wh @ x +"), 2, 18, "got the end of the line"),
    "too much": (
        cell("h' = h extra"),
        2,
        12,
        "expected an operator, as in 'h * extra', got 'extra'",
    ),
    "no @": (
        cell("h' = tanh(Wh x + Uh @ h)"),
        2,
        18,
        "expected an operator, as in 'Wh @ x', got 'x'",
    ),
    "no operator after a bracket": (
        cell("h' = tanh(h) x"),
        2,
        18,
        "expected an operator, got 'x'",
    ),
    "two numbers": (cell("h' = h + 2 2"), 2, 16, "or the end of the line, got '2'"),
    "no line": (cell("foo bar"), 2, 9, "expected '=', got 'bar'"),
    "same cell": ("cell a(x; h)\n    h' = h\n" * 2, 3, 1, "the cell 'a' is defined twice"),
    # Names
    "unknown": (
        cell("gate = Wg @ x", "h' = gat * h + gate"),
        3,
        10,
        "unknown name 'gat'; nearest is 'gate'; a weight of 'h'' is bh, ph or declared",
    ),
    "unknown function": (
        cell("h' = tahn(h)"),
        2,
        10,
        "unknown function 'tahn'; nearest is 'tanh'",
    ),
    "function without brackets": (
        cell("h' = tanh + h"),
        2,
        10,
        "'tanh' is a function; expected 'tanh(…)'",
    ),
    "arguments": (cell("h' = min(h)"), 2, 10, "'min' takes 2 arguments, got 1"),
    "word without value": (cell("h' = ramp * h"), 2, 10, "'ramp' is a reserved word"),
    "defined twice": (
        cell("z = Wz @ x", "z = h", "h' = z"),
        3,
        5,
        "'z' is defined twice (first in line 2)",
    ),
    "state declared": (cell("param h", "h' = h"), 2, 11, "'h' is defined twice (first in line 1)"),
    "input defined": (cell("x = 1", "h' = h"), 2, 5, "'x' is defined twice (first in line 1)"),
    "gate of a paper": (cell("h' = σ(h)"), 2, 10, "unknown function 'σ'; write sigmoid"),
    "softmax": (
        cell("h' = softmax(h)"),
        2,
        10,
        "unknown function 'softmax'; write exp(a) / sum(exp(a))",
    ),
    "a choice": (
        cell("i = sigmoid(bi) | 1", "h' = i * h"),
        2,
        9,
        "not decided yet: 'sigmoid(bi) | 1'; an edit decides it, as 'i = 1'",
    ),
    "state defined": (cell("h = 1", "h' = h"), 2, 5, "'h' is a state; write h' for its new value"),
    "const and param": (
        cell("const k = 1", "param k", "h' = k * h"),
        3,
        11,
        "'k' is defined twice",
    ),
    "reserved": (cell("H = 3", "h' = h"), 2, 5, "'H' is a reserved word, it cannot be defined"),
    "reserved param": (cell("param ramp", "h' = h"), 2, 11, "'ramp' is a reserved word"),
    "primed param": (cell("param k'", "h' = h"), 2, 11, "'k'' has a prime"),
    "no such state": (cell("g' = h", "h' = h"), 2, 5, "'g'' is primed, but 'g' is no state"),
    "primed name": (cell("h' = g' + h"), 2, 10, "'g'' is primed, but 'g' is no state"),
    "no equation": (
        cell("h' = h", header="cell a(x; h, c)"),
        1,
        14,
        "the state 'c' has no equation for \"c'\"",
    ),
    "H in an equation": (
        cell("h' = H * h"),
        2,
        10,
        "'H' stands in widths, const and init lines, never in an equation",
    ),
    # Weights
    "matrix twice": (
        cell("h' = W @ h + W @ (h * h)"),
        2,
        18,
        "the weight 'W' is written twice; where that is meant, say 'param W'",
    ),
    "matrix not alone": (
        cell("h' = (U - U.T) @ h"),
        2,
        11,
        "unknown name 'U'; a matrix stands alone left of @, or is declared (param U)",
    ),
    "matrix right of @": (cell("h' = (A @ B) @ h"), 2, 15, "unknown name 'B'; a matrix stands"),
    "another equation's bias": (
        cell("h' = Uh @ h + bi"),
        2,
        19,
        "unknown name 'bi'; a weight of 'h'' is bh, ph or declared",
    ),
    "bias as a factor": (
        cell("h' = Uh @ h * bh"),
        2,
        19,
        "unknown name 'bh'; nearest is 'h'; it stands as a term of a sum, or is",
    ),
    "diagonal as a term": (cell("h' = Uh @ h + ph"), 2, 19, "it stands as a factor of a product"),
    "bias of another round": (
        cell("u[1] = h + bu[2]", "h' = u[1]"),
        2,
        16,
        "a weight of 'u[1]' is bu[1], pu[1] or declared",
    ),
    # Unread
    "equation": (cell("z = h", "h' = h"), 2, 5, "nothing that the output needs reads 'z'"),
    "island": (cell("z = h + y", "y = delay(z, 1)", "h' = h"), 2, 5, "reads 'z'"),
    "param": (cell("param k", "h' = h"), 2, 11, "nothing that the output needs reads 'k'"),
    "const": (cell("const k = 1", "h' = h"), 2, 11, "nothing that the output needs reads 'k'"),
    "init": (
        cell("h' = Uh @ h", "init Uk = 1"),
        3,
        10,
        "init names 'Uk', which is no weight and no state of 'a'; nearest is 'Uh'",
    ),
    "state": (
        cell("h' = h", "c' = c", header="cell a(x; h, c)"),
        1,
        14,
        "nothing that the output needs reads the state 'c'",
    ),
    "rounds": (cell("repeat k = 1..2", "    u[k] = h", "h' = h"), 2, 5, "under this 'repeat'"),
    # Circles
    "circle": (
        cell("a1 = a2", "a2 = tanh(a3)", "a3 = a1 + h", "h' = a1"),
        2,
        5,
        "circle: a1 -> a2 -> a3 -> a1; it passes through neither an unprimed state nor a delay",
    ),
    "circle of a prime": (cell("h' = tanh(h')"), 2, 5, "circle: h' -> h'"),
    "circle of consts": (
        cell("const p = q", "const q = 2 * p", "h' = p * h"),
        2,
        15,
        "circle of consts: p -> q -> p",
    ),
    "circle of starts": (
        cell("h' = Uh @ h + bh + s", "param s", "init bh = s", "init s = -bh"),
        4,
        15,
        "circle of starts: bh -> s -> bh",
    ),
    "circle of cells": ("cell a = a with\n    o = 1\n", 1, 10, "no cell is called 'a'"),
    "no base": ("cell a = lst with\n    o = 1\n", 1, 10, "nearest is 'lstm'"),
    # Kinds and widths
    "widths": (
        cell("h' = Wh @ x + x + h"),
        2,
        10,
        "the widths H and X meet in 'Wh @ x + x + h' (h'); if that is meant, say 'needs X = H'",
    ),
    "written widths": (
        cell("q: 3 = Wq @ x", "h' = q + h"),
        3,
        10,
        "the widths 3 and H meet in 'q + h' (h')",
    ),
    "widths of inputs": (
        cell("h' = h + Wh @ (m * x)", header="cell a(x, m; h)"),
        2,
        20,
        "the widths X and X.m meet in 'm * x' (h'); if that is meant, say 'needs X.m = X'",
    ),
    "an input of one unit": (
        cell("q: scalar = v", "h' = q * h", header="cell a(x, v; h)"),
        2,
        17,
        "the widths 1 and X.v meet in 'v' (q); if that is meant, say 'needs X.v = 1'",
    ),
    "one unit": (
        cell("needs X.v = 1", "h' = v * h", header="cell a(x, v; h)"),
        3,
        10,
        "meet in 'v * h' (h'); one unit that goes with anything is a scalar, 's: scalar = …'",
    ),
    "width of no input": (
        cell("needs X.w = X", "h' = Wh @ vw + h", header="cell a(x, vw; h)"),
        2,
        5,
        "'X.w' is the width of no further input; nearest is 'X.vw'",
    ),
    "width of the first input": (
        cell("needs X.x = H", "h' = Wh @ x + h"),
        2,
        5,
        "'X.x' is the width of no further input; that of the first input is X",
    ),
    "width of an input in a const": (
        cell("const k = X.v", "h' = Wh @ v + k", header="cell a(x, v; h)"),
        2,
        15,
        "'X.v', the width of an input, stands in needs lines alone",
    ),
    "width in the header": (
        cell("h' = h + m", header="cell a(x, m: X; h)"),
        1,
        12,
        "an input has no width in the header; say 'needs X.m = …' in a line",
    ),
    "widths that may agree": (
        cell("const P = H // 2", "q: 2 * P = Wq @ x", "h' = q + h"),
        4,
        10,
        "meet in 'q + h' (h'); if that is meant, say 'needs H = 2 * (H // 2)'",
    ),
    "consts in widths": (
        cell("const P = H // 2", "q: P = Wq @ x", "h' = q + h"),
        4,
        10,
        "the widths H and H // 2 meet in 'q + h' (h')",
    ),
    "vector and matrix": (
        cell("h' = outer(h, h) + h"),
        2,
        10,
        "a matrix and a vector are combined only by @, got 'outer(h, h) + h'",
    ),
    "vector left of @": (
        cell("h' = h @ x"),
        2,
        10,
        "left of @ stands a matrix; this is a vector, got 'h'",
    ),
    "scalar right of @": (
        cell("a: scalar = Wa @ h", "h' = U @ a"),
        3,
        14,
        "right of @ stands a vector or a matrix; this is a scalar, got 'a'",
    ),
    "matrix for a scalar": (
        cell("s: scalar = outer(h, h)", "h' = s * h"),
        2,
        17,
        "'s' is a scalar and its value a matrix, got 'outer(h, h)'",
    ),
    "transpose": (cell("h' = h.T + h"), 2, 10, "only a matrix has a transpose; this is a vector"),
    "transpose of 0": (
        cell("h' = (U - U.T) @ h + Wh @ x", "U = 0"),
        2,
        15,
        "only a matrix has a transpose; this is a scalar; 0 needs a width here, as (H, H)",
    ),
    "half": (
        cell("q: H / 2 = Wq @ x", "h' = Uh @ q + h"),
        2,
        8,
        "a width is made of names and whole numbers with + - * //, got '/'",
    ),
    "fraction": (cell("q: 2.5 = Wq @ x", "h' = Uh @ q + h"), 2, 8, "must be a whole number"),
    "no width": (cell("q: 0 = Wq @ x", "h' = Uh @ q + h"), 2, 8, "the width '0' is 0; a width is"),
    "huge width": (cell("q: 1e300 = Wq @ x", "h' = Uh @ q + h"), 2, 8, "a width is too large"),
    "huge power": (
        cell(f"q: {'H * ' * 80}H = Wq @ x", "h' = Uh @ q + h"),
        2,
        8,
        "a width is too large",
    ),
    "unit by unit by zero": (cell("h' = h / 0"), 2, 10, "division by zero in 'h / 0'"),
    "zero by zero": (cell("h' = h + 0 / 0"), 2, 14, "division by zero in '0 / 0'"),
    "by a zero of another name": (
        cell("const k = 1", "z = h * (1 - k)", "h' = h / z"),
        4,
        10,
        "division by zero in 'h / z'",
    ),
    "by zero": (cell("q: H // 0 = Wq @ x", "h' = Uh @ q + h"), 2, 8, "'H // 0' divides by zero"),
    "unknown width": (cell("q: Z = Wq @ x", "h' = Uh @ q + h"), 2, 8, "got 'Z'"),
    # repeat
    "reversed": (cell("repeat k = 3..1", "    u[k] = h", "h' = h"), 2, 5, "under this 'repeat'"),
    "many rounds": (
        cell("repeat k = 1..999999999", "    u[k] = h", "h' = u[1]"),
        2,
        5,
        "999999999 rounds are more than 10000",
    ),
    "many rounds in rounds": (
        cell("repeat k = 1..9999", "    repeat j = 1..9999", "        param s", "h' = h"),
        3,
        9,
        "rounds are more than 10000",
    ),
    "loop variable": (
        cell("repeat h = 1..2", "    u[h] = x", "h' = h"),
        2,
        5,
        "the loop variable 'h' is another name of the cell",
    ),
    "loop in itself": (
        cell("repeat k = 1..2", "    repeat k = 1..2", "        u[k] = h", "h' = u[1]"),
        2,
        5,
        "the loop variable 'k' is another name of the cell",
    ),
    "loop variable outside": (
        cell("repeat W = 1..2", "    u[W] = W * h", "h' = W @ u[2] + u[1]"),
        4,
        10,
        "the loop variable 'W' has a value under its 'repeat' alone",
    ),
    "const of a round": (
        cell("repeat k = 1..2", "    const q = k", "    u[k] = q * h", "h' = u[2]"),
        3,
        19,
        "the const 'q' is made of numbers, H, X and consts; got 'k'",
    ),
    "width of a round's param": (
        cell("repeat k = 1..2", "    u[k] = R[k] @ h", "    param R: (H, k)", "h' = u[2] + u[1]"),
        4,
        15,
        "the width of 'R' is one for all rounds, got 'k'",
    ),
    "round of a state": (
        cell("h[0] = x", "h' = h + Wh @ h[0]", "init h = learned"),
        2,
        5,
        "'h' stands in the header, it has no index",
    ),
    "index": (cell("u[1 // 2 + 0.5] = h", "h' = u[1]"), 2, 7, "an index must be a whole number"),
    "index out of its loop": (
        cell("u[1] = h", "h' = u[k]"),
        3,
        12,
        "an index is made of numbers, H, X, consts and loop variables; got 'k'",
    ),
    "round that is missing": (cell("u[1] = h", "h' = u[2] + u[1]"), 3, 10, "unknown name 'u[2]'"),
    # Delays, noise, structures
    "no steps": (cell("h' = delay(h, 0)"), 2, 10, "a delay is at least 1, got 0"),
    "half a step": (cell("h' = delay(h, 1.5)"), 2, 19, "a delay must be a whole number"),
    "long delay": (
        cell("h' = delay(h', 1000000000)"),
        2,
        10,
        "the delays remember 1000000000 values, more than 1000",
    ),
    "probability": (
        cell("h' = dropout(h, 1)"),
        2,
        21,
        "a probability is at least 0 and below 1, got 1",
    ),
    "no probability": (cell("h' = dropout(h, x)"), 2, 21, "a probability is made of numbers"),
    "heads of no weight": (cell("h' = block(h, 2) @ h"), 2, 10, "inside block stands a weight"),
    "filter not alone": (
        cell("h' = (conv(U, 3) + V) @ h", "param U, V"),
        2,
        11,
        "'conv(U, 3)' stands alone left of @",
    ),
    "form and none": (
        cell("h' = block(U, 2) @ h + U @ h", "param U"),
        2,
        28,
        "'U' stands in 'block(U, 2)' and without it",
    ),
    "two forms": (
        cell("h' = conv(U, 2) @ h + block(U, 2) @ h", "param U"),
        2,
        27,
        "'U' is stored in two forms; 'block(U, 2)' is the second",
    ),
    # Starts
    "drawn state": (
        cell("h' = h", "init h = uniform(0, 1)"),
        3,
        14,
        "the state 'h' cannot start with a draw (uniform); say 'learned'",
    ),
    "learned weight": (cell("h' = Uh @ h", "init Uh = learned"), 3, 15, "'learned' stands alone"),
    "infinite weight": (
        cell("h' = Uh @ h", "init Uh = inf"),
        3,
        15,
        "a weight cannot start at inf",
    ),
    "two starts": (
        cell("h' = s * h", "param s = 1", "init s = 2"),
        4,
        10,
        "'s' is given a start twice",
    ),
    "unknown in a start": (
        cell("h' = Uh @ h + bh", "init bh = bi"),
        3,
        15,
        "unknown name 'bi' in a start; nearest is 'bh'",
    ),
    "start of another shape": (
        cell("h' = Uh @ h + bh", "init bh = Uh"),
        3,
        15,
        "'bh' (H) cannot start from 'Uh' ((H, H))",
    ),
    "state of another shape": (
        cell("h' = Uh @ h + Q @ s", "param s: 3", "init h = s"),
        4,
        14,
        "'h' (H) cannot start from 's' (3)",
    ),
    "state from blocks": (
        cell("S' = S + block(M, 2) @ S", "h' = h + sum(S)", "init S = M", "param M").replace(
            "; h", "; h, S: (H, H)"
        ),
        4,
        14,
        "'S' ((H, H)) cannot start from 'M' ((H, H) in 2 blocks)",
    ),
    "state from rounds": (
        cell("u[1] = h + bu[1]", "h' = u[1]", "init h = bu"),
        4,
        14,
        "a start cannot read one round of 'bu'",
    ),
    "state from a round": (
        cell("u[1] = h + bu[1]", "h' = u[1]", "init h = bu[1]"),
        4,
        14,
        "a start cannot read one round of 'bu'",
    ),
    "param that a start alone reads": (
        cell("h' = Uh @ h + bh", "param s", "init bh = s"),
        3,
        11,
        "nothing that the output needs reads 's'",
    ),
    "draw in an equation": (cell("h' = normal(1) * h"), 2, 10, "draws stand in init lines alone"),
    # Output, choices, patterns
    "no output": (cell("h' = h", "output hh"), 3, 12, "the output 'hh' is no equation"),
    "output before": (cell("h' = h", "output h"), 3, 12, "nearest is 'h''"),
    "output of a round": (
        cell("u[1] = h", "h' = u[1]", "output u[1]"),
        4,
        12,
        "output names an equation that has no index; give the round a name, as in 'y = u[1]'",
    ),
    "two outputs": (cell("h' = h", "output h'", "output h'"), 4, 12, "a cell has one output"),
    "output of rounds": (
        cell("repeat k = 1..2", "    y = h", "    output y", "h' = h"),
        4,
        16,
        "'output' stands outside 'repeat'",
    ),
    "choice": (cell("h' = h | 1"), 2, 10, "a choice that is not decided yet: 'h | 1'"),
    "pattern": (cell("h' = ?a + h"), 2, 10, "pattern variables stand in rules only"),
    # Depth
    "nested": (cell(f"h' = {'(' * 150}h{')' * 150}"), 2, 110, "nested more than 100 deep"),
    "minus": (cell(f"h' = {'-' * 5000}h"), 2, 110, "nested more than 100 deep"),
    "chain": (cell("h' = h" + " + h" * 300), 2, 812, "more than 200 operators in one line"),
    "transposed": (cell(f"h' = U{'.T' * 3000} @ h"), 2, 411, "more than 200 operators"),
    "number": (cell("h' = 1e999 * h"), 2, 10, "the number 1e999 is too large"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_message_and_place(name):
    text, line, column, message = ERRORS[name]
    e = error(text)
    assert message in e.message
    assert place(e) == (None if line is None else (line, column))


def test_the_caret_stands_under_the_column():
    e = error(cell("α = Wα @ x", "h' = tanh(α + γ_1 * h)"))
    place_, source, caret = str(e).split("\n")
    assert place_.startswith("<text>:3:19: unknown name")
    assert source[caret.index("^") :].startswith("γ_1")


def test_the_caret_keeps_tabs():
    _, source, caret = str(error(cell("h' =\tk + h"))).split("\n")
    assert caret.index("^") == source.index("k") and caret.count("\t") == 1


def test_of_a_long_line_what_is_around_the_caret_is_shown():
    e = error(cell("h' = tanh(" + "h + " * 90 + "k)"))
    _, source, caret = str(e).split("\n")
    assert len(source) < 200 and source[caret.index("^")] == "k"


def test_a_name_too_long_for_a_file():
    with pytest.raises(LanguageError, match=r"no cell is called 'x{100}', and no file"):
        load_cell("x" * 5000)


def test_a_file_is_named():
    with pytest.raises(LanguageError, match=r"^mine\.cell:2:10: unknown name 'k'"):
        elaborate(parse_cell(cell("h' = k + h"), file="mine.cell"))


@pytest.mark.parametrize(
    ("edit", "place_", "message"),
    [
        ("h' = o * c'  junk", (1, 14), "got 'junk'"),
        ("zz = 1", (1, 1), "nothing that the output needs reads 'zz'"),
        ("i = 1\nf = 1 +", (2, 8), "got the end of the line"),
        ("init zz = 1", (1, 6), "init names 'zz', which is no weight and no state of 'lstm'"),
        ("o = sigmoid(Wo @ x + Uo @ h + bo)", (1, 1), "changes nothing in 'lstm'"),
        ("output h'", (1, 8), "'output h'' changes nothing in 'lstm'"),
        ("init bi = default", (1, 6), "'init bi = default' changes nothing in 'lstm'"),
        ("h' = o * k", (1, 10), "unknown name 'k'"),
        ("h' = o * tanh(c') + x", (1, 6), "the widths H and X meet"),
        ("", None, "the edit '' is empty"),
        ("tanh(?a)", (1, 6), "'?a' stands in rules alone; expected 'PATTERN -> REPLACEMENT'"),
    ],
)
def test_errors_of_edits_point_at_the_edit(edit, place_, message):
    with pytest.raises(LanguageError) as caught:
        elaborate(edit_cell(load_cell("lstm"), edit))
    assert message in caught.value.message
    assert place(caught.value) == place_
    assert place_ is None or caught.value.position.line == edit.split("\n")[place_[0] - 1]
