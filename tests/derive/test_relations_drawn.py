"""No relation is claimed that is none, and hardly one is missed: over cells drawn at random.

An ordinary run draws a few of each; `--run-slow` draws tens of thousands.
"""

import random
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

from cellsearch.derive.relations import DIFFERENT, relate
from cellsearch.derive.relations.proof import PLANE, STEPS
from cellsearch.derive.relations.proof import drawn as drawn_weights
from cellsearch.derive.relations.relate import proved, sides
from cellsearch.derive.relations.side import GRADES, Side
from cellsearch.errors import LanguageError
from cellsearch.ir import elaborate
from cellsearch.ir.evaluate import evaluate
from cellsearch.lang import library, parse_cell, print_cell
from cellsearch.testing.cells import random_cell
from cellsearch.testing.gated import gated_cell
from cellsearch.testing.mutants import mutant
from cellsearch.testing.rewrites import resigned, rewritten

LIBRARY = library()
NAMES = sorted(LIBRARY)
# Found among those that are told to be found; some need a deeper search of ties than is made.
ENOUGH = 0.99


def numbers(usual, full):
    slow = (pytest.mark.slow, pytest.mark.timeout(7200))
    return pytest.mark.parametrize("number", [usual, pytest.param(full, marks=slow)])


def drawn(seed):
    """A cell of the library, of the small grammar, or of the grammar of everything."""
    rng = random.Random(seed)
    if seed % 3 == 0:
        return rng, LIBRARY[rng.choice(NAMES)]
    text = gated_cell(rng) if seed % 3 == 1 else random_cell(rng, plane=seed % 30 == 29)
    return rng, parse_cell(text)


def told(a, b, grade):
    return f"{grade.name}:\n{print_cell(a.cell)}{print_cell(b.cell)}"


def check(a, b, grade, sizes):
    assert proved(a, b, grade, sizes), told(a, b, grade)


def undefined(side, sizes):
    """Whether a cell has values that are no numbers."""
    hidden, width = sizes
    rng = np.random.default_rng(0)
    weights = drawn_weights(side.graph, sizes, rng)
    plane = PLANE if any(n.op == "conv" for n in side.graph.nodes) else ()
    widths = side.graph.input_widths(width, hidden)
    inputs = {n: rng.standard_normal((STEPS, x, *plane)) for n, x in widths.items()}
    return not np.isfinite(evaluate(side.cell, weights, inputs, hidden)[0]).all()


@numbers(100, 30_000)
def test_cells_that_are_written_down_alike_are_equal(number):
    alike = {grade: defaultdict(list) for grade in GRADES}
    for seed in range(number):
        cell = parse_cell(gated_cell(random.Random(seed)))
        side = Side(cell, elaborate(cell))
        for grade in GRADES:
            alike[grade][side.written(grade).text].append(cell)
    claims = Counter()
    for grade, groups in alike.items():
        for one, other in (pair for group in groups.values() for pair in pairwise(group)):
            if one.lines != other.lines:
                ((a, b, sizes),) = sides(one, other)
                assert a.written(grade).text == b.written(grade).text
                check(a, b, grade, sizes)
                claims[grade.name] += 1
    print(f"{number} cells, claims that were proved: {dict(claims)}")
    assert claims.total()


@numbers(25, 10_000)
def test_mutants_are_told_apart_or_proved(number):
    claims = Counter()
    for seed in range(number):
        rng, cell = drawn(seed)
        other = mutant(rng, cell)
        pairs = [] if other is None else sides(cell, other)
        if not pairs:
            claims["no mutant"] += 1
            continue
        ((a, b, sizes),) = pairs
        grade = next((g for g in GRADES if a.written(g).text == b.written(g).text), None)
        if grade is not None and not proved(a, b, grade, sizes):
            # Algebra knows no 0 / 0; the proof does, and nothing is claimed.
            assert undefined(a, sizes) or undefined(b, sizes), told(a, b, grade)
            claims["undefined"] += 1
            continue
        claims[DIFFERENT if grade is None else grade.name] += 1
    print(f"{number} cells: {dict(claims)}")
    assert claims[DIFFERENT] > number / 4
    assert claims["no mutant"] + claims["undefined"] < number / 50


def test_every_claim_about_the_library_is_proved():
    found = {name: Side(LIBRARY[name], elaborate(LIBRARY[name])) for name in NAMES}
    for grade in GRADES:
        groups = defaultdict(list)
        for name, side in found.items():
            groups[side.written(grade).text].append(name)
        for one, other in (pair for group in groups.values() for pair in pairwise(group)):
            ((a, b, sizes),) = sides(LIBRARY[one], LIBRARY[other])
            check(a, b, grade, sizes)


@numbers(25, 10_000)
def test_what_is_written_otherwise_is_recognised(number):
    found = Counter()
    missed = []
    for seed in range(number):
        rng, cell = drawn(seed)
        new = rewritten(rng, cell)
        if seed % 2:
            new, _ = resigned(rng, new)
        grade = relate(cell, new).grade
        found[grade] += 1
        # The law of a negated weight may be another one; what is not negated starts as it did.
        if grade == DIFFERENT or (seed % 2 == 0 and grade != "identical"):
            missed.append(seed)
    print(f"{number} cells: {dict(found)}; missed: {missed}")
    assert len(missed) <= (1 - ENOUGH) * number


def test_an_invalid_cell_is_an_error():
    with pytest.raises(LanguageError, match="unknown name"):
        relate(LIBRARY["lstm"], parse_cell("cell a(x; h)\n    h' = tanh(h + nothing)"))
