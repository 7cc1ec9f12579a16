"""Synchronous halving: who goes on, and that it does not matter who is faster."""

from __future__ import annotations

import random

import pytest

from cellsearch.config import HalvingConfig
from cellsearch.sweep.tuning.climb import Climb, budgets


def run(climb: Climb, value: dict[int, float | None], order: random.Random) -> list[object]:
    """Run all, what is out ending in any order; what happened at each rung."""
    out: list[tuple[int, int]] = []
    ended: set[tuple[int, int]] = set()
    pruned = set(climb.settle())
    while not climb.over:
        while step := climb.next():
            climb.begin()
            out.append(step)
        step = out.pop(order.randrange(len(out)))
        ended.add(step)
        climb.reach(*step, value[step[1]])
        pruned |= set(climb.settle())
    assert not out
    return [sorted(ended), sorted(pruned), dict(climb.last)]


def test_budgets() -> None:
    assert budgets(900, HalvingConfig(factor=3, rungs=2)) == (100, 300, 900)
    assert budgets(900, None) == (900,)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_results_decides_nothing(seed: int) -> None:
    values: dict[int, float | None] = {n: float((n * 5) % 9) for n in range(9)}
    values[4] = None
    ended, pruned, last = run(Climb(9, 3, 3, None), values, random.Random(seed))
    # 0 -> 0.0, 2 -> 1.0, 7 (35 % 9) -> 8.0, 4 diverged; the best three of nine go on, then one.
    best = sorted((v, n) for n, v in values.items() if v is not None)
    assert last == {best[0][1]: best[0][0]}
    assert [n for rung, n in ended if rung == 1] == sorted(n for _, n in best[:3])
    assert pruned == sorted([(0, n) for _, n in best[3:]] + [(1, n) for _, n in best[1:3]])


def test_a_rung_at_which_all_diverged_ends_the_climb() -> None:
    climb = Climb(4, 3, 2, None)
    for number in range(4):
        climb.begin()
        climb.reach(0, number, None)
    assert climb.settle() == []
    assert climb.over
    assert climb.next() is None


def test_ties_go_to_the_first() -> None:
    climb = Climb(4, 2, 2, None)
    for number in range(4):
        climb.begin()
        climb.reach(0, number, 1.0)
    assert climb.settle() == [(0, 2), (0, 3)]


def test_the_lag_bounds_what_is_out() -> None:
    climb = Climb(6, 1, 1, 2)
    begun = []

    def begin_all() -> None:
        while step := climb.next():
            climb.begin()
            begun.append(step[1])

    begin_all()
    # Trial k waits for those up to k - 2, so two are out at a time.
    assert begun == [0, 1]
    climb.reach(0, 1, 1.0)
    begin_all()
    assert begun == [0, 1]
    climb.reach(0, 0, 1.0)
    begin_all()
    assert begun == [0, 1, 2, 3]
    assert [climb.visible(n) for n in range(5)] == [0, 0, 1, 2, 3]


def test_what_is_left_shrinks_to_nothing() -> None:
    climb, tokens = Climb(9, 3, 3, None), (100, 300, 900)
    assert climb.left(tokens) == 9 * 100 + 3 * 200 + 1 * 600
    values: dict[int, float | None] = {n: float(n) for n in range(9)}
    run(climb, values, random.Random(0))
    assert climb.left(tokens) == 0
