"""What commands print: plain lines, tables, JSON. Nothing of a user's text is read as markup."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Where lines that are folded end in a file or a pipe, which has no edge.
_WIDE = 160


def line(text: str = "") -> None:
    """A line of a command's result."""
    print(text)


def note(text: str) -> None:
    """A line about the work, beside the result."""
    print(text, file=sys.stderr, flush=True)


def unread_inputs(names: Sequence[str]) -> None:
    """A note of each input that a cell does not read, which the language allows."""
    for name in names:
        note(f"nothing that the output needs reads the input '{name}'")


def as_json(value: Any) -> None:
    """A result for programs: one JSON value."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def console(*, stderr: bool = False) -> Console:
    """A rich console: the terminal, or wide and without colours."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _WIDE
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    text: int = 1,
    spare: Sequence[str] = (),
) -> None:
    """A table; the first `text` columns hold words, the others numbers.

    A head with a bar in it stands on two lines. Where the terminal is too narrow, the columns with
    the heads in `spare` are left out, the first of them first, and a line says which. In a file or
    a pipe nothing is left out or folded.
    """
    screen = console()
    if not sys.stdout.isatty():
        screen.width = _width(_drawn(heads, rows, text, []), screen)
    left_out: list[str] = []
    while _width(_drawn(heads, rows, text, left_out), screen) > screen.width and spare:
        left_out.append(spare[0])
        spare = spare[1:]
    screen.print(_drawn(heads, rows, text, left_out))
    if left_out:
        said = ", ".join(head.replace("|", " ") for head in reversed(left_out))
        line(f"Left out, for the terminal is narrow: {said}.\n")


def _drawn(
    heads: Sequence[str], rows: Sequence[Sequence[str]], text: int, left_out: Sequence[str]
) -> Table:
    from rich import box
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    kept = [i for i, head in enumerate(heads) if head not in left_out]
    for i in kept:
        justify = "left" if i < text else "right"
        drawn.add_column(heads[i].replace("|", "\n"), justify=justify, no_wrap=i == 0)  # type: ignore[arg-type]
    for row in rows:
        drawn.add_row(*(row[i] for i in kept))
    return drawn


def _width(drawn: Table, screen: Console) -> int:
    """The width at which nothing of it is folded."""
    from rich.measure import Measurement

    unbound = screen.options.update(width=10_000)
    return Measurement.get(screen, unbound, drawn).maximum


def whole(number: float | None) -> str:
    """A count with separators."""
    return "–" if number is None else f"{number:,.0f}"


def duration(seconds: float) -> str:
    """A time to wait, in the unit that fits: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
