"""Formats in which a cell leaves the house, by name; others' are entry points `cellsearch.exports`.

Each is a function from a cell and `Options` to a text or to bytes.
"""

from __future__ import annotations

from cellsearch.errors import ConfigError, nearest_or_all
from cellsearch.export.options import Numbers, Options
from cellsearch.ir import Cell, elaborate
from cellsearch.lang import foreign
from cellsearch.registry import Registry

__all__ = ["Numbers", "Options", "export", "names"]

_EXPORTS = Registry(
    "export format",
    "cellsearch.exports",
    {
        "cell": "cellsearch.export.cell:export",
        "latex": "cellsearch.export.latex:export",
        "onnx": "cellsearch.export.onnx_model:export",
        "svg": "cellsearch.export.svg:export",
        "torch": "cellsearch.export.pytorch:export",
    },
)


def names() -> tuple[str, ...]:
    """Every format that can be named; those that are read, too, are in `lang.foreign`."""
    return tuple(sorted({*_EXPORTS.names(), *foreign.names()}))


def export(cell: Cell, format: str, options: Options | None = None) -> str | bytes:
    """A cell in a format.

    Args:
        cell: without choices.
        format: a name of `names()`.
        options: sizes and numbers, where the format needs them.

    Raises:
        ConfigError: there is no format of this name, or it cannot hold the cell.
        LanguageError: the cell is wrong, or cannot have these sizes.
    """
    if format in foreign.names():
        return foreign.write(format, cell)
    if format not in names():
        raise ConfigError(f"unknown export format '{format}'{nearest_or_all(format, names())}")
    options = options or Options.common(cell)
    # Not every format needs its graph, but none holds a cell that is wrong.
    elaborate(cell, {"H": options.hidden, "X": options.widths[cell.inputs[0]]})
    text: str | bytes = _EXPORTS.make(format, cell, options)
    return text
