"""Lines of `forward` that refuse what has other shapes: torch would spread it without a word."""

from __future__ import annotations

from collections.abc import Iterator

from cellsearch.export.pytorch.code import INDENT, call, statement

_BODY = INDENT * 2


def input_fits(x: str, plane: bool) -> Iterator[str]:
    """That the first input is a batch of sequences of at least one step."""
    what = "[T, B, {self.input_size}" + (", height, width]" if plane else "]")
    if plane:
        yield f"{_BODY}if {x}.dim() != 5 or {x}.shape[2] != self.input_size or len({x}) == 0:"
    else:
        yield f"{_BODY}if {x}.shape[2:] != (self.input_size,) or len({x}) == 0:"
    yield from _refused(f"{x} is {what}, T >= 1, got {{[*{x}.shape]}}")


def further_input_fits(v: str, x: str, size: str, plane: bool) -> Iterator[str]:
    """That a further input has its own width, and else what the first has."""
    units = f"self.{size}" + (f", *{x}.shape[3:]" if plane else "")
    yield f"{_BODY}if {v}.shape != (*{x}.shape[:2], {units}):"
    yield from _refused(f"{v} is [T, B, {{self.{size}}}] as {x} is, got {{[*{v}.shape]}}")


def state_fits(state: str) -> Iterator[str]:
    """That the only state has the shape of the start."""
    yield f"{_BODY}if {state}.shape != start.shape:"
    yield from _refused(f"state is {{[*start.shape]}}, got {{[*{state}.shape]}}")


def states_fit() -> Iterator[str]:
    """That all states have the shapes of the start."""
    yield f"{_BODY}want, got = [[*s.shape] for s in start], [[*s.shape] for s in state]"
    yield f"{_BODY}if got != want:"
    yield from _refused("state is {want}, got {got}")


def _refused(message: str) -> Iterator[str]:
    error = call("ValueError", f'f"{message}"')
    yield from statement("raise ", error, _BODY + INDENT, lambda: "")
